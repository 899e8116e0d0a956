//! y picks elements of x along one axis by index, so each element of ȳ is added to the element of x̄
//! that it was picked from; one that was picked twice gets both.

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct Gather {
    axis: isize,
    ids: Tensor<u32>,
}

impl<T: Scalar> Op<T> for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y[k] = x[id[k]]").vjp("x̄[v] = Σ ȳ[k] over id[k] = v"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::gather(shapes[0], self.axis, &self.ids.values(), self.ids.shape())
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].gather(self.axis, &self.ids)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let at = shape::expect("gather", shape::axis(self.axis, dy.rank()));
        dx.add(0, || dy.scatter_add(self.axis, &self.ids, x[0].shape()[at]));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records elements picked along one axis by index: `y[i, j, k] = x[i, ids[i, j, k], k]` for axis
    /// 1 of 3. The result has the shape of `ids` (PyTorch's `gather`, NumPy's `take_along_axis`).
    /// [`gather_rows`](Self::gather_rows) picks whole rows.
    ///
    /// # Panics
    /// If the axis does not exist, `ids` differs in another axis, or an index is not within the axis.
    #[track_caller]
    pub fn gather(self, axis: isize, ids: &Tensor<u32>) -> Self {
        self.tape().apply(Gather { axis, ids: ids.clone() }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;
    use tensor::Key;

    use crate::check::{Case, strategy::with_axis};

    (with_axis(-2.0..2.0), 0..5usize, any::<u64>())
        .prop_map(|((x, axis), count, seed)| {
            let (at, length) = (axis as usize, x.shape()[axis as usize]);
            let mut shape = x.shape().to_vec();
            shape[at] = if length == 0 { 0 } else { count };
            let bits = Tensor::random_bits(shape, Key::new(seed));
            let ids = bits.map(|bits| bits % length as u32);
            Case::new("gather", [x], move |[x]| x.gather(axis, &ids))
        })
        .boxed()
}
