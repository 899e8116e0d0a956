//! Matrices in bf16: what rounding costs, and products in any shape.

use mistakes::message;
use proptest::prelude::*;
use tensor::strategy::tensors;
use tensor::{Bf16Matrix, Tensor};

/// A matrix, and rows to multiply with it, in any layout.
fn factors() -> impl Strategy<Value = (Tensor, Tensor)> {
    (prop_oneof![0..7usize, 30..35usize], 0..40usize, 0..70usize).prop_flat_map(
        |(m, rows, columns)| {
            let numbers = |shape| tensors(shape, -2.0..2.0f64).prop_map(|x| x.cast());
            (numbers(vec![rows, columns]), numbers(vec![m, columns]))
        },
    )
}

proptest! {
    #[test]
    fn a_product_is_that_of_the_rounded_numbers((matrix, x) in factors()) {
        let rounded = Bf16Matrix::round(&matrix).unwrap();
        let (x, widened) = (x.cast::<f64>(), rounded.widen::<f64>());
        let exact = x.matmul(&widened.t());
        let double = rounded.dot_rows(&x);
        prop_assert_eq!(double.shape(), exact.shape());
        approx::assert_relative_eq!(double, exact, epsilon = 1e-12);
        let single = rounded.dot_rows(&x.cast::<f32>()).cast();
        approx::assert_relative_eq!(single, exact, epsilon = 1e-4);
    }

    #[test]
    fn rounding_changes_a_product_by_less_than_a_part_in_256_of_its_terms((matrix, x) in factors()) {
        let rounded = Bf16Matrix::round(&matrix).unwrap();
        let [x, matrix] = [x, matrix].map(|factor| factor.cast::<f64>());
        let change = (rounded.dot_rows(&x) - x.matmul(&matrix.t())).abs();
        let terms = x.abs().matmul(&matrix.abs().t());
        let is_small = change.values().iter().zip(&*terms.values()).all(|(c, t)| *c <= t / 256.0 + 1e-12);
        prop_assert!(is_small);
    }

    #[test]
    fn rows_are_those_of_the_whole((matrix, _) in factors(), ids in prop::collection::vec(0..40u32, 0..5)) {
        let rounded = Bf16Matrix::round(&matrix).unwrap();
        let rows = matrix.shape()[0] as u32;
        let ids: Vec<u32> = ids.into_iter().filter(|&id| id < rows).collect();
        let whole = rounded.widen::<f32>();
        let ids = Tensor::new([ids.len()], ids);
        prop_assert_eq!(rounded.gather_rows::<f32>(&ids), whole.gather_rows(&ids));
        // As texts: a row for each id of each text.
        let texts = ids.reshape([1, ids.len(), 1]);
        prop_assert_eq!(rounded.gather_rows::<f32>(&texts), whole.gather_rows(&texts));
        prop_assert_eq!(Bf16Matrix::round(&whole).unwrap(), rounded);
    }
}

#[test]
fn a_number_that_would_become_infinite_is_refused_with_its_place() {
    let largest = f32::from_bits(0x7f7f_0000);
    assert!(Bf16Matrix::round(&Tensor::from([[largest, -largest]])).is_ok());
    let error = Bf16Matrix::round(&Tensor::from([[0.0, 1.0], [2.0, f32::MIN]])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "-3.4028235e38 in row 1, column 1, would become infinite: the largest number of bf16 is 3.3895314e38"
    );
}

#[test]
fn a_matrix_of_many_parts_is_multiplied_part_by_part() {
    let whole = |shape: [usize; 2]| {
        let numbers = (0..shape[0] * shape[1]).map(|i| (i * 7 % 19) as f32 - 9.0);
        Tensor::new(shape, numbers.collect())
    };
    for (rows, columns) in [(301, 129), (5, 9001), (2050, 8)] {
        let (matrix, x) = (whole([rows, columns]), whole([3, columns]));
        let product = Bf16Matrix::round(&matrix).unwrap().dot_rows(&x);
        assert_eq!(product, x.matmul(&matrix.t()), "{rows} x {columns}");
    }
}

#[test]
fn what_is_not_a_number_stays_so_in_a_product() {
    let matrix = Tensor::from([[f32::NAN, 0.0, 0.0], [f32::INFINITY, 1.0, 1.0], [1.0, 1.0, 1.0]]);
    let product = Bf16Matrix::round(&matrix).unwrap().dot_rows(&Tensor::<f32>::ones([1, 3]));
    let [nan, infinite, three] = [0, 1, 2].map(|column| product.get([0, column]));
    assert!(nan.is_nan());
    assert_eq!((infinite, three), (f32::INFINITY, 3.0));
}

#[test]
fn shapes_that_do_not_fit_are_told() {
    let matrix = Bf16Matrix::round(&Tensor::zeros([2, 3])).unwrap();
    let told = message(|| matrix.dot_rows(&Tensor::<f32>::zeros([1, 4])));
    assert!(
        told.contains("x [1, 4] does not fit a matrix in bf16 of 2 rows of 3 numbers"),
        "{told}"
    );
    let told = message(|| matrix.gather_rows::<f32>(&Tensor::from([2])));
    assert!(told.contains("there is no row 2"), "{told}");
    let told = message(|| Bf16Matrix::round(&Tensor::zeros([3])));
    assert!(told.contains("shape [3] must have two axes"), "{told}");
}
