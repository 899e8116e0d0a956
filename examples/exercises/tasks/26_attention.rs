//! Exercise 26, chapter 10: the adjoints of causal attention.
//!
//! Queries Q, keys K and values V, each `[time, h]`; row i may look at rows 0 to i.
//!
//! ```text
//! S = Q Kᵀ / √h        P = softmax of each row of S, with S[i, j] = −∞ for j > i        Y = P V
//! ```
//!
//! You have all the parts: the matrix product (exercise 8), softmax (exercise 10), and the constant 1/√h. Compute P
//! again, then walk back: dV and dP from dY, dS from dP, dQ and dK from dS.
//!
//! `s.exp()`, `s.sum_keepdim(&[1])` (row sums), `a * b`, `a / b` work on tensors and broadcast.
//! `mask(time)` below has ones where row i may look, and zeros elsewhere.
//!
//! The fits are small here: you need not worry about overflow.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 26

use tensor::Tensor;

/// Returns [dQ, dK, dV].
pub fn attention(
    q: &Tensor<f64>,
    k: &Tensor<f64>,
    v: &Tensor<f64>,
    dy: &Tensor<f64>,
) -> [Tensor<f64>; 3] {
    todo!()
}

/// Returns a matrix of ones on and below the diagonal, and zeros above.
fn mask(time: usize) -> Tensor<f64> {
    let seen = |place: usize| if place % time <= place / time { 1.0 } else { 0.0 };
    Tensor::new([time, time], (0..time * time).map(seen).collect())
}
