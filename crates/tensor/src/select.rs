//! A choice between two tensors, element by element.

use crate::buffer;
use crate::elementwise::write_runs;
use crate::layout::Layout;
use crate::shape::{self, expect};
use crate::{Tensor, TensorOrNumber};

impl<T: Copy + Send + Sync + 'static> Tensor<T> {
    /// Returns the element of `a` where `condition` is true and the element of `b` elsewhere, after
    /// broadcasting all three to one shape (NumPy's and PyTorch's `where`, a keyword in Rust). `b` is a
    /// tensor or a number.
    ///
    /// It selects and does not multiply: what is not chosen may be infinite or NaN.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let x = Tensor::from([-1.0, 4.0]);
    /// assert_eq!(Tensor::where_(&x.ge(0.0), &x.sqrt(), 0.0), Tensor::from([0.0, 2.0]));
    /// ```
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn where_(condition: &Tensor<bool>, a: &Self, b: impl TensorOrNumber<T>) -> Self {
        let b = b.into_tensor();
        let shape = expect("where_", shape::where_(condition.shape(), a.shape(), b.shape()));
        if shape::len(&shape) == 0 {
            return Self::new(shape, Vec::new());
        }
        let wide = |layout: &Layout| expect("where_", layout.expand(&shape));
        let layouts = [wide(condition.layout()), wide(a.layout()), wide(b.layout())];
        let (conditions, x, y) = (condition.storage(), a.storage(), b.storage());
        let mut chosen = buffer::stale(shape::len(&shape), x[layouts[1].offset()]);
        write_runs(
            layouts.each_ref(),
            &mut chosen,
            #[inline(always)]
            |runs, target| {
                for (i, z) in target.iter_mut().enumerate() {
                    let [c, a, b] = runs.map(|run| run.offset + i * run.stride);
                    *z = if conditions[c] { x[a] } else { y[b] };
                }
            },
        );
        Self::from_buffer(&shape, chosen)
    }
}
