//! A linear model on word counts: multinomial logistic regression. Unlike the article's model, it
//! cannot see what words mean together.

use std::error::Error;

use autograd::{Parameters, Pass, Var};
use nn::{Embedding, Model, SoftmaxCrossEntropy};
use optim::Adam;
use report::RunResult;
use tensor::{Scalar, Tensor};
use train::{Fit, History, Trainer};

use super::options::Experiment;
use super::texts::{PADDING, Texts};
use crate::keeping::Keeper;

/// The name of the model in tables.
pub const NAME: &str = "linear";

/// Each word votes for each class; a text's logits are the sum of its words' votes.
struct WordCounts {
    votes: Embedding,
}

impl Model for WordCounts {
    type Input = Tensor<u32>;

    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, ids: &Tensor<u32>) -> Var<'t, T> {
        self.votes.forward(pass, ids).sum(&[1])
    }
}

/// Trains and evaluates the model with ten times the network's learning rate, as a single layer
/// tolerates larger steps. It keeps the best epoch in validation, as the network does.
pub fn run(
    texts: &Texts,
    seed: u64,
    options: &Experiment,
    keeper: &mut Keeper,
) -> Result<(RunResult, History), Box<dyn Error>> {
    let mut parameters = Parameters::new(seed);
    let (vocab, classes) = (options.setup.sizes.vocab, texts.labels.len());
    let votes = Embedding::new(&mut parameters, "votes", vocab, classes);
    let model = WordCounts { votes: votes.padding(PADDING) };
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let fit = Fit { seed, ..options.training.fit() };
    let mut adam = Adam::new(10.0 * options.training.lr());
    let session = trainer.session(&mut parameters, &mut adam, &texts.train, &fit)?;
    let history = keeper.train(NAME, seed, session, &"logistic regression on word counts")?;
    let evaluation = trainer.evaluate_finite(&parameters, &texts.test)?;
    Ok((RunResult::new(&evaluation, &history, parameters.count()), history))
}
