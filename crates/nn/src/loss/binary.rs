//! Binary cross-entropy for one yes-or-no question, and for several at once.

use autograd::Var;
use tensor::{Scalar, ShapeError, Tensor, shape};

use super::bce_with_logits;
use super::bce_with_logits::check_targets;
use super::classes::{check_smoothing, check_weights};
use super::weighted_bce_with_logits::weighted_bce_with_logits;

/// The cross-entropy of one logit and a class that is 0 or 1, averaged over the samples; see
/// [`bce_with_logits`]. It takes logits, so the model ends without a sigmoid.
///
/// ```
/// use autograd::Tape;
/// use nn::BinaryCrossEntropy;
/// use tensor::Tensor;
///
/// let tape = Tape::<f64>::default();
/// let logits = tape.variable(Tensor::from([[0.0], [0.0]]));
/// let loss = BinaryCrossEntropy::new().of(logits, &Tensor::from([1, 0]));
/// assert!((loss.item() - 2f64.ln()).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BinaryCrossEntropy;

impl BinaryCrossEntropy {
    /// Creates the loss.
    pub fn new() -> Self {
        Self
    }

    /// Records the mean loss of logits `[n, 1]` for class 1 and labels `[n]`, in nats.
    ///
    /// # Panics
    /// If the shapes do not fit, the batch is empty, or a label is not 0 or 1.
    #[track_caller]
    pub fn of<'t, T: Scalar>(&self, logits: Var<'t, T>, labels: &Tensor<u32>) -> Var<'t, T> {
        let shape = logits.shape();
        if labels.rank() != 1 || *shape != [labels.len(), 1] {
            let rule =
                format!("logits {shape:?} and labels {:?} must be [n, 1] and [n]", labels.shape());
            shape::expect::<()>("BinaryCrossEntropy", Err(ShapeError::new(rule)));
        }
        let other = labels.values().iter().copied().find(|&label| label > 1);
        assert!(
            other.is_none(),
            "BinaryCrossEntropy: labels must be 0 or 1, but one is {}",
            other.unwrap_or_default()
        );
        let targets = labels.map(|label| T::from_f64(label.into()));
        bce_with_logits(logits, &targets.unsqueeze(-1))
    }
}

/// The binary cross-entropy of several labels at once, averaged over samples and labels. A sample may have any
/// number of the labels.
///
/// With targets `t` from 0 to 1, smoothing `ε` and the weight `p` of a label that a sample has:
///
/// ```text
/// L = −1/nk Σᵢⱼ pⱼ t'ᵢⱼ ln σ(xᵢⱼ) + (1 − t'ᵢⱼ) ln(1 − σ(xᵢⱼ))      t' = (1 − ε) t + ε/2
/// ```
///
/// Without smoothing this is PyTorch's `BCEWithLogitsLoss`, with `p` as its `pos_weight`.
///
/// ```
/// use autograd::Tape;
/// use nn::MultiLabelCrossEntropy;
/// use tensor::Tensor;
///
/// let tape = Tape::<f64>::default();
/// let logits = tape.variable(Tensor::from([[0.0, 0.0]]));
/// let loss = MultiLabelCrossEntropy::new().positive_weights([3.0, 1.0]);
/// let loss = loss.of(logits, &Tensor::from([[1.0, 0.0]]));
/// assert!((loss.item() - 2.0 * 2f64.ln()).abs() < 1e-12); // (3 + 1) / 2 · ln 2
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MultiLabelCrossEntropy {
    positive_weights: Option<Vec<f64>>,
    smoothing: f64,
}

impl MultiLabelCrossEntropy {
    /// Creates the loss without weights or smoothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the weight of each label for the samples that have it, in place of 1.
    ///
    /// # Panics
    /// If a weight is negative or not finite.
    #[track_caller]
    pub fn positive_weights(mut self, weights: impl Into<Vec<f64>>) -> Self {
        let weights = weights.into();
        check_weights("positive_weights", &weights);
        self.positive_weights = Some(weights);
        self
    }

    /// Sets label smoothing `ε`, which moves each target toward one half.
    ///
    /// # Panics
    /// If it is not in `[0, 1)`.
    #[track_caller]
    pub fn smoothing(mut self, smoothing: f64) -> Self {
        check_smoothing(smoothing);
        self.smoothing = smoothing;
        self
    }

    /// Records the mean loss of logits and targets `[n, labels]`, in nats.
    ///
    /// # Panics
    /// If the shapes differ, the batch is empty, a target is not from 0 to 1, or there is not one
    /// weight for each label.
    #[track_caller]
    pub fn of<'t, T: Scalar>(&self, logits: Var<'t, T>, targets: &Tensor<f32>) -> Var<'t, T> {
        // Before smoothing, which would move a target that is just out of range into it.
        let checked = check_targets(&logits.shape(), targets);
        shape::expect("MultiLabelCrossEntropy", checked);
        let smoothed = |t: f32| match self.smoothing {
            0.0 => T::from_f64(t.into()),
            smoothing => T::from_f64((1.0 - smoothing) * f64::from(t) + smoothing / 2.0),
        };
        let targets = targets.map(smoothed);
        match &self.positive_weights {
            None => bce_with_logits(logits, &targets),
            Some(weights) => {
                let weights = weights.iter().map(|&weight| T::from_f64(weight)).collect();
                weighted_bce_with_logits(logits, &targets, weights)
            }
        }
    }
}
