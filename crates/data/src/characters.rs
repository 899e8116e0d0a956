//! The characters of a text as tokens, numbered in their order.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text has a character that is not in the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the character {character:?} at line {line}, column {column} is not among the {known} characters that \
     the model knows; leave it out, or train on texts that have it"
)]
pub struct UnknownCharacter {
    /// The character.
    pub character: char,
    /// Its line, counted from 1.
    pub line: usize,
    /// Its place in the line, counted from 1 in characters.
    pub column: usize,
    /// The number of characters in the vocabulary.
    pub known: usize,
}

impl UnknownCharacter {
    /// Returns the error of the character at this byte of a text.
    pub(crate) fn at(text: &str, byte: usize, known: usize) -> Self {
        let (before, rest) = text.split_at(byte);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            character: rest.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            known,
        }
    }
}

/// A vocabulary of characters.
///
/// ```
/// use data::Characters;
///
/// let characters = Characters::of("hello world");
/// assert_eq!(characters.len(), 8);
/// let ids = characters.encode("hold")?;
/// assert_eq!(characters.decode(&ids), "hold");
/// let error = characters.encode("hell\nyes").unwrap_err();
/// assert_eq!((error.character, error.line, error.column), ('\n', 1, 5));
/// # Ok::<(), data::UnknownCharacter>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Characters {
    /// In ascending order.
    known: Vec<char>,
}

impl Characters {
    /// Creates the vocabulary of all characters of a text.
    pub fn of(text: &str) -> Self {
        let mut known: Vec<char> = text.chars().collect();
        known.sort_unstable();
        known.dedup();
        Self { known }
    }

    /// Returns the number of characters.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Returns `true` if there are no characters.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Returns the ids of the characters of a text.
    ///
    /// # Errors
    /// If a character is not in the vocabulary.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, UnknownCharacter> {
        let id = |(at, character): (usize, char)| match self.known.binary_search(&character) {
            Ok(id) => Ok(id as u32),
            Err(_) => Err(UnknownCharacter::at(text, at, self.len())),
        };
        text.char_indices().map(id).collect()
    }

    /// Returns the text of these ids.
    ///
    /// # Panics
    /// If there is no character of an id.
    #[track_caller]
    pub fn decode(&self, ids: &[u32]) -> String {
        let character = |&id: &u32| match self.known.get(id as usize) {
            Some(&character) => character,
            None => panic!("Characters: there is no character {id}: ids are below {}", self.len()),
        };
        ids.iter().map(character).collect()
    }
}

impl From<Characters> for String {
    fn from(characters: Characters) -> String {
        characters.known.into_iter().collect()
    }
}

impl TryFrom<String> for Characters {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let characters = Self::of(&text);
        match String::from(characters.clone()) == text {
            true => Ok(characters),
            false => Err("the characters must be in ascending order, each once".to_string()),
        }
    }
}
