//! What a language model learns from: windows to train on, windows to validate on, and what its loss can be
//! compared with.

use std::error::Error;
use std::f64::consts::LN_2;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use data::{
    Batches, Dataset, DrawnWindows, LazyBatch, Portions, Sink, Source, SourceError, StoredText,
    Vocabulary, Windows,
};
use language::{Baseline, Corpus, Documents, StoredCorpus};
use tensor::Key;

use super::defaults;
use super::teaching::{Steps, Teaching};
use super::texts::Reading;

/// A text cut into windows of one context, with its marks.
pub struct Lesson {
    pub vocabulary: Vocabulary,
    /// The tokens after which a document begins.
    pub start: Vec<u32>,
    text: TrainingText,
    /// The first tokens of the text to train on: a window and the token after it.
    pub beginning: Vec<u32>,
    /// The documents to evaluate on.
    pub held_out: Documents,
    /// Their windows, if there are any.
    pub validation: Option<Dataset<Windows, Windows>>,
    pub marks: Option<Marks>,
    context: usize,
}

/// The text to train on.
enum TrainingText {
    /// One document. Windows are drawn anywhere in it.
    Whole(Documents),
    /// The same, in its file.
    Stored(Arc<StoredText>),
    /// Several documents. Windows begin where they begin.
    Documents(Documents),
}

/// What losses on the validation windows can be compared with.
#[derive(Clone, Debug)]
pub struct Marks {
    /// The mean surprise of their tokens for the generator, in nats a token.
    pub floor: Option<f64>,
    /// What an n-gram model reaches on the same tokens, if the text to count is in memory.
    pub baseline: Option<Baseline>,
    /// The mean number of tokens per character of the text, including the tokens that were put before documents.
    pub tokens_per_character: f64,
}

impl Lesson {
    /// Reads or generates the text, and evaluates what the model is compared with.
    pub fn load(reading: &Reading, context: usize) -> Result<Self, Box<dyn Error>> {
        match reading.from_disk {
            true => Self::stored(reading.stored_corpus()?, context),
            false => Self::in_memory(reading.corpus()?, reading.source.is_whole(), context),
        }
    }

    /// Takes one long text, or documents.
    fn in_memory(corpus: Corpus, is_whole: bool, context: usize) -> Result<Self, Box<dyn Error>> {
        let tokens = corpus.training.tokens();
        if is_whole {
            check_length(tokens.len(), context)?;
        }
        let beginning = tokens[..tokens.len().min(context + 1)].to_vec();
        let count = |places: &[usize]| Some(baseline(&corpus, places));
        let marks = Marks::of(&corpus.vocabulary, &corpus.validation, context, count);
        let Corpus { vocabulary, training, validation: held_out, start } = corpus;
        let text = match is_whole {
            true => TrainingText::Whole(training),
            false => TrainingText::Documents(training),
        };
        let validation = windows_of(&held_out, context);
        Ok(Self { vocabulary, start, text, beginning, held_out, validation, marks, context })
    }

    fn stored(corpus: StoredCorpus, context: usize) -> Result<Self, Box<dyn Error>> {
        let StoredCorpus { vocabulary, training, validation: held_out } = corpus;
        check_length(training.len(), context)?;
        let beginning = training.read(0..context + 1).map_err(|error| format!("--text {error}"))?;
        let marks = Marks::of(&vocabulary, &held_out, context, |_| None);
        let validation = windows_of(&held_out, context);
        let (start, text) = (Vec::new(), TrainingText::Stored(Arc::new(training)));
        Ok(Self { vocabulary, start, text, beginning, held_out, validation, marks, context })
    }

    /// Returns the number of tokens to train on.
    fn tokens(&self) -> usize {
        match &self.text {
            TrainingText::Whole(text) | TrainingText::Documents(text) => text.tokens().len(),
            TrainingText::Stored(text) => text.len(),
        }
    }

    /// Returns the number of windows of the validation part.
    pub fn validation_windows(&self) -> usize {
        self.validation.as_ref().map_or(0, Dataset::len)
    }

    /// Returns the number of windows that cover the training text once.
    pub fn windows(&self) -> usize {
        match &self.text {
            TrainingText::Documents(documents) => documents.windows(self.context).len(),
            _ => self.tokens().div_ceil(self.context),
        }
    }

    /// Returns the windows to train on, in the order of their steps. In a text of one document each is drawn at a
    /// place of its own; windows of documents come again in each pass, in another order.
    pub fn training(&self, teaching: &Teaching, seed: u64, steps: Steps) -> TrainingWindows {
        let key = Key::new(seed).stream("lm").stream("windows");
        let (of_a_part, all) =
            (steps.of_a_part * teaching.windows(), steps.all * teaching.windows());
        let (context, places) = (self.context, key.stream("places"));
        match &self.text {
            TrainingText::Whole(text) => {
                TrainingWindows::Drawn(text.drawn_windows(context, of_a_part, all, places))
            }
            TrainingText::Stored(text) => {
                let text = Arc::clone(text);
                TrainingWindows::Drawn(DrawnWindows::stored(text, context, of_a_part, all, places))
            }
            TrainingText::Documents(documents) => {
                let (windows, key) = (documents.windows(context), key.stream("order"));
                TrainingWindows::Passes(Portions::new(windows, of_a_part, all, key))
            }
        }
    }

    /// Returns a sentence on the text.
    pub fn summary(&self, reading: &Reading) -> String {
        let what = match reading.source.origin() {
            Some(origin) => format!("generated {}", origin.generator.name()),
            None => "the text".to_string(),
        };
        let windows = match self.windows() {
            1 => format!("1 window of at most {} covers", self.context),
            count => format!("{count} windows of at most {} cover", self.context),
        };
        format!(
            "{} training and {} validation tokens of {what}, from a vocabulary of {}; {windows} them once",
            self.tokens(),
            self.held_out.tokens().len(),
            self.vocabulary.len(),
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
            Self::Drawn(windows) => Box::new(windows.epoch(number, size, key).map(|batch| {
                let (len, batch) = batch.map(|batch| (batch.len(), batch))?;
                let read = move |range| batch.read(range).map_err(of_the_text);
                Ok(LazyBatch::new(len, read))
            })),
            Self::Passes(windows) => windows.epoch(number, size, key),
        }
    }

    fn samples(&self) -> Option<usize> {
        match self {
            Self::Drawn(windows) => windows.samples(),
            Self::Passes(windows) => windows.samples(),
        }
    }

    fn samples_in(&self, epoch: usize) -> Option<usize> {
        match self {
            Self::Drawn(windows) => windows.samples_in(epoch),
            Self::Passes(windows) => windows.samples_in(epoch),
        }
    }

    fn sketch(&self) -> Result<Dataset<Windows, Windows>, SourceError> {
        match self {
            Self::Drawn(windows) => windows.sketch(),
            Self::Passes(windows) => windows.sketch(),
        }
    }

    fn digest(&self, inputs: Sink<'_>, targets: Sink<'_>) -> Result<[String; 2], SourceError> {
        match self {
            Self::Drawn(windows) => windows.digest(inputs, targets).map_err(of_the_text),
            Self::Passes(windows) => windows.digest(inputs, targets),
        }
    }
}

impl Marks {
    /// Returns the marks of the documents to evaluate on, if there are any. `count` returns what an n-gram model
    /// reaches on the tokens at these places.
    fn of(
        vocabulary: &Vocabulary,
        held_out: &Documents,
        context: usize,
        count: impl FnOnce(&[usize]) -> Option<Baseline>,
    ) -> Option<Self> {
        if held_out.is_empty() {
            return None;
        }
        let places = held_out.predicted(context);
        Some(Self {
            floor: held_out.floor(&places),
            baseline: count(&places),
            tokens_per_character: tokens_per_character(vocabulary, held_out, &places),
        })
    }

    /// Returns a loss in bits a character.
    pub fn bits_per_character(&self, loss: f64) -> f64 {
        loss * self.tokens_per_character / LN_2
    }
}

/// Evaluates Kneser–Ney models of all orders on the validation tokens at these places, each on its own thread, and
/// returns the best with the losses of all.
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

/// Returns the windows of documents to evaluate on, if there are any.
fn windows_of(held_out: &Documents, context: usize) -> Option<Dataset<Windows, Windows>> {
    (!held_out.is_empty()).then(|| held_out.windows(context))
}

/// Returns the error of a text that cannot be read, with its option.
fn of_the_text(error: SourceError) -> SourceError {
    format!("--text {error}").into()
}

/// Checks that a window can be drawn from a text.
fn check_length(tokens: usize, context: usize) -> Result<(), String> {
    match tokens > context {
        true => Ok(()),
        false => Err(format!(
            "the text to train on has {tokens} tokens, but a window takes --context {context} and the \
             token after them; give a longer text or a smaller --context"
        )),
    }
}

fn tokens_per_character(vocabulary: &Vocabulary, held_out: &Documents, places: &[usize]) -> f64 {
    // All bytes of a character but the first are 10xxxxxx.
    let begins = |&&byte: &&u8| byte & 0xc0 != 0x80;
    let characters: usize = places
        .iter()
        .map(|&place| held_out.bytes(vocabulary, place).iter().filter(begins).count())
        .sum();
    places.len() as f64 / characters as f64
}
