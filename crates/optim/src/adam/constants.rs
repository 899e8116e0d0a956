//! What the settings of Adam and its updates of tables both read.

/// The constants of an update: β₁, β₂ and ε.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constants {
    pub(super) betas: [f64; 2],
    pub(super) epsilon: f64,
}
