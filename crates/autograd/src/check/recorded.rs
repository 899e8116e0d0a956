//! The ops that a function records, each to be examined by itself on the inputs it had.

use std::cell::RefCell;
use std::rc::Rc;

use tensor::Tensor;

use super::{Number, Subject};
use crate::functional::Dual;
use crate::functional::parameters::of_inputs;
use crate::layer_name::in_layer;
use crate::op::{Adjoints, Op};
use crate::tape::{Node, Source};
use crate::{Parameters, Pass, Tape, Var};

/// Calls `visit` for each op that the function records and whose gradient is asked for: with its
/// index, name, layer and line in words, the op itself, and the inputs that it had.
pub(super) fn for_each_op(
    subject: &Subject<'_>,
    mut visit: impl FnMut(&str, &RecordedOp, &Parameters<f64>),
) {
    let tape = Tape::default();
    (subject.function)(Pass::eval(&tape, &subject.reading.written_out(&subject.still)));
    let mut nodes = tape.nodes.into_inner();
    for index in 0..nodes.len() {
        // Only ops are taken out: the names of parameters say which layer an op after them is in.
        if !(matches!(nodes[index].source, Source::Op(_)) && nodes[index].needs_gradient) {
            continue;
        }
        let at = nodes[index].at;
        let inputs = inputs_of(&nodes, index);
        let source = std::mem::replace(&mut nodes[index].source, Source::Constant);
        if let Source::Op(op) = source {
            let sources = nodes[index].inputs.iter().map(|&input| &nodes[input].source);
            let name = in_layer(op.name(), sources.filter_map(Source::parameter_name));
            let op = RecordedOp(Rc::new(RefCell::new(op)));
            visit(&format!("%{index} = {name}, recorded at {at}"), &op, &inputs);
        }
    }
}

/// Returns the inputs that a node had. Those whose gradient is not asked for are frozen.
fn inputs_of(nodes: &[Node<Number>], index: usize) -> Parameters<f64> {
    let inputs: Vec<&Node<Number>> = nodes[index].inputs.iter().map(|&k| &nodes[k]).collect();
    let values: Vec<Tensor<f64>> = inputs.iter().map(|node| Dual::values(&node.value)).collect();
    let mut parameters = of_inputs(&values);
    for (id, node) in parameters.ids().zip(inputs) {
        if !node.needs_gradient {
            parameters.freeze(id);
        }
    }
    parameters
}

/// An op that was recorded once and can be recorded again.
#[derive(Clone)]
pub(super) struct RecordedOp(Rc<RefCell<Box<dyn Op<Number>>>>);

impl Op<Number> for RecordedOp {
    fn name(&self) -> &'static str {
        self.0.borrow().name()
    }
    fn forward(&mut self, x: &[&Tensor<Number>]) -> Tensor<Number> {
        self.0.borrow_mut().forward(x)
    }
    fn vjp(
        &self,
        x: &[&Tensor<Number>],
        y: &Tensor<Number>,
        dy: &Tensor<Number>,
        dx: &mut Adjoints<Number>,
    ) {
        self.0.borrow().vjp(x, y, dy, dx);
    }
}

impl RecordedOp {
    /// Records the op on these inputs.
    pub(super) fn apply<'t>(&self, x: &[Var<'t, Number>]) -> Var<'t, Number> {
        x[0].tape().apply(self.clone(), x)
    }
}
