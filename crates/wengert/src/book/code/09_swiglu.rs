/// y = x g with the gate g = σ(βx + γ); β and γ are single numbers.
struct SwiGLU;

/// Returns the gate of each element.
fn gates(x: &Array, beta: &Array, gamma: &Array) -> Array {
    let shifted = x.zip(beta, |x, beta| beta * x).zip(gamma, |x, gamma| x + gamma);
    shifted.map(|z| 1.0 / (1.0 + (-z).exp()))
}

impl Op for SwiGLU {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].zip(&gates(x[0], x[1], x[2]), |x, gate| x * gate)
    }

    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array) -> Vec<Array> {
        let gate = gates(x[0], x[1], x[2]);
        // What ȳ says about the number that the gate is computed from: ȳ x g (1 − g).
        let slope = x[0].zip(&gate, |x, gate| x * gate * (1.0 - gate));
        let dz = slope.zip(dy, |slope, dy| slope * dy);
        let through_gate = dz.zip(x[1], |dz, beta| dz * beta);
        let dx = gate.zip(dy, |gate, dy| gate * dy).zip(&through_gate, |a, b| a + b);
        let dbeta = dz.zip(x[0], |dz, x| dz * x).sum_to(&[]);
        vec![dx, dbeta, dz.sum_to(&[])]
    }
}

impl Var<'_> {
    /// Records x · σ(βx + γ).
    pub fn swiglu(self, beta: Self, gamma: Self) -> Self {
        self.tape.apply(SwiGLU, &[self, beta, gamma])
    }
}
