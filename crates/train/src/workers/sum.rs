//! The sum of a batch over the shards of all processes.

use std::ops::Range;

use autograd::Parameters;
use tensor::Scalar;

use super::Workers;
use super::slices::{self, Slice, Slices};
use crate::error::WorkerEnded;
use crate::shards::Part;
use crate::tally::Tally;
use crate::tree::{block, finish, subtrees};
use crate::wire::{Reader, Wire, write_count, write_text};

/// What a shard tells besides loss and gradients: its figures, or the first value that is not finite.
pub(crate) type ShardFigures = Result<Tally, String>;

/// What a process has computed of a batch.
pub(crate) struct Computed<T: Scalar> {
    /// The sum over each of its subtrees, in order.
    pub(crate) subtrees: Vec<Part<T>>,
    /// What each of its shards tells, in order.
    pub(crate) figures: Vec<ShardFigures>,
}

/// Adds up a batch of `count` shards, to which this process contributes what it has computed.
pub(super) fn sum<T: Scalar>(
    workers: &dyn Workers,
    wire: &Wire<T>,
    parameters: &Parameters<T>,
    count: usize,
    part: Computed<T>,
) -> Result<(Part<T>, Vec<ShardFigures>), WorkerEnded> {
    let slices = Slices::new(parameters, workers.size());
    let (mine, all) = sum_slice(workers, wire, &slices, parameters, count, &part)?;

    let mut message = Vec::new();
    slices.write_slice(&mine, workers.rank(), wire, &mut message);
    let losses: Vec<T> = part.subtrees.iter().map(|part| part.loss).collect();
    wire.write(&losses, &mut message);
    write_figures(&part.figures, &mut message);

    let messages = workers.gather(message)?;
    let mut readers: Vec<Reader<'_>> = messages.iter().map(|message| Reader(message)).collect();
    let gradients = slices.join(parameters, wire, &mut readers);
    let (mut losses, mut figures) = (Vec::new(), Vec::new());
    for reader in &mut readers {
        wire.append(reader, &mut losses);
        figures.extend(read_figures(reader));
    }
    let mut losses = losses.into_iter();
    let loss = finish(count, &all, &mut || losses.next().expect("one for each"), &|a, b| a + b);
    Ok((Part { loss, gradients }, figures))
}

/// A process's slice of the sum of the gradients, and the shards of each subtree that was added, in order.
type SummedSlice<T> = (Slice<T>, Vec<Range<usize>>);

/// Sends the slices of this process's subtrees to the processes that add them up, and adds up its own slice of the
/// subtrees of all.
fn sum_slice<T: Scalar>(
    workers: &dyn Workers,
    wire: &Wire<T>,
    slices: &Slices,
    parameters: &Parameters<T>,
    count: usize,
    part: &Computed<T>,
) -> Result<SummedSlice<T>, WorkerEnded> {
    let (rank, size) = (workers.rank(), workers.size());
    let (mut messages, mut own) = (vec![Vec::new(); size], Vec::new());
    for part in &part.subtrees {
        let gradients = slices::by_parameter(parameters, &part.gradients);
        for (slice, message) in messages.iter_mut().enumerate().filter(|(slice, _)| *slice != rank)
        {
            slices.write(&gradients, slice, wire, message);
        }
        own.push(slices.cut(&gradients, rank));
    }
    let received = workers.exchange(messages)?;
    let pieces: Vec<Vec<Range<usize>>> =
        (0..size).map(|rank| subtrees(count, &block(rank, size, count))).collect();
    let all: Vec<Range<usize>> = pieces.concat();
    let mut mine = Vec::with_capacity(all.len());
    for (sender, message) in received.iter().enumerate() {
        let mut reader = Reader(message);
        match sender == rank {
            true => mine.append(&mut own),
            false => {
                mine.extend(pieces[sender].iter().map(|_| slices.read(rank, wire, &mut reader)))
            }
        }
    }
    let mut mine = mine.into_iter();
    let mine = finish(count, &all, &mut || mine.next().expect("one for each"), &slices::plus);
    Ok((mine, all))
}

fn write_figures(figures: &[ShardFigures], message: &mut Vec<u8>) {
    write_count(figures.len(), message);
    for shard in figures {
        match shard {
            Ok(tally) => {
                message.push(0);
                tally.write(message);
            }
            Err(first) => {
                message.push(1);
                write_text(first, message);
            }
        }
    }
}

fn read_figures(message: &mut Reader<'_>) -> Vec<ShardFigures> {
    let shards = 0..message.count();
    let shard = |_| match message.byte() {
        0 => Ok(Tally::read(message)),
        _ => Err(message.text()),
    };
    shards.map(shard).collect()
}
