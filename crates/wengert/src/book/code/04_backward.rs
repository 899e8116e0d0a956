/// The adjoint of each value of a tape.
pub struct Gradients {
    adjoints: Vec<Array>,
}

impl Gradients {
    /// Returns the adjoint of a value.
    pub fn of(&self, variable: Var<'_>) -> Array {
        self.adjoints[variable.index].clone()
    }
}

impl Var<'_> {
    /// Returns the derivatives of this single number.
    #[track_caller]
    pub fn backward(self) -> Gradients {
        self.vjp(Array::filled(&[], 1.0))
    }

    /// Walks back, from this adjoint of this value.
    #[track_caller]
    pub fn vjp(self, dy: Array) -> Gradients {
        let nodes = self.tape.nodes.borrow();
        let zeros = |node: &Node| Array::filled(node.value.shape(), 0.0);
        let mut adjoints: Vec<Array> = nodes.iter().map(zeros).collect();
        assert_eq!(dy.shape(), adjoints[self.index].shape(), "the adjoint's shape");
        adjoints[self.index] = dy;
        for (index, node) in nodes.iter().enumerate().rev() {
            let Some(op) = &node.op else { continue };
            let x = node.inputs.iter().map(|&input| &nodes[input].value);
            let x: Vec<&Array> = x.collect();
            let contributions = op.vjp(&x, &node.value, &adjoints[index]);
            assert_eq!(contributions.len(), x.len(), "{}: inputs", op.name());
            for (&input, dx) in node.inputs.iter().zip(contributions) {
                let sum = &mut adjoints[input];
                assert_eq!(dx.shape(), sum.shape(), "{}: the shape", op.name());
                *sum = sum.zip(&dx, |sum, dx| sum + dx);
            }
        }
        Gradients { adjoints }
    }
}
