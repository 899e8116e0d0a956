//! What a person reads: printed tensors, and the panics that a mistake brings.

use std::ops::Bound;

use mistakes::message;
use tensor::{Key, Tensor};

#[test]
fn a_small_tensor_prints_whole() {
    let x = Tensor::from([[1.0, -2.5], [10.25, 0.0]]);
    assert_eq!(x.to_string(), "[[    1,  -2.5],\n [10.25,     0]]");
    assert_eq!(format!("{:?}", Tensor::from([1u32, 20])), "Tensor<u32> [2] [ 1, 20]");
    assert_eq!(Tensor::scalar(0.5f64).to_string(), "0.5");
    assert_eq!(Tensor::from([true, false]).to_string(), "[ true, false]");
}

#[test]
fn long_fractions_print_with_four_digits_and_tiny_ones_with_an_exponent() {
    assert_eq!(Tensor::from([1.0 / 3.0, 2.0]).to_string(), "[0.3333, 2.0000]");
    assert_eq!(Tensor::from([1.23456e-7, 2.0]).to_string(), "[1.2346e-7,  2.0000e0]");
    // With four digits after the point it would be 0.0001, twice as much.
    assert_eq!(Tensor::from([0.00005, 1.0 / 3.0]).to_string(), "[5.0000e-5, 3.3333e-1]");
    assert_eq!(Tensor::from([0.0005, 1.0 / 3.0]).to_string(), "[0.0005, 0.3333]");
}

#[test]
fn numbers_print_with_as_many_digits_as_the_format_says() {
    let x = Tensor::from([0.123456, -20.0]);
    assert_eq!(format!("{x:.2}"), "[  0.12, -20.00]");
    assert_eq!(format!("{x:.2?}"), "Tensor<f64> [2] [  0.12, -20.00]");
}

/// Only what is shown is read: these seven billion numbers are one.
#[test]
fn a_view_that_no_memory_could_hold_prints_its_corners() {
    let text = Tensor::<f32>::scalar(0.0).expand([7, 1_000_000_000]).to_string();
    let row = "[0, 0, 0, …, 0, 0, 0]";
    let rows = [row, row, row, "…", row, row, row].join(",\n ");
    assert_eq!(text, format!("[{rows}]"));
    assert_eq!(Tensor::<f32>::zeros([0, 1000]).to_string(), "[]");
}

#[test]
fn a_tensor_that_is_too_large_is_refused_at_the_callers_line() {
    let too_large = [usize::MAX, 2];
    message(|| Tensor::<f32>::zeros(too_large));
    message(|| Tensor::<f32>::ones(too_large));
    message(|| Tensor::full(too_large, 1u32));
}

#[test]
fn inputs_of_a_fused_map_that_do_not_fit_are_refused_at_the_callers_line() {
    let (a, b) = (Tensor::from([1.0, 2.0, 3.0]), Tensor::from([1.0, 2.0]));
    let told = message(|| tensor::fused::map([&a, &b], |[a, b]| ([a + b], [])));
    assert!(told.starts_with("fused: "), "{told}");
}

#[test]
fn a_large_tensor_prints_its_corners() {
    let text = Tensor::<f32>::full([100, 50], 1.5).to_string();
    let row = "[1.5, 1.5, 1.5, …, 1.5, 1.5, 1.5]";
    let rows = [row, row, row, "…", row, row, row].join(",\n ");
    assert_eq!(text, format!("[{rows}]"));
}

#[test]
fn empty_and_three_dimensional_tensors_print() {
    assert_eq!(Tensor::<f32>::zeros([0, 3]).to_string(), "[]");
    assert_eq!(Tensor::<f32>::zeros([2, 1, 2]).to_string(), "[[[0, 0]],\n\n [[0, 0]]]");
}

#[test]
fn a_mistake_is_explained_at_the_users_line_with_shapes_and_rule() {
    let x: Tensor = Tensor::zeros([2, 3]);
    let y: Tensor = Tensor::zeros([4, 3]);
    assert_eq!(
        message(|| &x + &y),
        "add: shapes [2, 3] and [4, 3] do not broadcast: aligned at the last axis, lengths must be \
         equal or 1, but axis -2 has 2 against 4"
    );
    for (name, mistake) in [
        ("sub", (|x, y| x - y) as fn(Tensor, Tensor) -> Tensor),
        ("mul", |x, y| &x * y),
        ("div", |x, y| x / &y),
        ("maximum", |x, y| x.maximum(&y)),
        ("minimum", |x, y| x.minimum(&y)),
    ] {
        let message = message(|| mistake(x.clone(), y.clone()));
        assert!(
            message.starts_with(&format!("{name}: shapes [2, 3] and [4, 3] do not")),
            "{message}"
        );
    }
    let mut sums = x.clone();
    assert_eq!(
        message(|| sums += &y),
        "add_assign: shape [4, 3] does not expand to [2, 3]: aligned at the last axis, each length must be equal to the target's or 1"
    );
    assert!(
        message(|| x.gt(0.0) & y.gt(0.0)).starts_with("bitand: shapes [2, 3] and [4, 3] do not")
    );
    assert_eq!(
        message(|| x.matmul(&y)),
        "matmul: shapes [2, 3] and [4, 3] do not fit: [m, k] · [k, n] needs equal inner lengths, but \
         3 is not 4; the right one transposed would fit"
    );
    assert_eq!(
        message(|| x.matmul(&Tensor::zeros([3]))),
        "matmul: shapes [2, 3] and [3] are not both matrices: each needs at least two axes; reshape \
         a vector of n to [1, n] or [n, 1]"
    );
    assert_eq!(
        message(|| x.reshape([5])),
        "reshape: shape [2, 3] has 6 elements, [5] has 5: a reshape keeps their number"
    );
    assert_eq!(
        message(|| x.sum(&[2])),
        "sum: axis 2 does not exist: with 2 axes it must be in -2..=1"
    );
    assert_eq!(
        message(|| x.sum(&[1, -1])),
        "sum: axis 1 is named twice in [1, -1]: name each axis once"
    );
    assert_eq!(
        message(|| x.mean(&[0, 0])),
        "mean: axis 0 is named twice in [0, 0]: name each axis once"
    );
    assert_eq!(
        message(|| Tensor::<f32>::zeros([2, 0]).min_keepdim(&[-1])),
        "min_keepdim: shape [2, 0] has no elements along axes [-1] to choose from"
    );
    assert_eq!(
        message(|| x.unsqueeze(3)),
        "unsqueeze: axis 3 does not exist: with 3 axes it must be in -3..=2"
    );
    assert_eq!(message(|| x.squeeze(&[1])), "squeeze: axis 1 of shape [2, 3] is 3 long, not 1");
    assert_eq!(
        message(|| Tensor::<f32>::zeros([1, 2]).squeeze(&[0, -2])),
        "squeeze: axis 0 is named twice in [0, -2]: name each axis once"
    );
    assert_eq!(
        message(|| Tensor::<f32>::ones([3]).sum_rows(&[0], &[1])),
        "sum_rows: shape [3] must have two axes"
    );
    let not_in_order =
        "sum_rows: the lists must end in order, and the last of them after all 2 rows";
    for ends in [&[2, 1][..], &[1], &[]] {
        assert_eq!(message(|| x.sum_rows(&[0, 1], ends)), not_in_order);
    }
    assert!(message(|| x.sum_rows(&[2], &[1])).starts_with("sum_rows: "));
    assert_eq!(
        message(|| x.index_axis(1, 3)),
        "index_axis: index 3 is not within axis 1 of shape [2, 3]"
    );
    assert_eq!(
        message(|| x.slice(1, 2..5)),
        "slice: range 2..5 is not within axis 1 of shape [2, 3]"
    );
    assert_eq!(
        message(|| x.slice(1, ..=usize::MAX)),
        format!("slice: range 0..{} is not within axis 1 of shape [2, 3]", usize::MAX)
    );
    assert_eq!(
        message(|| x.slice(1, (Bound::Excluded(usize::MAX), Bound::Unbounded))),
        format!("slice: range {}..3 is not within axis 1 of shape [2, 3]", usize::MAX)
    );
    assert_eq!(
        message(|| Tensor::concat(&[&x, &y], 1)),
        "concat: shapes [2, 3] and [4, 3] cannot be joined along axis 1: all other axes must have \
         equal lengths"
    );
    assert_eq!(
        message(|| x.gather_rows(&Tensor::from([2]))),
        "gather_rows: there is no row 2: the 2 rows are numbered from 0"
    );
    assert_eq!(
        message(|| Tensor::new([2, 2], vec![0.0; 3])),
        "new: shape [2, 2] needs 4 values, not 3"
    );
    assert_eq!(
        message(|| Tensor::<f32>::uniform([2], 1.0..1.0, Key::new(0))),
        "uniform: nothing can be drawn from 1.0..1.0: low > high (or equal if exclusive) in uniform \
         distribution"
    );
    assert_eq!(
        message(|| Tensor::<f32>::normal([2], 0.0, -1.0, Key::new(0))),
        "normal: there is no distribution with mean 0 and standard deviation -1: both must be \
         finite, the deviation not negative"
    );
    assert_eq!(
        message(|| x.expand([5, 5])),
        "expand: shape [2, 3] does not expand to [5, 5]: aligned at the last axis, each length must \
         be equal to the target's or 1"
    );
}

#[test]
fn mistakes_in_choosing_and_joining_are_explained() {
    let x: Tensor = Tensor::zeros([2, 3]);
    let (y, ids) = (Tensor::zeros([4, 3]), Tensor::full([2, 1], 3));
    assert!(message(|| x.gt(&y)).starts_with("gt: shapes [2, 3] and [4, 3] do not broadcast"));
    assert!(message(|| x.pow(&y)).starts_with("pow: shapes [2, 3] and [4, 3] do not broadcast"));
    assert!(
        message(|| Tensor::where_(&y.gt(0.0), &x, 0.0))
            .starts_with("where_: shapes [4, 3] and [2, 3] do not broadcast")
    );
    assert_eq!(
        message(|| x.clamp(1.0, -1.0)),
        "clamp: the bounds are 1 and -1: the first must be at most the second"
    );
    assert_eq!(
        message(|| x.gather(1, &ids)),
        "gather: index 3 is not within axis 1 of shape [2, 3]"
    );
    assert_eq!(
        message(|| y.gather(1, &ids)),
        "gather: indices of shape [2, 1] do not pick along axis 1 of shape [4, 3]: all other axes must \
         have equal lengths"
    );
    assert_eq!(
        message(|| x.scatter_add(1, &ids, 5)),
        "scatter_add: the indices have shape [2, 1], the elements [2, 3]: they must be equal"
    );
    assert_eq!(
        message(|| x.topk(4, 1)),
        "topk: k is 4, but axis 1 of shape [2, 3] has 3 elements: k must not be more"
    );
    assert_eq!(
        message(|| x.var(&[1], 3)),
        "var: shape [2, 3] has 3 elements along axes [1]: with the correction 3 there must be more \
         than 3"
    );
    assert_eq!(
        message(|| Tensor::stack(&[&x, &y], 0)),
        "stack: shapes [2, 3] and [4, 3] cannot be stacked: they must be equal"
    );
    assert_eq!(
        message(|| x.split(&[1, 1], 1)),
        "split: the lengths [1, 1] add up to 2, but axis 1 of shape [2, 3] is 3 long: they must be \
         equal"
    );
    assert_eq!(
        message(|| x.pad(&[(1, 1)], 0.0)),
        "pad: there are 1 pairs of widths for the 2 axes of shape [2, 3]: give (before, after) for each \
         axis"
    );
    assert_eq!(
        message(|| Tensor::<f32>::one_hot(&ids, 3)),
        "one_hot: there is no class 3: the 3 classes are numbered from 0"
    );
    assert_eq!(
        message(|| Tensor::<f32>::arange(0.0, 1.0, -0.5)),
        "arange: there is no way from 0 to 1 in steps of -0.5: the step must not be 0, and must lead \
         toward the end"
    );
    // Half a step in the wrong direction is not rounded to none.
    assert!(
        message(|| Tensor::<f32>::arange(1.0, 0.95, 0.1))
            .starts_with("arange: there is no way from 1 to 0.95")
    );
    assert_eq!(
        message(|| Tensor::<f32>::arange(16777216.0, 16777219.0, 0.5)),
        "arange: this scalar type makes 16777216 of two elements in a row: choose a step above 0.5, or compute \
         in f64"
    );
}

/// In release sums that are too large wrap around: a product of three elements would have room for
/// two.
#[test]
fn shapes_too_large_to_count_are_refused() {
    let x = Tensor::scalar(1.0).expand([3, 1]);
    let y = Tensor::scalar(1.0).expand([1, usize::MAX / 3 + 1]);
    assert_eq!(
        message(|| x.matmul(&y)),
        format!("shape [3, {}] has more elements than can be counted", usize::MAX / 3 + 1)
    );
}
