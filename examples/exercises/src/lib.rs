//! Thirty exercises for the book of wengert, checked by the library's own gradient check.
//!
//! A reader edits the files in `tasks/` and runs `cargo run -p exercises`; the README of this folder says how.
//! This crate is the other side. An exercise is a function of a fixed form ([`Answers`]). Its
//! [cases](Case) have the inputs and the expected results, which the library computes with its tape, its
//! layers and its optimizers. For a vector–Jacobian product each case is also checked by
//! [`autograd::check`], which knows only the function and not the rule. [`judge`] compares the results.
//!
//! A wrong answer is compared with the answers that typical mistakes give ([`fingerprint`]), and by
//! simple patterns such as a wrong sign, so that the reader learns *which* mistake it is.
//!
//! Solutions and mistakes are code in folders that the tests alone compile: without these folders everything
//! still works, and that is what is handed out to students.

#![forbid(unsafe_code)]

// So that a solution, which the tests compile, can be copied into `tasks/`.
extern crate self as exercises;

mod answers;
mod case;
mod chapters;
pub mod fingerprint;
mod grade;
mod handout;
mod judge;
mod pattern;
pub mod program;
mod reader;
mod submissions;
mod task;

use std::thread;

pub use answers::Answers;
pub use case::{Case, Output};
pub use judge::{Outcome, Wrong, judge};
pub use task::{Mistake, Task, all};

/// Returns `work` of each piece, in the order of the pieces, computed by this many threads. For exercise 29.
///
/// # Panics
/// If there are no threads, or `work` panics.
pub fn in_threads(threads: usize, pieces: &[&[f64]], work: fn(&[f64]) -> f64) -> Vec<f64> {
    assert!(threads > 0, "in_threads: there are no threads to do the work: give one or more");
    let shares = pieces.chunks(pieces.len().div_ceil(threads).max(1));
    thread::scope(|scope| {
        let share = |share: &[&[f64]]| share.iter().map(|piece| work(piece)).collect::<Vec<_>>();
        let running: Vec<_> = shares.map(|pieces| scope.spawn(move || share(pieces))).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("the work")).collect()
    })
}
