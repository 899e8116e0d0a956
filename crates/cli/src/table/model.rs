//! The model of a table, and its loss.
//!
//! ```text
//! texts       ids ─▶ embedding ─▶ mean ─▶ dropout ─┐
//! categories  id  ─▶ embedding ────────────────────┼─▶ side by side ─▶ hidden layers ─▶ dropout ─▶ Dense
//! numbers     z  ──────────────────────────────────┘
//! ```
//!
//! The hidden layers are the article's: Dense and SwiGLU for texts alone, and with numbers or categories
//! twice, the second time half as wide.

use autograd::{Parameters, Pass, Var};
use data::{FrameEncoder, Mixed, Standardizer, TargetEncoder, Targets, printable};
use nn::{
    ActivationKind, Dense, Dropout, Embedding, EmbeddingMean, Layer, MeanSquaredError, Model,
    MultiLabelCrossEntropy, SoftmaxCrossEntropy,
};
use tensor::{Scalar, ShapeError, Tensor};
use train::{Loss, Tally};

use crate::sentiment::sizes::Sizes;

/// The id that fills up short texts.
const PADDING: u32 = 0;

/// Puts what a model knows of a sample side by side: `[n, width]`.
struct MixedInputs {
    texts: Vec<EmbeddingMean>,
    categories: Vec<Embedding>,
    has_numbers: bool,
    dropout: Dropout,
}

/// Computes `outputs` numbers `[batch, outputs]` from the columns of a table.
pub fn build(
    parameters: &mut Parameters,
    activation: ActivationKind,
    sizes: &Sizes,
    encoder: &FrameEncoder,
    outputs: usize,
) -> impl Model<Input = Mixed<Tensor<u32>>> + use<> {
    let mut width = encoder.numbers();
    let mut texts = Vec::new();
    for (at, (name, words)) in encoder.texts().into_iter().enumerate() {
        width += sizes.embedding;
        let embedding =
            Embedding::new(parameters, &named("text", at, name), words, sizes.embedding);
        texts.push(embedding.padding(PADDING).mean());
    }
    let mut categories = Vec::new();
    for (at, (name, values)) in encoder.categories().into_iter().enumerate() {
        let dim = category_width(values);
        width += dim;
        categories.push(Embedding::new(parameters, &named("category", at, name), values, dim));
    }
    let rate = dropout(sizes, !encoder.texts().is_empty());
    let has_numbers = encoder.numbers() > 0;
    let (first, second) = hidden(sizes, encoder);
    MixedInputs { texts, categories, has_numbers, dropout: Dropout::new("dropout1", rate) }
        .then(Dense::new(parameters, "hidden", width, first))
        .then(activation.layer(parameters, "activation"))
        .then(second.map(|second| {
            Dense::new(parameters, "hidden2", first, second)
                .then(activation.layer(parameters, "activation2"))
        }))
        .then(Dropout::new("dropout2", rate))
        .then(Dense::new(parameters, "output", second.unwrap_or(first), outputs))
}

/// Returns the name of a column's parameters. The number keeps names apart that print alike.
fn named(kind: &str, at: usize, column: &str) -> String {
    format!("{kind}{}.{}", at + 1, printable(column))
}

/// Returns the share that dropout layers drop. Texts add far more weights than the rows can determine.
pub fn dropout(sizes: &Sizes, has_texts: bool) -> f64 {
    sizes.dropout.unwrap_or(if has_texts { 0.5 } else { 0.0 })
}

/// Returns the widths of the hidden layers.
fn hidden(sizes: &Sizes, encoder: &FrameEncoder) -> (usize, Option<usize>) {
    let has_others = encoder.numbers() > 0 || !encoder.categories().is_empty();
    (sizes.hidden, has_others.then_some(sizes.hidden.div_ceil(2)))
}

/// Returns the number of numbers in the model, for sizes that may be far too large.
pub fn count(sizes: &Sizes, encoder: &FrameEncoder, outputs: usize) -> usize {
    let product = |a: usize, b: usize| a.saturating_mul(b);
    let texts = encoder.texts().into_iter().map(|(_, words)| (words, sizes.embedding));
    let categories = encoder.categories().into_iter();
    let categories = categories.map(|(_, values)| (values, category_width(values)));
    let (mut numbers, mut width) = (0_usize, encoder.numbers());
    for (values, length) in texts.chain(categories) {
        numbers = numbers.saturating_add(product(values, length));
        width = width.saturating_add(length);
    }
    let (first, second) = hidden(sizes, encoder);
    let last = second.unwrap_or(first);
    numbers
        .saturating_add(product(width, first))
        .saturating_add(second.map_or(0, |second| product(first, second)))
        .saturating_add(product(last, outputs))
}

/// Returns the length of a category's vector: 1.6 n^0.56, at most 600, as fastai has it.
fn category_width(values: usize) -> usize {
    ((1.6 * (values as f64).powf(0.56)).round() as usize).clamp(1, 600)
}

impl Model for MixedInputs {
    type Input = Mixed<Tensor<u32>>;

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Self::Input) -> Var<'t, T> {
        let mut parts = Vec::new();
        for (embedding, ids) in self.texts.iter().zip(&batch.texts) {
            parts.push(self.dropout.forward(pass, embedding.forward(pass, ids)));
        }
        for (column, embedding) in self.categories.iter().enumerate() {
            let ids = batch.categories.index_axis(1, column);
            parts.push(embedding.forward(pass, &ids));
        }
        if self.has_numbers {
            parts.push(pass.constant(batch.numbers.cast()));
        }
        match parts[..] {
            [only] => only,
            _ => Var::concat(&parts, 1),
        }
    }

    fn check_batch<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        batch: &Self::Input,
    ) -> Result<(), ShapeError> {
        let mut texts = self.texts.iter().zip(&batch.texts);
        texts.try_for_each(|(embedding, ids)| embedding.check_batch(parameters, ids))?;
        let mut categories = self.categories.iter().enumerate();
        categories.try_for_each(|(column, embedding)| {
            let ids = batch.categories.slice(1, column..column + 1);
            embedding.check_batch(parameters, &ids)
        })
    }
}

/// The loss of each kind of answer.
#[derive(Clone, Debug)]
pub enum TableLoss {
    Classes(SoftmaxCrossEntropy),
    Labels(MultiLabelCrossEntropy),
    Number {
        loss: MeanSquaredError,
        /// The standard deviation of the answers: the loss is on their scale, its metrics in their unit.
        deviation: f64,
    },
}

impl TableLoss {
    /// Returns the loss of these answers.
    pub fn of_target(target: &TargetEncoder) -> Self {
        match target {
            TargetEncoder::Classes { .. } => Self::Classes(SoftmaxCrossEntropy::new()),
            TargetEncoder::Labels { .. } => Self::Labels(MultiLabelCrossEntropy::new()),
            TargetEncoder::Number { scale, .. } => {
                Self::Number { loss: MeanSquaredError, deviation: deviation(scale) }
            }
        }
    }
}

/// A loss without metrics: epochs and settings are compared by it alone. Over few rows it varies less than the
/// share of answers that are right.
pub struct LossAlone(pub TableLoss);

impl<T: Scalar> Loss<T> for LossAlone {
    type Target = Targets;

    #[track_caller]
    fn of<'t>(&self, outputs: Var<'t, T>, targets: &Targets) -> Var<'t, T> {
        self.0.of(outputs, targets)
    }

    fn check_targets(&self, outputs: usize, targets: &Targets) -> Result<(), ShapeError> {
        Loss::<T>::check_targets(&self.0, outputs, targets)
    }
}

/// Returns the standard deviation of the answers: the distance of 0 and 1 on their scale.
pub fn deviation(scale: &Standardizer) -> f64 {
    let ends = scale.inverse_transform(&Tensor::new([2, 1], vec![0.0, 1.0])).to_vec();
    ends[1] - ends[0]
}

/// The targets must be of the loss's kind. They are if one [`TargetEncoder`] determines both.
const OTHER_KIND: &str = "the targets are of another kind than the loss";

impl<T: Scalar> Loss<T> for TableLoss {
    type Target = Targets;

    #[track_caller]
    fn of<'t>(&self, outputs: Var<'t, T>, targets: &Targets) -> Var<'t, T> {
        match (self, targets) {
            (Self::Classes(loss), Targets::Classes(classes)) => loss.of(outputs, classes),
            (Self::Labels(loss), Targets::Numbers(labels)) => loss.of(outputs, labels),
            (Self::Number { loss, .. }, Targets::Numbers(numbers)) => {
                Loss::of(loss, outputs, numbers)
            }
            _ => panic!("{OTHER_KIND}"),
        }
    }

    fn check_targets(&self, outputs: usize, targets: &Targets) -> Result<(), ShapeError> {
        match (self, targets) {
            (Self::Classes(loss), Targets::Classes(classes)) => {
                Loss::<T>::check_targets(loss, outputs, classes)
            }
            (Self::Labels(loss), Targets::Numbers(labels)) => {
                Loss::<T>::check_targets(loss, outputs, labels)
            }
            _ => Ok(()),
        }
    }

    fn predict(&self, outputs: &Tensor<T>) -> Tensor<T> {
        match self {
            Self::Classes(loss) => Loss::predict(loss, outputs),
            Self::Labels(loss) => Loss::predict(loss, outputs),
            Self::Number { loss, .. } => Loss::predict(loss, outputs),
        }
    }

    fn tally(&self, outputs: &Tensor<T>, targets: &Targets) -> Tally {
        match (self, targets) {
            (Self::Classes(loss), Targets::Classes(classes)) => loss.tally(outputs, classes),
            (Self::Labels(loss), Targets::Numbers(labels)) => loss.tally(outputs, labels),
            (Self::Number { loss, deviation }, Targets::Numbers(numbers)) => {
                let outputs = outputs.map(|z| T::from_f64(z.to_f64() * deviation));
                loss.tally(&outputs, &numbers.map(|z| (f64::from(z) * deviation) as f32))
            }
            _ => panic!("{OTHER_KIND}"),
        }
    }
}
