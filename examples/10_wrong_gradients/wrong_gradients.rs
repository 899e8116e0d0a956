//! Wrong gradients that still train.
//!
//!     cargo run --release --example wrong_gradients
//!     cargo run --release --example wrong_gradients -- --epochs 12
//!
//! The sentiment model is trained with eight backward passes: the right one, and seven that have
//! one wrong line each, of the kind that people really write. The forward pass, the reviews, the
//! seeds and the order of the batches are the same. You will see that the loss falls with all of
//! them; what each costs in test accuracy, from nothing to forty points; and the lines of the
//! gradient checker's report that find it before the first step. It takes about ten seconds.
//!
//! The wrong lines are marked ✗ in `ops.rs`, each beside the right one.
//!
//! Four epochs are few, and a mistake that slows learning down costs most then. With `--epochs 12`
//! two differences remain: 39 points where the words never learn, and 1.6 for the constant gate.
//! The padding row costs nothing at all, because the forward pass never reads it: until the
//! gradients are clipped by their norm, in which that row takes part.

#[path = "../../crates/cli/src/ending.rs"]
mod ending;
mod ops;
#[path = "../../crates/cli/src/parse.rs"]
mod parse;
mod print;

use std::error::Error;
use std::process::ExitCode;
use std::{iter, thread};

use autograd::check::{self, Report};
use autograd::{Parameters, Pass, Var};
use clap::Parser;
use data::generated::{Review, reviews};
use data::{Dataset, Labels, Padding, Side, Tokenizer, pad_sequences};
use nn::{Dense, Dropout, Embedding, Layer, Model, SoftmaxCrossEntropy, SwiGLU};
use optim::Adam;
use report::statistics::mean;
use tensor::{Key, Scalar, Tensor};
use train::{Fit, TrainError, Trainer};

use ops::{Mistake, PADDING, dense, embedding_mean, swiglu};

/// Three times the sentiment example's: four epochs are then enough for the right gradient to learn
/// what "not" means.
const LEARNING_RATE: f64 = 0.003;

/// Train with wrong gradients: the loss falls, and only a check tells.
#[derive(Parser)]
#[command(name = "wrong_gradients", max_term_width = 100)]
struct Options {
    /// Train each model N times, with seeds from 0.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = at_least_two)]
    seeds: u64,
    /// Go over the training reviews N times.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = at_least_two)]
    epochs: u64,
}

/// One seed has no interval, and in one epoch no loss falls.
fn at_least_two(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0 | 1) | Err(_) => Err("expected a whole number of at least 2".to_string()),
        Ok(number) => Ok(number),
    }
}

/// The sentiment example's model, with a hidden layer that is square and perhaps a mistake.
struct Sentiment {
    embedding: Embedding,
    hidden: Dense,
    activation: SwiGLU,
    output: Dense,
    mistake: Option<Mistake>,
}

impl Sentiment {
    const WIDTH: usize = 64;
    const DROPOUT: f64 = 0.2;

    fn new(parameters: &mut Parameters, texts: &Texts, mistake: Option<Mistake>) -> Self {
        Self {
            embedding: Embedding::new(parameters, "embedding", texts.vocabulary, Self::WIDTH),
            hidden: Dense::new(parameters, "hidden", Self::WIDTH, Self::WIDTH),
            activation: SwiGLU::new(parameters, "activation"),
            output: Dense::new(parameters, "output", Self::WIDTH, texts.classes),
            mistake,
        }
    }
}

impl Model for Sentiment {
    type Input = Tensor<u32>;

    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, ids: &Tensor<u32>) -> Var<'t, T> {
        let table = pass.parameter(self.embedding.table());
        let weight = pass.parameter(self.hidden.weight());
        let bias = pass.parameter(self.hidden.bias().expect("it was made with one"));
        let beta = pass.parameter(self.activation.beta());
        let gamma = pass.parameter(self.activation.gamma());
        let dropout = |name: &str, x| Dropout::new(name, Self::DROPOUT).forward(pass, x);

        let text = dropout("dropout1", embedding_mean(table, ids, self.mistake));
        let hidden = dense(text, weight, bias, self.mistake);
        let hidden = swiglu(hidden, beta, gamma, self.mistake);
        self.output.forward(pass, dropout("dropout2", hidden))
    }
}

/// Generated reviews as token ids.
struct Texts {
    train: Dataset<Tensor<u32>>,
    test: Dataset<Tensor<u32>>,
    vocabulary: usize,
    classes: usize,
}

impl Texts {
    fn generate() -> Self {
        let key = Key::new(0);
        let train = reviews(10_000, key.stream("train"));
        let test = reviews(2_000, key.stream("test"));
        let labels = Labels::of(train.iter().map(|review| review.label));
        let mut tokenizer = Tokenizer::new();
        tokenizer.fit_on_texts(train.iter().map(|review| &review.text));
        let dataset = |reviews: &[Review]| {
            let texts = reviews.iter().map(|review| &review.text);
            let sequences = tokenizer.texts_to_sequences(texts);
            let (padding, truncating) = (Side::Post, Side::Post);
            let how = Padding { maxlen: None, padding, truncating, value: PADDING };
            let classes = reviews.iter().map(|review| labels.class(review.label));
            let classes: Vec<u32> = classes.map(|class| class.expect("eight emotions")).collect();
            Dataset::new(pad_sequences(&sequences, how), Tensor::from(classes))
        };
        Self {
            train: dataset(&train),
            test: dataset(&test),
            vocabulary: tokenizer.vocabulary_size(),
            classes: labels.len(),
        }
    }
}

/// What came of one backward pass.
struct Outcome {
    mistake: Option<Mistake>,
    report: Report,
    /// The mean training loss over all seeds, in the first epoch and in the last.
    first_loss: f64,
    last_loss: f64,
    /// The test accuracy of each seed, in percent.
    accuracies: Vec<f64>,
}

/// Checks the gradients of the untrained model, and trains with them all the same.
fn run(mistake: Option<Mistake>, texts: &Texts, options: &Options) -> Result<Outcome, TrainError> {
    let report = gradient_check(mistake, texts);
    assert!(report.passes() == mistake.is_none(), "{mistake:?} was misjudged\n{report}");
    let (mut first, mut last, mut accuracies) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 0..options.seeds {
        let mut parameters = Parameters::new(seed);
        let model = Sentiment::new(&mut parameters, texts, mistake);
        let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
        let fit = Fit { epochs: options.epochs as usize, seed, ..Fit::default() };
        let mut adam = Adam::new(LEARNING_RATE);
        let history = trainer.fit(&mut parameters, &mut adam, &texts.train, &fit)?;
        first.push(history.epochs[0].training.loss);
        last.push(history.epochs[history.epochs.len() - 1].training.loss);
        accuracies.push(trainer.evaluate(&parameters, &texts.test).accuracy() * 100.0);
    }
    Ok(Outcome { mistake, report, first_loss: mean(&first), last_loss: mean(&last), accuracies })
}

/// Checks the gradients of the loss of four reviews, in 64-bit arithmetic.
fn gradient_check(mistake: Option<Mistake>, texts: &Texts) -> Report {
    let mut parameters = Parameters::new(0);
    let model = Sentiment::new(&mut parameters, texts, mistake);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let samples = texts.train.batches(4).next().expect("there are reviews");
    check::parameters(&parameters, |pass| trainer.loss(pass, &samples))
}

/// The right gradient, then the mistakes; each in a thread of its own.
fn run_all(texts: &Texts, options: &Options) -> Result<Vec<Outcome>, TrainError> {
    let cases = iter::once(None).chain(Mistake::ALL.map(Some));
    thread::scope(|scope| {
        let threads: Vec<_> =
            cases.map(|mistake| scope.spawn(move || run(mistake, texts, options))).collect();
        threads.into_iter().map(|thread| thread.join().expect("training does not panic")).collect()
    })
}

fn compare(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let texts = Texts::generate();
    print::title(options, &texts);
    let outcomes = run_all(&texts, options)?;
    print::table(&outcomes);
    print::checks(&outcomes);
    print::moral(&outcomes);
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    let options: Options = match parse::parse() {
        Ok(options) => options,
        Err(message) => return parse::tell(&message),
    };
    ending::run(|| compare(&options))
}
