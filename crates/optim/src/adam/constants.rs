//! The constants that Adam's dense and deferred updates share.

/// The constants of an update: β₁, β₂ and ε.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constants {
    pub(super) betas: [f64; 2],
    pub(super) epsilon: f64,
}
