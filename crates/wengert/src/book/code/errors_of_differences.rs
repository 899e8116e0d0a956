fn f(x: f64) -> f64 {
    x / (1.0 + x * x)
}

/// Returns the errors of the one-sided and of the central difference at 0.6.
fn errors(h: f64) -> [f64; 2] {
    let x: f64 = 0.6;
    let slope = (1.0 - x * x) / (1.0 + x * x).powi(2);
    let one_sided = (f(x + h) - f(x)) / h;
    let central = (f(x + h) - f(x - h)) / (2.0 * h);
    [one_sided, central].map(|difference| (difference - slope).abs())
}
