//! What a decoder promises: right gradients, no look at later tokens, and a cache that changes nothing.

use autograd::check;
use autograd::{Parameters, Pass, Tape};
use nn::{Decoder, DecoderConfig, FeedForwardKind, KeyValueCache, Model, TokenCrossEntropy};
use proptest::prelude::*;
use tensor::{Key, Scalar, Tensor};

const KINDS: [FeedForwardKind; 4] = [
    FeedForwardKind::Relu,
    FeedForwardKind::Gelu,
    FeedForwardKind::SiluGated,
    FeedForwardKind::SwiGLU,
];

/// A model for five tokens, of a kind that depends on the seed: every feed-forward part, with heads that
/// share keys and heads that do not, tied and not.
pub fn small_decoder(seed: u64) -> DecoderConfig {
    DecoderConfig {
        vocabulary: 5,
        width: 4,
        layers: 2,
        heads: 2,
        key_value_heads: 1 + seed as usize % 2,
        feed_forward: 3,
        context: 8,
        theta: 100.0,
        epsilon: 0.1,
        tied: seed.is_multiple_of(3),
        dropout: 0.0,
        kind: KINDS[seed as usize / 2 % 4],
    }
}

/// A model with weights that are not small, so that every part matters.
fn drawn_model<T: Scalar>(seed: u64) -> (Parameters<T>, Decoder) {
    let mut parameters = Parameters::with_seed(seed);
    let model = Decoder::new(&mut parameters, small_decoder(seed));
    let key = Key::new(seed);
    let ids: Vec<_> = parameters.ids().collect();
    for (number, id) in ids.into_iter().enumerate() {
        let shape = parameters.shape(id).to_vec();
        *parameters.get_mut(id) = Tensor::normal(shape, 0.3, 0.8, key.fold_in(number as u64));
    }
    (parameters, model)
}

fn texts(batch: usize, time: usize) -> impl Strategy<Value = Tensor<u32>> {
    let ids = prop::collection::vec(0..5u32, batch * time);
    ids.prop_map(move |ids| Tensor::new([batch, time], ids))
}

fn logits<T: Scalar>(parameters: &Parameters<T>, model: &Decoder, ids: &Tensor<u32>) -> Tensor<T> {
    let tape = Tape::no_grad();
    model.forward(Pass::eval(&tape, parameters), ids).value()
}

/// Returns the largest absolute value; NaN if there is one.
fn largest(x: &Tensor<f64>) -> f64 {
    x.to_vec().into_iter().map(f64::abs).fold(0.0, Scalar::maximum)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_parameter_has_a_gradient(seed: u64, ids in texts(2, 4)) {
        // Where all tokens of a text are one, it does not matter which of them attention takes.
        let tokens = ids.to_vec();
        prop_assume!(tokens.chunks(4).any(|text| text.iter().any(|&token| token != text[0])));
        let (parameters, model) = drawn_model::<f64>(seed);
        let tape = Tape::<f64>::default();
        let targets = Tensor::from([[1, 2, 3, 0], [0, 4, 4, 1]]);
        let loss = TokenCrossEntropy.of(model.forward(Pass::eval(&tape, &parameters), &ids), &targets);
        let gradients = loss.backward();
        // The hidden features of a ReLU may all be 0.
        let is_relu = model.config().kind == FeedForwardKind::Relu;
        for id in parameters.ids().filter(|&id| parameters.is_trainable(id)) {
            let name = parameters.name(id);
            if is_relu && name.contains("feed_forward") {
                continue;
            }
            let gradient = gradients.get(id).expect("a gradient");
            prop_assert!(gradient.to_vec().iter().any(|&x| x != 0.0), "{} has none", name);
        }
    }

    #[test]
    fn a_token_changes_no_logit_before_it(seed: u64, ids in texts(1, 6), at in 0..6usize, to in 0..5u32) {
        let (mut parameters, model) = drawn_model::<f32>(seed);
        // Scores of ±10⁴: what a mask adds to must not show.
        for id in parameters.ids().collect::<Vec<_>>() {
            if parameters.name(id).contains("query") {
                *parameters.get_mut(id) = parameters.get(id).map(|x| x * 1e4);
            }
        }
        let mut changed = ids.to_vec();
        changed[at] = to;
        let changed = Tensor::new([1, 6], changed);
        let [before, after] = [&ids, &changed].map(|ids| logits(&parameters, &model, ids));
        prop_assert_eq!(before.slice(1, ..at).to_vec(), after.slice(1, ..at).to_vec());
    }

    #[test]
    fn a_loss_has_no_gradient_in_later_embeddings(seed: u64, at in 0..4usize) {
        let (parameters, model) = drawn_model::<f64>(seed);
        // Token 4 occurs only after `at`, and token 3 is not used.
        let ids: Vec<u32> = (0..5).map(|t| if t > at { 4 } else { t as u32 % 3 }).collect();
        let tape = Tape::<f64>::default();
        let y = model.forward(Pass::eval(&tape, &parameters), &Tensor::new([1, 5], ids));
        // Without the logit of token 4: in a tied model its row of the table makes that, too.
        let gradients = y.slice(1, ..at + 1).slice(2, ..4).sum_all().backward();
        let table = gradients.get(model.table()).expect("a gradient");
        prop_assert!(table.slice(0, 4..).to_vec().iter().all(|&x| x == 0.0));
        prop_assert!(table.slice(0, ..1).to_vec().iter().any(|&x| x != 0.0));
    }

    #[test]
    fn a_cache_gives_the_logits_of_the_whole_text(seed: u64, ids in texts(1, 8), cut in 1..8usize) {
        let (parameters, model) = drawn_model::<f64>(seed);
        let whole = logits(&parameters, &model, &ids).squeeze(&[0]);
        let tokens = ids.to_vec();
        let (mut one_by_one, mut in_chunks) = (model.cache(), model.cache());
        let single: Vec<_> = tokens
            .iter()
            .map(|&token| model.extend(&parameters, &mut one_by_one, &[token]))
            .collect();
        let chunks = [&tokens[..cut], &tokens[cut..]]
            .map(|chunk| model.extend(&parameters, &mut in_chunks, chunk));
        for other in [Tensor::concat(&single, 0), Tensor::concat(&chunks, 0)] {
            let apart = largest(&(&whole - &other));
            prop_assert!(apart <= 1e-12 * largest(&whole), "{apart}");
        }
        let (last, mut cache) = (whole.slice(0, tokens.len() - 1..).squeeze(&[0]), model.cache());
        let alone = model.extend_to_last(&parameters, &mut cache, &tokens);
        prop_assert_eq!((alone.shape(), cache.len()), (last.shape(), tokens.len()));
        let apart = largest(&(&last - &alone));
        prop_assert!(apart <= 1e-12 * largest(&last), "{apart}");
    }
}

#[test]
fn a_whole_decoder_has_right_gradients() {
    // Two of each kind of feed-forward part.
    for seed in 0..8 {
        let (parameters, model) = drawn_model::<f64>(seed);
        let ids = Tensor::from([[1, 4, 2], [0, 3, 3]]);
        let targets = Tensor::from([[1, 2, 3], [0, TokenCrossEntropy::IGNORED, 4]]);
        let report = check::parameters(&parameters, |pass| {
            TokenCrossEntropy.of(model.forward(pass, &ids), &targets)
        });
        report.result().expect("right gradients");
    }
}

#[test]
fn an_untrained_decoder_is_near_the_loss_of_guessing() {
    let mut parameters = Parameters::<f32>::new(1);
    let model = Decoder::new(&mut parameters, DecoderConfig::small(65));
    let ids: Vec<u32> = (0..256).map(|k| k * 37 % 65).collect();
    let ids = Tensor::new([2, 128], ids);
    let tape = Tape::new();
    let logits = model.forward(Pass::eval(&tape, &parameters), &ids);
    let loss = TokenCrossEntropy.of(logits, &ids).item();
    assert!((loss - 65f32.ln()).abs() < 0.1, "{loss}");
}

/// Each block adds the products of two such matrices to what it was given.
#[test]
fn weights_that_add_to_the_residual_begin_smaller_the_more_blocks_there_are() {
    let weight = |layers, name: &str| {
        let mut parameters = Parameters::<f64>::with_seed(3);
        Decoder::new(&mut parameters, DecoderConfig { layers, ..small_decoder(7) });
        parameters.get(parameters.find(name).expect("a weight")).clone()
    };
    for (matrix, ratio) in [
        ("attention.output", 2.0),
        ("feed_forward.down", 2.0),
        ("attention.value", 1.0),
        ("feed_forward.up", 1.0),
    ] {
        let name = format!("blocks.0.{matrix}.weight");
        let [of_two, of_eight] = [2, 8].map(|layers| weight(layers, &name));
        assert!(largest(&(&of_two - &(&of_eight * ratio))) < 1e-15, "{matrix}");
        assert!(largest(&of_two) > 0.0, "{matrix}");
    }
}

#[test]
fn the_count_of_parameters_is_what_a_decoder_has() {
    for seed in 0..24 {
        let mut parameters = Parameters::<f32>::new(0);
        let config = small_decoder(seed);
        let model = Decoder::new(&mut parameters, config);
        let trainable = parameters.ids().filter(|&id| parameters.is_trainable(id));
        let count: usize = trainable.map(|id| parameters.get(id).len()).sum();
        assert_eq!(count, model.config().parameter_count());
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let config = DecoderConfig::small(10);
    let wrong = [
        (DecoderConfig { layers: 0, ..config.clone() }, "layers is 0"),
        (DecoderConfig { width: 60, ..config.clone() }, "choose a multiple of 8"),
        (DecoderConfig { key_value_heads: 3, ..config.clone() }, "choose a number that divides 4"),
        (DecoderConfig { theta: f64::NAN, ..config.clone() }, "theta NaN"),
        (DecoderConfig { dropout: 1.0, ..config.clone() }, "dropout must be"),
    ];
    for (config, message) in wrong {
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    assert!(config.check().is_ok());
}

/// A cache for the whole context would not fit into memory.
#[test]
fn a_cache_takes_memory_as_it_fills() {
    let mut parameters = Parameters::<f64>::with_seed(1);
    let config = DecoderConfig { context: 1 << 50, ..DecoderConfig::small(11) };
    let model = Decoder::new(&mut parameters, config);
    let mut cache = model.cache();
    assert_eq!(cache.room(), 1 << 50);
    for tokens in [&[1, 2, 3][..], &[4], &[5, 6]] {
        model.extend(&parameters, &mut cache, tokens);
    }
    assert_eq!((cache.len(), cache.room()), (6, (1 << 50) - 6));
}

/// The shapes may be the same: the cache's keys would be read as this model's own.
#[test]
fn a_cache_of_another_model_is_refused() {
    let mut parameters = Parameters::<f64>::with_seed(1);
    let mut others = Parameters::<f64>::with_seed(2);
    let model = Decoder::new(&mut parameters, DecoderConfig::small(11));
    let other = Decoder::new(&mut others, DecoderConfig::small(11));
    let mut cache = other.cache();
    other.extend(&others, &mut cache, &[1, 2]);
    let refused =
        "decoder: the cache was made by another model: use one of this model's own `cache`";
    let extend = |cache: &mut KeyValueCache<f64>| model.extend(&parameters, cache, &[3]);
    assert_eq!(mistakes::message(|| extend(&mut cache)), refused);
    let extend_to_last =
        |cache: &mut KeyValueCache<f64>| model.extend_to_last(&parameters, cache, &[3]);
    assert_eq!(mistakes::message(|| extend_to_last(&mut cache)), refused);
    // A copy of the model, and one with copied weights, continue with its cache.
    let before = other.extend(&others, &mut cache.clone(), &[3]);
    assert_eq!(other.clone().extend(&others.clone(), &mut cache, &[3]), before);
}

#[test]
fn sizes_whose_product_overflows_are_refused() {
    let small = DecoderConfig::small(11);
    let large = 1 << 40;
    for config in [
        DecoderConfig { width: large, ..small.clone() },
        DecoderConfig { feed_forward: usize::MAX, ..small.clone() },
        DecoderConfig { vocabulary: usize::MAX, ..small.clone() },
        DecoderConfig { layers: usize::MAX, ..small.clone() },
        DecoderConfig { width: 1 << 63, heads: 1 << 63, key_value_heads: 1, ..small.clone() },
    ] {
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains("choose"), "{error}");
    }
    assert_eq!(
        small.parameter_count(),
        11 * 64 + 2 * (4 * 64 * 64 + 3 * 64 * 172 + 2 * 64 + 2) + 64
    );
}

/// The parameters in bf16, and the same numbers as tensors: the plain form.
fn in_bf16(seed: u64) -> ([Parameters; 2], Decoder) {
    let (parameters, model) = drawn_model::<f32>(seed);
    let rounded = model.in_bf16(&parameters).expect("small weights");
    let widened = rounded.clone();
    ([rounded, widened], model)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn weights_in_bf16_are_multiplied_like_the_same_numbers_in_f32(seed: u64, ids in texts(1, 6), at in 1..6usize) {
        let (stores, model) = in_bf16(seed);
        let tokens = ids.to_vec();
        let [found, plain] = stores.each_ref().map(|parameters| {
            let mut cache = model.cache();
            let first = model.extend(parameters, &mut cache, &tokens[..at]);
            let one = model.extend_to_last(parameters, &mut cache, &tokens[at..at + 1]).unsqueeze(0);
            Tensor::concat(&[&first, &one], 0).cast::<f64>()
        });
        prop_assert!(largest(&(&found - &plain)) <= 1e-5 * largest(&plain).max(1.0));
        prop_assert!(stores[0].ids().any(|id| stores[0].row_source(id).is_some()));
    }

    #[test]
    fn in_bf16_a_weight_changes_by_a_part_in_256_at_most_and_a_norm_not_at_all(seed: u64) {
        let (parameters, model) = drawn_model::<f32>(seed);
        let rounded = model.in_bf16(&parameters).expect("small weights");
        for (id, name, value) in parameters.iter() {
            let allowed = if value.rank() == 2 { 1.0 / 256.0 } else { 0.0 };
            let changed = rounded.get(id).to_vec();
            let is_near = value.to_vec().iter().zip(&changed).all(|(x, y)| (x - y).abs() <= allowed * x.abs());
            prop_assert!(is_near, "{}", name);
            prop_assert_eq!(value.rank() == 2, changed != value.to_vec(), "{}", name);
        }
    }

    #[test]
    fn weights_in_bf16_get_the_gradients_of_the_same_numbers_in_f32(seed: u64, ids in texts(2, 4)) {
        let (stores, model) = in_bf16(seed);
        let targets = Tensor::from([[1, 2, 3, 0], [0, 4, 4, 1]]);
        let [found, plain] = stores.each_ref().map(|parameters| {
            let tape = Tape::new();
            let logits = model.forward(Pass::eval(&tape, parameters), &ids);
            let gradients = TokenCrossEntropy.of(logits, &targets).backward();
            parameters.ids().map(|id| gradients.get(id).map(|x| x.to_vec())).collect::<Vec<_>>()
        });
        prop_assert_eq!(found, plain);
    }
}

#[test]
fn a_weight_that_is_too_large_for_bf16_is_refused_with_its_name_and_place() {
    let (mut parameters, model) = drawn_model::<f32>(1);
    let id =
        parameters.find("blocks.1.feed_forward.down.weight").expect("a parameter of this name");
    parameters.get_mut(id).as_mut_slice()[9] = f32::MAX;
    let error = model.in_bf16(&parameters).expect_err("it would become infinite");
    assert_eq!(
        error.to_string(),
        "the parameter `blocks.1.feed_forward.down.weight`: 3.4028235e38 in row 2, column 1, would become infinite: \
         the largest number of bf16 is 3.3895314e38"
    );
}
