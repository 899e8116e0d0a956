/// What an operation computes, in both directions.
pub trait Op {
    /// Returns the name that messages show.
    fn name(&self) -> &'static str;

    /// Returns y = op(x).
    fn forward(&self, x: &[&Array]) -> Array;

    /// Returns the adjoint of each input, (∂y/∂xᵢ)ᵀ dy; `dy` is the adjoint of y.
    fn vjp(&self, x: &[&Array], y: &Array, dy: &Array) -> Vec<Array>;
}

/// A value, and how it came about. A value that was given has no operation.
struct Node {
    value: Array,
    op: Option<Box<dyn Op>>,
    inputs: Vec<usize>,
}

/// All values of a computation, in the order in which they were computed.
#[derive(Default)]
pub struct Tape {
    nodes: std::cell::RefCell<Vec<Node>>,
}

/// A value on a tape: which tape, and which value.
#[derive(Clone, Copy)]
pub struct Var<'t> {
    tape: &'t Tape,
    index: usize,
}

impl Tape {
    fn push(&self, node: Node) -> Var<'_> {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(node);
        Var { tape: self, index: nodes.len() - 1 }
    }

    /// Records a value that is given.
    pub fn variable(&self, value: Array) -> Var<'_> {
        self.push(Node { value, op: None, inputs: Vec::new() })
    }

    /// Computes an operation and records it.
    #[track_caller]
    pub fn apply(&self, op: impl Op + 'static, inputs: &[Var<'_>]) -> Var<'_> {
        let x: Vec<Array> = inputs.iter().map(|input| input.value()).collect();
        let value = op.forward(&x.iter().collect::<Vec<_>>());
        let inputs = inputs.iter().map(|input| input.index).collect();
        self.push(Node { value, op: Some(Box::new(op)), inputs })
    }
}

impl Var<'_> {
    /// Returns its value. The elements are shared, not copied.
    pub fn value(self) -> Array {
        self.tape.nodes.borrow()[self.index].value.clone()
    }
}
