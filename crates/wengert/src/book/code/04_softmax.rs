/// y = x − ln Σ exp x over each row, so x̄ = ȳ − softmax(x) Σ ȳ.
struct LogSoftmax;

impl Op for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        // Nothing above 0 is exponentiated, so nothing overflows.
        let largest = largest_of_rows(x[0]);
        let below = x[0].zip(&largest, |x, largest| x - largest);
        let sums = below.map(f64::exp).sum_to(largest.shape());
        below.zip(&sums, |below, sum| below - sum.ln())
    }

    fn vjp(&self, _: &[&Array], y: &Array, dy: &Array) -> Vec<Array> {
        // Only the shape of the largest is used: a column.
        let sums = dy.sum_to(largest_of_rows(dy).shape());
        let average = y.zip(&sums, |y, sum| y.exp() * sum);
        vec![dy.zip(&average, |dy, average| dy - average)]
    }
}

impl Var<'_> {
    /// Records the logarithm of the softmax of each row.
    pub fn log_softmax(self) -> Self {
        self.tape.apply(LogSoftmax, &[self])
    }
}
