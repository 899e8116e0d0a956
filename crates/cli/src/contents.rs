//! The command `inspect`: what is in a saved model or a checkpoint.

mod facts;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use clap::Args;
use data::{Tokenizer, Vocabulary, printable, printable_path};
use inspect::number;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Inventory, LoadError, LoadFault};
use tensor::Tensor;

use self::facts::{Fact, facts};
use crate::json::JsonOutput;
use crate::places::check_places;
use crate::shell::quoted_path;

/// Show what is in a saved model or a checkpoint: its kind, options, parameters and training.
///
/// It also opens a model whose weights are not finite, which the other commands refuse.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  wengert inspect --model model.st
  wengert inspect --model model.st --json               the same as figures; --json=FILE writes them")]
pub struct InspectModel {
    /// The model: a file that --save wrote, or a checkpoint.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// The figures.
    #[command(flatten)]
    pub json: JsonOutput,
}

/// The kinds of models.
pub const TABLE_MODEL: &str = "model of a table";
pub const LANGUAGE_MODEL: &str = "language model";
pub const TEXT_CLASSIFIER: &str = "text classifier";

/// What is in a file.
#[derive(Serialize)]
struct ModelContents {
    kind: &'static str,
    is_checkpoint: bool,
    /// The size of the file.
    bytes: usize,
    /// The number of numbers in all parameters.
    parameters: usize,
    /// The memory that these take.
    parameter_bytes: usize,
    /// The memory of what only a resumed training needs.
    memory_bytes: usize,
    /// The number of known words or tokens, by what has them, such as a column.
    vocabulary: BTreeMap<String, usize>,
    options: Vec<Fact>,
    training: Vec<Fact>,
    tensors: Vec<TensorStatistics>,
}

/// Statistics of a parameter. Mean, deviation, minimum and maximum are over its finite values only.
#[derive(Serialize)]
struct TensorStatistics {
    name: String,
    shape: Vec<usize>,
    count: usize,
    bytes: usize,
    mean: Option<f64>,
    deviation: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    not_finite: usize,
}

/// Prints the contents of a file, or writes their figures.
pub fn run(options: &InspectModel) -> Result<(), Box<dyn Error>> {
    let files = [("--json", options.json.file())];
    check_places(&[("--model", options.model.clone())], &files, &[])?;
    let inventory = Inventory::read(&options.model).map_err(|error| match error.fault {
        LoadFault::Read(_) | LoadFault::Foreign(_) => {
            format!("--model {error}: a file that `--save` or `--checkpoint` wrote")
        }
        _ => format!("--model {error}"),
    })?;
    let contents = ModelContents::of(&inventory)?;
    if !options.json.is_printed() {
        print(&options.model, &contents);
    }
    Ok(options.json.write(&serde_json::to_string(&contents)?)?)
}

impl ModelContents {
    fn of(inventory: &Inventory) -> Result<Self, Box<dyn Error>> {
        let description: Value = inventory.description()?;
        let record: Option<Value> = inventory.record()?;
        let count = |part: &BTreeMap<String, Tensor>| part.values().map(Tensor::len).sum::<usize>();
        let parameters = count(&inventory.weights);
        Ok(Self {
            kind: kind(&description),
            is_checkpoint: inventory.is_checkpoint(),
            bytes: inventory.bytes,
            parameters,
            parameter_bytes: parameters * size_of::<f32>(),
            memory_bytes: (count(&inventory.training) + count(&inventory.optimizer))
                * size_of::<f32>(),
            vocabulary: vocabularies(&description),
            options: facts(&description),
            training: record.as_ref().map(facts).unwrap_or_default(),
            tensors: inventory.weights.iter().map(TensorStatistics::of).collect(),
        })
    }
}

/// Returns a message that says why a file is not the wanted kind of model, and which option writes one.
pub fn told(error: &LoadError, wanted: &str, written_by: &str) -> String {
    match error.fault {
        LoadFault::Read(_) | LoadFault::Foreign(_) => {
            let other = told_as_other_kind(&error.path, wanted);
            let why = other.unwrap_or_else(|| format!("{error}:"));
            format!("{why} a file that `{written_by}` wrote")
        }
        _ => error.to_string(),
    }
}

/// Returns what a file holds and which command takes it, if it is a model of another kind than the
/// wanted one. A file that cannot be read holds none.
fn told_as_other_kind(path: &Path, wanted: &str) -> Option<String> {
    // A pipe could not be read again.
    let inventory = path.is_file().then(|| Inventory::read(path).ok())??;
    let found = kind(&inventory.description().ok()?);
    let command = match found {
        _ if found == wanted => return None,
        LANGUAGE_MODEL => "lm generate",
        TABLE_MODEL | TEXT_CLASSIFIER => "predict",
        _ => return None,
    };
    let file = printable_path(path);
    let typed = quoted_path(path);
    Some(format!(
        "{file}: holds a {found}; use it by `wengert {command} --model {typed}`, or give here"
    ))
}

/// Returns the kind of model that a description is for, recognized by fields that only this kind has.
fn kind(description: &Value) -> &'static str {
    let has = |field| description.get(field).is_some();
    match () {
        () if has("table") => TABLE_MODEL,
        () if has("config") && has("vocabulary") => LANGUAGE_MODEL,
        () if has("tokenizer") && has("labels") => TEXT_CLASSIFIER,
        () => "model that another program describes",
    }
}

/// Returns how many words or tokens are known, of each column that is text.
fn vocabularies(description: &Value) -> BTreeMap<String, usize> {
    let words = |tokenizer: &Value| {
        Tokenizer::deserialize(tokenizer).ok().map(|tokenizer| tokenizer.vocabulary_size())
    };
    let mut found = BTreeMap::new();
    if let Some(size) = description.get("tokenizer").and_then(words) {
        found.insert("words, the padding included".to_string(), size);
    }
    let tokens = description.get("vocabulary").and_then(|v| Vocabulary::deserialize(v).ok());
    if let Some(tokens) = tokens {
        found.insert("tokens".to_string(), tokens.len());
    }
    let columns = description.pointer("/table/encoder/columns").and_then(Value::as_array);
    for column in columns.into_iter().flatten() {
        let size = column.pointer("/how/tokenizer").and_then(words);
        if let (Some(size), Some(name)) = (size, column.get("name").and_then(Value::as_str)) {
            found.insert(format!("words of column {name}, the padding included"), size);
        }
    }
    found
}

impl TensorStatistics {
    fn of((name, tensor): (&String, &Tensor)) -> Self {
        let finite: Vec<f64> =
            tensor.values().iter().map(|&x| f64::from(x)).filter(|x| x.is_finite()).collect();
        let count = finite.len() as f64;
        let mean = finite.iter().sum::<f64>() / count;
        let variance = finite.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        let of_some = |x: f64| (!finite.is_empty()).then_some(x);
        Self {
            name: name.clone(),
            shape: tensor.shape().to_vec(),
            count: tensor.len(),
            bytes: tensor.len() * size_of::<f32>(),
            mean: of_some(mean),
            deviation: of_some(variance.sqrt()),
            min: of_some(finite.iter().copied().fold(f64::INFINITY, f64::min)),
            max: of_some(finite.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            not_finite: tensor.len() - finite.len(),
        }
    }
}

fn print(path: &Path, contents: &ModelContents) {
    let ModelContents { kind, tensors, parameters, .. } = contents;
    let form = if contents.is_checkpoint { "checkpoint of a " } else { "" };
    println!("{}: {form}{kind}", printable_path(path));
    println!(
        "{parameters} numbers in {} parameters, {}; the file has {}",
        tensors.len(),
        kibibytes(contents.parameter_bytes),
        kibibytes(contents.bytes)
    );
    if contents.memory_bytes > 0 {
        println!("{} more are for resuming training", kibibytes(contents.memory_bytes));
    }
    for (what, size) in &contents.vocabulary {
        println!("vocabulary: {size} {}", printable(what));
    }
    print_parameters(tensors);
    print_facts("options", &contents.options);
    print_facts("training", &contents.training);
    let not_finite: usize = tensors.iter().map(|tensor| tensor.not_finite).sum();
    if not_finite > 0 {
        println!(
            "\n{not_finite} numbers are infinite or NaN, so the model cannot be used: train it again at \
             a lower rate, or go back to an earlier checkpoint"
        );
    }
}

fn print_parameters(tensors: &[TensorStatistics]) {
    let head = ["parameter", "shape", "numbers", "mean", "deviation", "min", "max", "not finite"];
    let shown = |x: Option<f64>| x.map_or("none".to_string(), number);
    let row = |tensor: &TensorStatistics| {
        [
            printable(&tensor.name).into_owned(),
            format!("{:?}", tensor.shape),
            tensor.count.to_string(),
            shown(tensor.mean),
            shown(tensor.deviation),
            shown(tensor.min),
            shown(tensor.max),
            tensor.not_finite.to_string(),
        ]
    };
    let rows: Vec<[String; 8]> =
        [head.map(str::to_string)].into_iter().chain(tensors.iter().map(row)).collect();
    let widths: [usize; 8] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    println!();
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            // Names and shapes are aligned at the left, numbers at the right.
            line += &match column {
                0 | 1 => format!("{cell:<width$}  "),
                _ => format!("{cell:>width$}  "),
            };
        }
        println!("{}", line.trim_end());
    }
}

fn print_facts(title: &str, facts: &[Fact]) {
    if facts.is_empty() {
        return;
    }
    println!("\n{title}");
    let width = facts.iter().map(|fact| fact.name.chars().count()).max().unwrap_or(0);
    for Fact { name, value } in facts {
        println!("  {name:<width$}  {value}");
    }
}

fn kibibytes(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}
