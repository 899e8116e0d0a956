/// Adam (Kingma and Ba 2015, Algorithm 1).
pub struct Adam {
    rate: f64,
    steps: i32,
    /// The means of the slopes and of their squares, for each parameter.
    means: Vec<[Array; 2]>,
}

impl Adam {
    /// Creates an optimizer for these parameters.
    pub fn new(parameters: &Parameters, rate: f64) -> Self {
        let zeros = |value: &Array| Array::filled(value.shape(), 0.0);
        let both = |(_, value): &(String, Array)| [zeros(value), zeros(value)];
        Self { rate, steps: 0, means: parameters.entries.iter().map(both).collect() }
    }

    /// Takes a step from where the parameters were recorded.
    pub fn step(
        &mut self,
        parameters: &mut Parameters,
        recorded: &[Var<'_>],
        gradients: &Gradients,
    ) {
        self.steps += 1;
        let counted_m = 1.0 - 0.9f64.powi(self.steps);
        let counted_v = 1.0 - 0.999f64.powi(self.steps);
        let entries = parameters.entries.iter_mut().zip(&mut self.means);
        for (((_, value), [m, v]), &variable) in entries.zip(recorded) {
            let g = gradients.of(variable);
            *m = m.zip(&g, |m, g| 0.9 * m + 0.1 * g);
            *v = v.zip(&g, |v, g| 0.999 * v + 0.001 * g * g);
            let (m, v) = (m.map(|m| m / counted_m), v.map(|v| v / counted_v));
            let step = m.zip(&v, |m, v| m / (v.sqrt() + 1e-8));
            *value = value.zip(&step, |value, step| value - self.rate * step);
        }
    }
}
