//! Wrong answers to the exercises of chapter 10.

use tensor::Tensor;

fn mean(x: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = x.len() as f64;
    x.sum::<f64>() / count
}

fn divided(x: &[f64], weight: &[f64], size: f64) -> Vec<f64> {
    x.iter().zip(weight).map(|(x, weight)| weight * x / size).collect()
}

pub fn rms_sum(x: &[f64], weight: &[f64], epsilon: f64) -> Vec<f64> {
    divided(x, weight, (x.iter().map(|x| x * x).sum::<f64>() + epsilon).sqrt())
}

pub fn rms_centered(x: &[f64], weight: &[f64], epsilon: f64) -> Vec<f64> {
    let center = mean(x.iter().copied());
    let x: Vec<f64> = x.iter().map(|x| x - center).collect();
    divided(&x, weight, (mean(x.iter().map(|x| x * x)) + epsilon).sqrt())
}

pub fn rms_epsilon_outside(x: &[f64], weight: &[f64], epsilon: f64) -> Vec<f64> {
    divided(x, weight, mean(x.iter().map(|x| x * x)).sqrt() + epsilon)
}

pub fn rms_no_root(x: &[f64], weight: &[f64], epsilon: f64) -> Vec<f64> {
    divided(x, weight, mean(x.iter().map(|x| x * x)) + epsilon)
}

pub fn rms_no_weight(x: &[f64], _: &[f64], epsilon: f64) -> Vec<f64> {
    divided(x, &vec![1.0; x.len()], (mean(x.iter().map(|x| x * x)) + epsilon).sqrt())
}

/// σ and y, with this number taken from the length of the row.
fn normalized(x: &[f64], correction: f64) -> (f64, Vec<f64>) {
    let center = mean(x.iter().copied());
    let squares: f64 = x.iter().map(|x| (x - center) * (x - center)).sum();
    let sigma = (squares / (x.len() as f64 - correction) + 1e-5).sqrt();
    (sigma, x.iter().map(|x| (x - center) / sigma).collect())
}

/// The adjoint with each of its two terms times a factor.
fn layer_norm(x: &[f64], dy: &[f64], factors: [f64; 2], correction: f64) -> Vec<f64> {
    let (sigma, y) = normalized(x, correction);
    let shift = factors[0] * mean(dy.iter().copied());
    let along = factors[1] * mean(y.iter().zip(dy).map(|(y, dy)| y * dy));
    y.iter().zip(dy).map(|(y, dy)| (dy - shift - y * along) / sigma).collect()
}

pub fn norm_sigma_only(x: &[f64], dy: &[f64]) -> Vec<f64> {
    layer_norm(x, dy, [0.0, 0.0], 0.0)
}

pub fn norm_no_mean(x: &[f64], dy: &[f64]) -> Vec<f64> {
    layer_norm(x, dy, [0.0, 1.0], 0.0)
}

pub fn norm_no_projection(x: &[f64], dy: &[f64]) -> Vec<f64> {
    layer_norm(x, dy, [1.0, 0.0], 0.0)
}

pub fn norm_n_minus_1(x: &[f64], dy: &[f64]) -> Vec<f64> {
    layer_norm(x, dy, [1.0, 1.0], 1.0)
}

/// Pairs are (i, j) of each i; angles are position · 10000^(exponent · i / d).
fn turned(x: &[f64], position: f64, exponent: f64, pair: impl Fn(usize) -> [usize; 2]) -> Vec<f64> {
    let mut y = x.to_vec();
    for i in 0..x.len() / 2 {
        let frequency = 10_000f64.powf(exponent * i as f64 / x.len() as f64);
        let (sin, cos) = (position * frequency).sin_cos();
        let [a, b] = pair(i);
        (y[a], y[b]) = (x[a] * cos - x[b] * sin, x[a] * sin + x[b] * cos);
    }
    y
}

pub fn rope_other_direction(x: &[f64], position: usize) -> Vec<f64> {
    turned(x, -(position as f64), -2.0, |i| [i, i + x.len() / 2])
}

pub fn rope_sine_and_cosine(x: &[f64], position: usize) -> Vec<f64> {
    let half = x.len() / 2;
    let mut y = x.to_vec();
    for i in 0..half {
        let frequency = 10_000f64.powf(-2.0 * i as f64 / x.len() as f64);
        let (cos, sin) = (position as f64 * frequency).sin_cos();
        (y[i], y[i + half]) = (x[i] * cos - x[i + half] * sin, x[i] * sin + x[i + half] * cos);
    }
    y
}

/// 2i / d between whole numbers is 0 for each i below d / 2.
pub fn rope_whole_numbers(x: &[f64], position: usize) -> Vec<f64> {
    turned(x, position as f64, 0.0, |i| [i, i + x.len() / 2])
}

pub fn rope_neighbors(x: &[f64], position: usize) -> Vec<f64> {
    turned(x, position as f64, -2.0, |i| [2 * i, 2 * i + 1])
}

pub fn rope_exponent(x: &[f64], position: usize) -> Vec<f64> {
    turned(x, position as f64, -1.0, |i| [i, i + x.len() / 2])
}

pub fn rope_from_one(x: &[f64], position: usize) -> Vec<f64> {
    turned(x, position as f64 + 1.0, -2.0, |i| [i, i + x.len() / 2])
}

pub fn rope_in_place(x: &[f64], position: usize) -> Vec<f64> {
    let half = x.len() / 2;
    let mut y = x.to_vec();
    for i in 0..half {
        let frequency = 10_000f64.powf(-2.0 * i as f64 / x.len() as f64);
        let (sin, cos) = (position as f64 * frequency).sin_cos();
        y[i] = y[i] * cos - y[i + half] * sin;
        y[i + half] = y[i] * sin + y[i + half] * cos;
    }
    y
}

type T = Tensor<f64>;

fn mask(time: usize) -> T {
    let seen = |place: usize| if place % time <= place / time { 1.0 } else { 0.0 };
    Tensor::new([time, time], (0..time * time).map(seen).collect())
}

/// Where the adjoint of attention goes wrong.
struct Attention {
    scale: bool,
    scale_back: bool,
    mask: bool,
    axis: isize,
    average: bool,
    key_transposed: bool,
}

const RIGHT: Attention = Attention {
    scale: true,
    scale_back: true,
    mask: true,
    axis: 1,
    average: true,
    key_transposed: false,
};

impl Attention {
    fn adjoints(self, [q, k, v, dy]: [&T; 4]) -> [T; 3] {
        let [time, h] = *q.shape() else { panic!("a matrix of queries") };
        let root = 1.0 / (h as f64).sqrt();
        let factor = |applies: bool| if applies { root } else { 1.0 };
        let mask = if self.mask { mask(time) } else { Tensor::ones([time, time]) };
        let e = (q.matmul(&k.t()) * factor(self.scale)).exp() * mask;
        let p = &e / &e.sum_keepdim(&[self.axis]);
        let dp = dy.matmul(&v.t());
        let average = (&dp * &p).sum_keepdim(&[self.axis]);
        let ds = match self.average {
            true => &p * (dp - average),
            false => &p * dp,
        };
        let for_keys = if self.key_transposed { ds.clone() } else { ds.t() };
        let back = factor(self.scale_back);
        [ds.matmul(k) * back, for_keys.matmul(q) * back, p.t().matmul(dy)]
    }
}

pub fn attention_no_scale_back(q: &T, k: &T, v: &T, dy: &T) -> [T; 3] {
    Attention { scale_back: false, ..RIGHT }.adjoints([q, k, v, dy])
}

pub fn attention_no_scale(q: &T, k: &T, v: &T, dy: &T) -> [T; 3] {
    Attention { scale: false, scale_back: false, ..RIGHT }.adjoints([q, k, v, dy])
}

pub fn attention_no_mask(q: &T, k: &T, v: &T, dy: &T) -> [T; 3] {
    Attention { mask: false, ..RIGHT }.adjoints([q, k, v, dy])
}

pub fn attention_diagonal(q: &T, k: &T, v: &T, dy: &T) -> [T; 3] {
    Attention { average: false, ..RIGHT }.adjoints([q, k, v, dy])
}

pub fn attention_key_transposed(q: &T, k: &T, v: &T, dy: &T) -> [T; 3] {
    Attention { key_transposed: true, ..RIGHT }.adjoints([q, k, v, dy])
}

pub fn attention_columns(q: &T, k: &T, v: &T, dy: &T) -> [T; 3] {
    Attention { axis: 0, ..RIGHT }.adjoints([q, k, v, dy])
}

fn attend(q: &T, keys: &T, values: &T, scale: f64) -> T {
    let e = (q.matmul(&keys.t()) * scale).exp();
    (&e / &e.sum_keepdim(&[1])).matmul(values)
}

fn appended(cache: &T, row: &T) -> T {
    Tensor::concat(&[cache, row], 0)
}

fn scale(q: &T) -> f64 {
    1.0 / (q.shape()[1] as f64).sqrt()
}

pub fn cache_itself_unseen(keys: &mut T, values: &mut T, [q, k, v]: [&T; 3]) -> T {
    let result = attend(q, keys, values, scale(q));
    (*keys, *values) = (appended(keys, k), appended(values, v));
    result
}

pub fn cache_not_kept(keys: &mut T, values: &mut T, [q, k, v]: [&T; 3]) -> T {
    attend(q, &appended(keys, k), &appended(values, v), scale(q))
}

pub fn cache_no_scale(keys: &mut T, values: &mut T, [q, k, v]: [&T; 3]) -> T {
    (*keys, *values) = (appended(keys, k), appended(values, v));
    attend(q, keys, values, 1.0)
}

pub fn cache_exchanged(keys: &mut T, values: &mut T, [q, k, v]: [&T; 3]) -> T {
    (*keys, *values) = (appended(keys, v), appended(values, k));
    attend(q, keys, values, scale(q))
}
