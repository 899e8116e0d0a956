//! What the tokens of a language model are.

use serde::{Deserialize, Serialize};

use crate::{BytePairs, Characters, HuggingTokenizer, UnknownCharacter};

/// The tokens of a language model. A saved model has it beside its weights.
///
/// ```
/// use data::{Characters, Vocabulary};
///
/// let vocabulary = Vocabulary::Characters(Characters::of("hello world"));
/// let ids = vocabulary.encode("hold")?;
/// assert_eq!(vocabulary.decode(&ids), b"hold");
/// assert!(vocabulary.encode("hi").unwrap_err().to_string().contains("'i' at line 1, column 2"));
/// assert_eq!(Vocabulary::Bytes.encode("hi")?, [104, 105]);
/// # Ok::<(), data::UnknownCharacter>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vocabulary {
    /// The 256 bytes.
    Bytes,
    /// The characters of a text.
    Characters(Characters),
    /// Pieces of words, learned here.
    BytePairs(BytePairs),
    /// Those of a `tokenizer.json`.
    Hugging(Box<HuggingTokenizer>),
}

impl Vocabulary {
    /// Returns the number of tokens: ids are below it.
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes => 256,
            Self::Characters(characters) => characters.len(),
            Self::BytePairs(pairs) => pairs.len(),
            Self::Hugging(tokenizer) => tokenizer.len(),
        }
    }

    /// Returns `true` if there are no tokens.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the tokens of a text.
    ///
    /// # Errors
    /// If a character is not in the vocabulary. Bytes and [`BytePairs`] have all.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, UnknownCharacter> {
        match self {
            Self::Bytes => Ok(text.bytes().map(u32::from).collect()),
            Self::Characters(characters) => characters.encode(text),
            Self::BytePairs(pairs) => Ok(pairs.encode(text)),
            Self::Hugging(tokenizer) => tokenizer.encode(text),
        }
    }

    /// Returns `true` if a text can be cut wherever these characters are neighbors: its parts have the same tokens as
    /// the whole. For a [`HuggingTokenizer`] it is always `false`.
    pub fn splits(&self, before: char, after: char) -> bool {
        match self {
            Self::Bytes | Self::Characters(_) => true,
            Self::BytePairs(_) => BytePairs::splits(before, after),
            Self::Hugging(_) => false,
        }
    }

    /// Returns the bytes of these tokens. They are UTF-8 if the tokens encode a whole text.
    ///
    /// # Panics
    /// If there is no token of an id.
    #[track_caller]
    pub fn decode(&self, ids: &[u32]) -> Vec<u8> {
        match self {
            Self::Bytes | Self::BytePairs(_) => {
                let mut bytes = Vec::with_capacity(ids.len());
                ids.iter().for_each(|&id| bytes.extend(self.token(id)));
                bytes
            }
            Self::Characters(characters) => characters.decode(ids).into_bytes(),
            Self::Hugging(tokenizer) => tokenizer.decode(ids),
        }
    }

    /// Returns the bytes of one token, which may be a part of a character.
    ///
    /// # Panics
    /// If there is no token of this id.
    #[track_caller]
    pub fn token(&self, id: u32) -> Vec<u8> {
        match self {
            Self::Bytes => match u8::try_from(id) {
                Ok(byte) => vec![byte],
                Err(_) => panic!("Vocabulary: there is no byte {id}: ids are below 256"),
            },
            Self::Characters(characters) => characters.decode(&[id]).into_bytes(),
            Self::BytePairs(pairs) => pairs.token(id).to_vec(),
            Self::Hugging(tokenizer) => tokenizer.token(id).to_vec(),
        }
    }

    /// Returns `true` if a token has this id. A [`HuggingTokenizer`] may have gaps.
    pub fn has(&self, id: u32) -> bool {
        match self {
            Self::Hugging(tokenizer) => tokenizer.has(id),
            _ => (id as usize) < self.len(),
        }
    }

    /// Returns the tokens that are put before a text, such as `<s>`. Only a `tokenizer.json` can have some.
    pub fn beginning(&self) -> &[u32] {
        match self {
            Self::Hugging(tokenizer) => tokenizer.beginning(),
            _ => &[],
        }
    }

    /// Returns the tokens that end a text, such as `</s>`. Only a `tokenizer.json` can have some.
    pub fn endings(&self) -> Vec<u32> {
        match self {
            Self::Hugging(tokenizer) => tokenizer.endings(),
            _ => Vec::new(),
        }
    }
}
