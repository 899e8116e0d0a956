//! Wrong answers to the exercises of chapter 4.

use tensor::Tensor;

type T = Tensor<f64>;

pub fn product_not_reduced(a: &T, b: &T, dy: &T) -> [T; 2] {
    [dy * b, dy * a]
}

pub fn product_own_factor(a: &T, b: &T, dy: &T) -> [T; 2] {
    [(dy * a).sum_to(a.shape()), (dy * b).sum_to(b.shape())]
}

pub fn product_one_reduced(a: &T, b: &T, dy: &T) -> [T; 2] {
    [dy * b, (dy * a).sum_to(b.shape())]
}

/// Returns the first product where its shapes fit and the result has this shape, otherwise the second.
fn if_it_fits(wrong: [&T; 2], right: [&T; 2], shape: &[usize]) -> T {
    let [a, b] = wrong;
    let fits = a.shape()[1] == b.shape()[0] && [a.shape()[0], b.shape()[1]] == *shape;
    let [a, b] = if fits { wrong } else { right };
    a.matmul(b)
}

pub fn matmul_not_transposed(a: &T, b: &T, dy: &T) -> [T; 2] {
    [if_it_fits([dy, b], [dy, &b.t()], a.shape()), if_it_fits([a, dy], [&a.t(), dy], b.shape())]
}

pub fn matmul_order(a: &T, b: &T, dy: &T) -> [T; 2] {
    [
        if_it_fits([&b.t(), dy], [dy, &b.t()], a.shape()),
        if_it_fits([dy, &a.t()], [&a.t(), dy], b.shape()),
    ]
}

pub fn matmul_transposed(a: &T, b: &T, dy: &T) -> [T; 2] {
    [b.matmul(&dy.t()), dy.t().matmul(a)]
}

/// Where the shapes are equal; otherwise it panics, and here it is right.
fn elements_if_it_fits(wrong: [&T; 2], right: [&T; 2], shape: &[usize]) -> T {
    let fits = wrong.iter().all(|factor| factor.shape() == shape);
    if fits { wrong[0] * wrong[1] } else { right[0].matmul(right[1]) }
}

pub fn matmul_elements(a: &T, b: &T, dy: &T) -> [T; 2] {
    [
        elements_if_it_fits([dy, b], [dy, &b.t()], a.shape()),
        elements_if_it_fits([dy, a], [&a.t(), dy], b.shape()),
    ]
}

fn largest(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

pub fn max_all_of_it(x: &[f64], dy: f64) -> Vec<f64> {
    x.iter().map(|&value| if value == largest(x) { dy } else { 0.0 }).collect()
}

pub fn max_first(x: &[f64], dy: f64) -> Vec<f64> {
    let first = x.iter().position(|&value| value == largest(x));
    (0..x.len()).map(|i| if Some(i) == first { dy } else { 0.0 }).collect()
}

pub fn max_mean(x: &[f64], dy: f64) -> Vec<f64> {
    vec![dy / x.len() as f64; x.len()]
}

fn zip(y: &[f64], dy: &[f64], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    y.iter().zip(dy).map(|(&y, &dy)| f(y, dy)).collect()
}

pub fn softmax_diagonal(y: &[f64], dy: &[f64]) -> Vec<f64> {
    zip(y, dy, |y, dy| dy * y * (1.0 - y))
}

pub fn softmax_no_average(y: &[f64], dy: &[f64]) -> Vec<f64> {
    zip(y, dy, |y, dy| y * dy)
}

pub fn softmax_plain_mean(y: &[f64], dy: &[f64]) -> Vec<f64> {
    let mean = dy.iter().sum::<f64>() / dy.len() as f64;
    zip(y, dy, |y, dy| y * (dy - mean))
}

pub fn softmax_plain_sum(y: &[f64], dy: &[f64]) -> Vec<f64> {
    let sum = dy.iter().sum::<f64>();
    zip(y, dy, |y, dy| y * (dy - sum))
}

pub fn softmax_no_y(y: &[f64], dy: &[f64]) -> Vec<f64> {
    let average: f64 = zip(y, dy, |y, dy| y * dy).iter().sum();
    dy.iter().map(|dy| dy - average).collect()
}

fn shifted(x: &[f64], by: f64) -> f64 {
    x.iter().map(|x| (x - by).exp()).sum::<f64>().ln()
}

pub fn logsumexp_overflow(x: &[f64]) -> f64 {
    shifted(x, 0.0)
}

pub fn logsumexp_not_added(x: &[f64]) -> f64 {
    shifted(x, largest(x))
}

pub fn logsumexp_mean(x: &[f64]) -> f64 {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    mean + shifted(x, mean)
}

pub fn logsumexp_zero(x: &[f64]) -> f64 {
    let by = largest(x).max(0.0);
    by + shifted(x, by)
}
