//! Turns texts into sequences of word ids, with the semantics of Keras' `Tokenizer`.
//!
//! A text is lower-cased. White space and the filtered characters become separators, and the text
//! between two separators is a word. (For Keras only space, tab and line feed are white space. It
//! joins the words around other characters, such as a carriage return: see [`Tokenizer::keras`].)
//! Words are numbered by frequency: 1 is the most frequent word, ties go to the word that came
//! first, and 0 is reserved for padding. An out-of-vocabulary token, if there is one, has id 1, and
//! the words begin at 2.
//!
//! With `num_words` only ids *below* `num_words` are used: 1,000 keeps 999 words, and an embedding
//! needs 1,000 rows, one for padding. Other words become the out-of-vocabulary token, or are left
//! out if there is none.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// The characters that Keras replaces by separators: punctuation except the apostrophe, tab and
/// line feed.
pub const DEFAULT_FILTERS: &str = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";

/// A vocabulary and the rule that cuts a text into words.
///
/// [`Tokenizer::keras`] differs from Keras in one point: a word of a text that equals the
/// out-of-vocabulary token *is* that token. (Keras gives it, and with it every unknown word, an id
/// by frequency, which may be `num_words` or larger.)
///
/// ```
/// use data::Tokenizer;
///
/// let mut tokenizer = Tokenizer::new().with_oov_token("<oov>");
/// tokenizer.fit_on_texts(["Not bad. Not bad at all!", "Bad?"]);
/// let sequences = tokenizer.texts_to_sequences(["Not at all good"]);
/// assert_eq!(sequences, [[3, 4, 5, 1]]);
/// assert_eq!(tokenizer.sequences_to_texts(&sequences), ["not at all <oov>"]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SavedTokenizer", into = "SavedTokenizer")]
pub struct Tokenizer {
    rules: Rules,
    /// Each word and how often it occurred, by first appearance.
    counts: Vec<(String, u64)>,
    /// The word with id i + 1.
    words: Vec<String>,
    /// The inverse of `words`.
    ids: HashMap<Key, u32, RandomState>,
}

/// The bytes of a word. A short word's bytes are stored in the table itself, so a lookup does not follow a pointer.
type Key = SmallVec<[u8; 16]>;

/// A word's place among all by first appearance, and how often it occurred.
struct Found {
    place: usize,
    count: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rules {
    num_words: Option<usize>,
    oov_token: Option<String>,
    lower: bool,
    filters: String,
    split: String,
    /// A file from before this option holds a tokenizer of Keras.
    #[serde(default)]
    white_space: bool,
}

impl Tokenizer {
    /// Creates a tokenizer with Keras' defaults except for white space: all words, no
    /// out-of-vocabulary token, lower case, [`DEFAULT_FILTERS`], split at any white space.
    pub fn new() -> Tokenizer {
        Tokenizer::keras().with_white_space(true)
    }

    /// Creates a tokenizer with exactly Keras' defaults: like [`Tokenizer::new`], but split at
    /// spaces.
    pub fn keras() -> Tokenizer {
        let rules = Rules {
            num_words: None,
            oov_token: None,
            lower: true,
            filters: DEFAULT_FILTERS.to_owned(),
            split: " ".to_owned(),
            white_space: false,
        };
        Tokenizer::of(rules, Vec::new())
    }

    /// Uses only ids below this number. As in Keras, 0 means no limit.
    pub fn with_num_words(self, num_words: usize) -> Tokenizer {
        let rules = Rules { num_words: Some(num_words).filter(|&n| n > 0), ..self.rules };
        Tokenizer::of(rules, self.counts)
    }

    /// Sets the token with id 1, which replaces every word without an id.
    pub fn with_oov_token(self, token: impl Into<String>) -> Tokenizer {
        Tokenizer::of(Rules { oov_token: Some(token.into()), ..self.rules }, self.counts)
    }

    /// Sets whether texts are lower-cased.
    pub fn with_lower(self, lower: bool) -> Tokenizer {
        Tokenizer { rules: Rules { lower, ..self.rules }, ..self }
    }

    /// Sets the characters that become separators.
    pub fn with_filters(self, filters: impl Into<String>) -> Tokenizer {
        Tokenizer { rules: Rules { filters: filters.into(), ..self.rules }, ..self }
    }

    /// Sets whether white space (as Unicode defines it), control characters, the zero-width space
    /// U+200B and byte-order marks become separators too.
    ///
    /// ```
    /// let text = "so\rhappy\u{a0}today";
    /// let words = |mut tokenizer: data::Tokenizer| {
    ///     tokenizer.fit_on_texts([text]);
    ///     tokenizer.word_counts().len()
    /// };
    /// assert_eq!(words(data::Tokenizer::new()), 3);
    /// assert_eq!(words(data::Tokenizer::keras()), 1);
    /// ```
    pub fn with_white_space(self, white_space: bool) -> Tokenizer {
        Tokenizer { rules: Rules { white_space, ..self.rules }, ..self }
    }

    /// Sets the separator.
    ///
    /// # Panics
    ///
    /// If the separator is empty.
    #[track_caller]
    pub fn with_split(self, split: impl Into<String>) -> Tokenizer {
        let split = split.into();
        assert!(!split.is_empty(), "Tokenizer::with_split: {EMPTY_SPLIT}");
        Tokenizer { rules: Rules { split, ..self.rules }, ..self }
    }

    /// Returns `true` if this character is never part of a word.
    pub fn separates(&self, letter: char) -> bool {
        self.rules.separates(letter) || self.rules.split.chars().eq([letter])
    }

    /// Adds the words of these texts to the counts and numbers all words again.
    pub fn fit_on_texts(&mut self, texts: impl IntoIterator<Item = impl AsRef<str>>) {
        // While counting, a word's count is beside the word: reading it from `counts` would be one more memory access.
        let known = self.counts.iter().enumerate();
        let mut found: HashMap<Key, Found, RandomState> = known
            .map(|(place, (word, count))| {
                (Key::from_slice(word.as_bytes()), Found { place, count: *count })
            })
            .collect();
        let mut cutter = Cutter::new(&self.rules);
        for text in texts {
            cutter.each_word(text.as_ref(), |word| match found.get_mut(word.as_bytes()) {
                Some(known) => known.count = known.count.saturating_add(1),
                None => {
                    let new = Found { place: self.counts.len(), count: 1 };
                    found.insert(Key::from_slice(word.as_bytes()), new);
                    self.counts.push((word.to_owned(), 1));
                }
            });
        }
        for Found { place, count } in found.into_values() {
            self.counts[place].1 = count;
        }
        *self = Tokenizer::of(self.rules.clone(), std::mem::take(&mut self.counts));
    }

    /// Returns the ids of each text's words.
    pub fn texts_to_sequences(
        &self,
        texts: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Vec<Vec<u32>> {
        let mut cutter = Cutter::new(&self.rules);
        let unknown = self.rules.oov_token.as_deref().and_then(|token| self.id(token));
        // In memory that all texts share: a list that grows asks for memory again and again.
        let mut ids = Vec::new();
        let mut sequence = |text: &str| {
            ids.clear();
            cutter.each_word(text, |word| {
                let id = self.id(word).filter(|&id| self.rules.allows(id));
                if let Some(id) = id.or(unknown) {
                    ids.push(id);
                }
            });
            ids.clone()
        };
        texts.into_iter().map(|text| sequence(text.as_ref())).collect()
    }

    /// Returns the words of a text, as they are looked up: in lower case, unless
    /// [`with_lower`](Self::with_lower) says otherwise.
    ///
    /// ```
    /// assert_eq!(data::Tokenizer::new().words("Not bad, not bad!"), ["not", "bad", "not", "bad"]);
    /// ```
    pub fn words(&self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        Cutter::new(&self.rules).each_word(text, |word| words.push(word.to_owned()));
        words
    }

    /// Returns `true` if a word has an id in use. A word that the out-of-vocabulary token replaces is not
    /// known.
    pub fn knows(&self, word: &str) -> bool {
        self.id(word).is_some_and(|id| self.rules.allows(id))
    }

    /// Returns the words of each sequence, joined by spaces. Ids without a word in use become the
    /// out-of-vocabulary token, or are left out if there is none.
    pub fn sequences_to_texts(&self, sequences: &[Vec<u32>]) -> Vec<String> {
        let word = |&id: &u32| self.id_or_oov(Some(id)).and_then(|id| self.word(id));
        let text = |sequence: &Vec<u32>| sequence.iter().filter_map(word).collect::<Vec<_>>();
        sequences.iter().map(|sequence| text(sequence).join(" ")).collect()
    }

    /// Returns the id of a word by frequency, even if `num_words` excludes it (Keras'
    /// `word_index`).
    pub fn id(&self, word: &str) -> Option<u32> {
        self.ids.get(word.as_bytes()).copied()
    }

    /// Returns the word with this id (Keras' `index_word`).
    pub fn word(&self, id: u32) -> Option<&str> {
        let index = (id as usize).checked_sub(1)?;
        self.words.get(index).map(String::as_str)
    }

    /// Returns each word and how often it occurred, by first appearance (Keras' `word_counts`).
    pub fn word_counts(&self) -> &[(String, u64)] {
        &self.counts
    }

    /// Returns the number of rows an embedding needs: one more than the largest id in use.
    pub fn vocabulary_size(&self) -> usize {
        let all = self.words.len() + 1;
        let reserved = if self.rules.oov_token.is_some() { 2 } else { 1 };
        self.rules.num_words.map_or(all, |limit| all.min(limit).max(reserved))
    }

    fn id_or_oov(&self, id: Option<u32>) -> Option<u32> {
        let in_use = id.filter(|&id| self.word(id).is_some() && self.rules.allows(id));
        in_use.or_else(|| self.id(self.rules.oov_token.as_deref()?))
    }

    /// Numbers the words.
    fn of(rules: Rules, counts: Vec<(String, u64)>) -> Tokenizer {
        let mut ranked: Vec<&(String, u64)> = counts.iter().collect();
        ranked.sort_by_key(|(_, count)| Reverse(*count));
        let oov = rules.oov_token.as_ref();
        let texts = ranked.into_iter().map(|(word, _)| word).filter(|&word| Some(word) != oov);
        let words: Vec<String> = oov.into_iter().chain(texts).cloned().collect();
        let ids = words.iter().map(|word| Key::from_slice(word.as_bytes())).zip(1..).collect();
        Tokenizer { rules, counts, words, ids }
    }
}

impl Default for Tokenizer {
    fn default() -> Tokenizer {
        Tokenizer::new()
    }
}

/// Cuts many texts by the same rules.
struct Cutter<'a> {
    rules: &'a Rules,
    /// For each ASCII letter, if it is never part of a word. `None` if words are not cut letter by letter.
    separates: Option<[bool; 128]>,
    /// The text in lower case, in memory that all texts share.
    lowered: String,
}

impl<'a> Cutter<'a> {
    fn new(rules: &'a Rules) -> Self {
        let mut letters = rules.split.chars();
        let separates = match (letters.next(), letters.next()) {
            (Some(split), None) => Some(std::array::from_fn(|code| {
                let letter = char::from(code as u8);
                letter == split || rules.separates(letter)
            })),
            _ => None,
        };
        Self { rules, separates, lowered: String::new() }
    }

    /// Calls `word` for one word after the other, so that a long text needs no list of words.
    fn each_word(&mut self, text: &str, mut word: impl FnMut(&str)) {
        let Some(separates) = self.separates.filter(|_| text.is_ascii()) else {
            return self.rules.each_word(text, word);
        };
        let mut text = text;
        if self.rules.lower {
            self.lowered.clear();
            self.lowered.push_str(text);
            self.lowered.make_ascii_lowercase();
            text = &self.lowered;
        }
        let is_separator = |letter: &u8| separates[usize::from(*letter)];
        let mut start = 0;
        for letters in text.as_bytes().split(is_separator) {
            if !letters.is_empty() {
                word(&text[start..start + letters.len()]);
            }
            start += letters.len() + 1;
        }
    }
}

impl Rules {
    /// Calls `word` for one word after the other of any text: what [`Cutter::each_word`] must agree with.
    fn each_word(&self, text: &str, word: impl FnMut(&str)) {
        let text = match self.lower {
            true => Cow::Owned(text.to_lowercase()),
            false => Cow::Borrowed(text),
        };
        let mut letters = self.split.chars();
        if let (Some(split), None) = (letters.next(), letters.next()) {
            let words = text.split(|letter| letter == split || self.separates(letter));
            return words.filter(|word| !word.is_empty()).for_each(word);
        }
        // An inserted separator may form another one together with letters of the text.
        let mut separated = String::with_capacity(text.len());
        for letter in text.chars() {
            match self.separates(letter) {
                true => separated.push_str(&self.split),
                false => separated.push(letter),
            }
        }
        separated.split(&self.split).filter(|word| !word.is_empty()).for_each(word);
    }

    fn separates(&self, letter: char) -> bool {
        let is_blank = |letter: char| {
            letter.is_whitespace()
                || letter.is_control()
                || matches!(letter, '\u{200b}' | '\u{feff}')
        };
        self.filters.contains(letter) || (self.white_space && is_blank(letter))
    }

    fn allows(&self, id: u32) -> bool {
        self.num_words.is_none_or(|limit| (id as usize) < limit)
    }
}

const EMPTY_SPLIT: &str = "the separator is empty, which would cut a text nowhere";

/// The longest separator, in bytes. Every filtered letter of a text becomes one.
const LONGEST_SPLIT: usize = 32;

/// The longest list of filtered letters, in bytes. Every letter of a text is looked up there.
const LONGEST_FILTERS: usize = 4096;

/// The content of a file. The numbering follows from it.
#[derive(Serialize, Deserialize)]
struct SavedTokenizer {
    rules: Rules,
    counts: Vec<(String, u64)>,
}

impl From<Tokenizer> for SavedTokenizer {
    fn from(tokenizer: Tokenizer) -> SavedTokenizer {
        SavedTokenizer { rules: tokenizer.rules, counts: tokenizer.counts }
    }
}

impl TryFrom<SavedTokenizer> for Tokenizer {
    type Error = String;

    fn try_from(saved: SavedTokenizer) -> Result<Tokenizer, String> {
        let Rules { split, filters, .. } = &saved.rules;
        if split.is_empty() {
            return Err(EMPTY_SPLIT.to_owned());
        }
        for (what, text, most) in
            [("separator", split, LONGEST_SPLIT), ("list of filters", filters, LONGEST_FILTERS)]
        {
            if text.len() > most {
                let length = text.len();
                return Err(format!("the {what} has {length} bytes, expected at most {most}"));
            }
        }
        Ok(Tokenizer::of(saved.rules, saved.counts))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cutter, Tokenizer};

    proptest! {
        #[test]
        fn the_words_of_ascii_texts_are_those_of_any_text(
            texts in prop::collection::vec("[ -~\\x00-\\x1fäß]{0,40}", 1..4),
            (lower, white_space) in any::<(bool, bool)>(),
            filters in "[!-/\t]{0,3}",
            split in prop_oneof![Just(" "), Just("a"), Just("A"), Just("é"), Just("--")],
        ) {
            let tokenizer = Tokenizer::new()
                .with_lower(lower)
                .with_white_space(white_space)
                .with_filters(filters)
                .with_split(split);
            let mut cutter = Cutter::new(&tokenizer.rules);
            for text in texts {
                let (mut found, mut expected) = (Vec::new(), Vec::new());
                cutter.each_word(&text, |word| found.push(word.to_owned()));
                tokenizer.rules.each_word(&text, |word| expected.push(word.to_owned()));
                prop_assert_eq!(found, expected);
            }
        }
    }
}
