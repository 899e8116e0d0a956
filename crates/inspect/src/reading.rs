//! A tensor shown to a person: a small one as its numbers, a large one as a strip of shades.

use std::fmt;

use serde::Serialize;
use tensor::{Scalar, Tensor};

/// A tensor, as far as a person can read it.
///
/// ```
/// use inspect::{Detail, Reading};
/// use tensor::Tensor;
///
/// let detail = Detail { numbers: 4, cells: (1, 8) };
/// let read = |x: Tensor<f64>| Reading::of(&x, detail).to_string();
/// assert_eq!(read(Tensor::from([[1.0, 2.0], [3.0, 0.5]])), "[1  2; 3  0.5]");
/// assert_eq!(read(Tensor::zeros([3, 2])), "[3, 2], min 0, mean 0, max 0");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reading {
    /// Its shape.
    pub shape: Vec<usize>,
    /// The memory that its numbers take, in bytes.
    pub bytes: usize,
    /// Its numbers, or a summary of them.
    pub shown: Shown,
}

/// The numbers of a tensor, or a summary of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// Each number; a row is the last axis.
    Numbers(Vec<Vec<String>>),
    /// A summary, and shades.
    Strip {
        /// The smallest number.
        min: String,
        /// The mean.
        mean: String,
        /// The largest number.
        max: String,
        /// Rows of shades, each the mean of a block of numbers divided by the largest magnitude of
        /// all: `Z` to `A` for −1 to below 0, `0` for 0, `a` to `z` for above 0 to 1, `?` for NaN.
        cells: Vec<String>,
    },
}

/// The limits within which a tensor is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detail {
    /// A tensor of at most this many elements is shown as numbers, if no row is long.
    pub numbers: usize,
    /// The most rows and columns of the summary of a larger tensor.
    pub cells: (usize, usize),
}

/// Rows longer than this are not shown as numbers: side by side they do not fit a phone.
const MOST_COLUMNS: usize = 6;

impl Detail {
    /// Returns the limits for each of this many tensors, within which all together stay readable and small.
    pub fn for_tensors(count: usize) -> Self {
        match count {
            0..=200 => Self { numbers: 64, cells: (8, 48) },
            _ => Self { numbers: 12, cells: (3, 32) },
        }
    }
}

impl Reading {
    /// Reads a tensor.
    pub fn of<T: Scalar>(tensor: &Tensor<T>, detail: Detail) -> Self {
        let values: Vec<f64> = tensor.values().iter().map(|x| x.to_f64()).collect();
        let columns = tensor.shape().last().copied().unwrap_or(1).max(1);
        let is_small = values.len() <= detail.numbers && columns <= MOST_COLUMNS;
        let shown = match is_small || values.is_empty() {
            true => Shown::Numbers(numbers(&values, columns)),
            false => strip(&values, columns, detail.cells),
        };
        let bytes = values.len() * size_of::<T>();
        Self { shape: tensor.shape().to_vec(), bytes, shown }
    }

    /// Returns a few words: the numbers if they are few, otherwise the shape and the range.
    pub fn range(&self) -> String {
        match &self.shown {
            Shown::Numbers(_) => self.to_string(),
            Shown::Strip { min, max, .. } => format!("{:?} {min} … {max}", self.shape),
        }
    }
}

/// Writes a number with six significant digits, without zeros that say nothing; a very large or small one
/// with five and an exponent.
pub fn number(x: f64) -> String {
    let magnitude = x.abs();
    if x == 0.0 {
        return "0".to_string();
    }
    if !x.is_finite() {
        return x.to_string();
    }
    if !(1e-4..1e6).contains(&magnitude) {
        return format!("{x:.4e}");
    }
    let digits = (5 - magnitude.log10().floor() as i32).max(0) as usize;
    let text = format!("{x:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

fn numbers(values: &[f64], columns: usize) -> Vec<Vec<String>> {
    values.chunks(columns).map(|row| row.iter().map(|&x| number(x)).collect()).collect()
}

fn strip(values: &[f64], columns: usize, (most_rows, most_columns): (usize, usize)) -> Shown {
    let means = block_means(values, columns, most_rows, most_columns);
    let finite = means.iter().flatten().map(|x| x.abs()).filter(|x| x.is_finite());
    let largest = finite.fold(f64::MIN_POSITIVE, f64::max);
    let row = |row: &Vec<f64>| row.iter().map(|x| shade(x / largest)).collect();
    // Unlike `f64::min` and `f64::max`, these are NaN if a number is.
    let extreme =
        |of: fn(f64, f64) -> f64| number(values.iter().copied().reduce(of).unwrap_or(f64::NAN));
    Shown::Strip {
        min: extreme(<f64 as Scalar>::minimum),
        mean: number(values.iter().sum::<f64>() / values.len() as f64),
        max: extreme(<f64 as Scalar>::maximum),
        cells: means.iter().map(row).collect(),
    }
}

/// Returns the means of blocks of a matrix, in at most this many rows and columns.
fn block_means(values: &[f64], columns: usize, rows: usize, across: usize) -> Vec<Vec<f64>> {
    let lines: Vec<&[f64]> = values.chunks(columns).collect();
    let height = lines.len().div_ceil(rows);
    let width = columns.div_ceil(across);
    let mean = |block: &[&[f64]], start: usize| {
        let end = (start + width).min(columns);
        let sum: f64 = block.iter().flat_map(|line| &line[start..end]).sum();
        sum / (block.len() * (end - start)) as f64
    };
    let means =
        |block: &[&[f64]]| (0..columns).step_by(width).map(|start| mean(block, start)).collect();
    lines.chunks(height).map(means).collect()
}

/// The levels of a shade, from −1 over 0 in the middle to 1.
const SHADES: &str = "ZYXWVUTSRQPONMLKJIHGFEDCBA0abcdefghijklmnopqrstuvwxyz";

/// Returns a number between −1 and 1 as one letter.
fn shade(x: f64) -> char {
    if x.is_nan() {
        return '?';
    }
    let middle = (SHADES.len() / 2) as f64;
    let level = (middle + (x.clamp(-1.0, 1.0) * middle).round()) as usize;
    char::from(SHADES.as_bytes()[level])
}

/// The numbers, or the summary, on as many lines as there are rows.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shown {
            Shown::Numbers(rows) if self.shape.is_empty() => f.write_str(&rows[0][0]),
            Shown::Numbers(rows) => {
                let rows: Vec<String> = rows.iter().map(|row| row.join("  ")).collect();
                write!(f, "[{}]", rows.join("; "))
            }
            Shown::Strip { min, mean, max, .. } => {
                write!(f, "{:?}, min {min}, mean {mean}, max {max}", self.shape)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits_and_no_idle_zeros() {
        for (x, shown) in [
            (2.0, "2"),
            (0.5, "0.5"),
            (-2.5838531634528574, "-2.58385"),
            (123456.7, "123457"),
            (99999.96, "100000"),
            (1e6, "1.0000e6"),
            (1.5e-5, "1.5000e-5"),
            (-0.0, "0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(number(x), shown);
        }
    }

    #[test]
    fn numbers_that_are_not_finite_are_seen_in_a_summary() {
        let detail = Detail { numbers: 4, cells: (1, 9) };
        let read = |first: f64| {
            let x: Vec<f64> = [first].into_iter().chain((1..9).map(f64::from)).collect();
            Reading::of(&Tensor::new([9], x), detail)
        };
        assert_eq!(read(f64::NAN).to_string(), "[9], min NaN, mean NaN, max NaN");
        assert_eq!(read(f64::NAN).range(), "[9] NaN … NaN");
        assert_eq!(read(f64::INFINITY).range(), "[9] 1 … inf");
        // The others keep their shades.
        let Shown::Strip { cells, .. } = read(f64::NEG_INFINITY).shown else { panic!("a strip") };
        assert_eq!(cells, ["Zcgjmptwz"]);
    }

    #[test]
    fn a_large_tensor_is_block_means_in_shades() {
        // Four rows of eight: the left half −2, the right half 1.
        let x: Vec<f32> = (0..32).map(|i| if i % 8 < 4 { -2.0 } else { 1.0 }).collect();
        let detail = Detail { numbers: 4, cells: (2, 4) };
        let reading = Reading::of(&Tensor::new([4, 8], x), detail);
        assert_eq!(
            (reading.bytes, reading.to_string().as_str()),
            (128, "[4, 8], min -2, mean -0.5, max 1")
        );
        let Shown::Strip { cells, .. } = reading.shown else { panic!("32 numbers are too many") };
        assert_eq!(cells, ["ZZmm", "ZZmm"]);
    }

    #[test]
    fn odd_tensors_can_be_read() {
        let detail = Detail { numbers: 2, cells: (2, 4) };
        for shape in [[0, 3], [3, 0], [0, 90]] {
            assert_eq!(Reading::of(&Tensor::<f64>::zeros(shape), detail).to_string(), "[]");
        }
        let flat = |x: f64| match Reading::of(&Tensor::full([9], x), detail).shown {
            Shown::Strip { cells, .. } => cells,
            Shown::Numbers(_) => panic!("9 numbers are too many"),
        };
        assert_eq!([flat(0.0), flat(-7.0), flat(f64::NAN)], [["000"], ["ZZZ"], ["???"]]);
    }
}
