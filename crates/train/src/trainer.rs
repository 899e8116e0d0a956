//! A model with the loss it is trained for.

use std::ops::Range;

use autograd::{Parameters, Pass, Tape, Var};
use data::{Dataset, Samples};
use nn::Model;
use tensor::{Scalar, ShapeError, Tensor};

use crate::loss::Loss;

/// The number of samples that are evaluated at once.
pub(crate) const EVALUATION_BATCH: usize = 256;

/// The most items of sequences, padding included, that are evaluated at once, unless a single sequence is
/// longer. A language model keeps about a thousand numbers of each item in each block until the batch is done: with
/// more items they take gigabytes and do not fit into any cache.
pub const EVALUATION_ITEMS: usize = 1 << 13;

/// Fits, evaluates and predicts with one model. `L` is a [`Loss`](crate::Loss).
///
/// | method | gives |
/// |---|---|
/// | [`fit`](Self::fit) | the trained parameters, and a [`History`](crate::History) |
/// | [`score`](Self::score) | the loss and the metrics on a data set, for any loss |
/// | [`evaluate`](Self::evaluate) | of a classifier also the confusion matrix and the area under the ROC curve |
/// | [`predict`](Self::predict) | probabilities, or the numbers of a regression |
/// | [`outputs`](Self::outputs) | what the model computes, such as logits |
///
/// ```
/// use autograd::Parameters;
/// use data::Dataset;
/// use nn::{Activation, Dense, Features, Model, SoftmaxCrossEntropy};
/// use optim::Adam;
/// use tensor::Tensor;
/// use train::{Fit, Trainer};
///
/// // Exclusive or.
/// let inputs = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
/// let samples = Dataset::new(inputs, Tensor::from([0, 1, 1, 0]));
///
/// let mut parameters = Parameters::new(1);
/// let model = Features::new(2)
///     .then(Dense::new(&mut parameters, "hidden", 2, 8))
///     .then(Activation::Tanh)
///     .then(Dense::new(&mut parameters, "output", 8, 2));
/// let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
///
/// let options = Fit { epochs: 200, validation_split: 0.0, ..Fit::default() };
/// let history = trainer.fit(&mut parameters, &mut Adam::new(0.05), &samples, &options)?;
/// assert!(history.kept_epoch().training.loss < 0.1);
/// assert_eq!(trainer.evaluate(&parameters, &samples).accuracy(), 1.0);
/// assert!(trainer.predict(&parameters, samples.inputs()).get([1, 1]) > 0.9);
/// # Ok::<(), train::TrainError>(())
/// ```
#[derive(Debug)]
pub struct Trainer<'m, M, L> {
    pub(crate) model: &'m M,
    pub(crate) loss: L,
}

impl<'m, M: Model, L> Trainer<'m, M, L> {
    /// Creates a trainer for `model`, whose outputs must suit `loss`.
    pub fn new(model: &'m M, loss: L) -> Self {
        Self { model, loss }
    }

    /// Returns the mean loss of a batch, on the tape of `pass`.
    ///
    /// # Panics
    /// If the batch does not fit the model.
    #[track_caller]
    pub fn loss<'t, T, X, Y>(&self, pass: Pass<'t, T>, batch: &Dataset<X, Y>) -> Var<'t, T>
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples<Batch = M::Input>,
        Y: Samples<Batch = L::Target>,
    {
        self.loss.of(self.model.forward(pass, &batch.inputs().batch()), &batch.targets().batch())
    }

    /// Returns what the model predicts for each input: for a classifier the probability of each class,
    /// `[n, classes]`; otherwise see the loss.
    ///
    /// # Panics
    /// If the inputs do not fit the model; [`try_predict`](Self::try_predict) gives an error
    /// instead.
    #[track_caller]
    pub fn predict<T, X>(&self, parameters: &Parameters<T>, inputs: &X) -> Tensor<T>
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples<Batch = M::Input>,
    {
        self.loss.predict(&self.outputs(parameters, inputs))
    }

    /// Returns what [`predict`](Self::predict) returns, after checking that the inputs fit the
    /// model. A server can use it on the inputs of a request.
    ///
    /// ```
    /// use autograd::Parameters;
    /// use nn::{Dense, Embedding, Model, SoftmaxCrossEntropy};
    /// use tensor::Tensor;
    /// use train::Trainer;
    ///
    /// let mut parameters = Parameters::new(0);
    /// let embedding = Embedding::new(&mut parameters, "embedding", 10, 4).mean();
    /// let model = embedding.then(Dense::new(&mut parameters, "output", 4, 2));
    /// let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
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
    pub fn try_predict<T, X>(
        &self,
        parameters: &Parameters<T>,
        inputs: &X,
    ) -> Result<Tensor<T>, ShapeError>
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples<Batch = M::Input>,
    {
        self.model.check_batch(parameters, &inputs.batch())?;
        Ok(self.predict(parameters, inputs))
    }

    /// Returns the model's outputs for each input, `[n, outputs]`, such as logits, computed batch by batch in
    /// evaluation mode.
    ///
    /// # Panics
    /// If the inputs do not fit the model, or the outputs for two batches differ after the first axis, as outputs for
    /// each step of texts of several lengths do.
    #[track_caller]
    pub fn outputs<T, X>(&self, parameters: &Parameters<T>, inputs: &X) -> Tensor<T>
    where
        T: Scalar,
        X: Samples<Batch = M::Input>,
    {
        let (mut tape, mut outputs) = (Tape::no_grad(), Vec::new());
        for range in evaluation_batches(inputs) {
            tape.clear();
            outputs.push(self.outputs_of(&tape, parameters, inputs, range));
        }
        let rows = |batch: &Tensor<T>| batch.shape().get(1..).map(<[usize]>::to_vec);
        if let Some(other) = outputs.iter().find(|other| rows(other) != rows(&outputs[0])) {
            panic!(
                "outputs: batches have the outputs {:?} and {:?}, which do not make one tensor: give inputs of one length \
                 to a model with an output for each step",
                outputs[0].shape(),
                other.shape()
            );
        }
        Tensor::concat(&outputs, 0)
    }

    /// Returns the model's outputs for a range of inputs in evaluation mode.
    #[track_caller]
    pub(crate) fn outputs_of<T, X>(
        &self,
        tape: &Tape<T>,
        parameters: &Parameters<T>,
        inputs: &X,
        range: Range<usize>,
    ) -> Tensor<T>
    where
        T: Scalar,
        X: Samples<Batch = M::Input>,
    {
        let batch = inputs.range(range).batch();
        self.model.forward(Pass::eval(tape, parameters), &batch).value()
    }
}

/// Returns the ranges of samples to evaluate at once: [`EVALUATION_BATCH`] of them, or fewer if filling
/// them up to the longest would give more than [`EVALUATION_ITEMS`] items.
#[track_caller]
pub(crate) fn evaluation_batches<X: Samples>(inputs: &X) -> Vec<Range<usize>> {
    let mut batches: Vec<Range<usize>> = Vec::new();
    let mut longest = 0;
    for sample in 0..inputs.count() {
        let length = inputs.length(sample).unwrap_or(0);
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
