//! The examples, run as a person runs them, and the book, whose small framework is the last of them.

mod book;
mod ending;
mod interop;
mod ladder;
mod pages;
