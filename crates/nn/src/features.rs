//! The beginning of a model whose input is numbers.

use autograd::{Parameters, Pass, Var};
use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::Model;

/// A batch of features `[batch, count]`, put on the tape as a constant. (Keras calls it `Input`.)
#[derive(Clone, Copy, Debug)]
pub struct Features {
    count: usize,
}

impl Features {
    /// Creates the beginning of a model that takes rows of `count` features.
    pub fn new(count: usize) -> Self {
        Self { count }
    }
}

impl Model for Features {
    type Input = Tensor<f32>;

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Tensor<f32>) -> Var<'t, T> {
        shape::expect("features", self.check_batch(pass.parameters, batch));
        pass.constant(batch.cast())
    }

    fn check_batch<T: Scalar>(
        &self,
        _: &Parameters<T>,
        batch: &Tensor<f32>,
    ) -> Result<(), ShapeError> {
        match batch.shape() {
            &[_, count] if count == self.count => Ok(()),
            shape => Err(ShapeError::new(format!(
                "a batch must have shape [batch, {}], not {shape:?}",
                self.count
            ))),
        }
    }
}
