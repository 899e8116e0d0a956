//! Reads and writes NumPy's `.npy` files, the files of `numpy.save` and `numpy.load`. Each holds
//! one array.
//!
//! ```text
//! \x93NUMPY  version  length of header  header                                                       elements
//! 6 bytes    2 bytes  2 or 4 bytes      {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  24 bytes
//! ```
//!
//! `descr` is byte order (`<` little, `>` big endian), kind (`f` float, `i` and `u` whole number,
//! `b` truth value) and size in bytes. With `fortran_order` the *first* axis varies fastest: such a
//! file is the transposed array in row-major order, and is read as a transposed view. Source: NumPy
//! Enhancement Proposal 1, with its versions 1, 2 and 3.
//!
//! This module parses the header itself, because libraries answer a damaged header with a message
//! without the file's name, or with a panic.

use std::io::{self, Write};
use std::path::Path;

use data::{FileError, excerpt, read_weights};
use files::{WriteError, write_whole};
use half::f16;
use tensor::Tensor;
use thiserror::Error;

use crate::little_endian::{LittleEndian, little_endian};

const MAGIC: &[u8] = b"\x93NUMPY";
/// The most bytes that an empty array may have if its lengths of 0 were 1.
const LARGEST_EMPTY: usize = 1 << 32;
/// The elements begin at a multiple of this, so that they can be mapped into memory.
const ALIGNMENT: usize = 64;

/// A `.npy` file cannot be used: the file, and its fault.
pub type NpyError = FileError<NpyFault>;

/// The faults of a `.npy` file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NpyFault {
    /// It cannot be read.
    #[error("cannot be read: {0}; give the path of a file written by numpy.save")]
    Read(io::Error),
    /// It is not a `.npy` file, or its header is damaged.
    #[error("is not a .npy file: {0}; give a file written by numpy.save")]
    Format(String),
    /// Its elements are not numbers.
    #[error(
        "holds elements of type {0}; only whole, real and truth values can be read: convert them with \
         array.astype(\"float32\")"
    )]
    Type(String),
    /// There are fewer or more bytes than its shape needs.
    #[error(
        "needs {expected} bytes of elements for shape {shape:?} but holds {found}: it is cut off or \
         damaged, so write it again"
    )]
    Size {
        /// The array's shape.
        shape: Vec<usize>,
        /// The number of bytes that it needs.
        expected: usize,
        /// The number of bytes found.
        found: usize,
    },
    /// A number has no counterpart in the requested type.
    #[error("element {index} (counted as stored, from 0) is {value}, which is not a {wanted}")]
    Number {
        /// Its position in the file.
        index: usize,
        /// The number.
        value: f64,
        /// The requested kind of number.
        wanted: &'static str,
    },
}

/// A number that `.npy` files hold: `f32`, `f64`, or `u32` for token ids and labels.
pub trait NpyNumber: LittleEndian {
    /// The type in written files.
    const DESCR: &'static str;
    /// The range of the type, for messages.
    const RANGE: &'static str;
    /// Returns the nearest number of this type; `None` if there is none.
    fn from_f64(value: f64) -> Option<Self>;
    /// Does the same for a whole number, which `f64` might round first.
    fn from_whole(value: i128) -> Option<Self>;
}

impl NpyNumber for f32 {
    const DESCR: &'static str = "<f4";
    const RANGE: &'static str = "number that f32 can hold: read it as f64";

    fn from_f64(value: f64) -> Option<Self> {
        let nearest = value as f32;
        (nearest.is_finite() || !value.is_finite()).then_some(nearest)
    }

    fn from_whole(value: i128) -> Option<Self> {
        Some(value as f32)
    }
}

impl NpyNumber for f64 {
    const DESCR: &'static str = "<f8";
    const RANGE: &'static str = "number";

    fn from_f64(value: f64) -> Option<Self> {
        Some(value)
    }

    fn from_whole(value: i128) -> Option<Self> {
        Some(value as f64)
    }
}

impl NpyNumber for u32 {
    const DESCR: &'static str = "<u4";
    const RANGE: &'static str = "whole number from 0 to 4294967295, as an id must be";

    fn from_f64(value: f64) -> Option<Self> {
        let id = value as u32;
        (f64::from(id) == value).then_some(id)
    }

    fn from_whole(value: i128) -> Option<Self> {
        value.try_into().ok()
    }
}

/// Reads an array of any shape. Its numbers, of any type and byte order, are rounded to the nearest
/// `T`.
///
/// ```
/// use tensor::Tensor;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("ids.npy");
/// store::write_npy(&path, &Tensor::from([[1, 2], [3, 4]]))?;
/// assert_eq!(store::read_npy::<f32>(&path)?, Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the file cannot be read, is damaged, does not hold numbers, or holds a number without a
/// counterpart in `T`: too large for `f32`, or not a whole number for `u32`.
pub fn read_npy<T: NpyNumber>(path: impl AsRef<Path>) -> Result<Tensor<T>, NpyError> {
    let path = path.as_ref();
    let read = || parse(&read_weights(path).map_err(NpyFault::Read)?);
    read().map_err(|fault| FileError::new(path, fault))
}

/// Writes an array of any layout, row-major and in little-endian order, whole or not at all.
///
/// # Errors
/// If the file cannot be written. Then an existing file is left as it was.
pub fn write_npy<T: NpyNumber>(
    path: impl AsRef<Path>,
    tensor: &Tensor<T>,
) -> Result<(), WriteError> {
    write_whole(path, |file| {
        file.write_all(&header(T::DESCR, tensor.shape()))?;
        file.write_all(&little_endian(tensor))
    })
}

/// Returns the bytes before the elements: version 1, or version 2 if the header is too long for
/// version 1.
fn header(descr: &str, shape: &[usize]) -> Vec<u8> {
    let mut lengths = shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    if shape.len() == 1 {
        lengths.push(',');
    }
    let dictionary =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({lengths}), }}");
    let padded =
        |before: usize| (before + dictionary.len() + 1).next_multiple_of(ALIGNMENT) - before;
    let mut bytes = MAGIC.to_vec();
    match u16::try_from(padded(10)) {
        Ok(length) => {
            bytes.extend([1, 0]);
            bytes.extend(length.to_le_bytes());
        }
        Err(_) => {
            bytes.extend([2, 0]);
            bytes.extend((padded(12) as u32).to_le_bytes());
        }
    }
    bytes.extend(dictionary.bytes());
    bytes.resize((bytes.len() + 1).next_multiple_of(ALIGNMENT) - 1, b' ');
    bytes.push(b'\n');
    bytes
}

fn parse<T: NpyNumber>(bytes: &[u8]) -> Result<Tensor<T>, NpyFault> {
    let (header, elements) = split(bytes)?;
    let Header { element, fortran_order, shape } = Header::parse(header)?;
    let expected = bytes_needed(&shape, element.size).ok_or_else(|| {
        NpyFault::Format(format!("its header gives the impossible shape {shape:?}"))
    })?;
    if elements.len() != expected {
        return Err(NpyFault::Size { shape, expected, found: elements.len() });
    }
    let numbers = elements.chunks_exact(element.size).enumerate().map(|(index, bytes)| {
        let wanted = T::RANGE;
        match element.number(bytes) {
            Stored::Float(value) => {
                T::from_f64(value).ok_or(NpyFault::Number { index, value, wanted })
            }
            Stored::Whole(whole) => {
                T::from_whole(whole).ok_or(NpyFault::Number { index, value: whole as f64, wanted })
            }
        }
    });
    let values = numbers.collect::<Result<_, _>>()?;
    if !fortran_order {
        return Ok(Tensor::new(shape, values));
    }
    let reversed: Vec<usize> = shape.iter().rev().copied().collect();
    let axes: Vec<isize> = (0..shape.len() as isize).rev().collect();
    Ok(Tensor::new(reversed, values).permute(&axes))
}

/// Returns the header's text, and the bytes after it.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), NpyFault> {
    let fault = |what: &str| NpyFault::Format(what.to_string());
    let rest =
        bytes.strip_prefix(MAGIC).ok_or_else(|| fault("it does not begin with \\x93NUMPY"))?;
    let (length, rest) = match rest {
        [1, 0, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, 0, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        [major @ 1..=3, 0, ..] => {
            return Err(fault(&format!("it ends in the header of version {major}")));
        }
        [major, minor, ..] => {
            return Err(fault(&format!("its version {major}.{minor} is not 1.0, 2.0 or 3.0")));
        }
        _ => return Err(fault("it ends before the version")),
    };
    let (header, elements) =
        rest.split_at_checked(length).ok_or_else(|| fault("it ends within the header"))?;
    let header = std::str::from_utf8(header).map_err(|_| fault("its header is not text"))?;
    Ok((header, elements))
}

/// Returns the number of bytes of an array; `None` if it, or a stride of an empty array, overflows.
fn bytes_needed(shape: &[usize], size: usize) -> Option<usize> {
    let bytes = shape.iter().try_fold(size, |bytes, &n| bytes.checked_mul(n.max(1)))?;
    match shape.contains(&0) {
        false => Some(bytes),
        // A result computed from an empty array may have its other lengths, though no element
        // proves that such an array fits into memory.
        true => (bytes <= LARGEST_EMPTY).then_some(0),
    }
}

struct Header {
    element: Element,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Reads a Python dictionary of three known keys, in any order.
    fn parse(text: &str) -> Result<Self, NpyFault> {
        let damaged = |key| NpyFault::Format(format!("its header has no usable '{key}'"));
        // First, because a record has a description of its fields, with names of their own.
        let element = Element::parse(value(text, "descr").ok_or_else(|| damaged("descr"))?)?;
        let fortran_order = match value(text, "fortran_order") {
            Some(rest) if rest.starts_with("True") => true,
            Some(rest) if rest.starts_with("False") => false,
            _ => return Err(damaged("fortran_order")),
        };
        let shape = value(text, "shape").and_then(tuple).ok_or_else(|| damaged("shape"))?;
        Ok(Self { element, fortran_order, shape })
    }
}

/// Returns the text that follows a key of the dictionary.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("'{key}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// Returns the lengths in `()`, `(3,)` or `(2, 3)`.
fn tuple(text: &str) -> Option<Vec<usize>> {
    let (lengths, _) = text.strip_prefix('(')?.split_once(')')?;
    let lengths = lengths.trim();
    let lengths = lengths.strip_suffix(',').unwrap_or(lengths);
    if lengths.is_empty() {
        return Some(Vec::new());
    }
    lengths.split(',').map(|length| length.trim().parse().ok()).collect()
}

/// The storage format of one number.
struct Element {
    big_endian: bool,
    kind: u8,
    size: usize,
}

impl Element {
    /// Parses a header from `'<f4'` on.
    fn parse(descr: &str) -> Result<Self, NpyFault> {
        let text = descr.strip_prefix('\'').and_then(|rest| rest.split('\'').next());
        let known = match text.map(str::as_bytes) {
            Some(&[order @ (b'<' | b'>' | b'|'), kind, size @ b'0'..=b'9']) => {
                Some(Self { big_endian: order == b'>', kind, size: usize::from(size - b'0') })
            }
            _ => None,
        };
        let readable = known.filter(|element| {
            matches!(
                (element.kind, element.size),
                (b'f', 2 | 4 | 8) | (b'i' | b'u', 1 | 2 | 4 | 8) | (b'b', 1)
            )
        });
        readable.ok_or_else(|| NpyFault::Type(text.map_or("record".to_string(), excerpt)))
    }

    /// Returns the number in these bytes.
    fn number(&self, bytes: &[u8]) -> Stored {
        let mut low_first = [0; 8];
        low_first[..self.size].copy_from_slice(bytes);
        if self.big_endian {
            low_first[..self.size].reverse();
        }
        let word = u64::from_le_bytes(low_first);
        match (self.kind, self.size) {
            (b'f', 2) => Stored::Float(f16::from_bits(word as u16).to_f64()),
            (b'f', 4) => Stored::Float(f32::from_bits(word as u32).into()),
            (b'f', _) => Stored::Float(f64::from_bits(word)),
            (b'i', size) => {
                let unused = 64 - 8 * size as u32;
                Stored::Whole((((word << unused) as i64) >> unused).into())
            }
            _ => Stored::Whole(word.into()),
        }
    }
}

/// A number as it is stored.
enum Stored {
    Float(f64),
    Whole(i128),
}
