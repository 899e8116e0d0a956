//! The vector of each token.
//!
//! ```text
//! y[b, t] = table[id[b, t]]                        table̅[v] = Σ ȳ[b, t]      over id[b, t] = v
//! ```

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor};

use super::{check_ids, check_padding};

/// Records the rows of `table` `[vocabulary, dim]` that `ids` names; zeros, without a gradient, for padding.
///
/// # Panics
/// If the table is not a matrix, or an id or the padding is not a row of it.
#[track_caller]
pub fn embedding<'t, T: Scalar>(
    table: Var<'t, T>,
    ids: &Tensor<u32>,
    padding: Option<u32>,
) -> Var<'t, T> {
    if let &[rows, _] = &*table.shape() {
        check_padding("embedding", padding, rows);
    }
    let (ids, positions) = (ids.clone(), ids.clone());
    table.tape().apply(Lookup { ids, positions, padding }, &[table])
}

/// Looks tokens up in a table, or in the rows of it that they name.
pub(super) struct Lookup {
    /// The tokens.
    pub(super) ids: Tensor<u32>,
    /// For each token, its row in the op's input.
    pub(super) positions: Tensor<u32>,
    pub(super) padding: Option<u32>,
}

impl<T: Scalar> Op<T> for Lookup {
    fn name(&self) -> &'static str {
        "embedding"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y[b, t] = table[id[b, t]]")
                .vjp("table̅[v] = Σ ȳ[b, t] over id[b, t] = v")
                .symbol("b", "the text")
                .symbol("t", "the place in the text")
                .symbol("v", "a row of the table"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        check_ids(&self.positions, shapes[0])
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let rows = x[0].gather_rows(&self.positions);
        match self.padding {
            Some(_) => rows.mask(&self.real_tokens()),
            None => rows,
        }
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || {
            let rows = x[0].shape()[0];
            match self.padding {
                Some(_) => dy.mask(&self.real_tokens()).scatter_add_rows(&self.positions, rows),
                None => dy.scatter_add_rows(&self.positions, rows),
            }
        });
    }
}

impl Lookup {
    /// Returns 1 for each token and 0 for padding, with a last axis of length 1.
    fn real_tokens<T: Scalar>(&self) -> Tensor<T> {
        self.ids.unsqueeze(-1).map(|id| T::from_f64((Some(id) != self.padding).into()))
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::prelude::*;

    use crate::embedding::table_and_ids;

    table_and_ids()
        .prop_map(|(table, ids, padding)| {
            Case::new("embedding", [table], move |[table]| embedding(table, &ids, padding))
        })
        .boxed()
}
