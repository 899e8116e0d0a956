//! The mean of the vectors of a text's tokens, without the vectors themselves.
//!
//! ```text
//! y[b] = 1/n_b Σₜ table[id[b, t]]                  table̅[v] = Σ ȳ[b] / n_b   over id[b, t] = v
//! ```
//!
//! n_b counts the tokens of text b that are not padding; a text without any has mean zero.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{RowSums, Scalar, ShapeError, Tensor, vectorized};

use super::{check_padding, check_texts};

/// Records, for each row of `ids` `[batch, time]`, the mean of the rows of `table` `[vocabulary, dim]` that
/// its tokens name, without padding: `[batch, dim]`.
///
/// # Panics
/// If `ids` or the table is not a matrix, or an id or the padding is not a row of the table.
#[track_caller]
pub fn embedding_mean<'t, T: Scalar>(
    table: Var<'t, T>,
    ids: &Tensor<u32>,
    padding: Option<u32>,
) -> Var<'t, T> {
    if let &[rows, _] = &*table.shape() {
        check_padding("embedding_mean", padding, rows);
    }
    let (ids, positions) = (ids.contiguous(), ids.contiguous());
    table.tape().apply(Mean { ids, positions, padding }, &[table])
}

/// The fused op: there is never a tensor of shape `[batch, time, dim]`.
pub(super) struct Mean {
    /// The tokens.
    pub(super) ids: Tensor<u32>,
    /// For each token, its row in the op's input.
    pub(super) positions: Tensor<u32>,
    pub(super) padding: Option<u32>,
}

impl Mean {
    /// Returns, for each text, the rows of its tokens that are not padding, and 1 / their number.
    fn texts<T: Scalar>(&self) -> impl Iterator<Item = (impl Iterator<Item = usize>, T)> {
        let time = self.ids.shape()[1];
        let [ids, positions] = [&self.ids, &self.positions].map(numbers);
        let is_token = |(id, _): &(&u32, &u32)| Some(**id) != self.padding;
        (0..self.ids.shape()[0]).map(move |text| {
            let text = text * time..(text + 1) * time;
            let tokens = ids[text.clone()].iter().zip(&positions[text]).filter(is_token);
            let count = tokens.clone().count().max(1);
            (tokens.map(|(_, &row)| row as usize), T::from_f64(1.0 / count as f64))
        })
    }

    /// Returns a list of the text of each token, sorted by the row that the token names, and for each row of
    /// the table where its part of the list ends. So each row's gradient is written once; text by text, it
    /// would be read and written once for each token.
    fn texts_by_row(&self, rows: usize) -> (Vec<usize>, Vec<u32>) {
        let mut ends = vec![0; rows];
        for (tokens, _) in self.texts::<f32>() {
            tokens.for_each(|row| ends[row] += 1);
        }
        let mut tokens = 0;
        for end in &mut ends {
            (tokens, *end) = (tokens + *end, tokens);
        }
        let mut texts = vec![0; tokens];
        for (text, (tokens, _)) in self.texts::<f32>().enumerate() {
            for row in tokens {
                texts[ends[row]] = text as u32;
                ends[row] += 1;
            }
        }
        (ends, texts)
    }
}

/// Returns the numbers of a contiguous tensor.
fn numbers(ids: &Tensor<u32>) -> &[u32] {
    let start = ids.layout().offset();
    &ids.storage()[start..start + ids.len()]
}

impl<T: Scalar> Op<T> for Mean {
    fn name(&self) -> &'static str {
        "embedding_mean"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y[b] = 1/n_b Σₜ table[id[b, t]]")
                .vjp("table̅[v] = Σ ȳ[b] / n_b over id[b, t] = v")
                .symbol("b", "the text")
                .symbol("t", "the place in the text")
                .symbol("v", "a row of the table")
                .symbol("n_b", "the number of words in text b"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        check_texts(&self.positions, shapes[0])
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let dim = x[0].shape()[1];
        let table = x[0].values();
        let texts = self.ids.shape()[0];
        let mut sums = RowSums::new(texts, dim);
        vectorized(
            #[inline(always)]
            || {
                for (text, (tokens, _)) in self.texts::<T>().enumerate() {
                    sums.add_rows(text, &table, tokens);
                }
            },
        );
        let weights = self.texts().map(|(_, weight)| weight).collect();
        &sums.total() * &Tensor::new([texts, 1], weights)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || {
            let [rows, dim] = [x[0].shape()[0], x[0].shape()[1]];
            let weights = self.texts().map(|(_, weight)| weight).collect();
            let dy = dy * &Tensor::new([dy.shape()[0], 1], weights);
            let dy = dy.values();
            let (ends, texts) = self.texts_by_row(rows);
            let mut gradient = RowSums::new(rows, dim);
            vectorized(
                #[inline(always)]
                || {
                    let mut start = 0;
                    for (row, &end) in ends.iter().enumerate() {
                        let texts = texts[start..end].iter().map(|&text| text as usize);
                        gradient.add_rows(row, &dy, texts);
                        start = end;
                    }
                },
            );
            gradient.total()
        });
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::prelude::*;

    use crate::embedding::table_and_ids;

    table_and_ids()
        .prop_map(|(table, ids, padding)| {
            Case::new("embedding_mean", [table], move |[table]| {
                embedding_mean(table, &ids, padding)
            })
        })
        .boxed()
}
