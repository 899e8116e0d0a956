//! The losses of models that predict numbers.

use autograd::Var;
use nn::{Huber, MeanAbsoluteError, MeanSquaredError};
use tensor::{Scalar, Tensor};

use super::Loss;
use crate::tally::{Errors, Tally};

/// Predictions with targets of the same shape.
impl<T: Scalar> Loss<T> for MeanSquaredError {
    type Target = Tensor<f32>;

    #[track_caller]
    fn of<'t>(&self, outputs: Var<'t, T>, targets: &Tensor<f32>) -> Var<'t, T> {
        nn::mean_squared_error(outputs, outputs.tape().constant(targets.cast()))
    }

    fn tally(&self, outputs: &Tensor<T>, targets: &Tensor<f32>) -> Tally {
        Tally::Numbers(Errors::of(outputs, targets))
    }
}

/// Predictions with targets of the same shape.
impl<T: Scalar> Loss<T> for MeanAbsoluteError {
    type Target = Tensor<f32>;

    #[track_caller]
    fn of<'t>(&self, outputs: Var<'t, T>, targets: &Tensor<f32>) -> Var<'t, T> {
        nn::mean_absolute_error(outputs, outputs.tape().constant(targets.cast()))
    }

    fn tally(&self, outputs: &Tensor<T>, targets: &Tensor<f32>) -> Tally {
        Tally::Numbers(Errors::of(outputs, targets))
    }
}

/// Predictions with targets of the same shape.
impl<T: Scalar> Loss<T> for Huber {
    type Target = Tensor<f32>;

    #[track_caller]
    fn of<'t>(&self, outputs: Var<'t, T>, targets: &Tensor<f32>) -> Var<'t, T> {
        nn::huber(outputs, outputs.tape().constant(targets.cast()), self.delta())
    }

    fn tally(&self, outputs: &Tensor<T>, targets: &Tensor<f32>) -> Tally {
        Tally::Numbers(Errors::of(outputs, targets))
    }
}
