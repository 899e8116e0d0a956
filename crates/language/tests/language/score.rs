//! Evaluation, compared with the floor and with an n-gram model.

use autograd::Parameters;
use data::{KneserNey, Vocabulary};
use language::{Baseline, Corpus, Division, LanguageScore, Protocol, Surprises, Tokens, gates};
use nn::{Decoder, DecoderConfig, FeedForwardKind, TokenCrossEntropy};
use proptest::prelude::*;
use tensor::Tensor;
use train::Trainer;

use crate::tiny;

/// The loss that training prints is the mean surprise of the evaluation.
#[test]
fn the_mean_surprise_is_the_loss_of_the_trainer() {
    let corpus = Corpus::stories(30, 2);
    let (model, parameters) = tiny::model::<f64>(corpus.vocabulary.len(), 40);
    let surprises =
        Surprises::of(&model, &parameters, &corpus.training, Protocol::Windows).unwrap();
    let trainer = Trainer::new(&model, TokenCrossEntropy);
    let score = trainer.score(&parameters, &corpus.training.windows(40));
    assert!((score.loss - surprises.mean()).abs() < 1e-10, "{} {}", score.loss, surprises.mean());
    assert_eq!(surprises.places, corpus.training.predicted(40));
}

/// Returns the surprise by the definition: the tokens from `start` on, and the one at `place`.
fn by_definition(
    model: &Decoder,
    parameters: &Parameters<f64>,
    tokens: &[u32],
    start: usize,
    place: usize,
) -> f64 {
    let logits = model.extend(parameters, &mut model.cache(), &tokens[start..place]);
    let row = logits.slice(0, place - start - 1..).to_vec();
    row.iter().map(|logit| logit.exp()).sum::<f64>().ln() - row[tokens[place] as usize]
}

#[test]
fn overlapping_windows_see_half_a_context_at_least() {
    let (model, parameters) = tiny::model::<f64>(256, 8);
    let text = "abcdefghijklmnopqrstuvwxyzabcdefgh";
    let corpus = Corpus::text(text, Tokens::Bytes, Division::Whole, 0.0).unwrap();
    let tokens = corpus.training.tokens();
    let of = |protocol| Surprises::of(&model, &parameters, &corpus.training, protocol).unwrap();
    let (windows, overlapping) = (of(Protocol::Windows), of(Protocol::Overlapping));
    let all: Vec<usize> = (1..tokens.len()).collect();
    assert_eq!((&windows.places, &overlapping.places), (&all, &all));
    for place in 1..tokens.len() {
        let start = (place - 1) / 8 * 8;
        let expected = by_definition(&model, &parameters, tokens, start, place);
        assert!((windows.nats[place - 1] - expected).abs() < 1e-10);
    }
    // Behind the first window, tokens 9 to 12 are predicted together, from token 4 on, and so on.
    for place in 9..tokens.len() {
        let last = (place - 9) / 4 * 4 + 12;
        let start = last.min(tokens.len() - 1) - 8;
        let expected = by_definition(&model, &parameters, tokens, start, place);
        assert!((overlapping.nats[place - 1] - expected).abs() < 1e-10, "{place}");
        assert!(place - start >= 4);
    }
}

#[test]
fn units_follow_from_the_loss() {
    let (model, parameters) = tiny::model::<f64>(256, 8);
    let text = "für €, für €. ".repeat(4);
    let corpus = Corpus::text(&text, Tokens::Bytes, Division::Whole, 0.0).unwrap();
    let score = LanguageScore::of(
        &model,
        &parameters,
        &corpus.vocabulary,
        &corpus.training,
        Protocol::Windows,
    )
    .unwrap();
    assert_eq!((score.tokens, score.bytes), (text.len() - 1, text.len() - 1));
    assert_eq!(score.characters, text.chars().count() - 1);
    let nats = score.loss * score.tokens as f64;
    let bits = nats / 2f64.ln();
    assert!((score.bits_per_byte() - bits / score.bytes as f64).abs() < 1e-12);
    assert!((score.bits_per_character() - bits / score.characters as f64).abs() < 1e-12);
    assert!((score.nats_per_character() - nats / score.characters as f64).abs() < 1e-12);
    assert!((score.perplexity().ln() - score.loss).abs() < 1e-12);
    assert_eq!((score.floor, score.gap(), score.answers), (None, None, None));
}

#[test]
fn an_answer_is_right_if_each_of_its_tokens_is_the_most_probable() {
    let corpus = Corpus::sums(20, 100, 4);
    let tokens = corpus.training.tokens();
    let known = corpus.training.known().unwrap();
    let places: Vec<usize> = (1..tokens.len()).collect();
    let all_right =
        Surprises { nats: vec![0.5; places.len()], is_first: vec![true; places.len()], places };
    let score = |surprises: &Surprises| {
        LanguageScore::from_surprises(surprises, &corpus.vocabulary, &corpus.training)
    };
    let answers = score(&all_right).answers.unwrap();
    assert_eq!((answers.answers, answers.right, answers.accuracy()), (18, 18, 1.0));
    let digits = known.is_answer.iter().filter(|&&is_answer| is_answer).count();
    assert_eq!((answers.tokens, answers.right_tokens), (digits, digits));
    // One digit is wrong, and one that belongs to no answer.
    let digit = known.is_answer.iter().position(|&is_answer| is_answer).unwrap();
    let mut wrong = all_right.clone();
    wrong.is_first[digit - 1] = false;
    wrong.is_first[0] = false;
    let answers = score(&wrong).answers.unwrap();
    assert_eq!((answers.right, answers.right_tokens), (17, digits - 1));
    // An answer that was predicted in part is not counted.
    let mut part = all_right;
    part.places.remove(digit - 1);
    part.nats.remove(digit - 1);
    part.is_first.remove(digit - 1);
    assert_eq!(score(&part).answers.unwrap().answers, 17);
}

#[test]
fn the_floor_is_that_of_the_predicted_tokens() {
    let corpus = Corpus::stories(20, 4);
    let known = corpus.training.known().unwrap();
    let surprises =
        Surprises { places: vec![1, 5, 9], nats: vec![1.0, 2.0, 6.0], is_first: vec![false; 3] };
    let score = LanguageScore::from_surprises(&surprises, &corpus.vocabulary, &corpus.training);
    let floor = [1, 5, 9].map(|place| known.surprise[place]).iter().sum::<f64>() / 3.0;
    assert_eq!((score.loss, score.floor, score.gap()), (3.0, Some(floor), Some(3.0 - floor)));
}

#[test]
fn the_baseline_is_the_best_order_on_the_same_tokens() {
    let corpus = Corpus::stories(100, 5);
    let tokens = corpus.validation.tokens();
    let places: Vec<usize> = (1..tokens.len()).collect();
    let baseline = Baseline::of(&corpus, &places, 1..=5);
    assert_eq!(baseline.tried.len(), 5);
    for &(order, loss) in &baseline.tried {
        let training = corpus.training.tokens().to_vec();
        let expected = KneserNey::new(training, corpus.vocabulary.len(), order).loss(tokens, 1);
        assert!((loss - expected).abs() < 1e-12 && loss >= baseline.loss);
    }
    assert!(baseline.tried.contains(&(baseline.order, baseline.loss)));
}

#[test]
fn gates_are_told_by_block() {
    let gate = |kind| {
        let mut parameters = Parameters::<f32>::new(1);
        let model =
            Decoder::new(&mut parameters, DecoderConfig { kind, ..DecoderConfig::small(5) });
        let beta = parameters.find("blocks.1.feed_forward.swiglu.beta");
        if let Some(beta) = beta {
            let learned = Tensor::full(parameters.shape(beta), 1.5);
            *parameters.get_mut(beta) = learned;
        }
        gates(&model, &parameters)
    };
    assert!(gate(FeedForwardKind::Relu).is_empty());
    let gates = gate(FeedForwardKind::SwiGLU);
    assert_eq!(
        gates.iter().map(|gate| (gate.block, gate.beta)).collect::<Vec<_>>(),
        [(0, 1.0), (1, 1.5)]
    );
}

#[test]
fn weights_that_are_no_numbers_are_not_a_score() {
    let (model, mut parameters) = tiny::model::<f32>(256, 8);
    *parameters.get_mut(model.table()) = Tensor::full([256, 8], f32::INFINITY);
    let corpus = Corpus::text("some text", Tokens::Bytes, Division::Whole, 0.0).unwrap();
    let error = LanguageScore::of(
        &model,
        &parameters,
        &Vocabulary::Bytes,
        &corpus.training,
        Protocol::Windows,
    );
    assert!(error.unwrap_err().to_string().starts_with("the logit of token 0 is NaN"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn each_token_is_predicted_once_in_both_protocols(text in "[a-d\n]{2,60}") {
        let (model, parameters) = tiny::model::<f32>(256, 8);
        for division in [Division::Whole, Division::Lines] {
            let corpus = Corpus::text(&text, Tokens::Bytes, division, 0.0).unwrap();
            for protocol in [Protocol::Windows, Protocol::Overlapping] {
                let surprises = Surprises::of(&model, &parameters, &corpus.training, protocol).unwrap();
                let all: Vec<usize> = (1..text.len()).collect();
                prop_assert_eq!(surprises.places, all);
            }
        }
    }
}

/// The tokens of `tokenizer.json` put `<s>` before each document and a space before its text, which are not in it.
#[test]
fn bytes_are_those_of_the_text() {
    let json = r#"{
        "added_tokens": [{"id": 0, "content": "<s>", "special": true}],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
        ]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}
        },
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}
        ]},
        "model": {"type": "BPE", "vocab": {"▁": 1, "é": 2, "▁é": 3, "b": 4, "\n": 5}, "merges": ["▁ é"]}
    }"#;
    let vocabulary = Vocabulary::Hugging(Box::new(serde_json::from_str(json).unwrap()));
    let text = "é é\n\nb b\n\n  é\n";
    let tokens = Tokens::Given(vocabulary);
    let corpus = Corpus::text(text, tokens, Division::BlankLines, 0.0).unwrap();
    let (documents, vocabulary) = (&corpus.training, &corpus.vocabulary);
    assert_eq!(documents.starts().len(), 3);
    let places = 0..documents.tokens().len();
    let bytes: Vec<u8> = places.flat_map(|place| documents.bytes(vocabulary, place)).collect();
    assert_eq!(bytes, text.as_bytes());

    let (model, parameters) = tiny::model::<f64>(vocabulary.len(), 40);
    let found = Surprises::of(&model, &parameters, documents, Protocol::Windows).unwrap();
    let score = LanguageScore::from_surprises(&found, vocabulary, documents);
    // The first token of all is a mark, and is not predicted.
    assert_eq!((score.bytes, score.characters), (text.len(), text.chars().count()));
    let of_text =
        found.places.iter().zip(&found.nats).filter(|(place, _)| documents.tokens()[**place] != 0);
    let nats: f64 = of_text.map(|(_, nats)| nats).sum();
    assert!((score.text_nats - nats).abs() < 1e-12 && nats < found.nats.iter().sum());
    assert_eq!(score.tokens, documents.tokens().len() - 1);
    assert!(
        (score.bits_per_byte() - nats / text.len() as f64 / std::f64::consts::LN_2).abs() < 1e-12
    );
}
