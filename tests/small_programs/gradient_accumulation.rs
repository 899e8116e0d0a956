//! Gradient accumulation: a batch too large for the memory, as the sum of smaller ones.

use wengert::data::Dataset;
use wengert::nn::{Dense, Features, Model, mean_squared_error};
use wengert::optim::{Optimizer, Sgd};
use wengert::{Gradients, Key, Parameters, Pass, Tape, Tensor};

#[test]
fn four_small_batches_take_the_step_of_one_large_batch() {
    let x = Tensor::<f32>::normal([64, 3], 0.0, 1.0, Key::new(1));
    let y = x.slice(1, 0..1) * 2.0 - x.slice(1, 2..3);
    let dataset = Dataset::with_targets(x, y);

    let step = |size: usize| {
        let mut parameters = Parameters::<f32>::new(0);
        let model = Features::new(3).then(Dense::new(&mut parameters, "dense", 3, 1));
        let mut sum = Gradients::new();
        for batch in dataset.batches(size) {
            let tape = Tape::new();
            let pass = Pass::training(&tape, &parameters, Key::new(0));
            let prediction = model.forward(pass, batch.inputs());
            let loss = mean_squared_error(prediction, pass.constant(batch.targets().clone()));
            sum += &(loss * (size as f64 / 64.0)).backward();
        }
        Sgd::new(0.1).step(&mut parameters, &sum);
        parameters.iter().flat_map(|(_, _, value)| value.to_vec()).collect::<Vec<f32>>()
    };
    for (small, large) in step(16).into_iter().zip(step(64)) {
        assert!((small - large).abs() < 1e-6);
    }
}
