//! The beginning of a model whose input is numbers.

use autograd::{Parameters, Pass, Var};
use tensor::{Scalar, Shape, ShapeError, Tensor, shape};

use crate::Model;

/// A batch of features, put on the tape as a constant. (Keras calls it `Input`.)
#[derive(Clone, Debug)]
pub struct Features {
    /// The shape of one sample.
    shape: Shape,
}

impl Features {
    /// Creates the beginning of a model that takes rows of `count` features.
    pub fn new(count: usize) -> Self {
        Self::of([count])
    }

    /// Creates the beginning of a model whose samples have this shape, such as images
    /// `[channels, height, width]`: its batches are `[batch, channels, height, width]`.
    ///
    /// ```
    /// use autograd::{Parameters, Pass, Tape};
    /// use nn::{Conv2d, Features, Model};
    /// use tensor::Tensor;
    ///
    /// let mut parameters = Parameters::new(0);
    /// let model = Features::of([1, 8, 8]).then(Conv2d::new(&mut parameters, "conv", 1, 4, [3, 3]));
    /// let tape = Tape::new();
    /// let pass = Pass::eval(&tape, &parameters);
    /// let error = model.try_forward(pass, &Tensor::zeros([5, 1, 8, 9])).unwrap_err();
    /// assert_eq!(error.to_string(), "a batch must have shape [batch, 1, 8, 8], not [5, 1, 8, 9]");
    /// ```
    pub fn of(shape: impl AsRef<[usize]>) -> Self {
        Self { shape: Shape::from_slice(shape.as_ref()) }
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
            [_, shape @ ..] if shape == self.shape.as_slice() => Ok(()),
            found => {
                let lengths = self.shape.iter().map(|length| format!(", {length}"));
                let expected: String = lengths.collect();
                Err(ShapeError::new(format!(
                    "a batch must have shape [batch{expected}], not {found:?}"
                )))
            }
        }
    }
}
