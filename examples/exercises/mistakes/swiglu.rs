//! Wrong answers to the exercises of chapter 9.

use tensor::Tensor;

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn slope(x: f64) -> f64 {
    sigmoid(x) * (1.0 - sigmoid(x))
}

pub fn swish_gate_only(x: f64, dy: f64) -> f64 {
    dy * sigmoid(x)
}

pub fn swish_no_gate(x: f64, dy: f64) -> f64 {
    dy * x * slope(x)
}

pub fn swish_no_factor(x: f64, dy: f64) -> f64 {
    dy * (sigmoid(x) + slope(x))
}

pub fn swish_minus(x: f64, dy: f64) -> f64 {
    dy * (sigmoid(-x) + x * slope(-x))
}

/// σ with the minus before the exponential and not before x.
fn minus_outside(x: f64) -> f64 {
    1.0 / (1.0 + -x.exp())
}

fn slope_minus_outside(x: f64) -> f64 {
    minus_outside(x) * (1.0 - minus_outside(x))
}

pub fn swish_minus_outside(x: f64, dy: f64) -> f64 {
    dy * (minus_outside(x) + x * slope_minus_outside(x))
}

type T = Tensor<f64>;

/// The adjoints for these three slopes, each a function of x and of z = βx + γ.
fn adjoints(
    x: &T,
    [beta, gamma]: [f64; 2],
    dy: &T,
    slopes: [&(dyn Fn(f64, f64) -> f64 + Sync); 3],
) -> (T, f64, f64) {
    let of = |slope: &(dyn Fn(f64, f64) -> f64 + Sync)| {
        x.zip_map(dy, |x, dy| dy * slope(x, beta * x + gamma))
    };
    let [dx, dbeta, dgamma] = slopes.map(of);
    (dx, dbeta.sum_all().item(), dgamma.sum_all().item())
}

pub fn swiglu_no_beta(x: &T, beta: f64, gamma: f64, dy: &T) -> (T, f64, f64) {
    let of_x = |x: f64, z: f64| sigmoid(z) + x * slope(z);
    adjoints(x, [beta, gamma], dy, [&of_x, &|x, z| x * x * slope(z), &|x, z| x * slope(z)])
}

pub fn swiglu_gate_only(x: &T, beta: f64, gamma: f64, dy: &T) -> (T, f64, f64) {
    let of_x = |_: f64, z: f64| sigmoid(z);
    adjoints(x, [beta, gamma], dy, [&of_x, &|x, z| x * x * slope(z), &|x, z| x * slope(z)])
}

pub fn swiglu_beta_without_x(x: &T, beta: f64, gamma: f64, dy: &T) -> (T, f64, f64) {
    let of_x = |x: f64, z: f64| sigmoid(z) + x * slope(z) * beta;
    adjoints(x, [beta, gamma], dy, [&of_x, &|x, z| x * slope(z), &|x, z| x * slope(z)])
}

pub fn swiglu_mean(x: &T, beta: f64, gamma: f64, dy: &T) -> (T, f64, f64) {
    let of_x = |x: f64, z: f64| sigmoid(z) + x * slope(z) * beta;
    let slopes: [&(dyn Fn(f64, f64) -> f64 + Sync); 3] =
        [&of_x, &|x, z| x * x * slope(z), &|x, z| x * slope(z)];
    let (dx, dbeta, dgamma) = adjoints(x, [beta, gamma], dy, slopes);
    (dx, dbeta / x.len() as f64, dgamma / x.len() as f64)
}

pub fn swiglu_gamma_outside(x: &T, beta: f64, gamma: f64, dy: &T) -> (T, f64, f64) {
    let of_x = |x: f64, z: f64| sigmoid(z) + x * slope(z) * beta;
    adjoints(x, [beta, gamma], dy, [&of_x, &|x, z| x * x * slope(z), &|_, z| slope(z)])
}

pub fn swiglu_minus_outside(x: &T, beta: f64, gamma: f64, dy: &T) -> (T, f64, f64) {
    let of_x = |x: f64, z: f64| minus_outside(z) + x * slope_minus_outside(z) * beta;
    let slopes: [&(dyn Fn(f64, f64) -> f64 + Sync); 3] =
        [&of_x, &|x, z| x * x * slope_minus_outside(z), &|x, z| x * slope_minus_outside(z)];
    adjoints(x, [beta, gamma], dy, slopes)
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// Σ (x − mean)².
fn squares(x: &[f64]) -> f64 {
    x.iter().map(|value| (value - mean(x)) * (value - mean(x))).sum()
}

fn differences(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| b - a).collect()
}

pub fn interval_n(a: &[f64], b: &[f64], t: f64) -> [f64; 2] {
    let (d, n) = (differences(a, b), a.len() as f64);
    let error = (squares(&d) / n / n).sqrt();
    [mean(&d) - t * error, mean(&d) + t * error]
}

pub fn interval_no_root_of_n(a: &[f64], b: &[f64], t: f64) -> [f64; 2] {
    let (d, n) = (differences(a, b), a.len() as f64);
    let error = (squares(&d) / (n - 1.0)).sqrt();
    [mean(&d) - t * error, mean(&d) + t * error]
}

pub fn interval_unpaired(a: &[f64], b: &[f64], t: f64) -> [f64; 2] {
    let (d, n) = (differences(a, b), a.len() as f64);
    let error = ((squares(a) + squares(b)) / (n - 1.0) / n).sqrt();
    [mean(&d) - t * error, mean(&d) + t * error]
}

pub fn interval_sign(a: &[f64], b: &[f64], t: f64) -> [f64; 2] {
    let (d, n) = (differences(b, a), a.len() as f64);
    let error = (squares(&d) / (n - 1.0) / n).sqrt();
    [mean(&d) - t * error, mean(&d) + t * error]
}
