//! Three ops, written as a user writes them. Where people go wrong, the wrong line is next to
//! the right one and is marked with ✗.

use autograd::{Adjoints, Op, Var};
use tensor::{Scalar, Tensor};

/// The id that fills short texts up.
pub const PADDING: u32 = 0;

/// One wrong line in a backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    Detached,
    ConstantGate,
    LastOneWins,
    Transposed,
    NotDivided,
    NoGamma,
    PaddingLearns,
}

impl Mistake {
    pub const ALL: [Self; 7] = [
        Self::Detached,
        Self::ConstantGate,
        Self::LastOneWins,
        Self::Transposed,
        Self::NotDivided,
        Self::NoGamma,
        Self::PaddingLearns,
    ];

    /// In plain words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Detached => "the path down to the words forgotten",
            Self::ConstantGate => "SwiGLU's gate taken as constant",
            Self::LastOneWins => "a word's last gradient, not their sum",
            Self::Transposed => "a square weight's gradient transposed",
            Self::NotDivided => "a mean not divided by its count",
            Self::NoGamma => "SwiGLU's γ forgotten",
            Self::PaddingLearns => "a padding row that learns",
        }
    }

    /// What was written, and what is right.
    pub fn formulas(self) -> [&'static str; 2] {
        match self {
            Self::Detached => ["x̄ = 0", "x̄ = ȳ wᵀ"],
            Self::ConstantGate => ["x̄ = ȳ g", "x̄ = ȳ (g + x g(1 − g) β)"],
            Self::LastOneWins => ["row[id] = ȳ / n", "row[id] += ȳ / n"],
            Self::Transposed => ["w̄ = ȳᵀ x", "w̄ = xᵀ ȳ"],
            Self::NotDivided => ["row[id] += ȳ", "row[id] += ȳ / n"],
            Self::NoGamma => ["γ̄ = 0", "γ̄ = Σ ȳ x g(1 − g)"],
            Self::PaddingLearns => ["row[id] += ȳ / n", "row[id] += ȳ / n only for words"],
        }
    }
}

/// The mean of a text's word vectors: the rows of `table` `[vocabulary, dim]` that a row of `ids`
/// `[batch, time]` names. Padding is neither summed nor counted.
pub fn embedding_mean<'t, T: Scalar>(
    table: Var<'t, T>,
    ids: &Tensor<u32>,
    mistake: Option<Mistake>,
) -> Var<'t, T> {
    let is_word = ids.map(|id| T::from_f64((id != PADDING).into())).unsqueeze(-1);
    let n = is_word.sum_keepdim(&[1]).map(|n| n.maximum(T::ONE));
    let one_over_n = n.map(|n| T::ONE / n).expand(is_word.shape());
    table.tape().apply(EmbeddingMean { ids: ids.clone(), is_word, one_over_n, mistake }, &[table])
}

struct EmbeddingMean<T: Scalar> {
    ids: Tensor<u32>,
    /// 1 for a word and 0 for padding, `[batch, time, 1]`.
    is_word: Tensor<T>,
    /// One over the number of words of the text, `[batch, time, 1]`.
    one_over_n: Tensor<T>,
    mistake: Option<Mistake>,
}

impl<T: Scalar> Op<T> for EmbeddingMean<T> {
    fn name(&self) -> &'static str {
        "embedding_mean"
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let rows = x[0].gather_rows(&self.ids);
        rows.mask(&(&self.is_word * &self.one_over_n)).sum(&[1])
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let weight = match self.mistake {
            Some(Mistake::NotDivided) => self.is_word.clone(), // ✗
            Some(Mistake::PaddingLearns) => self.one_over_n.clone(), // ✗
            _ => &self.is_word * &self.one_over_n,
        };
        let rows = dy.unsqueeze(1).expand([weight.shape()[0], weight.shape()[1], dy.shape()[1]]);
        let rows = rows.mask(&weight);
        let vocabulary = x[0].shape()[0];
        dx.add(0, || match self.mistake {
            Some(Mistake::LastOneWins) => assign_rows(&rows, &self.ids, vocabulary), // ✗
            _ => rows.scatter_add_rows(&self.ids, vocabulary),
        });
    }
}

/// `table[ids] = rows`, as an array library does it: where an id comes twice, the last row stays.
fn assign_rows<T: Scalar>(rows: &Tensor<T>, ids: &Tensor<u32>, vocabulary: usize) -> Tensor<T> {
    let dim = rows.shape()[2];
    let mut table = vec![T::ZERO; vocabulary * dim];
    for (row, &id) in rows.values().chunks_exact(dim).zip(ids.values().iter()) {
        table[id as usize * dim..][..dim].copy_from_slice(row);
    }
    Tensor::new([vocabulary, dim], table)
}

/// x · w + b, for x `[batch, inputs]`, w `[inputs, outputs]`, b `[outputs]`.
pub fn dense<'t, T: Scalar>(
    x: Var<'t, T>,
    w: Var<'t, T>,
    b: Var<'t, T>,
    mistake: Option<Mistake>,
) -> Var<'t, T> {
    x.tape().apply(Dense { mistake }, &[x, w, b])
}

struct Dense {
    mistake: Option<Mistake>,
}

impl<T: Scalar> Op<T> for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        &x[0].matmul(x[1]) + x[2]
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        match self.mistake {
            Some(Mistake::Detached) => {} // ✗
            _ => dx.add(0, || dy.matmul(&x[1].t())),
        }
        dx.add(1, || match self.mistake {
            Some(Mistake::Transposed) => dy.t().matmul(x[0]), // ✗
            _ => x[0].t().matmul(dy),
        });
        dx.add(2, || dy.sum(&[0]));
    }
}

/// x · σ(βx + γ) with one β and one γ.
pub fn swiglu<'t, T: Scalar>(
    x: Var<'t, T>,
    beta: Var<'t, T>,
    gamma: Var<'t, T>,
    mistake: Option<Mistake>,
) -> Var<'t, T> {
    x.tape().apply(SwiGLU { mistake }, &[x, beta, gamma])
}

struct SwiGLU {
    mistake: Option<Mistake>,
}

impl<T: Scalar> Op<T> for SwiGLU {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0] * gate(x)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let gate = gate(x);
        // ȳ x g(1 − g), the adjoint of βx + γ.
        let inner = dy * x[0] * gate.map(|g| g * (T::ONE - g));
        dx.add(0, || match self.mistake {
            Some(Mistake::ConstantGate) => dy * &gate, // ✗
            _ => dy * &gate + &inner * x[1],
        });
        dx.add(1, || (&inner * x[0]).sum_all());
        match self.mistake {
            Some(Mistake::NoGamma) => {} // ✗
            _ => dx.add(2, || inner.sum_all()),
        }
    }
}

/// g = σ(βx + γ).
fn gate<T: Scalar>(x: &[&Tensor<T>]) -> Tensor<T> {
    (x[0] * x[1]).zip_map(x[2], |x, gamma| (x + gamma).sigmoid())
}
