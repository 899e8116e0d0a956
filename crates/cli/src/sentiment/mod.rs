//! The article's text classifier: its model, the texts, training, the commands with their options, and the output.

pub mod answer;
mod baseline;
pub mod compare;
pub mod evaluate;
pub mod gradcheck;
mod model;
pub mod options;
mod page;
pub mod predict;
mod print;
mod saved;
pub mod sizes;
mod texts;
mod training;

pub use saved::load;
