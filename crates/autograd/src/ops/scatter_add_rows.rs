//! y adds each row of x to the row that its id names, so the adjoint of a row of x is the row of ȳ with
//! that id. It is the adjoint of `gather_rows`.

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct ScatterAddRows {
    ids: Tensor<u32>,
    count: usize,
}

impl<T: Scalar> Op<T> for ScatterAddRows {
    fn name(&self) -> &'static str {
        "scatter_add_rows"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y[v] = Σ x[k] over id[k] = v").vjp("x̄[k] = ȳ[id[k]]"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        if !shapes[0].starts_with(self.ids.shape()) {
            return Err(ShapeError::new(format!(
                "shape {:?} must begin with the shape of the ids, {:?}",
                shapes[0],
                self.ids.shape()
            )));
        }
        shape::rows_exist(&self.ids.values(), self.count)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].scatter_add_rows(&self.ids, self.count)
    }

    fn vjp(&self, _: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.gather_rows(&self.ids));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records a table of `count` rows. Each row of this is added to the row that its id names; rows that
    /// no id names are zero.
    ///
    /// # Panics
    /// If this shape does not begin with the shape of `ids`, or an id is not below `count`.
    #[track_caller]
    pub fn scatter_add_rows(self, ids: &Tensor<u32>, count: usize) -> Self {
        self.tape().apply(ScatterAddRows { ids: ids.clone(), count }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;

    use crate::check::{Case, strategy::table_and_ids};

    table_and_ids()
        .prop_map(|(table, ids)| {
            let count = table.shape()[0];
            let rows = table.gather_rows(&ids);
            Case::new("scatter_add_rows", [rows], move |[rows]| rows.scatter_add_rows(&ids, count))
        })
        .boxed()
}
