/// Returns the shape of two arrays combined element by element, by NumPy's rules.
#[track_caller]
pub fn broadcast(a: &[usize], b: &[usize]) -> Vec<usize> {
    let rank = a.len().max(b.len());
    let length = |shape: &[usize], axis: usize| {
        (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis])
    };
    let common = |axis| match (length(a, axis), length(b, axis)) {
        (a, b) if a == b || b == 1 => a,
        (1, b) => b,
        _ => panic!("{a:?} and {b:?} do not broadcast"),
    };
    (0..rank).map(common).collect()
}

impl Array {
    /// Applies a function to each element.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self::new(&self.shape, self.to_vec().into_iter().map(f).collect())
    }

    /// Combines two arrays element by element, after broadcasting them.
    #[track_caller]
    pub fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let shape = broadcast(&self.shape, &other.shape);
        let (a, b) = (self.expand(&shape).to_vec(), other.expand(&shape).to_vec());
        Self::new(&shape, a.into_iter().zip(b).map(|(a, b)| f(a, b)).collect())
    }

    /// Returns the matrix product: cᵢⱼ = Σₖ aᵢₖ bₖⱼ.
    #[track_caller]
    pub fn matmul(&self, other: &Self) -> Self {
        let (left, right) = (&self.shape[..], &other.shape[..]);
        let (&[rows, inner], &[height, columns]) = (left, right) else {
            panic!("a product of matrices, not of {left:?} and {right:?}");
        };
        assert!(inner == height, "{left:?} and {right:?} do not multiply");
        let (a, b) = (self.to_vec(), other.to_vec());
        let mut product = vec![0.0; rows * columns];
        for i in 0..rows {
            for k in 0..inner {
                for j in 0..columns {
                    product[i * columns + j] += a[i * inner + k] * b[k * columns + j];
                }
            }
        }
        Self::new(&[rows, columns], product)
    }
}
