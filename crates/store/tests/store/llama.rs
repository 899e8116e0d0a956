//! Language models of Hugging Face: those that transformers made compute here what they compute there.
//! `tests/reference/llama.py` says how the references were made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use autograd::{Parameters, Pass, Tape};
use nn::{Decoder, Model, TokenCrossEntropy};
use optim::{AdamW, Optimizer};
use serde::Deserialize;
use store::{Float, read_llama};
use tempfile::tempdir;
use tensor::Tensor;

/// The models of the references.
pub(crate) const MODELS: [&str; 2] = ["untied", "tied"];

pub(crate) fn reference(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/llama").join(model)
}

/// What transformers computed.
#[derive(Deserialize)]
pub(crate) struct Expected {
    adamw: Settings,
    /// The tokens of each text: all but the last are inputs, all but the first are targets.
    pub(crate) batches: Vec<Vec<Vec<u32>>>,
    logits: Vec<Vec<Vec<f64>>>,
    /// Before each step.
    losses: Vec<f64>,
    continuation: Vec<u32>,
}

#[derive(Deserialize)]
struct Settings {
    lr: f64,
    betas: [f64; 2],
    eps: f64,
    weight_decay: f64,
}

pub(crate) fn expected(model: &str) -> Expected {
    serde_json::from_slice(&fs::read(reference(model).join("expected.json")).unwrap()).unwrap()
}

/// Reads a file of a reference whose tensors have the names and the shapes of the weights.
fn like_weights(model: &str, file: &str) -> Parameters<f64> {
    let folder = tempdir().unwrap();
    fs::copy(reference(model).join("config.json"), folder.path().join("config.json")).unwrap();
    fs::copy(reference(model).join(file), folder.path().join("model.safetensors")).unwrap();
    read_llama(folder.path()).unwrap().1
}

/// Returns inputs and targets.
pub(crate) fn split(batch: &[Vec<u32>]) -> [Tensor<u32>; 2] {
    let (texts, time) = (batch.len(), batch[0].len() - 1);
    let part = |first: usize| batch.iter().flat_map(move |text| text[first..first + time].to_vec());
    [0, 1].map(|first| Tensor::new([texts, time], part(first).collect()))
}

pub(crate) fn logits<T: Float>(
    model: &Decoder,
    parameters: &Parameters<T>,
    ids: &Tensor<u32>,
) -> Tensor<f64> {
    let tape = Tape::no_grad();
    model.forward(Pass::eval(&tape, parameters), ids).value().cast()
}

/// Returns the largest |found − reference| / (1 + |reference|).
pub(crate) fn worst<'a>(pairs: impl IntoIterator<Item = (&'a f64, &'a f64)>) -> f64 {
    let error =
        |(found, reference): (&f64, &f64)| (found - reference).abs() / (1.0 + reference.abs());
    pairs
        .into_iter()
        .map(error)
        .fold(0.0, |worst, error| if error <= worst { worst } else { error })
}

fn worst_logit<T: Float>(model: &str) -> f64 {
    let (decoder, parameters) = read_llama::<T>(reference(model)).unwrap();
    let expected = expected(model);
    let found = logits(&decoder, &parameters, &split(&expected.batches[0])[0]).to_vec();
    let reference: Vec<f64> = expected.logits.into_iter().flatten().flatten().collect();
    assert_eq!(found.len(), reference.len());
    worst(found.iter().zip(&reference))
}

/// Compares all trainable parameters with a reference, by name.
#[track_caller]
fn assert_close(what: &str, found: &BTreeMap<String, Tensor<f64>>, reference: &Parameters<f64>) {
    for (id, name, reference) in reference.iter() {
        let is_gate = name.contains("swiglu");
        assert_eq!(found.contains_key(name), !is_gate, "{what} of {name}");
        if !is_gate {
            let found = found[name].to_vec();
            let error = worst(found.iter().zip(&reference.to_vec()));
            assert!(error < 1e-10, "{what} of {name} ({id:?}): {error:e}");
        }
    }
}

#[test]
fn logits_are_those_of_transformers() {
    for model in MODELS {
        let (double, single) = (worst_logit::<f64>(model), worst_logit::<f32>(model));
        println!("{model}: logits in f64 {double:.1e}, in f32 {single:.1e}");
        assert!(double < 1e-10, "{model} in f64: {double:e}");
        assert!(single < 1e-5, "{model} in f32: {single:e}");
    }
}

#[test]
fn gradients_are_those_of_transformers() {
    for model in MODELS {
        let (decoder, parameters) = read_llama::<f64>(reference(model)).unwrap();
        let [inputs, targets] = split(&expected(model).batches[0]);
        let tape = Tape::default();
        let logits = decoder.forward(Pass::eval(&tape, &parameters), &inputs);
        let gradients = TokenCrossEntropy.of(logits, &targets).backward();
        let found = gradients
            .iter()
            .map(|(id, gradient)| (parameters.name(id).to_string(), gradient.dense().clone()));
        let reference = like_weights(model, "gradients.safetensors");
        assert_close("the gradient", &found.collect(), &reference);
    }
}

#[test]
fn twenty_steps_of_adamw_are_those_of_transformers() {
    for model in MODELS {
        let (decoder, mut parameters) = read_llama::<f64>(reference(model)).unwrap();
        let Expected { adamw, batches, losses, .. } = expected(model);
        let [beta1, beta2] = adamw.betas;
        let mut optimizer =
            AdamW::new(adamw.lr).betas(beta1, beta2).epsilon(adamw.eps).decay(adamw.weight_decay);
        for (step, (batch, reference)) in batches.iter().zip(&losses).enumerate() {
            let [inputs, targets] = split(batch);
            let tape = Tape::default();
            let logits = decoder.forward(Pass::eval(&tape, &parameters), &inputs);
            let loss = TokenCrossEntropy.of(logits, &targets);
            assert!((loss.item() - reference).abs() < 1e-10, "{model}, step {step}");
            let gradients = loss.backward();
            optimizer.step(&mut parameters, &gradients);
        }
        let trainable = parameters.iter().filter(|(id, ..)| parameters.is_trainable(*id));
        let found = trainable.map(|(_, name, value)| (name.to_string(), value.clone())).collect();
        assert_close("the trained value", &found, &like_weights(model, "trained.safetensors"));
    }
}

#[test]
fn the_greedy_continuation_is_that_of_transformers() {
    for model in MODELS {
        let (decoder, parameters) = read_llama::<f64>(reference(model)).unwrap();
        let Expected { batches, continuation, .. } = expected(model);
        let mut tokens = batches[0][0][..3].to_vec();
        let mut cache = decoder.cache();
        let mut last = decoder.extend(&parameters, &mut cache, &tokens);
        while tokens.len() < continuation.len() {
            let next = last.slice(0, last.shape()[0] - 1..).argmax(-1).item();
            tokens.push(next);
            last = decoder.extend(&parameters, &mut cache, &[next]);
        }
        assert_eq!(tokens, continuation, "{model}");
    }
}
