//! The convolution of images: one matrix product over the windows of each image.
//!
//! ```text
//! y[b, o, u, v] = bias[o] + Σ over c, i, j of weight[o, c, i, j] · x[b, c, s·u + d·i − p, s·v + d·j − p]
//! ```
//!
//! The windows are the columns of [`Var::unfold`], so the sum is `weight` as a matrix
//! `[out, in · kh · kw]` times the columns `[batch, in · kh · kw, oh · ow]`. Mathematics calls this a
//! cross-correlation, because the kernel is not mirrored; deep-learning frameworks call it a
//! convolution.

use autograd::{ParameterId, Parameters, Pass, Var};
use tensor::{Scalar, Shape, ShapeError, Tensor, Window, shape};

use crate::{Layer, init};

/// A convolution from `[batch, in, height, width]` to `[batch, out, oh, ow]`, with PyTorch's layout.
///
/// Its parameters are `name.weight` `[out, in, kh, kw]`, drawn by [`init::he_normal`] for
/// in · kh · kw inputs, and `name.bias` `[out]`, zeros. It has stride 1, no padding and dilation 1
/// unless they are set. See [`Window`] for the size of the output.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Conv2d, Layer};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let conv = Conv2d::new(&mut parameters, "conv", 3, 16, [3, 3]).stride([2, 2]).padding([1, 1]);
/// let tape = Tape::new();
/// let images = tape.constant(Tensor::zeros([10, 3, 8, 8]));
/// let maps = conv.forward(Pass::eval(&tape, &parameters), images);
/// assert_eq!(maps.shape().as_slice(), [10, 16, 4, 4]);
/// ```
#[derive(Clone, Debug)]
pub struct Conv2d {
    weight: ParameterId,
    bias: Option<ParameterId>,
    window: Window,
}

impl Conv2d {
    /// Creates a layer with a bias, from `inputs` to `outputs` channels.
    ///
    /// # Panics
    /// If the kernel's height or width is 0.
    #[track_caller]
    pub fn new<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: [usize; 2],
    ) -> Self {
        let layer = Self::without_bias(parameters, name, inputs, outputs, kernel);
        let bias = parameters.add(format!("{name}.bias"), Tensor::zeros([outputs]));
        Self { bias: Some(bias), ..layer }
    }

    /// Creates a layer without a bias, from `inputs` to `outputs` channels.
    ///
    /// # Panics
    /// If the kernel's height or width is 0.
    #[track_caller]
    pub fn without_bias<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: [usize; 2],
    ) -> Self {
        let window = Window::new(kernel);
        let name = format!("{name}.weight");
        let [kh, kw] = kernel;
        let weight = init::he_normal(inputs * kh * kw, outputs, parameters.key(&name));
        let weight = weight.t().reshape([outputs, inputs, kh, kw]);
        Self { weight: parameters.add(name, weight), bias: None, window }
    }

    /// Returns the layer with this distance between neighboring positions of the kernel.
    ///
    /// # Panics
    /// If one of the distances is 0.
    #[track_caller]
    pub fn stride(self, stride: [usize; 2]) -> Self {
        Self { window: self.window.stride(stride), ..self }
    }

    /// Returns the layer with this many zeros on each side of the image. With a kernel of 3 and stride
    /// 1, a padding of 1 keeps the size.
    pub fn padding(self, padding: [usize; 2]) -> Self {
        Self { window: self.window.padding(padding), ..self }
    }

    /// Returns the layer with this distance between the numbers that the kernel covers.
    ///
    /// # Panics
    /// If one of the distances is 0.
    #[track_caller]
    pub fn dilation(self, dilation: [usize; 2]) -> Self {
        Self { window: self.window.dilation(dilation), ..self }
    }

    /// Returns the id of the weight, `[out, in, kh, kw]`.
    pub fn weight(&self) -> ParameterId {
        self.weight
    }

    /// Returns the id of the bias, `[out]`.
    pub fn bias(&self) -> Option<ParameterId> {
        self.bias
    }
}

impl Layer for Conv2d {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let y = conv2d(x, pass.parameter(self.weight), self.window);
        match self.bias {
            Some(bias) => {
                let outputs = y.shape()[1];
                y + pass.parameter(bias).reshape([outputs, 1, 1])
            }
            None => y,
        }
    }
}

/// Records the convolution, without a bias, of images `[batch, in, height, width]` with the kernels
/// `weight` `[out, in, kh, kw]`, at the positions of a window of that kernel.
///
/// # Panics
/// If the shapes do not fit, or the window is larger than the padded images.
#[track_caller]
pub fn conv2d<'t, T: Scalar>(x: Var<'t, T>, weight: Var<'t, T>, window: Window) -> Var<'t, T> {
    let shape = shape::expect("conv2d", convolved(&x.shape(), &weight.shape(), window));
    let outputs = shape[1];
    let inputs = shape::len(&weight.shape()[1..]);
    weight.reshape([outputs, inputs]).matmul(x.unfold(window)).reshape(shape)
}

/// Returns the shape of the output.
fn convolved(x: &[usize], weight: &[usize], window: Window) -> Result<Shape, ShapeError> {
    match (x, weight) {
        (&[batch, channels, height, width], &[outputs, inputs, kh, kw])
            if channels == inputs && window.kernel() == [kh, kw] =>
        {
            let [oh, ow] = window.positions([height, width])?;
            Ok(Shape::from_slice(&[batch, outputs, oh, ow]))
        }
        _ => Err(ShapeError::new(format!(
            "x {x:?}, weight {weight:?} and a window of {:?} do not fit: they must be [batch, in, \
             height, width], [out, in, kh, kw] and [kh, kw]",
            window.kernel()
        ))),
    }
}
