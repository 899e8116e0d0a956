//! The tests of `language`, in one program: to link one is quicker than to link many.

mod corpus;
mod generation;
mod learning;
mod sampling;
mod score;
mod stored;
mod tiny;
