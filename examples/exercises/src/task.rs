//! What there is to do.

use crate::answers::Answers;
use crate::case::Case;
use crate::chapters;

/// An exercise.
#[derive(Clone, Copy)]
pub struct Task {
    /// From 1.
    pub number: usize,
    /// The name of its function.
    pub name: &'static str,
    /// What is to be written.
    pub title: &'static str,
    /// The chapter of the book that it belongs to.
    pub chapter: usize,
    /// Help for readers who are stuck.
    pub hint: &'static str,
    /// What people get wrong.
    pub mistakes: &'static [Mistake],
    /// Returns the cases on which answers are judged.
    pub cases: fn(&Answers) -> Vec<Case>,
}

/// A typical mistake, and what to say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// In a word or two, as teachers see it.
    pub name: &'static str,
    /// What is wrong, and what helps.
    pub hint: &'static str,
}

impl Task {
    /// Returns the name of its file in each of the folders.
    pub fn file(&self) -> String {
        format!("{:02}_{}.rs", self.number, self.name)
    }
}

/// Returns all exercises, in order.
pub fn all() -> Vec<Task> {
    chapters::ALL.concat()
}

/// Makes mistakes of pairs.
pub(crate) const fn mistake(name: &'static str, hint: &'static str) -> Mistake {
    Mistake { name, hint }
}
