impl Tape {
    /// Returns how far each step moves if the steps `starts` move this far.
    fn jvp(&self, starts: &[(Var<'_>, f64)]) -> Vec<f64> {
        let nodes = self.nodes.borrow();
        let mut tangents = vec![0.0; nodes.len()];
        for &(start, distance) in starts {
            tangents[start.index] += distance;
        }
        for (index, node) in nodes.iter().enumerate() {
            for &(input, derivative) in &node.inputs {
                tangents[index] += derivative * tangents[input];
            }
        }
        tangents
    }

    /// Returns how far the weighted sum of `ends` moves for each step that moves by 1.
    fn vjp(&self, ends: &[(Var<'_>, f64)]) -> Vec<f64> {
        let nodes = self.nodes.borrow();
        let mut adjoints = vec![0.0; nodes.len()];
        for &(end, weight) in ends {
            adjoints[end.index] += weight;
        }
        for (index, node) in nodes.iter().enumerate().rev() {
            for &(input, derivative) in &node.inputs {
                adjoints[input] += adjoints[index] * derivative;
            }
        }
        adjoints
    }
}
