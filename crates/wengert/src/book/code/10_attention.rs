/// y = xᵀ, so x̄ = ȳᵀ.
struct Transpose;

impl Op for Transpose {
    fn name(&self) -> &'static str {
        "t"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].t()
    }

    fn vjp(&self, _: &[&Array], _: &Array, dy: &Array) -> Vec<Array> {
        vec![dy.t()]
    }
}

impl Var<'_> {
    /// Records the transpose.
    pub fn t(self) -> Self {
        self.tape.apply(Transpose, &[self])
    }
}

/// Returns how much each query, a row, attends to each key. Rows add up to 1.
fn attention_weights<'t>(queries: Var<'t>, keys: Var<'t>) -> Var<'t> {
    let width = queries.value().shape()[1] as f64;
    let fits = queries.matmul(keys.t()) * (1.0 / width.sqrt());
    fits.log_softmax().exp()
}
