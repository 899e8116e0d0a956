//! The texts of a language model: a file, or a generator.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use data::generated::{Told, brackets, stories, sums};
use data::{NotText, Vocabulary, printable_path, read_whole};
use language::{Corpus, CorpusError, Division, StoredCorpus, StoredCorpusError, Tokens};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::read_tokenizer;
use tensor::Key;

use super::defaults;
use super::values::{TokenKind, tokens};
use crate::values::{share, up_to};

/// A text.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Data")]
pub struct TextSource {
    /// Generate documents, one per line, whose entropy is known.
    #[arg(long, value_name = "WHAT", default_value = "stories", conflicts_with = "text")]
    pub data: Generated,
    /// Read this file instead: UTF-8 text.
    #[arg(long, value_name = "FILE")]
    pub text: Option<PathBuf>,
    /// Divide that text into documents this way. If there are several, each window begins with one.
    #[arg(long, value_name = "WHAT", default_value = "whole", requires = "text", conflicts_with_all = ["data", "count", "data_seed"])]
    pub documents: Documents,
    /// Generate N documents.
    #[arg(long, value_name = "N", default_value_t = defaults::DOCUMENTS, value_parser = up_to::<10_000_000>, allow_negative_numbers = true, conflicts_with = "text")]
    pub count: usize,
    /// The seed of the generated documents.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true,
        conflicts_with = "text"
    )]
    pub data_seed: u64,
}

/// The options for turning a text into tokens to train on.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Data")]
pub struct Reading {
    /// The text.
    #[command(flatten)]
    pub source: TextSource,
    /// The tokens: bytes, characters, byte-pairs=N (N pieces of words, learned from the text), or the path of a
    /// tokenizer.json.
    #[arg(long, value_name = "KIND", default_value = "characters", value_parser = tokens, value_hint = ValueHint::FilePath)]
    pub tokens: TokenKind,
    /// Leave the text in its file, so that it may be larger than memory. Windows are read when their step comes; with
    /// several processes, each reads only its own. The result is the same. The text must be one document of bytes,
    /// characters or byte-pairs=N, with at most 4 MiB for validation. No Kneser–Ney models are evaluated.
    #[arg(long, requires = "text")]
    pub from_disk: bool,
    /// The share of the text kept for validation: the last documents, or the end of a text that is a single one.
    #[arg(long, value_name = "SHARE", default_value_t = defaults::VALIDATION, value_parser = share, allow_hyphen_values = true)]
    pub validation: f64,
}

/// The generators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Generated {
    /// Who has what, with a question that attention can answer.
    Stories,
    /// Sums of two numbers, the digits of the result reversed.
    Sums,
    /// Nested brackets of several kinds.
    Brackets,
}

/// The documents of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Documents {
    /// The whole text is one document.
    Whole,
    /// Blank lines separate documents.
    BlankLines,
    /// Each line is a document.
    Lines,
}

/// Documents that can be generated again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    pub generator: Generated,
    pub count: usize,
    pub seed: u64,
}

impl Origin {
    /// Returns `true` if documents of the other are among these: document i depends on the seed and i.
    pub fn overlaps(&self, other: &Self) -> bool {
        (self.generator, self.seed) == (other.generator, other.seed)
    }

    /// Returns the documents.
    pub fn told(&self) -> Told {
        let key = Key::new(self.seed);
        match self.generator {
            Generated::Stories => stories(self.count, key),
            Generated::Sums => sums(self.count, defaults::SUM_LIMIT, key),
            Generated::Brackets => brackets(self.count, defaults::BRACKET_DEPTH, key),
        }
    }
}

impl TextSource {
    /// Returns `true` if the text is one document.
    pub fn is_whole(&self) -> bool {
        self.text.is_some() && self.documents == Documents::Whole
    }

    /// Returns what generates the documents, unless they are read from a file.
    pub fn origin(&self) -> Option<Origin> {
        let origin = Origin { generator: self.data, count: self.count, seed: self.data_seed };
        self.text.is_none().then_some(origin)
    }

    /// Returns the documents in these tokens. A share of them is for validation.
    pub fn corpus(&self, tokens: Tokens, validation: f64) -> Result<Corpus, Box<dyn Error>> {
        match (&self.text, self.origin()) {
            (Some(path), _) => {
                let text = read_text("--text", path)?;
                let corpus = Corpus::text(&text, tokens, self.documents.division(), validation);
                corpus.map_err(|error| told("--text", path, &error).into())
            }
            (None, Some(_)) if matches!(tokens, Tokens::Given(Vocabulary::Hugging(_))) => Err(format!(
                "--data {}: the entropy of generated documents is not known in the tokens of a tokenizer.json; give a \
                 file with --text",
                self.data.name()
            )
            .into()),
            (None, Some(origin)) => {
                let documents = origin.told();
                Corpus::told(&documents, tokens, validation)
                    .map_err(|error| format!("--data {}: {error}", self.data.name()).into())
            }
            (None, None) => unreachable!("without a file there is a generator"),
        }
    }
}

impl Reading {
    /// Returns the documents, and the tokens that they have.
    pub fn corpus(&self) -> Result<Corpus, Box<dyn Error>> {
        let tokens = match &self.tokens {
            TokenKind::Bytes => Tokens::Bytes,
            TokenKind::Characters => Tokens::Characters,
            TokenKind::BytePairs(size) => Tokens::BytePairs(*size),
            TokenKind::File(path) => {
                if self.source.text.is_none() {
                    return Err("--tokens: the entropy of generated documents is not known in the tokens of a \
                                tokenizer.json; give a file with --text, or other tokens"
                        .into());
                }
                let tokenizer =
                    read_tokenizer(path).map_err(|error| format!("--tokens {error}"))?;
                Tokens::Given(Vocabulary::Hugging(Box::new(tokenizer)))
            }
        };
        self.source.corpus(tokens, self.validation)
    }

    /// Returns the files that are read, with their options.
    pub fn places(&self) -> Vec<(&'static str, PathBuf)> {
        let text = self.source.text.iter().map(|path| ("--text", path.clone()));
        let tokens = match &self.tokens {
            TokenKind::File(path) => Some(("--tokens", path.clone())),
            _ => None,
        };
        text.chain(tokens).collect()
    }

    /// Returns the corpus of a text that stays in its file.
    pub fn stored_corpus(&self) -> Result<StoredCorpus, String> {
        let path = self.source.text.as_ref().expect("--from-disk requires --text");
        if self.source.documents != Documents::Whole {
            return Err("--from-disk: a text of several documents is kept in memory; leave out --documents, or \
                        --from-disk"
                .to_string());
        }
        let tokens = match &self.tokens {
            TokenKind::Bytes => Tokens::Bytes,
            TokenKind::Characters => Tokens::Characters,
            TokenKind::BytePairs(size) => Tokens::BytePairs(*size),
            TokenKind::File(_) => {
                return Err("--from-disk: a tokenizer.json needs the whole text at once; use bytes, characters or \
                            byte-pairs=N as --tokens"
                    .to_string());
            }
        };
        StoredCorpus::open(path, tokens, self.validation).map_err(|error| match &error {
            StoredCorpusError::File(error) => format!("--text {error}"),
            StoredCorpusError::Validation { .. } => format!("--validation: {error}"),
            _ => format!("--text {}: {error}", printable_path(path)),
        })
    }

    /// Returns the options by name, without --from-disk, which changes no result.
    pub fn named(&self) -> Vec<(&'static str, Value)> {
        let TextSource { data, text, documents, count, data_seed } = &self.source;
        // JSON is UTF-8, but a path may not be.
        let path = |path: &PathBuf| path.to_string_lossy().into_owned();
        let tokens = match &self.tokens {
            TokenKind::Bytes => "bytes".to_string(),
            TokenKind::Characters => "characters".to_string(),
            TokenKind::BytePairs(size) => format!("byte-pairs={size}"),
            TokenKind::File(file) => path(file),
        };
        let generated = text.is_none();
        vec![
            ("--data", json!(generated.then(|| data.name()))),
            ("--text", json!(text.as_ref().map(path))),
            ("--documents", json!(documents.division_name())),
            ("--count", json!(generated.then_some(count))),
            ("--data-seed", json!(generated.then_some(data_seed))),
            ("--tokens", json!(tokens)),
            ("--validation", json!(self.validation)),
        ]
    }
}

impl Generated {
    pub fn name(self) -> &'static str {
        match self {
            Self::Stories => "stories",
            Self::Sums => "sums",
            Self::Brackets => "brackets",
        }
    }
}

impl Documents {
    fn division(self) -> Division {
        match self {
            Self::Whole => Division::Whole,
            Self::BlankLines => Division::BlankLines,
            Self::Lines => Division::Lines,
        }
    }

    fn division_name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::BlankLines => "blank-lines",
            Self::Lines => "lines",
        }
    }
}

/// Returns the text of a file.
pub fn read_text(option: &str, path: &Path) -> Result<String, String> {
    let file = printable_path(path);
    let bytes = read_whole(path).map_err(|error| {
        format!("{option} {file}: cannot be read: {error}; give the path of a text")
    })?;
    data::text(&bytes).map(String::from).map_err(|(offset, what)| {
        let line = bytes[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let what = match what {
            NotText::Bytes { position, origin, .. } => {
                format!("byte {position} is not UTF-8: save as UTF-8 ({})", origin.advice())
            }
            other => other.to_string(),
        };
        format!("{option} {file}, line {line}: {what}")
    })
}

/// Returns the message on a text that cannot be a corpus.
pub fn told(option: &str, path: &Path, error: &CorpusError) -> String {
    format!("{option} {}: {error}", printable_path(path))
}
