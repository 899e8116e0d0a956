//! Layers for sequences: the recurrent one and attention.

use approx::assert_relative_eq;
use autograd::{Parameters, Pass, Tape, Var, check};
use mistakes::message;
use nn::{
    Dense, Embedding, Gru, LastStep, Layer, Lstm, Model, Seen, SelfAttention, last_steps, lengths,
    mean_steps, scaled_dot_product_attention,
};
use proptest::prelude::*;
use tensor::strategy::tensors;
use tensor::{Key, Scalar, Tensor};

fn evaluate<T: Scalar>(layer: &impl Layer, parameters: &Parameters<T>, x: &Tensor<T>) -> Tensor<T> {
    let tape = Tape::no_grad();
    layer.forward(Pass::eval(&tape, parameters), tape.constant(x.clone())).value()
}

fn sequences(batch: usize, time: usize, features: usize) -> impl Strategy<Value = Tensor<f64>> {
    tensors(vec![batch, time, features], -2.0..2.0)
}

/// Causal self-attention with its mask, its softmax and its products as operations of their own.
fn composed_causal<'t>(
    layer: &SelfAttention,
    pass: Pass<'t, f64>,
    x: Var<'t, f64>,
    heads: usize,
) -> Var<'t, f64> {
    let [batch, time, features] = [0, 1, 2].map(|axis| x.shape()[axis]);
    let parts = layer.qkv().forward(pass, x).reshape([batch, time, 3 * heads, features / heads]);
    let parts = parts.transpose(1, 2);
    let [query, key, value] =
        [0, 1, 2].map(|part| parts.slice(1, part * heads..(part + 1) * heads));
    let mixed = scaled_dot_product_attention(query, key, value, Seen::Causal);
    layer.output().forward(pass, mixed.transpose(1, 2).reshape([batch, time, features]))
}

/// One step of a recurrent layer, from the products of all gates with an input and with the state, their biases added. It
/// changes the state, and the memory behind it.
type Step = dyn Fn(&[f64], &[f64], &mut [Vec<f64>; 2]);

/// The states of a recurrent layer named `layer`, number by number.
fn states_by_loops(
    parameters: &Parameters<f64>,
    x: &Tensor<f64>,
    units: usize,
    step: &Step,
) -> Tensor<f64> {
    let [wi, wh, bi, bh] =
        ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"].map(|part| {
            parameters.get(parameters.find(&format!("layer.{part}")).expect("it is there"))
        });
    let &[batch, time, inputs] = x.shape() else { unreachable!("sequences") };
    let mut states = Vec::new();
    for b in 0..batch {
        // The state, and the memory behind it.
        let mut now = [vec![0.0; units], vec![0.0; units]];
        for t in 0..time {
            let of_x = |row: usize| {
                let products = (0..inputs).map(|k| wi.get([row, k]) * x.get([b, t, k]));
                bi.get([row]) + products.sum::<f64>()
            };
            let of_h = |row: usize| {
                let products = (0..units).map(|k| wh.get([row, k]) * now[0][k]);
                bh.get([row]) + products.sum::<f64>()
            };
            let rows = bi.len();
            let of_x: Vec<f64> = (0..rows).map(of_x).collect();
            let of_h: Vec<f64> = (0..rows).map(of_h).collect();
            step(&of_x, &of_h, &mut now);
            states.extend(&now[0]);
        }
    }
    Tensor::new([batch, time, units], states)
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn gru_step(of_x: &[f64], of_h: &[f64], [h, _]: &mut [Vec<f64>; 2]) {
    let units = h.len();
    for k in 0..units {
        let reset = sigmoid(of_x[k] + of_h[k]);
        let update = sigmoid(of_x[units + k] + of_h[units + k]);
        let candidate = (of_x[2 * units + k] + reset * of_h[2 * units + k]).tanh();
        h[k] = (1.0 - update) * candidate + update * h[k];
    }
}

fn lstm_step(of_x: &[f64], of_h: &[f64], [h, c]: &mut [Vec<f64>; 2]) {
    let units = h.len();
    for k in 0..units {
        let [i, f, g, o] = [0, 1, 2, 3].map(|gate| of_x[gate * units + k] + of_h[gate * units + k]);
        c[k] = sigmoid(f) * c[k] + sigmoid(i) * g.tanh();
        h[k] = sigmoid(o) * c[k].tanh();
    }
}

/// Checks a layer named `layer`, of 3 features and 4 units, against its definition, in f64 and in f32.
fn assert_is_defined_by(
    layer: &(impl Layer + Clone),
    parameters: &Parameters<f64>,
    x: &Tensor<f64>,
    step: &Step,
) {
    let expected = states_by_loops(parameters, x, 4, step);
    let found = evaluate(layer, parameters, x);
    assert_relative_eq!(found, expected, epsilon = 1e-12, max_relative = 1e-12);
    let last = evaluate(&layer.clone().then(LastStep), parameters, x);
    assert_eq!(last, found.slice(1, 19..).squeeze(&[1]));
    let single = evaluate(layer, &parameters.cast::<f32>(), &x.cast::<f32>());
    assert_relative_eq!(single.cast::<f64>(), expected, epsilon = 1e-5);
}

proptest! {
    #[test]
    fn a_gru_is_its_definition(x in sequences(2, 20, 3), seed in any::<u64>()) {
        let mut parameters = Parameters::<f64>::with_seed(seed);
        let gru = Gru::new(&mut parameters, "layer", 3, 4);
        assert_is_defined_by(&gru, &parameters, &x, &gru_step);
    }

    #[test]
    fn an_lstm_is_its_definition(x in sequences(2, 20, 3), seed in any::<u64>()) {
        let mut parameters = Parameters::<f64>::with_seed(seed);
        let lstm = Lstm::new(&mut parameters, "layer", 3, 4);
        assert_is_defined_by(&lstm, &parameters, &x, &lstm_step);
    }

    #[test]
    fn attention_without_a_mask_does_not_see_the_order_of_steps(
        x in sequences(2, 4, 6), order in Just([0u32, 1, 2, 3]).prop_shuffle()
    ) {
        let mut parameters = Parameters::<f64>::with_seed(1);
        let attention = SelfAttention::new(&mut parameters, "attention", 6, 3);
        let shuffle =
            |x: &Tensor<f64>| x.transpose(0, 1).gather_rows(&Tensor::from(order)).transpose(0, 1);
        let found = evaluate(&attention, &parameters, &shuffle(&x));
        let expected = shuffle(&evaluate(&attention, &parameters, &x));
        assert_relative_eq!(found, expected, epsilon = 1e-12, max_relative = 1e-12);
    }

    /// What a step gets does not depend on the steps after it.
    #[test]
    fn a_causal_step_does_not_see_later_ones(
        (x, y) in (sequences(2, 5, 4), sequences(2, 5, 4)), shared in 0..=5usize
    ) {
        let mut parameters = Parameters::<f64>::with_seed(1);
        let attention = SelfAttention::new(&mut parameters, "attention", 4, 2).causal();
        let other = Tensor::concat(&[x.slice(1, ..shared), y.slice(1, shared..)], 1);
        let [found, expected] = [&other, &x].map(|x| evaluate(&attention, &parameters, x));
        assert_relative_eq!(
            found.slice(1, ..shared), expected.slice(1, ..shared), epsilon = 1e-12
        );
    }

    /// Causal heads are one op, equal to the operations that attention is composed of.
    #[test]
    fn causal_self_attention_is_its_composed_form(
        x in sequences(2, 5, 6), heads in prop::sample::select(vec![1usize, 2, 3, 6])
    ) {
        let mut parameters = Parameters::<f64>::with_seed(1);
        let layer = SelfAttention::new(&mut parameters, "attention", 6, heads).causal();
        let [found, expected] = [false, true].map(|is_composed| {
            let tape = Tape::<f64>::default();
            let (pass, x) = (Pass::eval(&tape, &parameters), tape.variable(x.clone()));
            let y = match is_composed {
                true => composed_causal(&layer, pass, x, heads),
                false => layer.forward(pass, x),
            };
            let fused = tape.nodes().iter().filter(|node| node.name() == "causal_attention").count();
            assert_eq!(fused, usize::from(!is_composed));
            let gradients = (y * y).sum_all().backward();
            let of_parameters = parameters.ids().map(|id| gradients.get(id).expect("a gradient").to_vec());
            [y.value().to_vec(), gradients.of(x).to_vec()].into_iter().chain(of_parameters).collect::<Vec<_>>()
        });
        for (found, expected) in found.iter().zip(&expected) {
            assert_relative_eq!(found[..], expected[..], epsilon = 1e-12, max_relative = 1e-12);
        }
    }

    /// Each result is a mean of values, so it is between the smallest and the largest.
    #[test]
    fn attention_takes_means_of_values(
        (q, k, v) in (sequences(2, 3, 2), sequences(2, 4, 2), sequences(2, 4, 1))
    ) {
        let tape = Tape::no_grad();
        let [query, key, value] = [&q, &k, &v].map(|x| tape.constant(x.clone()));
        let y = scaled_dot_product_attention(query, key, value, Seen::All).value();
        let [low, high] = [v.min(&[1]), v.max(&[1])].map(|edge| edge.unsqueeze(1));
        prop_assert!((&y - low).values().iter().all(|&x| x > -1e-12));
        prop_assert!((high - &y).values().iter().all(|&x| x > -1e-12));
    }
}

#[test]
fn gradients_of_recurrent_layers_are_right_through_20_steps() {
    let x = [Tensor::normal([2, 20, 2], 0.0, 1.0, Key::new(5))];
    let mut parameters = Parameters::<f64>::with_seed(4);
    let gru = Gru::new(&mut parameters, "gru", 2, 3);
    check::layer(&parameters, &x, |pass, [x]| gru.forward(pass, x)).assert();
    let mut parameters = Parameters::<f64>::with_seed(4);
    let lstm = Lstm::new(&mut parameters, "lstm", 2, 3);
    check::layer(&parameters, &x, |pass, [x]| lstm.forward(pass, x)).assert();
}

#[test]
fn what_a_recurrent_layer_records_has_the_users_line() {
    let mut parameters = Parameters::<f64>::with_seed(4);
    let gru = Gru::new(&mut parameters, "gru", 2, 3);
    let lstm = Lstm::new(&mut parameters, "lstm", 2, 3);
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let x = tape.constant(Tensor::zeros([1, 2, 2]));
    gru.forward(pass, x);
    lstm.forward(pass, x);
    assert!(tape.nodes().iter().all(|node| node.at().file() == file!()), "{tape}");
}

#[test]
fn a_dense_layer_reads_each_step_by_itself() {
    let mut parameters = Parameters::<f64>::with_seed(4);
    let x = Tensor::normal([2, 5, 3], 0.0, 1.0, Key::new(5));
    let with = Dense::new(&mut parameters, "with", 3, 4);
    let without = Dense::without_bias(&mut parameters, "without", 3, 4);
    let steps = |layer: &Dense| {
        let each = x.reshape([10, 3]);
        assert_relative_eq!(
            evaluate(layer, &parameters, &x).reshape([10, 4]),
            evaluate(layer, &parameters, &each),
            max_relative = 1e-14
        );
    };
    steps(&with);
    steps(&without);
}

#[test]
fn mistakes_are_explained_at_the_users_line() {
    let mut parameters = Parameters::new(0);
    let gru = Gru::new(&mut parameters, "gru", 3, 2);
    let lstm = Lstm::new(&mut parameters, "lstm", 3, 2);
    let attention = SelfAttention::new(&mut parameters, "attention", 4, 2);
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let [x, none, flat] = [&[2, 5, 6][..], &[2, 0, 3], &[2, 3]]
        .map(|shape| tape.constant(Tensor::<f32>::zeros(shape)));
    let half = Tensor::from([[true], [false], [true], [true], [true]]);
    let wide = Tensor::full([3, 1, 1, 5], true);
    let cases: [(&str, &dyn Fn()); 11] = [
        ("gru: x must be [batch, time, 3] with at least one step, not [2, 5, 6]", &|| {
            drop(gru.forward(pass, x).value())
        }),
        ("gru: x must be [batch, time, 3] with at least one step, not [2, 0, 3]", &|| {
            drop(gru.forward(pass, none).value())
        }),
        ("lstm: x must be [batch, time, 3] with at least one step, not [2, 5, 6]", &|| {
            drop(lstm.forward(pass, x).value())
        }),
        ("last_step: x must be [batch, time, ...] with a step, not [2, 0, 3]", &|| {
            drop(LastStep.forward(pass, none).value())
        }),
        ("self_attention: x must be [batch, time, 4], not [2, 5, 6]", &|| {
            drop(attention.forward(pass, x).value())
        }),
        ("self_attention: x must be [batch, time, 4], not [2, 3]", &|| {
            drop(attention.forward(pass, flat).value())
        }),
        (
            "scaled_dot_product_attention: query [2, 5, 6], key [2, 0, 3], value [2, 0, 3] do not \
             fit: they must be [..., time, d], [..., steps, d], [..., steps, width]",
            &|| drop(scaled_dot_product_attention(x, none, none, Seen::All).value()),
        ),
        (
            "scaled_dot_product_attention: a causal query needs a key of its own, but there are 5 queries \
             and 3 keys: the queries are at the last of the keys",
            &|| {
                let keys = x.slice(1, ..3);
                drop(scaled_dot_product_attention(x, keys, keys, Seen::Causal).value())
            },
        ),
        ("scaled_dot_product_attention: row 1 of the condition [5, 1] sees no step", &|| {
            drop(scaled_dot_product_attention(x, x, x, Seen::Where(&half)).value())
        }),
        (
            "scaled_dot_product_attention: shape [3, 1, 1, 5] does not expand to [2, 5, 5]: aligned at the last \
             axis, each length must be equal to the target's or 1",
            &|| drop(scaled_dot_product_attention(x, x, x, Seen::Where(&wide)).value()),
        ),
        (
            "self_attention: 4 features cannot be divided among 3 heads: choose a number of heads \
             that divides them",
            &|| {
                let _ = SelfAttention::new(&mut Parameters::new(0), "attention", 4, 3);
            },
        ),
    ];
    for (expected, run) in cases {
        assert_eq!(mistakes::message(run), expected);
    }
}

/// Texts of ids from 1 to 8, and a batch of them, padded with 0.
fn padded_texts() -> impl Strategy<Value = (Vec<Vec<u32>>, Tensor<u32>)> {
    prop::collection::vec(prop::collection::vec(1..9_u32, 1..7), 1..5).prop_map(|texts| {
        let longest = texts.iter().map(Vec::len).max().unwrap();
        let padding = |text: &Vec<u32>| std::iter::repeat_n(0, longest - text.len());
        let rows = texts.iter().flat_map(|text| text.iter().copied().chain(padding(text)));
        let ids = Tensor::new([texts.len(), longest], rows.collect());
        (texts, ids)
    })
}

/// Asserts that `model` computes the same for each text alone as for all of them as one padded batch, and that the
/// gradients of all parameters are the same.
fn assert_ignores_padding(
    parameters: &Parameters<f64>,
    (texts, ids): &(Vec<Vec<u32>>, Tensor<u32>),
    model: impl for<'t> Fn(Pass<'t, f64>, &Tensor<u32>) -> Var<'t, f64>,
) {
    let run = |ids: &Tensor<u32>| {
        let tape = Tape::default();
        let y = model(Pass::eval(&tape, parameters), ids);
        (y.value(), (y * y).sum_all().backward())
    };
    let (together, gradients) = run(ids);
    let alone = texts.iter().map(|text| run(&Tensor::new([1, text.len()], text.clone())));
    let (alone, gradients_alone): (Vec<_>, Vec<_>) = alone.unzip();
    assert_relative_eq!(together, Tensor::concat(&alone, 0), epsilon = 1e-12);
    for id in parameters.ids() {
        let each = gradients_alone.iter().map(|gradients| gradients.get(id).expect("it is used"));
        let sum = each.fold(Tensor::zeros(parameters.shape(id)), |sum, gradient| sum + gradient);
        assert_relative_eq!(gradients.get(id).expect("it is used"), &sum, epsilon = 1e-11);
    }
}

proptest! {
    #[test]
    fn the_last_steps_of_padded_texts_are_those_of_each_text_alone(
        texts in padded_texts(), seed: u64
    ) {
        let mut parameters = Parameters::<f64>::with_seed(seed);
        let embedding = Embedding::new(&mut parameters, "embedding", 9, 3).padding(0);
        let gru = Gru::new(&mut parameters, "gru", 3, 4);
        assert_ignores_padding(&parameters, &texts, |pass, ids| {
            last_steps(gru.forward(pass, embedding.forward(pass, ids)), &lengths(ids, 0))
        });
    }

    #[test]
    fn attention_to_padded_texts_is_that_to_each_text_alone(
        texts in padded_texts(), causal: bool, seed: u64
    ) {
        let mut parameters = Parameters::<f64>::with_seed(seed);
        let embedding = Embedding::new(&mut parameters, "embedding", 9, 4).padding(0);
        let attention = SelfAttention::new(&mut parameters, "attention", 4, 2);
        let attention = if causal { attention.causal() } else { attention };
        assert_ignores_padding(&parameters, &texts, |pass, ids| {
            let (x, lengths) = (embedding.forward(pass, ids), lengths(ids, 0));
            mean_steps(attention.forward_padded(pass, x, &lengths), &lengths)
        });
    }

    #[test]
    fn attention_where_a_condition_is_true_is_attention_to_these_steps(
        (q, k, v) in (sequences(2, 3, 2), sequences(2, 4, 2), sequences(2, 4, 1)),
        seen in prop::collection::vec(any::<bool>(), 4),
    ) {
        let ids: Vec<u32> = (0..4).filter(|&step| seen[step as usize]).collect();
        prop_assume!(!ids.is_empty());
        let tape = Tape::<f64>::default();
        let [query, key, value] = [&q, &k, &v].map(|x| tape.variable(x.clone()));
        let [some_keys, some_values] = [key, value].map(|x| {
            x.transpose(0, 1).gather_rows(&Tensor::new([ids.len()], ids.clone())).transpose(0, 1)
        });
        let seen = Tensor::new([4], seen);
        let found = scaled_dot_product_attention(query, key, value, Seen::Where(&seen));
        let expected = scaled_dot_product_attention(query, some_keys, some_values, Seen::All);
        assert_relative_eq!(found.value(), expected.value(), epsilon = 1e-12);
        let [found, expected] = [found, expected].map(|y| (y * y).sum_all().backward());
        for x in [query, key, value] {
            assert_relative_eq!(found.of(x), expected.of(x), epsilon = 1e-12);
        }
    }

    #[test]
    fn causal_attention_is_attention_where_a_triangle_is_true(
        (q, k, v) in (sequences(2, 3, 2), sequences(2, 5, 2), sequences(2, 5, 1))
    ) {
        let tape = Tape::<f64>::default();
        let [query, key, value] = [&q, &k, &v].map(|x| tape.constant(x.clone()));
        let triangle = Tensor::new([3, 5], (0..15).map(|k| k % 5 <= 2 + k / 5).collect());
        let [found, expected] = [Seen::Causal, Seen::Where(&triangle)]
            .map(|seen| scaled_dot_product_attention(query, key, value, seen).value());
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn the_mean_of_steps_is_that_of_their_slice(x in sequences(3, 5, 2), lengths in [1..=5_u32, 1..=5_u32, 1..=5_u32]) {
        let tape = Tape::<f64>::default();
        let mean = mean_steps(tape.constant(x.clone()), &Tensor::from(lengths)).value();
        for (sequence, length) in lengths.into_iter().enumerate() {
            let steps = x.slice(0, sequence..=sequence).slice(1, ..length as usize);
            assert_relative_eq!(mean.slice(0, sequence..=sequence), steps.mean(&[1]), epsilon = 1e-14);
        }
    }
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    let tape = Tape::<f64>::default();
    let x = tape.constant(Tensor::ones([2, 3, 1]));
    let refused = |lengths: Tensor<u32>| {
        let [last, mean] = [
            message(|| last_steps(x, &lengths).value()),
            message(|| mean_steps(x, &lengths).value()),
        ];
        assert_eq!(mean, last.replace("last_steps", "mean_steps"));
        last
    };
    assert_eq!(
        refused(Tensor::from([1])),
        "last_steps: x [2, 3, 1] and lengths [1] must be [batch, time, ...] and [batch]"
    );
    for length in [0, 4] {
        assert_eq!(
            refused(Tensor::from([3, length])),
            format!("last_steps: sequence 1 has length {length}, but must have from 1 to 3 steps")
        );
    }
}
