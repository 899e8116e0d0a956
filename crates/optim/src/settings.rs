//! Range checks for the settings that several optimizers share.

use tensor::Scalar;

/// Checks the share of its old value that a running mean keeps, such as a momentum or a β.
///
/// # Panics
/// If it is not in `[0, 1)`.
#[track_caller]
pub(crate) fn check_share(name: &str, share: f64) {
    assert!((0.0..1.0).contains(&share), "{name}: {share} is not in [0, 1)");
}

/// Checks ε, which is added to the root of a mean of squares before a step is divided by it. Where all gradients
/// were 0, so is the root, and without ε the step would be 0 / 0.
///
/// # Panics
/// If it, or its value in the scalar type, is not positive and finite.
#[track_caller]
pub(crate) fn check_epsilon<T: Scalar>(epsilon: f64) {
    assert!(epsilon > 0.0 && epsilon.is_finite(), "epsilon: {epsilon} is not positive and finite");
    let rounded = T::from_f64(epsilon);
    assert!(
        rounded > T::ZERO && rounded.is_finite(),
        "epsilon: {epsilon:e} is {rounded} in this scalar type, but must be positive and finite there, too"
    );
}
