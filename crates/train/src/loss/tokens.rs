//! The loss of a language model.

use autograd::{Tape, Var};
use nn::TokenCrossEntropy;
use tensor::{Scalar, ShapeError, Tensor};

use super::{Loss, check_classes, check_shapes};
use crate::tally::Tally;

/// Logits `[batch, time, vocabulary]` with targets `[batch, time]`. The weight of a batch is the number of
/// its targets that are not ignored.
impl<T: Scalar> Loss<T> for TokenCrossEntropy {
    type Target = Tensor<u32>;

    #[track_caller]
    fn of<'t>(&self, logits: Var<'t, T>, targets: &Tensor<u32>) -> Var<'t, T> {
        TokenCrossEntropy::of(*self, logits, targets)
    }

    fn check_targets(&self, vocabulary: usize, targets: &Tensor<u32>) -> Result<(), ShapeError> {
        check_classes(vocabulary, targets, |target| target == TokenCrossEntropy::IGNORED)
    }

    fn weight(&self, targets: &Tensor<u32>) -> f64 {
        TokenCrossEntropy::weight(*self, targets)
    }

    /// Returns the probability of each token, `[batch, time, vocabulary]`.
    fn predict(&self, logits: &Tensor<T>) -> Tensor<T> {
        let tape = Tape::no_grad();
        nn::softmax(tape.constant(logits.clone()), -1).value()
    }

    /// Counts the targets that are not ignored. A token counts as right if it is the most probable one.
    fn tally(&self, logits: &Tensor<T>, targets: &Tensor<u32>) -> Tally {
        let (shape, wanted) = (logits.shape(), targets.shape());
        let fits = shape.len() == 3 && shape[..2] == *wanted;
        let rule = "[batch, time, vocabulary] and [batch, time]";
        check_shapes("TokenCrossEntropy", shape, wanted, fits, rule);
        let (predicted, targets) = (logits.argmax(-1).to_vec(), targets.values());
        let (mut samples, mut correct) = (0, 0);
        for (token, &target) in predicted.iter().zip(targets.iter()) {
            if target != TokenCrossEntropy::IGNORED {
                samples += 1;
                correct += u64::from(*token == target);
            }
        }
        Tally::Classes { samples, correct }
    }
}
