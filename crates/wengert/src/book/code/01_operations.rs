impl Add for Var<'_> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let value = self.value() + other.value();
        self.tape.push(value, vec![(self.index, 1.0), (other.index, 1.0)])
    }
}

impl Mul for Var<'_> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let (a, b) = (self.value(), other.value());
        self.tape.push(a * b, vec![(self.index, b), (other.index, a)])
    }
}

impl Var<'_> {
    fn sin(self) -> Self {
        let a = self.value();
        self.tape.push(a.sin(), vec![(self.index, a.cos())])
    }

    fn sqrt(self) -> Self {
        let root = self.value().sqrt();
        self.tape.push(root, vec![(self.index, 0.5 / root)])
    }
}
