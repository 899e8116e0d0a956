//! A session's share of the work of several processes.

use std::ops::Range;

use autograd::Parameters;
use tensor::{Scalar, Tensor};

use super::replica::{check_same, checksum};
use super::sum::{Computed, ShardFigures, sum};
use super::{Entries, Workers};
use crate::error::{TrainError, WorkerEnded};
use crate::evaluate::BatchScore;
use crate::shards::Part;
use crate::tally::Tally;
use crate::tree::{block, subtrees};
use crate::wire::{Portable, Reader, Wire, write_count, write_float};

/// The processes that take each step of a session together.
pub(crate) struct Team<'a, T> {
    workers: &'a dyn Workers,
    wire: Wire<T>,
}

impl<'a, T: Portable> Team<'a, T> {
    /// Creates the team; `None` if a process works alone, which has nothing to send.
    pub(crate) fn of(workers: &'a dyn Workers) -> Option<Self> {
        (workers.size() > 1).then(|| Self { workers, wire: Wire::new() })
    }
}

impl<T: Scalar> Team<'_, T> {
    /// Returns which of `count` shards of a batch, or batches of an evaluation, this process computes.
    pub(crate) fn block(&self, count: usize) -> Range<usize> {
        block(self.workers.rank(), self.workers.size(), count)
    }

    /// Returns the weights of all shards of a batch. This process has read the samples of its [`block`](Self::block),
    /// and knows only their weights: `own`.
    pub(crate) fn weights(&self, own: Vec<f64>) -> Result<Vec<f64>, WorkerEnded> {
        let mut message = Vec::new();
        write_count(own.len(), &mut message);
        own.into_iter().for_each(|weight| write_float(weight, &mut message));
        let read = |message: &Vec<u8>| {
            let mut reader = Reader(message);
            (0..reader.count()).map(|_| reader.float()).collect::<Vec<_>>()
        };
        Ok(self.workers.gather(message)?.iter().flat_map(read).collect())
    }

    /// Returns the subtrees of a batch that this process adds up, in order.
    pub(crate) fn subtrees(&self, count: usize) -> Vec<Range<usize>> {
        subtrees(count, &self.block(count))
    }

    /// Adds up a batch of `count` shards.
    pub(crate) fn sum(
        &self,
        parameters: &Parameters<T>,
        count: usize,
        part: Computed<T>,
    ) -> Result<(Part<T>, Vec<ShardFigures>), WorkerEnded> {
        sum(self.workers, &self.wire, parameters, count, part)
    }

    /// Returns the scores of all batches; this process has computed its [`block`](Self::block).
    pub(crate) fn scores(&self, own: Vec<BatchScore>) -> Result<Vec<BatchScore>, WorkerEnded> {
        let mut message = Vec::new();
        write_count(own.len(), &mut message);
        for BatchScore { loss, weight, tally } in own {
            write_float(loss, &mut message);
            write_float(weight, &mut message);
            tally.write(&mut message);
        }
        let read = |message: &Vec<u8>| {
            let mut reader = Reader(message);
            let batches = 0..reader.count();
            let batch = |_| {
                let (loss, weight) = (reader.float(), reader.float());
                BatchScore { loss, weight, tally: Tally::read(&mut reader) }
            };
            batches.map(batch).collect::<Vec<_>>()
        };
        Ok(self.workers.gather(message)?.iter().flat_map(read).collect())
    }

    /// Returns `true` in all processes if `here` is `true` in at least one.
    pub(crate) fn any(&self, here: bool) -> Result<bool, WorkerEnded> {
        Ok(self.workers.gather(vec![here.into()])?.contains(&vec![1]))
    }

    /// Checks that all processes have the same values.
    pub(crate) fn check(&self, values: Entries) -> Result<(), TrainError> {
        check_same(self.workers, &values)
    }

    /// Tells the others that this process cannot continue.
    pub(crate) fn leave(&self, error: TrainError) -> TrainError {
        self.workers.leave(&error.to_string());
        error
    }

    /// Returns a checksum of the values of all parameters.
    pub(crate) fn checksum(&self, parameters: &Parameters<T>) -> String {
        self.checksum_of(parameters.iter().map(|(_, name, value)| (name, value)))
    }

    /// Returns a checksum of named tensors.
    pub(crate) fn checksum_of<'t>(
        &self,
        tensors: impl Iterator<Item = (&'t str, &'t Tensor<T>)>,
    ) -> String
    where
        T: 't,
    {
        checksum(|sink| {
            let mut bytes = Vec::new();
            for (name, tensor) in tensors {
                sink(name.as_bytes());
                sink(format!("{:?}", tensor.shape()).as_bytes());
                bytes.clear();
                self.wire.write(&tensor.values(), &mut bytes);
                sink(&bytes);
            }
        })
    }
}
