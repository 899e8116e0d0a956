//! Layers that stack.
//!
//! A [`Layer`] maps a variable to a variable. A [`Model`] begins with raw data: token ids or
//! features. [`then`](Layer::then) adds a layer after either, so a stack is one expression and its
//! type is the list of its layers; nothing is boxed, and the whole stack works for every scalar.
//! [`Sequential`](crate::Sequential) is for layers that are chosen at run time.
//!
//! A shape that does not fit is reported at the line that made the mistake. The layers of this crate
//! are `#[track_caller]`, so they name the line that called them; a layer of your own is not, so its
//! mistakes are reported at the line inside it.

use std::fmt::Debug;

use autograd::functional::Dual;
use autograd::{Parameters, Pass, Var};
use tensor::{Scalar, ShapeError};

/// A differentiable function with parameters. `Sync`, because several threads may pass batches through it.
///
/// ```
/// use autograd::{ParameterId, Parameters, Pass, Tape, Var};
/// use nn::{Dense, Layer};
/// use tensor::{Scalar, Tensor};
///
/// /// y = a·x, with one learned number a.
/// struct Scale(ParameterId);
///
/// impl Scale {
///     fn new<T: Scalar>(parameters: &mut Parameters<T>, name: &str) -> Self {
///         Self(parameters.add(format!("{name}.scale"), Tensor::ones([])))
///     }
/// }
///
/// impl Layer for Scale {
///     fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
///         pass.parameter(self.0) * x
///     }
/// }
///
/// let mut parameters = Parameters::new(0);
/// let layers = Dense::new(&mut parameters, "dense", 3, 2).then(Scale::new(&mut parameters, "end"));
/// let tape = Tape::new();
/// let y = layers.forward(Pass::eval(&tape, &parameters), tape.constant(Tensor::ones([1, 3])));
/// assert_eq!(y.shape().as_slice(), [1, 2]);
/// ```
pub trait Layer: Sync {
    /// Records the output for the input `x`.
    ///
    /// # Panics
    /// If the shape of `x` does not fit the layer.
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T>;

    /// Returns this layer followed by another.
    fn then<L: Layer>(self, next: L) -> Then<Self, L>
    where
        Self: Sized,
    {
        Then { first: self, second: next }
    }

    /// Returns this layer behind a pointer, so that it can be in one list with others: see
    /// [`Sequential`](crate::Sequential).
    fn boxed(self) -> Box<dyn DynLayer>
    where
        Self: Debug + Send + Sized + 'static,
    {
        Box::new(self)
    }
}

/// A layer behind a pointer; [`Layer::boxed`] makes one. `Box<dyn DynLayer>` is itself a [`Layer`], and so is
/// a list of them.
///
/// Each of its methods is [`Layer::forward`] for one scalar.
pub trait DynLayer: Debug + Send + Sync {
    /// [`Layer::forward`] in `f32`.
    fn forward_f32<'t>(&self, pass: Pass<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32>;
    /// [`Layer::forward`] in `f64`.
    fn forward_f64<'t>(&self, pass: Pass<'t, f64>, x: Var<'t, f64>) -> Var<'t, f64>;
    /// [`Layer::forward`] in duals of `f32`.
    fn forward_dual_f32<'t>(
        &self,
        pass: Pass<'t, Dual<f32>>,
        x: Var<'t, Dual<f32>>,
    ) -> Var<'t, Dual<f32>>;
    /// [`Layer::forward`] in duals of `f64`, in which gradients are checked.
    fn forward_dual_f64<'t>(
        &self,
        pass: Pass<'t, Dual<f64>>,
        x: Var<'t, Dual<f64>>,
    ) -> Var<'t, Dual<f64>>;
    /// [`Layer::forward`] in duals of duals of `f64`.
    fn forward_dual_dual_f64<'t>(
        &self,
        pass: Pass<'t, Dual<Dual<f64>>>,
        x: Var<'t, Dual<Dual<f64>>>,
    ) -> Var<'t, Dual<Dual<f64>>>;
}

/// A differentiable function of a batch of raw data, such as token ids or features. A model with several inputs takes
/// a tuple.
///
/// ```
/// use autograd::{Parameters, Pass, Tape, Var};
/// use nn::{Dense, Embedding, EmbeddingMean, Layer, Model};
/// use tensor::{Scalar, Tensor};
///
/// /// A text and some numbers, side by side.
/// struct TextAndNumbers {
///     text: EmbeddingMean,
///     output: Dense,
/// }
///
/// impl Model for TextAndNumbers {
///     type Input = (Tensor<u32>, Tensor<f32>);
///
///     fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, (ids, numbers): &Self::Input) -> Var<'t, T> {
///         let numbers = pass.constant(numbers.cast());
///         let both = Var::concat(&[self.text.forward(pass, ids), numbers], 1);
///         self.output.forward(pass, both)
///     }
/// }
///
/// let mut parameters = Parameters::new(0);
/// let model = TextAndNumbers {
///     text: Embedding::new(&mut parameters, "words", 10, 4).mean(),
///     output: Dense::new(&mut parameters, "output", 4 + 2, 1),
/// };
/// let batch = (Tensor::from([[7, 3], [5, 5]]), Tensor::from([[0.5, 1.0], [0.0, 2.0]]));
/// let tape = Tape::new();
/// let y = model.forward(Pass::eval(&tape, &parameters), &batch);
/// assert_eq!(y.shape().as_slice(), [2, 1]);
/// ```
pub trait Model: Sync {
    /// A batch: `Tensor<u32>` of token ids, `Tensor<f32>` of features, or a pair of batches.
    type Input: Send + Sync + 'static;

    /// Records the output, usually logits `[batch, classes]`, for a batch `[batch, …]`.
    ///
    /// # Panics
    /// If the shape of the batch does not fit the model; [`try_forward`](Self::try_forward) gives
    /// an error instead.
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Self::Input) -> Var<'t, T>;

    /// Checks that a batch from outside, such as a request, fits what the model reads first: its shape, and
    /// that each id has a row. It computes nothing from the batch.
    ///
    /// The default accepts every batch. A model that you write should forward the call to its first layer.
    ///
    /// # Errors
    /// If the batch does not fit.
    fn check_batch<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        batch: &Self::Input,
    ) -> Result<(), ShapeError> {
        let _ = (parameters, batch);
        Ok(())
    }

    /// Records the output as [`forward`](Self::forward) does, for a batch that may not fit.
    ///
    /// ```
    /// use autograd::{Parameters, Pass, Tape};
    /// use nn::{Dense, Features, Model};
    /// use tensor::Tensor;
    ///
    /// let mut parameters = Parameters::new(0);
    /// let model = Features::new(3).then(Dense::new(&mut parameters, "output", 3, 2));
    /// let tape = Tape::new();
    /// let pass = Pass::eval(&tape, &parameters);
    /// let error = model.try_forward(pass, &Tensor::zeros([1, 4])).unwrap_err();
    /// assert_eq!(error.to_string(), "a batch must have shape [batch, 3], not [1, 4]");
    /// ```
    ///
    /// # Errors
    /// If [`check_batch`](Self::check_batch) refuses the batch.
    ///
    /// # Panics
    /// If the layers do not fit each other.
    #[track_caller]
    fn try_forward<'t, T: Scalar>(
        &self,
        pass: Pass<'t, T>,
        batch: &Self::Input,
    ) -> Result<Var<'t, T>, ShapeError> {
        self.check_batch(pass.parameters, batch)?;
        Ok(self.forward(pass, batch))
    }

    /// Returns this model followed by a layer.
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
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        self.second.forward(pass, self.first.forward(pass, x))
    }
}

impl<A: Model, B: Layer> Model for Then<A, B> {
    type Input = A::Input;

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &A::Input) -> Var<'t, T> {
        self.second.forward(pass, self.first.forward(pass, batch))
    }

    fn check_batch<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        batch: &A::Input,
    ) -> Result<(), ShapeError> {
        self.first.check_batch(parameters, batch)
    }
}

/// Any number of layers of one kind, one after the other.
impl<L: Layer> Layer for Vec<L> {
    #[track_caller]
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
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        match self {
            Some(layer) => layer.forward(pass, x),
            None => x,
        }
    }
}
