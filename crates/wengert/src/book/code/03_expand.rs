impl Array {
    /// Repeats the elements along axes of length 1 and new axes in front. Copies none.
    #[track_caller]
    pub fn expand(&self, shape: &[usize]) -> Self {
        // Shapes are aligned at their last axes.
        let mut aligned = self.shape.iter().rev().zip(shape.iter().rev());
        let rank_fits = self.shape.len() <= shape.len();
        let fits = rank_fits && aligned.all(|(&from, &to)| from == to || from == 1);
        assert!(fits, "{:?} does not expand to {shape:?}", self.shape);

        let new = shape.len() - self.shape.len();
        let mut strides = vec![0; shape.len()];
        for (axis, &stride) in self.strides.iter().enumerate() {
            if self.shape[axis] == shape[new + axis] {
                strides[new + axis] = stride;
            }
        }
        Self { data: self.data.clone(), shape: shape.to_vec(), strides }
    }

    /// Adds up what `expand` from this shape repeats.
    #[track_caller]
    pub fn sum_to(&self, shape: &[usize]) -> Self {
        let sums = Self::filled(shape, 0.0);
        let targets = sums.expand(&self.shape).positions();
        let mut sums = sums.to_vec();
        for (element, target) in self.to_vec().into_iter().zip(targets) {
            sums[target] += element;
        }
        Self::new(shape, sums)
    }
}
