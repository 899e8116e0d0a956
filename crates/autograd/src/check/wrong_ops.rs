//! Finds the wrong op. Each op of the tape is checked by itself, on the inputs it had, by all methods
//! and all laws.
//!
//! If its VJP contradicts forward mode, the entry is found by halving: if ⟨Jᵀu, v⟩ and ⟨u, Jv⟩ differ
//! for a v that is zero except on some entries, one of those is wrong.

use std::ops::Range;

use tensor::Tensor;

use super::laws::repeated_input;
use super::recorded::{RecordedOp, for_each_op};
use super::{Comparison, Finding, Law, Method, Subject, inner, inner_size, with};
use crate::functional::Dual;
use crate::{ParameterId, Parameters};

/// Describes the ops of the tape that fail on their own.
pub(super) fn find(subject: &Subject<'_>) -> Vec<String> {
    let mut wrong_ops = Vec::new();
    for_each_op(subject, |name, op, inputs| {
        let words = |fault| format!("{name}, {fault}");
        wrong_ops.extend(faults_of_op(op, inputs).into_iter().map(words));
    });
    wrong_ops
}

/// Describes what is wrong with an op.
fn faults_of_op(op: &RecordedOp, at: &Parameters<f64>) -> Vec<String> {
    let values: Vec<Tensor<f64>> = at.iter().map(|(_, _, value)| value.clone()).collect();
    let repeated = repeated_input(&values, &|x| op.apply(x));
    faults(&Subject::new(at, &|pass| op.apply(&pass.all_parameters())), repeated)
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
