//! A gradient check that fails, and says where.
//!
//!     cargo run --release --example gradient_check
//!
//! The op is x · σ(x). By the product rule its derivative is σ(x) + x σ(x)(1 − σ(x)); here the
//! second term was forgotten, as happens. The values are right, the loss would fall, and nothing
//! would complain: only a check can tell.
//!
//! The check compares the derivative with independent ones: central differences, which need no calculus
//! and are good to about ten digits, and forward mode by dual numbers, which is exact. The report has a
//! line for each input and each method; below them it names the wrong op, the line that recorded it, and
//! both numbers. The layer around it passes the adjoint on correctly, and is not blamed.

mod ending;

use wengert::{Adjoints, Key, Op, Scalar, Tensor, Var, check};

/// y = x σ(x), with a wrong VJP.
struct Silu;

impl<T: Scalar> Op<T> for Silu {
    fn name(&self) -> &'static str {
        "silu"
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(|x| x * x.sigmoid())
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.zip_map(x[0], |dy, x| dy * x.sigmoid()));
    }
}

/// A hidden layer and its mean square.
fn network<'t, T: Scalar>(x: Var<'t, T>, weight: Var<'t, T>) -> Var<'t, T> {
    let hidden = x.matmul(weight);
    let hidden = x.tape().apply(Silu, &[hidden]);
    (hidden * hidden).mean_all()
}

fn main() {
    ending::quietly();
    let x = Tensor::normal([4, 3], 0.0, 1.0, Key::new(1));
    let weight = Tensor::normal([3, 2], 0.0, 1.0, Key::new(2));
    let report = check::inputs(&[x, weight], |[x, weight]| network(x, weight));
    println!("Input 0 is x, input 1 the weight.\n\n{report}");
    println!("In a test, `report.assert()` panics with these lines.");
}
