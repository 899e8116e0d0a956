//! Solution of exercise 27: a step of attention with a key–value cache.
//!
//! The result is the last row of causal attention over all tokens, for the price of one row.

use tensor::Tensor;

/// Returns the result for the new token, and leaves its key and value in the cache.
pub fn cache(
    keys: &mut Tensor<f64>,
    values: &mut Tensor<f64>,
    [q, k, v]: [&Tensor<f64>; 3],
) -> Tensor<f64> {
    *keys = Tensor::concat(&[&*keys, k], 0);
    *values = Tensor::concat(&[&*values, v], 0);
    let h = q.shape()[1] as f64;
    let e = (q.matmul(&keys.t()) / h.sqrt()).exp();
    let p = &e / &e.sum_keepdim(&[1]);
    p.matmul(values)
}
