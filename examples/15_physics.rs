//! A network that solves a differential equation: u″ = −sin x with u(0) = u(π) = 0.
//!
//!     cargo run --release --example physics
//!
//! No value of the solution, sin x, is given. The loss is the mean square of u″ + sin x at some points,
//! and the network has to make it small; this is called a physics-informed fit.
//!
//! u″ comes from the forward pass, over duals of duals: if x + ε₁ + ε₂ takes the place of x, u″ is the
//! coefficient of ε₁ε₂ in the result. The walk back from there gives the derivative of u″ with respect to
//! each weight, as the same coefficient. The program prints the loss and the largest error of u.

mod ending;

use std::f64::consts::PI;

use wengert::functional::Dual;
use wengert::nn::{Activation, Dense, Layer};
use wengert::optim::{Adam, Optimizer};
use wengert::{Parameters, Pass, Scalar, Tape, Tensor, Var};

/// u(x) = x (π − x) N(x): 0 at both ends, whatever the network N is.
fn u<'t, T: Scalar>(network: &impl Layer, pass: Pass<'t, T>, x: &Tensor<T>) -> Var<'t, T> {
    let x = pass.constant(x.clone());
    x * (PI - x) * network.forward(pass, x)
}

fn main() {
    ending::quietly();
    let x = Tensor::<f64>::arange(0.05, PI, 0.1).unsqueeze(1);
    let moving = x.map(|x| Dual::new(Dual::new(x, 1.0), Dual::new(1.0, 0.0)));
    let mut parameters = Parameters::<f64>::with_seed(1);
    let network = Dense::new(&mut parameters, "hidden", 1, 16)
        .then(Activation::Tanh)
        .then(Dense::new(&mut parameters, "output", 16, 1));
    let mut adam = Adam::new(0.01);
    for step in 0..=1000 {
        let (tape, in_duals) = (Tape::default(), parameters.cast());
        let u_of_x = u(&network, Pass::eval(&tape, &in_duals), &moving);
        let residual = u_of_x.value().map(|u| u.tangent.tangent) + x.sin();
        if step % 200 == 0 {
            let loss = residual.powi(2).mean_all().item();
            let error = u_of_x.value().map(|u| u.value.value) - x.sin();
            let error = error.abs().max_all().item();
            println!("step {step:>4}: loss {loss:.1e}, largest error {error:.1e}");
        }
        // The cotangent is the derivative of the loss with respect to u″ at each point.
        let cotangent = &residual * (2.0 / x.len() as f64);
        let gradients = u_of_x.vjp(cotangent.cast()).map(|slope| slope.tangent.tangent);
        adam.step(&mut parameters, &gradients);
    }
}
