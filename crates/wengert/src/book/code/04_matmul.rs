/// C = A B, so Ā = C̄ Bᵀ and B̄ = Aᵀ C̄.
struct Matmul;

impl Op for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        x[0].matmul(x[1])
    }

    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array) -> Vec<Array> {
        vec![dy.matmul(&x[1].t()), x[0].t().matmul(dy)]
    }
}

impl Var<'_> {
    /// Records the matrix product.
    #[track_caller]
    pub fn matmul(self, other: Self) -> Self {
        self.tape.apply(Matmul, &[self, other])
    }
}
