//! Decodes a stream of bytes to text, and finds out its encoding.
//!
//! A byte-order mark shows the encoding, or the zeros of UTF-16 do. Otherwise bytes are ASCII until one is not.
//! The bytes around that one decide for the whole file: they are valid UTF-8, or they look like Windows-1252,
//! or the file is refused. ISO 8859-1 is the part of Windows-1252 without bytes from 0x80 to 0x9F.
//!
//! Almost all bytes are letters of Windows-1252, so UTF-8 after it would be read as wrong letters. Text in Windows-1252 is
//! refused when five letters in a row outside ASCII are valid UTF-8, which they hardly ever are by chance. Fewer of them,
//! and text that goes on in another 8-bit encoding, are not noticed.

use std::fmt;
use std::io::{self, ErrorKind, Read};

use crate::encoding::{other_kind, utf16};
use crate::table::Fault;
use crate::{LONGEST_LINE, NotText, Origin};

/// The number of bytes that are read at once.
const CHUNK: usize = 1 << 16;

/// After this many letters of valid UTF-8 in a row, a text is not Windows-1252.
const LETTERS_OF_UTF8: usize = 5;

/// An encoding of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8, and so ASCII.
    Utf8,
    /// UTF-16 with the lower byte first.
    Utf16Le,
    /// UTF-16 with the higher byte first.
    Utf16Be,
    /// The 8-bit encoding of western Windows.
    Windows1252,
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le | Self::Utf16Be => "UTF-16",
            Self::Windows1252 => "Windows-1252",
        })
    }
}

/// A fault, and the line on which it is.
pub(super) type LineFault = (Option<u64>, Fault);

/// The lines of a stream of bytes, decoded.
///
/// ```
/// use data::{TextEncoding, TextReader};
///
/// let mut lines = TextReader::new(&b"caf\xe9;3,5\r\nth\xe9;2\n"[..]);
/// assert_eq!(lines.next_line().unwrap(), Some("caf\u{e9};3,5\r\n"));
/// assert_eq!(lines.encoding(), TextEncoding::Windows1252);
/// ```
#[derive(Debug)]
pub struct TextReader<R> {
    source: R,
    /// `true` to wait for no more bytes than a line needs.
    is_live: bool,
    /// Bytes that are not decoded yet.
    bytes: Vec<u8>,
    text: String,
    /// The place in `text` of the next line.
    start: usize,
    /// The place in `text` up to which no line end was found.
    searched: usize,
    /// The number of the next line, from 1.
    line: u64,
    encoding: Option<TextEncoding>,
    has_begun: bool,
    at_end: bool,
    /// In a text of Windows-1252, the number of the last letters outside ASCII that are valid UTF-8.
    utf8_letters: usize,
    utf8_begin: Utf8Begin,
}

/// The first of these letters.
#[derive(Clone, Copy, Debug, Default)]
struct Utf8Begin {
    line: u64,
    byte: u8,
    /// The place of the byte in its line, from 1.
    position: usize,
}

impl Utf8Begin {
    fn fault(self) -> LineFault {
        let Self { line, byte, position } = self;
        (Some(line), Fault::NotText(NotText::Mixed { byte, position }))
    }
}

impl<R: Read> TextReader<R> {
    /// Creates a reader that reads ahead.
    pub fn new(source: R) -> Self {
        Self {
            source,
            is_live: false,
            bytes: Vec::new(),
            text: String::new(),
            start: 0,
            searched: 0,
            line: 1,
            encoding: None,
            has_begun: false,
            at_end: false,
            utf8_letters: 0,
            utf8_begin: Utf8Begin::default(),
        }
    }

    /// Creates a reader of a source that may pause, such as a pipe: a line is returned as soon as it is
    /// there.
    pub fn live(source: R) -> Self {
        Self { is_live: true, ..Self::new(source) }
    }

    /// Returns the encoding, as far as it shows in what was read.
    pub fn encoding(&self) -> TextEncoding {
        self.encoding.unwrap_or(TextEncoding::Utf8)
    }

    /// Returns the number of the line that [`next_line`](Self::next_line) returns next, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Returns the text that was read and not yet returned, at least a line of it and about 64 KiB,
    /// if available.
    ///
    /// # Errors
    ///
    /// If it cannot be read or decoded. The error has the line of the fault.
    pub fn peek(&mut self) -> Result<&str, (Option<u64>, Fault)> {
        while !self.at_end
            && self.line_end().is_none()
            && self.text.len() - self.start <= LONGEST_LINE
        {
            self.fill()?;
        }
        Ok(&self.text[self.start..])
    }

    /// Returns the next line with its line end (`\n`, `\r\n` or `\r`), or `None` at the end.
    ///
    /// # Errors
    ///
    /// If it cannot be read or decoded, or is longer than 16 MiB. The error has the line of the fault.
    pub fn next_line(&mut self) -> Result<Option<&str>, (Option<u64>, Fault)> {
        let end = loop {
            match self.line_end() {
                Some(end) => break end,
                None if self.at_end => break self.text.len(),
                None if self.text.len() - self.start > LONGEST_LINE => {
                    let why = "the line is longer than 16 MiB; break it into lines";
                    let error = io::Error::new(ErrorKind::FileTooLarge, why);
                    return Err((Some(self.line), Fault::Unreadable(error)));
                }
                None => self.fill()?,
            }
        };
        let line = self.start..end;
        if line.is_empty() {
            return Ok(None);
        }
        (self.start, self.searched) = (end, end);
        self.line += 1;
        Ok(Some(&self.text[line]))
    }

    /// Returns the place after the next line end. A `\r` at the end of what was read may be half of one.
    fn line_end(&mut self) -> Option<usize> {
        let found = self.text[self.searched..].find(['\n', '\r']).map(|at| self.searched + at);
        self.searched = found.unwrap_or(self.text.len());
        match (self.text.as_bytes().get(found?)?, self.text.as_bytes().get(found? + 1)) {
            (b'\r', Some(b'\n')) => Some(found? + 2),
            (b'\r', None) if !self.at_end => None,
            _ => Some(found? + 1),
        }
    }

    /// Reads and decodes more bytes.
    fn fill(&mut self) -> Result<(), LineFault> {
        self.text.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        let before = self.bytes.len();
        self.bytes.resize(before + CHUNK, 0);
        let mut filled = before;
        while filled < self.bytes.len() {
            match self.source.read(&mut self.bytes[filled..]) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err((Some(self.last_line()), error.into())),
            }
            // The first bytes tell the kind of a file.
            if self.is_live && filled >= 4 {
                break;
            }
        }
        self.bytes.truncate(filled);
        if !self.has_begun {
            self.begin()?;
        }
        self.decode()
    }

    /// Looks at the beginning of the file.
    fn begin(&mut self) -> Result<(), LineFault> {
        self.has_begun = true;
        if let Some(other) = other_kind(&self.bytes) {
            return Err((None, Fault::NotText(other)));
        }
        let mark = match self.bytes[..] {
            [0xef, 0xbb, 0xbf, ..] => Some((TextEncoding::Utf8, 3)),
            [0xff, 0xfe, ..] => Some((TextEncoding::Utf16Le, 2)),
            [0xfe, 0xff, ..] => Some((TextEncoding::Utf16Be, 2)),
            _ => None,
        };
        match (mark, utf16(&self.bytes)) {
            (Some((encoding, length)), _) => {
                self.encoding = Some(encoding);
                self.bytes.drain(..length);
            }
            (None, Some(("UTF-16LE", _))) => self.encoding = Some(TextEncoding::Utf16Le),
            (None, Some(_)) => self.encoding = Some(TextEncoding::Utf16Be),
            (None, None) => {}
        }
        Ok(())
    }

    /// Decodes the bytes, except an unfinished character at their end.
    fn decode(&mut self) -> Result<(), LineFault> {
        if self.encoding.is_none() {
            self.settle()?;
        }
        match self.encoding {
            None | Some(TextEncoding::Utf8) => self.decode_utf8(),
            Some(TextEncoding::Utf16Le) => self.decode_utf16(u16::from_le_bytes),
            Some(TextEncoding::Utf16Be) => self.decode_utf16(u16::from_be_bytes),
            Some(TextEncoding::Windows1252) => self.decode_windows_1252(),
        }
    }

    /// Decides between UTF-8 and Windows-1252, if there is a byte that tells them apart.
    fn settle(&mut self) -> Result<(), LineFault> {
        let (valid, is_cut) = match str::from_utf8(&self.bytes) {
            Ok(text) => (text, false),
            Err(error) => {
                let valid = &self.bytes[..error.valid_up_to()];
                let is_cut = error.error_len().is_none() && !self.at_end;
                (str::from_utf8(valid).unwrap_or_default(), is_cut)
            }
        };
        let is_whole = valid.len() == self.bytes.len();
        if is_whole || is_cut {
            if !valid.is_ascii() {
                self.encoding = Some(TextEncoding::Utf8);
            }
            return Ok(());
        }
        match Origin::of(&self.bytes) {
            Origin::Latin1 | Origin::Windows1252 => self.encoding = Some(TextEncoding::Windows1252),
            origin => {
                let at = valid.len();
                let (byte, position) = (self.bytes[at], self.position(at));
                let what = match self.bytes.contains(&0) {
                    true => NotText::Binary { byte, position },
                    false => NotText::Bytes { byte, position, origin },
                };
                return Err((Some(self.line_at(at)), Fault::NotText(what)));
            }
        }
        Ok(())
    }

    fn decode_utf8(&mut self) -> Result<(), LineFault> {
        match str::from_utf8(&self.bytes) {
            Ok(text) => {
                self.text.push_str(text);
                self.bytes.clear();
                Ok(())
            }
            Err(error) => {
                let at = error.valid_up_to();
                if error.error_len().is_some() || self.at_end {
                    let (byte, position) = (self.bytes[at], self.position(at));
                    let what = NotText::Bytes { byte, position, origin: Origin::BrokenUtf8 };
                    return Err((Some(self.line_at(at)), Fault::NotText(what)));
                }
                self.text.push_str(str::from_utf8(&self.bytes[..at]).unwrap_or_default());
                self.bytes.drain(..at);
                Ok(())
            }
        }
    }

    fn decode_utf16(&mut self, unit: fn([u8; 2]) -> u16) -> Result<(), LineFault> {
        let pairs = self.bytes.chunks_exact(2);
        let mut units: Vec<u16> = pairs.map(|pair| unit([pair[0], pair[1]])).collect();
        let is_half = units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit));
        if is_half && !self.at_end {
            units.pop();
        }
        for letter in char::decode_utf16(units.iter().copied()) {
            match letter {
                Ok(letter) => self.text.push(letter),
                Err(error) => {
                    let byte = (error.unpaired_surrogate() >> 8) as u8;
                    let what = NotText::Binary { byte, position: self.position(0) };
                    return Err((Some(self.last_line()), Fault::NotText(what)));
                }
            }
        }
        self.bytes.drain(..2 * units.len());
        match self.at_end && !self.bytes.is_empty() {
            true => {
                Err((Some(self.last_line()), Fault::Unreadable(ErrorKind::UnexpectedEof.into())))
            }
            false => Ok(()),
        }
    }

    fn decode_windows_1252(&mut self) -> Result<(), LineFault> {
        self.check_windows_1252()?;
        if let Some(at) = self.bytes.iter().position(|&byte| windows_1252(byte).is_none()) {
            let (byte, position) = (self.bytes[at], self.position(at));
            let what = NotText::Bytes { byte, position, origin: Origin::Unknown };
            return Err((Some(self.line_at(at)), Fault::NotText(what)));
        }
        self.text.extend(self.bytes.iter().filter_map(|&byte| windows_1252(byte)));
        self.bytes.clear();
        Ok(())
    }

    /// Checks that the text does not go on in UTF-8.
    fn check_windows_1252(&mut self) -> Result<(), LineFault> {
        let (mut begin, mut at) = (None, 0);
        for chunk in self.bytes.utf8_chunks() {
            for (place, _) in chunk.valid().char_indices().filter(|(_, letter)| !letter.is_ascii())
            {
                if self.utf8_letters == 0 {
                    begin = Some(at + place);
                }
                self.utf8_letters += 1;
                if self.utf8_letters == LETTERS_OF_UTF8 {
                    let begin = begin.map_or(self.utf8_begin, |at| self.utf8_at(at));
                    return Err(begin.fault());
                }
            }
            at += chunk.valid().len() + chunk.invalid().len();
            // The last letter of these bytes may be cut off.
            if !chunk.invalid().is_empty() && at < self.bytes.len() {
                self.utf8_letters = 0;
            }
        }
        if let (Some(at), true) = (begin, self.utf8_letters > 0) {
            self.utf8_begin = self.utf8_at(at);
        }
        Ok(())
    }

    fn utf8_at(&self, at: usize) -> Utf8Begin {
        Utf8Begin { line: self.line_at(at), byte: self.bytes[at], position: self.position(at) }
    }

    /// Returns the line on which the decoded text ends.
    fn last_line(&self) -> u64 {
        self.line + line_ends(&self.text[self.start..])
    }

    /// Returns the line of a byte that is not decoded yet.
    fn line_at(&self, at: usize) -> u64 {
        self.last_line() + crate::table::records::line_ends(&self.bytes[..at])
    }

    /// Returns the place in its line, from 1, of a byte that is not decoded yet.
    fn position(&self, at: usize) -> usize {
        let before = &self.bytes[..at];
        match before.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(end) => at - end,
            None => {
                at + self.text.len() - self.text.rfind(['\n', '\r']).map_or(0, |end| end + 1) + 1
            }
        }
    }
}

/// Returns the number of line ends in a text.
fn line_ends(text: &str) -> u64 {
    crate::table::records::line_ends(text.as_bytes())
}

/// Returns the letter of a byte, if it has one.
fn windows_1252(byte: u8) -> Option<char> {
    const HIGH: [u16; 32] = [
        0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039,
        0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc,
        0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
    ];
    match byte {
        0x80..0xa0 => match HIGH[usize::from(byte - 0x80)] {
            0 => None,
            code => char::from_u32(code.into()),
        },
        _ => Some(char::from(byte)),
    }
}
