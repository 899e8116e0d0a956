//! Everything that a language model needs besides its layers: texts prepared for training, generation, evaluation.
//!
//! ```text
//! text or generator ─▶ Corpus ─▶ windows ─▶ Trainer ─▶ Decoder ─┬─▶ TextGenerator  text, piece by piece
//!                        │                                      └─▶ LanguageScore  nats, bits, gap, answers
//!                        └─▶ Baseline: what an n-gram model reaches
//! ```
//!
//! A [`StoredCorpus`] leaves the text in its file. A [`Corpus`] of [`stories`](Corpus::stories) knows the entropy of
//! its text, so a loss can be read as the gap to the best possible one.
//!
//! ```
//! use autograd::Parameters;
//! use language::{Baseline, Corpus, LanguageScore, Limits, Protocol, Surprises, TextGenerator};
//! use nn::{Decoder, DecoderConfig, TokenCrossEntropy};
//! use optim::Adam;
//! use train::{Fit, Trainer};
//!
//! let corpus = Corpus::stories(40, 7);
//! let mut parameters = Parameters::<f32>::new(1);
//! let config = DecoderConfig { width: 16, feed_forward: 24, layers: 1, ..DecoderConfig::small(corpus.vocabulary.len()) };
//! let model = Decoder::new(&mut parameters, config);
//! let trainer = Trainer::new(&model, TokenCrossEntropy);
//! let fit = Fit { epochs: 2, batch_size: 8, validation_split: 0.0, ..Fit::default() };
//! trainer.fit(&mut parameters, &mut Adam::new(0.01), &corpus.training.windows(128), &fit)?;
//!
//! let surprises = Surprises::of(&model, &parameters, &corpus.validation, Protocol::Windows)?;
//! let score = LanguageScore::from_surprises(&surprises, &corpus.vocabulary, &corpus.validation);
//! let baseline = Baseline::of(&corpus, &surprises.places, 1..=4);
//! println!("loss {:.3}, floor {:?}, order {}: {:.3}", score.loss, score.floor, baseline.order, baseline.loss);
//! assert!(score.gap().is_some_and(|gap| gap > 0.0));
//!
//! let limits = Limits { stop: vec!["\n".to_string()], ..Limits::default() };
//! let prompt = "Emma has a ";
//! let generator = TextGenerator::new(&model, &parameters, &corpus.vocabulary).limits(limits);
//! let text: Result<String, _> = generator.after(prompt)?.collect();
//! assert!(!text?.contains('\n'));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

mod continuation;
mod corpus;
mod documents;
mod generator;
mod sampling;
mod score;
mod stored;
mod surprise;
mod text_generator;

pub use continuation::{Continuation, Ending, Limits};
pub use corpus::{Corpus, CorpusError, Division, Tokens};
pub use documents::{Documents, KnownTokens};
pub use generator::{GenerationError, Generator};
pub use sampling::{Sampling, SamplingError};
pub use score::{AnswerScore, Baseline, BlockGate, LanguageScore, gates};
pub use stored::{LARGEST_VALIDATION, StoredCorpus, StoredCorpusError};
pub use surprise::{Protocol, Surprises};
pub use text_generator::TextGenerator;
