//! Printing: NumPy's nested brackets, aligned columns, and only the ends of long axes.
//!
//! `{}` prints the numbers, `{:.2}` with two digits after the point; `{:?}` adds type and shape in front.

use std::fmt;

use crate::{Scalar, Tensor, shape};

/// A tensor with more elements than this is shortened, to this many entries at each end of an axis.
const SHORTEN_FROM: usize = 200;
const ENDS: usize = 3;

/// An element that can be printed.
pub trait Printed: Copy {
    /// Returns the text of each of these elements, all in one form. A number has `digits` after its point, if that
    /// is set.
    fn words(elements: &[Self], digits: Option<usize>) -> Vec<String>;
}

impl<T: Printed> fmt::Display for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = shown_elements(self, f.precision()).into_iter();
        write_axis(f, self, 0, &mut words)
    }
}

impl<T: Printed> fmt::Debug for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.rank() > 1 { "\n" } else { " " };
        write!(f, "Tensor<{}> {:?}{separator}", std::any::type_name::<T>(), self.shape())?;
        fmt::Display::fmt(self, f)
    }
}

/// Returns the indices of an axis that are shown, and `true` if some between them are left out.
fn shown_indices(length: usize, shorten: bool) -> (Vec<usize>, bool) {
    if shorten && length > 2 * ENDS {
        ((0..ENDS).chain(length - ENDS..length).collect(), true)
    } else {
        ((0..length).collect(), false)
    }
}

/// Returns the text of each element that is shown, in order, all of one width.
fn shown_elements<T: Printed>(tensor: &Tensor<T>, digits: Option<usize>) -> Vec<String> {
    let shorten = tensor.len() > SHORTEN_FROM;
    let shown: Vec<_> = tensor.shape().iter().map(|&len| shown_indices(len, shorten).0).collect();
    let lengths: Vec<usize> = shown.iter().map(Vec::len).collect();
    let element = |at: usize| {
        let index = shape::index_of(at, &lengths);
        let index: Vec<usize> = index.iter().zip(&shown).map(|(&at, shown)| shown[at]).collect();
        tensor.get(index)
    };
    let elements: Vec<T> = (0..shape::len(&lengths)).map(element).collect();
    let words = T::words(&elements, digits);
    let width = words.iter().map(|word| word.chars().count()).max().unwrap_or(0);
    words.into_iter().map(|word| format!("{word:>width$}")).collect()
}

/// Prints numbers exactly if all are short, and otherwise with four digits after the point, or with an
/// exponent if some are too large or too small for that.
impl<T: Scalar> Printed for T {
    fn words(elements: &[Self], digits: Option<usize>) -> Vec<String> {
        if let Some(digits) = digits {
            return elements.iter().map(|x| format!("{x:.digits$}")).collect();
        }
        let exact = exactly(elements);
        let fixed: Vec<String> = elements.iter().map(|x| format!("{x:.4}")).collect();
        // A single significant digit says little about a number: 0.00005 would be 0.0001.
        let is_lost = |(x, (fixed, exact)): (&Self, (&String, &String))| {
            x.to_f64().abs() < 1e-3 && exact.len() > fixed.len()
        };
        if exact.iter().all(|word| word.len() <= 7) {
            exact
        } else if fixed.iter().any(|word| word.len() > 11)
            || elements.iter().zip(fixed.iter().zip(&exact)).any(is_lost)
        {
            elements.iter().map(|x| format!("{x:.4e}")).collect()
        } else {
            fixed
        }
    }
}

fn exactly(elements: &[impl fmt::Display]) -> Vec<String> {
    elements.iter().map(ToString::to_string).collect()
}

/// Prints booleans and integers with all their digits.
macro_rules! print_exactly {
    ($($Element:ty),*) => {
        $(impl Printed for $Element {
            fn words(elements: &[Self], _: Option<usize>) -> Vec<String> {
                exactly(elements)
            }
        })*
    };
}

print_exactly!(bool, u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

/// Writes one axis in brackets; the elements come from `words` in row-major order.
fn write_axis<T: Copy>(
    f: &mut fmt::Formatter<'_>,
    tensor: &Tensor<T>,
    axis: usize,
    words: &mut impl Iterator<Item = String>,
) -> fmt::Result {
    let Some(&length) = tensor.shape().get(axis) else {
        return f.write_str(&words.next().unwrap_or_default());
    };
    let innermost = axis + 1 == tensor.rank();
    let (indices, shortened) = shown_indices(length, tensor.len() > SHORTEN_FROM);
    let separator = match innermost {
        true => ", ".to_string(),
        false => format!(",{}{}", "\n".repeat(tensor.rank() - axis - 1), " ".repeat(axis + 1)),
    };
    f.write_str("[")?;
    if !tensor.is_empty() {
        for position in 0..indices.len() {
            if position > 0 {
                f.write_str(&separator)?;
            }
            if shortened && position == ENDS {
                write!(f, "…{separator}")?;
            }
            write_axis(f, tensor, axis + 1, words)?;
        }
    }
    f.write_str("]")
}
