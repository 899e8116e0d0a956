//! The beginning of a model whose input is numbers.

use autograd::{Pass, Var};
use tensor::{Scalar, Tensor, shape};

use crate::Model;

/// A batch of features `[batch, count]`, put on the tape as a constant. (Keras calls it `Input`.)
#[derive(Clone, Copy, Debug)]
pub struct Features {
    count: usize,
}

impl Features {
    /// Rows of `count` features.
    pub fn new(count: usize) -> Self {
        Self { count }
    }
}

impl Model for Features {
    type Input = f32;

    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Tensor<f32>) -> Var<'t, T> {
        if batch.rank() != 2 || batch.shape()[1] != self.count {
            let rule =
                format!("a batch must have shape [batch, {}], not {:?}", self.count, batch.shape());
            shape::expect::<()>("features", Err(tensor::ShapeError::new(rule)));
        }
        pass.constant(batch.cast())
    }
}
