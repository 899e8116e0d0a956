//! The witnesses: central differences, forward mode, second order, symmetry.

use rand::RngExt;
use tensor::{Key, Tensor};

use super::{Comparison, Finding, Number, Subject, Witness, inner, inner_size};
use crate::forward::Dual;
use crate::{ParameterId, Parameters, Pass, Var};

/// The difference steps, relative to entries larger than 1.
const STEPS: [f64; 5] = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7];
/// Up to how many entries input and output may have for their whole Jacobian to be compared.
const SMALL: usize = 8;
/// How many entries of a tensor are checked one by one, and how many directions through all.
const ENTRIES: usize = 48;
const DIRECTIONS: usize = 4;

/// Hears all witnesses on one parameter.
pub(super) fn hear_all<F>(subject: &Subject<'_, F>, id: ParameterId) -> Finding
where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let at = subject.at.get(id);
    let mut finding = Finding {
        name: subject.at.name(id).to_string(),
        shape: at.shape().to_vec(),
        compared: 0,
        kinks: 0,
        worst: Vec::new(),
    };
    if at.is_empty() {
        return finding;
    }
    hear_differences(subject, id, &mut finding);
    hear_whole_jacobian(subject, id, &mut finding);
    hear_second_order(subject, id, &mut finding);
    finding
}

/// Central differences along entries, and along directions through all entries.
fn hear_differences<F>(subject: &Subject<'_, F>, id: ParameterId, finding: &mut Finding)
where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let at = subject.at.get(id);
    let still = subject.still();
    let claimed = Dual::values(subject.gradient(&still, &subject.cotangent).get(id));
    let key = subject.key.stream("entries").fold_in(id.index() as u64);
    let mut moved = still.clone();
    for position in chosen_entries(&claimed, key) {
        let start = at.values()[position];
        let size = start.abs().max(1.0);
        let measured = Slopes::measure(|step| {
            moved.get_mut(id).as_mut_slice()[position] = Dual::new(start + step * size, 0.0);
            subject.projection(&moved).value
        });
        moved.get_mut(id).as_mut_slice()[position] = Dual::new(start, 0.0);
        let along = format!("{:?}", index_of(position, at.shape()));
        let claim = claimed.values()[position] * size;
        measured.compare(Witness::Differences, along, claim, 0.0, finding);
    }
    let directions = if at.len() > ENTRIES { DIRECTIONS } else { 0 };
    for k in 0..directions {
        let direction = subject.direction(id, &format!("direction {k}"));
        let measured = Slopes::along(subject, id, &direction);
        let (claim, size) = (inner(&claimed, &direction), inner_size(&claimed, &direction));
        let along = format!("random direction {k}");
        measured.compare(Witness::Differences, along, claim, size, finding);
    }
}

/// Where input and output are small, every entry of J: rows from the backward pass, with one output
/// as cotangent, and columns from forward mode, along one input.
fn hear_whole_jacobian<F>(subject: &Subject<'_, F>, id: ParameterId, finding: &mut Finding)
where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let (at, output) = (subject.at.get(id), subject.cotangent.shape());
    let outputs = subject.cotangent.len();
    if at.len() > SMALL || outputs > SMALL {
        return;
    }
    let unit = |shape: &[usize], position: usize| {
        let mut unit = Tensor::<f64>::zeros(shape);
        unit.as_mut_slice()[position] = 1.0;
        unit
    };
    let row = |j| subject.gradient(&subject.still(), &unit(output, j).cast()).get(id).clone();
    let rows: Vec<Tensor<f64>> = (0..outputs).map(|j| Dual::values(&row(j))).collect();
    for i in 0..at.len() {
        let moving = with(subject.still(), id, Dual::tensor(at, &unit(at.shape(), i)));
        let column = Dual::tangents(&subject.value(&moving));
        for (j, row) in rows.iter().enumerate() {
            let (entry, of) = (index_of(i, at.shape()), index_of(j, output));
            finding.add(Comparison {
                witness: Witness::ForwardMode,
                along: format!("{entry:?} to {of:?} of the output"),
                claimed: row.values()[i],
                measured: column.values()[j],
                size: 0.0,
            });
        }
    }
}

/// One run over duals that move along a random direction gives Jv with the value, and with the
/// gradient its derivative Hv: exact numbers for three comparisons.
fn hear_second_order<F>(subject: &Subject<'_, F>, id: ParameterId, finding: &mut Finding)
where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let (v, w) = (subject.direction(id, "v"), subject.direction(id, "w"));
    let along_v = Dual::tensor(subject.at.get(id), &v);
    let at_v = with(subject.still(), id, along_v);
    let gradient_v = subject.gradient(&at_v, &subject.cotangent);
    let claimed = Dual::values(gradient_v.get(id));
    let forward = Comparison {
        witness: Witness::ForwardMode,
        along: "random direction".to_string(),
        claimed: inner(&claimed, &v),
        measured: subject.projection(&at_v).tangent,
        size: inner_size(&claimed, &v),
    };
    // At a kink every slope between the two sides is a derivative, and there is no second one.
    let slopes = Slopes::along(subject, id, &v);
    if slopes.kink {
        let between = slopes.lie_around(forward.claimed) && slopes.lie_around(forward.measured);
        finding.add_or_count_kink(forward, between);
        return;
    }
    finding.add(forward);

    let along_w = Dual::tensor(subject.at.get(id), &w);
    let gradient_w = subject.gradient(&with(subject.still(), id, along_w), &subject.cotangent);
    let (hv, hw) = (Dual::tangents(gradient_v.get(id)), Dual::tangents(gradient_w.get(id)));
    if !Slopes::along(subject, id, &w).kink {
        finding.add(Comparison {
            witness: Witness::Symmetry,
            along: "two random directions".to_string(),
            claimed: inner(&hv, &w),
            measured: inner(&hw, &v),
            size: inner_size(&hv, &w).max(inner_size(&hw, &v)),
        });
    }
    compare_slopes(subject, id, &v, &hv, finding);
    for other in subject.trainable() {
        compare_curvature(subject, id, &v, other, gradient_v.get(other), finding);
    }
}

/// The point with another value of one parameter.
pub(super) fn with(
    mut at: Parameters<Number>,
    id: ParameterId,
    value: Tensor<Number>,
) -> Parameters<Number> {
    *at.get_mut(id) = value;
    at
}

/// ⟨v, Hv⟩ against differences of ⟨u, Jv⟩ along v, to which the backward pass contributes nothing: a
/// VJP that is right at this point alone is seen here.
fn compare_slopes<F>(
    subject: &Subject<'_, F>,
    id: ParameterId,
    v: &Tensor<f64>,
    hv: &Tensor<f64>,
    finding: &mut Finding,
) where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let mut moved = subject.still();
    let measured = Slopes::measure(|step| {
        *moved.get_mut(id) = subject.at.get(id).zip_map(v, |x, v| Dual::new(x + v * step, v));
        subject.projection(&moved).tangent
    });
    let along = "forward mode in one direction".to_string();
    measured.compare(Witness::SecondOrder, along, inner(hv, v), inner_size(hv, v), finding);
}

/// The derivative of one parameter's gradient along a direction of another: exact, and by
/// differences of gradients.
fn compare_curvature<F>(
    subject: &Subject<'_, F>,
    id: ParameterId,
    direction: &Tensor<f64>,
    other: ParameterId,
    gradient: &Tensor<Number>,
    finding: &mut Finding,
) where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let probe = subject.direction(other, "probe");
    let exact = Dual::tangents(gradient);
    let mut moved: Parameters<Number> = subject.still();
    let measured = Slopes::measure(|step| {
        let at = subject.at.get(id);
        *moved.get_mut(id) = at.zip_map(direction, |x, d| Dual::new(x + d * step, 0.0));
        let gradient = subject.gradient(&moved, &subject.cotangent);
        inner(&Dual::values(gradient.get(other)), &probe)
    });
    let along = format!("the gradient of `{}`", subject.at.name(other));
    let (claim, size) = (inner(&exact, &probe), inner_size(&exact, &probe));
    measured.compare(Witness::SecondOrder, along, claim, size, finding);
}

/// What differences say about the slope of a function of one number at 0.
struct Slopes {
    central: f64,
    left: f64,
    right: f64,
    /// Whether the function has a kink within the step that was taken.
    kink: bool,
}

impl Slopes {
    /// The slope of ⟨u, f⟩ along a direction of one parameter.
    fn along<F>(subject: &Subject<'_, F>, id: ParameterId, direction: &Tensor<f64>) -> Self
    where
        F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
    {
        let at = subject.at.get(id);
        let mut moved = subject.still();
        Self::measure(|step| {
            *moved.get_mut(id) = at.zip_map(direction, |x, d| Dual::new(x + d * step, 0.0));
            subject.projection(&moved).value
        })
    }

    /// Sweeps the step, and takes the smallest at which rounding does not spoil the difference: so
    /// near to the point there are few kinks of the function, and its curvature does not count.
    fn measure(mut function: impl FnMut(f64) -> f64) -> Self {
        let here = function(0.0);
        let sides = STEPS.map(|step| {
            let (low, high) = (function(-step), function(step));
            [(here - low) / step, (high - here) / step]
        });
        let rounding = STEPS.map(|step| 8.0 * f64::EPSILON * here.abs() / step);
        let trusted = (0..STEPS.len()).rev().find(|&k| rounding[k] < 1e-7).unwrap_or(0);
        let [left, right] = sides[trusted];
        let jump = |k: usize| (sides[k][0] - sides[k][1]).abs();
        // Where a function is smooth, the two sides differ by step times curvature, and so a
        // thousand times less at a step a thousand times smaller. At a kink the difference stays.
        let noise = 1e-6 * left.abs().max(right.abs()).max(1.0) + 10.0 * rounding[trusted];
        let smooth = jump(0) * STEPS[trusted] / STEPS[0];
        let kink = jump(trusted) > noise && jump(trusted) > 10.0 * smooth;
        Self { central: (left + right) / 2.0, left, right, kink }
    }

    /// Whether a slope lies between those of the two sides.
    fn lie_around(&self, slope: f64) -> bool {
        let margin = 1e-6 * self.left.abs().max(self.right.abs()).max(1.0);
        (self.left.min(self.right) - margin..=self.left.max(self.right) + margin).contains(&slope)
    }

    /// Compares a claimed slope with the measured one; a kink is counted apart.
    fn compare(self, witness: Witness, along: String, claimed: f64, size: f64, to: &mut Finding) {
        let comparison = Comparison { witness, along, claimed, measured: self.central, size };
        to.add_or_count_kink(comparison, self.kink && self.lie_around(claimed));
    }
}

/// All positions of a small tensor; of a large one some, half of them where the gradient is not 0.
fn chosen_entries(claimed: &Tensor<f64>, key: Key) -> Vec<usize> {
    if claimed.len() <= ENTRIES {
        return (0..claimed.len()).collect();
    }
    let values = claimed.values();
    let active: Vec<usize> = (0..values.len()).filter(|&k| values[k] != 0.0).collect();
    let mut rng = key.rng();
    let mut draw = |k: usize| match active.len() {
        0 => rng.random_range(0..values.len()),
        _ if k.is_multiple_of(2) => rng.random_range(0..values.len()),
        some => active[rng.random_range(0..some)],
    };
    (0..ENTRIES).map(&mut draw).collect()
}

/// The index of the element at this position in row-major order.
pub(super) fn index_of(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, &length) in index.iter_mut().zip(shape).rev() {
        *i = position % length;
        position /= length;
    }
    index
}
