//! A text file that is read in parts, because it may be larger than memory.
//!
//! [`TextFile::blocks`] goes through it once, block by block; [`StoredText`](crate::StoredText) goes back to some of the
//! blocks. If the file changes while the blocks are read in turn, the next block is an error.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use thiserror::Error;

use crate::encoding::no_utf8;
use crate::{FileError, NotText, Origin};

/// A block has at least this many bytes, unless it is the last one.
const BLOCK: u64 = 1 << 13;

/// The number of bytes read first after the least size of a block, to find its end.
const BEHIND: u64 = 1 << 8;

/// The most bytes of a block: 1 MiB. For each window all of its block is encoded, so a long one takes long.
const LONGEST_BLOCK: u64 = 1 << 20;

/// A part of a text file cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TextFault {
    /// The system's error.
    #[error("cannot be read: {0}; give the path of a text")]
    Unreadable(#[from] io::Error),
    /// A folder.
    #[error("is a folder; give the path of a text")]
    Folder,
    /// A pipe, a device, or a file that the system makes up while it is read.
    #[error(
        "is not an ordinary file, and so its parts cannot be read again; save the text in a file first"
    )]
    NoFile,
    /// The bytes are not UTF-8 text.
    #[error("line {line}: {what}")]
    NotText {
        /// The line, from 1.
        line: usize,
        /// What the bytes are instead.
        what: NotText,
    },
    /// The file was changed before it was read to its end.
    #[error(
        "was changed while it was read: it must stay as it is until the end is read; start again"
    )]
    Changed,
    /// A block has other bytes than before.
    #[error(
        "the {} bytes from byte {} on are not those that were read before; restore the text as it was",
        range.end - range.start,
        range.start
    )]
    Replaced {
        /// The places of the bytes.
        range: Range<u64>,
    },
    /// There is no place where the text can be cut.
    #[error(
        "the {} MiB from byte {start} on cannot be cut into parts, as they are a single word or a single run of white \
         space; break up the word or shorten the run, or take characters or bytes as tokens",
        LONGEST_BLOCK >> 20
    )]
    Uncut {
        /// The place of the first byte.
        start: u64,
    },
    /// A character is not in the vocabulary.
    #[error(
        "from byte {start} on it has the character {character:?}, which the vocabulary does not have; leave it out, or \
         take other tokens"
    )]
    Unknown {
        /// The place of the first byte of its block.
        start: u64,
        /// The character.
        character: char,
    },
}

/// A text file that is open for reading parts of it.
///
/// ```
/// use data::TextFile;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("text.txt");
/// std::fs::write(&path, "one two")?;
/// let file = TextFile::open(&path)?;
/// let is_before_a_space = |_, after| after == ' ';
/// let mut blocks = file.blocks(file.range(), &is_before_a_space);
/// assert_eq!(blocks.next_block()?.expect("a short text is one block").text, "one two");
/// assert!(blocks.next_block()?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TextFile {
    path: PathBuf,
    file: Mutex<File>,
    /// The text, without a byte-order mark.
    range: Range<u64>,
    changed: Option<SystemTime>,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextBlock {
    /// The place of its first byte in the file.
    pub start: u64,
    /// The text.
    pub text: String,
}

/// An error with the path of the file.
type Fallible<T> = Result<T, FileError<TextFault>>;

impl TextFile {
    /// Opens a file. A byte-order mark at its beginning is not a part of the text.
    ///
    /// # Errors
    /// If it cannot be read, is not an ordinary file, or does not begin as UTF-8 text. The rest is checked when it is
    /// read.
    pub fn open(path: impl AsRef<Path>) -> Fallible<Self> {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        let path = path.as_ref();
        let fault = |fault: TextFault| FileError::new(path, fault);
        // This comes before opening, as a pipe is opened only when someone writes into it.
        let about = fs::metadata(path).map_err(|error| fault(error.into()))?;
        if !about.is_file() {
            return Err(fault(if about.is_dir() { TextFault::Folder } else { TextFault::NoFile }));
        }
        let file = File::open(path).map_err(|error| fault(error.into()))?;
        let about = file.metadata().map_err(|error| fault(error.into()))?;
        let (range, changed) = (0..about.len(), about.modified().ok());
        let mut text = Self { path: path.to_path_buf(), file: Mutex::new(file), range, changed };
        // Some files, such as the files of /proc, have bytes but no size.
        if text.range.is_empty() && !text.bytes_now(0..1)?.is_empty() {
            return Err(fault(TextFault::NoFile));
        }
        let mut beginning = text.bytes(0..text.range.end.min(BLOCK))?;
        if let Err(error) = str::from_utf8(&beginning)
            && error.error_len().is_none()
        {
            beginning.truncate(error.valid_up_to());
        }
        if let Some((offset, what)) = no_utf8(&beginning) {
            let line = memchr::memchr_iter(b'\n', &beginning[..offset]).count() + 1;
            return Err(fault(TextFault::NotText { line, what }));
        }
        if beginning.starts_with(MARK) {
            text.range.start = MARK.len() as u64;
        }
        Ok(text)
    }

    /// Returns the places of the bytes of the text in the file.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// Returns the blocks of a part of the text. Each has at least 8 KiB and as little more as possible, and ends
    /// between two characters for which `splits` returns `true`.
    pub fn blocks<'f>(
        &'f self,
        range: Range<u64>,
        splits: &'f dyn Fn(char, char) -> bool,
    ) -> TextBlocks<'f> {
        TextBlocks { file: self, splits, next: range.start, end: range.end }
    }

    /// Returns a part of the text.
    ///
    /// # Errors
    /// If it cannot be read or is not UTF-8 text, or the file was changed.
    pub fn text(&self, range: Range<u64>) -> Fallible<String> {
        let bytes = self.bytes(range.clone())?;
        String::from_utf8(bytes).map_err(|error| {
            let (bytes, error) = (error.as_bytes().to_vec(), error.utf8_error());
            self.not_text(range.start, &bytes, error.valid_up_to())
        })
    }

    /// Returns the bytes of a part of the file, unless it was changed since it was opened.
    fn bytes(&self, range: Range<u64>) -> Fallible<Vec<u8>> {
        let len = range.end - range.start;
        let (bytes, about) = self.read(range).map_err(|error| self.fault(error.into()))?;
        match self.is_same(&about) && bytes.len() as u64 == len {
            true => Ok(bytes),
            false => Err(self.fault(TextFault::Changed)),
        }
    }

    /// Returns the bytes that a part of the file has now. They are fewer if the file ends before.
    pub(crate) fn bytes_now(&self, range: Range<u64>) -> Fallible<Vec<u8>> {
        let (bytes, _) = self.read(range).map_err(|error| self.fault(error.into()))?;
        Ok(bytes)
    }

    fn read(&self, range: Range<u64>) -> io::Result<(Vec<u8>, Metadata)> {
        let mut file = self.file.lock().expect("no thread has panicked while it read");
        file.seek(SeekFrom::Start(range.start))?;
        let mut bytes = Vec::with_capacity((range.end - range.start) as usize);
        (&mut *file).take(range.end - range.start).read_to_end(&mut bytes)?;
        Ok((bytes, file.metadata()?))
    }

    fn is_same(&self, about: &Metadata) -> bool {
        about.len() == self.range.end && about.modified().ok() == self.changed
    }

    pub(crate) fn fault(&self, fault: TextFault) -> FileError<TextFault> {
        FileError::new(&self.path, fault)
    }

    /// Returns the error of bytes that begin at `start` and are UTF-8 only up to `valid`.
    fn not_text(&self, start: u64, bytes: &[u8], valid: usize) -> FileError<TextFault> {
        let invalid = start + valid as u64;
        let (place, line, begins) = match self.first_nul(invalid) {
            Ok(found) => found,
            Err(error) => return error,
        };
        let byte = if place < invalid { 0 } else { bytes[valid] };
        let position = (place - begins) as usize + 1;
        let what = match place < invalid || bytes.contains(&0) {
            true => NotText::Binary { byte, position },
            false => NotText::Bytes { byte, position, origin: Origin::of(bytes) },
        };
        self.fault(TextFault::NotText { line, what })
    }

    /// Returns the place of the first NUL before `end`, or `end` if there is none; the line of that place, from 1; and
    /// the place where the line begins.
    fn first_nul(&self, end: u64) -> Fallible<(u64, usize, u64)> {
        let (mut line, mut begins) = (1, 0);
        for start in (0..end).step_by(LONGEST_BLOCK as usize) {
            let bytes = self.bytes(start..end.min(start + LONGEST_BLOCK))?;
            for at in memchr::memchr2_iter(b'\n', 0, &bytes) {
                let place = start + at as u64;
                if bytes[at] == 0 {
                    return Ok((place, line, begins));
                }
                (line, begins) = (line + 1, place + 1);
            }
        }
        Ok((end, line, begins))
    }
}

/// The blocks of a text, one after the other. Made by [`TextFile::blocks`].
pub struct TextBlocks<'f> {
    file: &'f TextFile,
    splits: &'f dyn Fn(char, char) -> bool,
    next: u64,
    end: u64,
}

impl fmt::Debug for TextBlocks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, next, end, .. } = self;
        f.debug_struct("TextBlocks")
            .field("file", file)
            .field("next", next)
            .field("end", end)
            .finish_non_exhaustive()
    }
}

impl TextBlocks<'_> {
    /// Returns the next block; `None` after the last one.
    ///
    /// # Errors
    /// If it cannot be read or is not UTF-8 text, if the file was changed, or if the text cannot be cut within 1 MiB.
    pub fn next_block(&mut self) -> Fallible<Option<TextBlock>> {
        let (file, start) = (self.file, self.next);
        if start >= self.end {
            return Ok(None);
        }
        let mut most = BLOCK + BEHIND;
        let text = loop {
            let stop = self.end.min(start + most);
            let mut text = self.text(start..stop)?;
            if let Some(cut) = self.cut(&text) {
                text.truncate(cut);
                break text;
            }
            if stop == self.end {
                break text;
            }
            if most == LONGEST_BLOCK {
                return Err(file.fault(TextFault::Uncut { start }));
            }
            most = LONGEST_BLOCK.min(2 * most);
        };
        self.next = start + text.len() as u64;
        Ok(Some(TextBlock { start, text }))
    }

    /// Returns a part of the text, without a last character that is cut off.
    fn text(&self, range: Range<u64>) -> Fallible<String> {
        let mut bytes = self.file.bytes(range.clone())?;
        if let Err(error) = str::from_utf8(&bytes) {
            let is_cut = error.error_len().is_none() && range.end < self.end;
            if !is_cut {
                return Err(self.file.not_text(range.start, &bytes, error.valid_up_to()));
            }
            bytes.truncate(error.valid_up_to());
        }
        Ok(String::from_utf8(bytes).expect("it was checked"))
    }

    /// Returns the first place to cut after the least size of a block.
    fn cut(&self, text: &str) -> Option<usize> {
        let from = text.floor_char_boundary(BLOCK as usize - 1);
        let mut characters = text[from..].char_indices();
        let (_, mut before) = characters.next()?;
        characters.find_map(|(at, after)| {
            let is_cut = (self.splits)(before, after);
            before = after;
            is_cut.then_some(from + at)
        })
    }
}
