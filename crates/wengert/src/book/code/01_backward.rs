impl Var<'_> {
    /// Returns the derivative of this value with respect to every step of the tape.
    fn backward(self) -> Vec<f64> {
        let nodes = self.tape.nodes.borrow();
        let mut adjoints = vec![0.0; nodes.len()];
        adjoints[self.index] = 1.0;
        for (index, node) in nodes.iter().enumerate().rev() {
            for &(input, derivative) in &node.inputs {
                adjoints[input] += adjoints[index] * derivative;
            }
        }
        adjoints
    }
}
