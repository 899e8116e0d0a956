//! A saved model's answers to rows of a table, and what moved them.

use autograd::Parameters;
use data::{Gaps, Mixed, Notation, TableRow, TargetEncoder, is_missing};
use nn::Model;
use serde_json::{Value, json};
use tensor::Tensor;
use train::{NotFinite, Trainer};

use super::model::deviation;
use super::saved::TableModel;
use crate::sentiment::answer::{SHOWN, UNKNOWN, copies_at_once};

/// A saved model in use.
pub struct SavedTable<M> {
    pub model: M,
    pub parameters: Parameters,
    pub about: TableModel,
}

/// The answer to a row.
pub struct RowAnswer {
    /// The answer as a cell.
    pub text: String,
    /// The answer as JSON.
    pub json: Value,
    /// The probability of each class or label; `None` if nothing is known of the row. Numbers have none.
    pub probabilities: Option<Vec<f32>>,
    /// What moved the answer most, if that was asked.
    pub why: Vec<Influence>,
}

/// The effect of a column, or of a word in it: the probability of the answer, or the number, with it minus
/// without it.
pub struct Influence {
    pub column: String,
    pub word: Option<String>,
    /// The label whose probability is meant: the most probable one of several.
    pub label: Option<String>,
    pub effect: f64,
}

impl Influence {
    /// Returns the name of the column and the word.
    pub fn name(&self) -> String {
        match &self.word {
            Some(word) => format!("{}:{word}", self.column),
            None => self.column.clone(),
        }
    }

    /// Returns it as JSON.
    pub fn to_json(&self) -> Value {
        let mut found = json!({"column": self.column, "effect": self.effect});
        for (key, text) in [("word", &self.word), ("label", &self.label)] {
            if let Some(text) = text {
                found[key] = json!(text);
            }
        }
        found
    }
}

impl<M: Model<Input = Mixed<Tensor<u32>>>> SavedTable<M> {
    /// Answers rows of a notation, whose columns have these places. Returns the answers, and what could not be taken
    /// as it is. With `why`, what moved each answer is found.
    pub fn answers(
        &self,
        notation: Notation,
        places: &[Option<usize>],
        rows: &[TableRow],
        why: bool,
    ) -> Result<(Vec<RowAnswer>, Gaps), NotFinite> {
        let (outputs, gaps) = self.outputs(notation, places, rows)?;
        let mut answers = Vec::new();
        for (at, (row, outputs)) in rows.iter().zip(&outputs).enumerate() {
            let is_unknown = gaps.unknown_rows.binary_search(&at).is_ok();
            let mut answer = match is_unknown {
                true => RowAnswer::unknown(),
                false => self.answer_of(outputs),
            };
            if why && !is_unknown {
                answer.why = self.influences(notation, places, row, outputs)?;
            }
            answers.push(answer);
        }
        Ok((answers, gaps))
    }

    /// Returns the outputs for each row: probabilities, or the number on its scale.
    fn outputs(
        &self,
        notation: Notation,
        places: &[Option<usize>],
        rows: &[TableRow],
    ) -> Result<(Vec<Vec<f32>>, Gaps), NotFinite> {
        let (inputs, gaps) = self.about.encoder.encode_as(notation, places, rows);
        let trainer = Trainer::new(&self.model, self.about.loss());
        let outputs = trainer.predict_finite(&self.parameters, &inputs)?;
        let width = outputs.shape()[1];
        Ok((outputs.to_vec().chunks(width).map(<[f32]>::to_vec).collect(), gaps))
    }

    /// Returns what the outputs of a row say.
    fn answer_of(&self, outputs: &[f32]) -> RowAnswer {
        let (text, json, probabilities) = match &self.about.target {
            TargetEncoder::Classes { labels } => {
                let name = labels.name(highest(outputs) as u32);
                (name.to_owned(), json!(name), outputs.to_vec())
            }
            TargetEncoder::Labels { labels } => {
                let names = labels.names().iter().zip(outputs);
                let present: Vec<&str> =
                    names.filter(|&(_, &p)| p > 0.5).map(|(name, _)| name.as_str()).collect();
                (present.join("|"), json!(present), outputs.to_vec())
            }
            TargetEncoder::Number { scale, .. } => {
                let text = written(self.number(outputs), deviation(scale));
                let json = text.parse::<f64>().map_or(Value::Null, |number| json!(number));
                (text, json, Vec::new())
            }
        };
        RowAnswer { text, json, probabilities: Some(probabilities), why: Vec::new() }
    }

    /// Removes each column of a row, and each known word of its texts, and returns the largest effects.
    fn influences(
        &self,
        notation: Notation,
        places: &[Option<usize>],
        row: &TableRow,
        outputs: &[f32],
    ) -> Result<Vec<Influence>, NotFinite> {
        let (encoder, answer) = (&self.about.encoder, highest(outputs));
        let label = match &self.about.target {
            TargetEncoder::Labels { labels } => Some(labels.name(answer as u32).to_owned()),
            _ => None,
        };
        // The place and the word that each influence is without.
        let (mut removed, mut influences) = (Vec::new(), Vec::new());
        for (column, place) in encoder.columns().zip(places) {
            let Some(place) = place.filter(|&place| !is_missing(&row.cells[place])) else {
                continue;
            };
            let words = encoder.known_words(column, &row.cells[place]).into_iter().map(Some);
            for word in [None].into_iter().chain(words) {
                let (column, label) = (column.to_owned(), label.clone());
                removed.push(place);
                influences.push(Influence { column, word, label, effect: 0.0 });
            }
        }
        let value = |outputs: &[f32]| match &self.about.target {
            TargetEncoder::Number { .. } => self.number(outputs),
            _ => f64::from(outputs[answer]),
        };
        // Each is a copy of the row, which may be long.
        let at_once = copies_at_once(row.cells.iter().map(String::len).sum());
        for (influences, removed) in influences.chunks_mut(at_once).zip(removed.chunks(at_once)) {
            let without = |(influence, &place): (&Influence, &usize)| {
                let mut other = row.clone();
                let cell = std::mem::take(&mut other.cells[place]);
                if let Some(word) = &influence.word {
                    other.cells[place] = encoder.without_word(&influence.column, &cell, word);
                }
                other
            };
            // With the row itself, so that what changes nothing has an effect of exactly 0.
            let rows = [row.clone()].into_iter().chain(influences.iter().zip(removed).map(without));
            let (found, _) = self.outputs(notation, places, &rows.collect::<Vec<_>>())?;
            for (influence, without) in influences.iter_mut().zip(&found[1..]) {
                influence.effect = value(&found[0]) - value(without);
            }
        }
        influences.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
        influences.truncate(SHOWN);
        Ok(influences)
    }

    /// Returns the number that a model of numbers answers, in the unit of the column.
    fn number(&self, outputs: &[f32]) -> f64 {
        match &self.about.target {
            TargetEncoder::Number { scale, .. } => {
                scale.inverse_transform(&Tensor::new([1, 1], outputs.to_vec())).to_vec()[0]
            }
            _ => panic!("classes and labels are answered by probabilities"),
        }
    }
}

impl RowAnswer {
    /// Returns the answer to a row that the model knows nothing about.
    fn unknown() -> Self {
        let (text, json) = (UNKNOWN.to_owned(), json!(UNKNOWN));
        Self { text, json, probabilities: None, why: Vec::new() }
    }
}

/// Returns the place of the highest output; of equal ones the first.
fn highest(outputs: &[f32]) -> usize {
    let places = 0..outputs.len();
    places.rev().max_by(|&a, &b| outputs[a].total_cmp(&outputs[b])).unwrap_or(0)
}

/// Returns a number with the decimals that a model knows: its 32 bits have about seven digits of the
/// distance from the mean, in standard deviations.
fn written(number: f64, deviation: f64) -> String {
    const MOST: f64 = 340.0;
    let decimals = (7.0 - deviation.log10().floor()).clamp(0.0, MOST) as usize;
    let text = format!("{number:.decimals$}");
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
