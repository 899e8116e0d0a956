//! Trains a model on a data set and measures how good it is.
//!
//! [`Trainer`] pairs a model with a [`Loss`]; it fits, evaluates and predicts. [`metrics`] says how
//! good predictions are, [`Trainer::importance`] how much they depend on each column, and
//! [`Session::find_rate`] which learning rate to begin with.
//!
//! [`Observer`]s of a [`Session`] do everything besides training. This crate does not contain any, and
//! does not use files or the terminal: `store` has checkpoints, `report` has progress bars, logs and
//! the handling of Ctrl-C.
//!
//! ```
//! use autograd::Parameters;
//! use data::Dataset;
//! use nn::{Activation, BinaryCrossEntropy, Dense, Features, Layer, Model};
//! use optim::Adam;
//! use tensor::Tensor;
//! use train::{Fit, Trainer};
//!
//! let inputs = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
//! let xor = Dataset::new(inputs, Tensor::from([0, 1, 1, 0]));
//!
//! let mut parameters = Parameters::new(1);
//! let model = Features::new(2)
//!     .then(Dense::new(&mut parameters, "hidden", 2, 8))
//!     .then(Activation::Tanh)
//!     .then(Dense::new(&mut parameters, "output", 8, 1));
//!
//! let trainer = Trainer::new(&model, BinaryCrossEntropy);
//! let options = Fit { epochs: 200, validation_split: 0.0, ..Fit::default() };
//! trainer.fit(&mut parameters, &mut Adam::new(0.05), &xor, &options)?;
//! assert_eq!(trainer.evaluate(&parameters, &xor).accuracy(), 1.0);
//! # Ok::<(), train::TrainError>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

mod activity;
mod answer;
mod criterion;
mod error;
mod evaluate;
mod explain;
mod fit;
mod history;
mod loss;
pub mod metrics;
mod observer;
mod options;
mod progress;
mod rate_finder;
mod score;
mod session;
mod shards;
mod step;
mod tally;
mod trainer;
mod tree;
mod wire;
mod workers;

pub use activity::{Activity, Spread};
pub use answer::NotFinite;
pub use criterion::Criterion;
pub use error::{TrainError, WorkerEnded};
pub use evaluate::Evaluation;
pub use explain::{Change, Importance};
pub use history::{Epoch, History, short_name};
pub use loss::{Calibrated, Classifier, Heads, Loss, OwnLoss, own_loss};
pub use observer::{AnySource, Context, Observer, ObserverError};
pub use options::{Fit, Plateau};
pub use progress::{Progress, RunningEpoch};
pub use rate_finder::{RateCurve, RatePoint, RateRange};
pub use score::{Score, is_share, metric_label, written};
pub use session::Session;
pub use shards::{Batch, Shards, most_at_once};
pub use tally::{Errors, Metrics, Tally};
pub use trainer::{EVALUATION_ITEMS, Trainer};
pub use wire::Portable;
pub use workers::{OneProcess, Workers, check_same};
