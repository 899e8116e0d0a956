//! Calibrated probabilities: of the answers that are given with a probability of 80 %, 80 % should be right.
//!
//! Networks are often more confident than they are right. One number corrects most of it, the temperature T,
//! by which all logits are divided before the softmax (Guo et al., *On Calibration of Modern Neural Networks*,
//! 2017):
//!
//! ```text
//! p = softmax(z / T)        T > 1: less sure; T < 1: surer; the order of the classes stays
//! ```
//!
//! It is fitted to minimize the cross-entropy on samples that the model was not trained on. With β = 1 / T
//! the cross-entropy is convex and its derivative is Σₖ (pₖ − tₖ) zₖ, which [`fit_temperature`] bisects. The
//! targets t leave a little, 1 / (n + 2) for n samples, to the other classes (Platt, *Probabilistic Outputs
//! for Support Vector Machines*, 1999): few samples, all of them right, do not make a model certain.

use serde::Serialize;
use tensor::Tensor;

/// The number of bins that [`Reliability::of`] is usually called with.
pub const RELIABILITY_BINS: usize = 10;

/// The range of temperatures.
const LOWEST: f64 = 0.05;
const HIGHEST: f64 = 100.0;

/// The excess over 1 of a probability that is taken for rounding.
const ROUNDING: f64 = 1e-6;

/// Returns the temperature of a classifier, fitted to logits `[n, classes]` and the class of each sample.
/// Without samples it is 1.
///
/// ```
/// use tensor::Tensor;
/// use train::metrics::fit_temperature;
///
/// // Very sure, and wrong in every fourth sample.
/// let logits = Tensor::from([[8.0, 0.0], [8.0, 0.0], [8.0, 0.0], [8.0, 0.0]]);
/// assert!(fit_temperature(&logits, &[0, 0, 0, 1]) > 4.0);
/// ```
///
/// # Panics
///
/// If logits are not `[n, classes]` or one is not finite, there is not one class for each row of logits, or a
/// class is not below the number of classes.
#[track_caller]
pub fn fit_temperature(logits: &Tensor<f32>, classes: &[u32]) -> f64 {
    let [rows, width] = rank_2("fit_temperature: logits", logits, "[n, classes]");
    assert!(rows == classes.len(), "fit_temperature: {} classes for {rows} samples", classes.len());
    let outside = classes.iter().find(|&&class| class as usize >= width);
    if let Some(class) = outside {
        panic!("fit_temperature: class {class} is not one of the {width} of the logits");
    }
    check_finite("fit_temperature", "class", logits);
    let logits: Vec<f64> = logits.to_vec().into_iter().map(f64::from).collect();
    let off = 1.0 / (rows as f64 + 2.0);
    let others = off / (width as f64 - 1.0).max(1.0);
    let slope = |beta: f64| -> f64 {
        let sample = |(z, &class): (&[f64], &u32)| {
            let highest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let weights = z.iter().map(|z| (beta * (z - highest)).exp());
            let sum: f64 = weights.clone().sum();
            let difference = |(k, (z, weight)): (usize, (&f64, f64))| {
                let target = if k == class as usize { 1.0 - off } else { others };
                (weight / sum - target) * z
            };
            z.iter().zip(weights).enumerate().map(difference).sum::<f64>()
        };
        logits.chunks(width.max(1)).zip(classes).map(sample).sum()
    };
    if rows == 0 || width < 2 { 1.0 } else { temperature(slope) }
}

/// Returns the temperature of a model of several labels, fitted to logits `[n, labels]` and the answers, 1
/// where a sample has the label and 0 elsewhere. Without samples it is 1.
///
/// # Panics
///
/// If logits are not `[n, labels]` or one is not finite, or the answers have another shape.
#[track_caller]
pub fn fit_label_temperature(logits: &Tensor<f32>, answers: &Tensor<f32>) -> f64 {
    let [rows, _] = rank_2("fit_label_temperature: logits", logits, "[n, labels]");
    assert!(
        logits.shape() == answers.shape(),
        "fit_label_temperature: logits {:?} and answers {:?} must have one shape",
        logits.shape(),
        answers.shape()
    );
    check_finite("fit_label_temperature", "label", logits);
    let pairs: Vec<(f64, f64)> = (logits.to_vec().into_iter().zip(answers.to_vec()))
        .map(|(z, answer)| (f64::from(z), f64::from(answer)))
        .collect();
    let off = 1.0 / (rows as f64 + 2.0);
    let slope = |beta: f64| -> f64 {
        let label = |&(z, answer): &(f64, f64)| {
            let target = if answer > 0.5 { 1.0 - off } else { off };
            (1.0 / (1.0 + (-beta * z).exp()) - target) * z
        };
        pairs.iter().map(label).sum()
    };
    if pairs.is_empty() { 1.0 } else { temperature(slope) }
}

/// Checks that logits, a matrix, are finite. One that is not would make the temperature the highest or the lowest.
#[track_caller]
fn check_finite(function: &str, column: &str, logits: &Tensor<f32>) {
    let values = logits.values();
    if let Some(place) = values.iter().position(|logit| !logit.is_finite()) {
        let (width, logit) = (logits.shape()[1], values[place]);
        let (sample, number) = (place / width, place % width);
        panic!(
            "{function}: the logit of sample {sample}, {column} {number}, is {logit}; a temperature needs finite logits: \
             leave out what is masked or has diverged"
        );
    }
}

/// Returns the shape of a tensor with two axes.
///
/// # Panics
///
/// If it does not have two.
#[track_caller]
fn rank_2(what: &str, tensor: &Tensor<f32>, rule: &str) -> [usize; 2] {
    let shape = tensor.shape();
    let &[rows, columns] = shape else { panic!("{what} {shape:?} must be {rule}") };
    [rows, columns]
}

/// Returns the temperature at which this slope, which rises with β = 1 / T, is zero. The bisection is in the
/// logarithm of T. It is 1 if the slope is 0 at every temperature, as for logits that are all the same.
fn temperature(slope: impl Fn(f64) -> f64) -> f64 {
    if [LOWEST, 1.0, HIGHEST].iter().all(|temperature| slope(1.0 / temperature) == 0.0) {
        return 1.0;
    }
    const HALVINGS: usize = 60;
    let (mut low, mut high) = (LOWEST.ln(), HIGHEST.ln());
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        // A slope above 0 means that a smaller β, and so a higher temperature, is better.
        match slope((-middle).exp()) > 0.0 {
            true => low = middle,
            false => high = middle,
        }
    }
    ((low + high) / 2.0).exp()
}

/// The distance of probabilities from the shares of right answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reliability {
    /// The mean distance of confidence and share, weighted by the number of answers in each bin: the
    /// expected calibration error (Naeini et al. 2015), from 0 to 1.
    pub expected_calibration_error: f64,
    /// The answers by their confidence, bins of equal width from 0 to 1; those without answers are left out.
    pub bins: Vec<ReliabilityBin>,
}

/// The answers that were given with about the same confidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// The number of answers.
    pub answers: usize,
    /// The mean of their probabilities, by the model.
    pub confidence: f64,
    /// The share of them that is right.
    pub right: f64,
}

impl Reliability {
    /// Sorts answers into `bins` bins. Each answer is its probability, and `true` if it is right. A probability may
    /// exceed 1 by a millionth, as a softmax in `f32` rounds; it is in the last bin.
    ///
    /// ```
    /// use train::metrics::Reliability;
    ///
    /// // Four answers given with 90 %, three of them right.
    /// let found = Reliability::of([(0.9, true), (0.9, true), (0.9, true), (0.9, false)], 10);
    /// assert!((found.expected_calibration_error - 0.15).abs() < 1e-12);
    /// ```
    ///
    /// # Panics
    ///
    /// If there are no bins, or a probability is not from 0 to 1 + 10⁻⁶.
    #[track_caller]
    pub fn of(answers: impl IntoIterator<Item = (f64, bool)>, bins: usize) -> Self {
        assert!(bins > 0, "Reliability::of: there must be a bin");
        let mut sums = vec![(0_usize, 0.0, 0_usize); bins];
        for (probability, is_right) in answers {
            assert!(
                (0.0..=1.0 + ROUNDING).contains(&probability),
                "Reliability::of: {probability} is not a probability, from 0 to 1"
            );
            let (count, confidence, right) =
                &mut sums[((probability * bins as f64) as usize).min(bins - 1)];
            *count += 1;
            *confidence += probability;
            *right += usize::from(is_right);
        }
        let all: usize = sums.iter().map(|(count, ..)| count).sum();
        let filled = sums.into_iter().filter(|&(count, ..)| count > 0);
        let bins: Vec<ReliabilityBin> = filled
            .map(|(count, confidence, right)| ReliabilityBin {
                answers: count,
                confidence: confidence / count as f64,
                right: right as f64 / count as f64,
            })
            .collect();
        let distance = |bin: &ReliabilityBin| {
            bin.answers as f64 / all as f64 * (bin.confidence - bin.right).abs()
        };
        // Not `sum`, which is −0 for no answers.
        let error = bins.iter().map(distance).fold(0.0, |sum, distance| sum + distance);
        Self { expected_calibration_error: error, bins }
    }

    /// Sorts the answers of a classifier by the probability of the class that it chose. `probabilities` are
    /// `[n, classes]`.
    ///
    /// # Panics
    ///
    /// If probabilities are not `[n, classes]`, or there is not one class for each row.
    #[track_caller]
    pub fn of_classes(probabilities: &Tensor<f32>, classes: &[u32]) -> Self {
        let [rows, width] = rank_2("Reliability: probabilities", probabilities, "[n, classes]");
        assert!(rows == classes.len(), "Reliability: {} classes for {rows} samples", classes.len());
        let found = probabilities.argmax(-1).to_vec();
        let values = probabilities.to_vec();
        let answer = |row: usize| {
            let probability = values[row * width + found[row] as usize];
            (f64::from(probability), found[row] == classes[row])
        };
        Self::of((0..rows).map(answer), RELIABILITY_BINS)
    }

    /// Sorts the answers for each sample and label by the probability that the sample has the label.
    /// Probabilities and answers are both `[n, labels]`.
    ///
    /// # Panics
    ///
    /// If they have different shapes.
    #[track_caller]
    pub fn of_labels(probabilities: &Tensor<f32>, answers: &Tensor<f32>) -> Self {
        assert!(
            probabilities.shape() == answers.shape(),
            "Reliability: probabilities {:?} and answers {:?} must have one shape",
            probabilities.shape(),
            answers.shape()
        );
        let pairs = probabilities.to_vec().into_iter().zip(answers.to_vec());
        Self::of(pairs.map(|(p, has)| (f64::from(p), has > 0.5)), RELIABILITY_BINS)
    }
}

/// The temperature of a model, and how reliable its probabilities are without and with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// The number by which logits are divided.
    pub temperature: f64,
    /// The model as it was trained.
    pub before: Reliability,
    /// The model with its temperature.
    pub after: Reliability,
}
