//! Tensors: shapes, views and broadcasting, and what broadcasting means for a gradient.
//!
//!     cargo run --release --example tensors
//!
//! A tensor is a buffer of numbers and a layout, which says how far each index step moves in the
//! buffer. Transposing, slicing and expanding change the layout and do not copy the numbers. If two
//! shapes differ, the smaller tensor is repeated along the axes that it lacks or that have length 1:
//! NumPy's rules.
//!
//! Repeating a number uses it several times, so its gradient is the sum over its uses. The last lines
//! show it: the gradient of the row `b` has the shape of `b`, and counts the two rows of `x`.

mod ending;

use wengert::{Tape, Tensor, check};

fn main() {
    ending::quietly();
    let x = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    println!("x, shape {:?}:\n{x}\n", x.shape());

    // Views of the same six numbers.
    println!("x.t(), shape {:?}:\n{}\n", x.t().shape(), x.t());
    println!("its last two columns:\n{}\n", x.slice(1, 1..));

    // [2, 3] and [3] give [2, 3]: the row is added to both rows of x.
    let row = Tensor::from([10.0, 20.0, 30.0]);
    println!("x + row {:?}:\n{}\n", row.shape(), &x + &row);

    // [2, 3] and [2, 1] give [2, 3] as well: the column is repeated three times.
    let column = Tensor::from([[0.0], [100.0]]);
    println!("x + column {:?}:\n{}\n", column.shape(), &x + &column);

    // Reductions name the axes that they take away.
    println!("sums of the rows {}, mean of all {}\n", x.sum(&[1]), x.mean(&[0, 1]));

    // On a tape the same, and its derivatives: f = Σ (x + b)².
    let tape = Tape::<f64>::default();
    let (x, b) = (tape.variable(x), tape.variable(row));
    let sum = x + b;
    let f = (sum * sum).sum_all();
    println!("f = Σ (x + b)² = {}, recorded as\n\n{tape}", f.item());
    let gradients = f.backward();
    println!("∂f/∂x = 2 (x + b), shape {:?}:\n{}\n", x.shape(), gradients.of(x));
    println!("∂f/∂b = the sum of its rows, shape {:?}:\n{}\n", b.shape(), gradients.of(b));

    let report = check::inputs(&[x.value(), b.value()], |[x, b]| {
        let sum = x + b;
        (sum * sum).sum_all()
    });
    println!("The gradient check {}", report.summary());
}
