/// Returns the lengths of steps if every slope is 1, without and with correction.
fn first_steps(count: i32) -> Vec<[f64; 2]> {
    let (mut m, mut v) = (0.0, 0.0);
    let step = |t: i32| {
        m = 0.9 * m + 0.1;
        v = 0.999 * v + 0.001;
        let corrected = (m / (1.0 - 0.9f64.powi(t)), v / (1.0 - 0.999f64.powi(t)));
        [m / f64::sqrt(v), corrected.0 / f64::sqrt(corrected.1)]
    };
    (1..=count).map(step).collect()
}
