//! The parts of a `tokenizer.json` that are understood. Everything else in one is refused.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize, Serializer};

/// A `tokenizer.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenizerFile {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    pub(super) truncation: Option<Setting>,
    #[serde(default)]
    pub(super) padding: Option<Setting>,
    #[serde(default)]
    pub(super) added_tokens: Vec<AddedToken>,
    #[serde(default)]
    pub(super) normalizer: Option<Normalizer>,
    #[serde(default)]
    pub(super) pre_tokenizer: Option<PreTokenizer>,
    #[serde(default)]
    pub(super) post_processor: Option<PostProcessor>,
    #[serde(default)]
    pub(super) decoder: Option<DecoderStep>,
    pub(super) model: MergeModel,
}

/// A setting that must not be there.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "IgnoredAny")]
pub(super) struct Setting;

impl From<IgnoredAny> for Setting {
    fn from(_: IgnoredAny) -> Self {
        Self
    }
}

impl Serialize for Setting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

/// A token that is found in a text before all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AddedToken {
    pub(super) id: u32,
    pub(super) content: String,
    #[serde(default)]
    pub(super) single_word: bool,
    #[serde(default)]
    pub(super) lstrip: bool,
    #[serde(default)]
    pub(super) rstrip: bool,
    #[serde(default)]
    pub(super) normalized: bool,
    #[serde(default)]
    special: bool,
}

/// What is done to a text first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub(super) enum Normalizer {
    Prepend { prepend: String },
    Replace { pattern: SplitPattern, content: String },
    Sequence { normalizers: Vec<Normalizer> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum SplitPattern {
    String(String),
    Regex(String),
}

/// A step that cuts the text into pieces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub(super) enum PreTokenizer {
    Metaspace {
        replacement: char,
        prepend_scheme: PrependScheme,
        #[serde(default = "yes")]
        split: bool,
    },
    ByteLevel {
        add_prefix_space: bool,
        #[serde(default = "yes")]
        trim_offsets: bool,
        #[serde(default = "yes")]
        use_regex: bool,
    },
    Split {
        pattern: SplitPattern,
        behavior: SplitBehavior,
        invert: bool,
    },
    Digits {
        individual_digits: bool,
    },
    Sequence {
        pretokenizers: Vec<PreTokenizer>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PrependScheme {
    Always,
    First,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum SplitBehavior {
    Isolated,
}

fn yes() -> bool {
    true
}

/// What is put around the tokens of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub(super) enum PostProcessor {
    ByteLevel {
        add_prefix_space: bool,
        #[serde(default = "yes")]
        trim_offsets: bool,
        #[serde(default = "yes")]
        use_regex: bool,
    },
    TemplateProcessing {
        single: Vec<TemplatePart>,
        #[serde(default)]
        pair: Vec<TemplatePart>,
        #[serde(default)]
        special_tokens: BTreeMap<String, SpecialToken>,
    },
    Sequence {
        processors: Vec<PostProcessor>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum TemplatePart {
    SpecialToken { id: String, type_id: u32 },
    Sequence { id: String, type_id: u32 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpecialToken {
    id: String,
    pub(super) ids: Vec<u32>,
    tokens: Vec<String>,
}

/// A step that turns tokens into a text again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub(super) enum DecoderStep {
    ByteLevel {
        #[serde(default = "yes")]
        add_prefix_space: bool,
        #[serde(default = "yes")]
        trim_offsets: bool,
        #[serde(default = "yes")]
        use_regex: bool,
    },
    Replace {
        pattern: SplitPattern,
        content: String,
    },
    ByteFallback,
    Fuse,
    Strip {
        content: char,
        start: usize,
        stop: usize,
    },
    Sequence {
        decoders: Vec<DecoderStep>,
    },
}

/// Tokens and merges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MergeModel {
    #[serde(rename = "type", default)]
    kind: ModelKind,
    #[serde(default)]
    pub(super) dropout: Option<f32>,
    #[serde(default)]
    unk_token: Option<String>,
    #[serde(default)]
    pub(super) continuing_subword_prefix: Option<String>,
    #[serde(default)]
    pub(super) end_of_word_suffix: Option<String>,
    #[serde(default)]
    fuse_unk: bool,
    #[serde(default)]
    pub(super) byte_fallback: bool,
    #[serde(default)]
    pub(super) ignore_merges: bool,
    pub(super) vocab: BTreeMap<String, u32>,
    pub(super) merges: Vec<MergeEntry>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
enum ModelKind {
    #[default]
    #[serde(rename = "BPE")]
    BytePairs,
}

/// A pair, in the form of files before 2024 or since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum MergeEntry {
    Joined(String),
    Pair(String, String),
}

impl MergeEntry {
    /// Returns both halves, if there are two.
    pub(super) fn halves(&self) -> Option<(&str, &str)> {
        match self {
            Self::Joined(text) => text.split_once(' '),
            Self::Pair(first, second) => Some((first, second)),
        }
    }
}
