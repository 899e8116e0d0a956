//! Turns files and texts into mini-batches, and generates data sets from a seed.
//!
//! ```text
//! CSV file ─▶ Table ─┬─▶ text ────▶ Tokenizer ─▶ Sequences ─────▶ inputs [n, longest] ──┐
//!                    ├─▶ numbers ─▶ Standardizer ───────────────▶ inputs [n, features] ─┼─▶ Dataset
//!                    └─▶ names ───▶ Labels ─────────────────────▶ labels [n] ───────────┘
//! ```
//!
//! A table whose form is not known is read by a [`RowReader`], and a [`FrameEncoder`] turns its columns into
//! [`Mixed`] inputs.
//!
//! A [`Dataset`] gives the validation split and mini-batches. Its inputs and targets are any
//! [`Samples`]; the picture shows a classifier's. A [`Stream`] reads samples that do not fit into memory,
//! and a [`StoredText`] the windows of a text.
//!
//! Input from outside is checked here, once. Every fault names its file, line and column. Read
//! [`Table`] first, then [`Tokenizer`] and [`Dataset`]; [`generated`] replaces a file.

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

mod byte_pairs;
mod characters;
mod columns;
mod dataset;
mod drawn;
mod encoding;
mod excerpt;
mod file_error;
mod frame;
pub mod generated;
mod hugging;
mod kneser_ney;
mod labels;
mod lazy_batch;
mod portions;
mod read;
mod samples;
mod sequences;
mod source;
mod split;
mod standardizer;
mod stored_text;
mod stream;
mod table;
mod text_file;
mod tokenizer;
mod vocabulary;
mod windows;
mod write;

pub use byte_pairs::{BytePairs, WordCounts};
pub use characters::{Characters, UnknownCharacter};
pub use columns::Columns;
pub use dataset::{Dataset, SplitParts};
pub use drawn::DrawnWindows;
pub use encoding::{NotText, Origin, no_utf8, text, without_mark};
pub use excerpt::{
    beginning, excerpt, excerpts, printable, printable_json, printable_lines, printable_path,
    quoted,
};
pub use file_error::FileError;
pub use frame::{
    ColumnKind, ColumnSummary, DataFrame, DateOrder, DecimalMark, Dialect, FrameEncoder, Gaps,
    HeaderRow, KnownForm, Mixed, MixedColumn, NotASeparator, Notation, Noted, NumberForm,
    RowReader, Separator, TableRow, TargetEncoder, Targets, TextEncoding, TextReader, UnknownKind,
    ambiguous_numbers, folds, held_out, is_missing, iso_date, repeated_rows, revealing_columns,
};
pub use hugging::HuggingTokenizer;
pub use kneser_ney::KneserNey;
pub use labels::{Labels, UnknownLabel, label_notes};
pub use lazy_batch::{LazyBatch, SourceError};
pub use portions::Portions;
pub use read::{LONGEST_LINE, read_line, read_weights, read_whole};
pub use samples::{Item, Samples};
pub use sequences::{Padding, Sequences, Side, pad_sequences};
pub use source::{Batches, Sink, Source};
pub use split::{Split, SplitError};
pub use standardizer::{Standardizer, flat_columns};
pub use stored_text::StoredText;
pub use stream::Stream;
pub use table::{Fault, Misquoted, Table, TableError};
pub use text_file::{TextBlock, TextBlocks, TextFault, TextFile};
pub use tokenizer::{DEFAULT_FILTERS, Tokenizer};
pub use vocabulary::Vocabulary;
pub use windows::{NO_TARGET, Windows};
pub use write::write_csv;
