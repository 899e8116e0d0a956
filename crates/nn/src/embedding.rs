//! A learned vector for each token, and the mean of a text's vectors.
//!
//! ```text
//! lookup   y[b, t] = table[id[b, t]]                        table̅[v] = Σ ȳ[b, t]      over id[b, t] = v
//! mean     y[b] = 1/n_b Σₜ table[id[b, t]]                  table̅[v] = Σ ȳ[b] / n_b   over id[b, t] = v
//! ```
//!
//! Sequences are padded to one length with a padding id. Padding is not a token: its vector is zero,
//! it does not learn, and the mean neither sums nor counts it (n_b counts the real tokens of text b;
//! a text without any has mean zero).

use autograd::{Adjoints, Formulas, Op, ParameterId, Parameters, Pass, RowsRead, Var};
use tensor::{RowSums, Scalar, ShapeError, Tensor, shape, vectorized};

use crate::{Model, init};

/// A table of vectors `[vocabulary, dim]`, looked up by token id: `[…]` becomes `[…, dim]`.
///
/// Its parameter is `name.weight`, drawn by [`init::small_uniform`].
#[derive(Clone, Debug)]
pub struct Embedding {
    table: ParameterId,
    padding: Option<u32>,
}

impl Embedding {
    /// A vector of `dim` numbers for each of `vocabulary` ids.
    #[track_caller]
    pub fn new<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        vocabulary: usize,
        dim: usize,
    ) -> Self {
        let name = format!("{name}.weight");
        let table = init::small_uniform(vocabulary, dim, parameters.key(&name));
        Self { table: parameters.add(name, table), padding: None }
    }

    /// The same table with `id` as padding: its vector is zero and does not learn.
    pub fn padding(self, id: u32) -> Self {
        Self { padding: Some(id), ..self }
    }

    /// The mean over the tokens of each text instead of a vector for each token.
    pub fn mean(self) -> EmbeddingMean {
        EmbeddingMean { embedding: self }
    }

    /// The id of the table, `[vocabulary, dim]`.
    pub fn table(&self) -> ParameterId {
        self.table
    }
}

impl Model for Embedding {
    type Input = Tensor<u32>;

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, ids: &Tensor<u32>) -> Var<'t, T> {
        let RowsRead { rows, positions } = pass.rows(self.table, ids);
        let ids = ids.clone();
        pass.tape.apply(Lookup { ids, positions, padding: self.padding }, &[rows])
    }

    fn check_batch<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        ids: &Tensor<u32>,
    ) -> Result<(), ShapeError> {
        check_ids(ids, parameters.shape(self.table))
    }
}

/// The mean vector of each text's tokens: ids `[batch, time]` become `[batch, dim]`.
#[derive(Clone, Debug)]
pub struct EmbeddingMean {
    embedding: Embedding,
}

impl EmbeddingMean {
    /// The id of the table, `[vocabulary, dim]`.
    pub fn table(&self) -> ParameterId {
        self.embedding.table
    }
}

impl Model for EmbeddingMean {
    type Input = Tensor<u32>;

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, ids: &Tensor<u32>) -> Var<'t, T> {
        let Embedding { table, padding } = self.embedding;
        let RowsRead { rows, positions } = pass.rows(table, ids);
        let (ids, positions) = (ids.contiguous(), positions.contiguous());
        pass.tape.apply(Mean { ids, positions, padding }, &[rows])
    }

    fn check_batch<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        ids: &Tensor<u32>,
    ) -> Result<(), ShapeError> {
        check_texts(ids, parameters.shape(self.embedding.table))
    }
}

/// The rows of `table` `[vocabulary, dim]` that `ids` names; zeros, without a gradient, for padding.
///
/// # Panics
/// If the table is not a matrix, or has no row of that number.
#[track_caller]
pub fn embedding<'t, T: Scalar>(
    table: Var<'t, T>,
    ids: &Tensor<u32>,
    padding: Option<u32>,
) -> Var<'t, T> {
    let (ids, positions) = (ids.clone(), ids.clone());
    table.tape().apply(Lookup { ids, positions, padding }, &[table])
}

/// The mean, over the tokens of each row of `ids` `[batch, time]` that are not padding, of the rows
/// of `table` `[vocabulary, dim]` that they name: `[batch, dim]`.
///
/// # Panics
/// If `ids` or the table is not a matrix, or the table has no row of that number.
#[track_caller]
pub fn embedding_mean<'t, T: Scalar>(
    table: Var<'t, T>,
    ids: &Tensor<u32>,
    padding: Option<u32>,
) -> Var<'t, T> {
    let (ids, positions) = (ids.contiguous(), ids.contiguous());
    table.tape().apply(Mean { ids, positions, padding }, &[table])
}

/// Looks tokens up in a table, or in the rows of it that they name.
struct Lookup {
    /// The tokens.
    ids: Tensor<u32>,
    /// For each token, its row in the op's input.
    positions: Tensor<u32>,
    padding: Option<u32>,
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
    /// 1 for each token, 0 for padding, with a last axis of length 1.
    fn real_tokens<T: Scalar>(&self) -> Tensor<T> {
        self.ids.unsqueeze(-1).map(|id| T::from_f64((Some(id) != self.padding).into()))
    }
}

/// The fused op: there is never a tensor of shape `[batch, time, dim]`.
struct Mean {
    /// The tokens.
    ids: Tensor<u32>,
    /// For each token, its row in the op's input.
    positions: Tensor<u32>,
    padding: Option<u32>,
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

    /// Returns for each row of the table where its texts end in a list, and the list: the text of each token, sorted by
    /// row. With it each row's gradient is written once; text by text, it would be read and written once for each token.
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

/// The numbers of a contiguous tensor.
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

/// Checks that the table is a matrix with a row for each id.
fn check_ids(ids: &Tensor<u32>, table: &[usize]) -> Result<(), ShapeError> {
    let &[vocabulary, _] = table else {
        return Err(ShapeError::new(format!("the table must be [vocabulary, dim], not {table:?}")));
    };
    shape::rows_exist(&ids.values(), vocabulary)
}

/// Checks that the ids are a batch of texts, and that the table has a row for each.
fn check_texts(ids: &Tensor<u32>, table: &[usize]) -> Result<(), ShapeError> {
    if ids.rank() != 2 {
        let shape = ids.shape();
        return Err(ShapeError::new(format!("ids must be [batch, time], not {shape:?}")));
    }
    check_ids(ids, table)
}

#[cfg(test)]
fn table_and_ids()
-> impl proptest::strategy::Strategy<Value = (Tensor<f64>, Tensor<u32>, Option<u32>)> {
    use proptest::{collection::vec, option, prelude::*};
    use tensor::strategy::tensors;

    (1..5usize, 0..4usize, 0..4usize, 0..4usize).prop_flat_map(|(vocabulary, dim, batch, time)| {
        let ids = vec(0..vocabulary as u32, batch * time);
        let ids = ids.prop_map(move |ids| Tensor::new([batch, time], ids));
        (tensors(vec![vocabulary, dim], -2.0..2.0), ids, option::of(0..vocabulary as u32))
    })
}

#[cfg(test)]
pub(crate) fn lookup_cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::prelude::*;

    table_and_ids()
        .prop_map(|(table, ids, padding)| {
            Case::new("embedding", vec![table], move |x| embedding(x[0], &ids, padding))
        })
        .boxed()
}

#[cfg(test)]
pub(crate) fn mean_cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::prelude::*;

    table_and_ids()
        .prop_map(|(table, ids, padding)| {
            Case::new("embedding_mean", vec![table], move |x| embedding_mean(x[0], &ids, padding))
        })
        .boxed()
}
