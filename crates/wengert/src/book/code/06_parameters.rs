/// The numbers that training changes, by name and in order.
#[derive(Clone, Default)]
pub struct Parameters {
    /// Names and values.
    pub entries: Vec<(String, Array)>,
}

impl Parameters {
    /// Adds a parameter, and returns which one it is.
    pub fn add(&mut self, name: String, value: Array) -> usize {
        self.entries.push((name, value));
        self.entries.len() - 1
    }

    /// Records all parameters on a tape.
    pub fn record<'t>(&self, tape: &'t Tape) -> Vec<Var<'t>> {
        self.entries.iter().map(|(_, value)| tape.variable(value.clone())).collect()
    }

    /// Takes a step downhill from where the parameters were recorded.
    pub fn descend(&mut self, recorded: &[Var<'_>], gradients: &Gradients, rate: f64) {
        for ((_, value), &variable) in self.entries.iter_mut().zip(recorded) {
            let slopes = gradients.of(variable);
            *value = value.zip(&slopes, |value, slope| value - rate * slope);
        }
    }
}
