//! A model with the loss it is trained for.

use autograd::{Parameters, Pass, Tape, Var};
use data::Dataset;
use nn::Model;
use tensor::{Scalar, ShapeError, Tensor};

use crate::Loss;

/// How many samples are evaluated at once.
pub(crate) const EVALUATION_BATCH: usize = 256;

/// Fits, evaluates and predicts with one model.
#[derive(Clone, Copy, Debug)]
pub struct Trainer<'m, M> {
    pub(crate) model: &'m M,
    pub(crate) loss: Loss,
}

impl<'m, M: Model> Trainer<'m, M> {
    /// A trainer for `model`, whose outputs `loss` understands.
    pub fn new(model: &'m M, loss: Loss) -> Self {
        Self { model, loss }
    }

    /// The mean loss of a batch, on the tape of `pass`.
    ///
    /// # Panics
    /// When the batch does not fit the model.
    #[track_caller]
    pub fn loss<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Dataset<M::Input>) -> Var<'t, T> {
        self.loss.of(self.model.forward(pass, batch.inputs()), batch.labels())
    }

    /// The probability of each class for each input, `[n, classes]`.
    ///
    /// # Panics
    /// When the inputs do not fit the model; [`try_predict`](Self::try_predict) gives an error
    /// instead.
    #[track_caller]
    pub fn predict<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        inputs: &Tensor<M::Input>,
    ) -> Tensor<T> {
        self.loss.probabilities(&self.logits(parameters, inputs))
    }

    /// [`predict`](Self::predict) for inputs that may not fit, such as those of a request to a server.
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
    /// When [`Model::check_batch`] refuses the inputs.
    ///
    /// # Panics
    /// When the layers do not fit each other.
    #[track_caller]
    pub fn try_predict<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        inputs: &Tensor<M::Input>,
    ) -> Result<Tensor<T>, ShapeError> {
        self.model.check_batch(parameters, inputs)?;
        Ok(self.predict(parameters, inputs))
    }

    /// The model's outputs, computed batch by batch in evaluation mode.
    #[track_caller]
    pub(crate) fn logits<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        inputs: &Tensor<M::Input>,
    ) -> Tensor<T> {
        assert!(inputs.rank() > 0, "the inputs must be [n, …], one entry for each sample, not []");
        let mut tape = Tape::evaluation();
        let mut outputs = Vec::new();
        let count = inputs.shape()[0];
        // At least one batch, so that an empty input gives an output with the right columns.
        for start in (0..count.max(1)).step_by(EVALUATION_BATCH) {
            tape.clear();
            let batch = inputs.slice(0, start..count.min(start + EVALUATION_BATCH));
            let pass = Pass::evaluation(&tape, parameters);
            outputs.push(self.model.forward(pass, &batch).value());
        }
        Tensor::concat(&outputs.iter().collect::<Vec<_>>(), 0)
    }
}
