//! y joins its inputs along an axis, so each input's adjoint is its own part of ȳ.
//!
//! `stack` and `pad` are composed of it: stacking joins along a new axis, and padding joins constants.

use tensor::{Scalar, Shape, ShapeError, Tensor, shape};

use super::rounded;
use crate::{Adjoints, Formulas, Op, Var};

struct Concat {
    axis: isize,
}

impl<T: Scalar> Op<T> for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y = [x₀ | x₁ | …]")
                .vjp("x̄ᵢ = the part of ȳ that xᵢ fills")
                .symbol("|", "what follows is appended along the axis"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::concat(shapes, self.axis).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        Tensor::concat(x, self.axis)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let at = shape::expect("concat", shape::axis(self.axis, dy.rank()));
        let mut start = 0;
        for (i, part) in x.iter().enumerate() {
            let end = start + part.shape()[at];
            dx.add(i, || dy.slice(self.axis, start..end));
            start = end;
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Records the inputs joined along an axis.
    ///
    /// # Panics
    /// If there are none, or they differ in an axis other than `axis`.
    #[track_caller]
    pub fn concat(parts: &[Self], axis: isize) -> Self {
        assert!(!parts.is_empty(), "concat: nothing to join: give at least one variable");
        parts[0].tape().apply(Concat { axis }, parts)
    }

    /// Records inputs of one shape side by side along a new axis, which is axis `axis` of the result.
    ///
    /// # Panics
    /// If there are none, their shapes differ, or the result would have no such axis.
    #[track_caller]
    pub fn stack(parts: &[Self], axis: isize) -> Self {
        let shapes: Vec<Shape> = parts.iter().map(|part| part.shape()).collect();
        let shapes: Vec<&[usize]> = shapes.iter().map(|shape| &shape[..]).collect();
        shape::expect("stack", shape::stack(&shapes, axis));
        // A loop: a closure would hide the caller's line from the tape.
        let mut wider = Vec::with_capacity(parts.len());
        for part in parts {
            wider.push(part.unsqueeze(axis));
        }
        Self::concat(&wider, axis)
    }

    /// Records the elements padded with `value`. For each axis, `widths` has the number of elements to put
    /// before and after (NumPy's `pad` in the mode "constant").
    ///
    /// # Panics
    /// If there is not a pair for each axis.
    #[track_caller]
    pub fn pad(self, widths: &[(usize, usize)], value: f64) -> Self {
        shape::expect("pad", shape::pad(&self.shape(), widths));
        let mut padded = self;
        for (axis, &(before, after)) in widths.iter().enumerate() {
            if (before, after) != (0, 0) {
                let before = padded.constant_beside(axis, before, value);
                let after = padded.constant_beside(axis, after, value);
                padded = Self::concat(&[before, padded, after], axis as isize);
            }
        }
        padded
    }

    /// Records a constant that can be joined to this along an axis.
    #[track_caller]
    fn constant_beside(self, axis: usize, length: usize, value: f64) -> Self {
        let mut shape = self.shape();
        shape[axis] = length;
        self.tape().constant(Tensor::scalar(rounded(value)).expand(shape))
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::{collection::vec, prelude::*, sample::Index};

    use crate::check::{Case, strategy::small, strategy::with_axis};

    let joined = (with_axis(-2.0..2.0), any::<Index>()).prop_map(|((x, axis), pick)| {
        let cut = pick.index(x.shape()[axis as usize] + 1);
        let parts = vec![x.slice(axis, ..cut), x.slice(axis, cut..)];
        Case::of_vec("concat", parts, move |x| Var::concat(&[x[0], x[1], x[0]], axis))
    });
    let stacked = (small(-2.0..2.0), any::<Index>()).prop_map(|(x, pick)| {
        let axis = pick.index(x.rank() + 1) as isize;
        Case::new("concat", [x.clone(), x * 0.5], move |[x, y]| Var::stack(&[x, y, x], axis))
    });
    let padded =
        (with_axis(-2.0..2.0), vec((0..3usize, 1..3usize), 3)).prop_map(|((x, _), widths)| {
            let widths = widths[..x.rank()].to_vec();
            Case::new("concat", [x], move |[x]| x.pad(&widths, -1.5))
        });
    prop_oneof![joined, stacked, padded].boxed()
}
