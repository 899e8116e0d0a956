//! Counts of the predictions by true class, and the figures that follow from them.

use serde::Serialize;

/// The number of samples of each true class that were predicted as each class.
///
/// A figure whose denominator is zero is 0, as with scikit-learn's `zero_division=0`: the precision
/// of a class that was never predicted, the recall of a class that has no samples, the accuracy on
/// no samples at all.
///
/// ```
/// use train::metrics::ConfusionMatrix;
///
/// let labels      = [0, 0, 0, 1, 1, 2];
/// let predictions = [0, 0, 1, 1, 1, 0];
/// let matrix = ConfusionMatrix::new(3, &labels, &predictions);
///
/// assert_eq!(matrix.count(0, 1), 1); // one sample of class 0 was taken for class 1
/// assert_eq!(matrix.accuracy(), 4.0 / 6.0);
/// assert_eq!(matrix.scores(1).precision, 2.0 / 3.0);
/// assert_eq!(matrix.scores(1).recall, 1.0);
/// assert_eq!(matrix.scores(2).f1, 0.0); // class 2 was never predicted
///
/// print!("{}", matrix.table(&["joy", "fear", "trust"]));
/// print!("{}", matrix.report(&["joy", "fear", "trust"]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    /// Row-major: `counts[truth * classes + predicted]`.
    pub(super) counts: Vec<usize>,
}

/// Precision, recall and F1, of one class or averaged over all; each from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// The share of samples predicted as this class that belong to it.
    pub precision: f64,
    /// The share of samples of this class that are predicted as it.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
}

impl ConfusionMatrix {
    /// Counts `predictions` against `labels`: class indices below `classes`, one of each per
    /// sample.
    ///
    /// # Panics
    ///
    /// If `classes` is 0, the two slices differ in length, or an index is not below `classes`.
    #[track_caller]
    pub fn new(classes: usize, labels: &[u32], predictions: &[u32]) -> Self {
        assert!(classes > 0, "a confusion matrix needs at least one class, got 0");
        assert!(
            labels.len() == predictions.len(),
            "a confusion matrix needs one prediction per label, got {} labels and {} predictions",
            labels.len(),
            predictions.len()
        );
        let mut counts = vec![0; classes * classes];
        for (sample, (&label, &prediction)) in labels.iter().zip(predictions).enumerate() {
            assert!(
                (label as usize) < classes && (prediction as usize) < classes,
                "sample {sample} has label {label} and prediction {prediction}, \
                 but with {classes} classes both must be below {classes}"
            );
            counts[label as usize * classes + prediction as usize] += 1;
        }
        Self { classes, counts }
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Returns the number of samples.
    pub fn samples(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Returns the number of samples of class `truth` that were predicted as class `predicted`.
    ///
    /// # Panics
    ///
    /// If either is not below [`classes`](Self::classes).
    #[track_caller]
    pub fn count(&self, truth: usize, predicted: usize) -> usize {
        assert!(
            truth < self.classes && predicted < self.classes,
            "no count of class {truth} predicted as {predicted}: \
             with {classes} classes both must be below {classes}",
            classes = self.classes
        );
        self.counts[truth * self.classes + predicted]
    }

    /// Returns the number of samples that belong to `class`.
    ///
    /// # Panics
    ///
    /// If `class` is not below [`classes`](Self::classes).
    #[track_caller]
    pub fn support(&self, class: usize) -> usize {
        let mut samples = 0;
        for predicted in 0..self.classes {
            samples += self.count(class, predicted);
        }
        samples
    }

    /// Returns the number of samples whose predicted class is the true one.
    pub fn correct(&self) -> usize {
        (0..self.classes).map(|class| self.count(class, class)).sum()
    }

    /// Returns the share of samples whose predicted class is the true one.
    pub fn accuracy(&self) -> f64 {
        ratio(self.correct(), self.samples())
    }

    /// Returns precision, recall and F1 of one class against all others.
    ///
    /// # Panics
    ///
    /// If `class` is not below [`classes`](Self::classes).
    #[track_caller]
    pub fn scores(&self, class: usize) -> Scores {
        let hits = self.count(class, class);
        let actual = self.support(class);
        let predicted = (0..self.classes).map(|truth| self.count(truth, class)).sum();
        Scores {
            precision: ratio(hits, predicted),
            recall: ratio(hits, actual),
            f1: ratio(2 * hits, predicted + actual),
        }
    }

    /// Returns the plain mean of each score over the classes: a rare class counts as much as a
    /// common one.
    ///
    /// The mean is over all [`classes`](Self::classes). A class without samples scores 0.
    /// Scikit-learn does the same if it is given `labels=range(classes)`; by default it leaves out
    /// classes that occur neither as a label nor as a prediction.
    pub fn macro_average(&self) -> Scores {
        self.average(|_| 1)
    }

    /// Returns a sentence that says which classes [`macro_average`](Self::macro_average) includes.
    ///
    /// ```
    /// # use train::metrics::ConfusionMatrix;
    /// let matrix = ConfusionMatrix::new(3, &[0, 0, 2], &[0, 2, 2]);
    /// assert_eq!(
    ///     matrix.macro_classes(),
    ///     "The macro average is over all 3 classes; 1 of them has no sample here and counts as 0."
    /// );
    /// ```
    pub fn macro_classes(&self) -> String {
        let classes = self.classes;
        match (0..classes).filter(|&class| self.support(class) == 0).count() {
            0 => format!("The macro average is over all {classes} classes."),
            1 => format!(
                "The macro average is over all {classes} classes; 1 of them has no sample here and counts as 0."
            ),
            absent => format!(
                "The macro average is over all {classes} classes; {absent} of them have no sample here and \
                 count as 0."
            ),
        }
    }

    /// Returns the mean of each score over the classes, each weighted by its share of the samples.
    ///
    /// The weighted recall is the accuracy.
    pub fn weighted_average(&self) -> Scores {
        self.average(|class| self.support(class))
    }

    /// Returns the weighted mean of each score; 0 if all weights are. The division comes last, so that the mean of ones
    /// is 1.
    fn average(&self, weight: impl Fn(usize) -> usize) -> Scores {
        let (mut sum, mut weights) = (Scores::default(), 0);
        for class in 0..self.classes {
            let (weight, scores) = (weight(class), self.scores(class));
            weights += weight;
            sum.precision += weight as f64 * scores.precision;
            sum.recall += weight as f64 * scores.recall;
            sum.f1 += weight as f64 * scores.f1;
        }
        let mean = |sum: f64| sum / weights.max(1) as f64;
        Scores { precision: mean(sum.precision), recall: mean(sum.recall), f1: mean(sum.f1) }
    }
}

/// Returns `part / whole`, or 0 if `whole` is 0.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
