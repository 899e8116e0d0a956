//! Weights that are kept in bf16, for inference that is bound by memory bandwidth. See [`Bf16Matrix`].
//!
//! ```text
//! Y = X·Mᵀ      X̄ = Ȳ·M            M: the table, or the weight of a dense layer transposed
//! ```
//!
//! The weight is a [`RowSource`] of its parameter: code that reads it as a whole, or some of its rows, gets
//! the widened numbers. Only the matrix products here read the bf16 matrix itself. If the tape trains the
//! weight, they use the widened numbers too, so no gradient is lost. This plain form is the reference: a
//! test compares the two.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use autograd::{Adjoints, Formulas, Op, ParameterId, Parameters, Pass, RowSource, Var};
use tensor::{Bf16Matrix, Bf16Overflow, Scalar, Shape, ShapeError, Tensor};

use crate::rows::flatten;

/// The relation between a parameter and the matrix whose rows are multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Orientation {
    /// `[vocabulary, width]`: the matrix itself.
    Table,
    /// `[inputs, outputs]`: its transpose.
    Weight,
}

/// The value of a parameter that is kept in bf16.
#[derive(Debug)]
struct Rounded {
    matrix: Arc<Bf16Matrix>,
    orientation: Orientation,
    /// The shape of the parameter.
    shape: [usize; 2],
}

impl<T: Scalar> RowSource<T> for Rounded {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn rows(&self, ids: &[u32]) -> Tensor<T> {
        let ids = Tensor::from(ids);
        match self.orientation {
            Orientation::Table => self.matrix.gather_rows(&ids),
            Orientation::Weight => self.matrix.widen().t().gather_rows(&ids),
        }
    }
}

/// A weight that is too large for bf16.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundingError {
    /// The name of the parameter.
    pub parameter: String,
    /// The weight and its place in the parameter.
    pub overflow: Bf16Overflow,
}

impl fmt::Display for RoundingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the parameter `{}`: {}", self.parameter, self.overflow)
    }
}

impl Error for RoundingError {}

/// Keeps a parameter in bf16 from now on.
pub(crate) fn keep(
    parameters: &mut Parameters,
    id: ParameterId,
    orientation: Orientation,
) -> Result<(), RoundingError> {
    let value = parameters.get(id);
    let &[rows, columns] = value.shape() else { unreachable!("a weight and a table are matrices") };
    let matrix = match orientation {
        Orientation::Table => Bf16Matrix::round(value),
        Orientation::Weight => Bf16Matrix::round(&value.t()),
    };
    let matrix = matrix.map_err(|mut overflow| {
        if orientation == Orientation::Weight {
            overflow.at.reverse();
        }
        RoundingError { parameter: parameters.name(id).to_string(), overflow }
    })?;
    let rounded = Rounded { matrix: Arc::new(matrix), orientation, shape: [rows, columns] };
    let source: Arc<dyn RowSource<f32>> = Arc::new(rounded);
    parameters.set(id, source);
    Ok(())
}

/// Returns the matrix of a parameter that is kept in bf16, unless the parameter learns on this tape.
pub(crate) fn matrix<T: Scalar>(pass: Pass<'_, T>, id: ParameterId) -> Option<Arc<Bf16Matrix>> {
    let source: &dyn Any = &**pass.parameters.row_source(id)?;
    let learns = pass.tape.records() && pass.parameters.is_trainable(id);
    let rounded = source.downcast_ref::<Rounded>().filter(|_| !learns)?;
    Some(Arc::clone(&rounded.matrix))
}

/// Records the product of each row of x `[…, columns]` with each row of a matrix: `[…, rows]`.
#[track_caller]
pub(crate) fn product<'t, T: Scalar>(x: Var<'t, T>, matrix: Arc<Bf16Matrix>) -> Var<'t, T> {
    x.tape().apply(RoundedProduct { matrix }, &[x])
}

struct RoundedProduct {
    matrix: Arc<Bf16Matrix>,
}

impl<T: Scalar> Op<T> for RoundedProduct {
    fn name(&self) -> &'static str {
        "rounded_product"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("Y = X·Mᵀ").vjp("X̄ = Ȳ·M").symbol("M", "a constant matrix in bf16"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        let [rows, columns] = self.matrix.shape();
        match shapes[0].last() {
            Some(&last) if last == columns => Ok(()),
            _ => Err(ShapeError::new(format!(
                "x {:?} does not fit a matrix in bf16 of {rows} rows of {columns} numbers: it must be \
                 [..., {columns}]",
                shapes[0]
            ))),
        }
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let mut shape = Shape::from_slice(x[0].shape());
        shape[x[0].rank() - 1] = self.matrix.shape()[0];
        self.matrix.dot_rows(&flatten(x[0])).reshape(shape)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || flatten(dy).matmul(&self.matrix.widen()).reshape(x[0].shape()));
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::prelude::*;
    use tensor::strategy::{shapes, tensors};

    (shapes(2, 3), 0..4usize, 0..4usize)
        .prop_flat_map(|(mut x, inputs, outputs)| {
            x.push(inputs);
            (tensors(x, -2.0..2.0), tensors(vec![outputs, inputs], -2.0..2.0f64))
        })
        .prop_map(|(x, matrix)| {
            let matrix = Bf16Matrix::round(&matrix.cast()).expect("small numbers");
            let matrix = Arc::new(matrix);
            Case::new("rounded_product", [x], move |[x]| product(x, Arc::clone(&matrix)))
        })
        .boxed()
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use autograd::Tape;

    use super::*;

    #[test]
    fn an_input_that_does_not_fit_is_told_with_its_own_shape() {
        let matrix = Arc::new(Bf16Matrix::round(&Tensor::zeros([2, 3])).expect("zeros"));
        let tape = Tape::<f32>::no_grad();
        for shape in [&[5, 4, 7][..], &[4, 7], &[7], &[]] {
            let x = tape.constant(Tensor::zeros(shape));
            // Without a panic hook: those of the checks beside this test would replace it.
            let recorded = AssertUnwindSafe(|| product(x, Arc::clone(&matrix)).value());
            let panic = catch_unwind(recorded).expect_err("it does not fit");
            assert_eq!(
                *panic.downcast::<String>().expect("a message"),
                format!(
                    "rounded_product: x {shape:?} does not fit a matrix in bf16 of 2 rows of 3 numbers: \
                     it must be [..., 3]"
                )
            );
        }
    }
}
