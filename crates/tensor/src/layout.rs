//! The position of each element of a tensor in its buffer, and the views that only change that.
//!
//! Element `(i₀, …, iₙ₋₁)` is at `offset + Σₖ iₖ · strideₖ`. Every view is a new choice of shape,
//! strides and offset over the same buffer:
//!
//! | view | what changes |
//! |---|---|
//! | transpose, permute | the order of the axes |
//! | slice | offset and one length |
//! | expand | an axis of length 1 becomes longer, with stride 0 |
//! | reshape | axes are merged or cut, where their strides allow |

use std::ops::Range;

use smallvec::SmallVec;

use crate::shape::{self, Shape, ShapeError};

/// Shape, strides and offset, counted in elements.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    shape: Shape,
    strides: Shape,
    offset: usize,
}

impl Clone for Layout {
    #[inline]
    fn clone(&self) -> Self {
        // A derived clone would go through an iterator.
        Self {
            shape: shape::copied(&self.shape),
            strides: shape::copied(&self.strides),
            offset: self.offset,
        }
    }
}

impl Layout {
    /// Creates the layout of row-major order from offset 0: the last axis varies fastest. Without elements all
    /// strides are 0.
    #[inline]
    pub fn contiguous(shape: &[usize]) -> Self {
        if shape.contains(&0) {
            // The product of the other lengths may overflow.
            let strides = Shape::from_elem(0, shape.len());
            return Self { shape: shape::copied(shape), strides, offset: 0 };
        }
        let mut strides = shape::copied(shape);
        if let Some(last) = strides.last_mut() {
            *last = 1;
        }
        for k in (1..shape.len()).rev() {
            strides[k - 1] = strides[k] * shape[k];
        }
        let shape = shape::copied(shape);
        Self { shape, strides, offset: 0 }
    }

    /// Returns the length of each axis.
    #[inline]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the distance in the buffer between neighbors along each axis.
    #[inline]
    pub fn strides(&self) -> &[usize] {
        &self.strides
    }

    /// Returns the position of the first element.
    #[inline]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        shape::len(&self.shape)
    }

    /// Returns `true` if there are no elements, because some axis has length 0.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns `true` if the elements are side by side in row-major order.
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        self.is_empty()
            || self.shape.iter().zip(&self.strides).rev().all(|(&length, &stride)| {
                let fits = length == 1 || stride == expected;
                expected *= length;
                fits
            })
    }

    /// Returns the layout with its axes in another order: axis `k` of the result is axis `order[k]` of this one.
    pub fn permute(&self, order: &[isize]) -> Result<Self, ShapeError> {
        let rank = self.shape.len();
        let positions: Shape =
            order.iter().map(|&along| shape::axis(along, rank)).collect::<Result<_, _>>()?;
        let mut named: SmallVec<[bool; 4]> = SmallVec::from_elem(false, rank);
        positions.iter().for_each(|&k| named[k] = true);
        if positions.len() != rank || named.contains(&false) {
            return Err(ShapeError::new(format!(
                "{order:?} does not order the {rank} axes of shape {:?}: name each axis once",
                self.shape
            )));
        }
        Ok(Self {
            shape: positions.iter().map(|&k| self.shape[k]).collect(),
            strides: positions.iter().map(|&k| self.strides[k]).collect(),
            offset: self.offset,
        })
    }

    /// Returns the layout with two axes swapped.
    pub(crate) fn transpose(&self, first: usize, second: usize) -> Self {
        let mut swapped = self.clone();
        swapped.shape.swap(first, second);
        swapped.strides.swap(first, second);
        swapped
    }

    /// Returns the part of the axis `along` that `range` names.
    pub fn slice(&self, along: isize, range: Range<usize>) -> Result<Self, ShapeError> {
        let at = shape::axis(along, self.shape.len())?;
        if range.start > range.end || range.end > self.shape[at] {
            return Err(ShapeError::new(format!(
                "range {range:?} is not within axis {at} of shape {:?}",
                self.shape
            )));
        }
        let mut part = self.clone();
        part.shape[at] = range.len();
        // An empty part has no first element; keeping the offset keeps it inside the buffer.
        if !part.is_empty() {
            part.offset += range.start * self.strides[at];
        }
        Ok(part)
    }

    /// Returns the part before the position `middle` of an axis, and the part from there on.
    pub(crate) fn split(&self, axis: usize, middle: usize) -> (Self, Self) {
        let (mut before, mut behind) = (self.clone(), self.clone());
        before.shape[axis] = middle;
        behind.shape[axis] -= middle;
        behind.offset += middle * self.strides[axis];
        (before, behind)
    }

    /// Returns the layout that repeats elements without copying: axes of length 1 and missing outer
    /// axes get stride 0.
    pub fn expand(&self, to: &[usize]) -> Result<Self, ShapeError> {
        if shape::are_equal(self.shape(), to) {
            return Ok(self.clone());
        }
        shape::expands(&self.shape, to)?;
        let missing = to.len() - self.shape.len();
        let strides = (0..to.len())
            .map(|k| match k.checked_sub(missing) {
                Some(own) if self.shape[own] == to[k] => self.strides[own],
                _ => 0,
            })
            .collect();
        Ok(Self { shape: shape::copied(to), strides, offset: self.offset })
    }

    /// Returns the layout of the same elements in the same order under another shape; `None` if strides
    /// cannot express that and the elements must be copied.
    pub fn reshape(&self, to: &[usize]) -> Result<Option<Self>, ShapeError> {
        shape::reshape(&self.shape, to)?;
        if self.is_empty() {
            return Ok(Some(Self::contiguous(to)));
        }
        if self.is_contiguous() {
            return Ok(Some(Self { offset: self.offset, ..Self::contiguous(to) }));
        }
        let mut blocks = self.blocks();
        let mut strides = Shape::from_elem(0, to.len());
        // From the innermost axis outwards, cut each new axis off the innermost block that is left.
        let (mut length, mut stride) = (1, 1);
        for k in (0..to.len()).rev() {
            if length == 1 && to[k] > 1 {
                (length, stride) =
                    blocks.pop().expect("both shapes have the same number of elements");
            }
            if length % to[k] != 0 {
                return Ok(None);
            }
            strides[k] = stride;
            length /= to[k];
            stride *= to[k];
        }
        Ok(Some(Self { shape: shape::copied(to), strides, offset: self.offset }))
    }

    /// Returns the layout of the first `count` axes alone: where each entry along them begins.
    pub(crate) fn outer_axes(&self, count: usize) -> Self {
        Self {
            shape: shape::copied(&self.shape[..count]),
            strides: shape::copied(&self.strides[..count]),
            offset: self.offset,
        }
    }

    /// Returns length and stride of each run of axes that can be walked as one, outermost first.
    fn blocks(&self) -> Vec<(usize, usize)> {
        let mut blocks: Vec<(usize, usize)> = Vec::with_capacity(self.shape.len());
        for (&length, &stride) in self.shape.iter().zip(&self.strides) {
            match blocks.last_mut() {
                _ if length == 1 => {}
                Some(outer) if outer.1 == stride * length => *outer = (outer.0 * length, stride),
                _ => blocks.push((length, stride)),
            }
        }
        blocks
    }
}
