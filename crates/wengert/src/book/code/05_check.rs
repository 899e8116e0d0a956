/// The element whose gradient is furthest from what differences give.
#[derive(Debug)]
pub struct Worst {
    /// The index of the input.
    pub input: usize,
    /// The index of the element, in the order of `to_vec`.
    pub position: usize,
    /// The gradient from the walk back.
    pub analytic: f64,
    /// The gradient from differences.
    pub numerical: f64,
}

impl Worst {
    /// Returns the relative error; among numbers below 1, the absolute one.
    pub fn error(&self) -> f64 {
        let size = self.analytic.abs().max(self.numerical.abs()).max(1.0);
        (self.analytic - self.numerical).abs() / size
    }
}

/// Compares the gradients of a function with central differences, element by element.
pub fn check(inputs: &[Array], f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>) -> Worst {
    let tape = Tape::default();
    let x: Vec<Var> = inputs.iter().map(|x| tape.variable(x.clone())).collect();
    let y = f(&x);
    // Random weights, not ones: the rows of a softmax add up to 1 whatever happens.
    let u = Random { seed: 1 }.array(y.value().shape(), 1.0);
    let gradients = y.vjp(u.clone());

    // Returns ⟨u, f⟩ with one element moved by h.
    let moved = |input: usize, position: usize, h: f64| {
        let mut inputs = inputs.to_vec();
        let mut elements = inputs[input].to_vec();
        elements[position] += h;
        inputs[input] = Array::new(inputs[input].shape(), elements);
        let tape = Tape::default();
        let x: Vec<Var> = inputs.into_iter().map(|x| tape.variable(x)).collect();
        f(&x).value().zip(&u, |y, u| y * u).to_vec().iter().sum::<f64>()
    };

    let mut worst = Worst { input: 0, position: 0, analytic: 0.0, numerical: 0.0 };
    for (input, &variable) in x.iter().enumerate() {
        let gradient = gradients.of(variable).to_vec();
        for (position, analytic) in gradient.into_iter().enumerate() {
            let h = 1e-5;
            let difference = moved(input, position, h) - moved(input, position, -h);
            let numerical = difference / (2.0 * h);
            let found = Worst { input, position, analytic, numerical };
            if found.error() > worst.error() || found.error().is_nan() {
                worst = found;
            }
        }
    }
    worst
}
