//! Clipping changes the length of the gradients only, and only if it must.

use approx::{assert_relative_eq, relative_eq};
use optim::{clip_global_norm, global_norm};
use proptest::prelude::*;
use tensor::Tensor;

use crate::{Run, gradients, runs};

fn first_step(run: &Run) -> Vec<Option<Tensor<f64>>> {
    run.gradients.iter().map(|steps| steps[0].clone()).collect()
}

fn naive_norm(given: &[Option<Tensor<f64>>]) -> f64 {
    let all = given.iter().flatten().flat_map(Tensor::to_vec);
    all.map(|g| g * g).sum::<f64>().sqrt()
}

proptest! {
    #[test]
    fn the_norm_is_that_of_all_gradients_as_one_vector(run in runs()) {
        let given = first_step(&run);
        let found = global_norm(&gradients(&run.parameters::<f64>(), &given));
        prop_assert!(relative_eq!(found, naive_norm(&given), max_relative = 1e-14));
    }

    #[test]
    fn clipping_scales_all_gradients_by_one_factor(run in runs(), max in 1e-3..4.0) {
        let given = first_step(&run);
        let mut clipped = gradients(&run.parameters::<f64>(), &given);
        let norm = clip_global_norm(&mut clipped, max);
        prop_assert!(relative_eq!(norm, naive_norm(&given), max_relative = 1e-14));
        let factor = if norm > max { max / norm } else { 1.0 };
        for (id, clipped) in clipped.iter() {
            let given = given[id.index()].as_ref().expect("it has a gradient");
            prop_assert_eq!(clipped.dense(), &(given * factor));
        }
        prop_assert!(relative_eq!(global_norm(&clipped), norm.min(max), max_relative = 1e-14));
    }
}

#[test]
fn squares_of_large_and_small_f32_stay_in_range() {
    let mut parameters = autograd::Parameters::new(0);
    parameters.add("x", Tensor::zeros([2]));
    for size in [1e30, 1e-30] {
        let given = Tensor::from([3.0 * size, -4.0 * size]);
        let mut gradients = gradients(&parameters, &[Some(given)]);
        let norm = clip_global_norm(&mut gradients, size);
        assert_relative_eq!(norm, 5.0 * size, max_relative = 1e-6);
        assert_relative_eq!(global_norm(&gradients), size, max_relative = 1e-6);
    }
}

#[test]
fn squares_beyond_the_range_of_f64_do_not_hide_the_length() {
    let mut parameters = autograd::Parameters::<f64>::with_seed(0);
    parameters.add("x", Tensor::zeros([3]));
    for size in [1e200, 1e307, 1e-160, 1e-200, 1e-300] {
        let given = Tensor::from([3.0 * size, 1e-20 * size, -4.0 * size]);
        let mut gradients = gradients(&parameters, &[Some(given.clone())]);
        assert_relative_eq!(global_norm(&gradients), 5.0 * size, max_relative = 1e-14);
        let norm = clip_global_norm(&mut gradients, size);
        assert_relative_eq!(norm, 5.0 * size, max_relative = 1e-14);
        let (_, clipped) = gradients.iter().next().expect("a gradient");
        // In units of their size, because the tolerance is also an absolute one.
        assert_relative_eq!(clipped.dense() / size, given / (5.0 * size), max_relative = 1e-14);
    }
}

/// The length of three of the largest numbers is larger than each.
#[test]
fn gradients_whose_length_is_beyond_the_largest_number_are_clipped() {
    let mut parameters = autograd::Parameters::<f64>::with_seed(0);
    parameters.add("x", Tensor::zeros([3]));
    let given = Tensor::from([f64::MAX, -f64::MAX, f64::MAX]);
    let mut gradients = gradients(&parameters, &[Some(given)]);
    assert_eq!(clip_global_norm(&mut gradients, 1.0), f64::INFINITY);
    let (_, clipped) = gradients.iter().next().expect("a gradient");
    let third = 3f64.sqrt().recip();
    assert_relative_eq!(
        *clipped.dense(),
        Tensor::from([third, -third, third]),
        max_relative = 1e-14
    );
}

/// The factor alone would be rounded, or 0, in f32.
#[test]
fn huge_gradients_are_clipped_to_small_norms_in_f32() {
    let mut parameters = autograd::Parameters::<f32>::with_seed(0);
    parameters.add("x", Tensor::zeros([2]));
    for max in [1e-5, 1e-6, 1e-7, 1e-20] {
        let mut gradients = gradients(&parameters, &[Some(Tensor::from([2.4e38, -1.8e38]))]);
        clip_global_norm(&mut gradients, max);
        assert_relative_eq!(global_norm(&gradients) / max, 1.0, max_relative = 1e-6);
    }
}

#[test]
fn gradients_of_zero_have_no_length() {
    let mut parameters = autograd::Parameters::<f64>::with_seed(0);
    parameters.add("x", Tensor::zeros([2]));
    let mut gradients = gradients(&parameters, &[Some(Tensor::zeros([2]))]);
    assert_eq!(clip_global_norm(&mut gradients, 1.0), 0.0);
}

#[test]
fn gradients_without_a_length_are_left_as_they_are() {
    let mut parameters = autograd::Parameters::<f64>::with_seed(0);
    parameters.add("x", Tensor::zeros([2]));
    for x in [f64::INFINITY, f64::NAN] {
        let given = Tensor::from([1.0, x]);
        let mut gradients = gradients(&parameters, &[Some(given.clone())]);
        let norm = clip_global_norm(&mut gradients, 0.5);
        assert_eq!((norm.is_nan(), norm.is_infinite()), (x.is_nan(), x.is_infinite()));
        let (_, left) = gradients.iter().next().expect("a gradient");
        assert_eq!(left.dense().get([0]), 1.0);
        assert_eq!(left.dense().get([1]).is_nan(), x.is_nan());
    }
}

/// A dense copy made before clipping is not returned after it.
#[test]
fn rows_are_clipped_too() {
    let mut parameters = autograd::Parameters::<f64>::with_seed(0);
    let id = parameters.add("table", Tensor::zeros([3, 1]));
    let tape = autograd::Tape::default();
    let rows = tape.parameter_rows(&parameters, id, vec![0, 2]);
    let slopes = tape.constant(Tensor::from([[30.0], [40.0]]));
    let mut gradients = (rows * slopes).sum_all().backward();
    assert_eq!(gradients.get(id), Some(&Tensor::from([[30.0], [0.0], [40.0]])));
    assert_eq!(clip_global_norm(&mut gradients, 5.0), 50.0);
    assert_eq!(gradients.get(id), Some(&Tensor::from([[3.0], [0.0], [4.0]])));
}
