//! A language model from scratch: a decoder with SwiGLU in its feed-forward parts learns to read short
//! stories, and to answer the question at their end.
//!
//!     cargo run --release --example language_model
//!     cargo run --release --example language_model -- 500      500 stories, not 8,000; a tenth is held back
//!
//! The stories come from a generator that knows how surprising each of its characters is. So the loss has a
//! floor, which no model can go below, and is printed as the gap to it. Beside it stands a Kneser–Ney model,
//! which counts what follows the last few characters: it knows the words, and cannot answer. For that a model
//! has to look back for the kite, and then for its owner. That is what it learns last, after the words: the gap
//! is almost gone then, and the answers are right. At the end the model tells a story itself.

mod ending;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use wengert::Parameters;
use wengert::language::{
    Baseline, BlockGate, Corpus, LanguageScore, Limits, Protocol, Sampling, TextGenerator, gates,
};
use wengert::nn::{Decoder, DecoderConfig, TokenCrossEntropy};
use wengert::optim::{AdamW, Schedule};
use wengert::train::{Context, Fit, Observer, ObserverError, Trainer};

/// Prints each epoch.
struct Lines {
    floor: f64,
}

impl Observer<f32> for Lines {
    fn epoch(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        let epoch = now.progress.epochs.last().expect("one has ended");
        let new = epoch.validation.as_ref().expect("there are new stories").loss;
        let (number, learned, gap) = (epoch.number, epoch.training.loss, new - self.floor);
        println!(
            "epoch {number}  loss {learned:.4}, on new stories {new:.4}: {gap:.4} above the floor  {:.0} s",
            epoch.seconds
        );
        Ok(())
    }
}

fn learn() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let count = match &arguments[..] {
        [] => Some(8000),
        [count] => count.parse().ok().filter(|&count| count >= 20),
        _ => None,
    };
    let count = count.ok_or("give nothing, or the number of stories to learn from, at least 20")?;

    // A tenth of the stories is kept back. Each window of text begins with a story.
    let corpus = Corpus::stories(count, 1);
    let (vocabulary, held_out) = (&corpus.vocabulary, &corpus.validation);
    let config = DecoderConfig::small(vocabulary.len());
    let [stories, new] = [&corpus.training, held_out].map(|texts| texts.windows(config.context));
    let mut parameters = Parameters::new(1);
    let model = Decoder::new(&mut parameters, config);

    let score = LanguageScore::of(&model, &parameters, vocabulary, held_out, Protocol::Windows)?;
    let floor = score.floor.expect("generated texts have one");
    let places: Vec<usize> = (1..held_out.tokens().len()).collect();
    let counted = Baseline::of(&corpus, &places, 2..=8);
    println!("{} parameters, {} stories to learn from", parameters.count(), stories.len());
    println!(
        "nats a character of new stories: the floor is {floor:.4}, Kneser–Ney of order {} reaches {:.4}\n",
        counted.order, counted.loss
    );

    let trainer = Trainer::new(&model, TokenCrossEntropy);
    let options = Fit { epochs: 6, shards: 2, clip_norm: Some(1.0), ..Fit::default() };
    let steps = options.steps(stories.len());
    let warm_up = steps / 20;
    let rate = Schedule::cosine(3e-3, steps - warm_up).floor(3e-4).warm_up(warm_up);
    let mut adam = AdamW::new(rate).betas(0.9, 0.99).decay(0.1).decays(|_, shape| shape.len() > 1);
    trainer
        .session_from(&mut parameters, &mut adam, &stories, Some(&new), &options)?
        .run(&mut [&mut Lines { floor }])?;

    let score = LanguageScore::of(&model, &parameters, vocabulary, held_out, Protocol::Windows)?;
    let answers = score.answers.expect("stories have answers");
    println!("\n{} of {} answers are right", answers.right, answers.answers);
    for BlockGate { block, beta, gamma } in gates(&model, &parameters) {
        println!("block {block}: β has become {beta:.3}, γ {gamma:.3}");
    }
    let limits = Limits { stop: vec!["\n".to_string()], ..Limits::default() };
    let sampling = Sampling { seed: 1, ..Sampling::default() };
    let generator = TextGenerator::new(&model, &parameters, vocabulary).start(&corpus.start);
    let told = generator.sampling(sampling).limits(limits).after("")?;
    println!("\nA story of its own:\n{}", told.collect::<Result<String, _>>()?);
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    ending::run(learn)
}
