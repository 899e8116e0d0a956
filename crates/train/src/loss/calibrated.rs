//! A loss on logits that are divided by a temperature.

use autograd::Var;
use tensor::{Scalar, ShapeError, Tensor};

use super::{Classifier, Loss};
use crate::tally::Tally;

/// A loss whose model has a temperature: all outputs are divided by it first. With 1 nothing changes, bit
/// by bit. See [`fit_temperature`](crate::metrics::fit_temperature).
#[derive(Clone, Debug)]
pub struct Calibrated<L> {
    loss: L,
    temperature: f64,
}

impl<L> Calibrated<L> {
    /// Creates the loss.
    ///
    /// # Panics
    ///
    /// If the temperature is not above 0.
    #[track_caller]
    pub fn new(loss: L, temperature: f64) -> Self {
        assert!(
            temperature.is_finite() && temperature > 0.0,
            "Calibrated::new: a temperature of {temperature}; it must be above 0"
        );
        Self { loss, temperature }
    }

    fn scaled<T: Scalar>(&self, outputs: &Tensor<T>) -> Tensor<T> {
        let scale = T::from_f64(1.0 / self.temperature);
        outputs.map(|output| output * scale)
    }
}

impl<T: Scalar, L: Loss<T>> Loss<T> for Calibrated<L> {
    type Target = L::Target;

    #[track_caller]
    fn of<'t>(&self, outputs: Var<'t, T>, targets: &Self::Target) -> Var<'t, T> {
        self.loss.of(outputs * (1.0 / self.temperature), targets)
    }

    fn check_targets(&self, outputs: usize, targets: &Self::Target) -> Result<(), ShapeError> {
        self.loss.check_targets(outputs, targets)
    }

    fn weight(&self, targets: &Self::Target) -> f64 {
        self.loss.weight(targets)
    }

    fn predict(&self, outputs: &Tensor<T>) -> Tensor<T> {
        self.loss.predict(&self.scaled(outputs))
    }

    fn tally(&self, outputs: &Tensor<T>, targets: &Self::Target) -> Tally {
        self.loss.tally(&self.scaled(outputs), targets)
    }
}

impl<T: Scalar, L: Classifier<T>> Classifier<T> for Calibrated<L> {
    fn classes(&self, logits: &Tensor<T>) -> Tensor<u32> {
        self.loss.classes(logits)
    }

    fn evidence(&self, logits: &Tensor<T>) -> Option<Vec<f64>> {
        self.loss.evidence(&self.scaled(logits))
    }

    fn ignores(&self, label: u32) -> bool {
        self.loss.ignores(label)
    }
}
