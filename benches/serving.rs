//! A model in use: what it costs to load one, and to answer one request or many.
//!
//!     cargo bench --bench serving

use std::fs;
use std::path::PathBuf;

use autograd::Parameters;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use nn::{Activation, BinaryCrossEntropy, Dense, Embedding, Features, Model, SoftmaxCrossEntropy};
use store::{Saved, save};
use tensor::{Key, Tensor};
use train::Trainer;

fn table_model(parameters: &mut Parameters) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(10)
        .then(Dense::new(parameters, "first", 10, 50))
        .then(Activation::Relu)
        .then(Dense::new(parameters, "second", 50, 25))
        .then(Activation::Relu)
        .then(Dense::new(parameters, "output", 25, 1))
}

fn text_model(parameters: &mut Parameters) -> impl Model<Input = Tensor<u32>> + use<> {
    Embedding::new(parameters, "embedding", 1000, 128)
        .padding(0)
        .mean()
        .then(Dense::new(parameters, "hidden", 128, 64))
        .then(Activation::Relu)
        .then(Dense::new(parameters, "output", 64, 8))
}

/// A model of a table: one row, and a thousand.
fn rows(c: &mut Criterion) {
    let mut parameters = Parameters::new(0);
    let model = table_model(&mut parameters);
    let trainer = Trainer::new(&model, BinaryCrossEntropy);
    for count in [1, 1000] {
        let rows = Tensor::normal([count, 10], 0.0, 1.0, Key::new(1));
        c.bench_function(&format!("predict {count} rows"), |b| {
            b.iter(|| trainer.try_predict(&parameters, &rows));
        });
    }
}

/// A model of texts: one text of twenty words.
fn text(c: &mut Criterion) {
    let mut parameters = Parameters::new(0);
    let model = text_model(&mut parameters);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let text = Tensor::new([1, 20], (1..21).collect());
    c.bench_function("predict a text", |b| b.iter(|| trainer.try_predict(&parameters, &text)));
}

/// From a file to the first answer.
fn load(c: &mut Criterion) {
    let file =
        std::env::temp_dir().join(format!("wengert-bench-{}.safetensors", std::process::id()));
    let mut parameters = Parameters::new(0);
    table_model(&mut parameters);
    save(&file, &parameters, &"a model of a table").expect("a temporary folder can be written");
    let rows = Tensor::normal([1, 10], 0.0, 1.0, Key::new(1));
    c.bench_function("load a model and predict a row", |b| {
        b.iter_batched(|| file.clone(), |file| first_answer(file, &rows), BatchSize::SmallInput);
    });
    fs::remove_file(file).expect("the file is there");
}

fn first_answer(file: PathBuf, rows: &Tensor<f32>) -> Tensor {
    let mut parameters = Parameters::new(0);
    let model = table_model(&mut parameters);
    let saved = Saved::read(file).expect("the file was written just now");
    saved.load_into(&mut parameters).expect("it holds this model");
    Trainer::new(&model, BinaryCrossEntropy).predict(&parameters, rows)
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30);
    targets = rows, text, load
}
criterion_main!(benches);
