//! A text that is larger than memory and stays in its file, prepared for training.
//!
//! It has the tokens of [`Corpus::text`](crate::Corpus::text) of the same file as one document. It goes through the file
//! once for its characters and the place where the validation part begins, once for the words of byte pairs, and once
//! for the places of the tokens.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use data::{
    BytePairs, Characters, FileError, StoredText, TextBlock, TextFault, TextFile, Vocabulary,
    WordCounts,
};
use thiserror::Error;

use crate::corpus::{
    CorpusError, Division, Tokens, check_validation, documents, nothing_to_train_on, training_count,
};
use crate::documents::Documents;

/// A vocabulary, a text to train on, which is in a file, and one to evaluate on, which is in memory.
///
/// ```
/// use language::{Corpus, Division, StoredCorpus, Tokens};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("text.txt");
/// std::fs::write(&path, "one two six ten")?;
/// let stored = StoredCorpus::open(&path, Tokens::Characters, 0.2)?;
/// let corpus = Corpus::text("one two six ten", Tokens::Characters, Division::Whole, 0.2)?;
/// assert_eq!(stored.training.read(0..stored.training.len())?, corpus.training.tokens());
/// assert_eq!((stored.validation, stored.vocabulary), (corpus.validation, corpus.vocabulary));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct StoredCorpus {
    /// The tokens.
    pub vocabulary: Vocabulary,
    /// What a model learns from.
    pub training: StoredText,
    /// What it is evaluated on. It may be empty.
    pub validation: Documents,
}

/// The most bytes of the validation part: 4 MiB.
pub const LARGEST_VALIDATION: u64 = 1 << 22;

/// The text of a file cannot become a corpus.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoredCorpusError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError<TextFault>),
    /// A part is too short.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// The validation part does not fit into the memory that it may take.
    #[error(
        "the share {share} for validation has {bytes} bytes, but it is kept in memory, and may have {LARGEST_VALIDATION}: \
         give at most {most}"
    )]
    Validation {
        /// The share that was asked for.
        share: f64,
        /// Its bytes.
        bytes: u64,
        /// A share that is small enough, in three digits.
        most: String,
    },
    /// The vocabulary is not learned from the text.
    #[error(
        "only a text of bytes, characters or byte pairs can stay in its file: with the tokens of another vocabulary it \
         cannot be cut into parts"
    )]
    Given,
}

impl StoredCorpus {
    /// Creates a corpus of the text of a file, which is one document. Its last characters, by this share, are the
    /// validation part, which is empty for a share of 0.
    ///
    /// # Errors
    /// If the file cannot be read or is not UTF-8 text, the validation part has more than [`LARGEST_VALIDATION`] bytes,
    /// a part has fewer than two tokens (except the validation part for a share of 0), or the tokens are
    /// [`Tokens::Given`].
    ///
    /// # Panics
    /// If the share is not at least 0 and below 1.
    #[track_caller]
    pub fn open(
        path: impl AsRef<Path>,
        tokens: Tokens,
        validation: f64,
    ) -> Result<Self, StoredCorpusError> {
        assert!(
            (0.0..1.0).contains(&validation),
            "StoredCorpus: the share for validation must be at least 0 and below 1, not {validation}"
        );
        let file = TextFile::open(path)?;
        let survey = Survey::of(&file)?;
        let cut = survey.place(&file, training_count(survey.characters, validation))?;
        let Range { start, end } = file.range();
        if end - cut > LARGEST_VALIDATION {
            let (share, bytes, most) = (validation, end - cut, survey.most_share(end));
            return Err(StoredCorpusError::Validation { share, bytes, most });
        }
        let vocabulary = match tokens {
            Tokens::Bytes => Vocabulary::Bytes,
            Tokens::Characters => {
                Vocabulary::Characters(Characters::of(&String::from_iter(survey.different)))
            }
            Tokens::BytePairs(size) => {
                Vocabulary::BytePairs(BytePairs::train_on(words(&file, start..cut)?, size))
            }
            Tokens::Given(_) => return Err(StoredCorpusError::Given),
        };
        let text = file.text(cut..end)?;
        let texts: Vec<&str> =
            Some(text.as_str()).filter(|text| !text.is_empty()).into_iter().collect();
        let held_out = documents(&vocabulary, Division::Whole, &texts, &text)?;
        let training = StoredText::new(file, start..cut, vocabulary.clone())?;
        if training.len() < 2 {
            let documents = usize::from(!training.is_empty());
            Err(nothing_to_train_on(validation, training.len(), documents))?;
        }
        check_validation(validation, &held_out)?;
        Ok(Self { vocabulary, training, validation: held_out })
    }
}

/// What a first pass over a text finds.
struct Survey {
    different: BTreeSet<char>,
    characters: usize,
    /// The place of each block in the file, and the number of its first character.
    blocks: Vec<(u64, usize)>,
}

impl Survey {
    fn of(file: &TextFile) -> Result<Self, FileError<TextFault>> {
        let mut survey = Self { different: BTreeSet::new(), characters: 0, blocks: Vec::new() };
        let mut blocks = file.blocks(file.range(), &|_, _| true);
        while let Some(TextBlock { start, text }) = blocks.next_block()? {
            survey.blocks.push((start, survey.characters));
            survey.characters += text.chars().count();
            survey.add(&text);
        }
        Ok(survey)
    }

    /// Adds the characters of a text to the different ones.
    fn add(&mut self, text: &str) {
        let mut is_seen = [false; 128];
        for character in text.chars() {
            match is_seen.get_mut(character as usize) {
                Some(seen) => *seen = true,
                None => drop(self.different.insert(character)),
            }
        }
        let ascii = (0..128_u8).filter(|&code| is_seen[code as usize]).map(char::from);
        self.different.extend(ascii);
    }

    /// Returns the place in the file where the character of this number begins.
    fn place(&self, file: &TextFile, number: usize) -> Result<u64, FileError<TextFault>> {
        let end = file.range().end;
        let after = self.blocks.partition_point(|&(_, first)| first <= number);
        let Some(&(start, first)) = after.checked_sub(1).map(|block| &self.blocks[block]) else {
            return Ok(end);
        };
        let next = self.blocks.get(after).map_or(end, |&(start, _)| start);
        let text = file.text(start..next)?;
        let within = text.char_indices().nth(number - first).map_or(text.len(), |(at, _)| at);
        Ok(start + within as u64)
    }

    /// Returns a share for validation that fits into [`LARGEST_VALIDATION`] bytes: the share of the characters in the
    /// last whole blocks that fit, rounded down to three digits.
    fn most_share(&self, end: u64) -> String {
        let before = self.blocks.partition_point(|&(start, _)| end - start > LARGEST_VALIDATION);
        let first = self.blocks.get(before).map_or(self.characters, |&(_, first)| first);
        let most = (self.characters - first) as f64 / self.characters as f64;
        let decimals = (2.0 - most.log10().floor()) as usize;
        let unit = 10_f64.powi(-(decimals as i32));
        format!("{:.decimals$}", (most / unit).floor() * unit)
    }
}

/// Returns the words of a part of a text.
fn words(file: &TextFile, range: Range<u64>) -> Result<WordCounts, FileError<TextFault>> {
    let mut words = WordCounts::default();
    let mut blocks = file.blocks(range, &BytePairs::splits);
    while let Some(TextBlock { text, .. }) = blocks.next_block()? {
        words.add(&text);
    }
    Ok(words)
}
