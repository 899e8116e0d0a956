//! The mean of the vectors of a text's tokens, without the vectors themselves.
//!
//! ```text
//! y[b] = 1/n_b Σₜ table[id[b, t]]                  table̅[v] = Σ ȳ[b] / n_b   over id[b, t] = v
//! ```
//!
//! n_b counts the tokens of text b that are not padding; a text without any has mean zero.

use std::cell::OnceCell;

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor};

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
    table.tape().apply(Mean::new(ids, positions, padding), &[table])
}

/// The fused op: there is never a tensor of shape `[batch, time, dim]`.
pub(super) struct Mean {
    /// The tokens.
    ids: Tensor<u32>,
    /// For each token, its row in the op's input.
    positions: Tensor<u32>,
    padding: Option<u32>,
    tokens: OnceCell<Lists>,
}

/// Lists of numbers of rows, one after another.
struct Lists {
    rows: Vec<u32>,
    ends: Vec<usize>,
}

impl Mean {
    pub(super) fn new(ids: Tensor<u32>, positions: Tensor<u32>, padding: Option<u32>) -> Self {
        Self { ids, positions, padding, tokens: OnceCell::new() }
    }

    /// Returns, for each text, the rows of its tokens that are not padding.
    fn tokens(&self) -> &Lists {
        self.tokens.get_or_init(|| {
            let [texts, time] = [0, 1].map(|axis| self.ids.shape()[axis]);
            let (ids, positions) = (self.ids.values(), self.positions.values());
            let mut tokens = Lists { rows: Vec::new(), ends: Vec::with_capacity(texts) };
            for text in 0..texts {
                let text = text * time..(text + 1) * time;
                self.push_tokens(&ids[text.clone()], &positions[text], &mut tokens.rows);
                tokens.ends.push(tokens.rows.len());
            }
            tokens
        })
    }

    /// Adds the rows of one text's tokens. Padding is nearly always at the end; then the others are copied as they are.
    fn push_tokens(&self, ids: &[u32], positions: &[u32], rows: &mut Vec<u32>) {
        let Some(padding) = self.padding else { return rows.extend_from_slice(positions) };
        let length = ids.iter().rposition(|&id| id != padding).map_or(0, |last| last + 1);
        let (ids, positions) = (&ids[..length], &positions[..length]);
        match ids.contains(&padding) {
            false => rows.extend_from_slice(positions),
            true => {
                let all = ids.iter().zip(positions);
                rows.extend(all.filter(|(id, _)| **id != padding).map(|(_, row)| row));
            }
        }
    }

    /// Returns 1 / n_b of each text, `[batch, 1]`.
    fn weights<T: Scalar>(&self) -> Tensor<T> {
        let (mut start, mut weights) = (0, Vec::new());
        for &end in &self.tokens().ends {
            weights.push(T::from_f64(1.0 / (end - start).max(1) as f64));
            start = end;
        }
        Tensor::new([weights.len(), 1], weights)
    }

    /// Returns, for each row of the table, the texts with its tokens. So each row's gradient is written once; text by
    /// text, it would be read and written once for each token.
    fn texts_by_row(&self, rows: usize) -> Lists {
        let Lists { rows: tokens, ends: ends_of_texts } = self.tokens();
        let mut ends = vec![0; rows];
        tokens.iter().for_each(|&row| ends[row as usize] += 1);
        let mut before = 0;
        for end in &mut ends {
            (before, *end) = (before + *end, before);
        }
        let (mut texts, mut start) = (vec![0; tokens.len()], 0);
        for (text, &end) in ends_of_texts.iter().enumerate() {
            for &row in &tokens[start..end] {
                texts[ends[row as usize]] = text as u32;
                ends[row as usize] += 1;
            }
            start = end;
        }
        Lists { rows: texts, ends }
    }
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
                .symbol("n_b", "the number of tokens in text b, without padding"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        check_texts(&self.positions, shapes[0])
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let Lists { rows, ends } = self.tokens();
        x[0].sum_rows(rows, ends) * self.weights()
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || {
            let Lists { rows: texts, ends } = self.texts_by_row(x[0].shape()[0]);
            (dy * self.weights()).sum_rows(&texts, &ends)
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
