//! A custom property, tested on random tensors of every layout.

use proptest::prelude::*;
use wengert::Tape;
use wengert::tensor::strategy::tensors;

proptest! {
    /// The gradient of the softmax of each row sums to 0: adding the same to all logits changes nothing.
    #[test]
    fn the_gradient_of_a_softmax_sums_to_zero_in_each_row(
        logits in tensors(vec![3, 4], -5.0..5.0),
        weights in tensors(vec![3, 4], -1.0..1.0),
    ) {
        let tape = Tape::<f64>::default();
        let x = tape.variable(logits);
        let result = (wengert::nn::softmax(x, -1) * tape.constant(weights)).sum_all();
        let sums = result.backward().of(x).sum(&[1]);
        prop_assert!(sums.values().iter().all(|sum| sum.abs() < 1e-12), "{sums}");
    }
}
