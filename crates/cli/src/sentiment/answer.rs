//! A saved classifier's answer to a text, for a terminal and as JSON.

use std::collections::{BTreeMap, HashSet};

use autograd::Parameters;
use data::{Sequences, printable};
use nn::{Model, SoftmaxCrossEntropy};
use serde::Serialize;
use tensor::Tensor;
use train::{Calibrated, NotFinite, Trainer};

use super::saved::Description;
use crate::calibrating::effect;

/// The answer to an input that the model knows nothing about.
pub const UNKNOWN: &str = "unknown";

/// The number of words or columns that are shown to have moved an answer.
pub const SHOWN: usize = 5;

/// A saved model, ready for use.
pub struct SavedClassifier<M> {
    pub model: M,
    pub parameters: Parameters,
    pub about: Description,
}

/// The answer to a text, as the JSON object that --json prints.
#[derive(Serialize)]
pub struct TextAnswer<'a> {
    text: &'a str,
    /// The most probable class, or `unknown`.
    prediction: &'a str,
    /// The probability of each class, unless the answer is `unknown`.
    probabilities: Option<BTreeMap<&'a str, f32>>,
    known_words: usize,
    unknown_words: Vec<String>,
    /// The words that moved the answer most, if that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Vec<WordEffect>>,
}

/// The effect of a word: the probability of the answer with the word, minus the probability without it.
#[derive(Serialize)]
struct WordEffect {
    word: String,
    effect: f64,
}

impl<M: Model<Input = Tensor<u32>>> SavedClassifier<M> {
    /// Answers a text. With `why`, the words that moved the answer are found.
    pub fn answer<'a>(&'a self, text: &'a str, why: bool) -> Result<TextAnswer<'a>, NotFinite> {
        let tokenizer = self.about.tokenizer();
        let words = tokenizer.words(text);
        let ids = self.about.ids(&[text.to_string()]);
        let mut seen = HashSet::new();
        let unknown = words.iter().filter(|word| !tokenizer.knows(word) && seen.insert(*word));
        let unknown_words: Vec<String> = unknown.cloned().collect();
        let known_words = ids.total();
        let probabilities = self.probabilities(&ids)?.to_vec();
        if known_words == 0 {
            let why = why.then(Vec::new);
            let (prediction, probabilities) = (UNKNOWN, None);
            return Ok(TextAnswer {
                text,
                prediction,
                probabilities,
                known_words,
                unknown_words,
                why,
            });
        }
        let names = self.about.labels.names();
        // The first of equally probable classes.
        let best =
            (0..names.len()).rev().max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
        let best = best.expect("there are classes");
        let why = match why {
            true => Some(self.effects(&words, best, probabilities[best])?),
            false => None,
        };
        let all = names.iter().map(String::as_str).zip(probabilities);
        Ok(TextAnswer {
            text,
            prediction: &names[best],
            probabilities: Some(all.collect()),
            known_words,
            unknown_words,
            why,
        })
    }

    /// Returns the probability of each class, `[texts, classes]`.
    fn probabilities(&self, ids: &Sequences<u32>) -> Result<Tensor, NotFinite> {
        let loss = Calibrated::new(SoftmaxCrossEntropy::new(), self.about.temperature);
        Trainer::new(&self.model, loss).predict_finite(&self.parameters, ids)
    }

    /// Removes each known word from the text, wherever it occurs, and returns the largest effects.
    fn effects(
        &self,
        words: &[String],
        class: usize,
        probability: f32,
    ) -> Result<Vec<WordEffect>, NotFinite> {
        let (tokenizer, mut seen) = (self.about.tokenizer(), HashSet::new());
        let known = words.iter().filter(|word| tokenizer.knows(word) && seen.insert(*word));
        let removed: Vec<&String> = known.collect();
        let without = |removed: &&String| {
            let others = words.iter().filter(|word| word != removed).map(String::as_str);
            others.collect::<Vec<_>>().join(" ")
        };
        // Each is a copy of the text, which may be long.
        let at_once = copies_at_once(words.iter().map(String::len).sum());
        let mut effects = Vec::with_capacity(removed.len());
        for removed in removed.chunks(at_once) {
            let texts: Vec<String> = removed.iter().map(without).collect();
            let found = self.probabilities(&self.about.ids(&texts))?;
            effects.extend(removed.iter().enumerate().map(|(at, word)| WordEffect {
                word: word.to_string(),
                effect: f64::from(probability) - f64::from(found.get([at, class])),
            }));
        }
        effects.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
        effects.truncate(SHOWN);
        Ok(effects)
    }
}

/// Returns how many changed copies of an input of this many bytes are answered at once: those that fit into 4 MiB, at
/// least one.
pub fn copies_at_once(bytes: usize) -> usize {
    ((1 << 22) / bytes.max(1)).max(1)
}

impl TextAnswer<'_> {
    /// Returns `true` if the model knows nothing of the text.
    pub fn is_unknown(&self) -> bool {
        self.probabilities.is_none()
    }

    /// Prints the probability of each class, or of the `top` most probable ones, below the text if there are
    /// several texts.
    pub fn print(&self, has_heading: bool, top: Option<usize>) {
        // At once, because standard output is written line by line.
        print!("{}", self.lines(has_heading, top).join("\n") + "\n");
    }

    fn lines(&self, has_heading: bool, top: Option<usize>) -> Vec<String> {
        let mut lines = Vec::new();
        if has_heading {
            lines.push(printable(self.text).to_string());
        }
        match &self.probabilities {
            None => lines.push(UNKNOWN.to_string()),
            Some(probabilities) => {
                let mut ranking: Vec<_> = probabilities.iter().collect();
                ranking.sort_by(|a, b| b.1.total_cmp(a.1));
                let shown = ranking.iter().take(top.unwrap_or(ranking.len()));
                lines.extend(shown.map(|(name, probability)| {
                    format!("{:>5.1} %  {}", *probability * 100.0, printable(name))
                }));
            }
        }
        if !self.unknown_words.is_empty() {
            let words = self.unknown_words.join(", ");
            lines.push(format!("unknown words: {}", printable(&words)));
        }
        if let Some(why) = self.why.as_ref().filter(|why| !why.is_empty()) {
            let words: Vec<String> =
                why.iter().map(|found| effect(&found.word, found.effect, true)).collect();
            let prediction = printable(self.prediction);
            lines.push(format!("points of {prediction} from each word: {}", words.join(", ")));
        }
        lines
    }
}
