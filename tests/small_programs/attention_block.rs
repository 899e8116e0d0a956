//! A block of a transformer, which looks something up in a sequence.

use wengert::data::Dataset;
use wengert::nn::{
    Activation, Dense, Features, LastStep, Layer, LayerNorm, Model, Residual, SelfAttention,
    SoftmaxCrossEntropy,
};
use wengert::optim::Adam;
use wengert::train::{Fit, Trainer};
use wengert::{Key, Parameters, Tensor};

/// x + attention(norm(x)), then x + feedforward(norm(x)).
fn block(parameters: &mut Parameters, width: usize) -> impl Layer + use<> {
    let attention = LayerNorm::new(parameters, "norm1", width)
        .then(SelfAttention::new(parameters, "attention", width, 2).causal());
    let feedforward = LayerNorm::new(parameters, "norm2", width)
        .then(Dense::new(parameters, "wide", width, 4 * width))
        .then(Activation::Gelu)
        .then(Dense::new(parameters, "narrow", 4 * width, width));
    Residual(attention).then(Residual(feedforward))
}

#[test]
fn the_last_step_finds_the_one_that_is_marked() {
    // One of 6 steps is marked by a 1. The class is the sign of its number.
    let numbers: Tensor = Tensor::normal([800, 6, 1], 0.0, 1.0, Key::new(1));
    let places = Tensor::random_bits([800, 1], Key::new(2)).map(|bits| bits % 6);
    let steps = Tensor::from([[0, 1, 2, 3, 4, 5]]);
    let marks = places.zip_map(&steps, |place, step| if place == step { 1.0 } else { 0.0 });
    let marks = marks.reshape([800, 6, 1]);
    let signs = (&numbers * &marks).sum(&[1, 2]).map(|x| u32::from(x > 0.0));
    let dataset = Dataset::new(Tensor::concat(&[numbers, marks], 2), signs);

    let mut parameters = Parameters::new(0);
    let model = Features::of([6, 2])
        .then(Dense::new(&mut parameters, "in", 2, 16))
        .then(block(&mut parameters, 16))
        .then(LastStep)
        .then(Dense::new(&mut parameters, "sign", 16, 2));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let options = Fit { epochs: 20, ..Fit::default() };
    let history = trainer.fit(&mut parameters, &mut Adam::new(0.005), &dataset, &options).unwrap();

    let score = history.kept_epoch().score();
    assert!(score.metric("accuracy").unwrap() > 0.9, "{score}");
}
