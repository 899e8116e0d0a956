//! A model with the loss it is trained for.

use std::ops::Range;

use autograd::{Parameters, Pass, Tape, Var};
use data::Dataset;
use nn::Model;
use tensor::{Scalar, ShapeError, Tensor};

use crate::loss::Loss;

/// The number of samples that are evaluated at once.
pub(crate) const EVALUATION_BATCH: usize = 256;

/// The most items of padded sequences that are evaluated at once, unless a single sequence is
/// longer.
const EVALUATION_ITEMS: usize = 1 << 22;

/// Fits, evaluates and predicts with one model.
#[derive(Debug)]
pub struct Trainer<'m, M> {
    pub(crate) model: &'m M,
    pub(crate) loss: Loss,
}

// A derived implementation would require a model that can be copied.
impl<M> Clone for Trainer<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Trainer<'_, M> {}

impl<'m, M: Model> Trainer<'m, M> {
    /// Creates a trainer for `model`, whose outputs must suit `loss`.
    pub fn new(model: &'m M, loss: Loss) -> Self {
        Self { model, loss }
    }

    /// Returns the mean loss of a batch, on the tape of `pass`.
    ///
    /// # Panics
    /// If the batch does not fit the model.
    #[track_caller]
    pub fn loss<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Dataset<M::Input>) -> Var<'t, T> {
        self.loss.of(self.model.forward(pass, batch.inputs()), batch.labels())
    }

    /// Returns the probability of each class for each input, `[n, classes]`.
    ///
    /// # Panics
    /// If the inputs do not fit the model; [`try_predict`](Self::try_predict) gives an error
    /// instead.
    #[track_caller]
    pub fn predict<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        inputs: &Tensor<M::Input>,
    ) -> Tensor<T> {
        self.loss.probabilities(&self.logits(parameters, inputs))
    }

    /// Returns what [`predict`](Self::predict) returns, after checking that the inputs fit the
    /// model. A server can use it on the inputs of a request.
    ///
    /// ```
    /// use autograd::Parameters;
    /// use nn::{Dense, Embedding, Model};
    /// use tensor::Tensor;
    /// use train::{Loss, Trainer};
    ///
    /// let mut parameters = Parameters::new(0);
    /// let embedding = Embedding::new(&mut parameters, "embedding", 10, 4).mean();
    /// let model = embedding.then(Dense::new(&mut parameters, "output", 4, 2));
    /// let trainer = Trainer::new(&model, Loss::SoftmaxCrossEntropy);
    /// let error = trainer.try_predict(&parameters, &Tensor::from([[1, 10]])).unwrap_err();
    /// assert_eq!(error.to_string(), "there is no row 10: the 10 rows are numbered from 0");
    /// ```
    ///
    /// # Errors
    /// If [`Model::check_batch`] refuses the inputs.
    ///
    /// # Panics
    /// If the layers do not fit each other.
    #[track_caller]
    pub fn try_predict<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        inputs: &Tensor<M::Input>,
    ) -> Result<Tensor<T>, ShapeError> {
        self.model.check_batch(parameters, inputs)?;
        Ok(self.predict(parameters, inputs))
    }

    /// Returns the probability of each class for each sample, `[n, classes]`. Unlike
    /// [`predict`](Self::predict), it pads the sequences of only a few samples at a time.
    ///
    /// # Panics
    /// If the samples do not fit the model.
    #[track_caller]
    pub fn predict_samples<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        samples: &Dataset<M::Input>,
    ) -> Tensor<T> {
        self.loss.probabilities(&self.logits_of(parameters, samples))
    }

    /// Returns the model's outputs, computed batch by batch in evaluation mode.
    #[track_caller]
    pub(crate) fn logits<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        inputs: &Tensor<M::Input>,
    ) -> Tensor<T> {
        assert!(inputs.rank() > 0, "the inputs must be [n, …], one entry for each sample, not []");
        let count = inputs.shape()[0];
        // There is at least one batch, so that an empty input gives an output with the right
        // columns.
        let starts = (0..count.max(1)).step_by(EVALUATION_BATCH);
        self.outputs(
            parameters,
            starts.map(|start| inputs.slice(0, start..count.min(start + EVALUATION_BATCH))),
        )
    }

    /// Returns the model's outputs for each sample.
    #[track_caller]
    pub(crate) fn logits_of<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        samples: &Dataset<M::Input>,
    ) -> Tensor<T> {
        match samples.sequences() {
            None => self.logits(parameters, samples.inputs()),
            Some(sequences) => {
                let batches = evaluation_batches(sequences.iter().map(<[_]>::len));
                let batches = batches.into_iter();
                self.outputs(parameters, batches.map(|range| samples.slice(range).inputs().clone()))
            }
        }
    }

    #[track_caller]
    fn outputs<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        batches: impl Iterator<Item = Tensor<M::Input>>,
    ) -> Tensor<T> {
        let mut tape = Tape::no_grad();
        let mut outputs = Vec::new();
        for batch in batches {
            tape.clear();
            let pass = Pass::eval(&tape, parameters);
            outputs.push(self.model.forward(pass, &batch).value());
        }
        Tensor::concat(&outputs.iter().collect::<Vec<_>>(), 0)
    }
}

/// Returns ranges of sequences of these lengths to evaluate at once: [`EVALUATION_BATCH`] of them,
/// or fewer if padding to the longest would give more than [`EVALUATION_ITEMS`] items.
fn evaluation_batches(lengths: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut batches: Vec<Range<usize>> = Vec::new();
    let mut longest = 0;
    for (sample, length) in lengths.enumerate() {
        let together = longest.max(length);
        match batches.last_mut() {
            Some(batch)
                if batch.len() < EVALUATION_BATCH
                    && (batch.len() + 1).saturating_mul(together) <= EVALUATION_ITEMS =>
            {
                batch.end += 1;
                longest = together;
            }
            _ => {
                batches.push(sample..sample + 1);
                longest = length;
            }
        }
    }
    // There is at least one batch, so that an empty data set gives an output with the right
    // columns.
    if batches.is_empty() {
        batches.push(0..0);
    }
    batches
}
