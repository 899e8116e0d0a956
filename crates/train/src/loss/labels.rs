//! The loss of a model that answers several yes-or-no questions about a sample.

use autograd::Var;
use nn::MultiLabelCrossEntropy;
use tensor::{Scalar, ShapeError, Tensor};

use super::{Loss, check_shapes};
use crate::tally::Tally;

/// Logits `[n, labels]` with targets of the same shape. Probabilities above one half, and targets above
/// one half, count as yes.
impl<T: Scalar> Loss<T> for MultiLabelCrossEntropy {
    type Target = Tensor<f32>;

    #[track_caller]
    fn of<'t>(&self, logits: Var<'t, T>, targets: &Tensor<f32>) -> Var<'t, T> {
        MultiLabelCrossEntropy::of(self, logits, targets)
    }

    fn check_targets(&self, _: usize, targets: &Tensor<f32>) -> Result<(), ShapeError> {
        match targets.values().iter().find(|target| !(0.0..=1.0).contains(*target)) {
            Some(target) => {
                Err(ShapeError::new(format!("targets must be between 0 and 1, not {target}")))
            }
            None => Ok(()),
        }
    }

    /// Returns the probability of each label, `[n, labels]`.
    fn predict(&self, logits: &Tensor<T>) -> Tensor<T> {
        logits.sigmoid()
    }

    fn tally(&self, logits: &Tensor<T>, targets: &Tensor<f32>) -> Tally {
        let (shape, wanted) = (logits.shape(), targets.shape());
        let fits = shape.len() == 2 && shape == wanted;
        let rule = "[n, labels] both";
        check_shapes("MultiLabelCrossEntropy", shape, wanted, fits, rule);
        let labels = shape[1];
        let (mut hits, mut predicted, mut present) =
            (vec![0; labels], vec![0; labels], vec![0; labels]);
        let (logits, targets) = (logits.values(), targets.values());
        for (place, (&logit, &target)) in logits.iter().zip(targets.iter()).enumerate() {
            let (is_predicted, is_present) = (logit > T::ZERO, target > 0.5);
            let label = place % labels;
            hits[label] += u64::from(is_predicted && is_present);
            predicted[label] += u64::from(is_predicted);
            present[label] += u64::from(is_present);
        }
        Tally::Labels { hits, predicted, present }
    }
}
