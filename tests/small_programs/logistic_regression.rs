//! Logistic regression: one layer, one logit.

use wengert::data::Dataset;
use wengert::nn::{BinaryCrossEntropy, Dense, Features, Model};
use wengert::optim::Adam;
use wengert::train::{Fit, Trainer};
use wengert::{Key, Parameters, Tensor};

#[test]
fn logistic_regression_finds_the_line_between_two_classes() {
    let points = Tensor::normal([400, 2], 0.0, 1.0, Key::new(1));
    let is_above = |point: &[f32]| u32::from(point[1] > 2.0 * point[0] - 0.5);
    let classes = points.values().chunks(2).map(is_above).collect();
    let dataset = Dataset::new(points, Tensor::new([400], classes));

    let mut parameters = Parameters::new(0);
    let model = Features::new(2).then(Dense::new(&mut parameters, "line", 2, 1));
    let trainer = Trainer::new(&model, BinaryCrossEntropy);
    let options = Fit { epochs: 60, ..Fit::default() };
    trainer.fit(&mut parameters, &mut Adam::new(0.1), &dataset, &options).unwrap();

    assert!(trainer.evaluate(&parameters, &dataset).accuracy() > 0.98);
    let weight = parameters.get(parameters.find("line.weight").unwrap()).to_vec();
    let slope = -weight[0] / weight[1];
    assert!((slope - 2.0).abs() < 0.2, "the line has slope {slope}");
}
