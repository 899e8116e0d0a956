//! A choice between two tensors, element by element.

use crate::buffer;
use crate::elementwise::write_runs;
use crate::layout::Layout;
use crate::shape::{self, expect};
use crate::strided::Run;
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
    /// If the shapes do not broadcast.
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
            |runs, target| where_run((conditions, x, y), runs, target),
        );
        Self::from_buffer(&shape, chosen)
    }
}

/// Chooses the elements of one run. If all are side by side, or `b` is repeated, the loop becomes
/// vector instructions.
#[inline(always)]
fn where_run<T: Copy>(
    (conditions, x, y): (&[bool], &[T], &[T]),
    [c, a, b]: [Run; 3],
    target: &mut [T],
) {
    let length = target.len();
    let choose = |condition: bool, x: T, y: T| if condition { x } else { y };
    if (c.stride, a.stride) == (1, 1) && b.stride < 2 {
        let pairs = conditions[c.offset..][..length].iter().zip(&x[a.offset..][..length]);
        let targets = target.iter_mut().zip(pairs);
        match b.stride {
            0 => targets.for_each(|(z, (&c, &x))| *z = choose(c, x, y[b.offset])),
            _ => {
                let ys = &y[b.offset..][..length];
                targets.zip(ys).for_each(|((z, (&c, &x)), &y)| *z = choose(c, x, y));
            }
        }
        return;
    }
    for (i, z) in target.iter_mut().enumerate() {
        let [c, a, b] = [c, a, b].map(|run| run.offset + i * run.stride);
        *z = choose(conditions[c], x[a], y[b]);
    }
}
