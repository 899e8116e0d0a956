//! The training loop: epochs of shuffled mini-batches, each a step of gradient descent.
//!
//! ```text
//! for each epoch:
//!     for each batch, in an order drawn for this epoch:
//!         forward, loss, backward, optimizer step
//!     evaluate on the validation samples; keep the weights if they are the best so far
//! ```

use std::collections::BTreeMap;
use std::time::Instant;

use autograd::{Parameters, Pass, Tape};
use data::{Dataset, SplitError};
use nn::Model;
use optim::{Optimizer, clip_global_norm};
use tensor::{Key, Scalar};
use thiserror::Error;

use crate::{Epoch, History, Progress, Score, Trainer};

/// How to train. The default is the article's: 10 epochs, batches of 32, a fifth of the samples for
/// validation; and the weights of the best epoch are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// How many times to go over the training samples, at most; at least once.
    pub epochs: usize,
    /// How many samples make one step.
    pub batch_size: usize,
    /// The share of samples, the last ones, that are not trained on but evaluated after each epoch.
    pub validation_split: f64,
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
    /// What to show.
    pub progress: Progress,
}

impl Default for Fit {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch_size: 32,
            validation_split: 0.2,
            shuffle: true,
            seed: 0,
            patience: None,
            keep_best: true,
            clip_norm: None,
            track: Vec::new(),
            progress: Progress::Silent,
        }
    }
}

/// Why training could not begin or go on.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TrainError {
    /// There are no samples.
    #[error("there is nothing to train on: the data set has no samples")]
    NoSamples,
    /// The validation split leaves nothing to train or to validate on.
    #[error(transparent)]
    Split(#[from] SplitError),
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
}

impl<M: Model> Trainer<'_, M> {
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
    /// When the data do not fit the model, or the batch size or the number of epochs is 0.
    #[track_caller]
    pub fn fit<T: Scalar>(
        &self,
        parameters: &mut Parameters<T>,
        optimizer: &mut dyn Optimizer<T>,
        dataset: &Dataset<M::Input>,
        options: &Fit,
    ) -> Result<History, TrainError> {
        assert!(options.epochs > 0, "fit: 0 epochs were asked for; training takes at least one");
        if dataset.is_empty() {
            return Err(TrainError::NoSamples);
        }
        let (training, validation) = dataset.split_validation(options.validation_split)?;
        let mut history = History { epochs: Vec::new(), kept: 0 };
        let mut best: Option<(Score, Parameters<T>)> = None;
        for number in 1..=options.epochs {
            let epoch =
                self.epoch(parameters, optimizer, &training, &validation, number, options)?;
            options.progress.finished(&epoch);
            let score = epoch.score();
            history.epochs.push(epoch);
            if best.as_ref().is_none_or(|(best, _)| score.is_better_than(best)) {
                history.kept = number;
                best = Some((score, parameters.clone()));
            }
            if options.patience.is_some_and(|patience| number - history.kept >= patience) {
                break;
            }
        }
        match best {
            Some((_, weights)) if options.keep_best => *parameters = weights,
            _ => history.kept = history.epochs.len(),
        }
        Ok(history)
    }

    /// One epoch: a pass over the training samples, then an evaluation on those for validation.
    #[track_caller]
    fn epoch<T: Scalar>(
        &self,
        parameters: &mut Parameters<T>,
        optimizer: &mut dyn Optimizer<T>,
        training: &Dataset<M::Input>,
        validation: &Dataset<M::Input>,
        number: usize,
        options: &Fit,
    ) -> Result<Epoch, TrainError> {
        let start = Instant::now();
        let training = self.train_once(parameters, optimizer, training, number, options)?;
        let validation =
            (!validation.is_empty()).then(|| self.evaluate(parameters, validation).score());
        check_finite(parameters, validation, number)?;
        Ok(Epoch {
            number,
            of: options.epochs,
            rate: optimizer.rate(),
            training,
            validation,
            tracked: tracked(parameters, &options.track),
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    /// One pass over the training samples; the mean score of its batches.
    #[track_caller]
    fn train_once<T: Scalar>(
        &self,
        parameters: &mut Parameters<T>,
        optimizer: &mut dyn Optimizer<T>,
        training: &Dataset<M::Input>,
        number: usize,
        options: &Fit,
    ) -> Result<Score, TrainError> {
        let key = Key::new(options.seed).stream("fit").fold_in(number as u64);
        let order: Box<dyn ExactSizeIterator<Item = Dataset<M::Input>>> = match options.shuffle {
            true => Box::new(training.shuffled_batches(options.batch_size, key.stream("order"))),
            false => Box::new(training.batches(options.batch_size)),
        };
        let bar = options.progress.bar(number, options.epochs, order.len());
        let mut tape = Tape::new();
        let (mut loss, mut correct, mut seen) = (0.0, 0, 0);
        for (step, batch) in order.enumerate() {
            let key = key.stream("noise").fold_in(step as u64);
            let outcome = self
                .step(&mut tape, parameters, optimizer, &batch, key, options.clip_norm)
                .map_err(|(loss, first)| TrainError::NotFinite {
                    loss,
                    epoch: number,
                    step: step + 1,
                    first,
                })?;
            loss += outcome.loss * batch.len() as f64;
            correct += outcome.correct;
            seen += batch.len();
            bar.advance(Score { loss: loss / seen as f64, accuracy: correct as f64 / seen as f64 });
        }
        Ok(Score { loss: loss / seen as f64, accuracy: correct as f64 / seen as f64 })
    }

    /// One step of gradient descent. The error is a loss that is not finite, and where it began.
    #[track_caller]
    fn step<T: Scalar>(
        &self,
        tape: &mut Tape<T>,
        parameters: &mut Parameters<T>,
        optimizer: &mut dyn Optimizer<T>,
        batch: &Dataset<M::Input>,
        key: Key,
        clip_norm: Option<f64>,
    ) -> Result<Outcome, (f64, String)> {
        let logits = self.model.forward(Pass::training(tape, parameters, key), batch.inputs());
        let loss = self.loss.of(logits, batch.labels());
        let value = loss.item().to_f64();
        if !value.is_finite() {
            return Err((value, tape.first_non_finite().unwrap_or_default()));
        }
        let mut gradients = loss.backward();
        if let Some(max) = clip_norm {
            clip_global_norm(&mut gradients, max);
        }
        let predictions = self.loss.predictions(&logits.value());
        let hits = predictions.zip_map(batch.labels(), |found, label| found == label);
        let correct = hits.values().iter().filter(|&&hit| hit).count();
        // The tape shares the parameters' buffers; cleared, the optimizer can change them in place.
        tape.clear();
        optimizer.step(parameters, &gradients);
        Ok(Outcome { loss: value, correct })
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

/// What one step saw before it changed the weights.
struct Outcome {
    loss: f64,
    correct: usize,
}
