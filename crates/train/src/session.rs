//! Prepares a training run: splits and checks the data, and collects everything that the run
//! depends on.

use autograd::{Parameters, Pass, Tape};
use data::Dataset;
use nn::Model;
use optim::Optimizer;
use tensor::Scalar;

use crate::error::TrainError;
use crate::options::Fit;
use crate::progress::Progress;
use crate::trainer::Trainer;

/// A training run at the position of its [`Progress`], created by [`Trainer::session`].
///
/// A run depends on parameters, optimizer and progress. To resume an earlier run, set the three to
/// their earlier values; `store::Checkpoint::resume` does that from a file.
///
/// ```
/// # use autograd::Parameters;
/// # use data::Dataset;
/// # use nn::{Dense, Features, Model};
/// # use optim::Adam;
/// # use tensor::Tensor;
/// use train::{Fit, Loss, Context, Observer, ObserverError, Trainer};
///
/// /// Prints a line after each epoch.
/// struct Lines;
///
/// impl Observer<f32> for Lines {
///     fn epoch(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
///         println!("{}", now.progress.epochs.last().expect("one has ended"));
///         Ok(())
///     }
/// }
///
/// # let inputs = Tensor::from([[0.0], [1.0], [2.0], [3.0], [4.0]]);
/// # let dataset = Dataset::new(inputs, Tensor::from([0, 1, 0, 1, 0]));
/// # let mut parameters = Parameters::new(1);
/// # let model = Features::new(1).then(Dense::new(&mut parameters, "dense", 1, 2));
/// let trainer = Trainer::new(&model, Loss::SoftmaxCrossEntropy);
/// let history = trainer
///     .session(&mut parameters, &mut Adam::new(0.01), &dataset, &Fit::default())?
///     .run(&mut [&mut Lines])?;
/// assert_eq!(history.epochs.len(), 10);
/// # Ok::<(), train::TrainError>(())
/// ```
pub struct Session<'a, M: Model, T: Scalar> {
    pub(crate) trainer: Trainer<'a, M>,
    /// The weights that training continues with.
    pub parameters: &'a mut Parameters<T>,
    /// The optimizer, with its memory.
    pub optimizer: &'a mut dyn Optimizer<T>,
    /// The options of the run.
    pub options: &'a Fit,
    /// The position at which training continues.
    pub progress: Progress<T>,
    /// The data set, with the samples for validation.
    pub dataset: &'a Dataset<M::Input>,
    /// The samples to train on.
    pub training: Dataset<M::Input>,
    /// The samples to evaluate on after each epoch; may be empty.
    pub validation: Dataset<M::Input>,
    /// The number of steps of an epoch.
    pub steps_per_epoch: usize,
}

impl<'m, M: Model> Trainer<'m, M> {
    /// Prepares a training run, to be observed or resumed; [`Session::run`] trains.
    ///
    /// # Errors
    /// If there are no samples or the validation split leaves a part empty.
    ///
    /// # Panics
    /// If the data do not fit the model, or the batch size or the number of epochs or shards is 0.
    #[track_caller]
    pub fn session<'a, T: Scalar>(
        &self,
        parameters: &'a mut Parameters<T>,
        optimizer: &'a mut dyn Optimizer<T>,
        dataset: &'a Dataset<M::Input>,
        options: &'a Fit,
    ) -> Result<Session<'a, M, T>, TrainError>
    where
        'm: 'a,
    {
        assert!(options.epochs > 0, "fit: 0 epochs were asked for; training takes at least one");
        assert!(options.shards > 0, "fit: 0 shards were asked for; a batch is at least one");
        if dataset.is_empty() {
            return Err(TrainError::NoSamples);
        }
        let (training, validation) = options.split(dataset)?;
        check_size(dataset, options.batch_size)?;
        self.rehearse(parameters, &training);
        let steps_per_epoch = training.batches(options.batch_size).len();
        Ok(Session {
            trainer: *self,
            parameters,
            optimizer,
            options,
            progress: Progress::start(),
            dataset,
            training,
            validation,
            steps_per_epoch,
        })
    }

    /// Runs the model on the first sample and on one of the highest class. So a mismatch of layers
    /// or labels is reported at the line that called `fit`, before training begins.
    #[track_caller]
    fn rehearse<T: Scalar>(&self, parameters: &Parameters<T>, training: &Dataset<M::Input>) {
        let labels = training.labels().to_vec();
        let highest = (0..labels.len()).max_by_key(|&sample| labels[sample]).unwrap_or(0);
        for sample in [0, highest] {
            let tape = Tape::no_grad();
            self.loss(Pass::eval(&tape, parameters), &training.slice(sample..sample + 1));
        }
    }
}

/// The most items in a batch of padded sequences. A step needs about 1 GB of memory for them.
const LARGEST_BATCH: usize = 1 << 27;

/// Checks that a batch of sequences fits into memory. Rows of a tensor are in memory already.
fn check_size<I: Copy>(dataset: &Dataset<I>, batch_size: usize) -> Result<(), TrainError> {
    let Some(sequences) = dataset.sequences() else { return Ok(()) };
    let (batch, longest) = (batch_size.min(sequences.len()), sequences.longest());
    match batch.saturating_mul(longest) <= LARGEST_BATCH {
        true => Ok(()),
        false => Err(TrainError::TooLong { batch, longest }),
    }
}
