//! Prepares a training run: splits and checks the data, and collects everything that the run
//! depends on.

use std::fmt;

use autograd::{ParameterId, Parameters, Pass, Tape};
use data::{Dataset, Samples, Source};
use nn::Model;
use optim::Optimizer;
use tensor::{Scalar, shape};

use crate::error::TrainError;
use crate::loss::Loss;
use crate::observer::AnySource;
use crate::options::{Fit, Plateau};
use crate::progress::Progress;
use crate::trainer::{Trainer, evaluation_batches};
use crate::wire::Portable;
use crate::workers::{Entries, Team, Workers, checksum};

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
/// use nn::SoftmaxCrossEntropy;
/// use train::{Fit, Context, Observer, ObserverError, Trainer};
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
/// let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
/// let history = trainer
///     .session(&mut parameters, &mut Adam::new(0.01), &dataset, &Fit::default())?
///     .run(&mut [&mut Lines])?;
/// assert_eq!(history.epochs.len(), 10);
/// # Ok::<(), train::TrainError>(())
/// ```
pub struct Session<'a, M, L, S: Source, T: Scalar> {
    pub(crate) trainer: &'a Trainer<'a, M, L>,
    /// The weights that training continues with.
    pub parameters: &'a mut Parameters<T>,
    /// The optimizer, with its memory.
    pub optimizer: &'a mut dyn Optimizer<T>,
    /// The options of the run.
    pub options: &'a Fit,
    /// The position at which training continues.
    pub progress: Progress<T>,
    /// The samples to train on, and those for validation if they were split off.
    pub source: &'a dyn AnySource,
    /// The samples to train on.
    pub training: S,
    /// The samples to evaluate on after each epoch, if there are any.
    pub validation: Option<Dataset<S::Inputs, S::Targets>>,
    /// The processes that take its steps together, if there are several.
    pub(crate) team: Option<Team<'a, T>>,
}

/// Writes where the run begins, without its weights and samples.
impl<M, L, S: Source, T: Scalar> fmt::Debug for Session<'_, M, L, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("epoch", &self.progress.epoch())
            .field("step", &self.progress.step())
            .field("steps_in_epoch", &self.steps_in(self.progress.epoch()))
            .field("options", self.options)
            .finish_non_exhaustive()
    }
}

impl<M, L, S: Source, T: Scalar> Session<'_, M, L, S, T> {
    /// Returns the number of steps of the epoch of this number, counted from 1, if it is known before the samples are
    /// read.
    pub fn steps_in(&self, epoch: usize) -> Option<usize> {
        let samples = self.training.samples_in(epoch)?;
        Some(samples.div_ceil(self.options.batch_size))
    }
}

impl<M: Model, L> Trainer<'_, M, L> {
    /// Prepares a training run on a data set, to be observed or resumed; [`Session::run`] trains.
    ///
    /// # Errors
    /// If there are no samples, the validation split leaves a part empty, or no sample of a part counts in the loss.
    ///
    /// # Panics
    /// If the data do not fit the model, or [`Trainer::fit`] refuses the options.
    #[track_caller]
    pub fn session<'a, T, X, Y>(
        &'a self,
        parameters: &'a mut Parameters<T>,
        optimizer: &'a mut dyn Optimizer<T>,
        dataset: &'a Dataset<X, Y>,
        options: &'a Fit,
    ) -> Result<Session<'a, M, L, Dataset<X, Y>, T>, TrainError>
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples<Batch = M::Input>,
        Y: Samples<Batch = L::Target>,
    {
        check_options(options, parameters);
        if dataset.is_empty() {
            return Err(TrainError::NoSamples);
        }
        let (training, validation) = options.split(dataset)?;
        check_size(dataset, options.batch_size)?;
        self.rehearse(parameters, &training);
        self.check_counts("training samples", &training)?;
        if !validation.is_empty() {
            self.rehearse(parameters, &validation);
            self.check_counts("validation samples", &validation)?;
        }
        Ok(Session {
            trainer: self,
            parameters,
            optimizer,
            options,
            progress: Progress::start(),
            source: dataset,
            training,
            validation: Some(validation).filter(|samples| !samples.is_empty()),
            team: None,
        })
    }

    /// Prepares a training run on samples from any [`Source`], such as a [`Stream`](data::Stream).
    /// `validation` has the samples to evaluate on after each epoch; [`Fit::validation_split`] and
    /// [`Fit::split`] are not used.
    ///
    /// # Errors
    /// If the source fails or has no samples, cannot be read once for each epoch or has samples for fewer
    /// epochs, or no validation sample counts in the loss.
    ///
    /// # Panics
    /// If the data do not fit the model, or [`Trainer::fit`] refuses the options.
    #[track_caller]
    pub fn session_from<'a, T, S>(
        &'a self,
        parameters: &'a mut Parameters<T>,
        optimizer: &'a mut dyn Optimizer<T>,
        source: &'a S,
        validation: Option<&Dataset<S::Inputs, S::Targets>>,
        options: &'a Fit,
    ) -> Result<Session<'a, M, L, &'a S, T>, TrainError>
    where
        T: Scalar,
        L: Loss<T>,
        S: Source<Inputs: Samples<Batch = M::Input>, Targets: Samples<Batch = L::Target>>,
    {
        check_options(options, parameters);
        if options.epochs > 1 {
            source.check_rewind("second epoch").map_err(TrainError::Source)?;
        }
        let first = source.sketch().map_err(TrainError::Source)?;
        if first.is_empty() || validation.is_some_and(Dataset::is_empty) {
            return Err(TrainError::NoSamples);
        }
        check_epochs(source, options.epochs)?;
        self.rehearse(parameters, &first);
        if let Some(validation) = validation {
            self.rehearse(parameters, validation);
            self.check_counts("validation samples", validation)?;
        }
        Ok(Session {
            trainer: self,
            parameters,
            optimizer,
            options,
            progress: Progress::start(),
            source,
            training: source,
            validation: validation.cloned(),
            team: None,
        })
    }

    /// Runs the model on the first sample and on those with the highest id and the highest class, and checks all
    /// targets. So a mismatch of layers, ids or targets is reported at the line that called `fit`, before training
    /// begins.
    #[track_caller]
    fn rehearse<T, X, Y>(&self, parameters: &Parameters<T>, samples: &Dataset<X, Y>)
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples<Batch = M::Input>,
        Y: Samples<Batch = L::Target>,
    {
        let highest = [samples.inputs().highest(), samples.targets().highest()].concat();
        let mut width = 0;
        for sample in highest.into_iter().chain([0]) {
            let (tape, sample) = (Tape::no_grad(), samples.slice(sample..sample + 1));
            let outputs =
                self.model.forward(Pass::eval(&tape, parameters), &sample.inputs().batch());
            self.loss.of(outputs, &sample.targets().batch());
            width = outputs.shape().last().copied().unwrap_or(1);
        }
        let targets = samples.targets();
        for range in evaluation_batches(targets) {
            let checked = self.loss.check_targets(width, &targets.range(range).batch());
            shape::expect("fit", checked);
        }
    }

    /// Checks that at least one of these samples counts in the loss. Otherwise the loss would be 0, the best
    /// value there is.
    fn check_counts<T, X, Y>(
        &self,
        name: &'static str,
        samples: &Dataset<X, Y>,
    ) -> Result<(), TrainError>
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples,
        Y: Samples<Batch = L::Target>,
    {
        let targets = samples.targets();
        let weight = |range| self.loss.weight(&targets.range(range).batch());
        match evaluation_batches(targets).into_iter().any(|range| weight(range) != 0.0) {
            true => Ok(()),
            false => Err(TrainError::NoneCounts { number: samples.len(), samples: name }),
        }
    }
}

impl<'a, M, L, S: Source, T: Portable> Session<'a, M, L, S, T> {
    /// Trains together with other processes. Each of them prepares and [runs](Self::run) the same session.
    /// The result is bitwise the same as with one process. Each process computes some of the
    /// [`shards`](Fit::shards) of a batch and some batches of the validation samples, so there should be at
    /// least as many shards as processes.
    ///
    /// Observers are called in each process. If one of them wants to stop, all processes stop. Only one
    /// process should write files.
    ///
    /// The run ends with [`TrainError::OtherWorker`] if samples, options, weights or optimizer differ between
    /// processes at the beginning, or if the weights differ after an epoch.
    pub fn with_workers(self, workers: &'a dyn Workers) -> Self {
        Self { team: Team::of(workers), ..self }
    }
}

impl<M, L, S: Source, T: Scalar> Session<'_, M, L, S, T> {
    /// Checks that all processes begin the same run.
    pub(crate) fn check_workers(&self) -> Result<(), TrainError> {
        let Some(team) = &self.team else { return Ok(()) };
        let mut entries = self.options_by_name();
        let digest = |source: &dyn AnySource, what: &str| {
            let (mut inputs, mut shapes) = (String::new(), None);
            let targets = checksum(|of_targets| {
                inputs = checksum(|of_inputs| shapes = Some(source.digest(of_inputs, of_targets)));
            });
            let shapes = shapes.expect("the samples were read").map_err(TrainError::Source)?;
            let [of_inputs, of_targets] = shapes;
            Ok::<Entries, TrainError>(vec![
                (format!("the shape of the {what} inputs"), of_inputs),
                (format!("the shape of the {what} targets"), of_targets),
                (format!("the checksum of the {what} targets"), targets),
                (format!("the checksum of the {what} inputs"), inputs),
            ])
        };
        entries.extend(digest(self.source, "training").map_err(|error| self.left(error))?);
        if let Some(samples) = &self.validation {
            entries.extend(digest(samples, "validation").map_err(|error| self.left(error))?);
        }
        let state = self.optimizer.state(self.parameters);
        let moments = state.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
        let is_frozen = |id: &ParameterId| !self.parameters.is_trainable(*id);
        let frozen = self.parameters.ids().filter(is_frozen);
        let frozen: Vec<&str> = frozen.map(|id| self.parameters.name(id)).collect();
        entries.extend([
            ("the list of frozen parameters".to_string(), format!("{frozen:?}")),
            ("the optimizer".to_string(), format!("{:?}", state.header)),
            ("the learning rate of the next step".to_string(), self.optimizer.rate().to_string()),
            ("the checksum of the optimizer's memory".to_string(), team.checksum_of(moments)),
            ("the number of steps taken".to_string(), self.progress.steps().to_string()),
            ("the checksum of the weights".to_string(), team.checksum(self.parameters)),
        ]);
        team.check(entries)
    }

    /// Checks that all processes have the same weights after an epoch.
    pub(crate) fn check_weights(&self) -> Result<(), TrainError> {
        let Some(team) = &self.team else { return Ok(()) };
        let what =
            format!("the checksum of the weights after epoch {}", self.progress.epochs.len());
        team.check(vec![(what, team.checksum(self.parameters))])
    }

    /// Tells the other processes of an error that only this one may have, and returns it.
    pub(crate) fn left(&self, error: TrainError) -> TrainError {
        match &self.team {
            Some(team) => team.leave(error),
            None => error,
        }
    }

    /// Returns what must be the same in all processes before anything is read.
    fn options_by_name(&self) -> Entries {
        let Fit { epochs, batch_size, validation_split, split, shards, shuffle, .. } = self.options;
        let Fit { seed, patience, keep_best, criterion, plateau, clip_norm, .. } = self.options;
        let entries = [
            ("the version of the program", env!("CARGO_PKG_VERSION").to_string()),
            ("the number of epochs", epochs.to_string()),
            ("the batch size", batch_size.to_string()),
            ("the validation split", validation_split.to_string()),
            ("how validation samples are chosen", format!("{split:?}")),
            ("the number of shards", shards.to_string()),
            ("shuffling", shuffle.to_string()),
            ("the seed", seed.to_string()),
            ("the patience", format!("{patience:?}")),
            ("keeping the best epoch", keep_best.to_string()),
            ("the criterion of the best epoch", criterion.to_string()),
            ("the plateau", format!("{plateau:?}")),
            ("the clipping norm", format!("{clip_norm:?}")),
            ("watching layers", self.options.watch_layers.to_string()),
        ];
        entries.map(|(what, value)| (what.to_string(), value)).into()
    }
}

#[track_caller]
fn check_options<T: Scalar>(options: &Fit, parameters: &Parameters<T>) {
    assert!(options.epochs > 0, "fit: 0 epochs were asked for; training takes at least one");
    assert!(options.shards > 0, "fit: 0 shards were asked for; a batch is at least one");
    assert!(
        options.batch_size > 0,
        "fit: a batch size of 0 was asked for; a batch needs at least one sample"
    );
    assert!(
        options.patience != Some(0),
        "fit: a patience of 0 epochs was asked for; training waits for at least one, or for ever with None"
    );
    if let Some(Plateau { patience, factor, least }) = options.plateau {
        assert!(
            patience > 0,
            "fit: the plateau has a patience of 0 epochs; it waits for at least one"
        );
        assert!(
            0.0 < factor && factor < 1.0,
            "fit: the factor of the plateau is {factor}; the rate is lowered by one above 0 and below 1"
        );
        assert!(
            least >= 0.0 && least.is_finite(),
            "fit: the least rate of the plateau is {least}; a rate is finite and not negative"
        );
    }
    if let Some(norm) = options.clip_norm {
        assert!(norm > 0.0, "fit: clip_norm is {norm}; gradients are clipped to a norm above 0");
    }
    for name in &options.track {
        if let Some(id) = parameters.find(name) {
            let shape = parameters.get(id).shape();
            assert!(
                parameters.get(id).len() == 1,
                "fit: the parameter `{name}` to track has shape {shape:?}; a tracked parameter is one number"
            );
        }
    }
}

/// Checks that the source has samples for the last epoch.
fn check_epochs(source: &impl Source, wanted: usize) -> Result<(), TrainError> {
    let has_samples = |epoch: &usize| source.samples_in(*epoch) != Some(0);
    match has_samples(&wanted) {
        true => Ok(()),
        false => {
            let enough = (1..wanted).take_while(has_samples).count();
            Err(TrainError::TooManyEpochs { wanted, enough })
        }
    }
}

/// The most items in a batch of padded sequences. A step needs about 1 GB of memory for them.
const LARGEST_BATCH: usize = 1 << 27;

/// Checks that a batch of sequences fits into memory.
fn check_size<X: Samples, Y: Samples>(
    dataset: &Dataset<X, Y>,
    batch_size: usize,
) -> Result<(), TrainError> {
    let lengths = (0..dataset.len()).filter_map(|sample| dataset.inputs().length(sample));
    let (batch, longest) = (batch_size.min(dataset.len()), lengths.max().unwrap_or(0));
    match batch.saturating_mul(longest) <= LARGEST_BATCH {
        true => Ok(()),
        false => Err(TrainError::TooLong { batch, longest }),
    }
}
