//! Training on many processes with [MPI](https://www.mpi-forum.org), bitwise the same as on one.
//!
//! [`Mpi`] implements [`train::Workers`], so a program that trains on one machine trains on a cluster with two
//! more lines: it starts [`Mpi`], and gives it to [`Session::with_workers`](train::Session::with_workers).
//!
//! ```no_run
//! # use autograd::Parameters;
//! # use data::Dataset;
//! # use nn::{Dense, Features, Model, SoftmaxCrossEntropy};
//! # use optim::Adam;
//! # use tensor::Tensor;
//! # use train::{Fit, Trainer, Workers};
//! use distributed::Mpi;
//!
//! # let dataset = Dataset::new(Tensor::from([[0.0], [1.0], [2.0], [3.0]]), Tensor::from([0, 1, 0, 1]));
//! # let mut parameters = Parameters::new(1);
//! # let model = Features::new(1).then(Dense::new(&mut parameters, "dense", 1, 2));
//! # let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
//! let mpi = Mpi::start()?;
//! let options = Fit { shards: 8, ..Fit::default() };
//! let history = trainer
//!     .session(&mut parameters, &mut Adam::new(0.01), &dataset, &options)?
//!     .with_workers(&mpi)
//!     .run(&mut [])?;
//! if mpi.rank() == 0 {
//!     println!("{}", history.epochs.len());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Start the program with `mpirun -n 4 PROGRAM`. It needs an MPI, such as Open MPI or MPICH, and libclang to compile:
//! on Debian, `apt-get install libopenmpi-dev libclang-dev`.
//!
//! If a process is killed, `mpirun` ends the whole job, and [`Mpi::watch`] reports the loss first. A process that
//! [leaves](Workers::leave), because of an error, ends the run of all with that error.
//!
//! [`cost`] estimates what a step costs on a given number of processes.

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

pub mod cost;
mod watch;

use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mpi::Threading;
use mpi::datatype::{Partition, PartitionMut};
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};
use train::{WorkerEnded, Workers};

/// The processes that `mpirun` has started, as one of them sees them.
///
/// A program creates one at its beginning. When it is dropped, the process [leaves](Workers::leave), waits for
/// the others to do so, and MPI ends.
pub struct Mpi {
    world: SimpleCommunicator,
    sent: RefCell<Buffer>,
    received: RefCell<Buffer>,
    /// The reasons of the processes that have left; empty while all continue.
    ended: RefCell<Vec<Option<String>>>,
    /// `true` once processes may end.
    is_over: Arc<AtomicBool>,
    /// Ends MPI when it is dropped, as the last field.
    _universe: Universe,
}

impl fmt::Debug for Mpi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mpi")
            .field("rank", &self.world.rank())
            .field("size", &self.world.size())
            .finish_non_exhaustive()
    }
}

/// MPI cannot be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MpiError;

impl fmt::Display for MpiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MPI was started before, and cannot be started twice: keep the first `Mpi`")
    }
}

impl std::error::Error for MpiError {}

/// What a process does in a call. All processes do the same, unless one leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Exchange = 1,
    Gather = 2,
    Broadcast = 3,
    Barrier = 4,
    Leave = 5,
}

impl Mpi {
    /// Starts MPI.
    ///
    /// # Errors
    /// If it was started before in this process.
    pub fn start() -> Result<Self, MpiError> {
        // Threads compute shards, but only this one sends.
        let (universe, _) = mpi::initialize_with_threading(Threading::Funneled).ok_or(MpiError)?;
        Ok(Self {
            world: universe.world(),
            sent: RefCell::default(),
            received: RefCell::default(),
            ended: RefCell::default(),
            is_over: Arc::default(),
            _universe: universe,
        })
    }

    /// Ends this process's part, with the reason if it cannot continue; an empty text means that there is none. Returns
    /// the reason of each process that has one, once all have come to a call or have left.
    pub fn end(&self, reason: &str) -> Vec<(usize, String)> {
        self.leave(reason);
        let ended = self.ended.borrow();
        let reasons = ended.iter().enumerate();
        let reasons = reasons.filter_map(|(rank, reason)| Some((rank, reason.clone()?)));
        reasons.filter(|(_, reason)| !reason.is_empty()).collect()
    }

    /// Watches for processes that are killed or crash. If one is lost, one process on its machine calls `tell` with
    /// the rank of the lost one, and then all processes of that machine end with exit code 2. A loss is noticed within
    /// a fifth of a second. Without the watch, `mpirun` reports the loss in its own words and ends the job.
    ///
    /// The list of processes is available only on Linux; elsewhere the watch does nothing.
    ///
    /// # Errors
    /// If a process has left.
    pub fn watch(&self, tell: impl Fn(usize) + Send + 'static) -> Result<(), WorkerEnded> {
        let all = self.gather(watch::own_place())?;
        watch::begin(self.rank(), all, Arc::clone(&self.is_over), tell);
        Ok(())
    }

    /// Tells all processes what this one does and the size of its message, and returns the sizes of all.
    fn meet(&self, call: Call, size: usize, reason: &str) -> Result<Vec<usize>, WorkerEnded> {
        self.check_all_go_on()?;
        let mut all = vec![[0u64; 2]; self.size()];
        let mut flat = vec![0u64; 2 * self.size()];
        self.world.all_gather_into(&[call as u64, size as u64][..], &mut flat[..]);
        all.copy_from_slice(flat.as_chunks().0);
        if all.iter().any(|[other, _]| *other == Call::Leave as u64) {
            let reasons = self.send_to_all(reason.into(), &sizes(&all, Call::Leave));
            let said = |([other, _], text): (&[u64; 2], &Vec<u8>)| {
                (*other == Call::Leave as u64).then(|| String::from_utf8_lossy(text).into_owned())
            };
            *self.ended.borrow_mut() = all.iter().zip(&reasons).map(said).collect();
            self.is_over.store(true, Ordering::Relaxed);
            self.check_all_go_on()?;
        }
        if let Some(rank) = all.iter().position(|[other, _]| *other != call as u64) {
            panic!(
                "process {} calls {call:?}, but process {rank} does not: all processes must make the same calls",
                self.rank()
            );
        }
        Ok(sizes(&all, call))
    }

    /// Returns an error if a process has left.
    fn check_all_go_on(&self) -> Result<(), WorkerEnded> {
        let ended = self.ended.borrow();
        match ended.iter().position(Option::is_some) {
            None => Ok(()),
            Some(rank) => {
                let reason = ended[rank].clone().unwrap_or_default();
                let reason = match reason.is_empty() {
                    true => "it had nothing more to do".to_string(),
                    false => reason,
                };
                Err(WorkerEnded { rank, size: self.size(), reason })
            }
        }
    }

    /// Sends messages of these sizes to the others, and returns theirs.
    fn swap(&self, messages: &[Vec<u8>], sizes: Vec<usize>, of_others: Vec<usize>) -> Vec<Vec<u8>> {
        let (mut sent, mut received) = (self.sent.borrow_mut(), self.received.borrow_mut());
        let ((counts, places), (of_counts, of_places)) = (layout(&sizes), layout(&of_others));
        let sent = Partition::new(sent.filled(messages), counts, places);
        let received = received.sized(of_others.iter().sum());
        let mut partition = PartitionMut::new(&mut *received, of_counts, of_places);
        self.world.all_to_all_varcount_into(&sent, &mut partition);
        cut(received, &of_others)
    }

    /// Sends a message to all, and returns the messages of all. `sizes` has the size of each.
    fn send_to_all(&self, message: Vec<u8>, sizes: &[usize]) -> Vec<Vec<u8>> {
        let (mut sent, mut received) = (self.sent.borrow_mut(), self.received.borrow_mut());
        let (counts, places) = layout(sizes);
        let received = received.sized(sizes.iter().sum());
        let mut partition = PartitionMut::new(&mut *received, counts, places);
        self.world.all_gather_varcount_into(sent.filled(&[message]), &mut partition);
        cut(received, sizes)
    }
}

impl Workers for Mpi {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn size(&self) -> usize {
        self.world.size() as usize
    }

    fn exchange(&self, mut messages: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        let (rank, size) = (self.rank(), self.size());
        assert!(
            messages.len() == size,
            "exchange: {} messages for {size} processes",
            messages.len()
        );
        self.meet(Call::Exchange, 0, "")?;
        let own = mem::take(&mut messages[rank]);
        let sizes: Vec<u64> = messages.iter().map(|message| message.len() as u64).collect();
        // Row by row, what each process sends to each. All of them are known to all, so that all or none panic.
        let mut all = vec![0u64; size * size];
        self.world.all_gather_into(&sizes[..], &mut all[..]);
        let sent_by = |rank: usize| (0..size).map(|to| all[rank * size + to] as usize).collect();
        let sent_to = |rank: usize| (0..size).map(|by| all[by * size + rank] as usize).collect();
        for sizes in (0..size).flat_map(|rank| [sent_by(rank), sent_to(rank)]) {
            let sizes: Vec<usize> = sizes;
            check_countable(sizes.iter().sum());
        }
        let mut received = self.swap(&messages, sent_by(rank), sent_to(rank));
        received[rank] = own;
        Ok(received)
    }

    fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        let sizes = self.meet(Call::Gather, message.len(), "")?;
        Ok(self.send_to_all(message, &sizes))
    }

    fn broadcast(&self, message: Vec<u8>) -> Result<Vec<u8>, WorkerEnded> {
        let sizes = self.meet(Call::Broadcast, message.len(), "")?;
        layout(&sizes[..1]);
        let mut buffer = self.received.borrow_mut();
        let buffer = buffer.sized(sizes[0]);
        if self.rank() == 0 {
            buffer.copy_from_slice(&message);
        }
        self.world.process_at_rank(0).broadcast_into(&mut *buffer);
        Ok(buffer.to_vec())
    }

    fn barrier(&self) -> Result<(), WorkerEnded> {
        self.meet(Call::Barrier, 0, "").map(drop)
    }

    fn leave(&self, reason: &str) {
        // The error is that a process has left: this one.
        let _ = self.meet(Call::Leave, reason.len(), reason);
    }
}

impl Drop for Mpi {
    fn drop(&mut self) {
        self.leave(if thread::panicking() { "it panicked, and says why" } else { "" });
        // A launcher may end all processes when the first one has ended: they end together.
        self.world.barrier();
    }
}

/// Memory for bytes to send or to receive, which is kept from call to call: to get it from the system takes longer than
/// to fill it.
#[derive(Default)]
struct Buffer(Vec<u8>);

impl Buffer {
    /// Returns this many bytes. The buffer has one byte more, because MPI gives some addresses a special meaning, and
    /// the address of an empty buffer may be one of them.
    fn sized(&mut self, size: usize) -> &mut [u8] {
        if self.0.len() <= size {
            self.0.resize(size + 1, 0);
        }
        &mut self.0[..size]
    }

    /// Returns these messages, one after the other.
    fn filled(&mut self, messages: &[Vec<u8>]) -> &[u8] {
        let buffer = self.sized(messages.iter().map(Vec::len).sum());
        let mut left = &mut buffer[..];
        for message in messages {
            let (place, rest) = left.split_at_mut(message.len());
            place.copy_from_slice(message);
            left = rest;
        }
        buffer
    }
}

/// Returns the message sizes of the processes that make this call, and 0 for the others.
fn sizes(all: &[[u64; 2]], call: Call) -> Vec<usize> {
    let size = |&[other, size]: &[u64; 2]| if other == call as u64 { size as usize } else { 0 };
    all.iter().map(size).collect()
}

/// # Panics
/// If MPI cannot count this many bytes.
#[track_caller]
fn check_countable(bytes: usize) {
    assert!(
        i32::try_from(bytes).is_ok(),
        "messages of {bytes} bytes together are more than MPI can count, 2 GiB: the model is too large to be \
         trained by several processes"
    );
}

/// Returns the sizes of messages in a buffer, and where each begins.
///
/// # Panics
/// If they are more than 2 GiB together, which MPI cannot count.
#[track_caller]
fn layout(sizes: &[usize]) -> (Vec<i32>, Vec<i32>) {
    check_countable(sizes.iter().sum());
    let begins = sizes.iter().scan(0, |begin, &size| {
        *begin += size as i32;
        Some(*begin - size as i32)
    });
    (sizes.iter().map(|&size| size as i32).collect(), begins.collect())
}

/// Cuts a buffer into messages.
fn cut(buffer: &[u8], sizes: &[usize]) -> Vec<Vec<u8>> {
    let mut left = buffer;
    let message = |&size: &usize| {
        let (message, rest) = left.split_at(size);
        left = rest;
        message.to_vec()
    };
    sizes.iter().map(message).collect()
}
