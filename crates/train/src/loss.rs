//! What a model is trained for: the loss of its outputs, what it predicts, and how good that is.
//!
//! A [`Loss`] compares a model's outputs with targets of any type. The losses of `nn` are losses
//! here, and so is any function; see [`own_loss`].

mod calibrated;
mod classes;
mod heads;
mod labels;
mod own;
mod regression;
mod tokens;

use autograd::Var;
use data::Samples;
use tensor::{Scalar, ShapeError, Tensor};

use crate::tally::Tally;

pub use calibrated::Calibrated;
pub use heads::Heads;
pub use own::{OwnLoss, own_loss};

/// A loss to train for.
///
/// `T` is the scalar type of the model. A loss for every `T` lets its gradients be checked in `f64`.
///
/// ```
/// use autograd::Var;
/// use tensor::{Scalar, Tensor};
/// use train::Loss;
///
/// /// ln cosh of the error: like its square near 0, like its absolute value far away.
/// struct LogCosh;
///
/// impl<T: Scalar> Loss<T> for LogCosh {
///     type Target = Tensor<f32>;
///
///     fn of<'t>(&self, outputs: Var<'t, T>, targets: &Tensor<f32>) -> Var<'t, T> {
///         let error = (outputs - outputs.tape().constant(targets.cast())).abs();
///         // ln cosh x = |x| + ln(1 + e^(−2|x|)) − ln 2, in which nothing overflows.
///         (error + (error * -2.0).softplus() - std::f64::consts::LN_2).mean_all()
///     }
/// }
/// ```
pub trait Loss<T: Scalar = f32>: Sync {
    /// What outputs are compared with: `Tensor<u32>` of classes, `Tensor<f32>`, or a pair.
    type Target: Samples<Batch = Self::Target>;

    /// Records the mean loss of a batch of outputs.
    ///
    /// # Panics
    /// If outputs and targets do not fit.
    #[track_caller]
    fn of<'t>(&self, outputs: Var<'t, T>, targets: &Self::Target) -> Var<'t, T>;

    /// Checks that targets are possible for a model with this many outputs, such as logits, for each sample or step.
    /// Training checks all targets in memory before the first step, and of a stream the first ones. The default accepts any.
    ///
    /// # Errors
    /// If a target is not possible, such as a class that the model does not have.
    fn check_targets(&self, outputs: usize, targets: &Self::Target) -> Result<(), ShapeError> {
        let _ = (outputs, targets);
        Ok(())
    }

    /// Returns the weight of a batch's mean in a mean over several batches. It is the number of samples,
    /// unless some count more than others.
    fn weight(&self, targets: &Self::Target) -> f64 {
        targets.count() as f64
    }

    /// Returns what the model predicts with these outputs, such as probabilities. The default returns the
    /// outputs themselves.
    fn predict(&self, outputs: &Tensor<T>) -> Tensor<T> {
        outputs.clone()
    }

    /// Returns the figures of a batch from which the metrics follow. There are none, unless the loss
    /// has some.
    ///
    /// # Panics
    /// If outputs and targets do not fit.
    #[track_caller]
    fn tally(&self, outputs: &Tensor<T>, targets: &Self::Target) -> Tally {
        let _ = (outputs, targets);
        Tally::default()
    }
}

/// A loss that compares logits with class labels, `[n]`.
pub trait Classifier<T: Scalar = f32>: Loss<T, Target = Tensor<u32>> {
    /// Returns the most probable class of each row, `[n]`; the first one, if several are equally
    /// probable.
    fn classes(&self, logits: &Tensor<T>) -> Tensor<u32>;

    /// Returns the evidence for class 1 against class 0 of each row, `[n]`, if there are two classes.
    fn evidence(&self, logits: &Tensor<T>) -> Option<Vec<f64>>;

    /// Returns `true` if samples with this label do not count.
    fn ignores(&self, label: u32) -> bool {
        let _ = label;
        false
    }
}

/// Checks that each label is a class of the model, unless it is ignored.
fn check_classes(
    classes: usize,
    labels: &Tensor<u32>,
    is_ignored: impl Fn(u32) -> bool,
) -> Result<(), ShapeError> {
    let is_wrong = |&&label: &&u32| label as usize >= classes && !is_ignored(label);
    match labels.values().iter().find(is_wrong) {
        Some(label) => Err(ShapeError::new(format!(
            "there is no class {label}: the model has the classes 0..{classes}"
        ))),
        None => Ok(()),
    }
}

/// Checks that logits and targets fit, so that no figure is counted from a part of them.
///
/// # Panics
/// If they do not: the message says the rule, such as `[n, 1] and [n]`.
#[track_caller]
fn check_shapes(loss: &str, logits: &[usize], targets: &[usize], fits: bool, rule: &str) {
    assert!(fits, "{loss}: logits {logits:?} and targets {targets:?} must be {rule}");
}
