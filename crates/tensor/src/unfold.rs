//! The windows of an image as columns, and columns added back to an image: what makes a convolution a
//! matrix product (im2col, Chellapilla et al. 2006).
//!
//! A [`Window`] slides over the last two axes. With kernel k, stride s, padding p and dilation d it
//! stops at
//!
//! ```text
//! o = ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1
//! ```
//!
//! positions along an axis of length n. [`unfold`](Tensor::unfold) writes what it covers there:
//!
//! ```text
//! column[b, (c, i, j), (u, v)]  =  x[b, c, s·u + d·i − p, s·v + d·j − p],    0 outside of the image
//! ```
//!
//! (c, i, j) is one axis of length channels · kh · kw, the channel outermost, and (u, v) is one of
//! length oh · ow: the layout of PyTorch's `F.unfold`. [`fold`](Tensor::fold) adds each number of the
//! columns to the place it would be read from. Both walk the same pairs of places, so they are each
//! other's adjoint: ⟨unfold(x), y⟩ = ⟨x, fold(y)⟩.

use std::ops::Range;

use crate::buffer;
use crate::shape::{self, Shape, ShapeError, expect};
use crate::{Scalar, Tensor};

/// A window that slides over an image: its kernel, stride, padding and dilation, each along the height
/// and the width. A new window has stride 1, no padding and dilation 1.
///
/// ```
/// use tensor::Window;
///
/// let window = Window::new([3, 3]).stride([2, 2]).padding([1, 1]);
/// assert_eq!(window.positions([8, 5]).unwrap(), [4, 3]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
}

impl Window {
    /// Creates a window of this height and width.
    ///
    /// # Panics
    /// If one of them is 0.
    #[track_caller]
    pub fn new(kernel: [usize; 2]) -> Self {
        assert!(!kernel.contains(&0), "window: a kernel must be at least [1, 1], not {kernel:?}");
        Self { kernel, stride: [1, 1], padding: [0, 0], dilation: [1, 1] }
    }

    /// Returns the window with this distance between neighboring positions.
    ///
    /// # Panics
    /// If one of the distances is 0.
    #[track_caller]
    pub fn stride(self, stride: [usize; 2]) -> Self {
        assert!(!stride.contains(&0), "window: a stride must be at least [1, 1], not {stride:?}");
        Self { stride, ..self }
    }

    /// Returns the window with this many zeros on each side of the image.
    pub fn padding(self, padding: [usize; 2]) -> Self {
        Self { padding, ..self }
    }

    /// Returns the window with this distance between the numbers that it covers.
    ///
    /// # Panics
    /// If one of the distances is 0.
    #[track_caller]
    pub fn dilation(self, dilation: [usize; 2]) -> Self {
        assert!(
            !dilation.contains(&0),
            "window: a dilation must be at least [1, 1], not {dilation:?}"
        );
        Self { dilation, ..self }
    }

    /// Returns the height and width of the kernel.
    pub fn kernel(self) -> [usize; 2] {
        self.kernel
    }

    /// Returns the number of positions along the height and the width of an image of this size.
    ///
    /// # Errors
    /// If the window is larger than the padded image.
    pub fn positions(self, image: [usize; 2]) -> Result<[usize; 2], ShapeError> {
        let mut positions = [0; 2];
        for axis in 0..2 {
            let side = ["high", "wide"][axis];
            let padded =
                self.padding[axis].checked_mul(2).and_then(|both| both.checked_add(image[axis]));
            let covered = self.dilation[axis].checked_mul(self.kernel[axis] - 1);
            let (Some(padded), Some(covered)) =
                (padded, covered.and_then(|gaps| gaps.checked_add(1)))
            else {
                return Err(ShapeError::new(format!(
                    "an image of size {image:?} with padding {:?}, or the window with kernel {:?} and dilation {:?}, is \
                     more than {} {side}",
                    self.padding,
                    self.kernel,
                    self.dilation,
                    usize::MAX
                )));
            };
            let Some(room) = padded.checked_sub(covered) else {
                return Err(ShapeError::new(format!(
                    "the window is {covered} {side}, but an image of size {image:?} with padding \
                     {:?} is {padded} {side}: use a smaller kernel or dilation, or more padding",
                    self.padding
                )));
            };
            positions[axis] = room / self.stride[axis] + 1;
        }
        Ok(positions)
    }

    /// Returns the shape of the columns of images `[batch, channels, height, width]`:
    /// `[batch, channels · kh · kw, oh · ow]`.
    ///
    /// # Errors
    /// If these are not images, or the window is larger than the padded images.
    pub fn unfolded(self, images: &[usize]) -> Result<Shape, ShapeError> {
        let &[batch, channels, height, width] = images else {
            return Err(ShapeError::new(format!(
                "images must be [batch, channels, height, width], not {images:?}"
            )));
        };
        let [oh, ow] = self.positions([height, width])?;
        let rows = product([channels, self.kernel[0], self.kernel[1]])?;
        Ok(Shape::from_slice(&[batch, rows, product([oh, ow, 1])?]))
    }

    /// Returns the shape of the images of this height and width that have columns of this shape.
    ///
    /// # Errors
    /// If no images of this height and width have such columns.
    pub fn folded(self, columns: &[usize], image: [usize; 2]) -> Result<Shape, ShapeError> {
        let [oh, ow] = self.positions(image)?;
        let covered = product([self.kernel[0], self.kernel[1], 1])?;
        let places = product([oh, ow, 1])?;
        match *columns {
            [batch, rows, count] if rows % covered == 0 && count == places => {
                Ok(Shape::from_slice(&[batch, rows / covered, image[0], image[1]]))
            }
            _ => Err(ShapeError::new(format!(
                "columns {columns:?} do not fold to images of size {image:?}: a kernel of {:?} at \
                 {oh} · {ow} positions needs [batch, channels · {covered}, {places}]",
                self.kernel
            ))),
        }
    }

    /// Calls `visit` with each run of places along the width: where it begins in the images, the
    /// distance between its places there, and the places in the columns, which are side by side.
    /// Places in the padding are left out.
    #[inline(always)]
    fn for_each_run(self, images: &[usize], mut visit: impl FnMut(usize, usize, Range<usize>)) {
        let &[batch, channels, height, width] = images else { unreachable!("checked before") };
        let [oh, ow] = self.positions([height, width]).expect("checked before");
        let mut row = 0;
        for plane in 0..batch * channels {
            for i in 0..self.kernel[0] {
                for j in 0..self.kernel[1] {
                    let inside = self.inside(1, j, width, ow);
                    let rows = if inside.is_empty() { 0..0 } else { self.inside(0, i, height, oh) };
                    for u in rows {
                        let y = self.stride[0] * u + self.dilation[0] * i - self.padding[0];
                        let x = self.stride[1] * inside.start + self.dilation[1] * j;
                        let begin = (plane * height + y) * width + x - self.padding[1];
                        let column = (row * oh + u) * ow;
                        visit(begin, self.stride[1], column + inside.start..column + inside.end);
                    }
                    row += 1;
                }
            }
        }
    }

    /// Returns the range of those among `count` positions at which number `k` of the kernel is inside
    /// an image that is `length` long along this axis.
    fn inside(self, axis: usize, k: usize, length: usize, count: usize) -> Range<usize> {
        let (stride, padding) = (self.stride[axis], self.padding[axis]);
        let before = self.dilation[axis] * k;
        let first = padding.saturating_sub(before).div_ceil(stride).min(count);
        let behind = (length + padding).saturating_sub(before).div_ceil(stride).min(count);
        first..behind.max(first)
    }
}

/// Returns the product of three numbers of a shape.
fn product(factors: [usize; 3]) -> Result<usize, ShapeError> {
    let product = factors.iter().try_fold(1usize, |product, &factor| product.checked_mul(factor));
    let more =
        || ShapeError::new(format!("the product of {factors:?} is more than {}", usize::MAX));
    product.ok_or_else(more)
}

impl<T: Scalar> Tensor<T> {
    /// Returns what a window covers at each of its positions, as columns: images
    /// `[batch, channels, height, width]` become `[batch, channels · kh · kw, oh · ow]`, in the order
    /// of PyTorch's `F.unfold`. Padding is 0.
    ///
    /// ```
    /// use tensor::{Tensor, Window};
    ///
    /// let image = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).reshape([1, 1, 2, 3]);
    /// let columns = image.unfold(Window::new([2, 2]));
    /// let positions = Tensor::from([[1.0, 2.0], [2.0, 3.0], [4.0, 5.0], [5.0, 6.0]]);
    /// assert_eq!(columns, positions.reshape([1, 4, 2]));
    /// ```
    ///
    /// # Panics
    /// If these are not images, or the window is larger than the padded images.
    #[track_caller]
    pub fn unfold(&self, window: Window) -> Self {
        let shape = expect("unfold", window.unfolded(self.shape()));
        let mut columns = buffer::filled(shape::len(&shape), T::ZERO);
        if columns.is_empty() {
            return Self::from_buffer(&shape, columns);
        }
        let values = self.values();
        window.for_each_run(self.shape(), |begin, stride, places| {
            let target = &mut columns[places];
            let read = &values[begin..=begin + (target.len() - 1) * stride];
            match stride {
                1 => target.copy_from_slice(read),
                _ => target.iter_mut().zip(read.iter().step_by(stride)).for_each(|(y, &x)| *y = x),
            }
        });
        Self::from_buffer(&shape, columns)
    }

    /// Returns images of this height and width, in which each number of the columns is added at the
    /// place where [`unfold`](Self::unfold) would read it: `[batch, channels · kh · kw, oh · ow]`
    /// becomes `[batch, channels, height, width]`. It is the adjoint of `unfold`, not its inverse:
    /// where positions overlap, their numbers are summed.
    ///
    /// ```
    /// use tensor::{Tensor, Window};
    ///
    /// // Two positions of a window of width 2: the middle number is in both.
    /// let columns: Tensor = Tensor::ones([1, 2, 2]);
    /// let image = columns.fold([1, 3], Window::new([1, 2]));
    /// assert_eq!(image.to_vec(), [1.0, 2.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If no images of this size have columns of this shape.
    #[track_caller]
    pub fn fold(&self, image: [usize; 2], window: Window) -> Self {
        let shape = expect("fold", window.folded(self.shape(), image));
        let mut sums = buffer::filled(shape::len(&shape), T::ZERO);
        if sums.is_empty() || self.is_empty() {
            return Self::from_buffer(&shape, sums);
        }
        let values = self.values();
        window.for_each_run(&shape, |begin, stride, places| {
            let added = &values[places];
            let sums = &mut sums[begin..=begin + (added.len() - 1) * stride];
            match stride {
                1 => sums.iter_mut().zip(added).for_each(|(sum, &x)| *sum += x),
                _ => sums.iter_mut().step_by(stride).zip(added).for_each(|(sum, &x)| *sum += x),
            }
        });
        Self::from_buffer(&shape, sums)
    }
}
