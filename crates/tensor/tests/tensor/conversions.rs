//! Tensors from arrays, lists and iterators.

use std::fmt::Debug;

use proptest::prelude::*;
use tensor::{Element, Tensor};

/// Checks every source of the same eight elements.
fn assert_sources_agree<T: Element + PartialEq>(values: [T; 8])
where
    Tensor<T>: Debug,
{
    let [a, b, c, d, e, f, g, h] = values;
    let expected = |shape: &[usize]| Tensor::new(shape, values.to_vec());
    assert_eq!(Tensor::from(values), expected(&[8]));
    assert_eq!(Tensor::from(values.to_vec()), expected(&[8]));
    assert_eq!(Tensor::from(&values[..]), expected(&[8]));
    assert_eq!(values.into_iter().collect::<Tensor<T>>(), expected(&[8]));
    assert_eq!(Tensor::from([[a, b, c, d], [e, f, g, h]]), expected(&[2, 4]));
    assert_eq!(Tensor::from([[[a, b], [c, d]], [[e, f], [g, h]]]), expected(&[2, 2, 2]));
}

proptest! {
    #[test]
    fn arrays_lists_and_iterators_give_the_same_tensor(
        numbers in any::<[f32; 8]>().prop_filter("NaN is not equal to itself", |x| !x.iter().any(|x| x.is_nan())),
        ids in any::<[u32; 8]>(),
        conditions in any::<[bool; 8]>(),
    ) {
        assert_sources_agree(numbers);
        assert_sources_agree(numbers.map(f64::from));
        assert_sources_agree(ids);
        assert_sources_agree(conditions);
    }
}

#[test]
fn what_is_empty_has_its_axes() {
    let none: [[f64; 3]; 0] = [];
    assert_eq!(Tensor::from(none).shape(), [0, 3]);
    assert_eq!(Tensor::from([[[0.0; 0]; 2]; 5]).shape(), [5, 2, 0]);
    assert_eq!(Tensor::<f32>::from(Vec::new()).shape(), [0]);
}
