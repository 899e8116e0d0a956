//! The curvature of a loss: its largest eigenvalue, and the loss along that direction.
//!
//!     cargo run --release --example curvature
//!
//! The Hessian H of a loss is too large to write down, but H v costs about as much as two gradients.
//! Multiplied by H again and again, a random direction turns toward the sharpest one, the eigenvector
//! of the largest eigenvalue λ. Gradient descent is stable for rates below 2 / λ. The example prints λ as
//! it converges, and then the loss along that direction beside the parabola given by its slope and λ.

mod ending;

use wengert::functional::parameters::{hvp, value_and_grad};
use wengert::nn::{self, Activation, Dense, Layer};
use wengert::{Key, Parameters, Pass, Scalar, Tensor, Var};

/// The loss of the network on XOR.
fn loss<'t, T: Scalar>(network: &impl Layer, pass: Pass<'t, T>) -> Var<'t, T> {
    let inputs = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let targets = Tensor::from([[0.0], [1.0], [1.0], [0.0]]);
    let output = network.forward(pass, pass.constant(inputs.cast()));
    nn::bce_with_logits(output, &targets.cast())
}

fn main() {
    ending::quietly();
    let mut at = Parameters::<f64>::with_seed(1);
    let network = Dense::new(&mut at, "hidden", 2, 8)
        .then(Activation::Tanh)
        .then(Dense::new(&mut at, "output", 8, 1));
    let mut v = at.map(|id, x| Tensor::normal(x.shape(), 0.0, 1.0, Key::new(id.index() as u64)));
    let mut eigenvalue = 0.0;
    for step in 1..=10 {
        let product = hvp(|pass| loss(&network, pass), &at, &v);
        eigenvalue = v.dot(&product) / v.dot(&v);
        let length = product.dot(&product).sqrt();
        v = product.map(|_, x| x / length);
        println!("step {step:>2}: eigenvalue {eigenvalue:.6}");
    }
    let (value, gradient) = value_and_grad(|pass| loss(&network, pass), &at);
    let slope = gradient.dot(&v);
    println!("\n    t    loss  parabola");
    for t in (-4..=4).map(|k| f64::from(k) * 0.25) {
        let moved = at.zip_map(&v, |x, v| x + v * t);
        let (loss, _) = value_and_grad(|pass| loss(&network, pass), &moved);
        let parabola = value + t * slope + t * t / 2.0 * eigenvalue;
        println!("{t:>5} {loss:>7.4} {parabola:>9.4}  {}", "#".repeat((loss * 30.0) as usize));
    }
}
