//! Which op is to blame? Each line of the tape is put on trial alone, on the inputs it had: all
//! witnesses are heard and all laws checked on this one op.
//!
//! Where its VJP contradicts forward mode, the entry is found by halving: if ⟨Jᵀu, v⟩ and ⟨u, Jv⟩
//! differ for a v that is zero but on some entries, one of those is wrong.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use tensor::Tensor;

use super::laws::repeated_input;
use super::witnesses::with;
use super::{Comparison, Finding, Law, Number, Subject, Witness, inner, inner_size};
use crate::functional::{Dual, as_parameters};
use crate::op::{Adjoints, Op};
use crate::tape::{Node, Source};
use crate::view::in_layer;
use crate::{ParameterId, Parameters, Pass, Tape, Var};

/// The ops of the tape that fail on their own, in words.
pub(super) fn find<F>(subject: &Subject<'_, F>) -> Vec<String>
where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let mut culprits = Vec::new();
    for_each_op(subject, |name, op, inputs| {
        let words = |fault| format!("{name}, {fault}");
        culprits.extend(op.faults(inputs).into_iter().map(words));
    });
    culprits
}

/// Calls `visit` for each op that the function records and whose gradient is asked for: with its
/// index, name, layer and line in words, the op itself, and the inputs that it had.
pub(super) fn for_each_op<F>(
    subject: &Subject<'_, F>,
    mut visit: impl FnMut(&str, &Suspect, &Parameters<f64>),
) where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let tape = Tape::default();
    (subject.function)(Pass::eval(&tape, &subject.reading.written_out(&subject.still)));
    let mut nodes = tape.nodes.into_inner();
    for index in 0..nodes.len() {
        // Only ops are taken out: the names of parameters say which layer an op behind them is in.
        if !(matches!(nodes[index].source, Source::Op(_)) && nodes[index].needs_gradient) {
            continue;
        }
        let at = nodes[index].at;
        let inputs = inputs_of(&nodes, index);
        let source = std::mem::replace(&mut nodes[index].source, Source::Constant);
        if let Source::Op(op) = source {
            let inputs_of_op = nodes[index].inputs.iter().map(|&input| &nodes[input]);
            let name = in_layer(op.name(), inputs_of_op);
            let op = Suspect(Rc::new(RefCell::new(op)));
            visit(&format!("%{index} = {name}, recorded at {at}"), &op, &inputs);
        }
    }
}

/// The inputs that a line had; those are frozen whose gradient nobody asks for.
fn inputs_of(nodes: &[Node<Number>], index: usize) -> Parameters<f64> {
    let inputs: Vec<&Node<Number>> = nodes[index].inputs.iter().map(|&k| &nodes[k]).collect();
    let values: Vec<Tensor<f64>> = inputs.iter().map(|node| Dual::values(&node.value)).collect();
    let mut parameters = as_parameters(&values);
    for (id, node) in parameters.ids().zip(inputs) {
        if !node.needs_gradient {
            parameters.freeze(id);
        }
    }
    parameters
}

/// An op that was recorded once and can be recorded again.
#[derive(Clone)]
pub(super) struct Suspect(Rc<RefCell<Box<dyn Op<Number>>>>);

impl Op<Number> for Suspect {
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

impl Suspect {
    /// y for these inputs, on their tape.
    pub(super) fn apply<'t>(&self, x: &[Var<'t, Number>]) -> Var<'t, Number> {
        x[0].tape().apply(self.clone(), x)
    }

    /// What is wrong with this op, in words.
    fn faults(&self, at: &Parameters<f64>) -> Vec<String> {
        let values: Vec<Tensor<f64>> = at.iter().map(|(_, _, value)| value.clone()).collect();
        let repeated = repeated_input(&values, &|x| self.apply(x));
        faults(&Subject::new(at, &|pass| self.apply(&pass.all_parameters())), repeated)
    }
}

/// What is wrong with a function, in words.
fn faults<F>(subject: &Subject<'_, F>, checked: Option<Law>) -> Vec<String>
where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let report = subject.hear(checked);
    let findings = subject.trainable().zip(&report.findings);
    let wrong = findings.filter(|(_, finding)| !finding.passes());
    let of_inputs = wrong.map(|(id, finding)| fault_of_input(subject, id, finding));
    let broken = report.laws.iter().filter(|law| !law.holds());
    of_inputs.chain(broken.map(|law| format!("broken law: {law}"))).collect()
}

/// What is wrong with the VJP for one input, in words.
fn fault_of_input<F>(subject: &Subject<'_, F>, id: ParameterId, finding: &Finding) -> String
where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let name = &finding.name;
    let failing = |witness| finding.worst.iter().find(|c| c.witness == witness && !c.agrees());
    if let (Some(_), Some(entry)) = (failing(Witness::ForwardMode), wrong_entry(subject, id)) {
        return format!("{name}: {entry}");
    }
    if let Some(differences) = failing(Witness::Differences) {
        return format!("{name}: {differences}");
    }
    let failing = finding.worst.iter().find(|comparison| !comparison.agrees());
    let second_order = failing.map(Comparison::to_string).unwrap_or_default();
    format!("{name}: the VJP is right, but not its derivative: {second_order}")
}

/// An entry of one input at which VJP and forward mode differ, in words. There is none where they
/// differ beside the point only, which is then on a kink.
fn wrong_entry<F>(subject: &Subject<'_, F>, id: ParameterId) -> Option<String>
where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let at = subject.at.get(id);
    let claimed = Dual::values(subject.claimed().get(id));
    let direction = subject.direction(id, "v").to_vec();
    let compare = |entries: Range<usize>, direction: &[f64]| {
        let mut v = Tensor::zeros(at.shape());
        v.as_mut_slice()[entries.clone()].copy_from_slice(&direction[entries]);
        let moving = with(subject.still(), id, Dual::tensor(at, &v));
        Comparison {
            witness: Witness::ForwardMode,
            along: String::new(),
            claimed: inner(&claimed, &v),
            measured: subject.projection(&moving).tangent,
            size: inner_size(&claimed, &v),
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
    let Comparison { claimed, measured, .. } = at_entry;
    let words = format!("at {index:?} the VJP gives {claimed:.9}, forward mode {measured:.9}");
    (!at_entry.agrees()).then_some(words)
}
