//! What happens inside a model while it trains: how large the outputs and gradients of its layers are.
//!
//! A layer whose outputs are mostly zeros no longer learns; gradients that shrink or grow from layer to
//! layer say that the initial weights or the learning rate do not suit the model. See Glorot and
//! Bengio (2010), who judge an initialization by these figures.

use autograd::{Parameters, Pass, Tape};
use data::{Dataset, Samples};
use nn::Model;
use serde::{Deserialize, Serialize};
use tensor::{Key, Scalar, Tensor};

use crate::loss::Loss;
use crate::trainer::Trainer;

/// The outputs of one operation of a model, and the gradients of the loss with respect to them.
///
/// An operation that runs several times in a layer, as in a recurrent one, has one entry for all of its
/// outputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// The layer whose parameter the operation reads, or otherwise the layer before it.
    pub layer: Option<String>,
    /// The name of the operation.
    pub op: String,
    /// Its outputs.
    pub outputs: Spread,
    /// The gradients of the loss with respect to its outputs. Their count is 0 where none are computed: before the first
    /// parameter that is not frozen.
    pub gradients: Spread,
}

/// The size of some numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The number of numbers.
    pub count: usize,
    /// The root mean square of the numbers that are finite.
    pub rms: f64,
    /// The share of numbers that are 0.
    pub zeros: f64,
    /// The number of numbers that are infinite or NaN.
    pub not_finite: usize,
}

impl<M: Model, L> Trainer<'_, M, L> {
    /// Runs one training pass, forward and backward, and returns the activity of each operation of the
    /// model, in the order in which they ran. Dropout draws from `key`.
    ///
    /// ```
    /// use autograd::Parameters;
    /// use data::Dataset;
    /// use nn::{Activation, Dense, Features, Model, SoftmaxCrossEntropy};
    /// use tensor::{Key, Tensor};
    /// use train::Trainer;
    ///
    /// let mut parameters = Parameters::new(1);
    /// let model = Features::new(2)
    ///     .then(Dense::new(&mut parameters, "hidden", 2, 8))
    ///     .then(Activation::Relu)
    ///     .then(Dense::new(&mut parameters, "output", 8, 2));
    /// let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    /// let samples = Dataset::new(Tensor::from([[1.0, 2.0], [3.0, -1.0]]), Tensor::from([0, 1]));
    /// let activity = trainer.activity(&parameters, &samples, Key::new(0));
    /// let relu = activity.iter().find(|activity| activity.op == "relu").unwrap();
    /// assert!(relu.outputs.zeros > 0.0 && relu.outputs.count == 16);
    /// ```
    ///
    /// # Panics
    /// If the samples do not fit the model.
    #[track_caller]
    pub fn activity<T, X, Y>(
        &self,
        parameters: &Parameters<T>,
        samples: &Dataset<X, Y>,
        key: Key,
    ) -> Vec<Activity>
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples<Batch = M::Input>,
        Y: Samples<Batch = L::Target>,
    {
        let tape = Tape::default();
        let pass = Pass::training(&tape, parameters, key);
        let outputs = self.model.forward(pass, &samples.inputs().batch());
        let of_model = tape.len();
        let loss = self.loss.of(outputs, &samples.targets().batch());
        let gradients = loss.backward();
        let mut all: Vec<(Activity, [Sums; 2])> = Vec::new();
        let mut layers: Vec<Option<String>> = Vec::new();
        for index in 0..of_model {
            let nodes = tape.nodes();
            let node = nodes.get(index);
            let before = node.inputs().first().and_then(|&input| layers[input].clone());
            let layer = node.layer().map(String::from).or(before);
            layers.push(layer.clone());
            if node.inputs().is_empty() {
                continue;
            }
            let op = node.name();
            let gradient = node.needs_gradient().then(|| gradients.of(tape.var_at(index)));
            let sums =
                [Sums::of(node.value()), gradient.as_ref().map_or_else(Sums::default, Sums::of)];
            let known = all.iter_mut().find(|(known, _)| known.layer == layer && known.op == op);
            match known {
                Some((_, known)) => known.iter_mut().zip(sums).for_each(|(a, b)| a.add(b)),
                None => all.push((Activity::of(layer, op), sums)),
            }
        }
        let spread = |(activity, [outputs, gradients]): (Activity, [Sums; 2])| Activity {
            outputs: outputs.spread(),
            gradients: gradients.spread(),
            ..activity
        };
        all.into_iter().map(spread).collect()
    }
}

impl Activity {
    fn of(layer: Option<String>, op: &str) -> Self {
        let [outputs, gradients] = [Spread::default(); 2];
        Self { layer, op: op.to_string(), outputs, gradients }
    }
}

/// Sums over some numbers, from which their spread follows.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: usize,
    squares: f64,
    zeros: usize,
    not_finite: usize,
}

impl Sums {
    fn of<T: Scalar>(numbers: &Tensor<T>) -> Self {
        let mut sums = Self::default();
        for number in numbers.values().iter().map(|number| number.to_f64()) {
            sums.count += 1;
            match number {
                0.0 => sums.zeros += 1,
                finite if finite.is_finite() => sums.squares += finite * finite,
                _ => sums.not_finite += 1,
            }
        }
        sums
    }

    fn add(&mut self, more: Self) {
        self.count += more.count;
        self.squares += more.squares;
        self.zeros += more.zeros;
        self.not_finite += more.not_finite;
    }

    fn spread(self) -> Spread {
        let Self { count, squares, zeros, not_finite } = self;
        let share = |sum: f64, of: usize| if of == 0 { 0.0 } else { sum / of as f64 };
        let rms = share(squares, count - not_finite).sqrt();
        Spread { count, rms, zeros: share(zeros as f64, count), not_finite }
    }
}
