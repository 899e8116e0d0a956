//! y takes rows of x by number, so each row of ȳ is added to the row of x̄ it was taken from.

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct GatherRows {
    ids: Tensor<u32>,
}

impl<T: Scalar> Op<T> for GatherRows {
    fn name(&self) -> &'static str {
        "gather_rows"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y[k] = x[id[k]]").vjp("x̄[v] = Σ ȳ[k] over id[k] = v"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        match shapes[0].first() {
            Some(&rows) => shape::rows_exist(&self.ids.values(), rows),
            None => Err(ShapeError::new("a scalar has no rows")),
        }
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].gather_rows(&self.ids)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.scatter_add_rows(&self.ids, x[0].shape()[0]));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records the rows, that is the entries along the first axis, that `ids` names: the result has the
    /// shape of `ids` followed by the shape of a row.
    ///
    /// # Panics
    /// If a row does not exist.
    #[track_caller]
    pub fn gather_rows(self, ids: &Tensor<u32>) -> Self {
        self.tape().apply(GatherRows { ids: ids.clone() }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;

    use crate::check::{Case, strategy::table_and_ids};

    table_and_ids()
        .prop_map(|(x, ids)| Case::new("gather_rows", [x], move |[x]| x.gather_rows(&ids)))
        .boxed()
}
