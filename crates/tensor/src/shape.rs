//! Shapes and the rules they obey.
//!
//! Each rule is a function from shapes to a shape. It returns a [`ShapeError`] that states the
//! rule and what would fit, so that every caller, on the tape or off it, reports the same words.

use std::fmt;
use std::ops::{Bound, Range, RangeBounds};

use smallvec::SmallVec;

use crate::vectorized::vectorized;

/// The length of each axis, outermost first. No heap allocation up to four axes.
pub type Shape = SmallVec<[usize; 4]>;

/// Shapes that do not fit an operation: the rule that was broken, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError(String);

impl ShapeError {
    /// Creates an error with this explanation.
    pub fn new(rule: impl Into<String>) -> Self {
        Self(rule.into())
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ShapeError {}

/// Returns the lengths as a [`Shape`]. A copy of up to four by a match: a copy of any number is a call into the C
/// library, which takes longer than that, and a small tensor needs several.
#[inline]
pub(crate) fn copied(lengths: &[usize]) -> Shape {
    match *lengths {
        [] => Shape::new(),
        [a] => Shape::from_buf_and_len([a, 0, 0, 0], 1),
        [a, b] => Shape::from_buf_and_len([a, b, 0, 0], 2),
        [a, b, c] => Shape::from_buf_and_len([a, b, c, 0], 3),
        [a, b, c, d] => Shape::from_buf([a, b, c, d]),
        _ => Shape::from_slice(lengths),
    }
}

/// Returns `true` if two shapes are equal. Axis by axis, because `==` of slices is a call into the C library.
#[inline]
pub fn are_equal(left: &[usize], right: &[usize]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| a == b)
}

/// Unwraps the outcome of a shape rule, or panics at the caller's line with the operation's name.
///
/// # Panics
/// If `outcome` is an error.
#[track_caller]
pub fn expect<V>(op: &str, outcome: Result<V, ShapeError>) -> V {
    match outcome {
        Ok(value) => value,
        Err(error) => panic!("{op}: {error}"),
    }
}

/// Returns the number of elements of a shape: the product of its axes, 1 for a scalar.
///
/// # Panics
/// If there are more than a `usize` can count, as an expanded shape may claim.
#[track_caller]
#[inline]
pub fn len(shape: &[usize]) -> usize {
    if shape.contains(&0) {
        return 0;
    }
    match shape.iter().try_fold(1usize, |count, &length| count.checked_mul(length)) {
        Some(count) => count,
        None => panic!("shape {shape:?} has more elements than can be counted"),
    }
}

/// Returns the index of the element at this position in row-major order.
///
/// ```
/// assert_eq!(tensor::shape::index_of(7, &[2, 3, 2]), [1, 0, 1]);
/// ```
///
/// # Panics
/// If there are no elements.
#[track_caller]
pub fn index_of(mut position: usize, shape: &[usize]) -> Vec<usize> {
    assert!(!shape.contains(&0), "index_of: shape {shape:?} has no elements");
    let mut index = vec![0; shape.len()];
    for (i, &length) in index.iter_mut().zip(shape).rev() {
        *i = position % length;
        position /= length;
    }
    index
}

/// Returns the position of `axis` among `rank` axes; negative counts from the end, as in NumPy.
pub fn axis(axis: isize, rank: usize) -> Result<usize, ShapeError> {
    let position = if axis < 0 { axis + rank as isize } else { axis };
    if (0..rank as isize).contains(&position) {
        Ok(position as usize)
    } else {
        Err(ShapeError::new(match rank {
            0 => format!("axis {axis} does not exist: a scalar has no axes"),
            _ => format!(
                "axis {axis} does not exist: with {rank} axes it must be in -{rank}..={}",
                rank - 1
            ),
        }))
    }
}

/// Returns the positions that a range names on an axis of this length, whatever ends the range leaves open.
/// They may be beyond the axis, even at `usize::MAX`.
///
/// ```
/// assert_eq!(tensor::shape::range(2.., 5), 2..5);
/// assert_eq!(tensor::shape::range(..=2, 5), 0..3);
/// ```
pub fn range(range: impl RangeBounds<usize>, length: usize) -> Range<usize> {
    let start = match range.start_bound() {
        Bound::Included(&start) => start,
        Bound::Excluded(&before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&last) => last.saturating_add(1),
        Bound::Excluded(&end) => end,
        Bound::Unbounded => length,
    };
    start..end
}

/// Checks that an axis is longer than an index.
pub fn index(shape: &[usize], axis: usize, index: usize) -> Result<(), ShapeError> {
    match index < shape[axis] {
        true => Ok(()),
        false => Err(ShapeError::new(format!(
            "index {index} is not within axis {axis} of shape {shape:?}"
        ))),
    }
}

/// Returns the shape to which both broadcast, by NumPy's rule: aligned at the last axis, two lengths fit
/// when they are equal or one of them is 1; missing axes count as 1.
///
/// ```
/// assert_eq!(tensor::shape::broadcast(&[32, 1, 5], &[7, 1]).unwrap().as_slice(), [32, 7, 5]);
/// ```
pub fn broadcast(left: &[usize], right: &[usize]) -> Result<Shape, ShapeError> {
    if are_equal(left, right) {
        return Ok(copied(left));
    }
    let rank = left.len().max(right.len());
    let length = |shape: &[usize], k: usize| match (k + shape.len()).checked_sub(rank) {
        Some(position) => shape[position],
        None => 1,
    };
    let mut shape = Shape::from_elem(1, rank);
    for k in 0..rank {
        shape[k] = match (length(left, k), length(right, k)) {
            (a, b) if a == b || b == 1 => a,
            (1, b) => b,
            (a, b) => {
                return Err(ShapeError::new(format!(
                    "shapes {left:?} and {right:?} do not broadcast: aligned at the last axis, \
                     lengths must be equal or 1, but axis -{} has {a} against {b}",
                    rank - k
                )));
            }
        };
    }
    Ok(shape)
}

/// Returns the shape to which a condition and the two sides of a choice broadcast.
pub fn where_(condition: &[usize], a: &[usize], b: &[usize]) -> Result<Shape, ShapeError> {
    broadcast(condition, &broadcast(a, b)?)
}

/// Checks that `from` broadcasts to exactly `to`.
pub fn expands(from: &[usize], to: &[usize]) -> Result<(), ShapeError> {
    let mut aligned = from.iter().rev().zip(to.iter().rev());
    if from.len() <= to.len() && aligned.all(|(&own, &target)| own == target || own == 1) {
        return Ok(());
    }
    Err(ShapeError::new(format!(
        "shape {from:?} does not expand to {to:?}: aligned at the last axis, each length must be \
         equal to the target's or 1"
    )))
}

/// Returns the shape of a matrix product `[…, m, k] · […, k, n] = […, m, n]`; the batch axes `…` broadcast.
pub fn matmul(left: &[usize], right: &[usize]) -> Result<Shape, ShapeError> {
    let (&[ref batch_left @ .., m, k], &[ref batch_right @ .., inner, n]) = (left, right) else {
        return Err(ShapeError::new(format!(
            "shapes {left:?} and {right:?} are not both matrices: each needs at least two axes; \
             reshape a vector of n to [1, n] or [n, 1]"
        )));
    };
    if k != inner {
        let hint = match (m == inner, k == n) {
            (_, true) => "; the right one transposed would fit",
            (true, _) => "; the left one transposed would fit",
            _ => "",
        };
        return Err(ShapeError::new(format!(
            "shapes {left:?} and {right:?} do not fit: [m, k] · [k, n] needs equal inner lengths, \
             but {k} is not {inner}{hint}"
        )));
    }
    let mut shape = broadcast(batch_left, batch_right)?;
    shape.extend([m, n]);
    Ok(shape)
}

/// Checks that a reshape keeps the number of elements.
pub fn reshape(from: &[usize], to: &[usize]) -> Result<(), ShapeError> {
    if len(from) == len(to) {
        return Ok(());
    }
    Err(ShapeError::new(format!(
        "shape {from:?} has {} elements, {to:?} has {}: a reshape keeps their number",
        len(from),
        len(to)
    )))
}

/// Returns the shape of tensors joined along `along`: all other axes must agree.
pub fn concat(shapes: &[&[usize]], along: isize) -> Result<Shape, ShapeError> {
    let Some(&first) = shapes.first() else {
        return Err(ShapeError::new("nothing to join: give at least one tensor"));
    };
    let at = axis(along, first.len())?;
    let mut joined = Shape::from_slice(first);
    for shape in &shapes[1..] {
        let fits =
            shape.len() == first.len() && (0..first.len()).all(|k| k == at || shape[k] == first[k]);
        if !fits {
            return Err(ShapeError::new(format!(
                "shapes {first:?} and {shape:?} cannot be joined along axis {at}: all other axes \
                 must have equal lengths"
            )));
        }
        joined[at] += shape[at];
    }
    Ok(joined)
}

/// Returns the shape of tensors of one shape put side by side along a new axis, which is axis `along` of the
/// result.
pub fn stack(shapes: &[&[usize]], along: isize) -> Result<Shape, ShapeError> {
    let Some(&first) = shapes.first() else {
        return Err(ShapeError::new("nothing to stack: give at least one tensor"));
    };
    if let Some(other) = shapes.iter().find(|&&shape| shape != first) {
        return Err(ShapeError::new(format!(
            "shapes {first:?} and {other:?} cannot be stacked: they must be equal"
        )));
    }
    let mut stacked = unsqueeze(first, along)?;
    stacked[axis(along, first.len() + 1)?] = shapes.len();
    Ok(stacked)
}

/// Returns the range of each part of an axis that is cut into parts of these lengths.
pub fn split(
    shape: &[usize],
    lengths: &[usize],
    along: isize,
) -> Result<Vec<Range<usize>>, ShapeError> {
    let at = axis(along, shape.len())?;
    let ranges = lengths.iter().scan(0, |end, &length| {
        let start = std::mem::replace(end, *end + length);
        Some(start..*end)
    });
    let ranges: Vec<Range<usize>> = ranges.collect();
    match ranges.last().map_or(0, |last| last.end) {
        total if total == shape[at] => Ok(ranges),
        total => Err(ShapeError::new(format!(
            "the lengths {lengths:?} add up to {total}, but axis {at} of shape {shape:?} is {} long: \
             they must be equal",
            shape[at]
        ))),
    }
}

/// Returns the shape with some elements put before and after each axis: a pair of numbers for each.
pub fn pad(shape: &[usize], widths: &[(usize, usize)]) -> Result<Shape, ShapeError> {
    if widths.len() != shape.len() {
        return Err(ShapeError::new(format!(
            "there are {} pairs of widths for the {} axes of shape {shape:?}: give (before, after) for \
             each axis",
            widths.len(),
            shape.len()
        )));
    }
    Ok(shape.iter().zip(widths).map(|(length, (before, after))| before + length + after).collect())
}

/// Checks that indices of this shape pick elements along an axis: all other axes must agree, and
/// each element must exist.
pub fn gather(
    shape: &[usize],
    along: isize,
    ids: &[u32],
    ids_shape: &[usize],
) -> Result<(), ShapeError> {
    let at = axis(along, shape.len())?;
    let fits = shape.len() == ids_shape.len()
        && (0..shape.len()).all(|k| k == at || shape[k] == ids_shape[k]);
    if !fits {
        return Err(ShapeError::new(format!(
            "indices of shape {ids_shape:?} do not pick along axis {at} of shape {shape:?}: all other \
             axes must have equal lengths"
        )));
    }
    match vectorized(|| ids.iter().copied().max()) {
        Some(id) if id as usize >= shape[at] => {
            Err(ShapeError::new(format!("index {id} is not within axis {at} of shape {shape:?}")))
        }
        _ => Ok(()),
    }
}

/// Returns the shape that remains when an element is chosen along the axes, each kept with length 1.
///
/// # Errors
/// If an axis does not exist or is named twice, or there is nothing to choose from.
pub fn choose(shape: &[usize], axes: &[isize]) -> Result<Shape, ShapeError> {
    let kept = reduce(shape, axes)?;
    match len(shape) == 0 && len(&kept) > 0 {
        true => Err(ShapeError::new(format!(
            "shape {shape:?} has no elements along axes {axes:?} to choose from"
        ))),
        false => Ok(kept),
    }
}

/// Returns the shape that remains when the axes are reduced, each kept with length 1.
pub fn reduce(shape: &[usize], axes: &[isize]) -> Result<Shape, ShapeError> {
    let mut reduced = Shape::from_slice(shape);
    let mut seen: SmallVec<[bool; 4]> = SmallVec::from_elem(false, shape.len());
    for &along in axes {
        let at = axis(along, shape.len())?;
        if std::mem::replace(&mut seen[at], true) {
            return Err(ShapeError::new(format!(
                "axis {at} is named twice in {axes:?}: name each axis once"
            )));
        }
        reduced[at] = 1;
    }
    Ok(reduced)
}

/// Checks that there are more elements along the axes than the correction of a variance subtracts.
pub fn var(shape: &[usize], axes: &[isize], correction: usize) -> Result<(), ShapeError> {
    let places = len(&reduce(shape, axes)?);
    match len(shape).checked_div(places) {
        Some(count) if count <= correction => Err(ShapeError::new(format!(
            "shape {shape:?} has {count} elements along axes {axes:?}: with the correction {correction} \
             there must be more than {correction}"
        ))),
        _ => Ok(()),
    }
}

/// Checks that `k` elements can be chosen along an axis.
pub fn topk(shape: &[usize], k: usize, along: isize) -> Result<(), ShapeError> {
    let at = axis(along, shape.len())?;
    if k <= shape[at] {
        return Ok(());
    }
    Err(ShapeError::new(format!(
        "k is {k}, but axis {at} of shape {shape:?} has {} elements: k must not be more",
        shape[at]
    )))
}

/// Returns the shape with an axis of length 1 put in, which is axis `along` of the result.
pub fn unsqueeze(shape: &[usize], along: isize) -> Result<Shape, ShapeError> {
    let mut wider = Shape::from_slice(shape);
    wider.insert(axis(along, shape.len() + 1)?, 1);
    Ok(wider)
}

/// Returns the shape that remains when axes of length 1 are taken out.
pub fn squeeze(shape: &[usize], axes: &[isize]) -> Result<Shape, ShapeError> {
    let mut kept: SmallVec<[bool; 4]> = SmallVec::from_elem(true, shape.len());
    for &along in axes {
        let at = axis(along, shape.len())?;
        if !std::mem::replace(&mut kept[at], false) {
            return Err(ShapeError::new(format!(
                "axis {at} is named twice in {axes:?}: name each axis once"
            )));
        }
        if shape[at] != 1 {
            return Err(ShapeError::new(format!(
                "axis {at} of shape {shape:?} is {} long, not 1",
                shape[at]
            )));
        }
    }
    let lengths = shape.iter().zip(kept);
    Ok(lengths.filter(|(_, kept)| *kept).map(|(&length, _)| length).collect())
}

/// Checks that a table of `rows` rows has each row that `ids` names.
pub fn rows_exist(ids: &[u32], rows: usize) -> Result<(), ShapeError> {
    match vectorized(|| ids.iter().copied().max()) {
        Some(id) if id as usize >= rows => Err(ShapeError::new(format!(
            "there is no row {id}: the {rows} rows are numbered from 0"
        ))),
        _ => Ok(()),
    }
}
