//! The losses of classifiers.

use autograd::{Tape, Var};
use nn::{BinaryCrossEntropy, SoftmaxCrossEntropy};
use tensor::{Scalar, ShapeError, Tensor};

use super::{Classifier, Loss, check_classes, check_shapes};
use crate::tally::Tally;

/// Logits `[n, classes]` with labels `[n]`.
impl<T: Scalar> Loss<T> for SoftmaxCrossEntropy {
    type Target = Tensor<u32>;

    #[track_caller]
    fn of<'t>(&self, logits: Var<'t, T>, labels: &Tensor<u32>) -> Var<'t, T> {
        SoftmaxCrossEntropy::of(self, logits, labels)
    }

    fn check_targets(&self, classes: usize, labels: &Tensor<u32>) -> Result<(), ShapeError> {
        check_classes(classes, labels, |label| self.ignores(label))
    }

    fn weight(&self, labels: &Tensor<u32>) -> f64 {
        SoftmaxCrossEntropy::weight(self, labels)
    }

    /// Returns the probability of each class, `[n, classes]`: rows sum to 1.
    fn predict(&self, logits: &Tensor<T>) -> Tensor<T> {
        let tape = Tape::no_grad();
        nn::softmax(tape.constant(logits.clone()), -1).value()
    }

    fn tally(&self, logits: &Tensor<T>, labels: &Tensor<u32>) -> Tally {
        let (shape, count) = (logits.shape(), labels.shape());
        let fits = matches!((shape, count), (&[rows, _], &[count]) if rows == count);
        check_shapes("SoftmaxCrossEntropy", shape, count, fits, "[n, classes] and [n]");
        classes_tally(self, logits, labels)
    }
}

impl<T: Scalar> Classifier<T> for SoftmaxCrossEntropy {
    fn classes(&self, logits: &Tensor<T>) -> Tensor<u32> {
        logits.argmax(-1)
    }

    /// Returns the difference of the two logits.
    fn evidence(&self, logits: &Tensor<T>) -> Option<Vec<f64>> {
        let is_binary = matches!(logits.shape(), [_, 2]);
        is_binary.then(|| to_f64(&(logits.slice(-1, 1..2) - logits.slice(-1, 0..1))))
    }

    fn ignores(&self, label: u32) -> bool {
        SoftmaxCrossEntropy::ignores(self, label)
    }
}

/// One logit `[n, 1]`, for class 1 against class 0, with labels `[n]`.
impl<T: Scalar> Loss<T> for BinaryCrossEntropy {
    type Target = Tensor<u32>;

    #[track_caller]
    fn of<'t>(&self, logits: Var<'t, T>, labels: &Tensor<u32>) -> Var<'t, T> {
        BinaryCrossEntropy::of(self, logits, labels)
    }

    fn check_targets(&self, _: usize, labels: &Tensor<u32>) -> Result<(), ShapeError> {
        check_classes(2, labels, |_| false)
    }

    /// Returns the probability of both classes, `[n, 2]`: rows sum to 1.
    fn predict(&self, logits: &Tensor<T>) -> Tensor<T> {
        Tensor::concat(&[(-logits).sigmoid(), logits.sigmoid()], -1)
    }

    fn tally(&self, logits: &Tensor<T>, labels: &Tensor<u32>) -> Tally {
        let (shape, count) = (logits.shape(), labels.shape());
        let fits = matches!((shape, count), (&[rows, 1], &[count]) if rows == count);
        check_shapes("BinaryCrossEntropy", shape, count, fits, "[n, 1] and [n]");
        classes_tally(self, logits, labels)
    }
}

impl<T: Scalar> Classifier<T> for BinaryCrossEntropy {
    fn classes(&self, logits: &Tensor<T>) -> Tensor<u32> {
        logits.map(|x| u32::from(x > T::ZERO)).squeeze(&[-1])
    }

    fn evidence(&self, logits: &Tensor<T>) -> Option<Vec<f64>> {
        Some(to_f64(logits))
    }
}

/// Counts the samples whose class was predicted. The shapes were checked.
fn classes_tally<T: Scalar>(
    loss: &impl Classifier<T>,
    logits: &Tensor<T>,
    labels: &Tensor<u32>,
) -> Tally {
    let (classes, labels) = (loss.classes(logits).to_vec(), labels.values());
    let counted = classes.iter().zip(labels.iter()).filter(|&(_, &label)| !loss.ignores(label));
    let (mut samples, mut correct) = (0, 0);
    for (class, label) in counted {
        samples += 1;
        correct += u64::from(class == label);
    }
    Tally::Classes { samples, correct }
}

fn to_f64<T: Scalar>(numbers: &Tensor<T>) -> Vec<f64> {
    numbers.values().iter().map(|x| x.to_f64()).collect()
}
