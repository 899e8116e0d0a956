//! y holds what a window covers at each of its positions, as columns, so x̄ is ȳ folded: each number is
//! added where it was read.

use tensor::{Scalar, ShapeError, Tensor, Window};

use crate::{Adjoints, Formulas, Op, Var};

struct Unfold {
    window: Window,
}

impl<T: Scalar> Op<T> for Unfold {
    fn name(&self) -> &'static str {
        "unfold"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y[b, (c, i, j), (u, v)] = x[b, c, s u + d i − p, s v + d j − p]")
                .vjp("x̄ = fold(ȳ): each number is added where it was read")
                .symbol("b", "the image")
                .symbol("c", "the channel")
                .symbol("i", "the row within the window")
                .symbol("j", "the column within the window")
                .symbol("u", "the row of the window")
                .symbol("v", "the column of the window")
                .symbol("s", "the stride")
                .symbol("d", "the dilation")
                .symbol("p", "the padding"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        self.window.unfolded(shapes[0]).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].unfold(self.window)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let image = [x[0].shape()[2], x[0].shape()[3]];
        dx.add(0, || dy.fold(image, self.window));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records what a window covers at each of its positions, as columns: images
    /// `[batch, channels, height, width]` become `[batch, channels · kh · kw, oh · ow]`; see
    /// [`Tensor::unfold`].
    ///
    /// # Panics
    /// If these are not images, or the window is larger than the padded images.
    #[track_caller]
    pub fn unfold(self, window: Window) -> Self {
        self.tape().apply(Unfold { window }, &[self])
    }
}

/// Draws shapes of images, `[batch, channels, height, width]`, each with a window that fits them.
#[cfg(test)]
pub(super) fn images_and_windows() -> impl proptest::strategy::Strategy<Value = (Vec<usize>, Window)>
{
    use proptest::prelude::*;

    let pair = |range: std::ops::Range<usize>| [range.clone(), range];
    (0..3usize, 0..3usize, pair(1..3), pair(1..4), pair(0..2), pair(1..3), pair(0..4)).prop_map(
        |(batch, channels, kernel, stride, padding, dilation, room)| {
            let window = Window::new(kernel).stride(stride).padding(padding).dilation(dilation);
            let length = |k: usize| {
                let covered: usize = dilation[k] * (kernel[k] - 1) + 1;
                covered.saturating_sub(2 * padding[k]) + room[k]
            };
            (vec![batch, channels, length(0), length(1)], window)
        },
    )
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;
    use tensor::strategy::tensors;

    use crate::check::Case;

    images_and_windows()
        .prop_flat_map(|(images, window)| (tensors(images, -2.0..2.0), Just(window)))
        .prop_map(|(x, window)| Case::new("unfold", [x], move |[x]| x.unfold(window)))
        .boxed()
}
