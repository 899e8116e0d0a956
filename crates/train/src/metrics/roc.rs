//! The area under the ROC curve.

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
