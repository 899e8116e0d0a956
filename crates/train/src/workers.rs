//! Training by several processes, on one machine or on many.
//!
//! The shards of a batch are dealt out: process p of P computes the shards p·S/P .. (p+1)·S/P of S. Their
//! gradients are added along one tree, whose leaves are the shards and not the processes:
//!
//! ```text
//! shards      0   1   2   3   4   5   6   7
//!             └─┬─┘   └─┬─┘   └─┬─┘   └─┬─┘
//!               └───┬───┘       └───┬───┘
//!                   └───────┬───────┘
//! 2 processes  ╰───── 0 ─────╯ ╰───── 1 ─────╯
//! ```
//!
//! A process adds up only whole subtrees; the rest of the tree is added up where all subtrees are known. The
//! tree is the same for any number of processes and threads, so the sum is too, bit for bit. Every process
//! then updates its own copy of the weights by the same sum, which keeps the copies equal without sending
//! weights.
//!
//! [`Workers`] is what this needs from a message-passing library. Nothing here knows which library it is: the
//! package `wengert-distributed` provides MPI.

mod replica;
mod slices;
mod sum;
mod team;

use crate::error::WorkerEnded;

pub use replica::check_same;
pub(crate) use replica::{Entries, checksum};
pub(crate) use sum::{Computed, ShardFigures};
pub(crate) use team::Team;

/// The processes that train a model together, as one of them sees them.
///
/// All processes make the same calls in the same order, and each call waits for the others. A message
/// is bytes, and arrives as it was sent.
pub trait Workers {
    /// Returns the number of this process, from 0.
    fn rank(&self) -> usize;

    /// Returns the number of processes, at least 1.
    fn size(&self) -> usize;

    /// Sends `messages[p]` to each process p, and returns the messages to this one, in the order of
    /// their senders.
    ///
    /// # Errors
    /// If a process has [left](Self::leave).
    ///
    /// # Panics
    /// If there is not one message for each process.
    fn exchange(&self, messages: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, WorkerEnded>;

    /// Sends a message to all processes, and returns the messages of all, in the order of their senders.
    ///
    /// # Errors
    /// If a process has [left](Self::leave).
    fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, WorkerEnded>;

    /// Returns the message of process 0 in each process. The messages of the others are not read.
    ///
    /// # Errors
    /// If a process has [left](Self::leave).
    fn broadcast(&self, message: Vec<u8>) -> Result<Vec<u8>, WorkerEnded>;

    /// Returns when all processes have called it.
    ///
    /// # Errors
    /// If a process has [left](Self::leave).
    fn barrier(&self) -> Result<(), WorkerEnded>;

    /// Tells the others that this process cannot continue, and why. Their present or next call returns the
    /// reason as an error, and so does every later call of all processes. `leave` waits for that call. If a
    /// process has left before, it does nothing.
    fn leave(&self, reason: &str);
}

/// A process that works alone. All that it sends comes back to it.
///
/// ```
/// use train::{OneProcess, Workers};
///
/// assert_eq!((OneProcess.rank(), OneProcess.size()), (0, 1));
/// assert_eq!(OneProcess.gather(vec![1, 2])?, [[1, 2]]);
/// # Ok::<(), train::WorkerEnded>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct OneProcess;

impl Workers for OneProcess {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn exchange(&self, messages: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        assert!(messages.len() == 1, "exchange: {} messages for 1 process", messages.len());
        Ok(messages)
    }

    fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        Ok(vec![message])
    }

    fn broadcast(&self, message: Vec<u8>) -> Result<Vec<u8>, WorkerEnded> {
        Ok(message)
    }

    fn barrier(&self) -> Result<(), WorkerEnded> {
        Ok(())
    }

    fn leave(&self, _reason: &str) {}
}
