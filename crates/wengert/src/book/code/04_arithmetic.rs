/// y = a + b, so ā = ȳ and b̄ = ȳ.
struct Add;

impl Op for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].zip(x[1], |a, b| a + b)
    }

    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array) -> Vec<Array> {
        vec![dy.sum_to(x[0].shape()), dy.sum_to(x[1].shape())]
    }
}

/// y = a · b, element by element, so ā = ȳ b and b̄ = ȳ a.
struct Mul;

impl Op for Mul {
    fn name(&self) -> &'static str {
        "mul"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].zip(x[1], |a, b| a * b)
    }

    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array) -> Vec<Array> {
        let da = dy.zip(x[1], |dy, b| dy * b);
        let db = dy.zip(x[0], |dy, a| dy * a);
        vec![da.sum_to(x[0].shape()), db.sum_to(x[1].shape())]
    }
}

impl std::ops::Add for Var<'_> {
    type Output = Self;

    #[track_caller]
    fn add(self, other: Self) -> Self {
        self.tape.apply(Add, &[self, other])
    }
}

impl std::ops::Mul for Var<'_> {
    type Output = Self;

    #[track_caller]
    fn mul(self, other: Self) -> Self {
        self.tape.apply(Mul, &[self, other])
    }
}

impl std::ops::Mul<f64> for Var<'_> {
    type Output = Self;

    fn mul(self, number: f64) -> Self {
        self * self.tape.variable(Array::filled(&[], number))
    }
}
