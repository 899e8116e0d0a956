//! The loss of a model with two outputs.
//!
//! A model gives one variable. With two outputs it gives both side by side, `[n, a + b]`:
//!
//! ```text
//!            ┌─ columns 0..a ────▶ first loss  ┐
//! outputs ───┤                                 ├─▶ L = w₁ L₁ + w₂ L₂
//!            └─ columns a..a+b ──▶ second loss ┘
//! ```

use autograd::Var;
use tensor::{Scalar, ShapeError, Tensor};

use super::Loss;
use crate::tally::Tally;

/// The weighted sum of two losses, each with its own columns of the outputs and its own targets. For more
/// than two outputs, the second loss can itself be a `Heads`.
///
/// If one of the losses weights its samples, its mean is taken in each shard of a batch, and a score
/// over several batches counts each batch by its number of samples.
///
/// ```
/// use autograd::Tape;
/// use nn::{MeanSquaredError, SoftmaxCrossEntropy};
/// use tensor::Tensor;
/// use train::{Heads, Loss};
///
/// // Three classes, and a number: four columns.
/// let heads = Heads::new(SoftmaxCrossEntropy::new(), 3, MeanSquaredError).weights(1.0, 0.1);
/// let tape = Tape::<f64>::default();
/// let outputs = tape.variable(Tensor::from([[0.0, 0.0, 0.0, 5.0]]));
/// let targets = (Tensor::from([2]), Tensor::from([[3.0]]));
/// let loss = heads.of(outputs, &targets);
/// assert!((loss.item() - (3f64.ln() + 0.1 * 4.0)).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct Heads<A, B> {
    first: A,
    columns: usize,
    second: B,
    weights: [f64; 2],
}

impl<A, B> Heads<A, B> {
    /// Creates the sum of a first loss, of the first `columns` columns, and a second loss of the
    /// others.
    pub fn new(first: A, columns: usize, second: B) -> Self {
        Self { first, columns, second, weights: [1.0, 1.0] }
    }

    /// Sets the weights of both losses in the sum, in place of 1. They do not change how epochs are compared: the
    /// first accuracy or micro F1 of either loss decides, as [`Score::is_better_than`](crate::Score::is_better_than) says.
    ///
    /// # Panics
    /// If a weight is negative or not finite.
    #[track_caller]
    pub fn weights(mut self, first: f64, second: f64) -> Self {
        for weight in [first, second] {
            assert!(
                weight >= 0.0 && weight.is_finite(),
                "Heads: a weight must be finite and not negative, not {weight}"
            );
        }
        self.weights = [first, second];
        self
    }

    #[track_caller]
    fn check(&self, shape: &[usize]) {
        assert!(
            shape.len() == 2 && shape[1] >= self.columns,
            "Heads: outputs {shape:?} must be [n, columns], with {} columns for the first loss and \
             those after them for the second",
            self.columns
        );
    }
}

impl<T: Scalar, A: Loss<T>, B: Loss<T>> Loss<T> for Heads<A, B> {
    type Target = (A::Target, B::Target);

    #[track_caller]
    fn of<'t>(&self, outputs: Var<'t, T>, targets: &Self::Target) -> Var<'t, T> {
        self.check(&outputs.shape());
        let first = self.first.of(outputs.slice(-1, ..self.columns), &targets.0);
        let second = self.second.of(outputs.slice(-1, self.columns..), &targets.1);
        first * self.weights[0] + second * self.weights[1]
    }

    fn check_targets(&self, outputs: usize, targets: &Self::Target) -> Result<(), ShapeError> {
        self.first.check_targets(self.columns, &targets.0)?;
        self.second.check_targets(outputs.saturating_sub(self.columns), &targets.1)
    }

    /// Returns the predictions of both, side by side.
    fn predict(&self, outputs: &Tensor<T>) -> Tensor<T> {
        self.check(outputs.shape());
        let first = self.first.predict(&outputs.slice(-1, ..self.columns));
        let second = self.second.predict(&outputs.slice(-1, self.columns..));
        Tensor::concat(&[first, second], -1)
    }

    fn tally(&self, outputs: &Tensor<T>, targets: &Self::Target) -> Tally {
        self.check(outputs.shape());
        let first = self.first.tally(&outputs.slice(-1, ..self.columns), &targets.0);
        let second = self.second.tally(&outputs.slice(-1, self.columns..), &targets.1);
        Tally::Both(Box::new(first), Box::new(second))
    }
}
