//! If an input does not influence the output, its gradient is 0, even if the cotangent is infinite.
//!
//! An op that passes some of its inputs on and drops the others, such as a maximum or a dropout, may
//! compute x̄ = m ⊙ ȳ with a mask of zeros and ones. That is right until ȳ is infinite, as it is before
//! √0: then 0 · ∞ is NaN, and the whole step is lost. The mask must select, not multiply.
//!
//! A coefficient that merely happens to be 0 at one point is another matter: ∂(ab)/∂a is b, and for
//! b = 0 an infinite cotangent has no right answer. So an input counts as without influence only if
//! forward mode finds none at nearby points either.

use tensor::{Key, Tensor};

use super::recorded::for_each_op;
use super::{Law, Number, Subject, with};
use crate::functional::Dual;
use crate::{ParameterId, Parameters};

/// This many entries of an op's output get an infinite cotangent, one at a time.
const OUTPUTS: u64 = 3;

/// At most this many entries with a NaN gradient are examined in each input.
const ENTRIES: usize = 4;

/// Nearby points are this far from the point, times a normal draw for each entry.
const DISTANCE: f64 = 1e-3;

/// Checks the law for each op that the function records. Each op runs by itself, on the inputs it had.
pub(super) fn law_of_each_op(subject: &Subject<'_>) -> Law {
    let mut holds = true;
    for_each_op(subject, |_, op, at| {
        holds &= holds_for(&Subject::new(at, &|pass| op.apply(&pass.all_parameters())));
    });
    Law {
        name: "an input without influence gets no gradient, even from an infinite cotangent",
        error: if holds { 0.0 } else { f64::INFINITY },
        tolerance: 0.0,
    }
}

fn holds_for(op: &Subject<'_>) -> bool {
    let outputs = op.cotangent.len() as u64;
    (0..OUTPUTS.min(outputs)).all(|k| {
        let output = (k * outputs / OUTPUTS.min(outputs)) as usize;
        let mut cotangent = Tensor::<Number>::zeros(op.cotangent.shape());
        cotangent.as_mut_slice()[output] = Dual::new(f64::INFINITY, 0.0);
        let gradient = op.gradient(&op.still(), &cotangent);
        op.trainable().all(|id| {
            let values = gradient.get(id).to_vec();
            let lost = (0..values.len()).filter(|&i| values[i].value.is_nan());
            lost.take(ENTRIES).all(|entry| has_influence(op, id, entry, output))
        })
    })
}

/// Returns `true` if forward mode finds that an entry of an input moves an entry of the output, here or nearby.
fn has_influence(op: &Subject<'_>, id: ParameterId, entry: usize, output: usize) -> bool {
    let mut direction = Tensor::zeros(op.at.get(id).shape());
    direction.as_mut_slice()[entry] = 1.0;
    let points =
        [op.at.clone(), nearby(&op.at, op.key.fold_in(1)), nearby(&op.at, op.key.fold_in(2))];
    points.iter().any(|point| {
        let moving = with(point.cast(), id, Dual::tensor(point.get(id), &direction));
        op.value(&moving).to_vec()[output].tangent != 0.0
    })
}

fn nearby(at: &Parameters<f64>, key: Key) -> Parameters<f64> {
    at.map(|id, value| {
        value + &Tensor::normal(value.shape(), 0.0, DISTANCE, key.fold_in(id.index() as u64))
    })
}
