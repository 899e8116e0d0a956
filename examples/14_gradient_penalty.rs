//! Differentiating through a gradient: a penalty on the slopes of a network.
//!
//!     cargo run --release --example gradient_penalty
//!
//! The network learns the sign of x₁ x₂, and the slopes ∇ₓf of its output grow. From step 300 on their
//! mean square is part of the loss, and falls. Its derivative with respect to a weight is a derivative
//! of a derivative, and comes from a second walk back, over dual numbers: the tangent of ∂f/∂w where x
//! moves along v is ∂²f/∂w∂x · v, and for v = 2 ∇ₓf that is the derivative of |∇ₓf|².

mod ending;

use wengert::functional::Dual;
use wengert::nn::{self, Activation, Dense, Layer};
use wengert::optim::{Adam, Optimizer};
use wengert::{Gradients, Key, Parameters, Pass, Tape, Tensor};

/// Returns the gradient of Σ ∇ₓf · v with respect to the weights, with v constant.
fn along(network: &impl Layer, parameters: &Parameters, x: &Tensor, v: &Tensor) -> Gradients {
    let (tape, parameters) = (Tape::default(), parameters.cast());
    let moving = tape.constant(Dual::tensor(x, v));
    let output = network.forward(Pass::eval(&tape, &parameters), moving);
    output.sum_all().backward().map(|slope| slope.tangent)
}

fn main() {
    ending::quietly();
    let inputs = Tensor::normal([200, 2], 0.0, 1.0, Key::new(0));
    let product = inputs.slice(1, ..1) * inputs.slice(1, 1..);
    let targets = product.gt(0.0).map(f32::from);
    let mut parameters = Parameters::new(1);
    let network = Dense::new(&mut parameters, "hidden", 2, 16)
        .then(Activation::Tanh)
        .then(Dense::new(&mut parameters, "output", 16, 1));
    let mut adam = Adam::new(0.02);
    for step in 0..=600 {
        let tape = Tape::new();
        let x = tape.variable(inputs.clone());
        let output = network.forward(Pass::eval(&tape, &parameters), x);
        let loss = nn::bce_with_logits(output, &targets);
        let mut gradients = loss.backward();
        let slopes = output.sum_all().backward().of(x);
        let penalty = (&slopes * &slopes).sum(&[1]).mean_all().item();
        if step % 100 == 0 {
            println!("step {step}: loss {:.4}, mean |∇ₓf|² {penalty:.4}", loss.item());
        }
        if step >= 300 {
            // 0.02 times the mean of 200 squares.
            let v = slopes * (0.02 / 200.0 * 2.0);
            gradients = gradients.plus(&along(&network, &parameters, &inputs, &v));
        }
        adam.step(&mut parameters, &gradients);
    }
}
