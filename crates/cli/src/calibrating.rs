//! The temperature of a trained model, fitted on the samples it was chosen by.

use data::printable;
use tensor::Tensor;
use train::Loss;
use train::metrics::{Calibration, Reliability};

/// The temperature of a model that was saved without one.
pub const UNCALIBRATED: f64 = 1.0;

/// Returns [`UNCALIBRATED`], for descriptions of older files.
pub fn uncalibrated() -> f64 {
    UNCALIBRATED
}

/// Returns `true` if a temperature of a file, which may be anything, can be used.
pub fn is_temperature(temperature: f64) -> bool {
    (1e-3..=1e6).contains(&temperature)
}

/// Returns how reliable a classifier is on samples with these logits `[n, classes]`, before and after its
/// logits are divided by the temperature.
pub fn calibration<L: Loss>(
    temperature: f64,
    logits: &Tensor<f32>,
    reliability: impl Fn(&Tensor<f32>) -> Reliability,
    plain: &L,
    calibrated: &train::Calibrated<L>,
) -> Calibration
where
    train::Calibrated<L>: Loss<Target = L::Target>,
{
    Calibration {
        temperature,
        before: reliability(&plain.predict(logits)),
        after: reliability(&calibrated.predict(logits)),
    }
}

/// Returns a sentence on a calibration.
pub fn describe(calibration: &Calibration) -> String {
    let error = |reliability: &Reliability| 100.0 * reliability.expected_calibration_error;
    let (before, after) = (error(&calibration.before), error(&calibration.after));
    match calibration.temperature == UNCALIBRATED {
        true => format!(
            "Probabilities are off by {after:.1} points on average (expected calibration error); they are \
             not calibrated, as no samples were kept for validation"
        ),
        false => format!(
            "Probabilities are off by {after:.1} points on average (expected calibration error); without \
             the temperature {:.2}, fitted in validation, by {before:.1}",
            calibration.temperature
        ),
    }
}

/// Returns the effect of a word or column on a probability, in points of percent, or on a number.
pub fn effect(name: &str, effect: f64, is_share: bool) -> String {
    let name = printable(name);
    let text = match is_share {
        true => format!("{name} {:+.1}", 100.0 * effect),
        false => format!("{name} {effect:+.4}"),
    };
    text.replace('-', "−")
}
