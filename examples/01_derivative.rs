//! What a tape is: one expression, the list of its operations, and its derivatives.
//!
//!     cargo run --release --example derivative

mod ending;

use wengert::{Tape, Tensor, check};

fn main() {
    ending::quietly();
    // f(x, y) = x·y + sin x, the textbook example.
    let tape = Tape::<f64>::default();
    let (x, y) = (tape.variable(Tensor::scalar(2.0)), tape.variable(Tensor::scalar(3.0)));
    let f = x * y + x.sin();
    println!("f = {:.6}, computed in these steps, the Wengert list:\n\n{tape}", f.item());

    // Backward, each step passes its adjoint ∂f/∂(step) on to its inputs.
    let gradients = f.backward();
    println!("∂f/∂x = y + cos x = {:.6}", gradients.of(x).item());
    println!("∂f/∂y = x         = {:.6}", gradients.of(y).item());

    // Check the derivatives by independent methods.
    let report = check::inputs(&[x.value(), y.value()], |[x, y]| x * y + x.sin());
    println!("\nWhat independent methods say:\n{report}");
}
