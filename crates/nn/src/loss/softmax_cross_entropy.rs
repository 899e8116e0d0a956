//! Cross-entropy between a softmax over classes and the true class, averaged over a batch.
//!
//! ```text
//! L = −1/n Σᵢ ln softmax(xᵢ)[labelᵢ]      x̄ᵢ = (softmax(xᵢ) − onehot(labelᵢ)) L̄ / n
//! ```
//!
//! A label may be ignored, such as that of padding: n is the number of the other rows, and a row that does
//! not count is not read at all.
//!
//! Softmax and logarithm are one op. Apart, the softmax of a confident wrong answer underflows to 0
//! and its logarithm is −∞; together they are x − ln Σ eˣ, right for logits of any size.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Layout, Scalar, ShapeError, Tensor, parallel, sum, vectorized};

/// Records the mean cross-entropy of logits `[n, classes]` and labels `[n]`, in nats.
///
/// ```
/// use autograd::Tape;
/// use tensor::Tensor;
///
/// let tape = Tape::<f64>::default();
/// let logits = tape.variable(Tensor::from([[0.0, 0.0], [1e4, -1e4]]));
/// let loss = nn::softmax_cross_entropy(logits, &Tensor::from([0, 0]));
/// assert_eq!(loss.item(), 2f64.ln() / 2.0);
/// assert_eq!(loss.backward().of(logits), Tensor::from([[-0.25, 0.25], [0.0, 0.0]]));
/// ```
///
/// A class whose logit is −∞ has probability 0: it adds nothing to the loss, unless it is the true one,
/// whose loss is then ∞. A logit of ∞ makes the loss NaN, as in PyTorch.
///
/// # Panics
/// If the shapes do not fit, the batch is empty, or a label is not below the number of classes.
#[track_caller]
pub fn softmax_cross_entropy<'t, T: Scalar>(
    logits: Var<'t, T>,
    labels: &Tensor<u32>,
) -> Var<'t, T> {
    cross_entropy_ignoring(logits, labels, None)
}

/// Records [`softmax_cross_entropy`] of the rows whose label is not `ignored`; 0 if there are none.
#[track_caller]
pub(super) fn cross_entropy_ignoring<'t, T: Scalar>(
    logits: Var<'t, T>,
    labels: &Tensor<u32>,
    ignored: Option<u32>,
) -> Var<'t, T> {
    let op = MeanCrossEntropy { labels: labels.clone(), ignored, probabilities: None };
    logits.tape().apply(op, &[logits])
}

struct MeanCrossEntropy<T: Scalar> {
    labels: Tensor<u32>,
    ignored: Option<u32>,
    /// The softmax of each row; zeros where the row does not count.
    probabilities: Option<Tensor<T>>,
}

impl<T: Scalar> MeanCrossEntropy<T> {
    fn counts(&self, label: u32) -> bool {
        self.ignored != Some(label)
    }

    /// Returns the number of rows that count.
    fn counted(&self) -> usize {
        self.labels.values().iter().filter(|&&label| self.counts(label)).count()
    }

    /// Turns some rows, from number `first` on, into their softmax. Returns the loss of each.
    fn losses(&self, first: usize, rows: &mut [T], classes: usize) -> Vec<T> {
        let loss = |(row, &label): (&mut [T], &u32)| {
            if !self.counts(label) {
                row.fill(T::ZERO);
                return T::ZERO;
            }
            let logit = row[label as usize];
            let (largest, logarithm) = to_softmax(row);
            // Large logits first: their difference is small, and its digits are all there.
            (largest - logit) + logarithm
        };
        let labels = self.labels.values();
        rows.chunks_exact_mut(classes).zip(&labels[first..]).map(loss).collect()
    }
}

impl<T: Scalar> Op<T> for MeanCrossEntropy<T> {
    fn name(&self) -> &'static str {
        "softmax_cross_entropy"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y = −1/n Σᵢ ln softmax(xᵢ)[labelᵢ]")
                .vjp("x̄ᵢ = (softmax(xᵢ) − onehot(labelᵢ)) ȳ / n")
                .symbol("n", "the number of samples")
                .symbol("i", "the sample")
                .symbol("label", "the class of a sample"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        let (logits, labels) = (shapes[0], self.labels.shape());
        let (&[rows, classes], &[count]) = (logits, labels) else {
            return Err(ShapeError::new(format!(
                "logits {logits:?} and labels {labels:?} must be [n, classes] and [n]"
            )));
        };
        if rows != count || rows == 0 {
            return Err(ShapeError::new(format!(
                "logits {logits:?} and labels {labels:?} must have the same number of rows, at least one"
            )));
        }
        if classes == 0 {
            return Err(ShapeError::new(format!("logits {logits:?} must have at least one class")));
        }
        let is_wrong = |label: &&u32| **label as usize >= classes && self.counts(**label);
        match self.labels.values().iter().find(is_wrong) {
            Some(label) => Err(ShapeError::new(format!(
                "there is no class {label}: logits {logits:?} have the classes 0..{classes}"
            ))),
            None => Ok(()),
        }
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let (mut probabilities, classes) = (x[0].contiguous(), x[0].shape()[1]);
        let layout = Layout::contiguous(x[0].shape());
        let losses = parallel::divide(
            // No less than a row, so that none is divided.
            parallel::HEAVY.max(classes),
            [&layout],
            [probabilities.as_mut_slice()],
            &|[part], [rows]| self.losses(part.offset() / classes, rows, classes),
            &|first, last| [first, last].concat(),
        );
        self.probabilities = Some(probabilities);
        match self.counted() {
            0 => Tensor::scalar(T::ZERO),
            counted => {
                let count = T::from_f64(counted as f64);
                Tensor::from(losses).sum(&[0]) / count
            }
        }
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || {
            let probabilities = self.probabilities.as_ref().expect("forward ran");
            // Without a row that counts all probabilities are 0, and the scale is not used.
            let scale = dy.item() / T::from_f64(self.counted() as f64);
            // Where the difference is 0, as for a single class, so is the gradient, for any ȳ.
            let scaled = |x: T| if x == T::ZERO { T::ZERO } else { x * scale };
            let mut gradient = probabilities.map(scaled);
            let (starts, classes) = ((0..).step_by(x[0].shape()[1]), gradient.as_mut_slice());
            for (start, &label) in starts.zip(self.labels.values().iter()) {
                if self.counts(label) {
                    let at: usize = start + label as usize;
                    classes[at] = scaled(probabilities.storage()[at] - T::ONE);
                }
            }
            gradient
        });
    }
}

/// Turns a row into its softmax. Returns max x and ln Σ e^(x − max x), whose sum is ln Σ eˣ.
pub(super) fn to_softmax<T: Scalar>(row: &mut [T]) -> (T, T) {
    vectorized(
        #[inline(always)]
        || {
            let largest = row.iter().copied().reduce(T::maximum).unwrap_or(T::ZERO);
            row.iter_mut().for_each(|x| *x = (*x - largest).exp());
            let sum = sum(row);
            row.iter_mut().for_each(|x| *x = *x / sum);
            (largest, sum.ln())
        },
    )
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::{collection::vec, prelude::*};
    use tensor::strategy::tensors;

    (1..5usize, 1..5usize)
        .prop_flat_map(|(rows, classes)| {
            // One more than the classes, which is then ignored.
            let labels = vec(0..=classes as u32, rows);
            (tensors(vec![rows, classes], -3.0..3.0), labels)
        })
        .prop_map(|(logits, labels)| {
            let labels = Tensor::from(labels);
            let classes = logits.shape()[1] as u32;
            Case::new("softmax_cross_entropy", [logits], move |[logits]| {
                cross_entropy_ignoring(logits, &labels, Some(classes))
            })
        })
        .boxed()
}
