//! All axes but the first merged into one: what comes between images and a [`Dense`](crate::Dense).

use autograd::{Pass, Var};
use tensor::{Scalar, ShapeError, shape};

use crate::Layer;

/// Merges all axes of each sample: `[batch, …]` becomes `[batch, n]`, in row-major order.
#[derive(Clone, Copy, Debug)]
pub struct Flatten;

impl Layer for Flatten {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let shape = x.shape();
        let Some((&batch, rest)) = shape.split_first() else {
            return shape::expect("flatten", Err(ShapeError::new("a scalar has no batch axis")));
        };
        x.reshape([batch, shape::len(rest)])
    }
}
