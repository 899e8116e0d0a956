//! Views, whatever the layout they start from, against the definition of each by its indices.

use proptest::prelude::*;
use tensor::strategy::{narrower_shape, shapes, tensors};
use tensor::{Key, Tensor, shape};

/// Small whole numbers, so that sums and products are exact and equality can be exact too.
fn numbers() -> impl Strategy<Value = f64> + Clone {
    (-8..=8i32).prop_map(f64::from)
}

fn any_tensor() -> impl Strategy<Value = Tensor<f64>> {
    shapes(4, 4).prop_flat_map(|shape| tensors(shape, numbers()))
}

/// Every index of a shape in row-major order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    (0..shape::len(shape)).map(|position| shape::index_of(position, shape)).collect()
}

/// A tensor without elements whose other lengths, multiplied, are more than can be counted.
#[test]
fn an_empty_tensor_may_have_any_other_lengths() {
    const LONG: usize = 1 << 40;
    for shape in [[0, LONG, LONG], [LONG, 0, LONG], [LONG, LONG, 0]] {
        let empty = Tensor::<f32>::zeros(shape);
        assert!(empty.is_empty() && empty.to_vec().is_empty());
        let [a, b, c] = shape;
        assert_eq!(empty.permute(&[2, 0, 1]).contiguous().shape(), [c, a, b]);
        assert_eq!(
            empty.slice(0, a / 2..).slice(1, b / 2..).slice(2, c / 2..).map(|x| x + 1.0).len(),
            0
        );
        assert_eq!((&empty + &empty.unsqueeze(0)).shape(), [1, a, b, c]);
        assert_eq!(empty.reshape([LONG, 3, 0]), Tensor::zeros([LONG, 3, 0]));
        assert_eq!(Tensor::concat(&[&empty, &empty.slice(0, ..0)], 0).shape(), shape);
    }
}

proptest! {
    #[test]
    fn values_come_in_row_major_order(x in any_tensor()) {
        let by_index: Vec<f64> = indices(x.shape()).iter().map(|index| x.get(index)).collect();
        prop_assert_eq!(x.to_vec(), by_index);
    }

    /// Shapes of up to four axes are copied in another way than longer ones.
    #[test]
    fn a_tensor_may_have_any_number_of_axes(shape in shapes(7, 2)) {
        let numbers: Vec<f64> = (0..shape::len(&shape)).map(|i| i as f64).collect();
        let x = Tensor::new(&shape, numbers.clone());
        let by_index: Vec<f64> = indices(&shape).iter().map(|index| x.get(index)).collect();
        prop_assert_eq!(&by_index, &numbers);
        let twice = &x + x.clone();
        prop_assert_eq!(twice.shape(), &*shape);
        prop_assert_eq!(twice.to_vec(), numbers.iter().map(|i| 2.0 * i).collect::<Vec<_>>());
        let repeated = x.unsqueeze(0).expand([&[2], &*shape].concat());
        prop_assert_eq!(repeated.sum_to(&shape), twice);
    }

    #[test]
    fn a_reshape_keeps_the_order(x in any_tensor(), cut in 0..24usize) {
        let n = x.len();
        prop_assert_eq!(x.reshape([n]).to_vec(), x.to_vec());
        if n > 0 {
            let rows = (1..=n).filter(|rows| n % rows == 0).nth(cut % 4).unwrap_or(1);
            let matrix = x.reshape([rows, n / rows]);
            prop_assert_eq!(matrix.to_vec(), x.to_vec());
            prop_assert_eq!(matrix.reshape(x.shape()), x);
        }
    }

    #[test]
    fn a_contiguous_tensor_is_reshaped_without_a_copy(shape in shapes(4, 4)) {
        let x: Tensor = Tensor::ones(&shape);
        prop_assert_eq!(x.reshape([x.len()]).storage().as_ptr(), x.storage().as_ptr());
    }

    #[test]
    fn permute_moves_the_axes(
        (x, order) in any_tensor().prop_flat_map(|x| {
            let order: Vec<isize> = (0..x.rank() as isize).collect();
            (Just(x), Just(order).prop_shuffle())
        })
    ) {
        let moved = x.permute(&order);
        for index in indices(moved.shape()) {
            let mut original = vec![0; x.rank()];
            for (k, &axis) in order.iter().enumerate() {
                original[axis as usize] = index[k];
            }
            prop_assert_eq!(moved.get(&index), x.get(&original));
        }
        prop_assert_eq!(moved.storage().as_ptr(), x.storage().as_ptr());
    }

    #[test]
    fn a_slice_shows_its_range(x in any_tensor(), pick in any::<[prop::sample::Index; 3]>()) {
        prop_assume!(x.rank() > 0);
        let axis = pick[0].index(x.rank());
        let end = pick[1].index(x.shape()[axis] + 1);
        let start = pick[2].index(end + 1);
        let part = x.slice(axis as isize, start..end);
        for mut index in indices(part.shape()) {
            let found = part.get(&index);
            index[axis] += start;
            prop_assert_eq!(found, x.get(&index));
        }
        prop_assert_eq!(part, x.slice(axis as isize - x.rank() as isize, start..end));
        if start < end {
            let first = x.index_axis(axis as isize, start);
            prop_assert_eq!(first, x.slice(axis as isize, start..=start).squeeze(&[axis as isize]));
        }
    }

    #[test]
    fn what_is_added_to_a_slice_changes_that_part_alone(
        x in any_tensor(), pick in any::<[prop::sample::Index; 3]>(), key in any::<u64>()
    ) {
        prop_assume!(x.rank() > 0);
        let axis = pick[0].index(x.rank());
        let end = pick[1].index(x.shape()[axis] + 1);
        let start = pick[2].index(end + 1);
        // A slice of another tensor, so its elements need not be contiguous.
        let others = Tensor::<f64>::uniform(x.shape(), -9.0..9.0, Key::new(key));
        let part = others.slice(axis as isize, start..end);
        let mut sum = x.clone();
        sum.add_to_slice(axis as isize, start..end, &part);
        for index in indices(x.shape()) {
            let is_inside = (start..end).contains(&index[axis]);
            let added = if is_inside { others.get(&index) } else { 0.0 };
            prop_assert_eq!(sum.get(&index), x.get(&index) + added);
        }
    }

    #[test]
    fn expand_repeats(
        (x, to) in shapes(4, 4).prop_flat_map(|to| {
            let narrow = narrower_shape(to.clone()).prop_flat_map(|from| tensors(from, numbers()));
            (narrow, Just(to))
        })
    ) {
        let wide = x.expand(&to);
        prop_assert_eq!(wide.shape(), to.as_slice());
        for index in indices(&to) {
            let own = index[to.len() - x.rank()..].iter().zip(x.shape());
            let own: Vec<usize> = own.map(|(&i, &n)| if n == 1 { 0 } else { i }).collect();
            prop_assert_eq!(wide.get(&index), x.get(&own));
        }
    }

    #[test]
    fn an_axis_put_in_can_be_taken_out(x in any_tensor(), pick in any::<prop::sample::Index>()) {
        let axis = pick.index(x.rank() + 1) as isize;
        let wider = x.unsqueeze(axis);
        prop_assert_eq!(wider.shape()[axis as usize], 1);
        prop_assert_eq!(wider.squeeze(&[axis]), x);
    }

    #[test]
    fn writing_touches_no_other_tensor(x in any_tensor()) {
        let before = x.to_vec();
        let mut written = x.clone();
        written.as_mut_slice().fill(99.0);
        prop_assert_eq!(written.to_vec(), vec![99.0; before.len()]);
        prop_assert_eq!(x.to_vec(), before);
    }

    #[test]
    fn a_cast_to_f32_and_back_keeps_small_whole_numbers(x in any_tensor()) {
        prop_assert_eq!(x.cast::<f32>().cast::<f64>(), x);
    }
}
