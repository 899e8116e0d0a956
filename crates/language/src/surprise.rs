//! Measures how surprised a model is by each token of a text.

use std::ops::Range;

use autograd::{Parameters, Pass, Tape};
use nn::{Decoder, Model};
use tensor::{Scalar, Tensor, parallel};
use train::NotFinite;

use crate::documents::Documents;

/// What a model sees before the token that it predicts. Each token is predicted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// The windows of [`Documents::windows`], as in training: what is in the window before the token. The first
    /// tokens of a window in the midst of a document see little.
    #[default]
    Windows,
    /// As much as fits: in a document that is longer than the context, windows overlap by half of it, and
    /// tokens after the first window see at least that half. It takes twice the time.
    Overlapping,
}

/// The surprise of a model, token by token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surprises {
    /// The places in [`Documents::tokens`] of the tokens that were predicted, in ascending order.
    pub places: Vec<usize>,
    /// −ln p of each, in nats.
    pub nats: Vec<f64>,
    /// `true` where the token was the most probable one, the first of equally probable ones.
    pub is_first: Vec<bool>,
}

impl Surprises {
    /// Returns the surprise of a model by these documents.
    ///
    /// ```
    /// use autograd::Parameters;
    /// use language::{Corpus, Protocol, Surprises};
    /// use nn::{Decoder, DecoderConfig};
    ///
    /// let corpus = Corpus::stories(20, 1);
    /// let mut parameters = Parameters::<f32>::new(1);
    /// let model = Decoder::new(&mut parameters, DecoderConfig::small(corpus.vocabulary.len()));
    /// let surprises = Surprises::of(&model, &parameters, &corpus.validation, Protocol::Windows)?;
    /// assert!((surprises.mean() - (corpus.vocabulary.len() as f64).ln()).abs() < 0.2);
    /// # Ok::<(), train::NotFinite>(())
    /// ```
    ///
    /// # Errors
    /// If a logit is infinite or NaN.
    ///
    /// # Panics
    /// If there are fewer than two tokens, or a token is not below the size of the model's vocabulary.
    #[track_caller]
    pub fn of<T: Scalar>(
        model: &Decoder,
        parameters: &Parameters<T>,
        documents: &Documents,
        protocol: Protocol,
    ) -> Result<Self, NotFinite> {
        let (context, vocabulary) = (model.config().context, model.config().vocabulary);
        if let Some(token) = documents.tokens.iter().find(|&&token| token as usize >= vocabulary) {
            panic!(
                "Surprises: token {token} of the documents is not below {vocabulary}, the size of the model's vocabulary"
            );
        }
        let spans = spans(documents, context, protocol);
        let places = PLACES.min(LOGITS / vocabulary);
        let together = (places / context).max(1);
        let chunks: Vec<&[Span]> = spans.chunks(together).collect();
        let parts = parallel::map(&chunks, |spans| {
            let tape = Tape::no_grad();
            let inputs = inputs(&documents.tokens, spans);
            let logits = model.forward(Pass::eval(&tape, parameters), &inputs).value();
            Self::from_logits(&documents.tokens, spans, &logits)
        });
        let mut surprises = Self::default();
        for part in parts {
            let part = part?;
            surprises.places.extend(part.places);
            surprises.nats.extend(part.nats);
            surprises.is_first.extend(part.is_first);
        }
        Ok(surprises)
    }

    /// Returns the mean surprise of a token, in nats.
    pub fn mean(&self) -> f64 {
        self.nats.iter().sum::<f64>() / self.nats.len() as f64
    }

    /// Returns the surprise of the predictions in logits `[spans, time, vocabulary]`.
    fn from_logits<T: Scalar>(
        tokens: &[u32],
        spans: &[Span],
        logits: &Tensor<T>,
    ) -> Result<Self, NotFinite> {
        let mut surprises = Self::default();
        let [time, vocabulary] = [logits.shape()[1], logits.shape()[2]];
        let logits = logits.values();
        for (number, span) in spans.iter().enumerate() {
            for place in span.predicted.clone() {
                let row = number * time + place - 1 - span.start;
                let row = &logits[row * vocabulary..(row + 1) * vocabulary];
                let (nats, is_first) = surprise(row, tokens[place] as usize)?;
                surprises.places.push(place);
                surprises.nats.push(nats);
                surprises.is_first.push(is_first);
            }
        }
        Ok(surprises)
    }
}

/// The most places and the most logits that are computed at once, unless one window has more.
const PLACES: usize = 1 << 13;
const LOGITS: usize = 1 << 22;

/// A part of the tokens that a model sees at once.
#[derive(Clone, Debug, PartialEq)]
struct Span {
    /// The first token that it sees.
    start: usize,
    /// The tokens that are predicted; the last one is not seen.
    predicted: Range<usize>,
}

#[track_caller]
fn spans(documents: &Documents, context: usize, protocol: Protocol) -> Vec<Span> {
    let windows = documents.windows(context);
    let mut spans = Vec::with_capacity(windows.len());
    for window in (0..windows.len()).map(|number| windows.inputs().places(number)) {
        let predicted = window.start + 1..window.end + 1;
        let begins = documents.opening_of(window.start);
        if protocol == Protocol::Windows || begins == window.start {
            spans.push(Span { start: window.start, predicted });
            continue;
        }
        for first in predicted.clone().step_by(context.div_ceil(2)) {
            let end = predicted.end.min(first + context.div_ceil(2));
            let start = begins.max((end - 1).saturating_sub(context));
            spans.push(Span { start, predicted: first..end });
        }
    }
    spans
}

/// Returns what a model sees of each span, filled up to the longest. Nothing that is predicted depends on
/// what comes after it.
fn inputs(tokens: &[u32], spans: &[Span]) -> Tensor<u32> {
    let length = |span: &Span| span.predicted.end - 1 - span.start;
    let longest = spans.iter().map(length).max().unwrap_or(0);
    let mut items = Vec::with_capacity(spans.len() * longest);
    for (number, span) in spans.iter().enumerate() {
        items.extend_from_slice(&tokens[span.start..span.start + length(span)]);
        items.resize((number + 1) * longest, 0);
    }
    Tensor::new([spans.len(), longest], items)
}

/// Returns −ln softmax(logits)\[token\], and `true` if this token is the most probable one.
fn surprise<T: Scalar>(logits: &[T], token: usize) -> Result<(f64, bool), NotFinite> {
    let mut highest = (0, f64::NEG_INFINITY);
    for (id, logit) in logits.iter().enumerate() {
        let value = logit.to_f64();
        if !value.is_finite() {
            return Err(NotFinite { what: format!("the logit of token {id}"), value });
        }
        if value > highest.1 {
            highest = (id, value);
        }
    }
    let sum: f64 = logits.iter().map(|logit| (logit.to_f64() - highest.1).exp()).sum();
    Ok((sum.ln() + highest.1 - logits[token].to_f64(), highest.0 == token))
}
