//! Draws the next token from a model's logits.
//!
//! ```text
//! p = softmax(logits / temperature)
//! top-k: the k most probable tokens are kept
//! top-p: of these the fewest most probable tokens whose probabilities sum to at least p
//! ```
//!
//! What is kept is scaled to sum to 1. The order of the three is that of Hugging Face's `transformers`.

use rand::RngExt;
use serde::{Deserialize, Serialize};
use tensor::Key;
use thiserror::Error;

/// The settings for drawing tokens. The draws depend on the seed and on nothing else.
///
/// ```
/// use language::Sampling;
///
/// let logits = [1.0, 3.0, 2.0, 3.0].map(f64::ln);
/// let sampling = Sampling { top_k: Some(2), ..Sampling::default() };
/// let expected = [0.0, 0.5, 0.0, 0.5];
/// let close = |(p, q): (f64, f64)| (p - q).abs() < 1e-12;
/// assert!(sampling.probabilities(&logits).into_iter().zip(expected).all(close));
/// assert_eq!(Sampling::greedy().draw(&logits, 0), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Divides the logits: below 1 probable tokens become more probable. At 0 the most probable token is
    /// taken, and the first of equally probable ones.
    pub temperature: f64,
    /// The number of most probable tokens that may be drawn. The first of equally probable ones are kept.
    pub top_k: Option<usize>,
    /// The least total probability of the tokens that may be drawn (Holtzman et al. 2020).
    pub top_p: f64,
    /// The seed of the draws.
    pub seed: u64,
}

/// A setting is out of range.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum SamplingError {
    /// The temperature.
    #[error(
        "a temperature of {0} cannot be: it must be 0 (the most probable token) or a positive number"
    )]
    Temperature(f64),
    /// The number of tokens to keep.
    #[error("a top-k of 0 leaves no token to draw: it must be at least 1")]
    TopK,
    /// The probability to keep.
    #[error("a top-p of {0} cannot be: it must be above 0 and at most 1")]
    TopP(f64),
}

/// The distribution of the model: temperature 1, and all tokens.
impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: None, top_p: 1.0, seed: 0 }
    }
}

impl Sampling {
    /// Returns the sampling that takes the most probable token.
    pub fn greedy() -> Self {
        Self { temperature: 0.0, ..Self::default() }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If a setting is out of range.
    pub fn check(&self) -> Result<(), SamplingError> {
        if !(self.temperature.is_finite() && self.temperature >= 0.0) {
            return Err(SamplingError::Temperature(self.temperature));
        }
        if self.top_k == Some(0) {
            return Err(SamplingError::TopK);
        }
        match self.top_p > 0.0 && self.top_p <= 1.0 {
            true => Ok(()),
            false => Err(SamplingError::TopP(self.top_p)),
        }
    }

    /// Returns the probability with which each token is drawn. A logit of −∞ has none.
    ///
    /// # Panics
    /// If [`check`](Self::check) fails, or no logit is finite, or one is NaN or +∞.
    #[track_caller]
    pub fn probabilities(&self, logits: &[f64]) -> Vec<f64> {
        self.expect(logits);
        let order = self.candidates(logits);
        let highest = order.iter().map(|&token| logits[token]).fold(f64::NEG_INFINITY, f64::max);
        let mut probabilities = vec![0.0; logits.len()];
        for &token in &order {
            // At a temperature of 0 the only token has the difference 0, and 0 / 0 is not a number.
            let difference = logits[token] - highest;
            let is_highest = difference == 0.0;
            probabilities[token] =
                if is_highest { 1.0 } else { (difference / self.temperature).exp() };
        }
        scale(&mut probabilities);
        if self.top_p < 1.0 {
            let kept = self.nucleus(&order, &probabilities);
            order[kept..].iter().for_each(|&token| probabilities[token] = 0.0);
            scale(&mut probabilities);
        }
        probabilities
    }

    /// Returns the tokens that temperature and top-k leave, sorted by descending probability if top-p needs that.
    fn candidates(&self, logits: &[f64]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..logits.len()).collect();
        let first = |&a: &usize, &b: &usize| {
            let by_logit = logits[b].partial_cmp(&logits[a]).expect("no logit is NaN");
            by_logit.then(a.cmp(&b))
        };
        let kept = if self.temperature == 0.0 { 1 } else { self.top_k.unwrap_or(usize::MAX) };
        if kept < order.len() {
            order.select_nth_unstable_by(kept, first);
            order.truncate(kept);
        }
        if self.top_p < 1.0 {
            order.sort_unstable_by(first);
        }
        order
    }

    /// Returns how many tokens, from the most probable on, have the probability `top_p` together.
    fn nucleus(&self, order: &[usize], probabilities: &[f64]) -> usize {
        let mut sum = 0.0;
        let enough = order.iter().position(|&token| {
            sum += probabilities[token];
            sum >= self.top_p
        });
        // Rounding may leave all of them a little below.
        enough.map_or(order.len(), |last| last + 1)
    }

    /// Draws a token. `number` tells the draws of one seed apart: the same number gives the same draw.
    ///
    /// # Panics
    /// If [`probabilities`](Self::probabilities) panics.
    #[track_caller]
    pub fn draw(&self, logits: &[f64], number: u64) -> u32 {
        let probabilities = self.probabilities(logits);
        let mut left =
            Key::new(self.seed).stream("sampling").fold_in(number).rng().random_range(0.0..1.0);
        let drawn = probabilities.iter().position(|probability| {
            left -= probability;
            left < 0.0
        });
        // Rounding may leave a rest after the last token that can be drawn.
        let last = || probabilities.iter().rposition(|&probability| probability > 0.0);
        drawn.or_else(last).expect("one token has a probability") as u32
    }

    #[track_caller]
    fn expect(&self, logits: &[f64]) {
        if let Err(error) = self.check() {
            panic!("Sampling: {error}");
        }
        let is_wrong = |logit: &f64| logit.is_nan() || *logit == f64::INFINITY;
        let has_token = logits.iter().any(|logit| logit.is_finite());
        assert!(
            has_token && !logits.iter().any(is_wrong),
            "Sampling: a token cannot be drawn from {} logits: one must be finite, and none NaN or +∞",
            logits.len()
        );
    }
}

/// Divides by the sum.
fn scale(probabilities: &mut [f64]) {
    let total: f64 = probabilities.iter().sum();
    probabilities.iter_mut().for_each(|probability| *probability /= total);
}
