//! A recurrent network that remembers for 20 steps.

use wengert::data::Dataset;
use wengert::nn::{Dense, Features, Gru, LastStep, Model, SoftmaxCrossEntropy};
use wengert::optim::Adam;
use wengert::train::{Fit, Trainer};
use wengert::{Key, Parameters, Tensor};

#[test]
fn a_gru_knows_after_20_steps_how_the_first_began() {
    // 20 numbers; the sign of the first is what is asked for.
    let numbers = Tensor::normal([600, 20, 1], 0.0, 1.0, Key::new(1));
    let is_positive = |x: f32| u32::from(x > 0.0);
    let signs = numbers.slice(1, ..1).map(is_positive).reshape([600]);
    let dataset = Dataset::new(numbers, signs);

    let mut parameters = Parameters::new(0);
    let model = Features::of([20, 1])
        .then(Gru::new(&mut parameters, "gru", 1, 12))
        .then(LastStep)
        .then(Dense::new(&mut parameters, "sign", 12, 2));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let options = Fit { epochs: 20, ..Fit::default() };
    let history = trainer.fit(&mut parameters, &mut Adam::new(0.02), &dataset, &options).unwrap();

    let score = history.kept_epoch().score();
    assert!(score.metric("accuracy").unwrap() > 0.95, "{score}");
}
