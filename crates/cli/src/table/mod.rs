//! `train FILE`, and `predict` and `evaluate` with its models: from a table never seen to a model.
//!
//! ```text
//! file.rs        opens a file: gzip, standard input, JSON Lines or separated text
//! understood.rs  decides what each column is, and prints it
//! parts.rs       chooses rows to train and to test on, and turns them into samples
//! model.rs       embeds texts and categories, beside the numbers; the loss of each kind of answer
//! score.rs       how good the model is on rows it has not seen
//! ```

mod evaluate;
mod file;
mod gaps;
mod json_lines;
mod model;
pub mod options;
mod page;
mod parts;
mod predict;
mod saved;
mod score;
mod train;
mod understood;

pub use evaluate::evaluate;
pub use predict::predict;
pub use saved::holds_table_model;
pub use train::train;
