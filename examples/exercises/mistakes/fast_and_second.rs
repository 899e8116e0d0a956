//! Wrong answers to the exercises of chapters 11 and 12.

use exercises::in_threads;

pub fn deferred_asleep(state: [f64; 3], _: i32, _: i32, _: f64) -> [f64; 3] {
    state
}

/// The steps with these numbers in their bias corrections.
fn made_up(state: [f64; 3], steps: impl Iterator<Item = i32>, rate: f64) -> [f64; 3] {
    let [mut w, mut m, mut v] = state;
    for t in steps {
        m *= 0.9;
        v *= 0.999;
        w -= step(m, v, t, rate);
    }
    [w, m, v]
}

fn step(m: f64, v: f64, t: i32, rate: f64) -> f64 {
    rate * m / (1.0 - 0.9f64.powi(t)) / ((v / (1.0 - 0.999f64.powi(t))).sqrt() + 1e-8)
}

pub fn deferred_moments_asleep([w, m, v]: [f64; 3], t: i32, k: i32, rate: f64) -> [f64; 3] {
    let moved: f64 = (t + 1..=t + k).map(|t| step(m, v, t, rate)).sum();
    [w - moved, m, v]
}

pub fn deferred_one_step([w, m, v]: [f64; 3], t: i32, k: i32, rate: f64) -> [f64; 3] {
    let (m, v) = (m * 0.9f64.powi(k), v * 0.999f64.powi(k));
    [if k > 0 { w - step(m, v, t + k, rate) } else { w }, m, v]
}

pub fn deferred_early(state: [f64; 3], t: i32, k: i32, rate: f64) -> [f64; 3] {
    made_up(state, t..t + k, rate)
}

pub fn deferred_from_one(state: [f64; 3], _: i32, k: i32, rate: f64) -> [f64; 3] {
    made_up(state, 1..=k, rate)
}

pub fn sum_shares(x: &[f64], threads: usize) -> f64 {
    let shares: Vec<&[f64]> = x.chunks(x.len().div_ceil(threads)).collect();
    in_threads(threads, &shares, |share| share.iter().sum()).iter().sum()
}

pub fn sum_in_order(x: &[f64], _: usize) -> f64 {
    x.iter().sum()
}

pub fn sum_lost_rest(x: &[f64], threads: usize) -> f64 {
    let blocks: Vec<&[f64]> = x.chunks_exact(4).collect();
    in_threads(threads, &blocks, |block| block.iter().sum()).iter().sum()
}

fn slope(x: f64) -> f64 {
    1.0 - x.tanh() * x.tanh()
}

pub fn second_no_inner(x: f64, dy: f64, dg: f64) -> [f64; 2] {
    [dg * dy * -2.0 * x.tanh(), dg * slope(x)]
}

pub fn second_no_two(x: f64, dy: f64, dg: f64) -> [f64; 2] {
    [-dg * dy * x.tanh() * slope(x), dg * slope(x)]
}

pub fn second_constant_slope(x: f64, _: f64, dg: f64) -> [f64; 2] {
    [0.0, dg * slope(x)]
}

pub fn second_sign(x: f64, dy: f64, dg: f64) -> [f64; 2] {
    [dg * dy * 2.0 * x.tanh() * slope(x), dg * slope(x)]
}

pub fn second_first_order(x: f64, dy: f64, dg: f64) -> [f64; 2] {
    [dg * dy * slope(x), dg * slope(x)]
}
