//! Layers chosen at run time, for example by a configuration file.
//!
//! The type of a stack made with [`then`](Layer::then) lists its layers, so the compiler must know them.
//! Here one list takes any layers. [`Layer::forward`] is generic over the scalar, so a `Layer` cannot
//! be a trait object; [`DynLayer`] can: it has one method for each scalar of a closed list, and every
//! layer that can be printed and sent to another thread implements it. The list has the scalars in
//! which this project trains, checks and differentiates:
//!
//! ```text
//! f32, f64, Dual<f32>, Dual<f64>, Dual<Dual<f64>>
//! ```
//!
//! A boxed layer finds out which of them its pass computes in, and calls that method. Nothing is
//! converted, and nothing is copied.

use std::any::{Any, type_name};
use std::fmt::Debug;

use autograd::functional::Dual;
use autograd::{Parameters, Pass, Tape, Var};
use tensor::Scalar;

use crate::{DynLayer, Layer};

impl<L: Layer + Debug + Send> DynLayer for L {
    fn forward_f32<'t>(&self, pass: Pass<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        self.forward(pass, x)
    }

    fn forward_f64<'t>(&self, pass: Pass<'t, f64>, x: Var<'t, f64>) -> Var<'t, f64> {
        self.forward(pass, x)
    }

    fn forward_dual_f32<'t>(
        &self,
        pass: Pass<'t, Dual<f32>>,
        x: Var<'t, Dual<f32>>,
    ) -> Var<'t, Dual<f32>> {
        self.forward(pass, x)
    }

    fn forward_dual_f64<'t>(
        &self,
        pass: Pass<'t, Dual<f64>>,
        x: Var<'t, Dual<f64>>,
    ) -> Var<'t, Dual<f64>> {
        self.forward(pass, x)
    }

    fn forward_dual_dual_f64<'t>(
        &self,
        pass: Pass<'t, Dual<Dual<f64>>>,
        x: Var<'t, Dual<Dual<f64>>>,
    ) -> Var<'t, Dual<Dual<f64>>> {
        self.forward(pass, x)
    }
}

impl Layer for Box<dyn DynLayer> {
    /// # Panics
    /// If the pass computes in a scalar that is not on the list, or the layer panics.
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let layer = &**self;
        let first = pass.tape.len();
        let y = in_scalar(pass, x, |pass, x| layer.forward_f32(pass, x))
            .or_else(|| in_scalar(pass, x, |pass, x| layer.forward_f64(pass, x)))
            .or_else(|| in_scalar(pass, x, |pass, x| layer.forward_dual_f32(pass, x)))
            .or_else(|| in_scalar(pass, x, |pass, x| layer.forward_dual_f64(pass, x)))
            .or_else(|| in_scalar(pass, x, |pass, x| layer.forward_dual_dual_f64(pass, x)));
        let Some(y) = y else {
            panic!(
                "a boxed layer computes in f32, f64, their duals and duals of duals of f64, not in {}: \
                 stack the layers with `then` instead",
                type_name::<T>()
            )
        };
        pass.tape.give_callers_line(file!(), first);
        y
    }
}

/// Calls `forward` if `T` is the scalar `S`.
fn in_scalar<'t, S: Scalar, T: Scalar>(
    pass: Pass<'t, T>,
    x: Var<'t, T>,
    forward: impl FnOnce(Pass<'t, S>, Var<'t, S>) -> Var<'t, S>,
) -> Option<Var<'t, T>> {
    let tape: &'t Tape<S> = (pass.tape as &'t dyn Any).downcast_ref()?;
    let parameters: &'t Parameters<S> = (pass.parameters as &'t dyn Any).downcast_ref()?;
    let y = forward(Pass { tape, parameters, noise: pass.noise }, tape.var(x.id()));
    Some(pass.tape.var(y.id()))
}

/// Layers one after the other, chosen at run time.
///
/// ```
/// use autograd::{Parameters, Pass, Tape, check};
/// use nn::{ActivationKind, Dense, Features, Layer, LayerNorm, Model, Sequential};
/// use tensor::Tensor;
///
/// // The layers of a configuration: a number is the width of a dense layer.
/// let mut parameters = Parameters::new(0);
/// let (mut layers, mut width) = (Sequential::new(), 3);
/// for (i, word) in "8 norm gelu 8 swiglu 2".split(' ').enumerate() {
///     let name = format!("layer{i}");
///     match (word, word.parse()) {
///         (_, Ok(outputs)) => {
///             layers.push(Dense::new(&mut parameters, &name, width, outputs));
///             width = outputs;
///         }
///         ("norm", _) => layers.push(LayerNorm::new(&mut parameters, &name, width)),
///         (activation, _) => {
///             let kind: ActivationKind = activation.parse()?;
///             layers.push(kind.layer(&mut parameters, &name));
///         }
///     }
/// }
/// let model = Features::new(3).then(layers);
///
/// // It is a model like any other: it runs in f32, and its gradients are checked in duals of f64.
/// let batch = Tensor::from([[0.1, 0.2, 0.3], [-0.3, 0.2, -0.1]]);
/// let tape = Tape::new();
/// let y = model.forward(Pass::eval(&tape, &parameters), &batch);
/// assert_eq!(y.shape().as_slice(), [2, 2]);
/// check::parameters(&parameters, |pass| model.forward(pass, &batch)).assert();
/// # Ok::<(), nn::UnknownActivation>(())
/// ```
///
/// A mistake inside of a layer, such as a shape that does not fit, names the op and the layer. It
/// cannot name your line: a call through a pointer does not know its caller.
#[derive(Debug, Default)]
pub struct Sequential {
    layers: Vec<Box<dyn DynLayer>>,
}

impl Sequential {
    /// Creates a stack without layers, which returns its input.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer after the others.
    pub fn push(&mut self, layer: impl Layer + Debug + Send + 'static) {
        self.layers.push(layer.boxed());
    }

    /// Returns the layers, in order.
    pub fn layers(&self) -> &[Box<dyn DynLayer>] {
        &self.layers
    }
}

impl From<Vec<Box<dyn DynLayer>>> for Sequential {
    fn from(layers: Vec<Box<dyn DynLayer>>) -> Self {
        Self { layers }
    }
}

impl Layer for Sequential {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        self.layers.forward(pass, x)
    }
}
