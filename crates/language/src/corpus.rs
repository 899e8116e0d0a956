//! A text made ready for training: its tokens, in a part to train on and one to be evaluated on.

use data::generated::{Told, brackets, stories, sums};
use data::{BytePairs, Characters, UnknownCharacter, Vocabulary};
use tensor::Key;
use thiserror::Error;

use crate::documents::{Documents, KnownTokens};

/// A vocabulary, and documents for training and for validation in its tokens.
///
/// ```
/// use language::Corpus;
///
/// let corpus = Corpus::stories(200, 7);
/// let windows = corpus.training.windows(128);
/// assert!(windows.inputs().length() < 128, "no story has as many characters");
/// assert!(corpus.validation.known().is_some());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    /// The tokens.
    pub vocabulary: Vocabulary,
    /// What a model learns from.
    pub training: Documents,
    /// What it is evaluated on. It may be empty.
    pub validation: Documents,
    /// The tokens after each document, and so before the next: a model that has read them begins a document. They
    /// are empty for a text that is one document.
    pub start: Vec<u32>,
}

/// The tokens that a corpus is to have.
#[derive(Clone, Debug, PartialEq)]
pub enum Tokens {
    /// The 256 bytes.
    Bytes,
    /// All characters of the text, including the validation part.
    Characters,
    /// At most this many byte pairs, learned from the training part.
    BytePairs(usize),
    /// Those of a vocabulary that exists, such as a saved model's.
    Given(Vocabulary),
}

/// A way to divide a text into documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Division {
    /// The whole text is one document. Its last part is for validation.
    Whole,
    /// Blank lines separate documents.
    BlankLines,
    /// Each line is a document.
    Lines,
}

/// A text cannot become a corpus.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// A character is not in the given vocabulary.
    #[error(transparent)]
    Unknown(#[from] UnknownCharacter),
    /// A part is too short.
    #[error(
        "the {part} part has {} of {}, but a prediction takes two tokens; give a longer text, or another share for \
         validation",
        counted(*tokens, "token"),
        counted(*documents, "document")
    )]
    TooShort {
        /// `training` or `validation`.
        part: &'static str,
        /// The number of its tokens.
        tokens: usize,
        /// The number of its documents.
        documents: usize,
    },
    /// A text without a part for validation is too short.
    #[error(
        "the text has {} of {}, but a prediction takes two tokens; give a longer text",
        counted(*tokens, "token"),
        counted(*documents, "document")
    )]
    ShortText {
        /// The number of its tokens.
        tokens: usize,
        /// The number of its documents.
        documents: usize,
    },
}

/// The share of generated documents that is for validation.
const VALIDATION_SHARE: f64 = 0.1;

impl Corpus {
    /// Creates a corpus of `count` stories, one per line. The last tenth of them is for validation. See
    /// [`stories`](fn@stories).
    ///
    /// # Panics
    /// If there are fewer than two stories.
    #[track_caller]
    pub fn stories(count: usize, seed: u64) -> Self {
        Self::generated(&stories(count, Key::new(seed)))
    }

    /// Creates a corpus of `count` sums of numbers below `limit`, one a line. A sum of the validation part may
    /// be in the training part too, and is, if there are few. See [`sums`](fn@sums).
    ///
    /// # Panics
    /// If `limit` is 0, or there are fewer than two sums.
    #[track_caller]
    pub fn sums(count: usize, limit: u32, seed: u64) -> Self {
        Self::generated(&sums(count, limit, Key::new(seed)))
    }

    /// Creates a corpus of `count` lines of brackets, at most `deepest` deep. Short lines are in both parts.
    /// See [`brackets`](fn@brackets).
    ///
    /// # Panics
    /// If `deepest` is 0, or there are fewer than two lines.
    #[track_caller]
    pub fn brackets(count: usize, deepest: usize, seed: u64) -> Self {
        Self::generated(&brackets(count, deepest, Key::new(seed)))
    }

    #[track_caller]
    fn generated(told: &Told) -> Self {
        match Self::told(told, Tokens::Characters, VALIDATION_SHARE) {
            Ok(corpus) => corpus,
            Err(error) => panic!("Corpus: {error}"),
        }
    }

    /// Creates a corpus of a generated text. Each line is a document.
    ///
    /// # Errors
    /// If [`text`](Self::text) fails.
    ///
    /// # Panics
    /// If the share is not at least 0 and below 1, or the tokens come from a [`data::HuggingTokenizer`]: they are
    /// not the bytes of the text, because some have a space of their own.
    #[track_caller]
    pub fn told(told: &Told, tokens: Tokens, validation: f64) -> Result<Self, CorpusError> {
        assert!(
            !matches!(tokens, Tokens::Given(Vocabulary::Hugging(_))),
            "Corpus::told: the surprise of a text cannot be told for the tokens of a HuggingTokenizer"
        );
        let mut corpus = Self::text(&told.text, tokens, Division::Lines, validation)?;
        let mut byte = 0;
        for part in [&mut corpus.training, &mut corpus.validation] {
            part.known = Some(known(told, &corpus.vocabulary, &part.tokens, &mut byte));
        }
        Ok(corpus)
    }

    /// Creates a corpus of a text. A share of its documents, the last ones, is for validation; their number is
    /// rounded up. If the text is one document, it is a share of its characters.
    ///
    /// ```
    /// use language::{Corpus, Division, Tokens};
    ///
    /// let corpus = Corpus::text("one\n\ntwo\n\nsix\n", Tokens::Bytes, Division::BlankLines, 0.3)?;
    /// assert_eq!(corpus.vocabulary.decode(corpus.training.tokens()), b"one\n\ntwo\n\n");
    /// assert_eq!(corpus.training.starts(), [0, 5]);
    /// assert_eq!(corpus.vocabulary.decode(corpus.validation.tokens()), b"six\n");
    /// # Ok::<(), language::CorpusError>(())
    /// ```
    ///
    /// # Errors
    /// If a character is not in a given vocabulary, or a part has fewer than two tokens. With a share of 0 the
    /// validation part is empty.
    ///
    /// # Panics
    /// If the share is not at least 0 and below 1.
    #[track_caller]
    pub fn text(
        text: &str,
        tokens: Tokens,
        division: Division,
        validation: f64,
    ) -> Result<Self, CorpusError> {
        assert!(
            (0.0..1.0).contains(&validation),
            "Corpus: the share for validation must be at least 0 and below 1, not {validation}"
        );
        let (training, validation_texts) = division.split(text, validation);
        let vocabulary = match tokens {
            Tokens::Bytes => Vocabulary::Bytes,
            Tokens::Characters => Vocabulary::Characters(Characters::of(text)),
            Tokens::BytePairs(size) => {
                Vocabulary::BytePairs(BytePairs::train(&training.concat(), size))
            }
            Tokens::Given(vocabulary) => vocabulary,
        };
        let corpus = Self {
            training: documents(&vocabulary, division, &training, text)?,
            validation: documents(&vocabulary, division, &validation_texts, text)?,
            start: division.start(&vocabulary, text),
            vocabulary,
        };
        if corpus.training.is_empty() {
            let Documents { tokens, starts, .. } = &corpus.training;
            return Err(nothing_to_train_on(validation, tokens.len(), starts.len()));
        }
        check_validation(validation, &corpus.validation)?;
        Ok(corpus)
    }
}

/// Returns the error of a training part that is too short for a prediction, when this share is for validation.
pub(crate) fn nothing_to_train_on(share: f64, tokens: usize, documents: usize) -> CorpusError {
    match share > 0.0 {
        true => CorpusError::TooShort { part: "training", tokens, documents },
        false => CorpusError::ShortText { tokens, documents },
    }
}

/// Checks that there is a validation part if a share is for it.
pub(crate) fn check_validation(share: f64, documents: &Documents) -> Result<(), CorpusError> {
    if share == 0.0 || !documents.is_empty() {
        return Ok(());
    }
    let (tokens, documents) = (documents.tokens.len(), documents.starts.len());
    Err(CorpusError::TooShort { part: "validation", tokens, documents })
}

/// Returns a number with its noun, in the plural unless it is 1.
fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

impl Division {
    /// Returns the documents for training, and those for validation.
    fn split(self, text: &str, validation: f64) -> (Vec<&str>, Vec<&str>) {
        let documents = match self {
            Self::Whole => return split_whole(text, validation),
            Self::Lines => text.split_inclusive('\n').collect(),
            Self::BlankLines => between_blank_lines(text),
        };
        let training = training_count(documents.len(), validation);
        (documents[..training].to_vec(), documents[training..].to_vec())
    }

    /// Returns the tokens after a document of this text.
    fn start(self, vocabulary: &Vocabulary, text: &str) -> Vec<u32> {
        let end_of_line = match 2 * text.matches("\r\n").count() > text.matches('\n').count() {
            true => "\r\n",
            false => "\n",
        };
        let ends = match self {
            Self::Whole => 0,
            Self::Lines => 1,
            Self::BlankLines => 2,
        };
        let is_given = !vocabulary.beginning().is_empty();
        let mark = || vocabulary.encode(&end_of_line.repeat(ends)).unwrap_or_default();
        if is_given { vocabulary.beginning().to_vec() } else { mark() }
    }
}

/// Returns how many of `count` are for training: all but a share for validation, rounded up. A rounding error
/// of the product does not add a document.
pub(crate) fn training_count(count: usize, validation: f64) -> usize {
    count - (count as f64 * validation - 1e-9).ceil().max(0.0) as usize
}

fn split_whole(text: &str, validation: f64) -> (Vec<&str>, Vec<&str>) {
    let characters = training_count(text.chars().count(), validation);
    let cut = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    let part = |text| if str::is_empty(text) { Vec::new() } else { vec![text] };
    (part(&text[..cut]), part(&text[cut..]))
}

/// Cuts a text where a line that is not blank follows one that is. Blank lines at the beginning are a part of
/// the first document.
fn between_blank_lines(text: &str) -> Vec<&str> {
    let (mut documents, mut start, mut at) = (Vec::new(), 0, 0);
    let (mut was_blank, mut has_text) = (false, false);
    for line in text.split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        if was_blank && !is_blank && has_text {
            documents.push(&text[start..at]);
            start = at;
        }
        has_text |= !is_blank;
        was_blank = is_blank;
        at += line.len();
    }
    if start < text.len() {
        documents.push(&text[start..]);
    }
    documents
}

/// Returns the tokens of these parts of a text. Each begins with the tokens that a vocabulary puts before a
/// text.
pub(crate) fn documents(
    vocabulary: &Vocabulary,
    division: Division,
    texts: &[&str],
    whole: &str,
) -> Result<Documents, CorpusError> {
    let (mut tokens, mut starts) = (Vec::new(), Vec::new());
    for text in texts {
        starts.push(tokens.len());
        tokens.extend_from_slice(vocabulary.beginning());
        // The place of an unknown character is to be that in the whole text.
        let in_whole = |error| vocabulary.encode(whole).err().unwrap_or(error);
        tokens.extend(vocabulary.encode(text).map_err(in_whole)?);
    }
    let mark = match vocabulary.beginning().is_empty() {
        true => division.start(vocabulary, whole),
        false => Vec::new(),
    };
    Ok(Documents { tokens, starts, mark, inserted: vocabulary.beginning().len(), known: None })
}

/// Returns what is known about these tokens of a text. The first begins at `byte`, which moves to the end of the last.
fn known(told: &Told, vocabulary: &Vocabulary, tokens: &[u32], byte: &mut usize) -> KnownTokens {
    let mut known = KnownTokens::default();
    for &token in tokens {
        let end = *byte + vocabulary.token(token).len();
        known.surprise.push(told.surprise[*byte..end].iter().sum());
        known.is_answer.push(told.is_answer[*byte..end].contains(&true));
        *byte = end;
    }
    known
}
