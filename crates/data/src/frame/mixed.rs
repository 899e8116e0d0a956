//! Inputs of several kinds: texts, numbers and categories of one sample.

use std::ops::Range;

use tensor::Tensor;

use crate::{Columns, Samples};

/// The columns of a table as a model gets them. `S` is how texts are kept: as
/// [`Sequences`](crate::Sequences), and in a batch as a tensor of ids `[n, longest]`.
#[derive(Clone, Debug)]
pub struct Mixed<S> {
    /// The token ids of each column of texts.
    pub texts: Vec<S>,
    /// Numbers, `[n, numbers]`; there may be none.
    pub numbers: Tensor<f32>,
    /// The value of each column of categories, `[n, categories]`; there may be none.
    pub categories: Tensor<u32>,
}

/// The place of a table's column in [`Mixed`] inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MixedColumn {
    /// These texts, counted from 0.
    Text(usize),
    /// These numbers; a date gives several.
    Numbers(Range<usize>),
    /// This column of categories, counted from 0.
    Category(usize),
}

impl<S: Samples> Columns for Mixed<S> {
    type Column = MixedColumn;

    #[track_caller]
    fn with_column(&self, column: &MixedColumn, others: &Self) -> Self {
        assert!(
            self.count() == others.count(),
            "with_column: both samples must have one number of samples; found {} and {}",
            self.describe(),
            others.describe()
        );
        let mut exchanged = self.clone();
        match column {
            MixedColumn::Text(at) => exchanged.texts[*at] = others.texts[*at].clone(),
            MixedColumn::Numbers(range) => {
                exchanged.numbers = self.numbers.with_column(range, &others.numbers);
            }
            MixedColumn::Category(at) => {
                exchanged.categories =
                    self.categories.with_column(&(*at..*at + 1), &others.categories);
            }
        }
        exchanged
    }
}

impl<S: Samples> Mixed<S> {
    fn map<B>(
        &self,
        text: impl FnMut(&S) -> B,
        numbers: impl FnOnce(&Tensor<f32>) -> Tensor<f32>,
        categories: impl FnOnce(&Tensor<u32>) -> Tensor<u32>,
    ) -> Mixed<B> {
        Mixed {
            texts: self.texts.iter().map(text).collect(),
            numbers: numbers(&self.numbers),
            categories: categories(&self.categories),
        }
    }
}

impl<S: Samples> Samples for Mixed<S> {
    type Batch = Mixed<S::Batch>;

    fn batch(&self) -> Self::Batch {
        self.map(S::batch, Tensor::clone, Tensor::clone)
    }

    #[track_caller]
    fn count(&self) -> usize {
        let count = self.numbers.count();
        let is_one = self.categories.count() == count
            && self.texts.iter().all(|texts| texts.count() == count);
        assert!(
            is_one,
            "samples: all parts must have the same number of samples; found {}",
            self.describe()
        );
        count
    }

    fn describe(&self) -> String {
        let texts = self.texts.iter().map(|texts| format!("{}, ", texts.describe()));
        let (numbers, categories) = (self.numbers.describe(), self.categories.describe());
        format!("({}{numbers}, {categories})", texts.collect::<String>())
    }

    #[track_caller]
    fn select(&self, positions: &[u32]) -> Self {
        self.map(|t| t.select(positions), |n| n.select(positions), |c| c.select(positions))
    }

    #[track_caller]
    fn range(&self, range: Range<usize>) -> Self {
        let again = || range.clone();
        self.map(|t| t.range(again()), |n| n.range(again()), |c| c.range(again()))
    }

    #[track_caller]
    fn concat(parts: &[&Self]) -> Self {
        let Some(first) = parts.first() else { panic!("concat: there are no samples to join") };
        let text = |place: usize| {
            let texts: Vec<&S> = parts.iter().map(|part| &part.texts[place]).collect();
            S::concat(&texts)
        };
        let numbers: Vec<_> = parts.iter().map(|part| &part.numbers).collect();
        let categories: Vec<_> = parts.iter().map(|part| &part.categories).collect();
        Self {
            texts: (0..first.texts.len()).map(text).collect(),
            numbers: Samples::concat(&numbers),
            categories: Samples::concat(&categories),
        }
    }

    fn digest(&self, sink: &mut dyn FnMut(&[u8])) {
        self.texts.iter().for_each(|texts| texts.digest(sink));
        self.numbers.digest(sink);
        self.categories.digest(sink);
    }

    fn highest(&self) -> Vec<usize> {
        let texts = self.texts.iter().flat_map(|texts| texts.highest());
        texts.chain(self.categories.highest()).collect()
    }

    fn length(&self, sample: usize) -> Option<usize> {
        self.texts.iter().filter_map(|texts| texts.length(sample)).max()
    }
}
