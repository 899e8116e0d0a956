//! The tokens of a text that stays in its file, because it may be larger than memory.
//!
//! One pass over the text notes where each block begins, the number of its first token, and a checksum:
//!
//! ```text
//! bytes     0          8192       16390
//!           ├─ block ──┼─ block ──┼─ …
//! tokens    0          7951       15830
//! ```
//!
//! To read tokens, the blocks that have them are read and encoded again. Blocks are cut where that makes no difference
//! to the tokens, such as between two words, so these are the tokens of the whole text. The notes take 24 bytes for 8
//! KiB of text. The checksum makes sure that the bytes have not changed since the first pass, so another date of the
//! file or more text at its end does no harm.

use std::ops::Range;

use crate::{FileError, TextBlock, TextFault, TextFile, Vocabulary};

/// The tokens of a part of a text file, read on demand.
///
/// ```
/// use data::{StoredText, TextFile, Vocabulary};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("text.txt");
/// std::fs::write(&path, "abcd".repeat(10_000))?;
/// let file = TextFile::open(&path)?;
/// let range = file.range();
/// let text = StoredText::new(file, range, Vocabulary::Bytes)?;
/// assert_eq!(text.len(), 40_000);
/// assert_eq!(text.read(20_001..20_004)?, [98, 99, 100]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct StoredText {
    file: TextFile,
    vocabulary: Vocabulary,
    blocks: Vec<Block>,
    /// The end of the last block in the file.
    end: u64,
    len: usize,
}

/// What is noted of a block.
#[derive(Debug)]
struct Block {
    /// The place of its first byte.
    start: u64,
    /// The number of its first token.
    first: usize,
    checksum: u32,
}

impl StoredText {
    /// Creates an index of a part of a text, in one pass, so that its tokens can be found later.
    ///
    /// # Errors
    /// If it cannot be read or is not UTF-8 text, has a character that the vocabulary does not have, or cannot be cut.
    /// A text in the tokens of a [`HuggingTokenizer`](crate::HuggingTokenizer) has to be a single block.
    pub fn new(
        file: TextFile,
        range: Range<u64>,
        vocabulary: Vocabulary,
    ) -> Result<Self, FileError<TextFault>> {
        let (mut blocks, mut len) = (Vec::new(), 0);
        let splits = |before, after| vocabulary.splits(before, after);
        let mut parts = file.blocks(range.clone(), &splits);
        while let Some(TextBlock { start, text }) = parts.next_block()? {
            let checksum = crc32fast::hash(text.as_bytes());
            blocks.push(Block { start, first: len, checksum });
            let tokens = vocabulary.encode(&text).map_err(|error| {
                file.fault(TextFault::Unknown { start, character: error.character })
            })?;
            len += tokens.len();
        }
        Ok(Self { file, vocabulary, blocks, end: range.end, len })
    }

    /// Returns the number of tokens.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns `true` if there are no tokens.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the tokens at these places.
    ///
    /// # Errors
    /// If they cannot be read, or the file has other bytes there than before.
    ///
    /// # Panics
    /// If the range ends after [`len`](Self::len).
    #[track_caller]
    pub fn read(&self, tokens: Range<usize>) -> Result<Vec<u32>, FileError<TextFault>> {
        assert!(
            tokens.start <= tokens.end && tokens.end <= self.len,
            "StoredText: a text of {} tokens has none at {tokens:?}",
            self.len
        );
        let mut ids = Vec::with_capacity(tokens.len());
        let after = self.blocks.partition_point(|block| block.first <= tokens.start);
        for number in after.saturating_sub(1).. {
            if ids.len() == tokens.len() {
                break;
            }
            let first = self.blocks[number].first;
            let block = self.block(number)?;
            let from = tokens.start + ids.len() - first;
            ids.extend_from_slice(&block[from..block.len().min(tokens.end - first)]);
        }
        Ok(ids)
    }

    /// Returns the tokens of a block.
    fn block(&self, number: usize) -> Result<Vec<u32>, FileError<TextFault>> {
        let Block { start, first, checksum } = self.blocks[number];
        let next = self.blocks.get(number + 1);
        let (end, last) = next.map_or((self.end, self.len), |next| (next.start, next.first));
        let bytes = self.file.bytes_now(start..end)?;
        let text =
            String::from_utf8(bytes).ok().filter(|t| crc32fast::hash(t.as_bytes()) == checksum);
        let tokens = text.and_then(|text| self.vocabulary.encode(&text).ok());
        let whole = tokens.filter(|tokens| tokens.len() == last - first);
        whole.ok_or_else(|| self.file.fault(TextFault::Replaced { range: start..end }))
    }
}
