//! Operators, functions and reductions in all their forms, on every layout, in `f32` and `f64`.

use std::ops::{Add, Div, Mul, Sub};

use proptest::prelude::*;
use tensor::strategy::{broadcastable_shapes, shapes, tensors};
use tensor::{Scalar, Tensor, shape};

/// Numbers with fractions, so that a result of another order of operations has other bits.
fn numbers<T: Scalar>() -> impl Strategy<Value = T> + Clone {
    prop_oneof![4 => -8.0..8.0, 1 => Just(0.0)].prop_map(T::from_f64)
}

fn any_tensor<T: Scalar>() -> impl Strategy<Value = Tensor<T>> {
    shapes(4, 4).prop_flat_map(|shape| tensors(shape, numbers()))
}

fn broadcastable<T: Scalar>() -> impl Strategy<Value = (Tensor<T>, Tensor<T>)> {
    broadcastable_shapes(4, 4)
        .prop_flat_map(|(a, b)| (tensors(a, numbers()), tensors(b, numbers())))
}

fn with_axes<T: Scalar>() -> impl Strategy<Value = (Tensor<T>, Vec<isize>)> {
    any_tensor().prop_flat_map(|x| {
        let rank = x.rank() as isize;
        let axes: Vec<isize> = (0..rank).map(|axis| axis - rank * (axis % 2)).collect();
        (Just(x), prop::sample::subsequence(axes, 0..=rank as usize))
    })
}

/// Checks that two tensors have the same shape and bits. Any two NaN are the same.
fn same<T: Scalar>(found: Tensor<T>, expected: Tensor<T>) -> Result<(), TestCaseError> {
    let bits = |x: T| if x.is_nan() { u64::MAX } else { x.to_f64().to_bits() };
    prop_assert_eq!(found.map(bits), expected.map(bits), "{:?} != {:?}", found, expected);
    Ok(())
}

/// Checks an operator in all forms of its operands against pairs of numbers.
macro_rules! assert_operator {
    ($operator:tt, $of_numbers:expr, $a:expr, $b:expr, $number:expr) => {{
        let (a, b, number) = (&$a, &$b, $number);
        let expected = a.zip_map(b, $of_numbers);
        same(a $operator b, expected.clone())?;
        same(a.clone() $operator b, expected.clone())?;
        same(a $operator b.clone(), expected.clone())?;
        same(a.clone() $operator b.clone(), expected.clone())?;
        same(a $operator number, a.map(|x| $of_numbers(x, number)))?;
        same(a.clone() $operator number, a.map(|x| $of_numbers(x, number)))?;
        same(number $operator a, a.map(|x| $of_numbers(number, x)))?;
        same(number $operator a.clone(), a.map(|x| $of_numbers(number, x)))?;
    }};
}

/// Checks an operator that assigns, in all forms of its right operand, against the one that does not.
macro_rules! assert_assigns {
    ($assign:tt, $operator:tt, $a:expr, $b:expr, $number:expr) => {{
        let (a, b, number) = (&$a, &$b, $number);
        let assigned = |change: &dyn Fn(&mut Tensor<_>)| {
            let mut changed = a.clone();
            change(&mut changed);
            changed
        };
        same(assigned(&|x| *x $assign number), a $operator number)?;
        if shape::expands(b.shape(), a.shape()).is_ok() {
            same(assigned(&|x| *x $assign b), a $operator b)?;
            same(assigned(&|x| *x $assign b.clone()), a $operator b)?;
        }
    }};
}

/// Checks the functions of one element against the same function of the number.
fn functions_are_those_of_numbers<T: Scalar>(x: &Tensor<T>) -> Result<(), TestCaseError> {
    same(-x.clone(), x.map(|x| -x))?;
    same(x.abs(), x.map(T::abs))?;
    same(x.sqrt(), x.map(T::sqrt))?;
    same(x.exp(), x.map(T::exp))?;
    same(x.ln(), x.map(T::ln))?;
    same(x.sin(), x.map(T::sin))?;
    same(x.cos(), x.map(T::cos))?;
    same(x.tanh(), x.map(T::tanh))?;
    same(x.sigmoid(), x.map(T::sigmoid))?;
    same(x.powi(2), x.map(|x| x * x))?;
    same(x.powi(-3), x.map(|x| x.powi(-3)))?;
    Ok(())
}

/// Checks that each function of one element is NaN where the element is.
fn functions_keep_nan<T: Scalar>(x: &Tensor<T>) -> Result<(), TestCaseError> {
    let found: [(&str, Tensor<T>); 14] = [
        ("abs", x.abs()),
        ("sqrt", x.sqrt()),
        ("exp", x.exp()),
        ("ln", x.ln()),
        ("ln_1p", x.map(T::ln_1p)),
        ("sin", x.sin()),
        ("cos", x.cos()),
        ("tanh", x.tanh()),
        ("erf", x.map(T::erf)),
        ("sigmoid", x.sigmoid()),
        ("softplus", x.softplus()),
        ("powi", x.powi(-3)),
        ("pow", x.pow(&Tensor::scalar(T::from_f64(0.5)))),
        ("clamp", x.clamp(-T::ONE, T::ONE)),
    ];
    for (name, y) in found {
        prop_assert_eq!(y.map(T::is_nan), x.map(T::is_nan), "{} of {:?} is {:?}", name, x, y);
    }
    Ok(())
}

/// Numbers side by side, with NaN of either sign and any payload among them.
fn with_nan<T: Scalar>(nan: impl Strategy<Value = T>) -> impl Strategy<Value = Tensor<T>> {
    let elements = prop_oneof![nan, (0.1..9.0f64).prop_map(T::from_f64)];
    prop::collection::vec(elements, 1..40).prop_map(Tensor::from)
}

fn nan_of_f32() -> impl Strategy<Value = f32> {
    let known = prop::sample::select(vec![0x7fff_ffff, 0xffff_ffff, 0x7fc0_0002, 0x7fc0_1234]);
    let bits = prop_oneof![known, any::<u32>().prop_map(|bits| bits | 0x7f80_0001)];
    bits.prop_map(f32::from_bits)
}

fn nan_of_f64() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(|bits| f64::from_bits(bits | 0x7ff0_0000_0000_0001))
}

/// Checks that `keepdim` changes the shape alone, and the smallest against the largest.
fn keepdim_keeps_the_numbers<T: Scalar>(
    x: &Tensor<T>,
    axes: &[isize],
) -> Result<(), TestCaseError> {
    let kept = shape::reduce(x.shape(), axes).unwrap();
    same(x.sum_keepdim(axes), x.sum(axes).reshape(&kept))?;
    same(x.mean_keepdim(axes), x.mean(axes).reshape(&kept))?;
    same(x.sum_keepdim(axes).squeeze(axes), x.sum(axes))?;
    if !x.is_empty() {
        same(x.max_keepdim(axes), x.max(axes).reshape(&kept))?;
        same(x.min_keepdim(axes), x.min(axes).reshape(&kept))?;
        same(x.min(axes), -(-x).max(axes))?;
    }
    let all: Vec<isize> = (0..x.rank() as isize).collect();
    same(x.mean_all(), x.mean(&all))?;
    if !x.is_empty() {
        same(x.max_all(), x.max(&all))?;
        same(x.min_all(), x.min(&all))?;
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_form_of_an_operator_is_the_operator_of_numbers(
        (a, b) in broadcastable::<f32>(),
        (c, d) in broadcastable::<f64>(),
        number in numbers::<f64>(),
    ) {
        assert_operator!(+, f32::add, a, b, number as f32);
        assert_operator!(-, f32::sub, a, b, number as f32);
        assert_operator!(*, f32::mul, a, b, number as f32);
        assert_operator!(/, f32::div, a, b, number as f32);
        assert_operator!(+, f64::add, c, d, number);
        assert_operator!(-, f64::sub, c, d, number);
        assert_operator!(*, f64::mul, c, d, number);
        assert_operator!(/, f64::div, c, d, number);
    }

    #[test]
    fn an_operator_that_assigns_keeps_the_shape_and_changes_no_other_tensor(
        (a, b) in broadcastable::<f32>(),
        (c, d) in broadcastable::<f64>(),
        number in numbers::<f64>(),
    ) {
        let before = (a.to_vec(), c.to_vec());
        assert_assigns!(+=, +, a, b, number as f32);
        assert_assigns!(-=, -, a, b, number as f32);
        assert_assigns!(*=, *, a, b, number as f32);
        assert_assigns!(/=, /, a, b, number as f32);
        assert_assigns!(+=, +, c, d, number);
        assert_assigns!(-=, -, c, d, number);
        assert_assigns!(*=, *, c, d, number);
        assert_assigns!(/=, /, c, d, number);
        prop_assert_eq!((a.to_vec(), c.to_vec()), before);
    }

    #[test]
    fn a_function_of_a_tensor_is_the_function_of_each_number(
        x in any_tensor::<f32>(),
        y in any_tensor::<f64>(),
    ) {
        functions_are_those_of_numbers(&x)?;
        functions_are_those_of_numbers(&y)?;
    }

    /// A NaN is not one number: its low bits are free, and arithmetic on bits may read them.
    #[test]
    fn a_function_of_nan_is_nan_whatever_its_bits(
        x in with_nan(nan_of_f32()),
        y in with_nan(nan_of_f64()),
    ) {
        functions_keep_nan(&x)?;
        functions_keep_nan(&y)?;
    }

    #[test]
    fn maximum_and_minimum_broadcast_as_sums_do(
        (a, b) in broadcastable::<f32>(),
        (c, d) in broadcastable::<f64>(),
    ) {
        same(a.maximum(&b), a.zip_map(&b, Scalar::maximum))?;
        same(a.minimum(&b), a.zip_map(&b, Scalar::minimum))?;
        same(c.maximum(&d), c.zip_map(&d, Scalar::maximum))?;
        same(c.minimum(&d), c.zip_map(&d, Scalar::minimum))?;
    }

    #[test]
    fn reductions_with_keepdim_keep_the_numbers(
        (x, axes) in with_axes::<f32>(),
        (y, other_axes) in with_axes::<f64>(),
    ) {
        keepdim_keeps_the_numbers(&x, &axes)?;
        keepdim_keeps_the_numbers(&y, &other_axes)?;
    }

    #[test]
    fn a_reduction_with_keepdim_broadcasts_against_its_tensor((x, axes) in with_axes::<f64>()) {
        prop_assume!(!x.is_empty());
        let distance = &x - x.min_keepdim(&axes);
        prop_assert_eq!(distance.shape(), x.shape());
        prop_assert!(distance.to_vec().iter().all(|&x| x >= 0.0));
    }
}
