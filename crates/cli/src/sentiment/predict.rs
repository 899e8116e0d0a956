//! The command `predict`: classifies texts with a saved model.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};

use data::{NotText, printable_path, read_line};
use nn::Model;
use tensor::Tensor;

use super::answer::SavedClassifier;
use super::options::{Predict, without_separator};
use super::saved::load;
use crate::ending::tell;
use crate::json::WriteLine;
use crate::notes::note;

/// Classifies what the options name, and prints the answers.
pub fn run(options: &Predict) -> Result<(), Box<dyn Error>> {
    let (model, parameters, about) = load(&options.model)?;
    without_separator(options.separator)?;
    let classifier = SavedClassifier { model, parameters, about };
    options.json.check(&options.places())?;
    options.json.write_lines(|json| classify_all(&classifier, options, json))
}

/// Classifies the text, or each line of the file or of standard input as it comes. `json` writes their objects.
fn classify_all(
    classifier: &SavedClassifier<impl Model<Input = Tensor<u32>>>,
    options: &Predict,
    json: &mut WriteLine,
) -> Result<(), Box<dyn Error>> {
    match (options.text(), &options.file) {
        (Some(text), _) => classify(classifier, text, None, options, json)?,
        (None, Some(path)) => {
            let name = format!("--file {}", printable_path(path));
            let file = File::open(path).map_err(|error| {
                format!("{name}: cannot be read: {error}; give a file with a text on each line")
            })?;
            classify_lines(classifier, BufReader::new(file), &name, options, json)?;
        }
        (None, None) => {
            if io::stdin().is_terminal() {
                tell("Type a text and press Enter; Ctrl-D ends.");
            }
            let lines = io::stdin().lock();
            classify_lines(classifier, lines, "standard input", options, json)?;
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
    json: &mut WriteLine,
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
        let text = str::from_utf8(&bytes).map_err(|_| fault(why_not_text(&bytes)))?;
        // Only the beginning of a file tells its kind, and may have a byte-order mark.
        let text = if count == 0 { data::without_mark(text) } else { text };
        // Old programs end a line by `\r` alone.
        for text in text.strip_suffix('\r').unwrap_or(text).split('\r') {
            count += 1;
            classify(classifier, text, Some(count), options, json)?;
        }
    }
    match count {
        0 => Err(format!(
            "{source}: there is no text; give one on each line, or as the argument TEXT, or a file of \
             them with --file"
        )
        .into()),
        _ => Ok(()),
    }
}

/// Returns why a line is not UTF-8 text, and what to do.
fn why_not_text(line: &[u8]) -> String {
    match data::text(line) {
        Err((_, NotText::Bytes { position, origin, .. })) => {
            format!("byte {position} is not UTF-8: save as UTF-8 ({})", origin.advice())
        }
        Err((_, other)) => other.to_string(),
        Ok(_) => unreachable!("the line is not UTF-8"),
    }
}

/// Prints the answer to a text. With several texts, each line's text stands above.
fn classify(
    classifier: &SavedClassifier<impl Model<Input = Tensor<u32>>>,
    text: &str,
    line: Option<usize>,
    options: &Predict,
    json: &mut WriteLine,
) -> Result<(), Box<dyn Error>> {
    if let Some(words) = classifier.about.note_on_cut(&[text.to_owned()]) {
        note(&words);
    }
    let answer = classifier.answer(text, options.why).map_err(|error| {
        let line = line.map_or(String::new(), |line| format!(", line {line}"));
        format!("--model {}{line}: {error}", printable_path(&options.model))
    })?;
    if answer.is_unknown() {
        let place = line.map_or(String::new(), |line| format!("line {line}: "));
        note(&format!("{place}the model knows none of these words"));
    }
    if !options.json.is_printed() {
        answer.print(line.is_some(), options.top);
    }
    Ok(json(&serde_json::to_string(&answer)?)?)
}
