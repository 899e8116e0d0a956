//! A custom operation: softplus, ln(1 + eˣ), with the derivative next to the value.
//!
//!     cargo run --release --example own_op
//!
//! An op is a struct with two functions. `forward` computes the value; `vjp` gets the adjoint of the
//! value, `dy`, and gives each input its part: dy times the derivative. Here that is dy · σ(x). The
//! library also has this op, as `Var::softplus`; this one gives the same result.
//!
//! It prints the tape, on which the op is one node, values and derivatives, and the gradient check.
//! The op is written for any scalar, so the check can run it over 64-bit and dual numbers.

mod ending;

use wengert::{Adjoints, Op, Scalar, Tape, Tensor, Var, check};

/// y = ln(1 + eˣ), so x̄ = σ(x) ȳ.
struct Softplus;

impl<T: Scalar> Op<T> for Softplus {
    fn name(&self) -> &'static str {
        "softplus"
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        // max(x, 0) + ln(1 + e^−|x|) is the same, and does not overflow where x is large.
        x[0].map(|x| x.maximum(T::ZERO) + (T::ONE + (-x.abs()).exp()).ln())
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.zip_map(x[0], |dy, x| dy * x.sigmoid()));
    }
}

/// Records the op; its line in the printed tape is the caller's.
#[track_caller]
fn softplus<T: Scalar>(x: Var<'_, T>) -> Var<'_, T> {
    x.tape().apply(Softplus, &[x])
}

fn main() {
    ending::quietly();
    let tape = Tape::<f64>::default();
    let x = tape.variable(Tensor::from([-4.0, -1.0, 0.0, 1.0, 4.0]));
    let y = softplus(x);
    let gradients = y.sum_all().backward();
    println!("{tape}");
    println!("x        {}\nsoftplus {}\nslope    {}\n", x.value(), y.value(), gradients.of(x));

    let report = check::inputs(&[x.value()], |[x]| softplus(x));
    println!("The gradient check {}", report.summary());
}
