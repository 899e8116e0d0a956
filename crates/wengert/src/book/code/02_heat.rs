/// Returns the temperatures of a rod after heat has flowed for some moments.
fn flow<'t>(tape: &'t Tape, start: &[Var<'t>], moments: usize) -> Vec<Var<'t>> {
    let (half, quarter) = (tape.variable(0.5), tape.variable(0.25));
    let last = start.len() - 1;
    let mut heat = start.to_vec();
    for _ in 0..moments {
        let beside = |i: usize| heat[i.saturating_sub(1)] + heat[last.min(i + 1)];
        heat = (0..=last).map(|i| half * heat[i] + quarter * beside(i)).collect();
    }
    heat
}

/// Returns the sum of the squared errors of temperatures.
fn squared_error<'t>(tape: &'t Tape, found: &[Var<'t>], wanted: &[f64]) -> Var<'t> {
    let mut sum = tape.variable(0.0);
    for (&found, &wanted) in found.iter().zip(wanted) {
        let error = found + tape.variable(-wanted);
        sum = sum + error * error;
    }
    sum
}
