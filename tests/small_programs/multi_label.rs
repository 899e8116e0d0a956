//! Several labels at once, with weights and smoothing. One label is rare.

use wengert::data::Dataset;
use wengert::nn::{Activation, Dense, Features, Model, MultiLabelCrossEntropy};
use wengert::optim::AdamW;
use wengert::train::{Fit, Trainer};
use wengert::{Key, Parameters, Tensor};

#[test]
fn rare_labels_are_found_beside_common_ones() {
    // The labels of a number: is it positive, is it far from zero, is it very far?
    let numbers = Tensor::normal([1000, 1], 0.0, 1.0, Key::new(1));
    let labels =
        |x: &f32| [*x > 0.0, x.abs() > 0.7, x.abs() > 2.0].map(|is| f32::from(u8::from(is)));
    let labels = Tensor::new([1000, 3], numbers.values().iter().flat_map(labels).collect());
    let dataset = Dataset::with_targets(numbers, labels);

    let mut parameters = Parameters::new(0);
    let model = Features::new(1)
        .then(Dense::new(&mut parameters, "hidden", 1, 32))
        .then(Activation::Tanh)
        .then(Dense::new(&mut parameters, "labels", 32, 3));
    let loss = MultiLabelCrossEntropy::new().positive_weights([1.0, 1.0, 5.0]).smoothing(0.02);
    let trainer = Trainer::new(&model, loss);
    let options = Fit { epochs: 60, ..Fit::default() };
    let history = trainer.fit(&mut parameters, &mut AdamW::new(0.01), &dataset, &options).unwrap();

    let score = history.kept_epoch().score();
    assert!(score.metric("macro_f1").unwrap() > 0.9, "{score}");
    let probabilities = trainer.predict(&parameters, &Tensor::from([[3.0]])).to_vec();
    assert!(probabilities.iter().all(|&p| p > 0.5), "{probabilities:?}");
}
