//! Unfolding and folding against their definition by indices, and against each other.

use proptest::prelude::*;
use tensor::strategy::tensors;
use tensor::{Tensor, Window};

/// A window by its kernel, stride, padding and dilation, so that a test can compute with them.
#[derive(Clone, Copy, Debug)]
struct Sides {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
}

impl Sides {
    fn window(self) -> Window {
        Window::new(self.kernel).stride(self.stride).padding(self.padding).dilation(self.dilation)
    }

    /// Where the window at position `at` reads number `k` of its kernel; `None` in the padding.
    fn place(self, axis: usize, at: usize, k: usize, length: usize) -> Option<usize> {
        let padded = self.stride[axis] * at + self.dilation[axis] * k;
        padded.checked_sub(self.padding[axis]).filter(|&place| place < length)
    }
}

/// Images of any layout, and a window that fits them.
fn images_and_sides() -> impl Strategy<Value = (Tensor<f64>, Sides)> {
    let pair = |range: std::ops::Range<usize>| [range.clone(), range];
    (0..3usize, 0..4usize, pair(1..4), pair(1..4), pair(0..4), pair(1..4), pair(0..6))
        .prop_flat_map(|(batch, channels, kernel, stride, padding, dilation, room)| {
            let sides = Sides { kernel, stride, padding, dilation };
            let length = |k: usize| {
                let covered: usize = dilation[k] * (kernel[k] - 1) + 1;
                covered.saturating_sub(2 * padding[k]) + room[k]
            };
            let images = vec![batch, channels, length(0), length(1)];
            // Whole numbers, so that sums are exact.
            (tensors(images, (-8..=8i32).prop_map(f64::from)), Just(sides))
        })
}

/// The definition: one place after another.
fn unfolded_by_indices(x: &Tensor<f64>, sides: Sides) -> Tensor<f64> {
    let &[batch, channels, height, width] = x.shape() else { unreachable!("images") };
    let [oh, ow] = sides.window().positions([height, width]).expect("the window fits");
    let [kh, kw] = sides.kernel;
    let mut columns = Vec::new();
    for b in 0..batch {
        for row in 0..channels * kh * kw {
            let (c, i, j) = (row / (kh * kw), row / kw % kh, row % kw);
            for column in 0..oh * ow {
                let y = sides.place(0, column / ow, i, height);
                let place = y.zip(sides.place(1, column % ow, j, width));
                columns.push(place.map_or(0.0, |(y, x_)| x.get([b, c, y, x_])));
            }
        }
    }
    Tensor::new([batch, channels * kh * kw, oh * ow], columns)
}

proptest! {
    #[test]
    fn unfold_is_its_definition((x, sides) in images_and_sides()) {
        prop_assert_eq!(x.unfold(sides.window()), unfolded_by_indices(&x, sides));
    }

    /// ⟨unfold(x), y⟩ = ⟨x, fold(y)⟩, exactly, as all are whole numbers.
    #[test]
    fn fold_is_the_adjoint_of_unfold(
        (x, sides, y) in images_and_sides().prop_flat_map(|(x, sides)| {
            let columns = sides.window().unfolded(x.shape()).expect("the window fits").to_vec();
            (Just(x), Just(sides), tensors(columns, (-8..=8i32).prop_map(f64::from)))
        })
    ) {
        let image = [x.shape()[2], x.shape()[3]];
        let unfolded = (x.unfold(sides.window()) * &y).sum_all().item();
        let folded = (&x * y.fold(image, sides.window())).sum_all().item();
        prop_assert_eq!(unfolded, folded);
    }

    /// Windows that are side by side cover each place once.
    #[test]
    fn fold_undoes_unfold_where_windows_do_not_overlap(
        (kernel, x) in ([1..4usize, 1..4usize], [0..4usize, 1..4usize]).prop_flat_map(
            |(kernel, [batch, times])| {
                let images = vec![batch, 2, kernel[0] * times, kernel[1]];
                (Just(kernel), tensors(images, -1.0..1.0))
            }
        )
    ) {
        let window = Window::new(kernel).stride(kernel);
        let image = [x.shape()[2], x.shape()[3]];
        prop_assert_eq!(x.unfold(window).fold(image, window), x);
    }
}

#[test]
fn mistakes_are_explained_at_the_users_line() {
    let x: Tensor<f64> = Tensor::zeros([2, 3, 4, 5]);
    let window = Window::new([3, 2]);
    let ignore = |_: Window| {};
    let (huge, overflow) = (
        usize::MAX / 2 + 1,
        format!(
            "unfold: an image of size [4, 5] with padding [1, {0}], or the window with kernel [3, 2] and dilation [1, 1], \
         is more than {1} wide",
            usize::MAX / 2 + 1,
            usize::MAX
        ),
    );
    let cases: [(&str, &dyn Fn()); 7] = [
        (&overflow, &|| drop(x.unfold(window.padding([1, huge])))),
        ("unfold: images must be [batch, channels, height, width], not [3, 4, 5]", &|| {
            drop(x.slice(0, ..1).squeeze(&[0]).unfold(window))
        }),
        (
            "unfold: the window is 7 high, but an image of size [4, 5] with padding [1, 0] is 6 \
             high: use a smaller kernel or dilation, or more padding",
            &|| drop(x.unfold(window.dilation([3, 1]).padding([1, 0]))),
        ),
        (
            "fold: columns [2, 18, 7] do not fold to images of size [4, 5]: a kernel of [3, 2] at 2 \
             · 4 positions needs [batch, channels · 6, 8]",
            &|| drop(Tensor::<f64>::zeros([2, 18, 7]).fold([4, 5], window)),
        ),
        ("window: a kernel must be at least [1, 1], not [0, 2]", &|| ignore(Window::new([0, 2]))),
        ("window: a stride must be at least [1, 1], not [1, 0]", &|| ignore(window.stride([1, 0]))),
        ("window: a dilation must be at least [1, 1], not [0, 1]", &|| {
            ignore(window.dilation([0, 1]))
        }),
    ];
    for (expected, run) in cases {
        assert_eq!(mistakes::message(run), expected);
    }
}

/// 2³³ places in each direction are 2⁶⁶, which would wrap to 0.
#[test]
fn more_places_than_can_be_counted_are_refused() {
    let window = Window::new([1, 1]).padding([(1 << 32) - 1; 2]);
    let error = window.unfolded(&[1, 1, 2, 2]).unwrap_err().to_string();
    assert!(error.contains("is more than 18446744073709551615"), "{error}");
    let window = Window::new([1 << 32, 1 << 32]).padding([1 << 32; 2]);
    assert!(window.folded(&[1, 1, 1], [2, 2]).is_err());
}
