//! The training loop: epochs of shuffled mini-batches, each a step of gradient descent.
//!
//! ```text
//! for each epoch:
//!     for each batch, in an order drawn for this epoch:
//!         forward, loss, backward, optimizer step
//!     evaluate on the validation samples; keep the weights if they are the best so far
//!     lower the learning rate if the last epochs were not better
//! ```
//!
//! [`Session::run`] is this loop, and `step.rs` has its inner step. Its position is a
//! [`Progress`](crate::Progress), so it can begin anywhere. [`Observer`]s do everything besides training,
//! so nothing here knows of progress bars or files.

use std::collections::BTreeMap;
use std::time::Instant;

use autograd::Parameters;
use data::{Dataset, LazyBatch, Samples, Source};
use nn::Model;
use optim::Optimizer;
use tensor::{Key, Scalar};

use crate::activity::Activity;
use crate::error::TrainError;
use crate::history::{Epoch, History};
use crate::loss::Loss;
use crate::observer::{AnySource, Context, Observer, ObserverError};
use crate::options::Fit;
use crate::progress::RunningEpoch;
use crate::score::Score;
use crate::session::Session;
use crate::shards::Shards;
use crate::trainer::{Trainer, evaluation_batches};

impl<M: Model, L> Trainer<'_, M, L> {
    /// Trains the model on `dataset`. `optimizer` updates `parameters`. A part of the samples is for validation, as
    /// [`Fit::validation_split`] says; [`fit_and_validate`](Self::fit_and_validate) takes validation samples of your own.
    ///
    /// The same seed, data and initial parameters give bitwise the same result.
    ///
    /// # Errors
    /// If there are no samples, the validation split leaves a part empty, or no sample of a part counts in the loss.
    ///
    /// If the loss is not finite. Then the parameters are as before the step that failed.
    ///
    /// If a parameter or the validation loss is not finite after an epoch. Then the parameters are as
    /// after that epoch.
    ///
    /// If the loss does not have the metric of [`Fit::criterion`], which shows after the first epoch.
    ///
    /// # Panics
    /// If the data do not fit the model, the batch size, a patience or the number of epochs or shards is 0, the norm
    /// to clip to is not above 0, the factor of a plateau is not between 0 and 1 or its least rate is negative or infinite,
    /// or a parameter to track is more than one number.
    #[track_caller]
    pub fn fit<T, X, Y>(
        &self,
        parameters: &mut Parameters<T>,
        optimizer: &mut dyn Optimizer<T>,
        dataset: &Dataset<X, Y>,
        options: &Fit,
    ) -> Result<History, TrainError>
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples<Batch = M::Input>,
        Y: Samples<Batch = L::Target>,
    {
        self.session(parameters, optimizer, dataset, options)?.run(&mut [])
    }

    /// Trains the model like [`fit`](Self::fit), and validates on samples of your own after each epoch. All of `training`
    /// is trained on.
    ///
    /// # Errors
    /// If [`fit`](Self::fit) would fail, or there are no validation samples.
    ///
    /// # Panics
    /// If [`fit`](Self::fit) would.
    #[track_caller]
    pub fn fit_and_validate<T, X, Y>(
        &self,
        parameters: &mut Parameters<T>,
        optimizer: &mut dyn Optimizer<T>,
        training: &Dataset<X, Y>,
        validation: &Dataset<X, Y>,
        options: &Fit,
    ) -> Result<History, TrainError>
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples<Batch = M::Input>,
        Y: Samples<Batch = L::Target>,
    {
        let session = self.session_from(parameters, optimizer, training, Some(validation), options);
        session?.run(&mut [])
    }
}

impl<M, L, S, T> Session<'_, M, L, S, T>
where
    M: Model,
    L: Loss<T>,
    S: Source<Inputs: Samples<Batch = M::Input>, Targets: Samples<Batch = L::Target>> + Clone,
    T: Scalar,
{
    /// Trains to the end and calls the observers, in their order.
    ///
    /// # Errors
    /// If [`Trainer::fit`] would fail, the source of the samples fails, or an observer fails or stops
    /// the run. Then the parameters are as after the last step, and [`progress`](Session::progress) still has the weights
    /// of the best epoch.
    ///
    /// # Panics
    /// If the data do not fit the model.
    #[track_caller]
    pub fn run(&mut self, observers: &mut [&mut dyn Observer<T>]) -> Result<History, TrainError> {
        let (training, options) = (self.training.clone(), self.options);
        let mut shards = Shards::new(options.shards);
        self.check_workers()?;
        self.tell(observers, StepFigures::default(), |observer, now| observer.begin(now))?;

        while !self.progress.is_over(options) {
            let (epoch, taken) = (self.progress.epoch(), self.progress.step());
            let key = Key::new(options.seed).stream("fit").fold_in(epoch as u64);
            let (start, earlier) = (Instant::now(), self.progress.running.seconds);
            let seconds = || earlier + start.elapsed().as_secs_f64();

            let order = options.shuffle.then(|| key.stream("order"));
            let mut last = None;
            for (index, batch) in training.epoch(epoch, options.batch_size, order).enumerate() {
                let batch = batch.map_err(|error| self.left(TrainError::Source(error)))?;
                if index < taken {
                    last = Some(batch); // A run that is resumed has taken this step before.
                    continue;
                }
                assert!(
                    !batch.is_empty(),
                    "fit: batch {} of epoch {epoch} is empty; a source gives batches of at least one sample",
                    index + 1
                );
                let noise = key.stream("noise").fold_in(index as u64);
                let (step, gradients) = self.compute(&mut shards, &batch, noise)?;
                let gradient_norm = self.update(gradients)?;

                let score = (!observers.is_empty()).then(|| step.score());
                let figures = StepFigures { score, gradient_norm };
                self.progress.add_step(step, seconds());
                self.tell(observers, figures, |observer, now| observer.step(now))?;
                last = Some(batch);
            }

            let validation = self.validate()?;
            check_finite(self.parameters, validation.as_ref(), epoch)?;
            let activity = self.activity(last, key.stream("activity"))?;
            let epoch = self.ended_epoch(validation, activity, seconds())?;
            self.progress.add_epoch(epoch, self.parameters, options);
            self.lower_rate();
            self.check_weights()?;
            self.tell(observers, StepFigures::default(), |observer, now| observer.epoch(now))?;
        }
        if let Some(weights) = &self.progress.best_weights {
            *self.parameters = weights.clone();
        }
        Ok(self.progress.history(options))
    }

    /// Returns the score of the current weights on the validation samples, if there are any. Several processes
    /// divide the batches.
    #[track_caller]
    fn validate(&self) -> Result<Option<Score>, TrainError> {
        let Some(samples) = &self.validation else { return Ok(None) };
        let batches = evaluation_batches(samples.inputs());
        let score = |batches| self.trainer.score_batches(self.parameters, samples, batches);
        let scores = match &self.team {
            None => score(&batches),
            Some(team) => team.scores(score(&batches[team.block(batches.len())]))?,
        };
        match Score::of_batches(scores) {
            Some(score) => Ok(Some(score)),
            None => {
                Err(TrainError::NoneCounts { number: samples.len(), samples: "validation samples" })
            }
        }
    }

    /// Returns what happens inside the model on a batch, if requested. Each process reads the whole batch.
    #[track_caller]
    fn activity(
        &self,
        batch: Option<LazyBatch<'_, S::Inputs, S::Targets>>,
        key: Key,
    ) -> Result<Vec<Activity>, TrainError> {
        let Some(batch) = batch.filter(|_| self.options.watch_layers) else {
            return Ok(Vec::new());
        };
        let batch = batch.read_all().map_err(|error| self.left(TrainError::Source(error)))?;
        Ok(self.trainer.activity(self.parameters, &batch, key))
    }

    /// Returns the record of the epoch whose last step has been taken.
    fn ended_epoch(
        &self,
        validation: Option<Score>,
        activity: Vec<Activity>,
        seconds: f64,
    ) -> Result<Epoch, TrainError> {
        let RunningEpoch { samples, weight, .. } = self.progress.running;
        if samples > 0 && weight == 0.0 {
            return Err(TrainError::NoneCounts { number: samples, samples: "training samples" });
        }
        let epoch = Epoch {
            number: self.progress.epoch(),
            of: self.options.epochs,
            steps: self.progress.step(),
            rate: self.optimizer.rate(),
            training: self.progress.score().ok_or(TrainError::NoSamples)?,
            validation,
            tracked: tracked(self.parameters, &self.options.track),
            activity,
            seconds,
        };
        self.check_metric(&epoch)?;
        Ok(epoch)
    }

    /// Checks that this epoch, or one before it, has the metric by which epochs are compared. It may be undefined in some.
    fn check_metric(&self, epoch: &Epoch) -> Result<(), TrainError> {
        let Some(metric) = self.options.criterion.metric() else { return Ok(()) };
        let mut epochs = self.progress.epochs.iter().chain([epoch]);
        match epochs.any(|epoch| epoch.score().metric(metric).is_some()) {
            true => Ok(()),
            false => Err(TrainError::NoMetric {
                metric: metric.to_string(),
                known: epoch.score().metrics.keys().cloned().collect(),
            }),
        }
    }

    /// Lowers the rate after a plateau, in the optimizer and in the record of the epoch.
    fn lower_rate(&mut self) {
        let (Some(plateau), Some(epoch)) = (self.options.plateau, self.progress.epochs.last_mut())
        else {
            return;
        };
        let rate = plateau.rate(epoch.rate, epoch.number - self.progress.best);
        if rate < epoch.rate {
            self.optimizer.set_rate(rate);
            epoch.rate = rate;
        }
    }

    /// Calls each observer, then stops the run if one of them wants that.
    fn tell(
        &self,
        observers: &mut [&mut dyn Observer<T>],
        StepFigures { score: batch, gradient_norm }: StepFigures,
        what: impl Fn(&mut dyn Observer<T>, &Context<'_, T>) -> Result<(), ObserverError>,
    ) -> Result<(), TrainError> {
        let now = Context {
            progress: &self.progress,
            parameters: self.parameters,
            optimizer: self.optimizer,
            options: self.options,
            steps_in_epoch: self.steps_in(self.progress.epoch()),
            batch,
            gradient_norm,
            source: self.source,
            validation: self.validation.as_ref().map(|samples| samples as &dyn AnySource),
        };
        let mut stops = false;
        for observer in observers.iter_mut() {
            what(&mut **observer, &now).map_err(|error| self.left(TrainError::Observer(error)))?;
            stops |= observer.wants_stop();
        }
        if let Some(team) = &self.team {
            stops = team.any(stops)?;
        }
        if !stops || self.progress.is_over(self.options) {
            return Ok(());
        }
        for observer in observers {
            observer.stop(&now).map_err(|error| self.left(TrainError::Observer(error)))?;
        }
        // Where the observer of one process failed, the others learn of it by this call.
        if let Some(team) = &self.team {
            team.any(false)?;
        }
        Err(TrainError::Stopped {
            epoch: self.progress.epoch(),
            step: self.progress.step(),
            steps: self.steps_in(self.progress.epoch()),
        })
    }
}

/// What observers are told of a step: see [`Context`].
#[derive(Default)]
struct StepFigures {
    score: Option<Score>,
    gradient_norm: Option<f64>,
}

/// Checks the values that no step of the epoch has used since they changed.
fn check_finite<T: Scalar>(
    parameters: &Parameters<T>,
    validation: Option<&Score>,
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

/// Returns the values of the named parameters. Names that the model does not have are left out.
fn tracked<T: Scalar>(parameters: &Parameters<T>, names: &[String]) -> BTreeMap<String, f64> {
    let value = |name: &String| {
        let id = parameters.find(name)?;
        Some((name.clone(), parameters.get(id).item().to_f64()))
    };
    names.iter().filter_map(value).collect()
}
