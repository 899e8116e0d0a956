//! The command `predict`: classifies texts with a saved model.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};

use autograd::Parameters;
use data::{NotText, printable, printable_json, printable_path, read_line};
use nn::{Model, SoftmaxCrossEntropy};
use serde::Serialize;
use tensor::Tensor;
use train::Trainer;

use super::options::Predict;
use super::saved::{Description, load};
use crate::ending::tell;

/// Classifies the text, or each line of the file or of standard input as it comes.
pub fn run(options: &Predict) -> Result<(), Box<dyn Error>> {
    let (model, parameters, about) = load(&options.model)?;
    let classifier = SavedClassifier { model, parameters, about };
    match (options.text(), &options.file) {
        (Some(text), _) => classifier.classify(text, None, options)?,
        (None, Some(path)) => {
            let name = format!("--file {}", printable_path(path));
            let file = File::open(path).map_err(|error| {
                format!("{name}: cannot be read: {error}; give a file with a text on each line")
            })?;
            classify_lines(&classifier, BufReader::new(file), &name, options)?;
        }
        (None, None) => {
            if io::stdin().is_terminal() {
                tell("Type a text and press Enter; Ctrl-D ends.");
            }
            classify_lines(&classifier, io::stdin().lock(), "standard input", options)?;
        }
    }
    Ok(())
}

/// Classifies each line. Errors name the lines `source`.
fn classify_lines(
    classifier: &SavedClassifier<impl Model<Input = Tensor<u32>>>,
    mut lines: impl BufRead,
    source: &str,
    options: &Predict,
) -> Result<(), Box<dyn Error>> {
    let beginning =
        lines.fill_buf().map_err(|error| format!("{source}: cannot be read: {error}"))?;
    if let Some((_, what)) = data::no_utf8(beginning) {
        return Err(format!("{source}: {what}").into());
    }
    let mut count = 0;
    let mut bytes = Vec::new();
    loop {
        let fault = |what: String| format!("{source}, line {}: {what}", count + 1);
        let is_line = read_line(&mut lines, &mut bytes);
        if !is_line.map_err(|error| fault(format!("cannot be read: {error}")))? {
            break;
        }
        let text = data::text(&bytes).map_err(|(_, what)| {
            fault(match what {
                NotText::Bytes { position, origin, .. } => {
                    format!("byte {position} is not UTF-8: save as UTF-8 ({})", origin.advice())
                }
                other => other.to_string(),
            })
        })?;
        // Old programs end a line by `\r` alone.
        for text in text.strip_suffix('\r').unwrap_or(text).split('\r') {
            count += 1;
            classifier.classify(text, Some(count), options)?;
        }
    }
    match count {
        0 => Err(format!(
            "{source}: there is no text; give one on each line, or as the argument TEXT, or a file of \
             them by --file"
        )
        .into()),
        _ => Ok(()),
    }
}

/// A saved model, ready for use.
struct SavedClassifier<M> {
    model: M,
    parameters: Parameters,
    about: Description,
}

impl<M: Model<Input = Tensor<u32>>> SavedClassifier<M> {
    /// Prints the probability of each class. With several texts, each line's text stands above.
    fn classify(
        &self,
        text: &str,
        line: Option<usize>,
        options: &Predict,
    ) -> Result<(), Box<dyn Error>> {
        let ids = self.about.token_ids(&[text.to_string()]);
        let known = ids.total();
        if known == 0 {
            let place = line.map_or(String::new(), |line| format!("line {line}: "));
            tell(format_args!(
                "note: {place}the model knows none of these words, so it can only guess"
            ));
        }
        let trainer = Trainer::new(&self.model, SoftmaxCrossEntropy::new());
        let probabilities =
            trainer.predict_finite(&self.parameters, &ids.padded()).map_err(|error| {
                let line = line.map_or(String::new(), |line| format!(", line {line}"));
                format!("--model {}{line}: {error}", printable_path(&options.model))
            })?;
        let probabilities = probabilities.to_vec();
        let mut ranking: Vec<(f32, &str)> =
            probabilities.into_iter().zip(self.about.labels.names().iter().map(|n| &**n)).collect();
        ranking.sort_by(|a, b| b.0.total_cmp(&a.0));
        match options.json {
            true => Ok(print_json(text, known, &ranking)?),
            false => {
                print_ranking(line.map(|_| text), &ranking, options.top);
                Ok(())
            }
        }
    }
}

fn print_ranking(text: Option<&str>, ranking: &[(f32, &str)], top: Option<usize>) {
    if let Some(text) = text {
        println!("{}", printable(text));
    }
    for (probability, name) in ranking.iter().take(top.unwrap_or(ranking.len())) {
        println!("{:>5.1} %  {}", probability * 100.0, printable(name));
    }
}

/// The JSON object that --json prints for a text.
#[derive(Serialize)]
struct Answer<'a> {
    text: &'a str,
    /// The most probable class.
    prediction: &'a str,
    probabilities: BTreeMap<&'a str, f32>,
    known_words: usize,
}

fn print_json(text: &str, known_words: usize, ranking: &[(f32, &str)]) -> serde_json::Result<()> {
    let probabilities = ranking.iter().map(|&(probability, name)| (name, probability)).collect();
    let answer = Answer { text, prediction: ranking[0].1, probabilities, known_words };
    println!("{}", printable_json(&serde_json::to_string(&answer)?));
    Ok(())
}
