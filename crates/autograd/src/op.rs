//! What an operation is: a value forward, and a vector–Jacobian product (VJP) backward.
//!
//! An op is a struct that implements [`Op`]. The ones of this crate and yours are recorded by the
//! same call, [`Tape::apply`](crate::Tape::apply).
//!
//! ```
//! use autograd::{Adjoints, Op, Tape};
//! use tensor::{Scalar, Tensor};
//!
//! /// y = x³, so x̄ = 3x² ȳ.
//! struct Cube;
//!
//! impl<T: Scalar> Op<T> for Cube {
//!     fn name(&self) -> &'static str {
//!         "cube"
//!     }
//!     fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
//!         x[0].map(|x| x * x * x)
//!     }
//!     fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<T>) {
//!         dx.add(0, || dy.zip_map(x[0], |dy, x| dy * T::from_f64(3.0) * x * x));
//!     }
//! }
//!
//! let tape = Tape::new();
//! let x = tape.variable(Tensor::from([1.0, 2.0]));
//! let y = tape.apply(Cube, &[x]).sum_all();
//! assert_eq!(y.backward().of(x), Tensor::from([3.0, 12.0]));
//!
//! // Your own op is checked like any other, by all methods, because it works for any scalar.
//! autograd::check::op(|| Cube, &[Tensor::from([1.0, 2.0])]).assert();
//! ```

use tensor::{Scalar, ShapeError, Tensor};

use crate::formulas::Formulas;
use crate::mistakes::{assert_fits_input, assert_is_input};
use crate::tape::Node;

/// A differentiable operation on tensors.
pub trait Op<T: Scalar>: 'static {
    /// Returns the name that the printed tape and error messages show.
    fn name(&self) -> &'static str;

    /// Returns what it computes in both directions, for a tape that is drawn.
    fn formulas(&self) -> Option<Formulas> {
        None
    }

    /// Checks that inputs of these shapes fit. The error is reported at the user's line, before
    /// `forward` runs. An op that accepts all shapes keeps the default.
    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        let _ = shapes;
        Ok(())
    }

    /// Returns the value `y = op(x)`. What the VJP needs besides `x` and `y` may be kept in `self`.
    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T>;

    /// Adds `(∂y/∂xᵢ)ᵀ dy` to the adjoint of each input that wants one. `dy` has the shape of `y`.
    fn vjp(&self, x: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>);
}

/// The adjoints of an op's inputs, to which its VJP adds.
pub struct Adjoints<'a, T: Scalar> {
    /// The node whose VJP this is.
    pub(crate) node: &'a Node<T>,
    /// Its inputs, as indices of `nodes`. `NodeView::contributions` has a numbering of its own.
    pub(crate) inputs: &'a [usize],
    pub(crate) nodes: &'a [Node<T>],
    /// By index of `nodes`.
    pub(crate) adjoints: &'a mut [Option<Tensor<T>>],
}

impl<T: Scalar> Adjoints<'_, T> {
    /// Returns `true` if input `i` depends on anything whose gradient is asked for.
    ///
    /// # Panics
    /// If the op has no input `i`: a mistake in the op's VJP.
    #[track_caller]
    pub fn wants(&self, i: usize) -> bool {
        assert_is_input(i, self.inputs.len(), &|| self.node.recorded());
        self.nodes[self.inputs[i]].needs_gradient
    }

    /// Adds to the adjoint of input `i`. `contribution` is called only if the input needs a gradient.
    /// The first contribution is stored as it is, not added to zeros.
    ///
    /// # Panics
    /// If the op has no input `i`, or the contribution does not have its shape: a mistake in the op's
    /// VJP.
    #[track_caller]
    pub fn add(&mut self, i: usize, contribution: impl FnOnce() -> Tensor<T>) {
        if !self.wants(i) {
            return;
        }
        let contribution = contribution();
        let expected = self.nodes[self.inputs[i]].value.shape();
        assert_fits_input(i, contribution.shape(), expected, &|| self.node.recorded());
        match &mut self.adjoints[self.inputs[i]] {
            Some(sum) => *sum += &contribution,
            empty => *empty = Some(contribution),
        }
    }
}
