//! Softmax cross-entropy with class weights, label smoothing and an ignored label.

use autograd::Var;
use tensor::{Scalar, ShapeError, Tensor, shape};

use super::soft_cross_entropy;
use super::softmax_cross_entropy::cross_entropy_ignoring;

/// The cross-entropy of a logit for each class and the true class, averaged over the samples.
///
/// With class weights `w`, smoothing `ε` and `K` classes, for samples whose label is not ignored:
///
/// ```text
/// L = Σᵢ Σ꜀ qᵢ꜀ (−ln softmax(xᵢ)꜀) / Σᵢ w[labelᵢ]      qᵢ꜀ = w꜀ ((1 − ε) [c = labelᵢ] + ε / K)
/// ```
///
/// This is PyTorch's `CrossEntropyLoss`. The mean divides by the sum of the weights of all samples,
/// `Σᵢ w[labelᵢ]`. If this sum is 0, because every label is ignored, the loss and its gradient are 0, whereas
/// PyTorch's loss is NaN.
///
/// ```
/// use autograd::Tape;
/// use nn::SoftmaxCrossEntropy;
/// use tensor::Tensor;
///
/// let tape = Tape::<f64>::default();
/// let logits = tape.variable(Tensor::from([[0.0, 0.0], [3.0, 1.0], [2.0, 2.0]]));
/// let loss = SoftmaxCrossEntropy::new().class_weights([1.0, 3.0]).ignore(9);
/// let loss = loss.of(logits, &Tensor::from([0, 9, 1]));
/// assert!((loss.item() - 2f64.ln()).abs() < 1e-12);
/// assert_eq!(loss.backward().of(logits).get([1, 0]), 0.0);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SoftmaxCrossEntropy {
    class_weights: Option<Vec<f64>>,
    smoothing: f64,
    ignored: Option<u32>,
}

impl SoftmaxCrossEntropy {
    /// Creates the plain loss, [`softmax_cross_entropy`](crate::softmax_cross_entropy).
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how much a sample of each class counts, in place of 1. Rare classes often get more.
    ///
    /// # Panics
    /// If a weight is negative or not finite, or is 0 and the labels are smoothed.
    #[track_caller]
    pub fn class_weights(mut self, weights: impl Into<Vec<f64>>) -> Self {
        let weights = weights.into();
        check_weights("class_weights", &weights);
        self.class_weights = Some(weights);
        self.check_weights_with_smoothing();
        self
    }

    /// Sets label smoothing `ε`: the true class counts `1 − ε + ε/K`, each other class `ε/K`.
    ///
    /// # Panics
    /// If it is not in `[0, 1)`, or the weight of a class is 0.
    #[track_caller]
    pub fn smoothing(mut self, smoothing: f64) -> Self {
        check_smoothing(smoothing);
        self.smoothing = smoothing;
        self.check_weights_with_smoothing();
        self
    }

    /// Panics if a class has the weight 0 and the labels are smoothed. Smoothing would give a sample of that
    /// class a loss that the mean does not count, so its loss would depend on the other samples of the batch.
    #[track_caller]
    fn check_weights_with_smoothing(&self) {
        let mut weights = self.class_weights.iter().flatten();
        let without = weights.position(|&weight| weight == 0.0).filter(|_| self.smoothing > 0.0);
        if let Some(class) = without {
            panic!(
                "SoftmaxCrossEntropy: class {class} has the weight 0, but smoothing makes its samples count: leave \
                 out the smoothing, or give the class a weight and ignore({class})"
            );
        }
    }

    /// Sets a label whose samples do not count, such as the label of padding. It need not be a class.
    pub fn ignore(mut self, label: u32) -> Self {
        self.ignored = Some(label);
        self
    }

    /// Records the mean loss of logits `[n, classes]` and labels `[n]`, in nats.
    ///
    /// # Panics
    /// If the shapes do not fit, the batch is empty, there is not one weight for each class, or a
    /// label that is not ignored is not a class.
    #[track_caller]
    pub fn of<'t, T: Scalar>(&self, logits: Var<'t, T>, labels: &Tensor<u32>) -> Var<'t, T> {
        if self.class_weights.is_none() && self.smoothing == 0.0 {
            return cross_entropy_ignoring(logits, labels, self.ignored);
        }
        let shape = logits.shape();
        shape::expect("softmax_cross_entropy", self.check(&shape, labels));
        let weight = self.weight(labels);
        let share = if weight == 0.0 { 0.0 } else { 1.0 / weight };
        soft_cross_entropy(logits, &self.targets(shape[1], labels, share))
    }

    /// Returns the weight of a batch in a mean over several batches: the sum of its samples' weights.
    pub fn weight(&self, labels: &Tensor<u32>) -> f64 {
        labels.values().iter().map(|&label| self.weight_of(label)).sum()
    }

    /// Returns `true` if samples with this label do not count.
    pub fn ignores(&self, label: u32) -> bool {
        self.ignored == Some(label)
    }

    fn weight_of(&self, label: u32) -> f64 {
        match &self.class_weights {
            _ if self.ignores(label) => 0.0,
            None => 1.0,
            Some(weights) => weights.get(label as usize).copied().unwrap_or(0.0),
        }
    }

    /// Returns the weights q of the formula, times `share`, `[n, classes]`.
    fn targets<T: Scalar>(&self, classes: usize, labels: &Tensor<u32>, share: f64) -> Tensor<T> {
        let labels = labels.values();
        let mut targets = Vec::with_capacity(labels.len() * classes);
        for &label in labels.iter() {
            let weight = |class: usize| {
                let of_class = self.class_weights.as_ref().map_or(1.0, |weights| weights[class]);
                let is_true = if class == label as usize { 1.0 - self.smoothing } else { 0.0 };
                of_class * (is_true + self.smoothing / classes as f64)
            };
            let counts = if self.ignores(label) { 0.0 } else { share };
            targets.extend((0..classes).map(|class| T::from_f64(counts * weight(class))));
        }
        Tensor::new([labels.len(), classes], targets)
    }

    fn check(&self, logits: &[usize], labels: &Tensor<u32>) -> Result<(), ShapeError> {
        let &[rows, classes] = logits else {
            return Err(ShapeError::new(format!("logits {logits:?} must be [n, classes]")));
        };
        if labels.shape() != [rows] || rows == 0 {
            return Err(ShapeError::new(format!(
                "logits {logits:?} and labels {:?} must be [n, classes] and [n], with at least one row",
                labels.shape()
            )));
        }
        if let Some(weights) = self.class_weights.as_ref().filter(|w| w.len() != classes) {
            return Err(ShapeError::new(format!(
                "logits {logits:?} need a weight for each of the {classes} classes, found {}",
                weights.len()
            )));
        }
        let is_wrong = |label: &&u32| **label as usize >= classes && !self.ignores(**label);
        match labels.values().iter().find(is_wrong) {
            Some(label) => Err(ShapeError::new(format!(
                "there is no class {label}: logits {logits:?} have the classes 0..{classes}"
            ))),
            None => Ok(()),
        }
    }
}

/// Panics if the smoothing is not in `[0, 1)`.
#[track_caller]
pub(super) fn check_smoothing(smoothing: f64) {
    assert!((0.0..1.0).contains(&smoothing), "smoothing: {smoothing} is not in [0, 1)");
}

/// Panics if a weight is negative or not finite.
#[track_caller]
pub(super) fn check_weights(what: &str, weights: &[f64]) {
    let wrong = weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0));
    assert!(
        wrong.is_none(),
        "{what}: a weight must be finite and not negative, but one is {}",
        wrong.unwrap_or(&0.0)
    );
}
