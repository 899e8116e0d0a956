//! Solution of exercise 2: the walk back over a tape.
//!
//! From the end to the beginning, a step's adjoint is complete when the walk arrives at it.
//! A step that was read twice gets two contributions: `+=`.

/// Returns the adjoint of each step.
pub fn walk_back(nodes: &[Vec<(usize, f64)>]) -> Vec<f64> {
    let mut adjoints = vec![0.0; nodes.len()];
    *adjoints.last_mut().expect("a result") = 1.0;
    for (step, inputs) in nodes.iter().enumerate().rev() {
        for &(input, derivative) in inputs {
            adjoints[input] += adjoints[step] * derivative;
        }
    }
    adjoints
}
