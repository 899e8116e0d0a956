//! The tests of `autograd`, in one program: to compile one is quicker than to compile many.

mod by_hand;
mod checker;
mod functional;
mod kinks;
mod laws;
mod masks;
mod patterns;
mod sparse;
mod stores;
mod tape;
