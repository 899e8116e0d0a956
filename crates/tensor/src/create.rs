//! Tensors whose elements follow from a rule, such as [`Tensor::arange`]. `zeros`, `ones` and `full`
//! are in `array.rs`, random ones in `random.rs`.

use crate::shape::Shape;
use crate::{Scalar, Tensor};

impl<T: Scalar> Tensor<T> {
    /// Returns `start`, `start + step`, … up to `end`, which is left out, as a tensor of one axis
    /// (NumPy's and PyTorch's `arange`): ⌈(end − start) / step⌉ elements. Rounding may make that more
    /// than there are before `end`, as from 1 to 1.3 in steps of 0.1. Then the last is left out; NumPy and PyTorch
    /// keep it.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// assert_eq!(Tensor::arange(1.0, 2.0, 0.25), Tensor::from([1.0, 1.25, 1.5, 1.75]));
    /// ```
    ///
    /// # Panics
    /// If `step` is 0 or leads away from `end`, or a number is not finite; or if two elements round to the same number
    /// in the scalar type, as 16777216 and 16777216.5 do in `f32`.
    #[track_caller]
    pub fn arange(start: f64, end: f64, step: f64) -> Self {
        let steps = (end - start) / step;
        assert!(
            steps.is_finite() && steps >= 0.0 && step.is_finite(),
            "arange: there is no way from {start} to {end} in steps of {step}: the step must not be \
             0, and must lead toward the end"
        );
        let element = |i: usize| T::from_f64(start + i as f64 * step);
        let last = T::from_f64(end);
        let is_before_end = |x: &T| if step > 0.0 { *x < last } else { *x > last };
        let elements = (0..steps.ceil() as usize).map(element).take_while(is_before_end);
        let elements: Vec<T> = elements.collect();
        if let Some(at) = elements.windows(2).position(|pair| pair[0] == pair[1]) {
            panic!(
                "arange: this scalar type makes {} of two elements in a row: choose a step above {step}, or compute in f64",
                elements[at]
            );
        }
        Self::new([elements.len()], elements)
    }

    /// Returns the identity matrix `[n, n]`: ones on the diagonal, zeros elsewhere.
    pub fn eye(n: usize) -> Self {
        Self::one_hot(&Tensor::new([n], (0..n as u32).collect()), n)
    }

    /// Returns a row for each id, with 1 at the position of the id and 0 elsewhere: the shape of `ids`
    /// followed by `classes` (PyTorch's `one_hot`).
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let rows = Tensor::one_hot(&Tensor::from([2, 0]), 3);
    /// assert_eq!(rows, Tensor::from([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]));
    /// ```
    ///
    /// # Panics
    /// If an id is not below `classes`.
    #[track_caller]
    pub fn one_hot(ids: &Tensor<u32>, classes: usize) -> Self {
        let mut values = vec![T::ZERO; ids.len() * classes];
        for (i, &id) in ids.values().iter().enumerate() {
            let id = id as usize;
            assert!(
                id < classes,
                "one_hot: there is no class {id}: the {classes} classes are numbered from 0"
            );
            values[i * classes + id] = T::ONE;
        }
        let shape: Shape = ids.shape().iter().copied().chain([classes]).collect();
        Self::new(shape, values)
    }
}
