//! The methods: central differences, forward mode, second order, symmetry.

use rand::RngExt;
use tensor::{Key, Tensor, shape};

use super::slopes::{Slopes, Steps};
use super::{Comparison, Finding, Method, Number, Subject, inner, inner_size, kinks, with};
use crate::functional::Dual;
use crate::{ParameterId, Parameters};

/// The whole Jacobian is compared if neither the input nor the output has more entries than this.
const SMALL: usize = 8;
/// The number of entries of a large tensor that are checked one by one, and of directions through all.
const ENTRIES: usize = 48;
const DIRECTIONS: usize = 4;

/// A direction in which one parameter moves.
struct Direction {
    along: String,
    /// Positions in the parameter, and how far each of them moves.
    parts: Vec<(usize, f64)>,
}

impl Direction {
    /// Returns the direction along one entry: by its magnitude if that is above 1, otherwise by 1.
    fn entry(subject: &Subject<'_>, id: ParameterId, position: usize) -> Self {
        let size = subject.at.get(id).values()[position].abs().max(1.0);
        let along = format!("{:?}", subject.index_of(id, position));
        Self { along, parts: vec![(position, size)] }
    }

    fn through_all(along: String, direction: &Tensor<f64>) -> Self {
        Self { along, parts: direction.to_vec().into_iter().enumerate().collect() }
    }

    /// Moves a parameter from the point by a step, and gives it tangents in this direction.
    fn follow(
        &self,
        subject: &Subject<'_>,
        moved: &mut Parameters<Number>,
        id: ParameterId,
        (step, tangent): (f64, f64),
    ) {
        let at = subject.at.get(id).values();
        let moved = moved.get_mut(id).as_mut_slice();
        for &(k, d) in &self.parts {
            moved[k] = Dual::new(at[k] + d * step, d * tangent);
        }
    }
}

/// What was compared at one point.
struct Compared {
    comparisons: Vec<Comparison>,
    /// `true` if a kink is within reach of the differences, so that they say nothing.
    near_kink: bool,
}

/// Compares the gradient of one parameter by all methods.
pub(super) fn compare_all(subject: &Subject<'_>, id: ParameterId) -> Finding {
    let at = subject.at.get(id);
    let mut finding = Finding {
        name: subject.at.name(id).to_string(),
        shape: subject.reading.shape(id).to_vec(),
        rows: subject.reading.rows(id).map(<[u32]>::len),
        compared: 0,
        kinks: 0,
        undecided: 0,
        inconclusive: 0,
        largest: 0.0,
        worst: Vec::new(),
    };
    if at.is_empty() {
        return finding;
    }
    let analytic = Dual::values(subject.analytic().get(id));
    let key = subject.key.stream("entries").fold_in(id.index() as u64);
    for position in chosen_entries(&analytic, key) {
        let direction = Direction::entry(subject, id, position);
        compare_at(subject, id, &direction, &mut finding, |at, steps| {
            differences(at, id, &direction, steps)
        });
    }
    for k in 0..if at.len() > ENTRIES { DIRECTIONS } else { 0 } {
        let along = format!("random direction {k}");
        let direction =
            Direction::through_all(along, &subject.direction(id, &format!("direction {k}")));
        compare_at(subject, id, &direction, &mut finding, |at, steps| {
            differences(at, id, &direction, steps)
        });
    }
    compare_whole_jacobian(subject, id, &mut finding);
    let v = Direction::through_all("random direction".to_string(), &subject.direction(id, "v"));
    compare_at(subject, id, &v, &mut finding, |at, steps| second_order(at, id, &v, steps));
    finding
}

/// Compares at the point. If differences contradict the rest only because of kinks along this
/// direction, the comparisons are repeated beside the point, on both sides of each kink. If kinks are not
/// the reason, differences are taken at all steps.
fn compare_at(
    subject: &Subject<'_>,
    id: ParameterId,
    direction: &Direction,
    finding: &mut Finding,
    compare: impl Fn(&Subject<'_>, Steps) -> Compared,
) {
    let by_steps = |steps| -> (Vec<Comparison>, Vec<Comparison>) {
        compare(subject, steps).comparisons.into_iter().partition(|c| c.method.is_exact())
    };
    let (exact, numerical) = by_steps(Steps::Two);
    exact.into_iter().for_each(|comparison| finding.add(comparison));
    if numerical.iter().all(Comparison::agrees) {
        return numerical.into_iter().for_each(|comparison| finding.add(comparison));
    }
    let mut moving = subject.still();
    direction.follow(subject, &mut moving, id, (0.0, 1.0));
    if !kinks::explain(subject, &moving) {
        let (_, numerical) = by_steps(Steps::All);
        return numerical.into_iter().for_each(|comparison| finding.add(comparison));
    }
    finding.kinks += numerical.len();
    let settled = |beside| {
        let by_two = compare(beside, Steps::Two);
        match by_two.near_kink || by_two.comparisons.iter().all(Comparison::agrees) {
            true => by_two,
            false => compare(beside, Steps::All),
        }
    };
    let beside = subject.beside().iter().map(settled);
    let beside: Vec<Compared> = beside.filter(|compared| !compared.near_kink).collect();
    if beside.is_empty() {
        finding.undecided += numerical.len();
    }
    beside.into_iter().flat_map(|compared| compared.comparisons).for_each(|c| finding.add(c));
}

/// Compares with central differences along a direction.
fn differences(
    subject: &Subject<'_>,
    id: ParameterId,
    direction: &Direction,
    steps: Steps,
) -> Compared {
    let slopes = slopes_along(subject, id, direction, steps);
    let (analytic, size) = along(&Dual::values(subject.analytic().get(id)), direction);
    let comparison = Comparison {
        method: Method::Differences,
        along: direction.along.clone(),
        analytic,
        numerical: slopes.central,
        uncertainty: slopes.uncertainty,
        size,
    };
    Compared { comparisons: vec![comparison], near_kink: slopes.kink }
}

/// Returns ⟨gradient, direction⟩ and the size of its terms.
fn along(gradient: &Tensor<f64>, direction: &Direction) -> (f64, f64) {
    let values = gradient.contiguous();
    let terms = direction.parts.iter().map(|&(k, d)| values.values()[k] * d);
    terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()))
}

/// Compares every entry of J, if input and output are small: rows from the backward pass, with one
/// output as cotangent, with columns from forward mode, along one input.
fn compare_whole_jacobian(subject: &Subject<'_>, id: ParameterId, finding: &mut Finding) {
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
            let (entry, of) = (subject.index_of(id, i), shape::index_of(j, output));
            finding.add(Comparison {
                method: Method::ForwardMode,
                along: format!("{entry:?} to {of:?} of the output"),
                analytic: row.values()[i],
                numerical: column.values()[j],
                uncertainty: 0.0,
                size: 0.0,
            });
        }
    }
}

/// Compares second derivatives. One run over duals that move along a random direction gives the
/// value with Jv, and the gradient with its derivative Hv: exact numbers for three comparisons.
fn second_order(subject: &Subject<'_>, id: ParameterId, v: &Direction, steps: Steps) -> Compared {
    let w = Direction::through_all(String::new(), &subject.direction(id, "w"));
    let gradient_along = |direction: &Direction| {
        let mut moving = subject.still();
        direction.follow(subject, &mut moving, id, (0.0, 1.0));
        (subject.gradient(&moving, &subject.cotangent), subject.projection(&moving).tangent)
    };
    let ((of_v, jv), (of_w, _)) = (gradient_along(v), gradient_along(&w));
    let (hv, hw) = (Dual::tangents(of_v.get(id)), Dual::tangents(of_w.get(id)));
    let (analytic, size) = along(&Dual::values(of_v.get(id)), v);
    let ((whv, size_v), (vhw, size_w)) = (along(&hv, &w), along(&hw, v));
    let exact = |method, along: &str, analytic, numerical, size| Comparison {
        method,
        along: along.to_string(),
        analytic,
        numerical,
        uncertainty: 0.0,
        size,
    };
    let mut compared = Compared {
        comparisons: vec![
            exact(Method::ForwardMode, &v.along, analytic, jv, size),
            exact(Method::Symmetry, "two random directions", whv, vhw, size_v.max(size_w)),
        ],
        near_kink: slopes_along(subject, id, v, Steps::Two).kink,
    };
    compare_slopes(subject, id, v, (jv, &hv), steps, &mut compared);
    compare_curvature(subject, id, v, &of_v, steps, &mut compared);
    compared
}

/// Compares ⟨v, Hv⟩ with differences of ⟨u, Jv⟩ along v, which do not use the backward pass. This detects a
/// VJP that is right only at this point.
fn compare_slopes(
    subject: &Subject<'_>,
    id: ParameterId,
    v: &Direction,
    (jv, hv): (f64, &Tensor<f64>),
    steps: Steps,
    compared: &mut Compared,
) {
    let mut moved = subject.still();
    let slopes = Slopes::measure(jv, steps, |step| {
        v.follow(subject, &mut moved, id, (step, 1.0));
        subject.projection(&moved).tangent
    });
    let (analytic, size) = along(hv, v);
    compared.add_second_order("forward mode in one direction".to_string(), analytic, size, &slopes);
}

/// Compares the derivative of each parameter's gradient along a direction of one parameter with
/// differences of gradients. One backward pass at each point serves all parameters.
fn compare_curvature(
    subject: &Subject<'_>,
    id: ParameterId,
    direction: &Direction,
    exact: &Parameters<Number>,
    steps: Steps,
    compared: &mut Compared,
) {
    let probes: Vec<(ParameterId, Tensor<f64>)> =
        subject.trainable().map(|other| (other, subject.direction(other, "probe"))).collect();
    let mut moved = subject.still();
    let of_each = |gradients: &Parameters<Number>| -> Vec<f64> {
        let along = |(other, probe): &(_, _)| inner(&Dual::values(gradients.get(*other)), probe);
        probes.iter().map(along).collect()
    };
    let sizes = (f64::abs as fn(f64) -> f64, 1.0);
    let slopes = Slopes::measure_each(&of_each(exact), sizes, steps, |step| {
        direction.follow(subject, &mut moved, id, (step, 0.0));
        of_each(&subject.gradient(&moved, &subject.cotangent))
    });
    for ((other, probe), slopes) in probes.iter().zip(slopes) {
        let along = format!("the gradient of `{}`", subject.at.name(*other));
        let exact = Dual::tangents(exact.get(*other));
        compared.add_second_order(along, inner(&exact, probe), inner_size(&exact, probe), &slopes);
    }
}

impl Compared {
    fn add_second_order(&mut self, along: String, analytic: f64, size: f64, slopes: &Slopes) {
        let (method, numerical) = (Method::SecondOrder, slopes.central);
        let uncertainty = slopes.uncertainty;
        self.comparisons.push(Comparison { method, along, analytic, numerical, uncertainty, size });
        self.near_kink |= slopes.kink;
    }
}

/// Measures the slope of ⟨u, f⟩ along a direction of one parameter.
fn slopes_along(
    subject: &Subject<'_>,
    id: ParameterId,
    direction: &Direction,
    steps: Steps,
) -> Slopes {
    let mut moved = subject.still();
    Slopes::measure(subject.projection_here(), steps, |step| {
        direction.follow(subject, &mut moved, id, (step, 0.0));
        subject.projection(&moved).value
    })
}

/// Returns all positions of a small tensor, or a sample of the positions of a large one, half of them
/// where the gradient is not 0.
fn chosen_entries(analytic: &Tensor<f64>, key: Key) -> Vec<usize> {
    if analytic.len() <= ENTRIES {
        return (0..analytic.len()).collect();
    }
    let values = analytic.values();
    let active: Vec<usize> = (0..values.len()).filter(|&k| values[k] != 0.0).collect();
    let mut rng = key.rng();
    let mut draw = |k: usize| match active.len() {
        0 => rng.random_range(0..values.len()),
        _ if k.is_multiple_of(2) => rng.random_range(0..values.len()),
        some => active[rng.random_range(0..some)],
    };
    (0..ENTRIES).map(&mut draw).collect()
}
