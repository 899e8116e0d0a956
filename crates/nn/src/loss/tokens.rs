//! The cross-entropy of a language model: one prediction for each place of a text.

use autograd::Var;
use tensor::{Scalar, ShapeError, Tensor, shape};

use super::SoftmaxCrossEntropy;

/// The cross-entropy of the token that comes next, averaged over all places of all texts that count.
///
/// ```text
/// L = −1/n Σ ln softmax(x[b, t])[target[b, t]]      over the n places whose target is not IGNORED
/// ```
///
/// ```
/// use autograd::Tape;
/// use nn::TokenCrossEntropy;
/// use tensor::Tensor;
///
/// let tape = Tape::<f64>::default();
/// let logits = tape.variable(Tensor::zeros([1, 3, 5]));
/// let targets = Tensor::from([[4, 0, TokenCrossEntropy::IGNORED]]);
/// let loss = TokenCrossEntropy.of(logits, &targets);
/// assert!((loss.item() - 5f64.ln()).abs() < 1e-12);
/// assert_eq!(loss.backward().of(logits).get([0, 2, 0]), 0.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenCrossEntropy;

impl TokenCrossEntropy {
    /// The target of a place that does not count, such as that of padding.
    pub const IGNORED: u32 = u32::MAX;

    /// Records the mean loss of logits `[batch, time, vocabulary]` and targets `[batch, time]`, in nats. If
    /// no place counts it is 0.
    ///
    /// # Panics
    /// If the shapes do not fit, there are no places, or a target is neither a token nor `IGNORED`.
    #[track_caller]
    pub fn of<'t, T: Scalar>(self, logits: Var<'t, T>, targets: &Tensor<u32>) -> Var<'t, T> {
        let shape = logits.shape();
        let [places, vocabulary] =
            shape::expect("token_cross_entropy", places(&shape, targets.shape()));
        let loss = SoftmaxCrossEntropy::new().ignore(Self::IGNORED);
        loss.of(logits.reshape([places, vocabulary]), &targets.reshape([places]))
    }

    /// Returns the number of places that count.
    pub fn weight(self, targets: &Tensor<u32>) -> f64 {
        targets.values().iter().filter(|&&target| target != Self::IGNORED).count() as f64
    }
}

/// Returns the number of places and of tokens.
fn places(logits: &[usize], targets: &[usize]) -> Result<[usize; 2], ShapeError> {
    match (logits, targets) {
        (&[batch, time, vocabulary], &[batches, times]) if (batch, time) == (batches, times) => {
            Ok([batch * time, vocabulary])
        }
        _ => Err(ShapeError::new(format!(
            "logits {logits:?} and targets {targets:?} must be [batch, time, vocabulary] and [batch, time]"
        ))),
    }
}
