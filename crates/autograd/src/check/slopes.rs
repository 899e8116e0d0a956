//! What differences say about the slope of a function, and how far they can be trusted.
//!
//! A difference over a step h is wrong by about h² times the third derivative, and by about ε/h times the
//! size of the values that were rounded. So the step is the smallest that rounding allows, and where a function is
//! steep, the one at which the slope changes least.

/// The difference steps, relative for entries above 1.
const STEPS: [f64; 5] = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7];
/// Smaller steps, for functions that are steep at the point.
const SMALL_STEPS: [f64; 6] = [1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13];

/// The steps at which differences are taken.
#[derive(Clone, Copy)]
pub(super) enum Steps {
    /// Two steps, which are enough where a function is smooth within the larger.
    Two,
    /// All steps, which are tried if two contradict the rest and no kink is the reason: the function may be steep.
    All,
}

/// What differences say about the slope of a function of one number at 0.
pub(super) struct Slopes {
    pub(super) central: f64,
    /// `true` if the function has a kink within the step that was taken.
    pub(super) kink: bool,
    /// By how much another step changes the slope; 0 if only [`Steps::Two`] were taken.
    pub(super) uncertainty: f64,
    /// Equal slopes may differ by this much.
    noise: f64,
}

impl Slopes {
    /// Measures the slope at 0 of a function whose value there is `here`.
    pub(super) fn measure(here: f64, steps: Steps, mut function: impl FnMut(f64) -> f64) -> Self {
        Self::new(here, (here.abs(), 1.0), steps, |step| [-step, step].map(&mut function))
    }

    /// Measures the slopes of several functions whose values are computed together, only at the steps that one
    /// of them needs. `size` and `slope` are as in [`Self::by_two`].
    pub(super) fn measure_each(
        here: &[f64],
        (size, slope): (impl Fn(f64) -> f64, f64),
        steps: Steps,
        mut functions: impl FnMut(f64) -> Vec<f64>,
    ) -> Vec<Self> {
        let mut known: Vec<(f64, [Vec<f64>; 2])> = Vec::new();
        let mut at = |step: f64, k: usize| {
            let place = known.iter().position(|(known, _)| *known == step);
            let place = place.unwrap_or_else(|| {
                known.push((step, [-step, step].map(&mut functions)));
                known.len() - 1
            });
            known[place].1.each_ref().map(|values| values[k])
        };
        let of = |(k, &here)| Self::new(here, (size(here), slope), steps, |step| at(step, k));
        here.iter().enumerate().map(of).collect()
    }

    fn new(
        here: f64,
        sizes: (f64, f64),
        steps: Steps,
        mut at: impl FnMut(f64) -> [f64; 2],
    ) -> Self {
        let mut sides = |step: f64| {
            let [low, high] = at(step);
            [(here - low) / step, (high - here) / step]
        };
        let by_two = Self::by_two(sizes, &mut sides);
        match steps {
            Steps::Two => by_two,
            Steps::All => by_two.refined(sizes, &mut sides),
        }
    }

    /// Computes the slope from the slopes on both sides, at two of the [`STEPS`]. The first is the smallest at
    /// which rounding of numbers of this size does not spoil the difference: so close to the point, the
    /// function has few kinks and its curvature does not matter. The second is the largest step. Slopes below
    /// `slope` are compared as if they had that size.
    fn by_two((size, slope): (f64, f64), sides: &mut dyn FnMut(f64) -> [f64; 2]) -> Self {
        let is_trusted = |step: &&f64| rounding(size, **step) < 1e-7;
        let (largest, trusted) = (STEPS[0], *STEPS.iter().rfind(is_trusted).unwrap_or(&STEPS[0]));
        let jump = |[left, right]: [f64; 2]| (left - right).abs();
        // Where a function is smooth, the two sides differ by step times curvature, and so a
        // thousand times less at a step a thousand times smaller. At a kink the difference stays.
        let smooth = jump(sides(largest)) * trusted / largest;
        let [left, right] = sides(trusted);
        let noise = 1e-6 * left.abs().max(right.abs()).max(slope) + 10.0 * rounding(size, trusted);
        let jump = jump([left, right]);
        let kink = jump > noise && jump > 10.0 * smooth;
        Self { central: (left + right) / 2.0, kink, uncertainty: 0.0, noise }
    }

    /// Takes the slope at the step where it differs least, relative to its size, from the slope at a step ten times as
    /// large. Larger steps leave the region where the slope is about constant, and smaller ones drown in rounding. The
    /// rounding is estimated from the result: numbers that cancel inside the function may be rounded more.
    fn refined(self, (size, slope): (f64, f64), sides: &mut dyn FnMut(f64) -> [f64; 2]) -> Self {
        let steps: Vec<f64> = STEPS.into_iter().chain(SMALL_STEPS).collect();
        let central = steps.iter().map(|&step| sides(step).iter().sum::<f64>() / 2.0);
        let central: Vec<f64> = central.collect();
        let uncertainty = |k: usize| (central[k] - central[k - 1]).abs() + rounding(size, steps[k]);
        let relative = |k: usize| uncertainty(k) / central[k].abs().max(slope);
        let finite = (1..steps.len()).filter(|&k| relative(k).is_finite());
        let Some(best) = finite.min_by(|&a, &b| relative(a).total_cmp(&relative(b))) else {
            return self;
        };
        let uncertainty = uncertainty(best);
        Self { central: central[best], uncertainty, noise: self.noise + uncertainty, ..self }
    }

    /// Returns `true` if this is the slope, as well as differences can tell.
    pub(super) fn is_about(&self, slope: f64) -> bool {
        (self.central - slope).abs() <= 10.0 * self.noise
    }
}

/// Returns the error that rounding values of this size causes in a slope.
fn rounding(size: f64, step: f64) -> f64 {
    8.0 * f64::EPSILON * size / step
}
