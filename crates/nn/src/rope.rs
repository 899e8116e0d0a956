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
    let rotation = Rotation { head_width, first_position, theta };
    x.tape().apply(Rope { rotation, angles: None }, &[x])
}

/// The parameters of a rotation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rotation {
    pub(crate) head_width: usize,
    pub(crate) first_position: usize,
    pub(crate) theta: f64,
}

/// The cosines and the sines of the angles of some positions, `[time, head_width / 2]`.
#[derive(Clone, Debug)]
pub(crate) struct Angles<T: Scalar>([Tensor<T>; 2]);

impl Rotation {
    /// Returns the angles of `time` positions.
    pub(crate) fn angles<T: Scalar>(self, time: usize) -> Angles<T> {
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
        Angles([cos, sin].map(|values| Tensor::new([time, half], values)))
    }

    /// Records [`rope`] with these angles, which must belong to the positions of x. All layers of a decoder
    /// share them.
    #[track_caller]
    pub(crate) fn turn<'t, T: Scalar>(self, x: Var<'t, T>, angles: &Angles<T>) -> Var<'t, T> {
        x.tape().apply(Rope { rotation: self, angles: Some(angles.clone()) }, &[x])
    }
}

struct Rope<T: Scalar> {
    rotation: Rotation,
    /// `None` until they are needed.
    angles: Option<Angles<T>>,
}

impl<T: Scalar> Op<T> for Rope<T> {
    fn name(&self) -> &'static str {
        "rope"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y = R(φ) x, φ = p θ^(−2i/d)")
                .vjp("x̄ = R(−φ) ȳ")
                .symbol("R", "the rotation of each pair of features")
                .symbol("φ", "the angle of a pair")
                .symbol("p", "the position of the token")
                .symbol("θ", "the base of the angles")
                .symbol("d", "the width of a head")
                .symbol("i", "the number of the pair"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        let Rotation { head_width: width, theta, .. } = self.rotation;
        let rule = match *shapes[0] {
            _ if !(theta.is_finite() && theta > 0.0) => {
                format!("theta {theta} must be finite and above 0")
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
        let angles = || self.rotation.angles(x[0].shape()[1]);
        let Angles([cos, sin]) = self.angles.get_or_insert_with(angles);
        x[0].rotate_halves(cos, sin)
    }

    fn vjp(&self, _: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let Angles([cos, sin]) = self.angles.as_ref().expect("forward ran");
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
            x.prop_map(move |x| Case::new("rope", [x], move |[x]| rope(x, 2 * half, first, theta)))
        })
        .boxed()
}
