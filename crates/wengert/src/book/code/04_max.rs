/// Returns the largest element of each row, as a column. Rows run along the last axis.
fn largest_of_rows(x: &Array) -> Array {
    let (&length, rest) = x.shape().split_last().expect("at least one axis");
    let largest = |row: &[f64]| row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shape = [rest, &[1]].concat();
    Array::new(&shape, x.to_vec().chunks(length).map(largest).collect())
}

/// y is the largest element of each row of x. It gets ȳ; ties share it.
struct Max;

impl Op for Max {
    fn name(&self) -> &'static str {
        "max"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        largest_of_rows(x[0])
    }

    fn vjp(&self, x: &[&Array], y: &Array, dy: &Array) -> Vec<Array> {
        let is_largest = x[0].zip(y, |x, y| if x == y { 1.0 } else { 0.0 });
        let ties = is_largest.sum_to(y.shape());
        let share = dy.zip(&ties, |dy, ties| dy / ties);
        vec![is_largest.zip(&share, |is, share| if is == 1.0 { share } else { 0.0 })]
    }
}

impl Var<'_> {
    /// Records the largest element of each row.
    pub fn max(self) -> Self {
        self.tape.apply(Max, &[self])
    }
}
