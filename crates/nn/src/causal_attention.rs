//! Causal attention over several heads, as one op: the query of a step takes a mean of the values of the
//! steps up to its own (Vaswani et al. 2017). Heads may share keys and values (Ainslie et al. 2023).
//!
//! ```text
//! P = softmax(Q·Kᵀ / √d)      O = P·V                                     for each head
//!
//! V̄ = Pᵀ·Ō      S̄ = P ⊙ (Ō·Vᵀ − rowsum(Ō ⊙ O))      Q̄ = S̄·K / √d      K̄ = S̄ᵀ·Q / √d
//! ```
//!
//! Its composed form is [`scaled_dot_product_attention`](crate::scaled_dot_product_attention) on transposed
//! and repeated heads. See [`tensor::attention`] for the kernel.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor, attention};

/// Records the attention of queries `[batch, time, heads · d]` to keys and values
/// `[batch, steps, groups · d]`: `[batch, time, heads · d]`.
///
/// The queries are at the last `time` of the steps: query i sees the steps `0..=steps - time + i`. In
/// training the two numbers are equal; a model that generates has the keys and values of earlier steps in a
/// cache. Features of head h are the columns `h · d..(h + 1) · d`, and it uses the keys and values of group
/// `h / (heads / groups)`.
///
/// ```
/// use autograd::Tape;
/// use tensor::Tensor;
///
/// let tape = Tape::<f64>::default();
/// let steps = [[[0.0], [0.0]], [[5.0], [7.0]], [[2.0], [4.0]]];
/// let [query, key, value] = steps.map(|x| tape.variable(Tensor::from(x).unsqueeze(0)));
/// // Equal scores: the first step takes its own value, the second the mean of both.
/// let y = nn::causal_attention(query, key, value, 1, 1);
/// assert_eq!(y.value().to_vec(), [2.0, 3.0]);
/// ```
///
/// # Panics
/// If the shapes do not fit, there are more queries than steps, or the groups do not divide the heads.
#[track_caller]
pub fn causal_attention<'t, T: Scalar>(
    query: Var<'t, T>,
    key: Var<'t, T>,
    value: Var<'t, T>,
    heads: usize,
    groups: usize,
) -> Var<'t, T> {
    let keeps = query.tape().records();
    query
        .tape()
        .apply(CausalAttention { heads, groups, keeps, weights: None }, &[query, key, value])
}

/// Returns the weight that each query gives to each step, `[batch, heads, time, steps]`: P of
/// [`causal_attention`], 0 for the steps that a query does not see.
///
/// # Panics
/// If the shapes do not fit, or a head has no features.
#[track_caller]
pub fn attention_weights<T: Scalar>(
    query: &Tensor<T>,
    key: &Tensor<T>,
    heads: usize,
    groups: usize,
) -> Tensor<T> {
    attention::weights(query, key, heads, groups)
}

struct CausalAttention<T: Scalar> {
    heads: usize,
    groups: usize,
    /// `true` if a VJP may follow, which needs the weights.
    keeps: bool,
    weights: Option<Tensor<T>>,
}

impl<T: Scalar> Op<T> for CausalAttention<T> {
    fn name(&self) -> &'static str {
        "causal_attention"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("O = P·V, P = softmax(Q·Kᵀ / √d)")
                .vjp("Q̄ = S̄·K / √d, S̄ = P (Ō·Vᵀ − rowsum(Ō O))")
                .vjp("K̄ = S̄ᵀ·Q / √d")
                .vjp("V̄ = Pᵀ·Ō")
                .symbol("P", "the weights of attention, 0 for later tokens")
                .symbol("S̄", "the adjoint of the scores Q·Kᵀ / √d")
                .symbol("d", "the width of a head"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        let &[query, key, value] = shapes else {
            unreachable!("causal_attention has three inputs")
        };
        attention::check([query, key, value], self.heads, self.groups)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let &[query, key, value] = x else { unreachable!("causal_attention has three inputs") };
        let inputs = [query, key, value];
        let (output, weights) = attention::forward(inputs, self.heads, self.groups, self.keeps);
        self.weights = weights;
        output
    }

    fn vjp(&self, x: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        if !(0..3).any(|i| dx.wants(i)) {
            return;
        }
        let &[query, key, value] = x else { unreachable!("causal_attention has three inputs") };
        let weights = self.weights.as_ref().expect("forward ran on a tape that records");
        let inputs = [query, key, value];
        let adjoints = attention::backward(inputs, self.heads, self.groups, [weights, y, dy]);
        for (i, adjoint) in adjoints.into_iter().enumerate() {
            dx.add(i, || adjoint);
        }
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::prelude::*;
    use tensor::strategy::tensors;

    (0..3usize, 0..4usize, 0..3usize, 1..3usize, 1..3usize, 0..4usize)
        .prop_flat_map(|(batch, time, before, groups, shared, width)| {
            let heads = groups * shared;
            let draw = |steps, heads| tensors(vec![batch, steps, heads * width], -2.0..2.0);
            let steps = before + time;
            (draw(time, heads), draw(steps, groups), draw(steps, groups), Just((heads, groups)))
        })
        .prop_map(|(query, key, value, (heads, groups))| {
            Case::new("causal_attention", [query, key, value], move |[query, key, value]| {
                causal_attention(query, key, value, heads, groups)
            })
        })
        .boxed()
}
