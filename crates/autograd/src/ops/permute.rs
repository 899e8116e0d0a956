//! y has the axes of x in another order, so x̄ has the axes of ȳ put back.

use tensor::{Scalar, ShapeError, Tensor, layout::Layout, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct Permute {
    order: Vec<isize>,
}

impl<T: Scalar> Op<T> for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new(format!("y = x with its axes in the order {:?}", self.order))
                .vjp("x̄ = ȳ with its axes put back"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        Layout::contiguous(shapes[0]).permute(&self.order).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].permute(&self.order)
    }

    fn vjp(&self, _: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let rank = self.order.len() as isize;
        let mut back = vec![0; self.order.len()];
        for (k, axis) in self.order.iter().enumerate() {
            back[axis.rem_euclid(rank) as usize] = k as isize;
        }
        dx.add(0, || dy.permute(&back));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records the same elements with the axes in another order: axis `k` of the result is axis
    /// `order[k]` of this.
    ///
    /// # Panics
    /// If `order` does not name each axis once.
    #[track_caller]
    pub fn permute(self, order: &[isize]) -> Self {
        self.tape().apply(Permute { order: order.to_vec() }, &[self])
    }

    /// Records the same elements with two axes swapped.
    ///
    /// # Panics
    /// If an axis does not exist.
    #[track_caller]
    pub fn transpose(self, first: isize, second: isize) -> Self {
        let rank = self.shape().len();
        let first = shape::expect("transpose", shape::axis(first, rank));
        let second = shape::expect("transpose", shape::axis(second, rank));
        let mut order: Vec<isize> = (0..rank as isize).collect();
        order.swap(first, second);
        self.permute(&order)
    }

    /// Records the same elements with the last two axes swapped: the transpose of a matrix, or of each
    /// matrix of a batch.
    ///
    /// # Panics
    /// If there are fewer than two axes.
    #[track_caller]
    pub fn t(self) -> Self {
        self.transpose(-2, -1)
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;

    use crate::check::{Case, strategy::small};

    small(-2.0..2.0)
        .prop_flat_map(|x| {
            let rank = x.rank() as isize;
            (Just(x), Just((0..rank).map(|axis| axis - rank).collect::<Vec<_>>()).prop_shuffle())
        })
        .prop_map(|(x, order)| Case::new("permute", [x], move |[x]| x.permute(&order)))
        .boxed()
}
