//! The constants that Adam's dense and deferred updates share, and what depends on them and `t` alone.

/// The constants of an update: β₁, β₂ and ε.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constants {
    pub(super) betas: [f64; 2],
    pub(super) epsilon: f64,
}

/// The corrections of the moments for one `t`. They are kept from one parameter to the next: nearly always all are at
/// the same `t`, and the powers would take as long as a small parameter's update.
pub(super) struct Corrections {
    betas: [f64; 2],
    t: u64,
    corrections: [f64; 2],
}

impl Corrections {
    pub(super) fn new(constants: Constants) -> Self {
        // No update has this number.
        Self { betas: constants.betas, t: 0, corrections: [f64::INFINITY; 2] }
    }

    /// Returns 1 / (1 − β₁ᵗ) and 1 / √(1 − β₂ᵗ). The second is a root, because v / (1 − β₂ᵗ) might overflow.
    pub(super) fn at(&mut self, t: u64) -> [f64; 2] {
        if t != self.t {
            let [first, second] = self.betas.map(|beta| 1.0 / (1.0 - beta.powf(t as f64)));
            (self.t, self.corrections) = (t, [first, second.sqrt()]);
        }
        self.corrections
    }
}
