//! y is a part of x along one axis, so x̄ is ȳ in that part and 0 elsewhere.
//!
//! Each ȳ is added to its part of x̄ in place. So walking back from all parts of an axis costs one pass over
//! x, not one pass for each part.

use std::ops::{Range, RangeBounds};

use tensor::{Scalar, ShapeError, Tensor, layout::Layout, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct Slice {
    axis: isize,
    range: Range<usize>,
}

impl<T: Scalar> Op<T> for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new(format!("y = x[{:?}] along axis {}", self.range, self.axis))
                .vjp("x̄ = ȳ in that part, 0 elsewhere"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        Layout::contiguous(shapes[0]).slice(self.axis, self.range.clone()).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].slice(self.axis, self.range.clone())
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        if let Some(sum) = dx.sum(0, x[0].shape()) {
            sum.add_to_slice(self.axis, self.range.clone(), dy);
        }
    }
}

impl<T: Scalar> Adjoints<'_, T> {
    /// Returns the adjoint of input `i`, to be added to in place; zeros of this shape before anything is added. `None`
    /// if the input wants none.
    fn sum(&mut self, i: usize, shape: &[usize]) -> Option<&mut Tensor<T>> {
        let is_wanted = self.wants(i);
        let sum = &mut self.adjoints[self.inputs[i]];
        is_wanted.then(|| sum.get_or_insert_with(|| Tensor::zeros(shape)))
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records the part of one axis that `range` names.
    ///
    /// ```
    /// use autograd::Tape;
    /// use tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::default();
    /// let x = tape.variable(Tensor::from([1.0, 2.0, 3.0]));
    /// assert_eq!((x.slice(0, 1..) - x.slice(0, ..2)).value(), Tensor::from([1.0, 1.0]));
    /// ```
    ///
    /// # Panics
    /// If the axis does not exist or the range reaches beyond it.
    #[track_caller]
    pub fn slice(self, axis: isize, range: impl RangeBounds<usize>) -> Self {
        let shape = self.shape();
        let at = shape::expect("slice", shape::axis(axis, shape.len()));
        let range = shape::range(range, shape[at]);
        self.tape().apply(Slice { axis, range }, &[self])
    }

    /// Records the part of one axis at an index. The axis disappears (PyTorch's `select`).
    ///
    /// # Panics
    /// If the axis does not exist or is not longer than the index.
    #[track_caller]
    pub fn index_axis(self, axis: isize, index: usize) -> Self {
        let shape = self.shape();
        let at = shape::expect("index_axis", shape::axis(axis, shape.len()));
        shape::expect("index_axis", shape::index(&shape, at, index));
        self.slice(axis, index..index + 1).squeeze(&[axis])
    }

    /// Records the parts of an axis, one after another, of these lengths (PyTorch's `split`).
    ///
    /// # Panics
    /// If the axis does not exist or the lengths do not add up to its length.
    #[track_caller]
    pub fn split(self, lengths: &[usize], axis: isize) -> Vec<Self> {
        let ranges = shape::expect("split", shape::split(&self.shape(), lengths, axis));
        // A loop: a closure would hide the caller's line from the tape.
        let mut parts = Vec::with_capacity(ranges.len());
        for range in ranges {
            parts.push(self.slice(axis, range));
        }
        parts
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::{prelude::*, sample::Index};

    use crate::check::{Case, strategy::with_axis};

    (with_axis(-2.0..2.0), any::<[Index; 2]>(), 0..3)
        .prop_map(|((x, axis), pick, how)| {
            let length = x.shape()[axis as usize];
            let end = pick[0].index(length + 1);
            let start = pick[1].index(end + 1);
            let lengths = [start, end - start, length - end];
            Case::new("slice", [x], move |[x]| match how {
                0 => {
                    let parts = x.split(&lengths, axis);
                    Var::concat(&[parts[2], parts[0], parts[1]], axis)
                }
                1 if start < length => x.index_axis(axis, start),
                _ => x.slice(axis, start..end),
            })
        })
        .boxed()
}
