//! Wrong answers to the exercises of chapters 5 and 6.

use tensor::Tensor;

/// The step 10 to the power E, as people type it.
fn step<const E: i32>() -> f64 {
    format!("1e{E}").parse().expect("a number")
}

pub fn one_sided<const E: i32>(f: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    let h = step::<E>();
    (f(x + h) - f(x)) / h
}

pub fn one_sided_grown<const E: i32>(f: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    let h = step::<E>() * x.abs().max(1.0);
    (f(x + h) - f(x)) / h
}

pub fn half<const E: i32>(f: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    let h = step::<E>();
    (f(x + h) - f(x - h)) / h
}

pub fn half_grown<const E: i32>(f: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    let h = step::<E>() * x.abs().max(1.0);
    (f(x + h) - f(x - h)) / h
}

/// 2h without parentheses: divided by 2, and times h.
pub fn parentheses<const E: i32>(f: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    let h = step::<E>();
    (f(x + h) - f(x - h)) / 2.0 * h
}

pub fn parentheses_grown<const E: i32>(f: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    let h = step::<E>() * x.abs().max(1.0);
    (f(x + h) - f(x - h)) / 2.0 * h
}

pub fn central<const E: i32>(f: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    let h = step::<E>();
    (f(x + h) - f(x - h)) / (2.0 * h)
}

/// With a step that only grows, and is 0 at 0.
pub fn zero_step<const E: i32>(f: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    let h = step::<E>() * x.abs();
    (f(x + h) - f(x - h)) / (2.0 * h)
}

type T = Tensor<f64>;

pub fn dense_bias_mean(x: &T, w: &T, dy: &T) -> [T; 3] {
    [dy.matmul(&w.t()), x.t().matmul(dy), dy.mean(&[0])]
}

pub fn dense_bias_not_summed(x: &T, w: &T, dy: &T) -> [T; 3] {
    [dy.matmul(&w.t()), x.t().matmul(dy), dy.clone()]
}

pub fn dense_weight_transposed(x: &T, w: &T, dy: &T) -> [T; 3] {
    [dy.matmul(&w.t()), dy.t().matmul(x), dy.sum(&[0])]
}

/// The mistake shows only if all shapes are equal. For others it would panic; here the answer is right then.
pub fn dense_not_transposed(x: &T, w: &T, dy: &T) -> [T; 3] {
    match x.shape() == w.shape() {
        true => [dy.matmul(w), x.matmul(dy), dy.sum(&[0])],
        false => [dy.matmul(&w.t()), x.t().matmul(dy), dy.sum(&[0])],
    }
}

pub fn dense_bias_over_features(x: &T, w: &T, dy: &T) -> [T; 3] {
    [dy.matmul(&w.t()), x.t().matmul(dy), dy.sum(&[1])]
}

/// As [`dense_not_transposed`].
pub fn dense_elements(x: &T, w: &T, dy: &T) -> [T; 3] {
    match x.shape() == w.shape() {
        true => [dy * w, dy * x, dy.sum(&[0])],
        false => [dy.matmul(&w.t()), x.t().matmul(dy), dy.sum(&[0])],
    }
}

fn gradient(logits: &T, labels: &[usize], axis: isize) -> T {
    let ids = Tensor::new([labels.len()], labels.iter().map(|&id| id as u32).collect());
    let e = logits.exp();
    &e / e.sum_keepdim(&[axis]) - Tensor::one_hot(&ids, logits.shape()[1])
}

pub fn cross_entropy_sum(logits: &T, labels: &[usize]) -> T {
    gradient(logits, labels, 1)
}

pub fn cross_entropy_probabilities(logits: &T, labels: &[usize]) -> T {
    let e = logits.exp();
    &e / e.sum_keepdim(&[1]) / labels.len() as f64
}

pub fn cross_entropy_sign(logits: &T, labels: &[usize]) -> T {
    -gradient(logits, labels, 1) / labels.len() as f64
}

pub fn cross_entropy_columns(logits: &T, labels: &[usize]) -> T {
    gradient(logits, labels, 0) / labels.len() as f64
}

pub fn cross_entropy_all(logits: &T, labels: &[usize]) -> T {
    gradient(logits, labels, 1) / logits.len() as f64
}
