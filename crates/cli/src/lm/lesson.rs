//! What a language model learns from: windows to train on, windows to validate on, and what its loss can be
//! compared with.

use std::error::Error;
use std::f64::consts::LN_2;
use std::panic::resume_unwind;
use std::thread;

use data::{Batches, Dataset, DrawnWindows, Portions, Source, SourceError, Windows};
use language::{Baseline, Corpus};
use tensor::Key;

use super::defaults;
use super::teaching::{Steps, Teaching};
use super::texts::Reading;

/// A corpus cut into windows of one context, with its marks.
pub struct Lesson {
    pub corpus: Corpus,
    pub validation: Option<Dataset<Windows, Windows>>,
    pub marks: Option<Marks>,
    context: usize,
    /// `true` if training windows are drawn anywhere in the text, as it is one document.
    is_drawn: bool,
}

/// What losses on the validation windows can be compared with.
#[derive(Clone, Debug)]
pub struct Marks {
    /// The mean surprise of their tokens for the generator, in nats a token.
    pub floor: Option<f64>,
    /// What a model that counts reaches on the same tokens.
    pub baseline: Baseline,
    /// The number of tokens a character of the text has, with those that were put before documents.
    pub tokens_per_character: f64,
}

impl Lesson {
    /// Reads or generates the text, and evaluates what the model is compared with.
    pub fn load(reading: &Reading, context: usize) -> Result<Self, Box<dyn Error>> {
        let corpus = reading.corpus()?;
        let is_drawn = corpus.training.starts().len() == 1;
        let tokens = corpus.training.tokens().len();
        if is_drawn && tokens <= context {
            return Err(format!(
                "the text to train on has {tokens} tokens, but a window takes --context {context} and the \
                 token behind them; give a longer text or a smaller --context"
            )
            .into());
        }
        let validation =
            (!corpus.validation.is_empty()).then(|| corpus.validation.windows(context));
        let marks = validation.as_ref().map(|_| Marks::of(&corpus, context));
        Ok(Self { corpus, validation, marks, context, is_drawn })
    }

    /// Returns the number of windows that cover the training text once.
    pub fn windows(&self) -> usize {
        match self.is_drawn {
            true => self.corpus.training.tokens().len().div_ceil(self.context),
            false => self.corpus.training.windows(self.context).len(),
        }
    }

    /// Returns the windows to train on, in the order of their steps. In a text of one document each is drawn at a
    /// place of its own; windows of documents come again in each pass, in another order.
    pub fn training(&self, teaching: &Teaching, seed: u64, steps: Steps) -> TrainingWindows {
        let key = Key::new(seed).stream("lm").stream("windows");
        let (of_a_part, all) =
            (steps.of_a_part * teaching.windows(), steps.all * teaching.windows());
        let (documents, context) = (&self.corpus.training, self.context);
        match self.is_drawn {
            true => {
                let key = key.stream("places");
                TrainingWindows::Drawn(documents.drawn_windows(context, of_a_part, all, key))
            }
            false => {
                let (windows, key) = (documents.windows(context), key.stream("order"));
                TrainingWindows::Passes(Portions::new(windows, of_a_part, all, key))
            }
        }
    }

    /// Returns a sentence on the text.
    pub fn summary(&self, reading: &Reading) -> String {
        let Corpus { training, validation, vocabulary, .. } = &self.corpus;
        let what = match reading.source.origin() {
            Some(origin) => format!("generated {}", origin.generator.name()),
            None => "the text".to_string(),
        };
        format!(
            "{} training and {} validation tokens of {what}, {} different ones; {} windows of {} cover them once",
            training.tokens().len(),
            validation.tokens().len(),
            vocabulary.len(),
            self.windows(),
            self.context
        )
    }
}

/// The windows to train on. A batch is made when its step comes.
pub enum TrainingWindows {
    /// Each at a place of its own.
    Drawn(DrawnWindows),
    /// All windows, and then all again in another order.
    Passes(Portions<Windows, Windows>),
}

impl Source for TrainingWindows {
    type Inputs = Windows;
    type Targets = Windows;

    fn epoch(&self, number: usize, size: usize, key: Option<Key>) -> Batches<'_, Windows, Windows> {
        match self {
            Self::Drawn(windows) => windows.epoch(number, size, key),
            Self::Passes(windows) => windows.epoch(number, size, key),
        }
    }

    fn samples(&self) -> Option<usize> {
        match self {
            Self::Drawn(windows) => windows.samples(),
            Self::Passes(windows) => windows.samples(),
        }
    }

    fn sketch(&self) -> Result<Dataset<Windows, Windows>, SourceError> {
        match self {
            Self::Drawn(windows) => windows.sketch(),
            Self::Passes(windows) => windows.sketch(),
        }
    }
}

impl Marks {
    fn of(corpus: &Corpus, context: usize) -> Self {
        let places = corpus.validation.predicted(context);
        Self {
            floor: corpus.validation.floor(&places),
            baseline: baseline(corpus, &places),
            tokens_per_character: tokens_per_character(corpus, &places),
        }
    }

    /// Returns a loss in bits a character.
    pub fn bits_per_character(&self, loss: f64) -> f64 {
        loss * self.tokens_per_character / LN_2
    }
}

/// Returns the loss of the Kneser–Ney models on the validation tokens at these places. Each order has a thread.
pub fn baseline(corpus: &Corpus, places: &[usize]) -> Baseline {
    let found: Vec<Baseline> = thread::scope(|scope| {
        let of = |order| scope.spawn(move || Baseline::of(corpus, places, [order]));
        let orders = defaults::ORDERS.filter(|&order| order <= corpus.training.tokens().len());
        let threads: Vec<_> = orders.map(of).collect();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.collect()
    });
    let tried = found.iter().flat_map(|baseline| baseline.tried.clone()).collect();
    let best = found.into_iter().min_by(|a, b| a.loss.total_cmp(&b.loss));
    Baseline { tried, ..best.expect("a text has tokens for order 1") }
}

fn tokens_per_character(corpus: &Corpus, places: &[usize]) -> f64 {
    // All bytes of a character but the first are 10xxxxxx.
    let begins = |&&byte: &&u8| byte & 0xc0 != 0x80;
    let characters: usize = places
        .iter()
        .map(|&place| {
            corpus.validation.bytes(&corpus.vocabulary, place).iter().filter(begins).count()
        })
        .sum();
    places.len() as f64 / characters as f64
}
