//! The training loop: epochs of shuffled mini-batches, each a step of gradient descent.
//!
//! ```text
//! for each epoch:
//!     for each batch, in an order drawn for this epoch:
//!         forward, loss, backward, optimizer step
//!     evaluate on the validation samples; keep the weights if they are the best so far
//! ```
//!
//! Where the loop is, is kept in a [`Progress`], and what is to happen beside training is done by
//! [`Observer`]s: so the loop can begin anywhere, and nothing here knows of bars or files.

use std::collections::BTreeMap;
use std::time::Instant;

use autograd::{Parameters, Pass, Tape, Var};
use data::{Dataset, Split, SplitError};
use nn::Model;
use optim::{GradientError, Optimizer, clip_global_norm};
use serde::{Deserialize, Serialize};
use tensor::{Key, Scalar};
use thiserror::Error;

use crate::{
    Batch, Epoch, History, Moment, Observer, ObserverError, Progress, Score, Shards, Trainer,
};

/// How to train. The default is the article's: 10 epochs, batches of 32, a fifth of the samples for
/// validation; and the weights of the best epoch are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// How many times to go over the training samples, at most; at least once.
    pub epochs: usize,
    /// How many samples make one step.
    pub batch_size: usize,
    /// The share of samples that are not trained on but evaluated after each epoch.
    pub validation_split: f64,
    /// The way in which these are chosen. (Checkpoints from before this was a choice have the last ones.)
    #[serde(default = "last")]
    pub split: Split,
    /// How many shards each batch is cut into, to be worked on by as many threads; at least one. The
    /// result depends on the number of shards, but not on that of threads. See
    /// [`Shards`](crate::Shards).
    pub shards: usize,
    /// Whether to draw a new order of the training samples for each epoch.
    pub shuffle: bool,
    /// Where the order and dropout come from.
    pub seed: u64,
    /// Stop when so many epochs in a row were not better than the best; `None` for never.
    pub patience: Option<usize>,
    /// Whether to end with the weights of the epoch with the highest validation accuracy (of
    /// equals, the lowest validation loss) instead of those of the last.
    pub keep_best: bool,
    /// Scale gradients down to this global norm where theirs is larger.
    pub clip_norm: Option<f64>,
    /// The names of parameters, of one number each, whose value each [`Epoch`] is to note. A name
    /// that the model has not is left out, so one list serves several models.
    pub track: Vec<String>,
}

impl Default for Fit {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch_size: 32,
            validation_split: 0.2,
            split: Split::Stratified,
            shards: 1,
            shuffle: true,
            seed: 0,
            patience: None,
            keep_best: true,
            clip_norm: None,
            track: Vec::new(),
        }
    }
}

fn last() -> Split {
    Split::Last
}

impl Fit {
    /// The samples to train on and those to validate on: `(training, validation)`. The draw depends on
    /// the seed only.
    ///
    /// # Errors
    /// When one of the two would be empty.
    pub fn split<I: Copy>(
        &self,
        dataset: &Dataset<I>,
    ) -> Result<(Dataset<I>, Dataset<I>), SplitError> {
        let key = Key::new(self.seed).stream("fit").stream("split");
        dataset.split(self.validation_split, self.split, key)
    }
}

/// Why training could not begin or go on.
#[derive(Debug, Error)]
pub enum TrainError {
    /// There are no samples.
    #[error("there is nothing to train on: the data set has no samples")]
    NoSamples,
    /// The validation split leaves nothing to train or to validate on.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A batch of sequences is too large when all are as long as the longest.
    #[error(
        "a batch of {batch} samples, each filled up to the longest one of {longest} items, is too large; \
         cut the longest samples, or make batches of fewer"
    )]
    TooLong {
        /// The number of samples in a batch.
        batch: usize,
        /// The length of the longest sample.
        longest: usize,
    },
    /// The loss is infinite or NaN.
    #[error(
        "the loss is {loss} in epoch {epoch}, step {step}. The first value that is not finite is \
         {first}. A lower learning rate or clipping the gradients may help, or the data hold such a \
         value"
    )]
    NotFinite {
        /// The loss.
        loss: f64,
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step within the epoch, counted from 1.
        step: usize,
        /// The first line of the tape that is not finite.
        first: String,
    },
    /// The optimizer refuses a gradient. The parameters are those before the step.
    #[error("in epoch {epoch}, step {step}: {error}")]
    Gradient {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step within the epoch, counted from 1.
        step: usize,
        /// The gradient, and what is wrong with it.
        error: GradientError,
    },
    /// The last step of an epoch has left a model that is of no use.
    #[error(
        "after epoch {epoch} {what} is infinite or NaN. A lower learning rate or clipping the \
         gradients may help, or the data hold such a value"
    )]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The parameter, or the validation loss.
        what: String,
    },
    /// An observer, such as one that waits for Ctrl-C, wanted training to stop.
    #[error("training was stopped in epoch {epoch} after step {step} of {steps}")]
    Stopped {
        /// The epoch, counted from 1.
        epoch: usize,
        /// How many of its steps were taken.
        step: usize,
        /// How many it has.
        steps: usize,
    },
    /// An observer could not do its part.
    #[error(transparent)]
    Observer(ObserverError),
}

impl<'m, M: Model> Trainer<'m, M> {
    /// Trains the model, whose parameters `optimizer` changes, on `dataset`.
    ///
    /// The same seed, data and initial parameters give bitwise the same result.
    ///
    /// # Errors
    /// When there are no samples or the validation split leaves a part empty. When the loss is not
    /// finite; then the parameters are those before the step that failed. When a parameter or the
    /// validation loss is not finite after an epoch; then they are those after it.
    ///
    /// # Panics
    /// When the data do not fit the model, or the batch size or the number of epochs or shards is 0.
    #[track_caller]
    pub fn fit<T: Scalar>(
        &self,
        parameters: &mut Parameters<T>,
        optimizer: &mut dyn Optimizer<T>,
        dataset: &Dataset<M::Input>,
        options: &Fit,
    ) -> Result<History, TrainError> {
        self.session(parameters, optimizer, dataset, options)?.run(&mut [])
    }

    /// The same training, to be observed or resumed; [`Session::run`] does it.
    ///
    /// # Errors
    /// When there are no samples or the validation split leaves a part empty.
    ///
    /// # Panics
    /// When the data do not fit the model, or the batch size or the number of epochs or shards is 0.
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
            trainer: Trainer { model: self.model, loss: self.loss },
            parameters,
            optimizer,
            steps_per_epoch,
            training,
            validation,
            dataset,
            options,
            progress: Progress::start(),
        })
    }
}

/// A training run that has not begun, or has come as far as its [`Progress`] says. From
/// [`Trainer::session`].
///
/// Parameters, optimizer and progress are all that a run depends on. To go on with an earlier run, set
/// the three to what they were; `store::Checkpoint::resume` does that from a file.
///
/// ```
/// # use autograd::Parameters;
/// # use data::Dataset;
/// # use nn::{Dense, Features, Model};
/// # use optim::Adam;
/// # use tensor::Tensor;
/// use train::{Fit, Loss, Moment, Observer, ObserverError, Trainer};
///
/// /// Prints a line after each epoch.
/// struct Lines;
///
/// impl Observer<f32> for Lines {
///     fn epoch(&mut self, now: &Moment<'_>) -> Result<(), ObserverError> {
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
    trainer: Trainer<'a, M>,
    /// The weights that training goes on with.
    pub parameters: &'a mut Parameters<T>,
    /// The optimizer, with its memory.
    pub optimizer: &'a mut dyn Optimizer<T>,
    /// How to train.
    pub options: &'a Fit,
    /// Where training goes on.
    pub progress: Progress<T>,
    dataset: &'a Dataset<M::Input>,
    training: Dataset<M::Input>,
    validation: Dataset<M::Input>,
    steps_per_epoch: usize,
}

impl<M: Model, T: Scalar> Session<'_, M, T> {
    /// The data set, with the samples for validation.
    pub fn dataset(&self) -> &Dataset<M::Input> {
        self.dataset
    }

    /// The number of samples that an epoch trains on.
    pub fn training_samples(&self) -> usize {
        self.training.len()
    }

    /// The number of samples that an epoch is evaluated on.
    pub fn validation_samples(&self) -> usize {
        self.validation.len()
    }

    /// The number of steps of an epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.steps_per_epoch
    }

    /// Trains to the end while the observers look on; they are told in their order.
    ///
    /// # Errors
    /// Those of [`Trainer::fit`]; and when an observer fails or stops the run. Then the parameters
    /// are those of the last step.
    ///
    /// # Panics
    /// When the data do not fit the model.
    #[track_caller]
    pub fn run(mut self, observers: &mut [&mut dyn Observer<T>]) -> Result<History, TrainError> {
        self.tell(observers, None, |observer, now| observer.begin(now))?;
        while !self.progress.is_over(self.options) {
            let epoch = self.epoch(observers)?;
            self.progress.add_epoch(epoch, self.parameters, self.options);
            self.tell(observers, None, |observer, now| observer.epoch(now))?;
        }
        let (history, best) = self.progress.end();
        if let Some(weights) = best {
            *self.parameters = weights;
        }
        Ok(history)
    }

    /// One epoch: a pass over the training samples, then an evaluation on those for validation.
    #[track_caller]
    fn epoch(&mut self, observers: &mut [&mut dyn Observer<T>]) -> Result<Epoch, TrainError> {
        let number = self.progress.epoch();
        let earlier = self.progress.running.seconds;
        let start = Instant::now();
        let training = self.train_once(number, observers)?;
        let validation = (!self.validation.is_empty())
            .then(|| self.trainer.evaluate(self.parameters, &self.validation).score());
        check_finite(self.parameters, validation, number)?;
        Ok(Epoch {
            number,
            of: self.options.epochs,
            rate: self.optimizer.rate(),
            training,
            validation,
            tracked: tracked(self.parameters, &self.options.track),
            seconds: earlier + start.elapsed().as_secs_f64(),
        })
    }

    /// One pass over the training samples, from the step on that it has come to; the mean score of
    /// all its batches.
    #[track_caller]
    fn train_once(
        &mut self,
        number: usize,
        observers: &mut [&mut dyn Observer<T>],
    ) -> Result<Score, TrainError> {
        let earlier = self.progress.running.seconds;
        let start = Instant::now();
        let (mut tape, mut shards) = (Tape::default(), Shards::new(self.options.shards));
        let key = Key::new(self.options.seed).stream("fit").fold_in(number as u64);
        let training = self.training.clone();
        let batches = batches(&training, self.options, key.stream("order"));
        for (step, batch) in batches.enumerate().skip(self.progress.step()) {
            let key = key.stream("noise").fold_in(step as u64);
            let clip_norm = self.options.clip_norm;
            let outcome = self
                .trainer
                .step(
                    (&mut tape, &mut shards),
                    self.parameters,
                    self.optimizer,
                    &batch,
                    key,
                    clip_norm,
                )
                .map_err(|failure| failure.at(number, step + 1))?;
            self.progress.add_step(&outcome, batch.len());
            self.progress.running.seconds = earlier + start.elapsed().as_secs_f64();
            let score = outcome.score(batch.len());
            self.tell(observers, Some(score), |observer, now| observer.step(now))?;
        }
        Ok(self.progress.score().expect("an epoch has at least one step"))
    }

    /// Tells each observer, and then asks them whether to stop.
    fn tell(
        &self,
        observers: &mut [&mut dyn Observer<T>],
        batch: Option<Score>,
        what: impl Fn(&mut dyn Observer<T>, &Moment<'_, T>) -> Result<(), ObserverError>,
    ) -> Result<(), TrainError> {
        let now = Moment {
            progress: &self.progress,
            parameters: self.parameters,
            optimizer: self.optimizer,
            options: self.options,
            steps_per_epoch: self.steps_per_epoch,
            batch,
            dataset: self.dataset,
        };
        let mut stops = false;
        for observer in observers.iter_mut() {
            what(&mut **observer, &now).map_err(TrainError::Observer)?;
            stops |= observer.wants_stop();
        }
        if !stops || self.progress.is_over(self.options) {
            return Ok(());
        }
        for observer in observers {
            observer.stop(&now).map_err(TrainError::Observer)?;
        }
        Err(TrainError::Stopped {
            epoch: self.progress.epoch(),
            step: self.progress.step(),
            steps: self.steps_per_epoch,
        })
    }
}

impl<M: Model> Trainer<'_, M> {
    /// Runs the model on one sample. So layers that do not fit are reported at the line that called
    /// `fit`, before anything has begun, even if batches will run on other threads.
    #[track_caller]
    fn rehearse<T: Scalar>(&self, parameters: &Parameters<T>, training: &Dataset<M::Input>) {
        let tape = Tape::no_grad();
        self.loss(Pass::eval(&tape, parameters), &training.select(&[0]));
    }

    /// One step of gradient descent. After an error, the parameters are as before.
    #[track_caller]
    fn step<T: Scalar>(
        &self,
        (tape, shards): (&mut Tape<T>, &mut Shards<T>),
        parameters: &mut Parameters<T>,
        optimizer: &mut dyn Optimizer<T>,
        batch: &Dataset<M::Input>,
        key: Key,
        clip_norm: Option<f64>,
    ) -> Result<Outcome, Failure> {
        let result = match shards.count() {
            // Not by a closure: it would hide the line that called `fit` from the tape.
            1 => {
                let (loss, seen) = self.look_at(Pass::training(tape, parameters, key), batch);
                Batch {
                    loss: loss.item(),
                    gradients: loss.backward_releasing(),
                    returned: vec![seen],
                }
            }
            _ => shards.pass(parameters, batch.len(), key, |pass, samples| {
                self.look_at(pass, &batch.slice(samples))
            }),
        };
        // The tape shares the parameters' buffers; cleared, the optimizer can change them in place.
        tape.clear();
        let loss = result.loss.to_f64();
        let seen: Result<Vec<_>, _> = result.returned.into_iter().collect();
        let hits = seen.map_err(|first| Failure::Loss(loss, first))?;
        let mut gradients = result.gradients;
        if let Some(max) = clip_norm {
            clip_global_norm(&mut gradients, max);
        }
        optimizer.try_step(parameters, &gradients).map_err(Failure::Gradient)?;
        Ok(Outcome { loss, correct: hits.iter().sum() })
    }

    /// The mean loss of some samples, and of how many the label was predicted. If the loss is not
    /// finite, where that began.
    #[track_caller]
    fn look_at<'t, T: Scalar>(
        &self,
        pass: Pass<'t, T>,
        samples: &Dataset<M::Input>,
    ) -> (Var<'t, T>, Result<usize, String>) {
        let logits = self.model.forward(pass, samples.inputs());
        let loss = self.loss.of(logits, samples.labels());
        if !loss.item().is_finite() {
            return (loss, Err(loss.tape().first_non_finite().unwrap_or_default()));
        }
        let predictions = self.loss.predictions(&logits.value());
        let hits = predictions.zip_map(samples.labels(), |found, label| found == label);
        (loss, Ok(hits.values().iter().filter(|&&hit| hit).count()))
    }
}

/// The samples of one epoch in batches, shuffled or not.
#[track_caller]
fn batches<'d, I: Copy>(
    training: &'d Dataset<I>,
    options: &Fit,
    key: Key,
) -> Box<dyn Iterator<Item = Dataset<I>> + 'd> {
    match options.shuffle {
        true => Box::new(training.shuffled_batches(options.batch_size, key)),
        false => Box::new(training.batches(options.batch_size)),
    }
}

/// The most items in a batch of sequences, filled up: 1 GB of memory with what a step makes of them.
const LARGEST_BATCH: usize = 1 << 27;

/// Checks that a batch of sequences can be held in memory. Rows of a tensor are there already.
fn check_size<I: Copy>(dataset: &Dataset<I>, batch_size: usize) -> Result<(), TrainError> {
    let Some(sequences) = dataset.sequences() else { return Ok(()) };
    let (batch, longest) = (batch_size.min(sequences.len()), sequences.longest());
    match batch.saturating_mul(longest) <= LARGEST_BATCH {
        true => Ok(()),
        false => Err(TrainError::TooLong { batch, longest }),
    }
}

/// Checks what no later step of the epoch has used.
fn check_finite<T: Scalar>(
    parameters: &Parameters<T>,
    validation: Option<Score>,
    epoch: usize,
) -> Result<(), TrainError> {
    let diverged = |what| Err(TrainError::Diverged { epoch, what });
    match parameters.iter().find(|(_, _, value)| !value.is_finite()) {
        Some((_, name, _)) => diverged(format!("the parameter `{name}`")),
        None if validation.is_some_and(|score| !score.loss.is_finite()) => {
            diverged("the validation loss".to_string())
        }
        None => Ok(()),
    }
}

/// The values of those of the named parameters that there are.
fn tracked<T: Scalar>(parameters: &Parameters<T>, names: &[String]) -> BTreeMap<String, f64> {
    let value = |name: &String| {
        let id = parameters.find(name)?;
        Some((name.clone(), parameters.get(id).item().to_f64()))
    };
    names.iter().filter_map(value).collect()
}

/// Why a step was not taken.
enum Failure {
    /// The loss is not finite; and the first value that is not.
    Loss(f64, String),
    /// The optimizer refuses a gradient.
    Gradient(GradientError),
}

impl Failure {
    fn at(self, epoch: usize, step: usize) -> TrainError {
        match self {
            Failure::Loss(loss, first) => TrainError::NotFinite { loss, epoch, step, first },
            Failure::Gradient(error) => TrainError::Gradient { epoch, step, error },
        }
    }
}

/// What one step saw before it changed the weights.
pub(crate) struct Outcome {
    pub(crate) loss: f64,
    pub(crate) correct: usize,
}

impl Outcome {
    /// Loss and accuracy on the batch, which has so many samples.
    fn score(&self, samples: usize) -> Score {
        Score { loss: self.loss, accuracy: self.correct as f64 / samples as f64 }
    }
}
