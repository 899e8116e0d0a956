//! How layers stack.
//!
//! A [`Layer`] maps a variable to a variable. A [`Model`] begins with raw data: token ids or
//! features. [`then`](Layer::then) puts a layer behind either, so a stack is one expression and its
//! type is the list of its layers; nothing is boxed, and the whole stack works for every scalar.

use autograd::{Pass, Var};
use tensor::{Scalar, Tensor};

/// A differentiable function with parameters. `Sync`, as several threads may pass batches through it.
pub trait Layer: Sync {
    /// The output for the input `x`.
    ///
    /// # Panics
    /// When the shape of `x` does not fit the layer.
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T>;

    /// This layer followed by another.
    fn then<L: Layer>(self, next: L) -> Then<Self, L>
    where
        Self: Sized,
    {
        Then { first: self, second: next }
    }
}

/// A differentiable function of a batch of raw data, such as token ids (`u32`) or features (`f32`).
pub trait Model: Sync {
    /// The type of one raw number.
    type Input: Copy + Send + Sync + 'static;

    /// The output, usually logits `[batch, classes]`, for a batch `[batch, …]`.
    ///
    /// # Panics
    /// When the shape of the batch does not fit the model.
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Tensor<Self::Input>) -> Var<'t, T>;

    /// This model followed by a layer.
    fn then<L: Layer>(self, next: L) -> Then<Self, L>
    where
        Self: Sized,
    {
        Then { first: self, second: next }
    }
}

/// Two functions, one after the other; made by [`Layer::then`] and [`Model::then`].
#[derive(Clone, Debug)]
pub struct Then<A, B> {
    first: A,
    second: B,
}

impl<A: Layer, B: Layer> Layer for Then<A, B> {
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        self.second.forward(pass, self.first.forward(pass, x))
    }
}

impl<A: Model, B: Layer> Model for Then<A, B> {
    type Input = A::Input;

    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Tensor<A::Input>) -> Var<'t, T> {
        self.second.forward(pass, self.first.forward(pass, batch))
    }
}

/// Any number of layers of one kind, one after the other.
impl<L: Layer> Layer for Vec<L> {
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let mut x = x;
        for layer in self {
            x = layer.forward(pass, x);
        }
        x
    }
}

/// A layer that may be left out.
impl<L: Layer> Layer for Option<L> {
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        match self {
            Some(layer) => layer.forward(pass, x),
            None => x,
        }
    }
}
