//! Causal attention and rotary positions: equal to their definitions, and blind to what comes later.

use approx::assert_relative_eq;
use autograd::{Tape, Var};
use nn::{Seen, attention_weights, causal_attention, rope, scaled_dot_product_attention};
use proptest::prelude::*;
use tensor::strategy::tensors;
use tensor::{Key, Scalar, Tensor};

/// Heads, and heads of keys and values.
type Heads = (usize, usize);

type Attention<T> = for<'t> fn(Var<'t, T>, Var<'t, T>, Var<'t, T>, Heads) -> Var<'t, T>;

fn fused<'t, T: Scalar>(
    query: Var<'t, T>,
    key: Var<'t, T>,
    value: Var<'t, T>,
    (heads, groups): Heads,
) -> Var<'t, T> {
    causal_attention(query, key, value, heads, groups)
}

/// The same, composed: each head is a matrix, keys and values are repeated.
fn composed<'t, T: Scalar>(
    query: Var<'t, T>,
    key: Var<'t, T>,
    value: Var<'t, T>,
    (heads, groups): Heads,
) -> Var<'t, T> {
    let [batch, time, features] = [0, 1, 2].map(|axis| query.shape()[axis]);
    let (steps, width) = (key.shape()[1], features / heads);
    let query = query.reshape([batch, time, heads, width]).transpose(1, 2);
    let repeated = |x: Var<'t, T>| {
        let x = x.reshape([batch, steps, groups, 1, width]);
        let x = x.expand([batch, steps, groups, heads / groups, width]);
        x.reshape([batch, steps, heads, width]).transpose(1, 2)
    };
    let mixed = scaled_dot_product_attention(query, repeated(key), repeated(value), Seen::Causal);
    mixed.transpose(1, 2).reshape([batch, time, features])
}

/// Attention by its definition, number by number.
fn by_loops([query, key, value]: &[Tensor<f64>; 3], (heads, groups): Heads) -> Tensor<f64> {
    let &[batch, time, features] = query.shape() else { unreachable!("sequences") };
    let (steps, width) = (key.shape()[1], features / heads);
    let mut y = Vec::new();
    for (b, i, h) in
        (0..batch * time * heads).map(|n| (n / (time * heads), n / heads % time, n % heads))
    {
        let group = h / (heads / groups);
        let score = |j: usize| {
            let product = |c| query.get([b, i, h * width + c]) * key.get([b, j, group * width + c]);
            ((0..width).map(product).sum::<f64>() / (width as f64).sqrt()).exp()
        };
        let seen = 0..=steps - time + i;
        let scores: Vec<f64> = seen.clone().map(score).collect();
        let total: f64 = scores.iter().sum();
        for c in group * width..(group + 1) * width {
            let weighted = |(j, score)| score / total * value.get([b, j, c]);
            y.push(seen.clone().zip(&scores).map(weighted).sum());
        }
    }
    Tensor::new(query.shape(), y)
}

/// Output and adjoints of all inputs, under a random cotangent.
fn with_adjoints<T: Scalar>(
    inputs: &[Tensor<f64>; 3],
    heads: Heads,
    attention: Attention<T>,
) -> [Tensor<f64>; 4] {
    let tape = Tape::<T>::default();
    let [q, k, v] = inputs.each_ref().map(|x| tape.variable(x.cast()));
    let y = attention(q, k, v, heads);
    let gradients = y.vjp(Tensor::<f64>::normal(y.shape(), 0.0, 1.0, Key::new(1)).cast());
    [y.value(), gradients.of(q), gradients.of(k), gradients.of(v)].map(|x| x.cast())
}

/// Inputs of several sizes, so that every kind of tile is used, and their heads.
fn drawn() -> impl Strategy<Value = ([Tensor<f64>; 3], Heads)> {
    let sizes = (1..3usize, 1..40usize, 0..20usize, 1..3usize, 1..3usize, 1..40usize);
    sizes.prop_flat_map(|(batch, time, before, groups, shared, width)| {
        let heads = groups * shared;
        let draw = |steps, heads| tensors(vec![batch, steps, heads * width], -1.0..1.0);
        let steps = before + time;
        let inputs = (draw(time, heads), draw(steps, groups), draw(steps, groups));
        inputs.prop_map(move |(q, k, v)| ([q, k, v], (heads, groups)))
    })
}

/// A sequence, another that is equal up to `shared` and may hold anything after it, and scores of ±10⁴.
fn changed_later(seed: u64, shared: usize, later: f32) -> [[Tensor<f32>; 3]; 2] {
    let scale = [1e2, 1e2, 1.0];
    let draw = |part: usize| {
        let x = Tensor::<f32>::normal([1, 20, 24], 0.0, 1.0, Key::new(seed).fold_in(part as u64));
        x * scale[part]
    };
    let first = [0, 1, 2].map(draw);
    let second = first.each_ref().map(|x| {
        Tensor::concat(&[&x.slice(1, ..shared), &Tensor::full([1, 20 - shared, 24], later)], 1)
    });
    [first, second]
}

fn attend(inputs: &[Tensor<f32>; 3], heads: Heads) -> Tensor<f32> {
    let tape = Tape::no_grad();
    let [q, k, v] = inputs.each_ref().map(|x| tape.constant(x.clone()));
    causal_attention(q, k, v, heads.0, heads.1).value()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn causal_attention_is_its_composed_form((inputs, heads) in drawn()) {
        let expected = with_adjoints::<f64>(&inputs, heads, composed);
        let found = with_adjoints::<f64>(&inputs, heads, fused);
        let single = with_adjoints::<f32>(&inputs, heads, fused);
        for ((found, single), expected) in found.iter().zip(&single).zip(&expected) {
            assert_relative_eq!(*found, *expected, epsilon = 1e-12, max_relative = 1e-12);
            assert_relative_eq!(*single, *expected, epsilon = 3e-5, max_relative = 3e-5);
        }
    }

    #[test]
    fn causal_attention_is_its_definition((inputs, heads) in drawn()) {
        let tape = Tape::no_grad();
        let [q, k, v] = inputs.each_ref().map(|x| tape.constant(x.clone()));
        let expected = by_loops(&inputs, heads);
        let found = causal_attention(q, k, v, heads.0, heads.1).value();
        assert_relative_eq!(found, expected, epsilon = 1e-12, max_relative = 1e-12);
    }

    /// Not even infinity or NaN after a step reaches it.
    #[test]
    fn what_comes_later_changes_no_bit(
        seed: u64, shared in 0..20usize,
        later in prop_oneof![Just(1.0), Just(-1e4), Just(f32::INFINITY), Just(f32::NAN)],
    ) {
        let [first, second] = changed_later(seed, shared, later);
        for heads in [(1, 1), (2, 2), (4, 4)] {
            let [before, after] = [&first, &second].map(|inputs| attend(inputs, heads));
            prop_assert_eq!(before.slice(1, ..shared).to_vec(), after.slice(1, ..shared).to_vec());
        }
    }

    #[test]
    fn earlier_outputs_have_no_gradient_in_later_inputs(seed: u64, shared in 0..20usize) {
        let [inputs, _] = changed_later(seed, 20, 0.0);
        let tape = Tape::new();
        let inputs = inputs.map(|x| tape.variable(x));
        let [q, k, v] = inputs;
        let y = causal_attention(q, k, v, 4, 4);
        let of_shared = Tensor::full([1, shared, 24], f32::MAX);
        let cotangent = Tensor::concat(&[&of_shared, &Tensor::zeros([1, 20 - shared, 24])], 1);
        let gradients = y.vjp(cotangent);
        for x in inputs {
            prop_assert!(gradients.of(x).slice(1, shared..).to_vec().iter().all(|&x| x == 0.0));
        }
    }

    #[test]
    fn heads_that_share_keys_are_heads_with_repeated_keys(
        (q, k, v) in (sequences(6, 12), sequences(6, 6), sequences(6, 6))
    ) {
        // Two groups of 3 features, each used by two heads.
        let tape = Tape::<f64>::no_grad();
        let repeat = |x: &Tensor<f64>| {
            let [a, b] = [x.slice(2, ..3), x.slice(2, 3..)];
            tape.constant(Tensor::concat(&[&a, &a, &b, &b], 2))
        };
        let [query, key, value] = [&q, &k, &v].map(|x| tape.constant(x.clone()));
        let shared = causal_attention(query, key, value, 4, 2).value();
        let full = causal_attention(query, repeat(&k), repeat(&v), 4, 4).value();
        prop_assert_eq!(shared.to_vec(), full.to_vec());
    }

    #[test]
    fn weights_sum_to_one_and_mix_the_values((inputs, heads) in drawn()) {
        let [q, k, v] = &inputs;
        let weights = attention_weights(q, k, heads.0, heads.1);
        let &[batch, _, time, steps] = weights.shape() else { unreachable!("four axes") };
        let sums = weights.sum(&[-1]);
        assert_relative_eq!(sums, Tensor::ones(sums.shape()), epsilon = 1e-12);
        for i in 0..time {
            let unseen = weights.slice(2, i..i + 1).slice(3, steps - time + i + 1..);
            prop_assert!(unseen.to_vec().iter().all(|&x| x == 0.0));
        }
        let width = q.shape()[2] / heads.0;
        let v = v.reshape([batch, steps, heads.1, 1, width]);
        let v = v.expand([batch, steps, heads.1, heads.0 / heads.1, width]);
        let v = v.reshape([batch, steps, heads.0, width]).transpose(1, 2);
        let mixed = weights.matmul(&v).transpose(1, 2).reshape(q.shape());
        assert_relative_eq!(mixed, by_loops(&inputs, heads), epsilon = 1e-12, max_relative = 1e-12);
    }

    /// New queries at the end of a text get what they get with all others beside them.
    #[test]
    fn the_last_queries_alone_get_what_they_get_together(
        (inputs, heads) in drawn(), at in any::<prop::sample::Index>()
    ) {
        let [q, k, v] = &inputs;
        let first = at.index(q.shape()[1]);
        let last = [q.slice(1, first..), k.clone(), v.clone()];
        let [together, alone] = [&inputs, &last].map(|x| {
            attend(&x.each_ref().map(|x| x.cast()), heads)
        });
        assert_relative_eq!(alone, together.slice(1, first..), epsilon = 1e-5, max_relative = 1e-5);
    }

    #[test]
    fn rope_depends_on_the_distance_alone_and_keeps_lengths(
        (q, k) in (sequences(1, 8), sequences(1, 8)), first in 0..50usize, distance in 0..50usize,
        shift in 0..1000usize,
    ) {
        let tape = Tape::<f64>::no_grad();
        let turned = |x: &Tensor<f64>, position| {
            rope(tape.constant(x.clone()), 8, position, 10_000.0).value()
        };
        let score = |first| {
            (turned(&q, first) * turned(&k, first + distance)).sum_all().item()
        };
        assert_relative_eq!(score(first), score(first + shift), epsilon = 1e-11);
        let length = |x: &Tensor<f64>| (x * x).sum_all().item();
        assert_relative_eq!(length(&turned(&q, first)), length(&q), max_relative = 1e-13);
    }

    #[test]
    fn rope_is_its_formula_at_every_position(x in sequences(5, 12), first in 0..100usize) {
        let tape = Tape::<f64>::no_grad();
        let turned = rope(tape.constant(x.clone()), 6, first, 50.0).value();
        for (t, column) in (0..5).flat_map(|t| (0..12).map(move |column| (t, column))) {
            let (start, i) = (column / 6 * 6, column % 3);
            let angle = (first + t) as f64 * 50f64.powf(-2.0 * i as f64 / 6.0);
            let [a, b] = [i, i + 3].map(|i| x.get([0, t, start + i]));
            let expected = match column % 6 < 3 {
                true => a * angle.cos() - b * angle.sin(),
                false => b * angle.cos() + a * angle.sin(),
            };
            assert_relative_eq!(turned.get([0, t, column]), expected, epsilon = 1e-13);
        }
    }
}

fn sequences(time: usize, features: usize) -> impl Strategy<Value = Tensor<f64>> {
    tensors(vec![1, time, features], -2.0..2.0)
}

#[test]
fn shapes_that_do_not_fit_are_explained() {
    let tape = Tape::new();
    let [q, k, flat] = [&[1, 4, 6][..], &[1, 3, 6], &[4, 6]]
        .map(|shape| tape.constant(Tensor::<f32>::zeros(shape)));
    let cases: [(&str, &dyn Fn()); 6] = [
        (
            "causal_attention: query [1, 4, 6], key [1, 3, 6], value [1, 3, 6] do not fit 2 heads that \
             share 2 of keys and values: they must be [batch, time, 2 * d], [batch, steps, 2 * d], \
             [batch, steps, 2 * d] with time at most steps, and 2 must divide 2",
            &|| drop(causal_attention(q, k, k, 2, 2).value()),
        ),
        (
            "causal_attention: query [1, 3, 6], key [1, 4, 6], value [1, 4, 6] do not fit 3 heads that \
             share 2 of keys and values: they must be [batch, time, 3 * d], [batch, steps, 2 * d], \
             [batch, steps, 2 * d] with time at most steps, and 2 must divide 3",
            &|| drop(causal_attention(k, q, q, 3, 2).value()),
        ),
        (
            "rope: a head of 3 features does not consist of pairs: it must be even and at least 2",
            &|| drop(rope(q, 3, 0, 10_000.0).value()),
        ),
        ("rope: x must be [batch, time, heads * 4], not [1, 4, 6]", &|| {
            drop(rope(q, 4, 0, 10_000.0).value())
        }),
        ("rope: x must be [batch, time, heads * 2], not [4, 6]", &|| {
            drop(rope(flat, 2, 0, 10_000.0).value())
        }),
        ("rope: theta -1 must be finite and above 0", &|| drop(rope(q, 2, 0, -1.0).value())),
    ];
    for (expected, run) in cases {
        assert_eq!(mistakes::message(run), expected);
    }
}
