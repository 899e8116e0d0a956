//! The examples, run as a person runs them, and the book that leads to the last of them.

mod book;
mod ending;
mod interop;
mod ladder;
mod pages;
