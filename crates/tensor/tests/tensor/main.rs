//! The tests of `tensor`, in one program: to compile one is quicker than to compile many.

mod arithmetic;
mod bf16;
mod choosing;
mod conversions;
mod layouts;
mod messages;
mod operations;
mod parallel;
mod processor;
mod statistics;
mod sums;
mod unfold;
