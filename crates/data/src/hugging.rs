//! Hugging Face tokenizers, read from `tokenizer.json`, as far as models of the LLaMA kind need them: byte-pair
//! encoding in either of two forms.
//!
//! - LLaMA 1 and 2, Mistral, TinyLlama: spaces become `▁`, tokens are texts, and a character without a token
//!   becomes its bytes, `<0x0A>` (`byte_fallback`).
//! - GPT-2, LLaMA 3, SmolLM: a regular expression cuts the text into words, and tokens are bytes, each
//!   written as one character (`ByteLevel`).
//!
//! ```text
//! text ─▶ added tokens ─▶ normalizer ─▶ pre-tokenizer ─▶ merges ─▶ ids        ids ─▶ decoder ─▶ bytes
//! ```
//!
//! What is not implemented is refused, with its key: other models and other steps, tokens that take the space
//! beside them, truncation. The tests check the ids against the Python package `tokenizers`.

mod added;
mod bytes;
mod check;
mod file;
mod letters;
mod merging;
mod pieces;
mod steps;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::{UnknownCharacter, quoted};
use added::{Section, sections};
use bytes::{byte_of, fallback_token};
use check::check;
use file::{PostProcessor, SpecialToken, TemplatePart, TokenizerFile};
use merging::{Merges, merge};
use steps::{normalize, pre_tokenize, stripped, token_bytes};

/// A tokenizer of Hugging Face. It is read from the JSON of a `tokenizer.json` and written as such.
///
/// ```
/// use data::HuggingTokenizer;
///
/// let json = r#"{
///     "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
///     "decoder": {"type": "ByteLevel"},
///     "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4}, "merges": ["a b", "Ġ ab"]}
/// }"#;
/// let tokenizer: HuggingTokenizer = serde_json::from_str(json)?;
/// let ids = tokenizer.encode("aab ab")?;
/// assert_eq!(ids, [0, 3, 4]);
/// assert_eq!(tokenizer.decode(&ids), b"aab ab");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "TokenizerFile", into = "TokenizerFile")]
pub struct HuggingTokenizer {
    file: TokenizerFile,
    merges: Merges,
    /// The bytes of each token; `None` for an id without one.
    bytes: Vec<Option<Vec<u8>>>,
    beginning: Vec<u32>,
    /// The tokens that the file puts after a text.
    end: Vec<u32>,
}

impl HuggingTokenizer {
    /// Returns the number of ids: the highest plus 1.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns `true` if there are no tokens.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns `true` if a token has this id: a file may leave some ids out.
    pub fn has(&self, id: u32) -> bool {
        matches!(self.bytes.get(id as usize), Some(Some(_)))
    }

    /// Returns the tokens that the file puts before a text, such as `<s>`. [`encode`](Self::encode) does not add them.
    pub fn beginning(&self) -> &[u32] {
        &self.beginning
    }

    /// Returns the tokens that end a text: those that the file puts after it, and `</s>`, `<|endoftext|>` and
    /// `<|end_of_text|>` if they are among its added tokens.
    pub fn endings(&self) -> Vec<u32> {
        const NAMES: [&str; 3] = ["</s>", "<|endoftext|>", "<|end_of_text|>"];
        let added = self.file.added_tokens.iter();
        let named = added.filter(|token| NAMES.contains(&token.content.as_str()));
        let mut endings: Vec<u32> = named.map(|token| token.id).chain(self.end.clone()).collect();
        endings.sort_unstable();
        endings.dedup();
        endings
    }

    /// Returns the id of a token by its text in the file, such as `</s>`.
    pub fn id(&self, token: &str) -> Option<u32> {
        let added = self.file.added_tokens.iter().find(|added| added.content == token);
        added.map(|added| added.id).or_else(|| self.file.model.vocab.get(token).copied())
    }

    /// Returns the tokens of a text, without [`beginning`](Self::beginning). An added token in the text, such as
    /// `</s>`, is one token.
    ///
    /// # Errors
    /// If a character has no token. (The Python package gives `unk_token`, or leaves the character out.)
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, UnknownCharacter> {
        let mut known: HashMap<String, Vec<u32>> = HashMap::new();
        let mut ids = Vec::new();
        for (start, section) in sections(text, &self.file.added_tokens) {
            let pieces = match section {
                Section::Token(id) => {
                    ids.push(id);
                    continue;
                }
                Section::Text(section) => self.pieces(section, start == 0),
            };
            for piece in pieces {
                if !known.contains_key(&piece) {
                    let tokens = self.tokens(&piece).map_err(|c| self.unknown(text, c))?;
                    known.insert(piece.clone(), tokens);
                }
                ids.extend_from_slice(&known[&piece]);
            }
        }
        Ok(ids)
    }

    /// Returns the bytes of these tokens. The mark of the space that [`encode`](Self::encode) puts before a text is
    /// left out, if the file says so.
    ///
    /// # Panics
    /// If there is no token of an id.
    #[track_caller]
    pub fn decode(&self, ids: &[u32]) -> Vec<u8> {
        let bytes: Vec<u8> = ids.iter().flat_map(|&id| self.token(id)).copied().collect();
        match self.file.decoder.as_ref().and_then(stripped) {
            Some((content, most)) => {
                let mut kept = bytes.as_slice();
                let content = content.to_string();
                // A file may ask for more than there is.
                for _ in 0..most.min(bytes.len()) {
                    kept = kept.strip_prefix(content.as_bytes()).unwrap_or(kept);
                }
                kept.to_vec()
            }
            None => bytes,
        }
    }

    /// Returns the bytes of one token.
    ///
    /// # Panics
    /// If there is no token of this id.
    #[track_caller]
    pub fn token(&self, id: u32) -> &[u8] {
        match self.bytes.get(id as usize) {
            Some(Some(bytes)) => bytes,
            Some(None) => panic!("HuggingTokenizer: no token has the id {id}"),
            None => {
                panic!("HuggingTokenizer: there is no token {id}: ids are below {}", self.len())
            }
        }
    }

    /// Cuts a text without added tokens into pieces, within which tokens are merged.
    fn pieces(&self, text: &str, is_start: bool) -> Vec<String> {
        let text = match &self.file.normalizer {
            Some(step) => normalize(step, text.to_owned()),
            None => text.to_owned(),
        };
        match &self.file.pre_tokenizer {
            Some(step) => pre_tokenize(step, vec![text], is_start),
            None => vec![text],
        }
    }

    /// Returns the tokens of a piece, or the character that has none.
    fn tokens(&self, piece: &str) -> Result<Vec<u32>, char> {
        let model = &self.file.model;
        if let Some(&id) = model.vocab.get(piece).filter(|_| model.ignore_merges) {
            return Ok(vec![id]);
        }
        let mut tokens = Vec::with_capacity(piece.len());
        for character in piece.chars() {
            let mut buffer = [0; 4];
            let character_text = &*character.encode_utf8(&mut buffer);
            match model.vocab.get(character_text) {
                Some(&id) => tokens.push(id),
                None if model.byte_fallback => {
                    let id = |byte| model.vocab.get(&fallback_token(byte)).copied();
                    let ids: Option<Vec<u32>> = character_text.bytes().map(id).collect();
                    tokens.extend(ids.ok_or(character)?);
                }
                None => return Err(character),
            }
        }
        Ok(merge(tokens, &self.merges))
    }

    /// Returns the error of a character of a piece, which represents a character of the text or one of its bytes.
    fn unknown(&self, text: &str, character: char) -> UnknownCharacter {
        let has = |c: char, byte: u8| c.encode_utf8(&mut [0; 4]).as_bytes().contains(&byte);
        let of_bytes = text.find(|c| byte_of(character).is_some_and(|byte| has(c, byte)));
        let at = text.find(character).or(of_bytes).unwrap_or(0);
        let is_one = |token: &&String| token.chars().count() == 1;
        let known = self.file.model.vocab.keys().filter(is_one).count();
        UnknownCharacter::at(text, at, known)
    }
}

impl From<HuggingTokenizer> for TokenizerFile {
    fn from(tokenizer: HuggingTokenizer) -> Self {
        tokenizer.file
    }
}

impl TryFrom<TokenizerFile> for HuggingTokenizer {
    type Error = String;

    fn try_from(file: TokenizerFile) -> Result<Self, String> {
        check(&file)?;
        let merges = merges(&file)?;
        let mut bytes = Vec::new();
        let added = file.added_tokens.iter().map(|token| (&token.content, &token.id));
        for (text, &id) in file.model.vocab.iter().chain(added) {
            if id >= LARGEST_VOCABULARY {
                return Err(format!(
                    "the token {} has the id {id}: ids must be below {LARGEST_VOCABULARY}",
                    quoted(text)
                ));
            }
            bytes.resize(bytes.len().max(id as usize + 1), None);
            bytes[id as usize] = Some(token_bytes(file.decoder.as_ref(), text));
        }
        let [beginning, end] =
            file.post_processor.as_ref().map(around).transpose()?.unwrap_or_default();
        let is_missing = |id: &&u32| !matches!(bytes.get(**id as usize), Some(Some(_)));
        if let Some(id) = beginning.iter().chain(&end).find(is_missing) {
            return Err(format!(
                "`post_processor` puts the id {id} beside a text, which no token has"
            ));
        }
        Ok(Self { file, merges, bytes, beginning, end })
    }
}

/// More tokens than any model has; a false id must not fill the memory.
const LARGEST_VOCABULARY: u32 = 1 << 21;

/// Returns the rank and the token of each pair that can be merged.
fn merges(file: &TokenizerFile) -> Result<Merges, String> {
    let vocab = &file.model.vocab;
    let mut merges = Merges::new();
    for (rank, entry) in file.model.merges.iter().enumerate() {
        let wrong = |what: String| format!("the merge {} in `model.merges` {what}", rank + 1);
        let (first, second) =
            entry.halves().ok_or_else(|| wrong("has no space between two tokens".to_owned()))?;
        let id = |text: &str| {
            let unknown = || wrong(format!("has {}, which is not in `model.vocab`", quoted(text)));
            vocab.get(text).copied().ok_or_else(unknown)
        };
        let merged = id(&[first, second].concat())?;
        merges.insert((id(first)?, id(second)?), (rank as u32, merged));
    }
    Ok(merges)
}

/// Returns the special tokens before and after the text in a template.
fn around(step: &PostProcessor) -> Result<[Vec<u32>; 2], String> {
    match step {
        PostProcessor::ByteLevel { .. } => Ok([Vec::new(), Vec::new()]),
        PostProcessor::Sequence { processors } => {
            let mut all = [Vec::new(), Vec::new()];
            for [before, behind] in processors.iter().map(around).collect::<Result<Vec<_>, _>>()? {
                all[0].extend(before);
                all[1].extend(behind);
            }
            Ok(all)
        }
        PostProcessor::TemplateProcessing { single, special_tokens, .. } => {
            let is_text = |part: &TemplatePart| matches!(part, TemplatePart::Sequence { .. });
            let before = single.iter().position(is_text).unwrap_or(single.len());
            let behind = single.iter().rposition(is_text).map_or(single.len(), |text| text + 1);
            let tokens = |parts: &[TemplatePart]| special_ids(parts, special_tokens);
            Ok([tokens(&single[..before])?, tokens(&single[behind..])?])
        }
    }
}

/// Returns the ids of the special tokens of these parts.
fn special_ids(
    parts: &[TemplatePart],
    known: &BTreeMap<String, SpecialToken>,
) -> Result<Vec<u32>, String> {
    /// A file could name a long list of ids many times.
    const MOST: usize = 1000;
    let mut ids = Vec::new();
    for part in parts {
        let TemplatePart::SpecialToken { id, .. } = part else { continue };
        let unknown = || format!("`post_processor.special_tokens` has no {}", quoted(id));
        ids.extend_from_slice(&known.get(id).ok_or_else(unknown)?.ids);
        if ids.len() > MOST {
            return Err(format!("`post_processor` puts more than {MOST} tokens beside a text"));
        }
    }
    Ok(ids)
}
