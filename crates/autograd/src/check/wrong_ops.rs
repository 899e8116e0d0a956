//! Finds the wrong op. Each op of the tape is checked by itself, on the inputs it had, by all methods
//! and all laws.
//!
//! If its VJP contradicts forward mode, the entry is found by halving: if ⟨Jᵀu, v⟩ and ⟨u, Jv⟩ differ
//! for a v that is zero except on some entries, one of those is wrong.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use tensor::Tensor;

use super::laws::repeated_input;
use super::methods::with;
use super::{Comparison, Finding, Law, Method, Number, Subject, inner, inner_size};
use crate::functional::Dual;
use crate::functional::parameters::of_inputs;
use crate::op::{Adjoints, Op};
use crate::tape::{Node, Source};
use crate::view::in_layer;
use crate::{ParameterId, Parameters, Pass, Tape, Var};

/// Describes the ops of the tape that fail on their own.
pub(super) fn find(subject: &Subject<'_>) -> Vec<String> {
    let mut wrong_ops = Vec::new();
    for_each_op(subject, |name, op, inputs| {
        let words = |fault| format!("{name}, {fault}");
        wrong_ops.extend(op.faults(inputs).into_iter().map(words));
    });
    wrong_ops
}

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
            let inputs_of_op = nodes[index].inputs.iter().map(|&input| &nodes[input]);
            let name = in_layer(op.name(), inputs_of_op);
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

    /// Describes what is wrong with this op.
    fn faults(&self, at: &Parameters<f64>) -> Vec<String> {
        let values: Vec<Tensor<f64>> = at.iter().map(|(_, _, value)| value.clone()).collect();
        let repeated = repeated_input(&values, &|x| self.apply(x));
        faults(&Subject::new(at, &|pass| self.apply(&pass.all_parameters())), repeated)
    }
}

/// Describes what is wrong with a function.
fn faults(subject: &Subject<'_>, checked: Option<Law>) -> Vec<String> {
    let report = subject.compare(checked);
    let findings = subject.trainable().zip(&report.findings);
    let wrong = findings.filter(|(_, finding)| !finding.passes());
    let of_inputs = wrong.map(|(id, finding)| fault_of_input(subject, id, finding));
    let broken = report.laws.iter().filter(|law| !law.holds());
    of_inputs.chain(broken.map(|law| format!("broken law: {law}"))).collect()
}

/// Describes what is wrong with the VJP for one input.
fn fault_of_input(subject: &Subject<'_>, id: ParameterId, finding: &Finding) -> String {
    let name = &finding.name;
    let failing = |method| finding.worst.iter().find(|c| c.method == method && !c.agrees());
    if let (Some(_), Some(entry)) = (failing(Method::ForwardMode), wrong_entry(subject, id)) {
        return format!("{name}: {entry}");
    }
    if let Some(differences) = failing(Method::Differences) {
        return format!("{name}: {differences}");
    }
    let failing = finding.worst.iter().find(|comparison| !comparison.agrees());
    let second_order = failing.map(Comparison::to_string).unwrap_or_default();
    format!("{name}: the VJP is right, but not its derivative: {second_order}")
}

/// Describes an entry of one input at which VJP and forward mode differ; `None` if they differ only
/// beside the point, which is then on a kink.
fn wrong_entry(subject: &Subject<'_>, id: ParameterId) -> Option<String> {
    let at = subject.at.get(id);
    let analytic = Dual::values(subject.analytic().get(id));
    let direction = subject.direction(id, "v").to_vec();
    let compare = |entries: Range<usize>, direction: &[f64]| {
        let mut v = Tensor::zeros(at.shape());
        v.as_mut_slice()[entries.clone()].copy_from_slice(&direction[entries]);
        let moving = with(subject.still(), id, Dual::tensor(at, &v));
        Comparison {
            method: Method::ForwardMode,
            along: String::new(),
            analytic: inner(&analytic, &v),
            numerical: subject.projection(&moving).tangent,
            uncertainty: 0.0,
            size: inner_size(&analytic, &v),
        }
    };
    let mut entries = 0..at.len();
    while entries.len() > 1 {
        let middle = entries.start + entries.len() / 2;
        let (first, second) = (entries.start..middle, middle..entries.end);
        entries = if compare(first.clone(), &direction).agrees() { second } else { first };
    }
    let index = subject.index_of(id, entries.start);
    let at_entry = compare(entries, &vec![1.0; at.len()]);
    let Comparison { analytic, numerical, .. } = at_entry;
    let words = format!("at {index:?} the VJP gives {analytic:.9}, forward mode {numerical:.9}");
    (!at_entry.agrees()).then_some(words)
}
