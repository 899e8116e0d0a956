//! The smallest network that needs its hidden layer: it learns XOR in a few hundred steps.
//!
//!     cargo run --release --example xor

mod ending;

use wengert::nn::{Activation, Dense, Features, Model};
use wengert::optim::{Adam, Optimizer};
use wengert::{Key, Parameters, Pass, Tape, Tensor};

fn main() {
    ending::quietly();
    let inputs = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let targets = Tensor::from([[0.0], [1.0], [1.0], [0.0]]);

    let mut parameters = Parameters::new(1);
    let model = Features::new(2)
        .then(Dense::new(&mut parameters, "hidden", 2, 4))
        .then(Activation::Tanh)
        .then(Dense::new(&mut parameters, "output", 4, 1));
    println!("{parameters}\n");

    let mut adam = Adam::new(0.05);
    let mut tape = Tape::new();
    for step in 0..=300 {
        let output = model.forward(Pass::training(&tape, &parameters, Key::new(step)), &inputs);
        let loss = wengert::nn::bce_with_logits(output, &targets);
        if step == 0 {
            println!("{tape}");
        }
        if step % 100 == 0 {
            println!("step {step}: loss {:.4}, p {}", loss.item(), output.sigmoid().value().t());
        }
        let gradients = loss.backward();
        tape.clear();
        adam.step(&mut parameters, &gradients);
    }
}
