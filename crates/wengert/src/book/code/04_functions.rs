/// y = f(x), element by element, so x̄ = ȳ f′(x).
struct Function {
    name: &'static str,
    value: fn(f64) -> f64,
    /// The derivative, from x and y.
    derivative: fn(f64, f64) -> f64,
}

impl Op for Function {
    fn name(&self) -> &'static str {
        self.name
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].map(self.value)
    }

    fn vjp(&self, x: &[&Array], y: &Array, dy: &Array) -> Vec<Array> {
        vec![x[0].zip(y, self.derivative).zip(dy, |slope, dy| slope * dy)]
    }
}

impl Var<'_> {
    /// Records eˣ.
    pub fn exp(self) -> Self {
        let derivative = |_, y| y;
        self.tape.apply(Function { name: "exp", value: f64::exp, derivative }, &[self])
    }

    /// Records the natural logarithm.
    pub fn ln(self) -> Self {
        let derivative = |x, _| 1.0 / x;
        self.tape.apply(Function { name: "ln", value: f64::ln, derivative }, &[self])
    }

    /// Records the hyperbolic tangent.
    pub fn tanh(self) -> Self {
        let derivative = |_, y| 1.0 - y * y;
        self.tape.apply(Function { name: "tanh", value: f64::tanh, derivative }, &[self])
    }
}
