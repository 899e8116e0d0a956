//! The article's comparison: one text classifier, trained with ReLU and with SwiGLU.
//!
//!     cargo run --release --example sentiment
//!     cargo run --release --example sentiment -- --train train.csv --test test.csv
//!
//! Which of eight emotions does a short review express? The words of a text become vectors, their mean
//! goes through a hidden layer, and a softmax gives each class its probability. Both models begin with
//! the same weights and see the same batches: only the hidden layer's activation differs.
//!
//! It prints the gradient check, each epoch, and the figures on the test texts. A difference of a point
//! may be luck: the program `wengert` (crates/cli) compares over several seeds.

mod ending;

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

use wengert::data::generated::reviews;
use wengert::data::{Dataset, Labels, Sequences, Table, TableError, Tokenizer};
use wengert::nn::{ActivationKind, Dense, Dropout, Embedding, Model, SoftmaxCrossEntropy};
use wengert::optim::Adam;
use wengert::train::{Fit, Trainer};
use wengert::{Key, Parameters, check};

/// The number of token ids: 0 fills short texts up, the most frequent words have the others.
const VOCABULARY: usize = 1000;

/// Makes up reviews, in the form of a CSV file.
fn generate(count: usize, name: &str) -> Result<Table, TableError> {
    let rows = reviews(count, Key::new(0).stream(name)).into_iter();
    let rows: String = rows.map(|row| format!("\"{}\",{}\n", row.text, row.label)).collect();
    Table::parse(name, format!("text,label\n{rows}").as_bytes())
}

/// Trains the model with this activation, and returns its row of the table of results.
fn train(
    activation: ActivationKind,
    classes: usize,
    [texts, test]: [&Dataset<Sequences<u32>>; 2],
) -> Result<String, Box<dyn Error>> {
    let mut parameters = Parameters::new(0);
    let model = Embedding::new(&mut parameters, "embedding", VOCABULARY, 128)
        .padding(0)
        .mean()
        .then(Dropout::new("dropout1", 0.2))
        .then(Dense::new(&mut parameters, "hidden", 128, 64))
        .then(activation.layer(&mut parameters, "activation"))
        .then(Dropout::new("dropout2", 0.2))
        .then(Dense::new(&mut parameters, "output", 64, classes));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());

    let few = texts.batches(4).next().expect("a table has rows");
    let report = check::parameters(&parameters, |pass| trainer.loss(pass, &few));
    println!("{activation}: gradient check before training {}", report.summary());
    report.assert();

    // A fifth of the texts is held back for validation, and the epoch best on them is kept.
    let history = trainer.fit(&mut parameters, &mut Adam::new(0.001), texts, &Fit::default())?;
    for epoch in &history.epochs {
        let (loss, validation) = (epoch.training.loss, epoch.score());
        println!("epoch {:>2}  loss {loss:.4}  validation {validation}", epoch.number);
    }
    for name in ["activation.beta", "activation.gamma"] {
        if let Some(id) = parameters.find(name) {
            println!("{name} has become {:.4}", parameters.get(id).item());
        }
    }

    let test = trainer.evaluate(&parameters, test);
    let (f1, weighted) = (test.confusion.macro_average().f1, test.confusion.weighted_average().f1);
    let [accuracy, f1, weighted] = [test.accuracy(), f1, weighted].map(|share| 100.0 * share);
    let figures = format!("{accuracy:>10.1}  {f1:>10.1}  {weighted:>13.1}");
    Ok(format!(
        "{activation:<10}  {figures}  {:>10}  {:>7.2}",
        parameters.count(),
        history.seconds()
    ))
}

fn compare() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let (train_table, test_table) = match &arguments[..] {
        [] => (generate(10_000, "train")?, generate(2_000, "test")?),
        [a, train, b, test] if a == "--train" && b == "--test" => {
            (Table::read(train)?, Table::read(test)?)
        }
        other => {
            return Err(
                format!("found {other:?}: give nothing, or --train FILE --test FILE").into()
            );
        }
    };
    let labels = Labels::of(train_table.names("label")?);
    let mut words = Tokenizer::new().with_num_words(VOCABULARY);
    words.fit_on_texts(train_table.text("text")?);
    let (found, classes) = (words.word_counts().len(), labels.len());
    if found == 0 || classes < 2 {
        let found = format!("the training texts have {found} words and {classes} labels");
        return Err(format!("{found}: give texts of words, with at least two labels").into());
    }
    let encode = |table: &Table| -> Result<_, TableError> {
        let ids = Sequences::new(words.texts_to_sequences(table.text("text")?), 0);
        Ok(Dataset::new(ids, table.classes("label", &labels)?))
    };
    let (texts, test) = (encode(&train_table)?, encode(&test_table)?);
    println!("{} training and {} test texts, {classes} classes\n", texts.len(), test.len());

    let relu = train(ActivationKind::Relu, classes, [&texts, &test])?;
    let swiglu = train(ActivationKind::SwiGLU, classes, [&texts, &test])?;
    println!("\nmodel       accuracy %  macro F1 %  weighted F1 %  parameters  seconds");
    println!("{relu}\n{swiglu}");
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    ending::run(compare)
}
