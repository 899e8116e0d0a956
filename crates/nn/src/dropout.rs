//! Dropout (Srivastava et al. 2014), inverted: in training each number is dropped with probability
//! p, and what remains is scaled by 1 / (1 − p), so that the expected value stays the same and
//! evaluation needs no change.
//!
//! ```text
//! y = x ⊙ m,   x̄ = ȳ ⊙ m,   mᵢ = 0 with probability p, otherwise 1 / (1 − p)
//! ```
//!
//! Where m is 0, y and x̄ are 0 even if x or ȳ is infinite: the mask selects, it does not multiply.
//!
//! The mask is drawn from the pass's key, the layer's name and its place on the tape. So two dropouts
//! are independent even if they share a name, and so are two uses of one layer in one pass.

use autograd::{Adjoints, Formulas, Op, Pass, Var};
use tensor::{Key, Scalar, Tensor};

use crate::Layer;

/// Drops numbers at random in training; does nothing in evaluation. The numbers that remain are divided by the share of
/// them, 1 − p (*inverted* dropout), so that the expected value stays the same.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Dropout, Layer};
/// use tensor::{Key, Tensor};
///
/// let (tape, parameters) = (Tape::new(), Parameters::new(0));
/// let dropout = Dropout::new("dropout", 0.5);
/// let x = tape.constant(Tensor::ones([1000]));
///
/// let y = dropout.forward(Pass::training(&tape, &parameters, Key::new(1)), x).value();
/// assert!(y.values().iter().all(|&y| y == 0.0 || y == 2.0));
/// let y = dropout.forward(Pass::eval(&tape, &parameters), x);
/// assert_eq!(y.value(), x.value());
/// ```
#[derive(Clone, Debug)]
pub struct Dropout {
    name: String,
    rate: f64,
}

impl Dropout {
    /// Creates a layer that drops with probability `rate`.
    ///
    /// # Panics
    /// If `rate` is not in 0..1.
    #[track_caller]
    pub fn new(name: &str, rate: f64) -> Self {
        assert_rate(rate);
        Self { name: name.to_string(), rate }
    }
}

impl Layer for Dropout {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        match pass.noise {
            Some(key) if self.rate > 0.0 => {
                let place = x.tape().len() as u64;
                dropout(x, self.rate, key.stream(&self.name).fold_in(place))
            }
            _ => x,
        }
    }
}

#[track_caller]
fn assert_rate(rate: f64) {
    assert!(
        (0.0..1.0).contains(&rate),
        "dropout: a rate must be at least 0 and below 1, not {rate}"
    );
}

/// Records x with each element dropped with probability `rate`, otherwise divided by `1 − rate`.
///
/// # Panics
/// If `rate` is not in 0..1.
#[track_caller]
pub fn dropout<T: Scalar>(x: Var<'_, T>, rate: f64, key: Key) -> Var<'_, T> {
    assert_rate(rate);
    x.tape().apply(DropoutOp { rate, key, mask: None }, &[x])
}

struct DropoutOp<T: Scalar> {
    rate: f64,
    key: Key,
    mask: Option<Tensor<T>>,
}

impl<T: Scalar> Op<T> for DropoutOp<T> {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new(format!(
                "y = x ⊙ m, mᵢ = 0 with probability {}, otherwise 1 / (1 − {0})",
                self.rate
            ))
            .vjp("x̄ = ȳ ⊙ m")
            .symbol("m", "the mask, drawn for this step"),
        )
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let scale = T::from_f64(1.0 / (1.0 - self.rate));
        // A draw is one of 2³² numbers. The share of them below this one is `rate`.
        let dropped = (self.rate * 2f64.powi(32)) as u32;
        let draws = Tensor::random_bits(x[0].shape(), self.key);
        // By value: a conditional read behind a reference would keep the loop from being vectorized.
        let mask = draws.map(move |draw| if draw < dropped { T::ZERO } else { scale });
        let y = x[0].mask(&mask);
        self.mask = Some(mask);
        y
    }

    fn vjp(&self, _: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.mask(self.mask.as_ref().expect("forward ran")));
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::{Case, strategy::small};
    use proptest::prelude::*;

    (small(-2.0..2.0), 0.0..0.9f64, any::<u64>())
        .prop_map(|(x, rate, seed)| {
            Case::new("dropout", [x], move |[x]| dropout(x, rate, Key::new(seed)))
        })
        .boxed()
}
