//! Losses of numbers: how far predictions are from targets.

use autograd::Var;
use tensor::{Scalar, ShapeError, shape};

/// Records the mean of (prediction − target)² over all elements of two tensors of one shape.
///
/// # Panics
/// If the shapes differ, or there are no elements.
#[track_caller]
pub fn mean_squared_error<'t, T: Scalar>(prediction: Var<'t, T>, target: Var<'t, T>) -> Var<'t, T> {
    check("mean_squared_error", &prediction.shape(), &target.shape());
    (prediction - target).powi(2).mean_all()
}

/// Records the mean of |prediction − target| over all elements of two tensors of one shape. Where both
/// are equal the derivative is 0.
///
/// # Panics
/// If the shapes differ, or there are no elements.
#[track_caller]
pub fn mean_absolute_error<'t, T: Scalar>(
    prediction: Var<'t, T>,
    target: Var<'t, T>,
) -> Var<'t, T> {
    check("mean_absolute_error", &prediction.shape(), &target.shape());
    (prediction - target).abs().mean_all()
}

/// Records the mean of Huber's loss (1964) over all elements of two tensors of one shape. With the
/// error e = prediction − target it is
///
/// ```text
/// ½ e²              if |e| ≤ δ
/// δ (|e| − ½ δ)     otherwise
/// ```
///
/// so that outliers count by their distance, not by its square. This is PyTorch's `HuberLoss`.
///
/// # Panics
/// If the shapes differ, there are no elements, or δ is not above 0.
#[track_caller]
pub fn huber<'t, T: Scalar>(prediction: Var<'t, T>, target: Var<'t, T>, delta: f64) -> Var<'t, T> {
    check("huber", &prediction.shape(), &target.shape());
    check_delta(delta);
    let error = prediction - target;
    // c is e within ±δ; then c (e − c/2) is both branches of the formula. Written with |e| it would have no
    // second derivative at e = 0, where |e| has a kink and the loss has none.
    let c = error.clamp(-delta, delta);
    (c * (error - c * 0.5)).mean_all()
}

/// [`mean_squared_error`] as a loss to train with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeanSquaredError;

/// [`mean_absolute_error`] as a loss to train with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeanAbsoluteError;

/// [`huber`] as a loss to train with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Huber {
    delta: f64,
}

impl Huber {
    /// Creates the loss that is quadratic up to the error `delta`, and linear beyond.
    ///
    /// # Panics
    /// If `delta` is not above 0.
    #[track_caller]
    pub fn new(delta: f64) -> Self {
        check_delta(delta);
        Self { delta }
    }

    /// Returns the error up to which the loss is quadratic.
    pub fn delta(&self) -> f64 {
        self.delta
    }
}

#[track_caller]
fn check_delta(delta: f64) {
    assert!(delta > 0.0 && delta.is_finite(), "huber: delta must be above 0, not {delta}");
}

#[track_caller]
fn check(op: &str, prediction: &[usize], target: &[usize]) {
    // Broadcast, [3, 1] against [3] would compare each prediction with each target.
    if prediction != target || shape::len(prediction) == 0 {
        let rule = format!(
            "prediction {prediction:?} and target {target:?} must have the same shape, with at least \
             one element: reshape one to the shape of the other"
        );
        shape::expect::<()>(op, Err(ShapeError::new(rule)));
    }
}
