//! An n-gram model: interpolated Kneser–Ney with three discounts (Chen and Goodman 1999).
//!
//! It is what a neural model has to beat. The probability of a token w after the last tokens h is
//!
//! ```text
//! p(w | h) = (max(c(hw) − D, 0) + (D₁ n₁ + D₂ n₂ + D₃ n₃) p(w | h')) / c(h)
//! ```
//!
//! where c counts, D is D₁, D₂ or D₃ for a count of 1, 2 or more, nₖ is the number of different tokens
//! after h with such a count, and h' is h without its first token. Below the highest order c(hw) is not
//! how often hw occurs, but after how many different tokens it does: "Francisco" is frequent, but only
//! after "San". At the end p(w) is interpolated with 1 / V. Each step shares out what it takes away, so
//! the probabilities of all tokens sum to 1.
//!
//! The grams of each order are places in the text, sorted by what stands there: those that begin with h
//! are a range, which two binary searches find.

use std::ops::Range;

/// A Kneser–Ney model of a text of token ids.
///
/// ```
/// use data::KneserNey;
///
/// let text: Vec<u32> = b"abababababacabab".iter().map(|&byte| u32::from(byte)).collect();
/// let model = KneserNey::new(text, 256, 3);
/// let [a, b, c] = [97, 98, 99];
/// assert!(model.probability(&[a], b) > model.probability(&[a], c));
/// let sum: f64 = (0..256).map(|token| model.probability(&[c, a], token)).sum();
/// assert!((sum - 1.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct KneserNey {
    text: Vec<u32>,
    vocabulary: usize,
    /// The grams of one token, of two tokens and so on.
    orders: Vec<Order>,
}

/// All different grams of one length.
#[derive(Clone, Debug)]
struct Order {
    length: usize,
    /// The place of one occurrence of each gram, and its count, sorted by the gram.
    grams: Vec<(u32, u32)>,
    /// What is taken away from counts of 1, of 2, and of more.
    discounts: [f64; 3],
}

impl KneserNey {
    /// Counts the grams of up to `order` tokens of a text. Ids are below `vocabulary`.
    ///
    /// # Panics
    /// If the order is 0, the text is shorter than the order or longer than 2³² tokens, or an id is not
    /// below `vocabulary`.
    #[track_caller]
    pub fn new(text: Vec<u32>, vocabulary: usize, order: usize) -> Self {
        assert!(order > 0, "KneserNey: the order must be at least 1");
        assert!(
            text.len() >= order && u32::try_from(text.len()).is_ok(),
            "KneserNey: a text of {} tokens cannot be counted in grams of {order}: it must have from \
             {order} to 2³² tokens",
            text.len()
        );
        let unknown = text.iter().find(|&&id| id as usize >= vocabulary);
        assert!(
            unknown.is_none(),
            "KneserNey: the text has the id {}, but ids must be below {vocabulary}",
            unknown.unwrap_or(&0)
        );
        let mut orders = vec![Order::highest(&text, order)];
        while let Some(above) = orders.last().filter(|above| above.length > 1) {
            let below = Order::below(&text, above);
            orders.push(below);
        }
        orders.reverse();
        Self { text, vocabulary, orders }
    }

    /// Returns the probability of `token` after the tokens of `context`. Only the last ones count.
    ///
    /// # Panics
    /// If the token is not below the size of the vocabulary.
    #[track_caller]
    pub fn probability(&self, context: &[u32], token: u32) -> f64 {
        assert!(
            (token as usize) < self.vocabulary,
            "probability: there is no token {token}: ids are below {}",
            self.vocabulary
        );
        let uniform = 1.0 / self.vocabulary as f64;
        self.orders.iter().fold(uniform, |below, order| {
            let wanted = order.length - 1;
            match context.len().checked_sub(wanted) {
                Some(start) => order.interpolate(&self.text, &context[start..], token, below),
                None => below,
            }
        })
    }

    /// Returns the mean of −ln p over the tokens of a text from `start` on, each given all before it: the
    /// loss of this model in nats per token.
    ///
    /// # Panics
    /// If no token is left, or an id is not below the size of the vocabulary.
    #[track_caller]
    pub fn loss(&self, text: &[u32], start: usize) -> f64 {
        assert!(
            start < text.len(),
            "loss: a text of {} tokens has none from {start} on",
            text.len()
        );
        let surprise = |at: usize| -self.probability(&text[..at], text[at]).ln();
        (start..text.len()).map(surprise).sum::<f64>() / (text.len() - start) as f64
    }
}

impl Order {
    /// Counts how often each gram of this length occurs.
    fn highest(text: &[u32], length: usize) -> Self {
        let mut places: Vec<u32> = (0..=(text.len() - length) as u32).collect();
        places.sort_unstable_by_key(|&place| gram(text, place, length));
        Self::of(text, length, places)
    }

    /// Counts, for each gram that is one token shorter, the different tokens that it follows: one for each
    /// gram of the order above that ends with it.
    fn below(text: &[u32], above: &Order) -> Self {
        let length = above.length - 1;
        let mut places: Vec<u32> = above.grams.iter().map(|&(place, _)| place + 1).collect();
        places.sort_unstable_by_key(|&place| gram(text, place, length));
        Self::of(text, length, places)
    }

    /// Counts equal grams among these sorted places.
    fn of(text: &[u32], length: usize, places: Vec<u32>) -> Self {
        let runs = places.chunk_by(|&a, &b| gram(text, a, length) == gram(text, b, length));
        let grams: Vec<(u32, u32)> = runs.map(|run| (run[0], run.len() as u32)).collect();
        let discounts = discounts(&grams);
        Self { length, grams, discounts }
    }

    /// Returns p(token | context), given p(token | context without its first token).
    fn interpolate(&self, text: &[u32], context: &[u32], token: u32, below: f64) -> f64 {
        let found = &self.grams[self.beginning_with(text, context)];
        if found.is_empty() {
            return below;
        }
        let (mut total, mut taken, mut own) = (0.0, 0.0, 0.0);
        for &(place, count) in found {
            let discount = self.discounts[(count as usize).min(3) - 1];
            total += f64::from(count);
            taken += discount;
            if text[place as usize + self.length - 1] == token {
                own = f64::from(count) - discount;
            }
        }
        (own + taken * below) / total
    }

    /// Returns the range of grams that begin with these tokens.
    fn beginning_with(&self, text: &[u32], context: &[u32]) -> Range<usize> {
        let beginning = |&(place, _): &(u32, u32)| gram(text, place, context.len());
        let start = self.grams.partition_point(|entry| beginning(entry) < context);
        let count = self.grams[start..].partition_point(|entry| beginning(entry) == context);
        start..start + count
    }
}

/// Returns the tokens from a place on.
fn gram(text: &[u32], place: u32, length: usize) -> &[u32] {
    &text[place as usize..place as usize + length]
}

/// What is taken away where the text is too short to tell.
const PLAIN_DISCOUNTS: [f64; 3] = [0.5, 1.0, 1.5];

/// Returns the discounts of counts of 1, 2 and more, from the numbers of grams with a count of 1, 2, 3 and 4.
/// If one of these numbers is 0, the formula is not defined; if a discount is not positive, a token that has
/// never followed would be impossible. In both cases the plain discounts are returned.
fn discounts(grams: &[(u32, u32)]) -> [f64; 3] {
    let with = |wanted: u32| grams.iter().filter(|&&(_, count)| count == wanted).count() as f64;
    let n = [with(1), with(2), with(3), with(4)];
    if n.contains(&0.0) {
        return PLAIN_DISCOUNTS;
    }
    let y = n[0] / (n[0] + 2.0 * n[1]);
    let discounts = [1, 2, 3].map(|k| k as f64 - (k + 1) as f64 * y * n[k] / n[k - 1]);
    if discounts.iter().any(|&discount| discount <= 0.0) { PLAIN_DISCOUNTS } else { discounts }
}
