//! Turns a model's outputs into the loss to train with, probabilities and predicted classes.

use autograd::{Tape, Var};
use tensor::{Scalar, Tensor};

/// A loss that compares logits with class labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// One logit for each class, `[n, classes]`; see [`nn::softmax_cross_entropy`].
    SoftmaxCrossEntropy,
    /// One logit, `[n, 1]`, for class 1 against class 0; see [`nn::bce_with_logits`].
    BinaryCrossEntropy,
}

impl Loss {
    /// Returns the mean loss of logits against labels `[n]`, in nats.
    ///
    /// # Panics
    /// If the shapes do not fit, or a label is not a class.
    #[track_caller]
    pub fn of<'t, T: Scalar>(self, logits: Var<'t, T>, labels: &Tensor<u32>) -> Var<'t, T> {
        match self {
            Loss::SoftmaxCrossEntropy => nn::softmax_cross_entropy(logits, labels),
            Loss::BinaryCrossEntropy => {
                let other = labels.values().iter().copied().find(|&label| label > 1);
                assert!(
                    other.is_none(),
                    "BinaryCrossEntropy: labels must be 0 or 1, but one is {}",
                    other.unwrap_or_default()
                );
                let targets = labels.map(|label| T::from_f64(label.into()));
                nn::bce_with_logits(logits, &targets.insert_axis(-1))
            }
        }
    }

    /// Returns the probability of each class, `[n, classes]`: rows sum to 1.
    pub fn probabilities<T: Scalar>(self, logits: &Tensor<T>) -> Tensor<T> {
        match self {
            Loss::SoftmaxCrossEntropy => {
                let tape = Tape::no_grad();
                nn::softmax(tape.constant(logits.clone()), -1).value()
            }
            Loss::BinaryCrossEntropy => {
                let (no, yes) = ((-logits).sigmoid(), logits.sigmoid());
                Tensor::concat(&[&no, &yes], -1)
            }
        }
    }

    /// Returns the most probable class of each row, `[n]`. Of equally probable classes it takes the
    /// first.
    pub fn predictions<T: Scalar>(self, logits: &Tensor<T>) -> Tensor<u32> {
        match self {
            Loss::SoftmaxCrossEntropy => logits.argmax(-1),
            Loss::BinaryCrossEntropy => logits.map(|x| u32::from(x > T::ZERO)).remove_axis(-1),
        }
    }
}
