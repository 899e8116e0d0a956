//! The two computations that the pages and the stepper walk through.

use autograd::{Parameters, Pass, Tape, Var};
use clap::ValueEnum;
use data::generated::{Review, reviews};
use data::{Labels, Padding, Tokenizer, pad_sequences};
use nn::{Dense, Dropout, Embedding, Layer, Model, SwiGLU};
use tensor::{Key, Tensor};

/// The computation to walk through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Computation {
    /// f(a, b) = a·b + sin a, in numbers.
    Scalar,
    /// The sentiment classifier on four reviews: embedding, dropout, dense layers, SwiGLU, loss.
    Sentiment,
}

impl Computation {
    /// What it computes, in a line.
    pub fn title(self) -> &'static str {
        match self {
            Self::Scalar => "f(a, b) = a·b + sin a",
            Self::Sentiment => "The sentiment classifier on four reviews",
        }
    }

    /// Records it on a tape, and gives its result to `finish`.
    pub fn record<R>(self, finish: impl FnOnce(Var) -> R) -> R {
        match self {
            Self::Scalar => scalar(finish),
            Self::Sentiment => sentiment(finish),
        }
    }
}

/// Small, and yet `a` is read twice: its adjoint is a sum over both paths.
fn scalar<R>(finish: impl FnOnce(Var) -> R) -> R {
    let tape = Tape::new();
    let a = tape.variable(Tensor::scalar(2.0));
    let b = tape.variable(Tensor::scalar(3.0));
    let product = a * b;
    let sine = a.sin();
    finish(product + sine)
}

/// The model of `examples/sentiment.rs`, smaller, in its first training step.
fn sentiment<R>(finish: impl FnOnce(Var) -> R) -> R {
    let key = Key::new(0);
    let (ids, classes, labels) = batch(&reviews(4, key.stream("train")));
    let mut parameters = Parameters::new(0);
    let embedding = Embedding::new(&mut parameters, "embedding", 60, 24).padding(0).mean();
    let dropout1 = Dropout::new("dropout1", 0.2);
    let hidden = Dense::new(&mut parameters, "hidden", 24, 12);
    let activation = SwiGLU::new(&mut parameters, "activation");
    let dropout2 = Dropout::new("dropout2", 0.2);
    let output = Dense::new(&mut parameters, "output", 12, labels);

    // Layer by layer, so that each has a line of its own here.
    let tape = Tape::new();
    let pass = Pass::training(&tape, &parameters, key.stream("noise"));
    let x = embedding.forward(pass, &ids);
    let x = dropout1.forward(pass, x);
    let x = hidden.forward(pass, x);
    let x = activation.forward(pass, x);
    let x = dropout2.forward(pass, x);
    let logits = output.forward(pass, x);
    finish(nn::softmax_cross_entropy(logits, &classes))
}

/// Token ids `[reviews, words]`, classes `[reviews]`, and how many classes there are.
fn batch(reviews: &[Review]) -> (Tensor<u32>, Tensor<u32>, usize) {
    let texts: Vec<String> = reviews.iter().map(|review| review.text.clone()).collect();
    let mut tokenizer = Tokenizer::new().with_num_words(60);
    tokenizer.fit_on_texts(&texts);
    let ids = pad_sequences(&tokenizer.texts_to_sequences(&texts), Padding::default());
    let names: Vec<String> = reviews.iter().map(|review| review.label.to_string()).collect();
    let labels = Labels::of(names.clone());
    let classes = names.iter().map(|name| labels.class(name).expect("a label of its own"));
    (ids, Tensor::new([reviews.len()], classes.collect()), labels.len())
}
