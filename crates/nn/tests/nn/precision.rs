//! Single precision, in which models train and for which there are kernels of its own: values and
//! gradients are equal to double precision, up to rounding.
//!
//! All other checks of gradients run in double precision, where differences are accurate.

use approx::assert_relative_eq;
use autograd::{Tape, Var};
use nn::{
    Seen, bce_with_logits, dense, dropout, embedding_mean, gelu, layer_norm, leaky_relu,
    log_softmax, relu, rms_norm, scaled_dot_product_attention, silu, softmax,
    softmax_cross_entropy, swiglu,
};
use proptest::prelude::*;
use tensor::strategy::tensors;
use tensor::{Key, Scalar, Tensor, Window};

/// The results of all kinds of operations on x `[m, k]`, w `[k, n]` and a row `[n]`.
fn results<'t, T: Scalar>(x: Var<'t, T>, w: Var<'t, T>, row: Var<'t, T>) -> Vec<Var<'t, T>> {
    let y = x.matmul(w);
    let (m, n) = (y.shape()[0], y.shape()[1]);
    let labels = Tensor::new([m], (0..m).map(|i| (i % n) as u32).collect());
    let targets = Tensor::full([m, n], T::from_f64(0.25));
    let window = Window::new([2, 3]).padding([1, 1]).stride([1, 2]);
    let first = row.slice(0, 0..1).reshape([]);
    let ids = Tensor::new([m, 2], (0..2 * m).map(|i| (i % x.shape()[1]) as u32).collect());
    vec![
        y,
        y + row,
        row - y,
        y * row * y,
        row / (y * y + 1.0),
        (-y).exp() + y.sin() * y.cos(),
        (y.powi(2) + 0.5).ln() + (y.powi(2) + 0.5).sqrt() + y.powi(3),
        y.tanh() + y.sigmoid(),
        y.sum(&[0]) + y.mean(&[0]),
        y.t() + row.expand([m, n]).permute(&[1, 0]),
        Var::concat(&[y, y * 2.0], 1).slice(1, 1..n + 1),
        y.t().matmul(y),
        w.expand([3, w.shape()[0], n]).sum(&[1]).matmul(y.t()),
        w.gather_rows(&ids).sum(&[1]),
        dense(x, w, row),
        swiglu(y, first, first),
        swiglu(y, row, row),
        silu(y) + gelu(y),
        dropout(y, 0.5, Key::new(0)),
        softmax(y, 1) + log_softmax(y, 0),
        layer_norm(y, row, row, 0.1) + rms_norm(y, row, 0.1),
        y.reshape([1, 1, m, n]).unfold(window).fold([m, n], window) * 0.5,
        scaled_dot_product_attention(x, w.t(), w.t(), Seen::All),
        embedding_mean(w, &ids, None),
        bce_with_logits(y, &targets),
        softmax_cross_entropy(y, &labels),
        // These read x, not y: at a kink, a rounding error would change the gradient.
        relu(x) + leaky_relu(x, 0.1) + x.abs(),
        x.maximum(x * 0.5) - x.minimum(x * 0.25),
        x.max(&[0]),
    ]
}

/// The values of the results, and the gradients of the sum of each.
fn values_and_gradients<T: Scalar>(inputs: &[Tensor<T>; 3]) -> Vec<[Tensor<f64>; 4]> {
    let tape = Tape::default();
    let [x, w, row] = inputs.each_ref().map(|input| tape.variable(input.clone()));
    let of = |result: Var<'_, T>| {
        let gradients = result.sum_all().backward();
        let [x, w, row] = [x, w, row].map(|input| gradients.of(input).cast());
        [result.value().cast(), x, w, row]
    };
    results(x, w, row).into_iter().map(of).collect()
}

fn length() -> impl Strategy<Value = usize> {
    // Around the widths of vectors and tiles, too.
    prop_oneof![1..5usize, 14..35usize]
}

fn inputs() -> impl Strategy<Value = [Tensor<f32>; 3]> {
    [length(), length(), length()].prop_flat_map(|[m, k, n]| {
        let draw = |shape: Vec<usize>| tensors(shape, -0.5..0.5f32);
        [draw(vec![m, k]).boxed(), draw(vec![k, n]).boxed(), draw(vec![n]).boxed()]
    })
}

proptest! {
    #[test]
    fn single_precision_agrees_with_double(inputs in inputs()) {
        let single = values_and_gradients(&inputs);
        let double = values_and_gradients(&inputs.each_ref().map(Tensor::cast::<f64>));
        for (at, (single, double)) in single.iter().zip(&double).enumerate() {
            for (part, (found, exact)) in single.iter().zip(double).enumerate() {
                let size = exact.values().iter().fold(1.0, |most: f64, x| most.max(x.abs()));
                prop_assert!(
                    approx::abs_diff_eq!(*found, *exact, epsilon = 1e-4 * size),
                    "result {at}, part {part}: {found:?} instead of {exact:?}"
                );
            }
        }
    }
}

/// Probabilities that the scalar type rounds to 1 or 0 beside others that it does not.
#[test]
fn a_softmax_that_is_rounded_to_1_still_learns_that_it_is_wrong() {
    fn gradients<T: Scalar>(margin: f64) -> [Tensor<f64>; 2] {
        let tape = Tape::<T>::default();
        let x = tape.variable(Tensor::from([0.0, -margin]).cast());
        let of = |loss: Var<'_, T>| loss.backward().of(x).cast();
        [
            of(-softmax(x, 0).slice(0, 1..).ln().sum_all()),
            of(-log_softmax(x, 0).slice(0, 1..).sum_all()),
        ]
    }
    for margin in (1..80).map(f64::from) {
        for [of_softmax, of_log_softmax] in [gradients::<f32>(margin), gradients::<f64>(margin)] {
            assert_relative_eq!(of_softmax, of_log_softmax, max_relative = 1e-5);
        }
    }
}

#[test]
fn the_probabilities_of_many_classes_sum_to_1() {
    let tape = Tape::<f32>::default();
    for classes in [1_000, 50_257, 100_000] {
        let y = softmax(tape.constant(Tensor::full([classes], 0.3)), 0).value();
        assert!((y.cast::<f64>().sum_all().item() - 1.0).abs() < 6e-8 * 2.0, "{classes} classes");
    }
}

/// A right answer has as small a gradient for target 1 as its mirror image has for target 0.
#[test]
fn the_slope_of_a_binary_cross_entropy_is_as_exact_for_ones_as_for_zeros() {
    let tape = Tape::<f32>::default();
    for logit in [0.0, 0.5, 3.0, 15.0, 20.0, 60.0] {
        let slope = |logit: f32, target: f32| {
            let x = tape.variable(Tensor::from([logit]));
            let loss = bce_with_logits(x, &Tensor::from([target]));
            loss.backward().of(x).item()
        };
        let expected = -1.0 / (1.0 + f64::from(logit).exp());
        assert_relative_eq!(f64::from(slope(logit, 1.0)), expected, max_relative = 1e-6);
        assert_eq!(slope(logit, 1.0), -slope(-logit, 0.0));
    }
}
