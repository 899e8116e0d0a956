//! Pooling: the largest or the mean number of each window of an image, channel by channel.
//!
//! ```text
//! max       y[b, c, u, v] = max over i, j of x[b, c, s·u + i, s·v + j]
//! average   y[b, c, u, v] = 1/(kh·kw) Σ over i, j of x[b, c, s·u + i, s·v + j]
//! ```
//!
//! Windows are always inside the image; there is no padding. Numbers at the lower and right edges that no
//! whole window covers are ignored, as in PyTorch.

use autograd::{Pass, Var};
use tensor::{Scalar, Window, shape};

use crate::Layer;

/// The largest number of each window: `[batch, channels, height, width]` becomes
/// `[batch, channels, oh, ow]`.
///
/// Where several numbers of a window are the largest, the gradient is split evenly among them. (PyTorch
/// gives it to the first.)
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Layer, MaxPool2d};
/// use tensor::Tensor;
///
/// let (tape, parameters) = (Tape::new(), Parameters::new(0));
/// let image = Tensor::from([[1.0, 2.0, 0.0, 5.0], [3.0, 4.0, 7.0, 0.0]]).reshape([1, 1, 2, 4]);
/// let pool = MaxPool2d::new([2, 2]);
/// let y = pool.forward(Pass::eval(&tape, &parameters), tape.constant(image));
/// assert_eq!(y.value().to_vec(), [4.0, 7.0]);
/// ```
#[derive(Clone, Debug)]
pub struct MaxPool2d {
    window: Window,
}

impl MaxPool2d {
    /// Creates a layer whose windows are side by side: the stride is the kernel.
    ///
    /// # Panics
    /// If the kernel's height or width is 0.
    #[track_caller]
    pub fn new(kernel: [usize; 2]) -> Self {
        Self { window: Window::new(kernel).stride(kernel) }
    }

    /// Returns the layer with this distance between neighboring windows.
    ///
    /// # Panics
    /// If one of the distances is 0.
    #[track_caller]
    pub fn stride(self, stride: [usize; 2]) -> Self {
        Self { window: self.window.stride(stride) }
    }
}

impl Layer for MaxPool2d {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        pooled("max_pool2d", x, self.window, |windows| windows.max(&[2]))
    }
}

/// The mean number of each window: `[batch, channels, height, width]` becomes
/// `[batch, channels, oh, ow]`.
#[derive(Clone, Debug)]
pub struct AvgPool2d {
    window: Window,
}

impl AvgPool2d {
    /// Creates a layer whose windows are side by side: the stride is the kernel.
    ///
    /// # Panics
    /// If the kernel's height or width is 0.
    #[track_caller]
    pub fn new(kernel: [usize; 2]) -> Self {
        Self { window: Window::new(kernel).stride(kernel) }
    }

    /// Returns the layer with this distance between neighboring windows.
    ///
    /// # Panics
    /// If one of the distances is 0.
    #[track_caller]
    pub fn stride(self, stride: [usize; 2]) -> Self {
        Self { window: self.window.stride(stride) }
    }
}

impl Layer for AvgPool2d {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        pooled("avg_pool2d", x, self.window, |windows| windows.mean(&[2]))
    }
}

/// Records one number for each window of each channel. `reduce` gets `[batch, channels, kh · kw,
/// oh · ow]` and takes away the third axis.
#[track_caller]
fn pooled<'t, T: Scalar>(
    op: &str,
    x: Var<'t, T>,
    window: Window,
    reduce: fn(Var<'t, T>) -> Var<'t, T>,
) -> Var<'t, T> {
    let shape = x.shape();
    let columns = shape::expect(op, window.unfolded(&shape));
    let (batch, channels, places) = (shape[0], shape[1], columns[2]);
    let [oh, ow] = shape::expect(op, window.positions([shape[2], shape[3]]));
    let [kh, kw] = window.kernel();
    let windows = x.unfold(window).reshape([batch, channels, kh * kw, places]);
    reduce(windows).reshape([batch, channels, oh, ow])
}
