//! Finds a learning rate: trains a copy of the parameters with a rate that grows in each step, until
//! the loss blows up (Smith 2017, the "LR range test").
//!
//! ```text
//! step i of n     ηᵢ = from · (to / from)^(i / (n − 1))
//! smoothed loss   sᵢ = (1 − β) Σₖ βⁱ⁻ᵏ lossₖ / (1 − βⁱ⁺¹),   β = 0.9
//! ```
//!
//! While the rate is too small nothing happens, then the loss falls, and at last it rises. A rate well
//! below the one with the lowest loss trains fast and is still safe.

use std::fmt;

use autograd::{Gradients, Parameters};
use data::{Samples, Source};
use nn::Model;
use optim::{GradientError, Optimizer, State, StateError};
use tensor::Scalar;

use crate::error::TrainError;
use crate::loss::Loss;
use crate::observer::{Context, Observer, ObserverError};
use crate::options::Fit;
use crate::progress::Progress;
use crate::session::Session;

/// The weight of the past in the smoothed loss.
const BETA: f64 = 0.9;

/// The search ends where the smoothed loss is this many times the lowest one, and above the first.
const BLOWN_UP: f64 = 4.0;

/// The rates that [`Session::find_rate`] tries, evenly spaced on a logarithmic scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateRange {
    /// The rate of the first step.
    pub from: f64,
    /// The rate of the last step.
    pub to: f64,
    /// The number of steps, if the session has as many.
    pub steps: usize,
}

/// From 1e-6 to 10 in 100 steps.
impl Default for RateRange {
    fn default() -> Self {
        Self { from: 1e-6, to: 10.0, steps: 100 }
    }
}

impl RateRange {
    fn rate(&self, step: usize) -> f64 {
        self.from * (self.to / self.from).powf(step as f64 / (self.steps - 1) as f64)
    }
}

/// The losses that [`Session::find_rate`] has met. Printed, it is a table with a bar for each loss.
#[derive(Clone, Debug, PartialEq)]
pub struct RateCurve {
    /// The steps, in their order.
    pub points: Vec<RatePoint>,
    /// `true` if the loss blew up before the last rate.
    pub diverged: bool,
}

/// One step of a [`RateCurve`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatePoint {
    /// The learning rate of the step.
    pub rate: f64,
    /// The loss of the batch, before the step.
    pub loss: f64,
    /// The mean of the losses so far, in which older ones count less.
    pub smoothed: f64,
}

impl RateCurve {
    /// Returns a rate to train with: a tenth of the one with the lowest smoothed loss. `None` if the loss
    /// has not fallen by a hundredth from the first step.
    pub fn suggestion(&self) -> Option<f64> {
        let first = self.points.first()?.smoothed;
        let lowest = self.points.iter().min_by(|a, b| a.smoothed.total_cmp(&b.smoothed))?;
        (lowest.smoothed < first - 0.01 * first.abs()).then_some(lowest.rate / 10.0)
    }
}

impl<M, L, S, T> Session<'_, M, L, S, T>
where
    M: Model,
    L: Loss<T>,
    S: Source<Inputs: Samples<Batch = M::Input>, Targets: Samples<Batch = L::Target>> + Clone,
    T: Scalar,
{
    /// Trains a copy of the parameters with growing rates, and returns the losses. It ends early if the loss
    /// is not finite or blows up: above the first loss and four times the lowest.
    ///
    /// Afterwards parameters and optimizer are as before. The optimizer's schedule is not used. The search
    /// takes no more steps than the session has: if there are fewer than [`RateRange::steps`], it covers the
    /// range in those. If their number is not known, as with a stream, the curve may end before the range
    /// does.
    ///
    /// ```
    /// # use autograd::Parameters;
    /// # use data::Dataset;
    /// # use nn::{Activation, Dense, Features, Model, SoftmaxCrossEntropy};
    /// # use optim::Adam;
    /// # use tensor::{Key, Tensor};
    /// # use train::{Fit, RateRange, Trainer};
    /// # let inputs = Tensor::normal([320, 2], 0.0, 1.0, Key::new(1));
    /// # let label = |point: &[f32]| u32::from(point[0] > point[1]);
    /// # let labels = inputs.values().chunks(2).map(label).collect();
    /// # let samples = Dataset::new(inputs, Tensor::new([320], labels));
    /// # let mut parameters = Parameters::new(1);
    /// # let model = Features::new(2)
    /// #     .then(Dense::new(&mut parameters, "hidden", 2, 8))
    /// #     .then(Activation::Tanh)
    /// #     .then(Dense::new(&mut parameters, "output", 8, 2));
    /// # let options = Fit::default();
    /// let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    /// let mut adam = Adam::new(0.001);
    /// let curve = trainer
    ///     .session(&mut parameters, &mut adam, &samples, &options)?
    ///     .find_rate(&RateRange::default())?;
    /// println!("{curve}");
    /// let rate = curve.suggestion().expect("the loss falls");
    /// trainer.fit(&mut parameters, &mut Adam::new(rate), &samples, &options)?;
    /// # assert!((1e-4..1.0).contains(&rate), "{rate}");
    /// # Ok::<(), train::TrainError>(())
    /// ```
    ///
    /// # Errors
    /// If the source of the samples fails.
    ///
    /// # Panics
    /// If the rates are not positive, finite and growing, there are fewer than two steps, or the data do
    /// not fit the model.
    #[track_caller]
    pub fn find_rate(self, range: &RateRange) -> Result<RateCurve, TrainError> {
        let range = self.covered(range);
        let Self { trainer, parameters, optimizer, source, training, team, .. } = self;
        let before = optimizer.state(parameters);
        let mut copy = parameters.clone();
        let options = Fit {
            keep_best: false,
            patience: None,
            watch_layers: false,
            track: Vec::new(),
            ..self.options.clone()
        };
        let mut growing = Growing { optimizer: &mut *optimizer, range, taken: 0 };
        let mut watched = Watched::new(range);
        let ended = Session {
            trainer,
            parameters: &mut copy,
            optimizer: &mut growing,
            options: &options,
            progress: Progress::start(),
            source,
            training,
            validation: None,
            team,
        }
        .run(&mut [&mut watched]);
        if let Err(error) = optimizer.restore(parameters, before) {
            panic!("find_rate: the optimizer refuses its own state: {error}");
        }
        watched.curve(ended.map(|_| ()))
    }

    /// Returns the range with as many steps as will be taken, as far as that is known.
    #[track_caller]
    fn covered(&self, range: &RateRange) -> RateRange {
        let RateRange { from, to, steps } = *range;
        assert!(
            0.0 < from && from < to && to.is_finite(),
            "find_rate: the rates from {from} to {to} must be positive, finite and growing"
        );
        let steps = self.available(steps).unwrap_or(steps);
        assert!(
            steps >= 2,
            "find_rate: a curve needs at least 2 steps, and this has {steps}: ask for more, for more \
             epochs or for smaller batches"
        );
        RateRange { from, to, steps }
    }

    /// Returns how many of these steps the epochs of the session have, if that is known.
    fn available(&self, wanted: usize) -> Option<usize> {
        let mut available = 0;
        for epoch in 1..=self.options.epochs {
            if available >= wanted {
                break;
            }
            available += self.steps_in(epoch)?;
        }
        Some(available.min(wanted))
    }
}

/// An optimizer whose rate is set before each step.
struct Growing<'a, T: Scalar> {
    optimizer: &'a mut dyn Optimizer<T>,
    range: RateRange,
    taken: usize,
}

impl<T: Scalar> Optimizer<T> for Growing<'_, T> {
    fn step(&mut self, parameters: &mut Parameters<T>, gradients: &Gradients<T>) {
        self.optimizer.set_rate(self.range.rate(self.taken));
        self.optimizer.step(parameters, gradients);
        self.taken += 1;
    }

    fn try_step(
        &mut self,
        parameters: &mut Parameters<T>,
        gradients: &Gradients<T>,
    ) -> Result<(), GradientError> {
        self.optimizer.set_rate(self.range.rate(self.taken));
        self.taken += 1;
        self.optimizer.try_step(parameters, gradients)
    }

    fn rate(&self) -> f64 {
        self.optimizer.rate()
    }

    fn set_rate(&mut self, rate: f64) {
        self.optimizer.set_rate(rate);
    }

    fn steps(&self) -> u64 {
        self.optimizer.steps()
    }

    fn state(&self, parameters: &Parameters<T>) -> State<T> {
        self.optimizer.state(parameters)
    }

    fn restore(&mut self, parameters: &Parameters<T>, state: State<T>) -> Result<(), StateError> {
        self.optimizer.restore(parameters, state)
    }
}

/// Notes the loss of each step, and stops the run where the range ends or the loss blows up.
struct Watched {
    range: RateRange,
    points: Vec<RatePoint>,
    /// Σ βⁱ⁻ᵏ lossₖ, without the factor.
    sum: f64,
    /// The number of steps taken.
    taken: usize,
    /// The number of those whose batch counted.
    counted: i32,
    /// The weight of the epoch's samples so far.
    weight: f64,
    diverged: bool,
}

impl Watched {
    fn new(range: RateRange) -> Self {
        Self {
            range,
            points: Vec::new(),
            sum: 0.0,
            taken: 0,
            counted: 0,
            weight: 0.0,
            diverged: false,
        }
    }

    /// Adds a step, with the loss of its batch unless nothing in it counts.
    fn add(&mut self, loss: Option<f64>) {
        let rate = self.range.rate(self.taken);
        self.taken += 1;
        let Some(loss) = loss else { return };
        self.counted += 1;
        self.sum = BETA * self.sum + (1.0 - BETA) * loss;
        let smoothed = self.sum / (1.0 - BETA.powi(self.counted));
        self.points.push(RatePoint { rate, loss, smoothed });
        let lowest = self.points.iter().map(|point| point.smoothed).fold(f64::INFINITY, f64::min);
        self.diverged = smoothed > BLOWN_UP * lowest.abs() && smoothed > self.points[0].loss;
    }

    /// Returns the curve of a run that has ended. An error other than a diverged loss or gradient is returned.
    fn curve(self, ended: Result<(), TrainError>) -> Result<RateCurve, TrainError> {
        use TrainError::{Diverged, Gradient, NotFinite, Stopped};
        let diverged = match ended {
            Ok(()) | Err(Stopped { .. }) => self.diverged,
            Err(NotFinite { .. } | Gradient { .. } | Diverged { .. })
                if !self.points.is_empty() =>
            {
                true
            }
            Err(error) => return Err(error),
        };
        Ok(RateCurve { points: self.points, diverged })
    }
}

impl<T: Scalar> Observer<T> for Watched {
    fn step(&mut self, now: &Context<'_, T>) -> Result<(), ObserverError> {
        let batch = now.batch.as_ref().expect("the score of the step");
        let before = if now.progress.running.steps == 1 { 0.0 } else { self.weight };
        self.weight = now.progress.running.weight;
        self.add((self.weight > before).then_some(batch.loss));
        Ok(())
    }

    fn wants_stop(&self) -> bool {
        self.diverged || self.taken == self.range.steps
    }
}

impl fmt::Display for RateCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LINES: usize = 25;
        const WIDTH: f64 = 40.0;
        let highest = self.points.iter().map(|point| point.smoothed).fold(0.0, f64::max);
        write!(f, "rate     loss")?;
        for point in self.points.iter().step_by(self.points.len().div_ceil(LINES).max(1)) {
            let bar = (point.smoothed.max(0.0) / highest * WIDTH).round() as usize;
            write!(f, "\n{:<8.1e} {:<8.4} {}", point.rate, point.smoothed, "█".repeat(bar))?;
        }
        match (self.suggestion(), self.diverged) {
            (Some(rate), _) => write!(f, "\nsuggested rate: {rate:.1e}"),
            (None, true) => write!(f, "\nno rate made the loss fall before it blew up"),
            (None, false) => write!(f, "\nno rate made the loss fall"),
        }
    }
}
