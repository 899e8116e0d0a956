//! Measures of a classifier's predictions.
//!
//! Accuracy alone misleads when classes are unequal: on data that is 90 % one class, a model that
//! always answers that class is 90 % accurate and has learnt nothing. So every figure here is
//! derived from the [`ConfusionMatrix`], which counts each true class against each predicted one.
//! For one class `c`, with
//!
//! - `TP` the samples of `c` predicted as `c` (true positives),
//! - `FP` the samples of other classes predicted as `c` (false positives),
//! - `FN` the samples of `c` predicted as another class (false negatives),
//!
//! ```text
//! precision = TP / (TP + FP)          the share of samples predicted as c that are c
//! recall    = TP / (TP + FN)          the share of samples of c that are predicted as c
//! F1        = 2 TP / (2 TP + FP + FN) the harmonic mean of the two
//! ```
//!
//! [`roc_auc`] judges the scores of a binary classifier before any threshold turns them into
//! classes. [`Reliability`] says how far probabilities can be taken at their word, and [`fit_temperature`]
//! mends them.
//!
//! All figures are fractions from 0 to 1. The printed tables show per cent.

mod calibration;

use std::collections::HashSet;

use data::printable;
use serde::Serialize;

pub use calibration::{
    Calibration, RELIABILITY_BINS, Reliability, ReliabilityBin, fit_label_temperature,
    fit_temperature,
};

const TERMINAL_WIDTH: usize = 100;
const CORNER: &str = "true \\ predicted";
const NAME_WIDTH: usize = CORNER.len();

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
    counts: Vec<usize>,
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

impl Scores {
    /// Returns a line of [`ConfusionMatrix::report`], aligned with its heading.
    fn line(&self, head: &str, samples: usize) -> String {
        format!(
            "{head:NAME_WIDTH$}{:13.1}{:10.1}{:8.1}{samples:9}\n",
            100.0 * self.precision,
            100.0 * self.recall,
            100.0 * self.f1
        )
    }
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
        self.average(|_| 1.0 / self.classes as f64)
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
        self.average(|class| ratio(self.support(class), self.samples()))
    }

    fn average(&self, weight: impl Fn(usize) -> f64) -> Scores {
        let mut mean = Scores::default();
        for class in 0..self.classes {
            let (weight, scores) = (weight(class), self.scores(class));
            mean.precision += weight * scores.precision;
            mean.recall += weight * scores.recall;
            mean.f1 += weight * scores.f1;
        }
        mean
    }

    /// Returns the counts as a table to print: a row for each true class, a column for each
    /// predicted one.
    ///
    /// It fits a terminal of 100 columns with up to 20 classes while counts are below 1,000. Larger
    /// tables are wider, because no digit is ever dropped. Long names are cut. If two rows or
    /// columns would then have the same head, classes are numbered instead. Control characters in
    /// names show as spaces.
    ///
    /// ```
    /// # use train::metrics::ConfusionMatrix;
    /// let matrix = ConfusionMatrix::new(2, &[0, 0, 0, 1, 1], &[0, 0, 1, 1, 1]);
    /// assert_eq!(
    ///     matrix.table(&["negative", "positive"]),
    ///     "true \\ predicted  negative  positive\n\
    ///      negative                 2         1\n\
    ///      positive                 0         2\n"
    /// );
    /// ```
    ///
    /// # Panics
    ///
    /// If there is not one name per class.
    #[track_caller]
    pub fn table<S: AsRef<str>>(&self, names: &[S]) -> String {
        let names = self.printable(names);
        let cell = self.cell_width(&names);
        let (rows, columns) = heads(&names, cell - 1);

        let mut table = CORNER.to_string();
        for head in &columns {
            table += &format!("{head:>cell$}");
        }
        for (truth, head) in rows.iter().enumerate() {
            table += &format!("\n{:NAME_WIDTH$}", head);
            for predicted in 0..self.classes {
                table += &format!("{:cell$}", self.count(truth, predicted));
            }
        }
        table + "\n"
    }

    /// Returns the width of a column with the gap before it: the width of the longest name, at most
    /// an equal share of the terminal, and at least the width of the largest count or class number.
    fn cell_width(&self, names: &[String]) -> usize {
        let longest = names.iter().map(|name| name.chars().count()).fold(0, usize::max);
        let largest = self.counts.iter().copied().fold(self.classes, usize::max);
        let wanted = longest.min(NAME_WIDTH) + 2;
        let share = (TERMINAL_WIDTH - NAME_WIDTH) / self.classes;
        let needed = largest.to_string().len() + 1;
        wanted.min(share).max(needed)
    }

    /// Returns precision, recall, F1 (per cent) and support of each class as a table to print, with
    /// their averages below. Long names are cut as in [`table`](Self::table).
    ///
    /// ```
    /// # use train::metrics::ConfusionMatrix;
    /// let matrix = ConfusionMatrix::new(2, &[0, 0, 0, 1, 1], &[0, 0, 1, 1, 1]);
    /// assert_eq!(
    ///     matrix.report(&["negative", "positive"]),
    ///     "class             precision %  recall %    F1 %  samples\n\
    ///      negative                100.0      66.7    80.0        3\n\
    ///      positive                 66.7     100.0    80.0        2\n\
    ///      macro average            83.3      83.3    80.0        5\n\
    ///      weighted average         86.7      80.0    80.0        5\n"
    /// );
    /// ```
    ///
    /// # Panics
    ///
    /// If there is not one name per class.
    #[track_caller]
    pub fn report<S: AsRef<str>>(&self, names: &[S]) -> String {
        let samples = self.samples();
        let mut report =
            format!("{:NAME_WIDTH$}  precision %  recall %    F1 %  samples\n", "class");
        let (rows, _) = heads(&self.printable(names), NAME_WIDTH);
        for (class, head) in rows.iter().enumerate() {
            report += &self.scores(class).line(head, self.support(class));
        }
        report += &self.macro_average().line("macro average", samples);
        report += &self.weighted_average().line("weighted average", samples);
        report
    }

    #[track_caller]
    fn printable<S: AsRef<str>>(&self, names: &[S]) -> Vec<String> {
        assert!(
            names.len() == self.classes,
            "a table needs one name per class, got {} names for {} classes",
            names.len(),
            self.classes
        );
        let on_one_line = |name: &S| name.as_ref().replace(['\n', '\r', '\t'], " ");
        names.iter().map(|name| printable(&on_one_line(name)).into_owned()).collect()
    }
}

/// Returns `part / whole`, or 0 if `whole` is 0.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Returns the heads of rows, cut to `NAME_WIDTH`, and of columns, cut to `width`.
fn heads(names: &[String], width: usize) -> (Vec<String>, Vec<String>) {
    let shortest: HashSet<String> =
        names.iter().map(|name| cut(name, width.min(NAME_WIDTH))).collect();
    if shortest.len() == names.len() {
        let cut_to = |width| names.iter().map(|name| cut(name, width)).collect();
        return (cut_to(NAME_WIDTH), cut_to(width));
    }
    let row = |(class, name)| cut(&format!("{class} {name}"), NAME_WIDTH);
    let rows = names.iter().enumerate().map(row).collect();
    (rows, (0..names.len()).map(|class| class.to_string()).collect())
}

fn cut(name: &str, width: usize) -> String {
    name.chars().take(width).collect()
}

/// Returns the area under the ROC curve of a binary classifier: the probability that a random
/// positive sample scores higher than a random negative one. 1 is a perfect ranking, 0.5 is chance.
///
/// `labels[i]` is `true` if sample `i` is positive. `scores[i]` is higher the surer the model is
/// that it is positive. Only the order of the scores matters, so logits and probabilities give the
/// same figure. With `P` positives and `N` negatives,
///
/// ```text
/// AUC = U / (P N),   U = Σ over pairs (positive p, negative n) of 1 if s_p > s_n, ½ if s_p = s_n, 0 otherwise
/// ```
///
/// `U` is the rank statistic of Mann and Whitney (1947); sorting finds it in `O(n log n)` without
/// visiting the pairs. (Hanley and McNeil 1982 show that it is the area under the curve.)
///
/// Returns `None` if the area is undefined: all samples are of one class, there are no samples, or
/// a score is NaN and has no rank.
///
/// ```
/// use train::metrics::roc_auc;
///
/// let labels = [false, false, true, true];
/// assert_eq!(roc_auc(&labels, &[0.1, 0.4, 0.35, 0.8]), Some(0.75)); // 3 of the 4 pairs are in order
/// assert_eq!(roc_auc(&[true, true], &[0.1, 0.4]), None);
/// ```
///
/// # Panics
///
/// If the two slices differ in length.
#[track_caller]
pub fn roc_auc(labels: &[bool], scores: &[f64]) -> Option<f64> {
    assert!(
        labels.len() == scores.len(),
        "ROC AUC needs one score per label, got {} labels and {} scores",
        labels.len(),
        scores.len()
    );
    if scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let mut ranked: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));

    // Twice U, so that the half of a tie stays an integer and the sum is exact.
    let mut twice_u = 0_u64;
    let (mut positives, mut negatives) = (0_u64, 0_u64);
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        let tied_positives = tied.iter().filter(|(_, positive)| *positive).count() as u64;
        let tied_negatives = tied.len() as u64 - tied_positives;
        twice_u += tied_positives * (2 * negatives + tied_negatives);
        positives += tied_positives;
        negatives += tied_negatives;
    }
    let pairs = positives * negatives;
    (pairs > 0).then(|| twice_u as f64 / (2 * pairs) as f64)
}
