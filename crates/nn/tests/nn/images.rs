//! Layers for images, against their definition written as loops.

use approx::assert_relative_eq;
use autograd::{Parameters, Pass, Tape};
use nn::{AvgPool2d, Conv2d, Flatten, Layer, MaxPool2d};
use proptest::prelude::*;
use tensor::strategy::tensors;
use tensor::{Key, Scalar, Tensor};

/// The output of a layer in evaluation.
fn evaluate<T: Scalar>(layer: &impl Layer, parameters: &Parameters<T>, x: &Tensor<T>) -> Tensor<T> {
    let tape = Tape::no_grad();
    layer.forward(Pass::eval(&tape, parameters), tape.constant(x.clone())).value()
}

/// Returns the tensor of `number` of each index.
fn by_index(shape: [usize; 4], number: impl Fn([usize; 4]) -> f64) -> Tensor<f64> {
    let [batch, channels, height, width] = shape;
    let mut numbers = Vec::new();
    for b in 0..batch {
        for c in 0..channels {
            for y in 0..height {
                numbers.extend((0..width).map(|x| number([b, c, y, x])));
            }
        }
    }
    Tensor::new(shape, numbers)
}

/// What is drawn for a convolution: the images, the channels of the output, and kernel, stride and
/// padding.
type Convolution = (Tensor<f64>, usize, [usize; 2], [usize; 2], [usize; 2]);

fn convolutions() -> impl Strategy<Value = Convolution> {
    let pair = |range: std::ops::Range<usize>| [range.clone(), range];
    (0..3usize, 0..4usize, 1..4usize, pair(1..4), pair(1..3), pair(0..3), pair(0..5)).prop_flat_map(
        |(batch, inputs, outputs, kernel, stride, padding, room)| {
            let length = |k: usize| kernel[k].saturating_sub(2 * padding[k]) + room[k];
            let images = tensors(vec![batch, inputs, length(0), length(1)], -2.0..2.0);
            (images, Just(outputs), Just(kernel), Just(stride), Just(padding))
        },
    )
}

fn convolved_by_loops(
    x: &Tensor<f64>,
    weight: &Tensor<f64>,
    bias: &Tensor<f64>,
    stride: [usize; 2],
    padding: [usize; 2],
) -> Tensor<f64> {
    let (&[batch, inputs, height, width], &[outputs, _, kh, kw]) = (x.shape(), weight.shape())
    else {
        unreachable!("images and kernels")
    };
    let positions = |axis: usize, length: usize, kernel: usize| {
        (length + 2 * padding[axis] - kernel) / stride[axis] + 1
    };
    let shape = [batch, outputs, positions(0, height, kh), positions(1, width, kw)];
    by_index(shape, |[b, o, u, v]| {
        let mut sum = bias.get([o]);
        for c in 0..inputs {
            for i in 0..kh {
                for j in 0..kw {
                    let row = (stride[0] * u + i).checked_sub(padding[0]).filter(|&y| y < height);
                    let column = (stride[1] * v + j).checked_sub(padding[1]).filter(|&x| x < width);
                    if let (Some(row), Some(column)) = (row, column) {
                        sum += weight.get([o, c, i, j]) * x.get([b, c, row, column]);
                    }
                }
            }
        }
        sum
    })
}

proptest! {
    #[test]
    fn a_convolution_is_its_definition(
        (x, outputs, kernel, stride, padding) in convolutions(), seed in any::<u64>()
    ) {
        let mut parameters = Parameters::<f64>::with_seed(seed);
        let layer = Conv2d::new(&mut parameters, "conv", x.shape()[1], outputs, kernel);
        let bias = layer.bias().expect("it has one");
        *parameters.get_mut(bias) = Tensor::normal([outputs], 0.0, 1.0, Key::new(seed));
        let layer = layer.stride(stride).padding(padding);
        let (weight, bias) = (parameters.get(layer.weight()), parameters.get(bias));
        let expected = convolved_by_loops(&x, weight, bias, stride, padding);
        let found = evaluate(&layer, &parameters, &x);
        assert_relative_eq!(found, expected, epsilon = 1e-12, max_relative = 1e-12);
        let single = evaluate(&layer, &parameters.cast::<f32>(), &x.cast::<f32>());
        assert_relative_eq!(single.cast::<f64>(), expected, epsilon = 1e-4, max_relative = 1e-5);
    }

    #[test]
    fn pooling_is_its_definition(
        (x, kernel, stride) in (0..3usize, 0..3usize, [1..4usize, 1..4usize], [1..4usize, 1..4usize])
            .prop_flat_map(|(batch, channels, kernel, stride)| {
                let images = vec![batch, channels, kernel[0] + 3, kernel[1] + 2];
                (tensors(images, -2.0..2.0), Just(kernel), Just(stride))
            })
    ) {
        let parameters = Parameters::<f64>::with_seed(0);
        let shape = [x.shape()[0], x.shape()[1], 3 / stride[0] + 1, 2 / stride[1] + 1];
        let window = |[b, c, u, v]: [usize; 4]| -> Vec<f64> {
            let places = (0..kernel[0] * kernel[1]).map(|k| (k / kernel[1], k % kernel[1]));
            places.map(|(i, j)| x.get([b, c, u * stride[0] + i, v * stride[1] + j])).collect()
        };
        let largest = by_index(shape, |at| window(at).into_iter().fold(f64::MIN, f64::max));
        let layer = MaxPool2d::new(kernel).stride(stride);
        prop_assert_eq!(evaluate(&layer, &parameters, &x), largest);
        let size = (kernel[0] * kernel[1]) as f64;
        let mean = by_index(shape, |at| window(at).into_iter().sum::<f64>() / size);
        let layer = AvgPool2d::new(kernel).stride(stride);
        let found = evaluate(&layer, &parameters, &x);
        assert_relative_eq!(found, mean, epsilon = 1e-14, max_relative = 1e-14);
    }

    /// A pattern that moves moves its response: what convolution is for.
    #[test]
    fn a_convolution_of_a_shifted_image_is_shifted(x in tensors(vec![1, 2, 5, 6], -2.0..2.0)) {
        let mut parameters = Parameters::<f64>::with_seed(1);
        let layer = Conv2d::new(&mut parameters, "conv", 2, 3, [2, 3]);
        let y = evaluate(&layer, &parameters, &x);
        let shifted = evaluate(&layer, &parameters, &x.slice(2, 1..).slice(3, 2..));
        let expected = y.slice(2, 1..).slice(3, 2..);
        assert_relative_eq!(shifted, expected, epsilon = 1e-13, max_relative = 1e-13);
    }
}

#[test]
fn weights_of_a_convolution_have_the_deviation_of_he() {
    let mut parameters = Parameters::<f64>::with_seed(5);
    let layer = Conv2d::new(&mut parameters, "conv", 16, 64, [3, 5]);
    let weight = parameters.get(layer.weight());
    assert_eq!(weight.shape(), [64, 16, 3, 5]);
    let deviation = (weight * weight).mean_all().item().sqrt();
    assert_relative_eq!(deviation, (2f64 / (16.0 * 15.0)).sqrt(), max_relative = 0.02);
    assert_eq!(parameters.get(layer.bias().expect("it has one")), &Tensor::zeros([64]));
}

#[test]
fn the_largest_numbers_of_a_window_share_its_gradient() {
    let (tape, parameters) = (Tape::new(), Parameters::new(0));
    let x = tape.variable(Tensor::from([[1.0, 3.0], [3.0, 2.0]]).reshape([1, 1, 2, 2]));
    let y = MaxPool2d::new([2, 2]).forward(Pass::eval(&tape, &parameters), x);
    assert_eq!(y.sum_all().backward().of(x).to_vec(), [0.0, 0.5, 0.5, 0.0]);
}

#[test]
fn flatten_keeps_each_sample_in_order() {
    let x = Tensor::new([2, 2, 1, 2], (0..8).map(f64::from).collect());
    let y = evaluate(&Flatten, &Parameters::with_seed(0), &x);
    assert_eq!(y, Tensor::from([[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]]));
    let empty = evaluate(&Flatten, &Parameters::with_seed(0), &Tensor::<f64>::zeros([0, 3, 2]));
    assert_eq!(empty.shape(), [0, 6]);
}

#[test]
fn mistakes_are_explained_at_the_users_line() {
    let mut parameters = Parameters::new(0);
    let conv = Conv2d::new(&mut parameters, "conv", 3, 2, [3, 3]);
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let [images, flat, small, scalar] = [&[2, 4, 8, 8][..], &[2, 64], &[2, 3, 2, 8], &[]]
        .map(|shape| tape.constant(Tensor::zeros(shape)));
    let cases: [(&str, &dyn Fn()); 6] = [
        (
            "conv2d: x [2, 4, 8, 8], weight [2, 3, 3, 3] and a window of [3, 3] do not fit: they \
             must be [batch, in, height, width], [out, in, kh, kw] and [kh, kw]",
            &|| drop(conv.forward(pass, images).value()),
        ),
        (
            "conv2d: x [2, 64], weight [2, 3, 3, 3] and a window of [3, 3] do not fit: they must be \
             [batch, in, height, width], [out, in, kh, kw] and [kh, kw]",
            &|| drop(conv.forward(pass, flat).value()),
        ),
        (
            "conv2d: the window is 3 high, but an image of size [2, 8] with padding [0, 0] is 2 \
             high: use a smaller kernel or dilation, or more padding",
            &|| drop(conv.forward(pass, small).value()),
        ),
        ("max_pool2d: images must be [batch, channels, height, width], not [2, 64]", &|| {
            drop(MaxPool2d::new([2, 2]).forward(pass, flat).value())
        }),
        ("avg_pool2d: images must be [batch, channels, height, width], not []", &|| {
            drop(AvgPool2d::new([2, 2]).forward(pass, scalar).value())
        }),
        ("flatten: a scalar has no batch axis", &|| drop(Flatten.forward(pass, scalar).value())),
    ];
    for (expected, run) in cases {
        assert_eq!(mistakes::message(run), expected);
    }
}
