//! The training loop: epochs of shuffled mini-batches, each a step of gradient descent.
//!
//! ```text
//! for each epoch:
//!     for each batch, in an order drawn for this epoch:
//!         forward, loss, backward, optimizer step
//!     evaluate on the validation samples; keep the weights if they are the best so far
//! ```
//!
//! [`Session::run`] is this loop. Its position is a [`Progress`](crate::Progress), so it can begin
//! anywhere. [`Observer`]s do everything beside training, so nothing here knows of progress bars or
//! files.

use std::collections::BTreeMap;
use std::time::Instant;

use autograd::{Gradients, Parameters, Var};
use data::Dataset;
use nn::Model;
use optim::{Optimizer, clip_global_norm};
use tensor::{Key, Scalar, Tensor};

use crate::error::TrainError;
use crate::history::{Epoch, History, Score};
use crate::observer::{Context, Observer, ObserverError};
use crate::options::Fit;
use crate::session::Session;
use crate::shards::Shards;
use crate::trainer::Trainer;

impl<'m, M: Model> Trainer<'m, M> {
    /// Trains the model on `dataset`. `optimizer` updates `parameters`.
    ///
    /// The same seed, data and initial parameters give bitwise the same result.
    ///
    /// # Errors
    /// If there are no samples, or the validation split leaves a part empty.
    ///
    /// If the loss is not finite. Then the parameters are as before the step that failed.
    ///
    /// If a parameter or the validation loss is not finite after an epoch. Then the parameters are as
    /// after that epoch.
    ///
    /// # Panics
    /// If the data do not fit the model, or the batch size or the number of epochs or shards is 0.
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
}

impl<M: Model, T: Scalar> Session<'_, M, T> {
    /// Trains to the end and calls the observers, in their order.
    ///
    /// # Errors
    /// If [`Trainer::fit`] would fail, or an observer fails or stops the run. Then the parameters
    /// are as after the last step.
    ///
    /// # Panics
    /// If the data do not fit the model.
    #[track_caller]
    pub fn run(mut self, observers: &mut [&mut dyn Observer<T>]) -> Result<History, TrainError> {
        let trainer = self.trainer;
        let training = self.training.clone();
        let mut shards = Shards::new(self.options.shards);
        self.tell(observers, None, |observer, now| observer.begin(now))?;

        while !self.progress.is_over(self.options) {
            let epoch = self.progress.epoch();
            let key = Key::new(self.options.seed).stream("fit").fold_in(epoch as u64);
            let (start, earlier) = (Instant::now(), self.progress.running.seconds);
            let seconds = || earlier + start.elapsed().as_secs_f64();

            let batches = batches(&training, self.options, key.stream("order"));
            for (index, batch) in batches.enumerate().skip(self.progress.step()) {
                let (size, noise) = (batch.len(), key.stream("noise").fold_in(index as u64));
                let pass = shards.forward_backward(self.parameters, size, noise, |pass, range| {
                    let samples = batch.slice(range);
                    let logits = trainer.model.forward(pass, samples.inputs());
                    let loss = trainer.loss.of(logits, samples.labels());
                    (loss, trainer.count_correct(logits, loss, samples.labels()))
                });
                let loss = pass.loss.to_f64();
                let correct: Result<usize, String> = pass.returned.into_iter().sum();
                let correct = correct.map_err(|first| self.not_finite(loss, first))?;
                self.step(pass.gradients)?;

                self.progress.add_step(loss, correct, size, seconds());
                let score = Score { loss, accuracy: correct as f64 / size as f64 };
                self.tell(observers, Some(score), |observer, now| observer.step(now))?;
            }

            let validation = self.validate();
            check_finite(self.parameters, validation, epoch)?;
            let epoch = self.ended_epoch(validation, seconds());
            self.progress.add_epoch(epoch, self.parameters, self.options);
            self.tell(observers, None, |observer, now| observer.epoch(now))?;
        }
        let (history, best) = self.progress.end();
        if let Some(weights) = best {
            *self.parameters = weights;
        }
        Ok(history)
    }

    /// Updates the parameters with these gradients. After an error they are unchanged.
    fn step(&mut self, mut gradients: Gradients<T>) -> Result<(), TrainError> {
        if let Some(max) = self.options.clip_norm {
            clip_global_norm(&mut gradients, max);
        }
        self.optimizer.try_step(self.parameters, &gradients).map_err(|error| TrainError::Gradient {
            epoch: self.progress.epoch(),
            step: self.progress.step() + 1,
            error,
        })
    }

    /// Returns the error of a loss that is infinite or NaN, with the first such value on its tape.
    fn not_finite(&self, loss: f64, first: String) -> TrainError {
        let (epoch, step) = (self.progress.epoch(), self.progress.step() + 1);
        TrainError::NotFinite { loss, epoch, step, first }
    }

    /// Returns the score of the current weights on the validation samples, if there are any.
    #[track_caller]
    fn validate(&self) -> Option<Score> {
        let is_possible = !self.validation.is_empty();
        is_possible.then(|| self.trainer.evaluate(self.parameters, &self.validation).score())
    }

    /// Returns the record of the epoch whose last step has been taken.
    fn ended_epoch(&self, validation: Option<Score>, seconds: f64) -> Epoch {
        Epoch {
            number: self.progress.epoch(),
            of: self.options.epochs,
            rate: self.optimizer.rate(),
            training: self.progress.score().expect("an epoch has at least one step"),
            validation,
            tracked: tracked(self.parameters, &self.options.track),
            seconds,
        }
    }

    /// Calls each observer, then stops the run if one of them wants that.
    fn tell(
        &self,
        observers: &mut [&mut dyn Observer<T>],
        batch: Option<Score>,
        what: impl Fn(&mut dyn Observer<T>, &Context<'_, T>) -> Result<(), ObserverError>,
    ) -> Result<(), TrainError> {
        let now = Context {
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
    /// Returns the number of samples whose class the logits predict. If their loss is not finite,
    /// the error is the first value on the tape that is not.
    fn count_correct<T: Scalar>(
        &self,
        logits: Var<'_, T>,
        loss: Var<'_, T>,
        labels: &Tensor<u32>,
    ) -> Result<usize, String> {
        if !loss.item().is_finite() {
            return Err(loss.tape().first_non_finite().unwrap_or_default());
        }
        let predictions = self.loss.predictions(&logits.value());
        let hits = predictions.zip_map(labels, |found, label| found == label);
        Ok(hits.values().iter().filter(|&&hit| hit).count())
    }
}

/// Returns the samples of one epoch in batches, shuffled or not.
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

/// Checks the values that no step of the epoch has used since they changed.
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

/// Returns the values of the named parameters. Names that the model does not have are left out.
fn tracked<T: Scalar>(parameters: &Parameters<T>, names: &[String]) -> BTreeMap<String, f64> {
    let value = |name: &String| {
        let id = parameters.find(name)?;
        Some((name.clone(), parameters.get(id).item().to_f64()))
    };
    names.iter().filter_map(value).collect()
}
