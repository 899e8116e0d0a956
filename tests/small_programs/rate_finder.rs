//! A learning rate found before training.

use wengert::data::Dataset;
use wengert::nn::{Activation, Dense, Features, MeanSquaredError, Model};
use wengert::optim::Adam;
use wengert::train::{Fit, RateRange, Trainer};
use wengert::{Key, Parameters, Tensor};

#[test]
fn the_rate_that_is_found_trains_better_than_a_guess_far_off() {
    let x = Tensor::<f32>::uniform([500, 1], -2.0..2.0, Key::new(1));
    let dataset = Dataset::with_targets(x.clone(), (x * 2.0).sin());
    let options = Fit { epochs: 20, ..Fit::default() };

    let mut parameters = Parameters::new(0);
    let model = Features::new(1)
        .then(Dense::new(&mut parameters, "hidden", 1, 16))
        .then(Activation::Tanh)
        .then(Dense::new(&mut parameters, "output", 16, 1));
    let trainer = Trainer::new(&model, MeanSquaredError);
    let mut adam = Adam::new(0.1);
    let session = trainer.session(&mut parameters, &mut adam, &dataset, &options).unwrap();
    let curve = session.find_rate(&RateRange::default()).unwrap();
    let found = curve.suggestion().unwrap();

    let loss = |rate: f64| {
        let mut parameters = parameters.clone();
        trainer.fit(&mut parameters, &mut Adam::new(rate), &dataset, &options).unwrap();
        trainer.score(&parameters, &dataset).loss
    };
    let (with_found, too_small) = (loss(found), loss(found / 100.0));
    assert!(
        with_found < 0.1 * too_small,
        "{with_found} at {found}, {too_small} far below\n{curve}"
    );
}
