//! What a model learns: a batch by heart, a grammar to its floor, and nothing beyond it.

use autograd::{Parameters, Pass, Tape};
use language::{Baseline, Corpus, LanguageScore, Protocol, Surprises};
use nn::{Decoder, DecoderConfig, FeedForwardKind, Model, TokenCrossEntropy};
use optim::{Adam, Optimizer};
use tensor::Tensor;
use train::{Fit, Trainer};

fn small_decoder(vocabulary: usize) -> DecoderConfig {
    DecoderConfig { width: 16, feed_forward: 32, layers: 1, ..DecoderConfig::small(vocabulary) }
}

/// Trains on a part of a corpus and returns the surprise at its tokens for validation.
fn learned(corpus: &Corpus, epochs: usize) -> Surprises {
    let mut parameters = Parameters::<f32>::new(2);
    let model = Decoder::new(&mut parameters, small_decoder(corpus.vocabulary.len()));
    let fit = Fit { epochs, batch_size: 8, validation_split: 0.0, ..Fit::default() };
    Trainer::new(&model, TokenCrossEntropy)
        .fit(&mut parameters, &mut Adam::new(0.01), &corpus.training.windows(128), &fit)
        .unwrap();
    Surprises::of(&model, &parameters, &corpus.validation, Protocol::Windows).unwrap()
}

/// A model that saw the token it predicts would be far below the floor.
#[test]
fn no_model_beats_the_floor_beyond_sampling_error() {
    // Brackets are learned to their floor, stories only in part.
    for (corpus, epochs, nearest) in
        [(Corpus::stories(100, 6), 3, 2.0), (Corpus::brackets(10_000, 1, 6), 4, 0.02)]
    {
        let surprises = learned(&corpus, epochs);
        let score =
            LanguageScore::from_surprises(&surprises, &corpus.vocabulary, &corpus.validation);
        let known = &corpus.validation.known().unwrap().surprise;
        let differences: Vec<f64> = surprises
            .places
            .iter()
            .zip(&surprises.nats)
            .map(|(&place, nats)| nats - known[place])
            .collect();
        let (count, gap) = (differences.len() as f64, score.gap().unwrap());
        let variance = differences.iter().map(|d| (d - gap).powi(2)).sum::<f64>() / (count - 1.0);
        let error = (variance / count).sqrt();
        assert!(gap > -3.0 * error && gap < nearest, "the gap is {gap} ± {error}");
        let baseline = Baseline::of(&corpus, &surprises.places, [5]);
        assert!(baseline.loss > score.floor.unwrap(), "{baseline:?}");
    }
}

#[test]
fn one_batch_is_learned_by_heart() {
    // The first token tells which text it is; the others follow no rule that the model knows.
    let texts =
        [[0, 4, 4, 1, 6, 2, 2, 5, 0], [1, 3, 5, 0, 0, 3, 6, 4, 1], [2, 6, 3, 3, 1, 5, 4, 2, 2]];
    let texts: Tensor<u32> = Tensor::from(texts);
    let (ids, targets) = (texts.slice(1, ..8), texts.slice(1, 1..));
    for kind in [
        FeedForwardKind::Relu,
        FeedForwardKind::Gelu,
        FeedForwardKind::SiluGated,
        FeedForwardKind::SwiGLU,
    ] {
        let mut parameters = Parameters::<f32>::new(1);
        let model = Decoder::new(&mut parameters, DecoderConfig { kind, ..small_decoder(7) });
        let (mut tape, mut adam, mut loss) = (Tape::new(), Adam::new(0.02), f32::INFINITY);
        for _ in 0..400 {
            let logits = model.forward(Pass::eval(&tape, &parameters), &ids);
            let surprise = TokenCrossEntropy.of(logits, &targets);
            loss = surprise.item();
            let surprise = surprise.id();
            adam.step(&mut parameters, &tape.backward_freeing(surprise));
        }
        assert!(loss < 0.01, "{kind:?}: {loss}");
    }
}
