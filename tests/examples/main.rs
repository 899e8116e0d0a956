//! The examples, run as a person runs them.

mod book;
mod ending;
mod interop;
mod ladder;
mod pages;
