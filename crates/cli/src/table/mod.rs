//! `train FILE`, and `predict` and `evaluate` with its models: from a table never seen to a model.
//!
//! ```text
//! file.rs        opens a file: gzip, standard input, JSON Lines or separated text
//! understood.rs  decides what each column is, and prints it
//! parts.rs       chooses rows to train and to test on, and turns them into samples
//! model.rs       embeds texts and categories, beside the numbers; the loss of each kind of answer
//! run.rs         trains a model on a table: what the commands share
//! search.rs      settings found by successive halving
//! answer.rs      a saved model's answers, and what moved them
//! columns.rs     what the model makes of each column
//! score.rs       how good the model is on rows it has not seen
//! ```

pub mod answer;
mod columns;
mod compare;
mod evaluate;
mod file;
pub mod gaps;
mod gradcheck;
pub mod json_lines;
mod model;
pub mod options;
mod page;
mod parts;
mod predict;
mod run;
mod saved;
mod score;
mod search;
mod train;
mod understood;

pub use compare::compare;
pub use evaluate::evaluate;
pub use gradcheck::gradcheck;
pub use predict::predict;
pub use saved::{holds_table_model, load};
pub use train::train;
