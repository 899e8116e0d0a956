//! Rotary positions (Su et al. 2021): each pair of features of a query or key turns by an angle that grows
//! with the position, so that the product of a query and a key depends on the distance between them alone.
//!
//! ```text
//! φ[p, i] = p θ^(−2i/d)           the angle of pair i at position p; d features a head
//! a′ = a cos φ − b sin φ          (a, b) = features i and d/2 + i of a head
//! b′ = b cos φ + a sin φ
//! ```
//!
//! A rotation keeps lengths, and its transpose is its inverse: x̄ is ȳ rotated back. The first half of a
//! head's features pairs with the second half, as in Hugging Face's LLaMA; the paper pairs neighbors.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor};

/// Records `x` `[batch, time, heads · head_width]` with each pair of features turned to its position;
/// step t is at position `first_position + t`. θ is the base of the wavelengths, usually 10,000.
///
/// ```
/// use autograd::Tape;
/// use tensor::Tensor;
///
/// let tape = Tape::<f64>::default();
/// let x = tape.variable(Tensor::from([[1.0, 2.0]]).unsqueeze(0));
/// let y = nn::rope(x, 2, 3, 10_000.0).value();
/// let (sin, cos) = 3f64.sin_cos();
/// assert_eq!(y.to_vec(), [cos - 2.0 * sin, 2.0 * cos + sin]);
/// ```
///
/// # Panics
/// If x has other axes, the head width is odd or does not divide the features, or θ is not above 0.
#[track_caller]
pub fn rope<'t, T: Scalar>(
    x: Var<'t, T>,
    head_width: usize,
    first_position: usize,
    theta: f64,
) -> Var<'t, T> {
    x.tape().apply(Rope { head_width, first_position, theta, table: None }, &[x])
}

struct Rope<T: Scalar> {
    head_width: usize,
    first_position: usize,
    theta: f64,
    /// The cosines and sines of the angles, `[time, head_width / 2]`.
    table: Option<[Tensor<T>; 2]>,
}

impl<T: Scalar> Rope<T> {
    fn table(&self, time: usize) -> [Tensor<T>; 2] {
        let half = self.head_width / 2;
        let frequency = |i: usize| self.theta.powf(-2.0 * i as f64 / self.head_width as f64);
        let frequencies: Vec<f64> = (0..half).map(frequency).collect();
        let (mut cos, mut sin) = (Vec::with_capacity(time * half), Vec::with_capacity(time * half));
        for position in self.first_position..self.first_position + time {
            for frequency in &frequencies {
                let (s, c) = (position as f64 * frequency).sin_cos();
                cos.push(T::from_f64(c));
                sin.push(T::from_f64(s));
            }
        }
        [cos, sin].map(|values| Tensor::new([time, half], values))
    }
}

impl<T: Scalar> Op<T> for Rope<T> {
    fn name(&self) -> &'static str {
        "rope"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = R(φ) x, φ = p θ^(−2i/d)").vjp("x̄ = R(−φ) ȳ"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        let width = self.head_width;
        let rule = match *shapes[0] {
            _ if !(self.theta.is_finite() && self.theta > 0.0) => {
                format!("theta {} must be finite and above 0", self.theta)
            }
            _ if width % 2 == 1 || width == 0 => format!(
                "a head of {width} features does not consist of pairs: it must be even and at least 2"
            ),
            [_, _, features] if features.is_multiple_of(width) => return Ok(()),
            _ => format!("x must be [batch, time, heads * {width}], not {:?}", shapes[0]),
        };
        Err(ShapeError::new(rule))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let [cos, sin] = self.table.insert(self.table(x[0].shape()[1]));
        x[0].rotate_halves(cos, sin)
    }

    fn vjp(&self, _: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let [cos, sin] = self.table.as_ref().expect("forward ran");
        dx.add(0, || dy.rotate_halves(cos, &-sin));
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::prelude::*;
    use tensor::strategy::tensors;

    (0..3usize, 0..4usize, 0..3usize, 1..3usize, 0..9usize, 2.0..100.0f64)
        .prop_flat_map(|(batch, time, heads, half, first, theta)| {
            let x = tensors(vec![batch, time, heads * 2 * half], -2.0..2.0);
            x.prop_map(move |x| {
                Case::new("rope", vec![x], move |x| rope(x[0], 2 * half, first, theta))
            })
        })
        .boxed()
}
