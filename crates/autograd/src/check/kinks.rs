//! Decides if kinks explain why differences contradict forward mode, by examining the ops on the way.
//!
//! At a kink, such as ReLU's at 0, a function has no derivative; the VJP and forward mode take the
//! same slope by convention, and central differences find another one. With several kinks the function itself
//! does not show them: relu(x) − relu(−x) has slope 1 on both sides of 0, while the conventions give 0. So
//! each op is examined alone, output by output: if an output has a kink, its slopes on the two sides differ.
//! An op that contradicts its differences *without* a kink is wrong.

use tensor::Tensor;

use super::slopes::{Slopes, Steps};
use super::{Number, Subject};
use crate::functional::Dual;
use crate::tape::{Node, Source};
use crate::{Op, Parameters, Pass, Tape};

/// Returns `true` if kinks, and nothing else, are why differences and forward mode disagree along
/// the line on which these parameters move.
pub(super) fn explain(subject: &Subject<'_>, moving: &Parameters<Number>) -> bool {
    let tape = Tape::default();
    (subject.function)(Pass::eval(&tape, &subject.reading.written_out(moving)));
    let mut nodes = tape.nodes.into_inner();
    let mut some_kink = false;
    for index in 0..nodes.len() {
        let source = std::mem::replace(&mut nodes[index].source, Source::Constant);
        if let Source::Op(mut op) = source {
            match finding(&mut *op, &nodes, index) {
                At::Smooth => {}
                At::Kink => some_kink = true,
                At::Unexplained => return false,
            }
        }
    }
    some_kink
}

/// What an op is like where it was recorded.
enum At {
    Smooth,
    Kink,
    /// Smooth, but with a slope other than forward mode's.
    Unexplained,
}

fn finding(op: &mut dyn Op<Number>, nodes: &[Node<Number>], index: usize) -> At {
    let inputs: Vec<&Tensor<Number>> =
        nodes[index].inputs.iter().map(|&k| &nodes[k].value).collect();
    if inputs.iter().all(|x| x.values().iter().all(|x| x.tangent == 0.0)) {
        return At::Smooth;
    }
    let mut at = |step: f64| {
        let moved = |x: &&Tensor<Number>| x.map(|x| Dual::new(x.value + x.tangent * step, 0.0));
        let moved: Vec<Tensor<Number>> = inputs.iter().map(moved).collect();
        Dual::values(&op.forward(&moved.iter().collect::<Vec<_>>())).to_vec()
    };
    let output = nodes[index].value.to_vec();
    let largest = |values: &[Number], of: fn(&Number) -> f64| {
        values.iter().map(|x| of(x).abs()).filter(|x| x.is_finite()).fold(0.0, f64::max)
    };
    let sizes = inputs.iter().map(|x| largest(&x.to_vec(), |x| x.value));
    let size = sizes.fold(largest(&output, |y| y.value), f64::max);
    let slope = largest(&output, |y| y.tangent);
    let here: Vec<f64> = output.iter().map(|y| y.value).collect();
    let mut slopes_by = |steps| Slopes::measure_each(&here, (|_| size, slope), steps, &mut at);
    let is_finite = |(_, y): &(Slopes, &Number)| y.value.is_finite();
    let by_two = slopes_by(Steps::Two).into_iter().zip(&output).filter(is_finite);
    let (kinks, smooth): (Vec<_>, Vec<_>) = by_two.partition(|(slopes, _)| slopes.kink);
    let is_about = |(slopes, y): (Slopes, &Number)| slopes.is_about(y.tangent);
    let mut explained_by_all_steps = || {
        let by_all = slopes_by(Steps::All).into_iter().zip(&output).filter(is_finite);
        by_all.filter(|(slopes, _)| !slopes.kink).all(is_about)
    };
    match smooth.into_iter().all(is_about) || explained_by_all_steps() {
        false => At::Unexplained,
        true if kinks.is_empty() => At::Smooth,
        true => At::Kink,
    }
}
