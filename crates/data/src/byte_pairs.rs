//! Byte-pair encoding (Sennrich et al. 2016): tokens between characters and words, learned from a text.
//!
//! At first each byte is a token. Then the most frequent pair of adjacent tokens becomes a token, and so on,
//! until there are as many tokens as wanted:
//!
//! ```text
//! a b r a c a d a b r a      "ab" is frequent: ab = 256
//! ab r a c a d ab r a        "ab r" is frequent: abr = 257
//! abr a c a d abr a          …
//! ```
//!
//! A text is encoded by the same merges in the same order. Every text can be encoded, since every byte is a
//! token, and decoding gives its bytes back. Pairs do not reach across the beginning of a word: a word is
//! a run of characters of one kind (letters, digits, others) with the space before it, as in GPT-2.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// The number of tokens that are single bytes.
const BYTES: usize = 256;

/// A pair of neighboring tokens.
type Pair = (u32, u32);

/// A vocabulary of byte-pair encoding.
///
/// ```
/// use data::BytePairs;
///
/// let text = "the cat and the hat and the bat";
/// let tokens = BytePairs::train(text, 264);
/// let ids = tokens.encode("the rat");
/// assert!(ids.len() < "the rat".len());
/// assert_eq!(tokens.decode(&ids), "the rat".as_bytes());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Merges", into = "Merges")]
pub struct BytePairs {
    merges: Vec<Pair>,
    /// The place of each pair in `merges`.
    ranks: HashMap<Pair, u32>,
    /// The bytes of each token.
    bytes: Vec<Vec<u8>>,
}

/// What a file holds: the pairs, in the order in which they were merged.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Merges {
    merges: Vec<Pair>,
}

impl BytePairs {
    /// Learns a vocabulary of at most `size` tokens from a text. It is smaller if no pair occurs twice any
    /// more. If pairs are equally frequent, the one with the lowest ids is merged first.
    ///
    /// # Panics
    /// If `size` is below 256, the number of bytes.
    #[track_caller]
    pub fn train(text: &str, size: usize) -> Self {
        let mut words = WordCounts::default();
        words.add(text);
        Self::train_on(words, size)
    }

    /// Does the same as [`train`](Self::train) from the words of a text.
    ///
    /// # Panics
    /// If `size` is below 256, the number of bytes.
    #[track_caller]
    pub fn train_on(words: WordCounts, size: usize) -> Self {
        assert!(size >= BYTES, "BytePairs: {size} tokens are fewer than the {BYTES} bytes");
        let mut words = words.in_bytes();
        let mut pairs = Self::from_merges(Vec::new());
        while pairs.len() < size {
            let Some(pair) = most_frequent(&words) else { break };
            let token = pairs.push(pair);
            words.iter_mut().for_each(|(word, _)| merge(word, pair, token));
        }
        pairs
    }

    /// Returns `true` if a word begins between these neighboring characters in every text. A text may be cut there: its
    /// parts have the same tokens as the whole.
    pub fn splits(before: char, after: char) -> bool {
        // What is before a space decides if the space belongs to the next word.
        kind(before) != kind(' ') && kind(before) != kind(after)
    }

    /// Returns the number of tokens.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns `false`: the bytes are always tokens.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Returns the tokens of a text.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut known: HashMap<&str, Vec<u32>> = HashMap::new();
        let mut ids = Vec::new();
        for word in words(text) {
            ids.extend_from_slice(known.entry(word).or_insert_with(|| self.encode_word(word)));
        }
        ids
    }

    /// Returns the bytes of these tokens. They are UTF-8 if the tokens encode a whole text.
    ///
    /// # Panics
    /// If there is no token of an id.
    #[track_caller]
    pub fn decode(&self, ids: &[u32]) -> Vec<u8> {
        ids.iter().flat_map(|&id| self.token(id)).copied().collect()
    }

    /// Returns the bytes of one token.
    ///
    /// # Panics
    /// If there is no token of this id.
    #[track_caller]
    pub fn token(&self, id: u32) -> &[u8] {
        match self.bytes.get(id as usize) {
            Some(bytes) => bytes,
            None => panic!("BytePairs: there is no token {id}: ids are below {}", self.len()),
        }
    }

    /// Merges the pair that was learned first, as long as there is one.
    fn encode_word(&self, word: &str) -> Vec<u32> {
        let mut tokens: Vec<u32> = word.bytes().map(u32::from).collect();
        let rank = |pair: &[u32]| self.ranks.get(&(pair[0], pair[1])).copied();
        while let Some(first) = tokens.windows(2).filter_map(rank).min() {
            let pair = self.merges[first as usize];
            merge(&mut tokens, pair, BYTES as u32 + first);
        }
        tokens
    }

    fn from_merges(merges: Vec<Pair>) -> Self {
        let bytes = (0..=u8::MAX).map(|byte| vec![byte]).collect();
        let mut pairs = Self { merges: Vec::new(), ranks: HashMap::new(), bytes };
        merges.into_iter().for_each(|pair| {
            pairs.push(pair);
        });
        pairs
    }

    /// Adds the token of a pair and returns its id.
    fn push(&mut self, pair: Pair) -> u32 {
        let joined =
            [self.bytes[pair.0 as usize].as_slice(), &self.bytes[pair.1 as usize]].concat();
        self.ranks.insert(pair, self.merges.len() as u32);
        self.merges.push(pair);
        self.bytes.push(joined);
        self.bytes.len() as u32 - 1
    }
}

impl From<BytePairs> for Merges {
    fn from(pairs: BytePairs) -> Self {
        Self { merges: pairs.merges }
    }
}

impl TryFrom<Merges> for BytePairs {
    type Error = String;

    fn try_from(Merges { merges }: Merges) -> Result<Self, String> {
        let mut seen = HashMap::new();
        for (place, &(a, b)) in merges.iter().enumerate() {
            let id = BYTES + place;
            if a as usize >= id || b as usize >= id {
                return Err(format!("the merge {id} is of {a} and {b}, but must be of lower ids"));
            }
            if let Some(earlier) = seen.insert((a, b), id) {
                return Err(format!("the merges {earlier} and {id} are of the same pair"));
            }
        }
        Ok(Self::from_merges(merges))
    }
}

/// Returns the kind of a character. A word has characters of one kind.
fn kind(c: char) -> u8 {
    match c {
        _ if c.is_alphabetic() => 0,
        _ if c.is_numeric() => 1,
        ' ' => 2,
        _ if c.is_whitespace() => 3,
        _ => 4,
    }
}

/// Cuts a text into runs of characters of one kind, each with the space before it.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices();
        let (_, first) = chars.next()?;
        let mut before = kind(first);
        let mut end = rest.len();
        for (at, c) in chars {
            let joins_a_space = before == 2 && at == 1;
            if kind(c) != before && !joins_a_space {
                end = at;
                break;
            }
            before = kind(c);
        }
        let (word, others) = rest.split_at(end);
        rest = others;
        Some(word)
    })
}

/// The different words of a text, with how often each occurs. The text may come in parts, cut where
/// [`BytePairs::splits`] returns `true`.
#[derive(Clone, Debug, Default)]
pub struct WordCounts(HashMap<String, u64>);

impl WordCounts {
    /// Counts the words of a part.
    pub fn add(&mut self, text: &str) {
        for word in words(text) {
            match self.0.get_mut(word) {
                Some(count) => *count += 1,
                None => drop(self.0.insert(word.to_string(), 1)),
            }
        }
    }

    fn in_bytes(self) -> Vec<(Vec<u32>, u64)> {
        let bytes = |word: String| word.bytes().map(u32::from).collect();
        self.0.into_iter().map(|(word, count)| (bytes(word), count)).collect()
    }
}

/// Returns the pair that occurs most often, at least twice.
fn most_frequent(words: &[(Vec<u32>, u64)]) -> Option<Pair> {
    let mut counts: HashMap<Pair, u64> = HashMap::new();
    for (word, count) in words {
        word.windows(2).for_each(|pair| *counts.entry((pair[0], pair[1])).or_default() += count);
    }
    let frequent = counts.into_iter().filter(|&(_, count)| count > 1);
    frequent.max_by_key(|&(pair, count)| (count, std::cmp::Reverse(pair))).map(|(pair, _)| pair)
}

/// Replaces each occurrence of a pair by its token, from the left.
fn merge(tokens: &mut Vec<u32>, pair: Pair, token: u32) {
    let mut to = 0;
    let mut from = 0;
    while from < tokens.len() {
        let is_pair = tokens[from] == pair.0 && tokens.get(from + 1) == Some(&pair.1);
        tokens[to] = if is_pair { token } else { tokens[from] };
        from += if is_pair { 2 } else { 1 };
        to += 1;
    }
    tokens.truncate(to);
}
