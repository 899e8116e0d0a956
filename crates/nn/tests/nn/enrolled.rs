//! Every layer and model of this crate passes the gradient check, with respect to its parameters
//! and its input. The list below is compared with the sources: a new layer must be on it.

use std::collections::BTreeSet;
use std::path::Path;

use autograd::Parameters;
use autograd::check::strategy::assert_each;
use autograd::check::strategy::numbers;
use autograd::check::{self, Report};
use nn::{
    Activation, ActivationKind, AvgPool2d, Conv2d, Decoder, DecoderConfig, Dense, Embedding,
    Features, FeedForwardKind, Flatten, GatedSwiGLU, Gru, LastStep, Layer, LayerNorm, Lstm,
    MaxPool2d, Model, RMSNorm, Residual, SelfAttention, Sequential, SwiGLU, dropout,
};
use proptest::prelude::*;
use proptest::test_runner::Config;
use tensor::strategy::tensors;
use tensor::{Key, Tensor};

use crate::decoder::small_decoder;

/// Checks a layer, whose parameters were just made, on an input.
fn check_layer(parameters: &Parameters<f64>, layer: &impl Layer, x: &Tensor<f64>) -> Report {
    check::layer(parameters, std::array::from_ref(x), |pass, [x]| layer.forward(pass, x))
}

/// Checks a model on a batch of raw data.
fn check_model<M: Model>(parameters: &Parameters<f64>, model: &M, x: &M::Input) -> Report {
    check::parameters(parameters, |pass| model.forward(pass, x))
}

/// What a case is drawn from: an input `[n, 2·half]` in any layout, token ids `[n, 2·half]`, images
/// `[n, half, height, width]` at least 2 high and wide, short sequences `[n, time, features]` of at
/// least one step with 0 or 2 features, a seed.
#[derive(Debug)]
struct Drawn {
    x: Tensor<f64>,
    ids: Tensor<u32>,
    images: Tensor<f64>,
    sequences: Tensor<f64>,
    seed: u64,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let shape = (0..4usize, 0..3usize, 2..4usize, 2..4usize, any::<u64>());
    shape.prop_flat_map(|(n, half, height, width, seed)| {
        let ids = prop::collection::vec(0..5u32, n * 2 * half);
        let ids = ids.prop_map(move |ids| Tensor::new([n, 2 * half], ids));
        let x = tensors(vec![n, 2 * half], numbers(-2.0..2.0));
        let images = tensors(vec![n, half, height, width], numbers(-2.0..2.0));
        let sequences = tensors(vec![n.min(2), height - 1, 2 * half.min(1)], numbers(-2.0..2.0));
        (x, ids, images, sequences).prop_map(move |(x, ids, images, sequences)| Drawn {
            x,
            ids,
            images,
            sequences,
            seed,
        })
    })
}

type Check = fn(&Drawn) -> Report;

const LAYERS: &[(&str, Check)] = &[
    ("Activation", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let (name, kind) = ActivationKind::ALL[drawn.seed as usize % ActivationKind::ALL.len()];
        let layer = kind.layer(&mut parameters, name);
        check_layer(&parameters, &layer, &drawn.x)
    }),
    ("AvgPool2d", |drawn| {
        let layer = AvgPool2d::new([2, 2]).stride([1, 1]);
        check_layer(&Parameters::with_seed(drawn.seed), &layer, &drawn.images)
    }),
    ("Box", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let inputs = drawn.x.shape()[1];
        let layer = Dense::new(&mut parameters, "dense", inputs, 2).boxed().then(Activation::Tanh);
        check_layer(&parameters, &layer, &drawn.x)
    }),
    ("Conv2d", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let channels = drawn.images.shape()[1];
        let with = Conv2d::new(&mut parameters, "with", channels, 2, [2, 2]).padding([1, 0]);
        let without = Conv2d::without_bias(&mut parameters, "without", 2, 1, [2, 1]);
        let layer = with.then(without.stride([1, 2]).dilation([2, 1]));
        check_layer(&parameters, &layer, &drawn.images)
    }),
    // Without the corner of ReLU, which a second derivative may meet by chance.
    ("Decoder", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let config = DecoderConfig {
            width: 2,
            layers: 1,
            heads: 1,
            key_value_heads: 1,
            feed_forward: 2,
            kind: [FeedForwardKind::Gelu, FeedForwardKind::SwiGLU][drawn.seed as usize % 2],
            ..small_decoder(drawn.seed)
        };
        let model = Decoder::new(&mut parameters, config);
        check_model(&parameters, &model, &drawn.ids)
    }),
    ("Dense", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let inputs = drawn.x.shape()[1];
        let layer = Dense::new(&mut parameters, "with", inputs, 3).then(Dense::without_bias(
            &mut parameters,
            "without",
            3,
            2,
        ));
        check_layer(&parameters, &layer, &drawn.x)
    }),
    // In training, where it does something; the other layers are checked in evaluation.
    ("Dropout", |drawn| {
        let key = Key::new(drawn.seed);
        check::inputs(std::array::from_ref(&drawn.x), |[x]| dropout(x, 0.5, key))
    }),
    ("Embedding", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let model = Embedding::new(&mut parameters, "embedding", 5, 2).padding(0);
        check_model(&parameters, &model, &drawn.ids)
    }),
    ("EmbeddingMean", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let model = Embedding::new(&mut parameters, "embedding", 5, 2).padding(0).mean();
        check_model(&parameters, &model, &drawn.ids)
    }),
    ("Features", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let features = drawn.x.shape()[1];
        let model = Features::new(features).then(Dense::new(&mut parameters, "dense", features, 2));
        check_model(&parameters, &model, &drawn.x.cast())
    }),
    ("Flatten", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let features: usize = drawn.images.shape()[1..].iter().product();
        let layer = Flatten.then(Dense::new(&mut parameters, "dense", features, 2));
        check_layer(&parameters, &layer, &drawn.images)
    }),
    ("GatedSwiGLU", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let layer = GatedSwiGLU::new(&mut parameters, "gated", -1);
        check_layer(&parameters, &layer, &drawn.x)
    }),
    ("Gru", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let layer = Gru::new(&mut parameters, "gru", drawn.sequences.shape()[2], 2);
        check_layer(&parameters, &layer, &drawn.sequences)
    }),
    ("LastStep", |drawn| {
        check_layer(&Parameters::with_seed(drawn.seed), &LastStep, &drawn.sequences)
    }),
    ("LayerNorm", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let features = drawn.x.shape()[1];
        let layer = LayerNorm::new(&mut parameters, "norm", features).epsilon(0.5);
        check_layer(&parameters, &layer, &drawn.x)
    }),
    ("Lstm", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let layer = Lstm::new(&mut parameters, "lstm", drawn.sequences.shape()[2], 2);
        check_layer(&parameters, &layer, &drawn.sequences)
    }),
    ("MaxPool2d", |drawn| {
        let layer = MaxPool2d::new([2, 2]).stride([2, 1]);
        check_layer(&Parameters::with_seed(drawn.seed), &layer, &drawn.images)
    }),
    ("Option", |drawn| {
        let layer = Some(Activation::Tanh).then(None::<Activation>);
        check_layer(&Parameters::with_seed(drawn.seed), &layer, &drawn.x)
    }),
    ("RMSNorm", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let features = drawn.x.shape()[1];
        let layer = RMSNorm::new(&mut parameters, "norm", features).epsilon(0.5);
        check_layer(&parameters, &layer, &drawn.x)
    }),
    ("Residual", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let features = drawn.x.shape()[1];
        let layer = Residual(Dense::new(&mut parameters, "dense", features, features));
        check_layer(&parameters, &layer, &drawn.x)
    }),
    ("SelfAttention", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let (features, heads) = (drawn.sequences.shape()[2], 1 + drawn.seed as usize % 2);
        let layer = SelfAttention::new(&mut parameters, "attention", features, heads);
        match drawn.seed % 3 {
            0 => check_layer(&parameters, &layer, &drawn.sequences),
            _ => check_layer(&parameters, &layer.causal(), &drawn.sequences),
        }
    }),
    ("Sequential", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let mut layers = Sequential::new();
        layers.push(Dense::new(&mut parameters, "dense", drawn.x.shape()[1], 2));
        layers.push(SwiGLU::new(&mut parameters, "swiglu"));
        check_layer(&parameters, &layers, &drawn.x)
    }),
    ("SwiGLU", |drawn| {
        let mut parameters = Parameters::with_seed(drawn.seed);
        let layer = SwiGLU::new(&mut parameters, "one").then(SwiGLU::per_feature(
            &mut parameters,
            "each",
            drawn.x.shape()[1],
        ));
        check_layer(&parameters, &layer, &drawn.x)
    }),
    ("Then", |drawn| {
        check_layer(
            &Parameters::with_seed(drawn.seed),
            &Activation::Gelu.then(Activation::Silu),
            &drawn.x,
        )
    }),
    ("Vec", |drawn| {
        check_layer(
            &Parameters::with_seed(drawn.seed),
            &vec![Activation::Tanh, Activation::Sigmoid],
            &drawn.x,
        )
    }),
];

#[test]
fn every_layer_has_right_gradients() {
    // On all cores: this takes longer than all other tests of this crate.
    std::thread::scope(|scope| {
        for (name, check) in LAYERS {
            scope.spawn(move || {
                assert_each(Config::default(), &drawn(), name, |drawn| Ok(check(&drawn).result()?));
            });
        }
    });
}

#[test]
fn every_layer_is_on_the_list() {
    let mut names = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
    let listed: BTreeSet<String> = LAYERS.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, listed);
}

/// The names of the types that implement `Layer` or `Model`, found in the sources' text.
fn collect(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            collect(&path, names);
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source file");
        for line in text.lines().filter(|line| line.starts_with("impl")) {
            let implemented = line.split_once(" Layer for ").or(line.split_once(" Model for "));
            if let Some((_, rest)) = implemented {
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
                names.insert(name);
            }
        }
    }
}
