//! Checks that bytes are UTF-8 text. If they are not, the error says what they look like and which
//! command converts them.
//!
//! Many programs write UTF-16 or Windows-1252 without saying so, and a file called `.csv` may be
//! compressed or a spreadsheet. A decoder's "invalid byte" does not help a user with such a file,
//! so this module works out what the bytes look like. A guess is worded as a guess.

use thiserror::Error;

/// A byte-order mark in UTF-8. It carries no information there, and is not part of the text.
const MARK: &str = "\u{feff}";

/// The number of bytes that are inspected to tell the kind of a binary file.
const BEGINNING: usize = 4096;

/// What a file that should be UTF-8 text is instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotText {
    /// UTF-16, with or without a byte-order mark.
    #[error(
        "byte {position} of the line, 0x{byte:02X}, is not valid UTF-8: the file is UTF-16 \
         ({}); convert it: iconv -f {encoding} -t UTF-8 FILE > NEW",
        if *has_mark { "it begins with a byte-order mark" } else { "without a byte-order mark" }
    )]
    Utf16 {
        /// The first byte that does not occur in UTF-8 text.
        byte: u8,
        /// Its place in the line, from 1.
        position: usize,
        /// The name of the encoding for `iconv`.
        encoding: &'static str,
        /// `true` if the file begins with a byte-order mark.
        has_mark: bool,
    },
    /// Text in another encoding, such as one with a byte for each letter.
    #[error(
        "byte {position} of the line, 0x{byte:02X}, is not valid UTF-8; save the file as UTF-8 ({})",
        origin.advice()
    )]
    Bytes {
        /// The first byte that is not valid.
        byte: u8,
        /// Its place in the line, from 1.
        position: usize,
        /// The encoding that the bytes look like.
        origin: Origin,
    },
    /// UTF-8 that comes after text in Windows-1252.
    #[error(
        "the text is UTF-8 from byte {position} of the line on (0x{byte:02X}), but Windows-1252 before; convert the part \
         before that line, and join the parts: iconv -f windows-1252 -t utf-8 PART > NEW"
    )]
    Mixed {
        /// The first byte of the first letter outside ASCII.
        byte: u8,
        /// Its place in the line, from 1.
        position: usize,
    },
    /// A file of another kind, by its first bytes.
    #[error("this is {kind}, not UTF-8 text; {mend}")]
    Kind {
        /// The kind of file, with its article.
        kind: &'static str,
        /// How to turn it into text.
        mend: &'static str,
    },
    /// Bytes that do not occur in text.
    #[error(
        "byte {position} of the line, 0x{byte:02X}, is not part of UTF-8 text: this is a binary file; \
         give a text file"
    )]
    Binary {
        /// The first byte that does not occur in text.
        byte: u8,
        /// Its place in the line, from 1.
        position: usize,
    },
}

/// The encoding that bytes outside UTF-8 look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Letters of western Europe, without bytes from 0x80 to 0x9F.
    Latin1,
    /// The same with quotes, dashes or the euro sign at 0x80 to 0x9F.
    Windows1252,
    /// Mostly UTF-8.
    BrokenUtf8,
    /// None of these.
    Unknown,
}

impl Origin {
    /// Returns how to convert the bytes to UTF-8.
    pub fn advice(self) -> &'static str {
        match self {
            Origin::Latin1 => "from Latin-1: iconv -f latin1 -t utf-8",
            Origin::Windows1252 => {
                "it looks like Windows-1252: iconv -f windows-1252 -t utf-8 FILE > NEW"
            }
            Origin::BrokenUtf8 => {
                "most of it is UTF-8 already; correct this place, or drop what is broken: iconv -c -f \
                 utf-8 -t utf-8 FILE > NEW"
            }
            Origin::Unknown => {
                "it is in another encoding, such as windows-1251, shift_jis or gbk; the program that \
                 wrote it knows which: iconv -f ENCODING -t utf-8 FILE > NEW"
            }
        }
    }

    /// Returns the likely origin of bytes that are not all UTF-8.
    pub(crate) fn of(bytes: &[u8]) -> Origin {
        let chunks = bytes.utf8_chunks();
        let (mut valid, mut invalid) = (0, 0);
        for chunk in chunks {
            valid += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
            invalid += usize::from(!chunk.invalid().is_empty());
        }
        // In western European text two letters outside ASCII are rarely neighbors, and then beside others, as in `Größe`.
        let is_high = |byte: &u8| !byte.is_ascii();
        let high = bytes.iter().filter(|byte| is_high(byte)).count();
        let beside = bytes.windows(2).filter(|pair| pair.iter().all(is_high)).count();
        let words = bytes.split(|byte| byte.is_ascii() && !byte.is_ascii_alphabetic());
        let alone: usize = words.filter(|word| word.iter().all(is_high)).map(<[u8]>::len).sum();
        let is_double = 2 * beside >= high && 2 * alone > high && high > 2;
        // In one of the encodings of single bytes, UTF-8 letters of several bytes hardly occur by chance.
        let is_mixed = valid > 1 && 10 * valid >= invalid && !is_double;
        if valid > invalid || is_mixed {
            return Origin::BrokenUtf8;
        }
        let is_undefined = |byte| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
        match bytes.iter().any(|byte| (0x80..0xa0).contains(byte)) {
            _ if is_double => Origin::Unknown,
            true if bytes.iter().copied().any(is_undefined) => Origin::Unknown,
            true => Origin::Windows1252,
            false => Origin::Latin1,
        }
    }
}

/// Returns the text of a file, without a byte-order mark.
///
/// # Errors
///
/// If the bytes are not UTF-8 text. The error has the offset of the first byte that is not.
///
/// ```
/// assert_eq!(data::text(b"\xef\xbb\xbfso happy"), Ok("so happy"));
///
/// let (offset, error) = data::text(b"caf\xe9").unwrap_err();
/// assert_eq!(offset, 3);
/// assert!(error.to_string().contains("iconv -f latin1"));
/// ```
pub fn text(bytes: &[u8]) -> Result<&str, (usize, NotText)> {
    if let Some(fault) = no_utf8(bytes) {
        return Err(fault);
    }
    let text = str::from_utf8(bytes).map_err(|error| {
        let offset = match bytes.iter().position(|&byte| byte == 0) {
            Some(nul) => nul.min(error.valid_up_to()),
            None => error.valid_up_to(),
        };
        let (byte, position) = (bytes[offset], place(bytes, offset));
        let fault = match bytes.contains(&0) {
            true => NotText::Binary { byte, position },
            false => NotText::Bytes { byte, position, origin: Origin::of(bytes) },
        };
        (offset, fault)
    })?;
    Ok(without_mark(text))
}

/// Returns the fault of a file whose beginning already shows that it is not UTF-8 text, and its
/// offset.
pub fn no_utf8(bytes: &[u8]) -> Option<(usize, NotText)> {
    if let Some(other) = other_kind(bytes) {
        return Some((0, other));
    }
    let (encoding, has_mark) = utf16(bytes)?;
    let offset = bytes.iter().position(|&byte| byte == 0 || !byte.is_ascii())?;
    let (byte, position) = (bytes[offset], place(bytes, offset));
    Some((offset, NotText::Utf16 { byte, position, encoding, has_mark }))
}

/// Returns the text without a leading byte-order mark.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// Returns the place of a byte in its line, from 1.
fn place(bytes: &[u8], offset: usize) -> usize {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let start = bytes[..offset].iter().rposition(is_end).map_or(0, |end| end + 1);
    offset - start + 1
}

/// Returns the kind of a file that begins like something other than text.
pub(crate) fn other_kind(bytes: &[u8]) -> Option<NotText> {
    const AS_CSV: &str = "open it in its program and save it as CSV (UTF-8)";
    let start = &bytes[..bytes.len().min(BEGINNING)];
    let holds = |what: &[u8]| start.windows(what.len()).any(|part| part == what);
    let (kind, mend) = match start {
        [0x1f, 0x8b, ..] => ("a gzip file", "unpack it: gunzip -c FILE > NEW"),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => match holds(b"opendocument") {
            true => ("an OpenDocument file, such as a spreadsheet (.ods)", AS_CSV),
            false if holds(b"[Content_Types].xml") || holds(b"xl/") => {
                ("an Office file, such as an Excel spreadsheet (.xlsx)", AS_CSV)
            }
            false => ("a zip file", "unpack it: unzip FILE"),
        },
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            ("an old Office file, such as a spreadsheet (.xls)", AS_CSV)
        }
        [b'B', b'Z', b'h', _, 0x31, 0x41, 0x59, 0x26, ..] => {
            ("a bzip2 file", "unpack it: bunzip2 -c FILE > NEW")
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => ("an xz file", "unpack it: xz -dc FILE > NEW"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ("a zstd file", "unpack it: zstd -dc FILE > NEW"),
        [b'7', b'z', 0xbc, 0xaf, ..] => ("a 7z file", "unpack it: 7z x FILE"),
        [b'%', b'P', b'D', b'F', b'-', ..] => {
            ("a PDF file", "give the data it was made from as CSV")
        }
        // The control character begins the first field of a Parquet header. A text can begin with the letters.
        [b'P', b'A', b'R', b'1', 0x15, ..] => ("a Parquet file", "export it as CSV"),
        _ if start.starts_with(b"SQLite format 3\0") => {
            ("an SQLite database", "export the table: sqlite3 -csv -header FILE 'SELECT …' > NEW")
        }
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            ("UTF-32", "convert it: iconv -f UTF-32 -t UTF-8 FILE > NEW")
        }
        _ => return None,
    };
    Some(NotText::Kind { kind, mend })
}

/// Returns `iconv`'s name of the UTF-16 variant and `true` if a mark declares it; `None` for other
/// bytes.
pub(crate) fn utf16(bytes: &[u8]) -> Option<(&'static str, bool)> {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(("UTF-16", true)),
        _ if !bytes[..bytes.len().min(BEGINNING)].contains(&0) => None,
        _ if is_utf16(bytes, u16::from_le_bytes) => Some(("UTF-16LE", false)),
        _ if is_utf16(bytes, u16::from_be_bytes) => Some(("UTF-16BE", false)),
        _ => None,
    }
}

/// Returns `true` if the beginning is plausible as UTF-16 text (it has a separator or a line end,
/// and no NUL) and implausible as UTF-8.
fn is_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let start = &bytes[..bytes.len().min(BEGINNING)];
    let units: Vec<u16> = start.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    let is_end = |unit: &u16| matches!(unit, 10 | 13 | 44);
    let is_text = |unit: &u16| matches!(unit, 9 | 10 | 13 | 32..);
    // In UTF-16 every other byte of Latin, Greek and Cyrillic letters is a control character.
    let controls = start.iter().filter(|&&byte| byte < 9).count();
    let is_other = 4 * controls >= start.len() || str::from_utf8(bytes).is_err();
    units.iter().all(is_text) && units.iter().any(is_end) && is_other
}
