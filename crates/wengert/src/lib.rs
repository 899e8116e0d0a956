//! Reverse-mode automatic differentiation: a tape you can read, gradients you can check, training
//! that is fast.
//!
//! It is named after R. E. Wengert, who in 1964 described a numerical program as a list of elementary
//! operations with known derivatives. This library records that list, and adds layers, optimizers and
//! a trainer. Each part is a crate, re-exported here under its short name.
//!
//! **Read [the book](book)**, which builds all of this from an empty file, each step checked.
//!
//! # A derivative
//!
//! A [`Tape`] records what a formula does. [`Var::backward`] walks it back, and printing the tape
//! shows the list.
//!
//! ```
//! use wengert::{Tape, Tensor};
//!
//! let tape = Tape::new();
//! let x = tape.variable(Tensor::scalar(2.0));
//! let y = tape.variable(Tensor::scalar(3.0));
//! let z = x * y + x.sin();
//! let gradients = z.backward();
//! assert_eq!(gradients.of(x).item(), 3.0 + 2f32.cos());
//! assert_eq!(gradients.of(y).item(), 2.0);
//! println!("{tape}");
//! ```
//!
//! # A model
//!
//! A layer holds the ids of its parameters; all numbers are in one [`Parameters`] store, by name.
//!
//! ```
//! use wengert::data::Dataset;
//! use wengert::nn::{Dense, Features, Model, SoftmaxCrossEntropy, SwiGLU};
//! use wengert::optim::Adam;
//! use wengert::train::{Fit, Trainer};
//! use wengert::{Parameters, Tensor};
//!
//! let inputs = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
//! let xor = Dataset::new(inputs, Tensor::from([0, 1, 1, 0]));
//!
//! let mut parameters = Parameters::new(1);
//! let model = Features::new(2)
//!     .then(Dense::new(&mut parameters, "hidden", 2, 8))
//!     .then(SwiGLU::new(&mut parameters, "activation"))
//!     .then(Dense::new(&mut parameters, "output", 8, 2));
//!
//! let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
//! let options = Fit { epochs: 200, validation_split: 0.0, ..Fit::default() };
//! trainer.fit(&mut parameters, &mut Adam::new(0.05), &xor, &options)?;
//! assert_eq!(trainer.evaluate(&parameters, &xor).accuracy(), 1.0);
//! # Ok::<(), wengert::train::TrainError>(())
//! ```
//!
//! # A check
//!
//! A model with a wrong gradient still trains, just not as far. [`check`] compares every gradient with
//! four other methods, in `f64`, and names the wrong operation with the line that recorded it.
//!
//! ```
//! use wengert::{Tensor, check};
//!
//! let x = Tensor::from([0.5, -1.0]);
//! check::inputs(&[x], |[x]| (x * x.tanh()).sum_all()).assert();
//! ```
//!
//! # The crates
//!
//! | crate | contains | main types |
//! |---|---|---|
//! | [`tensor`] | arrays and their kernels | [`Tensor`] |
//! | [`autograd`] | the tape, operations, the walk back, the check | [`Tape`], [`Op`], [`check`](mod@check) |
//! | [`nn`] | layers, activations, losses | [`nn::Dense`], [`nn::SwiGLU`] |
//! | [`optim`] | Adam and its relatives, schedules, clipping | [`optim::Adam`] |
//! | [`data`] | CSV, tokens, batches, generated data sets | [`data::Dataset`] |
//! | [`train`] | the training loop, metrics, evaluation | [`train::Trainer`] |
//! | [`language`] | texts, generation and evaluation for language models | [`language::Corpus`] |
//! | `store` | saved models, checkpoints, weights of other frameworks | feature `store` |
//! | `report` | progress, log, comparisons, a page | feature `report` |
//! | `inspect` | drawings of a tape | feature `inspect` |
//!
//! The feature `proptest` adds `tensor::strategy` and `check::strategy`, strategies for property
//! tests. The repository's `examples` are short programs in reading order. Its `ARCHITECTURE.md` says
//! in which order to read the source.

#![forbid(unsafe_code)]

pub use autograd::{
    Adjoints, Formulas, Gradient, Gradients, Op, ParameterId, Parameters, Pass, SparseGradient,
    Tape, Var, VarOrNumber, check, functional,
};
pub use tensor::{Key, Scalar, ShapeError, Tensor};

// Prose and pictures: it is there for rustdoc alone.
#[cfg(doc)]
pub mod book;

pub use autograd;
pub use data;
#[cfg(feature = "inspect")]
pub use inspect;
pub use language;
pub use nn;
pub use optim;
#[cfg(feature = "report")]
pub use report;
#[cfg(feature = "store")]
pub use store;
pub use tensor;
pub use train;

/// The README's programs, compiled and run as doctests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
