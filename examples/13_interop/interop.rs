//! One model, three frameworks: train it here and run it in PyTorch or Keras, or the other way round.
//!
//!     cargo run --release --example interop -- train FOLDER
//!     cargo run --release --example interop -- run FOLDER
//!
//! `pytorch.py` and `keras_model.py` beside this file have the same two commands, and any of the three
//! can run what another has trained. A folder holds
//!
//! | file | what |
//! |---|---|
//! | `weights.safetensors` | the parameters, with PyTorch's names and layouts |
//! | `inputs.npy` | token ids `[texts, 12]`, 0 is padding |
//! | `outputs.NAME.npy` | logits `[texts, 3]`, as framework NAME computes them |
//!
//! `train` writes all three. `run` writes its own outputs, and says how far they are from the others'.

#[path = "../../crates/cli/src/ending.rs"]
mod ending;
#[path = "../../crates/cli/src/parse.rs"]
mod parse;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use autograd::{Parameters, Pass, Tape};
use clap::{Parser, Subcommand};
use data::{Dataset, printable_path};
use nn::{Dense, Embedding, Model, SoftmaxCrossEntropy, SwiGLU};
use optim::Adam;
use rand::RngExt;
use store::{Module, PyTorch};
use tensor::{Key, Scalar, Tensor};
use train::{Fit, Trainer};

/// The words of three topics, 16 each, after the padding.
const VOCABULARY: usize = 49;
const TOPICS: usize = 3;
const LONGEST: usize = 12;
/// The largest difference allowed to other frameworks' outputs, which form sums in another order.
const TOLERANCE: f32 = 1e-5;

/// Trains a small model, or runs one that another framework has trained.
#[derive(Parser)]
#[command(
    after_help = "Example: python examples/13_interop/pytorch.py train /tmp/model &&\n         \
                        cargo run --release --example interop -- run /tmp/model"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trains the model; writes weights, inputs and outputs to a folder.
    Train {
        /// Where to; it is made if it is not there.
        folder: PathBuf,
    },
    /// Runs the model of a folder; compares its outputs with those that are there.
    Run {
        /// Where `train` of any of the three frameworks has written to.
        folder: PathBuf,
    },
}

fn main() -> ExitCode {
    let arguments: Arguments = match parse::parse() {
        Ok(arguments) => arguments,
        Err(message) => return parse::tell(&message),
    };
    ending::run(|| match arguments.command {
        Command::Train { folder } => train(&folder),
        Command::Run { folder } => run(&folder),
    })
}

/// The model here.
fn model(parameters: &mut Parameters) -> impl Model<Input = Tensor<u32>> + use<> {
    Embedding::new(parameters, "embedding", VOCABULARY, 8)
        .padding(0)
        .mean()
        .then(Dense::new(parameters, "hidden", 8, 16))
        .then(SwiGLU::new(parameters, "activation"))
        .then(Dense::new(parameters, "output", 16, TOPICS))
}

/// What its layers are in PyTorch.
fn modules() -> PyTorch {
    PyTorch::new([
        Module::embedding("embedding").padding(0),
        Module::dense("hidden"),
        Module::as_is("activation"),
        Module::dense("output"),
    ])
}

fn train(folder: &Path) -> Result<ExitCode, Box<dyn Error>> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", printable_path(folder)))?;
    let files = ["weights.safetensors", "inputs.npy", "outputs.wengert.npy"];
    let [weights, inputs, outputs_file] = files.map(|name| folder.join(name));
    for file in [&weights, &inputs, &outputs_file] {
        files::check_writable(file)?;
    }

    let mut parameters = Parameters::new(0);
    let model = model(&mut parameters);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let fit = Fit { epochs: 20, ..Fit::default() };
    trainer.fit(&mut parameters, &mut Adam::new(0.01), &texts(600, Key::new(1)), &fit)?;
    let test = texts(32, Key::new(2));
    println!("accuracy {:.1} %", 100.0 * trainer.evaluate(&parameters, &test).accuracy());

    modules().save(weights, &parameters)?;
    store::write_npy(inputs, test.inputs())?;
    store::write_npy(outputs_file, &outputs(&model, &parameters, test.inputs()))?;
    Ok(ExitCode::SUCCESS)
}

fn run(folder: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let mut parameters = Parameters::new(0);
    let model = model(&mut parameters);
    modules().load(folder.join("weights.safetensors"), &mut parameters)?;
    let inputs = read_inputs(&folder.join("inputs.npy"), &model, &parameters)?;
    let outputs = outputs(&model, &parameters, &inputs);
    store::write_npy(folder.join("outputs.wengert.npy"), &outputs)?;

    let mut all_agree = true;
    for other in ["keras", "pytorch"] {
        let path = folder.join(format!("outputs.{other}.npy"));
        if path.exists() {
            let difference = largest_difference(&outputs, &path)?;
            println!("largest difference from {other}: {difference:.1e}");
            all_agree &= difference <= TOLERANCE;
        }
    }
    if !all_agree {
        ending::tell(format_args!(
            "error: that is more than {TOLERANCE:e}: the models are not the same"
        ));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads token ids that the model can read.
fn read_inputs(
    path: &Path,
    model: &impl Model<Input = Tensor<u32>>,
    parameters: &Parameters,
) -> Result<Tensor<u32>, Box<dyn Error>> {
    let inputs = store::read_npy::<u32>(path)?;
    match model.check_batch(parameters, &inputs) {
        Ok(()) => Ok(inputs),
        Err(error) => Err(format!("{}: {error}", printable_path(path)).into()),
    }
}

fn outputs(
    model: &impl Model<Input = Tensor<u32>>,
    parameters: &Parameters,
    inputs: &Tensor<u32>,
) -> Tensor {
    let tape = Tape::new();
    model.forward(Pass::eval(&tape, parameters), inputs).value()
}

fn largest_difference(outputs: &Tensor, path: &Path) -> Result<f32, Box<dyn Error>> {
    let others = store::read_npy::<f32>(path)?;
    if others.shape() != outputs.shape() {
        let (found, expected) = (others.shape(), outputs.shape());
        return Err(format!("{}: shape {found:?} is not {expected:?}", printable_path(path)).into());
    }
    let pairs = outputs.to_vec().into_iter().zip(others.to_vec());
    Ok(pairs.map(|(x, y)| (x - y).abs()).fold(0.0, Scalar::maximum))
}

/// Texts of 4 to 12 words. Seven words of ten are of the text's topic, the others of any.
fn texts(count: usize, key: Key) -> Dataset<Tensor<u32>> {
    let mut rng = key.rng();
    let (mut ids, mut topics) = (vec![0; count * LONGEST], Vec::with_capacity(count));
    for text in ids.chunks_exact_mut(LONGEST) {
        let topic = rng.random_range(0..TOPICS as u32);
        let length = rng.random_range(4..=LONGEST);
        for id in &mut text[..length] {
            let of_word = if rng.random_bool(0.7) { topic } else { rng.random_range(0..3) };
            *id = 1 + 16 * of_word + rng.random_range(0..16);
        }
        topics.push(topic);
    }
    Dataset::new(Tensor::new([count, LONGEST], ids), Tensor::new([count], topics))
}
