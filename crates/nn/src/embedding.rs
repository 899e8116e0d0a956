//! A learned vector for each token, and the mean of a text's vectors.
//!
//! Sequences are padded to one length with a padding id. Padding is not a token: its vector is zero,
//! it does not learn, and the mean neither sums nor counts it. The formulas are in [`lookup`] and [`mean`].

mod lookup;
mod mean;

use autograd::{ParameterId, Parameters, Pass, RowsRead, Var};
use tensor::{Scalar, ShapeError, Tensor, shape};

use lookup::Lookup;
pub use lookup::embedding;
use mean::Mean;
pub use mean::embedding_mean;

use crate::{Model, init};

/// A table of vectors `[vocabulary, dim]`, looked up by token id: `[…]` becomes `[…, dim]`.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Embedding, Model};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let embedding = Embedding::new(&mut parameters, "words", 100, 8).padding(0);
/// let tape = Tape::new();
/// let texts = Tensor::from([[7, 3, 9], [5, 0, 0]]);
/// let y = embedding.forward(Pass::eval(&tape, &parameters), &texts);
/// assert_eq!(y.shape().as_slice(), [2, 3, 8]);
/// assert_eq!(y.value().slice(0, 1..).slice(1, 1..).abs().max_all().item(), 0.0);
/// ```
///
/// Its parameter is `name.weight`, drawn by [`init::small_uniform`].
#[derive(Clone, Debug)]
pub struct Embedding {
    table: ParameterId,
    vocabulary: usize,
    padding: Option<u32>,
}

impl Embedding {
    /// Creates a layer with a vector of `dim` numbers for each of `vocabulary` ids.
    #[track_caller]
    pub fn new<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        vocabulary: usize,
        dim: usize,
    ) -> Self {
        let name = format!("{name}.weight");
        let table = init::small_uniform(vocabulary, dim, parameters.key(&name));
        Self { table: parameters.add(name, table), vocabulary, padding: None }
    }

    /// Returns the layer with `id` as padding: its vector is zero and does not learn.
    ///
    /// # Panics
    /// If the table has no row with this id.
    #[track_caller]
    pub fn padding(self, id: u32) -> Self {
        check_padding("Embedding", Some(id), self.vocabulary);
        Self { padding: Some(id), ..self }
    }

    /// Returns the layer that computes the mean over the tokens of each text instead of a vector for
    /// each token.
    pub fn mean(self) -> EmbeddingMean {
        EmbeddingMean { embedding: self }
    }

    /// Returns the id of the table, `[vocabulary, dim]`.
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
    /// Returns the id of the table, `[vocabulary, dim]`.
    pub fn table(&self) -> ParameterId {
        self.embedding.table
    }
}

impl Model for EmbeddingMean {
    type Input = Tensor<u32>;

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, ids: &Tensor<u32>) -> Var<'t, T> {
        let Embedding { table, padding, .. } = self.embedding;
        let RowsRead { rows, positions } = pass.rows(table, ids);
        let (ids, positions) = (ids.contiguous(), positions.contiguous());
        pass.tape.apply(Mean::new(ids, positions, padding), &[rows])
    }

    fn check_batch<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        ids: &Tensor<u32>,
    ) -> Result<(), ShapeError> {
        check_texts(ids, parameters.shape(self.embedding.table))
    }
}

/// Checks that the padding is one of the ids. Another one, given by mistake, would pad nothing.
#[track_caller]
fn check_padding(op: &str, padding: Option<u32>, rows: usize) {
    if let Some(id) = padding {
        assert!(
            (id as usize) < rows,
            "{op}: the padding {id} is not an id of a table of {rows} rows, which are numbered from 0"
        );
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
pub(crate) use {lookup::cases as lookup_cases, mean::cases as mean_cases};
