/// y is x summed to a shape, so x̄ is ȳ expanded to the shape of x.
struct SumTo {
    shape: Vec<usize>,
}

impl Op for SumTo {
    fn name(&self) -> &'static str {
        "sum_to"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].sum_to(&self.shape)
    }

    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array) -> Vec<Array> {
        vec![dy.expand(x[0].shape())]
    }
}

impl Var<'_> {
    /// Records the sum over all axes that `shape` lacks, or where it has length 1.
    #[track_caller]
    pub fn sum_to(self, shape: &[usize]) -> Self {
        self.tape.apply(SumTo { shape: shape.to_vec() }, &[self])
    }
}
