//! What happens inside a model while it trains.

use autograd::Parameters;
use data::Dataset;
use nn::{Activation, Dense, Features, MeanSquaredError, Model};
use optim::Sgd;
use tensor::{Key, Tensor};
use train::{Fit, Spread, Trainer};

fn network(parameters: &mut Parameters<f64>) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(2)
        .then(Dense::new(parameters, "hidden", 2, 3))
        .then(Activation::Relu)
        .then(Dense::new(parameters, "output", 3, 1))
}

fn samples() -> Dataset<Tensor<f32>, Tensor<f32>> {
    let inputs = Tensor::normal([20, 2], 0.0, 1.0, Key::new(1));
    let targets = inputs.slice(1, 0..1) * 2.0;
    Dataset::with_targets(inputs, targets)
}

#[test]
fn each_operation_of_the_model_has_an_entry_and_the_loss_has_none() {
    let mut parameters = Parameters::with_seed(1);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, MeanSquaredError);
    let activity = trainer.activity(&parameters, &samples(), Key::new(0));
    let names: Vec<_> =
        activity.iter().map(|entry| (entry.layer.as_deref(), entry.op.as_str())).collect();
    assert_eq!(
        names,
        [(Some("hidden"), "dense"), (Some("hidden"), "relu"), (Some("output"), "dense")]
    );
    let [hidden, relu, output] = &activity[..] else { unreachable!() };
    assert_eq!([hidden.outputs.count, relu.outputs.count, output.outputs.count], [60, 60, 20]);
    assert_eq!(hidden.outputs.zeros, 0.0);
    assert!(relu.outputs.zeros > 0.1 && relu.outputs.zeros < 0.9);
    // Where ReLU is 0 it hands no gradient on.
    assert_eq!(hidden.gradients.zeros, relu.outputs.zeros);
    assert!(relu.outputs.rms < hidden.outputs.rms);
}

/// No gradient is computed before the first parameter that is not frozen.
#[test]
fn operations_of_frozen_layers_have_outputs_and_no_gradients() {
    let mut parameters = Parameters::with_seed(1);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, MeanSquaredError);
    let whole = trainer.activity(&parameters, &samples(), Key::new(0));
    parameters.freeze_matching("hidden.*");
    let mut frozen = trainer.activity(&parameters, &samples(), Key::new(0));
    assert_eq!(frozen.len(), 3);
    for (frozen, whole) in frozen[..2].iter_mut().zip(&whole) {
        assert_eq!(frozen.gradients, Spread::default());
        frozen.gradients = whole.gradients;
    }
    assert_eq!(frozen, whole);
}

/// The gradient of a mean of squares is 2 e / n.
#[test]
fn sizes_equal_their_definitions() {
    let mut parameters = Parameters::with_seed(1);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, MeanSquaredError);
    let samples = samples();
    let activity = trainer.activity(&parameters, &samples, Key::new(0));
    let predictions = trainer.predict(&parameters, samples.inputs());
    let rms = |numbers: &Tensor<f64>| (numbers * numbers).mean_all().item().sqrt();
    let output = activity.last().unwrap();
    approx::assert_relative_eq!(output.outputs.rms, rms(&predictions), max_relative = 1e-12);
    let gradient = (predictions - samples.targets().cast()) * (2.0 / 20.0);
    approx::assert_relative_eq!(output.gradients.rms, rms(&gradient), max_relative = 1e-12);
}

#[test]
fn numbers_that_are_not_finite_are_counted_and_left_out_of_the_size() {
    let mut parameters = Parameters::with_seed(1);
    let model = network(&mut parameters);
    let bias = parameters.find("hidden.bias").unwrap();
    parameters.get_mut(bias).as_mut_slice()[1] = f64::NAN;
    let trainer = Trainer::new(&model, MeanSquaredError);
    let activity = trainer.activity(&parameters, &samples(), Key::new(0));
    assert_eq!(activity[0].outputs.not_finite, 20);
    assert!(activity[0].outputs.rms.is_finite());
}

#[test]
fn an_epoch_records_it_where_the_options_ask_for_it() {
    let epochs = |watch_layers| {
        let mut parameters = Parameters::with_seed(1);
        let model = network(&mut parameters);
        let trainer = Trainer::new(&model, MeanSquaredError);
        let options = Fit { epochs: 2, watch_layers, ..Fit::default() };
        let mut sgd = Sgd::new(0.01);
        trainer.fit(&mut parameters, &mut sgd, &samples(), &options).unwrap().epochs
    };
    let (watched, plain) = (epochs(true), epochs(false));
    assert!(watched.iter().all(|epoch| epoch.activity.len() == 3));
    assert!(plain.iter().all(|epoch| epoch.activity.is_empty()));
    assert_eq!(watched[1].training, plain[1].training, "looking changes nothing");
}
