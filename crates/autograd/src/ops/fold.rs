//! y adds up columns where a window would read them, so x̄ is ȳ unfolded: each number is read where it
//! was added.

use tensor::{Scalar, ShapeError, Tensor, Window};

use crate::{Adjoints, Formulas, Op, Var};

struct Fold {
    image: [usize; 2],
    window: Window,
}

impl<T: Scalar> Op<T> for Fold {
    fn name(&self) -> &'static str {
        "fold"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y[b, c, s u + d i − p, s v + d j − p] = Σ x[b, (c, i, j), (u, v)]")
                .vjp("x̄ = unfold(ȳ): each number is read where it was added")
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
        self.window.folded(shapes[0], self.image).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].fold(self.image, self.window)
    }

    fn vjp(&self, _: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.unfold(self.window));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records images of this height and width in which each number of the columns is added at the place
    /// where [`unfold`](Self::unfold) would read it: `[batch, channels · kh · kw, oh · ow]` becomes
    /// `[batch, channels, height, width]`; see [`Tensor::fold`].
    ///
    /// # Panics
    /// If no images of this size have columns of this shape.
    #[track_caller]
    pub fn fold(self, image: [usize; 2], window: Window) -> Self {
        self.tape().apply(Fold { image, window }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;
    use tensor::strategy::tensors;

    use super::unfold::images_and_windows;
    use crate::check::Case;

    images_and_windows()
        .prop_flat_map(|(images, window)| {
            let columns = window.unfolded(&images).expect("the window fits");
            let image = [images[2], images[3]];
            (tensors(columns.to_vec(), -2.0..2.0), Just((image, window)))
        })
        .prop_map(|(x, (image, window))| Case::new("fold", [x], move |[x]| x.fold(image, window)))
        .boxed()
}
