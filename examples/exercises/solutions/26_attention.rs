//! Solution of exercise 26: the adjoints of causal attention.
//!
//! Where P is 0, dS is 0 as well: what was not seen gets no gradient.

use tensor::Tensor;

/// Returns [dQ, dK, dV].
pub fn attention(
    q: &Tensor<f64>,
    k: &Tensor<f64>,
    v: &Tensor<f64>,
    dy: &Tensor<f64>,
) -> [Tensor<f64>; 3] {
    let [time, h] = *q.shape() else { panic!("a matrix of queries") };
    let scale = 1.0 / (h as f64).sqrt();
    let s = q.matmul(&k.t()) * scale;
    let e = s.exp() * mask(time);
    let p = &e / &e.sum_keepdim(&[1]);

    let dv = p.t().matmul(dy);
    let dp = dy.matmul(&v.t());
    let average = (&dp * &p).sum_keepdim(&[1]);
    let ds = &p * (dp - average);
    [ds.matmul(k) * scale, ds.t().matmul(q) * scale, dv]
}

/// Returns a matrix of ones on and below the diagonal, and zeros above.
fn mask(time: usize) -> Tensor<f64> {
    let seen = |place: usize| if place % time <= place / time { 1.0 } else { 0.0 };
    Tensor::new([time, time], (0..time * time).map(seen).collect())
}
