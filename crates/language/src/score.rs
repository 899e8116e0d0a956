//! Scores a language model, and compares it with the floor of a generated text and with an n-gram model.

use autograd::Parameters;
use data::{KneserNey, Vocabulary};
use nn::Decoder;
use serde::{Deserialize, Serialize};
use tensor::Scalar;
use train::NotFinite;

use crate::corpus::Corpus;
use crate::documents::Documents;
use crate::surprise::{Protocol, Surprises};

/// The loss of a model on a text, in several units, and what it can be compared with.
///
/// ```text
/// perplexity          exp(nats a token)
/// bits a byte         nats of the text / ln 2 / bytes
/// gap to the floor    nats a token − mean surprise that the generator counted
/// ```
///
/// Tokens that were put before documents, such as `<s>`, and their surprise are not part of the text. But they are
/// tokens, so they count in the loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LanguageScore {
    /// The mean surprise of a token, in nats.
    pub loss: f64,
    /// The number of tokens that were predicted.
    pub tokens: usize,
    /// The surprise of the predicted tokens that belong to the text, in nats.
    pub text_nats: f64,
    /// The characters of the text that begin in them.
    pub characters: usize,
    /// Their bytes.
    pub bytes: usize,
    /// The mean surprise of these tokens for the generator of the text, in nats a token: no model has less in
    /// the long run. `None` for a text that was not generated.
    pub floor: Option<f64>,
    /// The answers in the text, if it has some.
    pub answers: Option<AnswerScore>,
}

/// The number of answers in a text that a model knows. The model's prediction for a token is the most probable one
/// after the *true* tokens before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerScore {
    /// The number of answers.
    pub answers: usize,
    /// The number of answers whose every token was the most probable one.
    pub right: usize,
    /// The number of tokens of answers.
    pub tokens: usize,
    /// The number of these that were the most probable ones.
    pub right_tokens: usize,
}

impl AnswerScore {
    /// Returns the share of right answers.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.answers as f64
    }

    /// Returns the share of right tokens of answers.
    pub fn token_accuracy(&self) -> f64 {
        self.right_tokens as f64 / self.tokens as f64
    }
}

impl LanguageScore {
    /// Returns the score of a model on documents.
    ///
    /// # Errors
    /// If a logit is infinite or NaN.
    ///
    /// # Panics
    /// If there are fewer than two tokens, or the vocabulary does not belong to documents and model.
    #[track_caller]
    pub fn of<T: Scalar>(
        model: &Decoder,
        parameters: &Parameters<T>,
        vocabulary: &Vocabulary,
        documents: &Documents,
        protocol: Protocol,
    ) -> Result<Self, NotFinite> {
        let surprises = Surprises::of(model, parameters, documents, protocol)?;
        Ok(Self::from_surprises(&surprises, vocabulary, documents))
    }

    /// Returns the score of predictions for these documents.
    ///
    /// # Panics
    /// If the predictions or the vocabulary are of other documents.
    #[track_caller]
    pub fn from_surprises(
        surprises: &Surprises,
        vocabulary: &Vocabulary,
        documents: &Documents,
    ) -> Self {
        let (mut text_nats, mut bytes, mut characters) = (0.0, 0, 0);
        for (&place, nats) in surprises.places.iter().zip(&surprises.nats) {
            let token = documents.bytes(vocabulary, place);
            if !documents.is_inserted(place) {
                text_nats += nats;
            }
            bytes += token.len();
            // All bytes of a character but the first are 10xxxxxx.
            characters += token.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        }
        Self {
            loss: surprises.mean(),
            tokens: surprises.places.len(),
            text_nats,
            characters,
            bytes,
            floor: documents.floor(&surprises.places),
            answers: answer_score(surprises, documents),
        }
    }

    /// Returns e to the loss: the number of tokens that would be as surprising if all were equally probable.
    pub fn perplexity(&self) -> f64 {
        self.loss.exp()
    }

    /// Returns the surprise of the text in nats a character.
    pub fn nats_per_character(&self) -> f64 {
        self.text_nats / self.characters as f64
    }

    /// Returns the surprise of the text in bits a character.
    pub fn bits_per_character(&self) -> f64 {
        self.nats_per_character() / std::f64::consts::LN_2
    }

    /// Returns the surprise of the text in bits a byte, which does not depend on the kind of tokens.
    pub fn bits_per_byte(&self) -> f64 {
        self.text_nats / self.bytes as f64 / std::f64::consts::LN_2
    }

    /// Returns how much larger the loss is than the floor, in nats a token.
    pub fn gap(&self) -> Option<f64> {
        self.floor.map(|floor| self.loss - floor)
    }
}

/// Counts the answers all of whose tokens were predicted.
fn answer_score(surprises: &Surprises, documents: &Documents) -> Option<AnswerScore> {
    let mut score = AnswerScore::default();
    for answer in documents.answers() {
        let first = surprises.places.partition_point(|&place| place < answer.start);
        let tokens = first..first + answer.len();
        let is_whole = surprises
            .places
            .get(tokens.clone())
            .is_some_and(|places| places.iter().copied().eq(answer.clone()));
        if is_whole {
            let right = surprises.is_first[tokens].iter().filter(|&&is_first| is_first).count();
            score.answers += 1;
            score.right += usize::from(right == answer.len());
            score.tokens += answer.len();
            score.right_tokens += right;
        }
    }
    Some(score).filter(|score| score.answers > 0)
}

/// The loss of modified Kneser–Ney models on the tokens that a model was evaluated on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// The order with the smallest loss: a token is predicted from the `order` − 1 tokens before it. It is
    /// chosen on the same tokens that the loss is measured on, which favors the baseline.
    pub order: usize,
    /// Its mean surprise of a token, in nats.
    pub loss: f64,
    /// The orders that were tried, with the loss of each.
    pub tried: Vec<(usize, f64)>,
}

impl Baseline {
    /// Counts the training part of a corpus in grams of each of these orders, and predicts the tokens of the
    /// validation part at `places`, such as [`Surprises::places`]. An order above the number of training tokens
    /// is left out.
    ///
    /// ```
    /// use language::{Baseline, Corpus};
    ///
    /// let corpus = Corpus::stories(300, 1);
    /// let places: Vec<usize> = (1..corpus.validation.tokens().len()).collect();
    /// let baseline = Baseline::of(&corpus, &places, 1..=6);
    /// assert!(baseline.tried[0].1 > 2.0 && baseline.loss < 0.6);
    /// ```
    ///
    /// # Panics
    /// If there are no places or no orders, or an order is 0.
    #[track_caller]
    pub fn of(corpus: &Corpus, places: &[usize], orders: impl IntoIterator<Item = usize>) -> Self {
        assert!(!places.is_empty(), "Baseline: there are no tokens to predict");
        let (training, validation) = (&corpus.training.tokens, &corpus.validation.tokens);
        let loss = |order: usize| {
            let model = KneserNey::new(training.clone(), corpus.vocabulary.len(), order);
            let surprise = |&at: &usize| -model.probability(&validation[..at], validation[at]).ln();
            places.iter().map(surprise).sum::<f64>() / places.len() as f64
        };
        let orders = orders.into_iter().filter(|&order| order <= training.len());
        let tried: Vec<(usize, f64)> = orders.map(|order| (order, loss(order))).collect();
        let best = tried.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1));
        let (order, loss) = best.expect("Baseline: there are no orders to try");
        Self { order, loss, tried }
    }
}

/// β and γ of the gate of one block.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockGate {
    /// The number of the block, from 0.
    pub block: usize,
    /// The slope β.
    pub beta: f64,
    /// The shift γ.
    pub gamma: f64,
}

/// Returns β and γ of each block that has a gate, from the first block on. They are 1 and 0 unless they were
/// learned.
pub fn gates<T: Scalar>(model: &Decoder, parameters: &Parameters<T>) -> Vec<BlockGate> {
    let gate = |(block, swiglu): (usize, Option<&nn::SwiGLU>)| {
        let swiglu = swiglu?;
        let number = |id| parameters.get(id).item().to_f64();
        Some(BlockGate { block, beta: number(swiglu.beta()), gamma: number(swiglu.gamma()) })
    };
    let blocks = model.feed_forwards().map(nn::FeedForward::swiglu);
    blocks.enumerate().filter_map(gate).collect()
}
