//! Matrices in 16 bits, for products that are bound by memory bandwidth.
//!
//! A model that writes a text reads all its weights for each token, and multiplies with each of them once. Such a
//! product takes as long as reading the weights does, and 16 bits are read in half the time. Only storage has 16 bits:
//! a weight is widened when it is read, and all arithmetic is in the scalar type of the other factor.
//!
//! bf16 is the upper half of an `f32`:
//!
//! ```text
//!         sign  exponent   fraction
//! f32     1     8 bits     23 bits
//! bf16    1     8 bits     7 bits        each number from 2⁻¹²⁶ up changes by at most 2⁻⁸ of itself
//! f16     1     5 bits     10 bits       2⁻¹¹, but none above 65,504
//! ```
//!
//! Widening bf16 is a shift, which every processor can do for a whole register. f16 takes a table, or an instruction
//! that not every processor has. Its three extra bits would buy nothing, because rounding to bf16 costs a trained
//! model so little: `wengert lm evaluate --precision bf16` prints how much.
//!
//! # Layout
//!
//! A row of n numbers is h = ⌈n / 2⌉ words of 32 bits. Word i has number i in its lower half and number h + i in its
//! upper half. So a shift turns a register of words into consecutive numbers, and a mask into others.

mod product;

use std::error::Error;
use std::fmt;

use crate::shape::{self, Shape, expect};
use crate::{Scalar, ShapeError, Tensor, buffer};

pub(crate) use product::multiply_row;

/// A matrix whose numbers are stored as bf16.
///
/// ```
/// use tensor::{Bf16Matrix, Tensor};
///
/// let weights = Tensor::from([[1.0, 0.5, 3.0], [0.1, 2.0, 0.0]]);
/// let rounded = Bf16Matrix::round(&weights)?;
/// assert_eq!(rounded.widen::<f32>(), Tensor::from([[1.0, 0.5, 3.0], [0.100097656, 2.0, 0.0]]));
///
/// let x = Tensor::from([[1.0f32, 2.0, 4.0]]);
/// assert_eq!(rounded.dot_rows(&x), Tensor::from([[14.0, 4.1000977]]));
/// # Ok::<(), tensor::Bf16Overflow>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Bf16Matrix {
    words: Vec<u32>,
    rows: usize,
    columns: usize,
}

impl Bf16Matrix {
    /// Returns a matrix with each number rounded to the nearest bf16, and to the even one if two are equally near.
    /// Infinite numbers and NaN stay as they are.
    ///
    /// # Errors
    /// If a number is so large that it would become infinite.
    ///
    /// # Panics
    /// If the tensor does not have two axes.
    #[track_caller]
    pub fn round(matrix: &Tensor) -> Result<Self, Bf16Overflow> {
        let &[rows, columns] = matrix.shape() else {
            panic!("Bf16Matrix: shape {:?} must have two axes", matrix.shape())
        };
        let values = matrix.values();
        let is_lost = |&x: &f32| x.is_finite() && !f32::is_finite(widen(round(x)));
        if let Some(at) = values.iter().position(is_lost) {
            return Err(Bf16Overflow { value: values[at], at: [at / columns, at % columns] });
        }
        let half = columns.div_ceil(2);
        let mut words = vec![0; rows * half];
        let targets = words.chunks_exact_mut(half.max(1));
        for (row, words) in values.chunks_exact(columns.max(1)).zip(targets) {
            let (lower, upper) = row.split_at(half);
            words.iter_mut().zip(lower).for_each(|(word, &x)| *word = round(x).into());
            words.iter_mut().zip(upper).for_each(|(word, &x)| *word |= u32::from(round(x)) << 16);
        }
        Ok(Self { words, rows, columns })
    }

    /// Returns the numbers of rows and columns.
    pub fn shape(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// Returns the same numbers in another scalar type, `[rows, columns]`, without rounding.
    pub fn widen<T: Scalar>(&self) -> Tensor<T> {
        self.widened(0..self.rows)
    }

    /// Returns the rows that `ids` names, in the shape of `ids` followed by the columns.
    ///
    /// # Panics
    /// If there is no row with one of these numbers.
    #[track_caller]
    pub fn gather_rows<T: Scalar>(&self, ids: &Tensor<u32>) -> Tensor<T> {
        let numbers = ids.values();
        expect("gather_rows", shape::rows_exist(&numbers, self.rows));
        let rows = self.widened(numbers.iter().map(|&id| id as usize));
        rows.reshape(ids.shape().iter().copied().chain([self.columns]).collect::<Shape>())
    }

    /// Returns x·Mᵀ, the product of each row of x `[m, columns]` with each row of this matrix: `[m, rows]`.
    ///
    /// Up to 32 rows of x are multiplied one by one with a part of this matrix that is in the nearest cache. For more
    /// rows the matrix is first widened as a whole.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn dot_rows<T: Scalar>(&self, x: &Tensor<T>) -> Tensor<T> {
        let m = expect("dot_rows", self.check(x.shape()));
        if m > MOST_ROWS || x.is_empty() {
            return x.matmul(&self.widen().t());
        }
        let mut product = buffer::stale(m * self.rows, T::ZERO);
        let (x, half) = (x.values(), self.columns.div_ceil(2));
        let part = (PART / half).next_multiple_of(product::TOGETHER).max(product::TOGETHER);
        for (number, words) in self.words.chunks(part * half).enumerate() {
            let columns = number * part..number * part + words.len() / half;
            let targets = product.chunks_exact_mut(self.rows);
            for (row, target) in x.chunks_exact(self.columns).zip(targets) {
                T::multiply_row_bf16(row, words, &mut target[columns.clone()]);
            }
        }
        Tensor::from_buffer(&[m, self.rows], product)
    }

    /// Returns the number of rows of the other factor, if its shape fits.
    pub fn check(&self, shape: &[usize]) -> Result<usize, ShapeError> {
        match *shape {
            [m, columns] if columns == self.columns => Ok(m),
            _ => Err(ShapeError::new(format!(
                "x {shape:?} does not fit a matrix in bf16 of {} rows of {} numbers: it must be [m, {1}]",
                self.rows, self.columns
            ))),
        }
    }

    /// Returns these rows in another scalar type.
    fn widened<T: Scalar>(&self, rows: impl ExactSizeIterator<Item = usize>) -> Tensor<T> {
        let (shape, half) = ([rows.len(), self.columns], self.columns.div_ceil(2));
        let mut values = buffer::stale(shape::len(&shape), T::ZERO);
        for (row, values) in rows.zip(values.chunks_exact_mut(self.columns.max(1))) {
            let words = &self.words[row * half..][..half];
            let (lower, upper) = values.split_at_mut(half);
            lower.iter_mut().zip(words).for_each(|(x, &word)| *x = lower_half(word));
            upper.iter_mut().zip(words).for_each(|(x, &word)| *x = upper_half(word));
        }
        Tensor::from_buffer(&shape, values)
    }
}

impl fmt::Debug for Bf16Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bf16Matrix {:?}", self.shape())
    }
}

/// Up to this many rows of the other factor are multiplied one by one (measured).
const MOST_ROWS: usize = 32;

/// About this many words are read at once, for all rows of the other factor.
const PART: usize = 1 << 12;

/// A number that is too large for bf16.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bf16Overflow {
    /// The number.
    pub value: f32,
    /// Its row and its column.
    pub at: [usize; 2],
}

impl fmt::Display for Bf16Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, at: [row, column] } = self;
        let largest = widen(0x7f7f);
        write!(
            f,
            "{value:e} in row {row}, column {column}, would become infinite: the largest number of bf16 is \
             {largest:e}"
        )
    }
}

impl Error for Bf16Overflow {}

/// Returns the nearest bf16, and the even one if two are equally near.
fn round(x: f32) -> u16 {
    let bits = x.to_bits();
    if x.is_nan() {
        // Without this bit, a NaN whose set fraction bits are all in the lower half would become infinite.
        return (bits >> 16) as u16 | 0x40;
    }
    // This carries into the upper half above the middle, and in the middle itself only if the upper half is odd.
    let carried = bits + 0x7fff + (bits >> 16 & 1);
    (carried >> 16) as u16
}

/// Returns the number that these 16 bits represent.
#[inline(always)]
fn widen(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// Returns the number in the lower half of a word.
#[inline(always)]
pub(crate) fn lower_half<T: Scalar>(word: u32) -> T {
    T::from_f64(widen(word as u16).into())
}

/// Returns the number in the upper half of a word.
#[inline(always)]
pub(crate) fn upper_half<T: Scalar>(word: u32) -> T {
    T::from_f64(widen((word >> 16) as u16).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All numbers of bf16 that are finite.
    fn finite() -> impl Iterator<Item = u16> {
        (0..=u16::MAX).filter(|&bits| widen(bits).is_finite())
    }

    #[test]
    fn a_number_of_bf16_stays_what_it_is() {
        for bits in 0..=u16::MAX {
            let x = widen(bits);
            assert_eq!(
                (widen(round(x)).is_nan(), x.is_nan() || round(x) == bits),
                (x.is_nan(), true)
            );
        }
    }

    #[test]
    fn what_is_infinite_or_nan_stays_so() {
        for infinite in [f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(widen(round(infinite)), infinite);
        }
        for bits in [0x7f80_0001, 0x7f80_ffff, 0xff80_0001, 0x7fff_ffff, 0xffff_ffff] {
            assert!(widen(round(f32::from_bits(bits))).is_nan(), "{bits:x}");
        }
    }

    #[test]
    fn the_middle_between_two_numbers_goes_to_the_even_one() {
        for below in finite().filter(|below| *below & 0x7fff != 0x7f7f) {
            let middle = f32::from_bits((u32::from(below) << 16) + 0x8000);
            assert_eq!(round(middle), below + (below & 1), "{middle:e}");
        }
    }

    proptest! {
        #[test]
        fn no_number_of_bf16_is_nearer(bits: u32) {
            let x = f32::from_bits(bits);
            prop_assume!(x.is_finite() && widen(round(x)).is_finite());
            let distance = |bits: u16| (f64::from(x) - f64::from(widen(bits))).abs();
            let found = round(x);
            prop_assert!(distance(found) <= f64::from(x).abs() / 256.0 || x.abs() < f32::MIN_POSITIVE);
            for other in [found.wrapping_sub(1), found.wrapping_add(1)] {
                prop_assert!(!widen(other).is_finite() || distance(found) <= distance(other));
            }
        }
    }
}
