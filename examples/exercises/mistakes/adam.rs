//! Wrong answers to the exercises of chapter 7.

use tensor::Tensor;

/// Runs Adam with another formula for the step, of m, v, t, g and w. It may change m and v.
fn run(
    w: f64,
    gradients: &[f64],
    step: impl Fn(&mut f64, &mut f64, i32, f64) -> f64,
    decay: impl Fn(f64, f64) -> f64,
) -> f64 {
    let (mut w, mut m, mut v) = (w, 0.0, 0.0);
    for (t, &g) in (1..).zip(gradients) {
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        w = decay(w, step(&mut m, &mut v, t, g));
    }
    w
}

fn corrected(m: f64, v: f64, t: i32) -> (f64, f64) {
    (m / (1.0 - 0.9f64.powi(t)), v / (1.0 - 0.999f64.powi(t)))
}

pub fn adam_uncorrected(w: f64, gradients: &[f64], rate: f64) -> f64 {
    run(w, gradients, |m, v, _, _| *m / (v.sqrt() + 1e-8), |w, step| w - rate * step)
}

pub fn adam_from_zero(w: f64, gradients: &[f64], rate: f64) -> f64 {
    let step = |m: &mut f64, v: &mut f64, t, _| {
        let (m, v) = corrected(*m, *v, t - 1);
        m / (v.sqrt() + 1e-8)
    };
    run(w, gradients, step, |w, step| w - rate * step)
}

pub fn adam_epsilon_inside(w: f64, gradients: &[f64], rate: f64) -> f64 {
    let step = |m: &mut f64, v: &mut f64, t, _| {
        let (m, v) = corrected(*m, *v, t);
        m / (v + 1e-8).sqrt()
    };
    run(w, gradients, step, |w, step| w - rate * step)
}

pub fn adam_no_root(w: f64, gradients: &[f64], rate: f64) -> f64 {
    let step = |m: &mut f64, v: &mut f64, t, _| {
        let (m, v) = corrected(*m, *v, t);
        m / (v + 1e-8)
    };
    run(w, gradients, step, |w, step| w - rate * step)
}

pub fn adam_no_square(w: f64, gradients: &[f64], rate: f64) -> f64 {
    let (mut w, mut m, mut v) = (w, 0.0, 0.0);
    for (t, &g) in (1..).zip(gradients) {
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g;
        w -= rate * right(&mut m, &mut v, t, g);
    }
    w
}

pub fn adam_corrected_for_good(w: f64, gradients: &[f64], rate: f64) -> f64 {
    let step = |m: &mut f64, v: &mut f64, t, _| {
        (*m, *v) = corrected(*m, *v, t);
        *m / (v.sqrt() + 1e-8)
    };
    run(w, gradients, step, |w, step| w - rate * step)
}

pub fn adam_one_corrected(w: f64, gradients: &[f64], rate: f64) -> f64 {
    let step = |m: &mut f64, v: &mut f64, t, _| corrected(*m, *v, t).0 / (v.sqrt() + 1e-8);
    run(w, gradients, step, |w, step| w - rate * step)
}

fn right(m: &mut f64, v: &mut f64, t: i32, _: f64) -> f64 {
    let (m, v) = corrected(*m, *v, t);
    m / (v.sqrt() + 1e-8)
}

pub fn decay_in_the_gradient(w: f64, gradients: &[f64], rate: f64, decay: f64) -> f64 {
    let (mut w, mut m, mut v) = (w, 0.0, 0.0);
    for (t, &g) in (1..).zip(gradients) {
        let g = g + decay * w;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        w -= rate * right(&mut m, &mut v, t, g);
    }
    w
}

pub fn decay_without_rate(w: f64, gradients: &[f64], rate: f64, decay: f64) -> f64 {
    run(w, gradients, right, |w, step| w - rate * step - decay * w)
}

pub fn decay_afterwards(w: f64, gradients: &[f64], rate: f64, decay: f64) -> f64 {
    run(w, gradients, right, |w, step| (w - rate * step) * (1.0 - rate * decay))
}

pub fn decay_sign(w: f64, gradients: &[f64], rate: f64, decay: f64) -> f64 {
    run(w, gradients, right, |w, step| w - rate * (step - decay * w))
}

type T = Tensor<f64>;

fn squares(gradients: &[T]) -> f64 {
    gradients.iter().map(|g| (g * g).sum_all().item()).sum()
}

pub fn clip_each_alone(gradients: &[T], max: f64) -> Vec<T> {
    let clipped = |g: &T| g * (max / squares(std::slice::from_ref(g)).sqrt()).min(1.0);
    gradients.iter().map(clipped).collect()
}

pub fn clip_lengthened(gradients: &[T], max: f64) -> Vec<T> {
    let norm = squares(gradients).sqrt();
    gradients.iter().map(|g| g * (max / norm)).collect()
}

/// The same mistake, but gradients of length 0 are left as they are.
pub fn clip_lengthened_but_zero(gradients: &[T], max: f64) -> Vec<T> {
    let norm = squares(gradients).sqrt();
    let factor = if norm > 0.0 { max / norm } else { 1.0 };
    gradients.iter().map(|g| g * factor).collect()
}

pub fn clip_no_root(gradients: &[T], max: f64) -> Vec<T> {
    let factor = (max / squares(gradients)).min(1.0);
    gradients.iter().map(|g| g * factor).collect()
}

pub fn clip_by_value(gradients: &[T], max: f64) -> Vec<T> {
    gradients.iter().map(|g| g.clamp(-max, max)).collect()
}
