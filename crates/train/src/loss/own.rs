//! A loss from a function.

use std::fmt;
use std::marker::PhantomData;

use autograd::Var;
use data::Samples;

use super::Loss;

/// A function as a loss; made by [`own_loss`].
pub struct OwnLoss<F, Y> {
    function: F,
    target: PhantomData<fn(&Y)>,
}

impl<F, Y> fmt::Debug for OwnLoss<F, Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnLoss").finish_non_exhaustive()
    }
}

/// Returns a loss from a function of outputs and targets in `f32`. It has no metrics. A loss with
/// metrics, or one whose gradients are to be checked in `f64`, implements [`Loss`].
///
/// ```
/// use autograd::{Parameters, Var};
/// use data::Dataset;
/// use nn::{Dense, Features, Model};
/// use optim::Adam;
/// use tensor::Tensor;
/// use train::{Fit, Trainer, own_loss};
///
/// let mut parameters = Parameters::new(0);
/// let model = Features::new(1).then(Dense::new(&mut parameters, "line", 1, 1));
/// let fourth_power = own_loss(|outputs: Var<'_>, targets: &Tensor<f32>| {
///     (outputs - outputs.tape().constant(targets.clone())).powi(4).mean_all()
/// });
/// let trainer = Trainer::new(&model, fourth_power);
/// let points = Dataset::with_targets(Tensor::from([[0.0], [1.0]]), Tensor::from([[1.0], [3.0]]));
/// let options = Fit { epochs: 300, validation_split: 0.0, ..Fit::default() };
/// let history = trainer.fit(&mut parameters, &mut Adam::new(0.05), &points, &options)?;
/// assert!(history.kept_epoch().training.loss < 1e-3);
/// # Ok::<(), train::TrainError>(())
/// ```
pub fn own_loss<Y, F>(function: F) -> OwnLoss<F, Y>
where
    F: for<'t> Fn(Var<'t>, &Y) -> Var<'t> + Sync,
{
    OwnLoss { function, target: PhantomData }
}

impl<Y, F> Loss<f32> for OwnLoss<F, Y>
where
    Y: Samples<Batch = Y>,
    F: for<'t> Fn(Var<'t>, &Y) -> Var<'t> + Sync,
{
    type Target = Y;

    #[track_caller]
    fn of<'t>(&self, outputs: Var<'t>, targets: &Y) -> Var<'t> {
        (self.function)(outputs, targets)
    }
}
