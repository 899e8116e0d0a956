//! One step of the loop: the gradients of a batch, and the update.
//!
//! ```text
//! compute    forward, loss and backward on each shard of the batch
//! sum        over the shards, and over the processes if there are several
//! update     clip, then the optimizer
//! ```
//!
//! A batch of one shard in one process is the plain case, and the others give the same numbers: see
//! [`Shards`](crate::Shards).

use autograd::{Gradients, Var};
use data::{LazyBatch, Samples, Source};
use nn::Model;
use optim::clip_global_norm;
use tensor::{Key, Scalar, parallel};

use crate::error::TrainError;
use crate::loss::Loss;
use crate::progress::Step;
use crate::session::Session;
use crate::shards::{Part, Shards, samples_of};
use crate::tally::Tally;
use crate::trainer::Trainer;
use crate::workers::{Computed, ShardFigures};

impl<M, L, S, T> Session<'_, M, L, S, T>
where
    M: Model,
    L: Loss<T>,
    S: Source<Inputs: Samples<Batch = M::Input>, Targets: Samples<Batch = L::Target>> + Clone,
    T: Scalar,
{
    /// Computes loss, figures and gradients of a batch. With several processes, each reads only the samples of its own
    /// shards.
    #[track_caller]
    pub(crate) fn compute(
        &self,
        shards: &mut Shards<T>,
        batch: &LazyBatch<'_, S::Inputs, S::Targets>,
        noise: Key,
    ) -> Result<(Step, Gradients<T>), TrainError> {
        let (trainer, samples) = (self.trainer, batch.len());
        let count = shards.count_of(samples);
        let numbers = self.team.as_ref().map_or(0..count, |team| team.block(count));
        let own = samples_of(numbers.clone(), count, samples);
        let read = batch.read(own.clone()).map_err(|error| self.left(TrainError::Source(error)))?;
        let shard = |number: usize| {
            let range = samples_of(number..number + 1, count, samples);
            read.slice(range.start - own.start..range.end - own.start)
        };
        let weight = |number: usize| trainer.loss.weight(&shard(number).targets().batch());
        let own_weights = numbers.clone().map(weight).collect();
        let weights = match &self.team {
            Some(team) => team.weights(own_weights)?,
            None => own_weights,
        };
        let whole = 0..count;
        let subtrees = self.team.as_ref().map_or(vec![whole], |team| team.subtrees(count));
        let (sums, figures) =
            shards.compute(&subtrees, self.parameters, noise, &weights, |pass, number| {
                let samples = shard(number);
                let targets = samples.targets().batch();
                let outputs = trainer.model.forward(pass, &samples.inputs().batch());
                let loss = trainer.loss.of(outputs, &targets);
                (loss, trainer.tally(outputs, loss, &targets))
            });
        let (Part { loss, gradients }, figures) = self.sum(count, sums, figures)?;
        let loss = loss.to_f64();
        let tally = merged(figures).map_err(|first| self.not_finite(loss, first))?;
        Ok((Step { samples, weight: weights.iter().sum(), loss, tally }, gradients))
    }

    /// Returns the sum over all shards of a batch, to which this process contributes its own.
    fn sum(
        &self,
        count: usize,
        mut subtrees: Vec<Part<T>>,
        figures: Vec<ShardFigures>,
    ) -> Result<(Part<T>, Vec<ShardFigures>), TrainError> {
        match &self.team {
            Some(team) => Ok(team.sum(self.parameters, count, Computed { subtrees, figures })?),
            None => Ok((subtrees.pop().expect("the whole tree"), figures)),
        }
    }

    /// Updates the parameters with these gradients, and returns their norm if they are clipped by it. After
    /// an error the parameters are unchanged.
    pub(crate) fn update(
        &mut self,
        mut gradients: Gradients<T>,
    ) -> Result<Option<f64>, TrainError> {
        let norm = self.options.clip_norm.map(|max| clip_global_norm(&mut gradients, max));
        let mut update = || self.optimizer.try_step(self.parameters, &gradients);
        let done = if self.options.shards > 1 { parallel::spread(update) } else { update() };
        done.map(|()| norm).map_err(|error| TrainError::Gradient {
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
}

impl<M, L> Trainer<'_, M, L> {
    /// Returns the figures of a batch. If its loss is not finite, the error is the first value on the
    /// tape that is not.
    fn tally<T: Scalar>(
        &self,
        outputs: Var<'_, T>,
        loss: Var<'_, T>,
        targets: &L::Target,
    ) -> ShardFigures
    where
        L: Loss<T>,
    {
        // A mean over nothing may be 0 / 0, and does not count.
        match loss.item().is_finite() || self.loss.weight(targets) == 0.0 {
            true => Ok(self.loss.tally(&outputs.value(), targets)),
            false => Err(loss.tape().first_non_finite().unwrap_or_default()),
        }
    }
}

/// Returns the figures of all shards of a batch, merged in their order.
fn merged(shards: Vec<ShardFigures>) -> Result<Tally, String> {
    let mut all = Tally::default();
    for shard in shards {
        all.merge(shard?);
    }
    Ok(all)
}
