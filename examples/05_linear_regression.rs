//! Linear regression by hand: no layer, no optimizer, just a loss and its gradient.
//!
//!     cargo run --release --example linear_regression
//!
//! The data are y = 2 x₁ − 3 x₂ + 1 with a little noise. Each step computes the mean squared error
//! of the current weights, walks back from it, and moves every weight against its gradient. That is
//! gradient descent, and all that the larger examples do, too.
//!
//! It prints the loss as it falls to the variance of the noise, 0.01, and the weights that were found.

mod ending;

use wengert::{Key, Tape, Tensor};

const SAMPLES: usize = 200;
const RATE: f32 = 0.1;

fn main() {
    ending::quietly();
    let key = Key::new(0);
    let x = Tensor::normal([SAMPLES, 2], 0.0, 1.0, key.stream("inputs"));
    let noise = Tensor::normal([SAMPLES, 1], 0.0, 0.1, key.stream("noise"));
    let y = x.matmul(&Tensor::from([[2.0], [-3.0]])) + 1.0 + noise;

    let mut weight = Tensor::zeros([2, 1]);
    let mut bias = Tensor::zeros([1]);
    for step in 0..=50 {
        // Forward: what the weights predict, and how far that is from y.
        let tape = Tape::new();
        let (w, b) = (tape.variable(weight.clone()), tape.variable(bias.clone()));
        let error = tape.constant(x.clone()).matmul(w) + b - tape.constant(y.clone());
        let loss = (error * error).mean_all();
        if step % 10 == 0 {
            println!("step {step:>2}: loss {:.4}", loss.item());
        }

        // Backward, and a step downhill.
        let gradients = loss.backward();
        weight -= gradients.of(w) * RATE;
        bias -= gradients.of(b) * RATE;
    }
    println!("\nweight {}, bias {}; the data were made with [2, -3] and 1", weight.t(), bias);
}
