//! The residual connection (He et al. 2016): y = x + f(x), so x̄ = ȳ + the adjoint through f. Whatever f
//! does to a gradient, ȳ itself arrives at x, so deep stacks can be trained.

use autograd::{Pass, Var};
use tensor::{Scalar, ShapeError, shape};

use crate::Layer;

/// A layer whose output is added to its input; `Residual(layer)` creates it.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Activation, Dense, Layer, LayerNorm, Residual};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let block = Residual(
///     LayerNorm::new(&mut parameters, "norm", 4)
///         .then(Dense::new(&mut parameters, "hidden", 4, 4))
///         .then(Activation::Gelu),
/// );
/// let tape = Tape::new();
/// let y = block.forward(Pass::eval(&tape, &parameters), tape.constant(Tensor::zeros([2, 4])));
/// assert_eq!(y.shape().as_slice(), [2, 4]);
/// ```
#[derive(Clone, Debug)]
pub struct Residual<L>(pub L);

impl<L: Layer> Layer for Residual<L> {
    /// Records x + f(x).
    ///
    /// # Panics
    /// If the layer changes the shape of x. Nothing is broadcast.
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let y = self.0.forward(pass, x);
        let [from, to] = [x.shape(), y.shape()];
        if from != to {
            let rule = format!(
                "the layer turns {from:?} into {to:?}, but its output must have the shape of its \
                 input to be added to it"
            );
            shape::expect::<()>("residual", Err(ShapeError::new(rule)));
        }
        x + y
    }
}
