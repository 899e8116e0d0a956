/// Each row of y is the mean of some rows of a table x; these rows of x̄ share its ȳ.
struct MeanOfRows {
    texts: Vec<Vec<usize>>,
}

impl MeanOfRows {
    /// Calls a function with each text, each of its words, and the word's share.
    fn each_word(&self, mut f: impl FnMut(usize, usize, f64)) {
        for (text, ids) in self.texts.iter().enumerate() {
            for &id in ids {
                f(text, id, 1.0 / ids.len() as f64);
            }
        }
    }
}

impl Op for MeanOfRows {
    fn name(&self) -> &'static str {
        "mean_of_rows"
    }

    fn forward(&self, x: &[&Array]) -> Array {
        let (table, width) = (x[0].to_vec(), x[0].shape()[1]);
        let mut means = vec![0.0; self.texts.len() * width];
        self.each_word(|text, id, share| {
            for i in 0..width {
                means[text * width + i] += share * table[id * width + i];
            }
        });
        Array::new(&[self.texts.len(), width], means)
    }

    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array) -> Vec<Array> {
        let (dy, width) = (dy.to_vec(), x[0].shape()[1]);
        let mut table = vec![0.0; x[0].to_vec().len()];
        self.each_word(|text, id, share| {
            for i in 0..width {
                table[id * width + i] += share * dy[text * width + i];
            }
        });
        vec![Array::new(x[0].shape(), table)]
    }
}

impl Var<'_> {
    /// Records, for each text, the mean of the rows of its words.
    pub fn mean_of_rows(self, texts: Vec<Vec<usize>>) -> Self {
        self.tape.apply(MeanOfRows { texts }, &[self])
    }
}
