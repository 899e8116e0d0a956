//! Pooling: the maximum or the mean of each window of an image, channel by channel.
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
        let windows = windows("max_pool2d", x, self.window);
        image(windows.max(&[2]), x, self.window)
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
        let windows = windows("avg_pool2d", x, self.window);
        image(windows.mean(&[2]), x, self.window)
    }
}

/// Records the windows of images: `[batch, channels, kh · kw, oh · ow]`.
#[track_caller]
fn windows<'t, T: Scalar>(op: &str, x: Var<'t, T>, window: Window) -> Var<'t, T> {
    let shape = x.shape();
    let columns = shape::expect(op, window.unfolded(&shape));
    let [kh, kw] = window.kernel();
    x.unfold(window).reshape([shape[0], shape[1], kh * kw, columns[2]])
}

/// Records images with one number for each window of `x`, `[batch, channels, oh · ow]`.
#[track_caller]
fn image<'t, T: Scalar>(pooled: Var<'t, T>, x: Var<'t, T>, window: Window) -> Var<'t, T> {
    let shape = x.shape();
    let [oh, ow] = shape::expect("pool", window.positions([shape[2], shape[3]]));
    pooled.reshape([shape[0], shape[1], oh, ow])
}
