//! Generation: the cache, the end of the context, and the text that comes out.

use autograd::{Parameters, Pass, Tape};
use data::{Characters, Vocabulary};
use language::{Ending, GenerationError, Generator, Limits, Sampling, TextGenerator};
use nn::{Decoder, Model};
use tensor::{Scalar, Tensor};

use crate::tiny;

const TEXT: [u32; 12] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];

/// Returns the logits of all places computed at once.
fn at_once<T: Scalar>(model: &Decoder, parameters: &Parameters<T>, tokens: &[u32]) -> Tensor<T> {
    let tape = Tape::no_grad();
    let ids = Tensor::new([1, tokens.len()], tokens.to_vec());
    model.forward(Pass::eval(&tape, parameters), &ids).value().squeeze(&[0])
}

/// Returns the largest difference from logits computed in chunks of these lengths.
fn difference<T: Scalar>(chunks: &[usize]) -> f64 {
    let (model, parameters) = tiny::model::<T>(10, 12);
    let expected = at_once(&model, &parameters, &TEXT);
    let mut cache = model.cache();
    let mut start = 0;
    let mut largest = 0f64;
    for &length in chunks {
        let logits = model.extend(&parameters, &mut cache, &TEXT[start..start + length]);
        let expected = expected.slice(0, start..start + length);
        for (a, b) in logits.values().iter().zip(expected.values().iter()) {
            largest = Scalar::maximum(largest, (a.to_f64() - b.to_f64()).abs());
        }
        start += length;
    }
    assert_eq!((start, cache.len()), (TEXT.len(), TEXT.len()));
    largest
}

#[test]
fn logits_with_a_cache_are_those_of_the_whole_text_in_any_chunks() {
    for chunks in [&[1; 12][..], &[12], &[5, 1, 6], &[1, 11], &[4, 4, 4]] {
        assert!(difference::<f32>(chunks) < 1e-6, "{chunks:?}: {}", difference::<f32>(chunks));
        assert!(difference::<f64>(chunks) < 1e-12, "{chunks:?}: {}", difference::<f64>(chunks));
    }
}

fn tokens(prompt: &[u32], sampling: Sampling, count: usize) -> Vec<u32> {
    let (model, parameters) = tiny::model::<f32>(10, 12);
    let generator = Generator::new(&model, &parameters, prompt, sampling).unwrap();
    generator.take(count).map(Result::unwrap).collect()
}

#[test]
fn the_same_seed_gives_the_same_tokens() {
    let seed = |seed| Sampling { seed, temperature: 2.0, ..Sampling::default() };
    assert_eq!(tokens(&TEXT, seed(1), 40), tokens(&TEXT, seed(1), 40));
    assert_ne!(tokens(&TEXT, seed(1), 40), tokens(&TEXT, seed(2), 40));
}

/// The definition: all tokens so far at once, without those that were dropped.
#[test]
fn behind_the_context_the_oldest_half_is_dropped() {
    let (model, parameters) = tiny::model::<f32>(10, 12);
    let mut seen = TEXT[..5].to_vec();
    let found = tokens(&seen, Sampling::greedy(), 40);
    for token in found {
        if seen.len() > 12 {
            seen.drain(..6);
        }
        let logits = at_once(&model, &parameters, &seen);
        let best = logits.slice(0, seen.len() - 1..).argmax(-1).item();
        assert_eq!(token, best);
        seen.push(token);
    }
}

#[test]
fn a_prompt_longer_than_the_context_is_cut_in_the_same_way() {
    let long: Vec<u32> = TEXT.iter().chain(&TEXT).copied().collect();
    // 24 tokens: without 6 they are 18, and without 6 more they fit.
    assert_eq!(tokens(&long, Sampling::greedy(), 9), tokens(&long[12..], Sampling::greedy(), 9));
    assert_eq!(
        tokens(&long[..13], Sampling::greedy(), 9),
        tokens(&long[6..13], Sampling::greedy(), 9)
    );
}

#[test]
fn a_context_of_one_token_goes_on() {
    let (model, parameters) = tiny::model::<f32>(10, 1);
    let generator = Generator::new(&model, &parameters, &[4], Sampling::greedy()).unwrap();
    assert_eq!(generator.take(5).filter(Result::is_ok).count(), 5);
}

#[test]
fn weights_that_are_no_numbers_give_an_error_and_an_end() {
    let (model, mut parameters) = tiny::model::<f32>(10, 12);
    *parameters.get_mut(model.table()) = Tensor::full([10, 8], f32::NAN);
    let mut generator = Generator::new(&model, &parameters, &[1], Sampling::default()).unwrap();
    let error = generator.next().unwrap().unwrap_err().to_string();
    assert!(
        error.starts_with("the logit of token 0, 0 tokens after the prompt, is NaN"),
        "{error}"
    );
    assert!(generator.next().is_none());
}

/// Returns the text of a model of bytes, with the number of its tokens.
fn text(prompt: &str, limits: Limits) -> (Vec<String>, usize, Option<Ending>) {
    let (model, parameters) = tiny::model::<f32>(256, 12);
    let sampling = Sampling { seed: 3, ..Sampling::default() };
    let vocabulary = Vocabulary::Bytes;
    let generator =
        TextGenerator::new(&model, &parameters, &vocabulary).sampling(sampling).limits(limits);
    let mut text = generator.after(prompt).unwrap();
    let pieces = text.by_ref().map(Result::unwrap).collect();
    (pieces, text.tokens(), text.ending())
}

#[test]
fn a_stop_text_ends_the_text_and_is_not_in_it() {
    let all = |count| Limits { tokens: count, ..Limits::default() };
    let (pieces, count, ending) = text("a", all(60));
    assert_eq!((count, ending), (60, Some(Ending::Length)));
    let whole = pieces.concat();
    // The first three characters in a row that are not bytes shown as �.
    let places: Vec<usize> = whole.char_indices().map(|(at, _)| at).collect();
    let three = |at: usize| whole[at..].chars().take(3).collect::<String>();
    let is_text =
        |&at: &usize| at > 0 && three(at).chars().filter(|&c| c != '\u{FFFD}').count() == 3;
    let at = places.into_iter().find(is_text).unwrap();
    let stop = three(at);
    let expected = &whole[..whole.find(&stop).unwrap()];
    for stops in [vec![stop.clone()], vec!["never, ever".to_owned(), stop.clone()]] {
        let (pieces, count, ending) = text("a", Limits { stop: stops, ..all(60) });
        assert_eq!((pieces.concat().as_str(), ending), (expected, Some(Ending::StopText)));
        assert!(count < 60);
    }
    // The beginning of a stop text comes out if the rest does not follow.
    let begun = format!("{}\u{1F642}", &whole[at..whole.len()]);
    let (pieces, _, ending) = text("a", Limits { stop: vec![begun], ..all(60) });
    assert_eq!((pieces.concat(), ending), (whole, Some(Ending::Length)));
}

#[test]
fn a_stop_token_ends_the_text() {
    let (model, parameters) = tiny::model::<f32>(256, 12);
    let vocabulary = Vocabulary::Bytes;
    let first: Vec<u32> = Generator::new(&model, &parameters, &[97], Sampling::greedy())
        .unwrap()
        .take(5)
        .map(Result::unwrap)
        .collect();
    let limits = Limits { stop_tokens: vec![first[3]], ..Limits::default() };
    let mut text = TextGenerator::new(&model, &parameters, &vocabulary)
        .sampling(Sampling::greedy())
        .limits(limits)
        .after("a")
        .unwrap();
    assert!(text.by_ref().all(|piece| piece.is_ok()));
    let expected = first.iter().position(|token| *token == first[3]).unwrap();
    assert_eq!((text.tokens(), text.ending()), (expected, Some(Ending::StopToken)));
}

/// A model whose next token depends on the last one alone writes a known text.
fn chain(next: &[(u8, u8)]) -> (Decoder, Parameters<f32>) {
    let config = nn::DecoderConfig {
        width: 256,
        heads: 1,
        key_value_heads: 1,
        layers: 1,
        feed_forward: 1,
        context: 8,
        tied: false,
        ..nn::DecoderConfig::small(256)
    };
    let mut parameters = Parameters::new(1);
    let model = Decoder::new(&mut parameters, config);
    let ids: Vec<_> = parameters.ids().collect();
    for id in ids {
        let name = parameters.name(id).to_owned();
        let value = parameters.get_mut(id);
        if name == "embedding.weight" {
            *value = Tensor::eye(256);
        } else if name == "output.weight" {
            let mut table = vec![0.0; 256 * 256];
            next.iter().for_each(|&(a, b)| table[usize::from(a) * 256 + usize::from(b)] = 1.0);
            *value = Tensor::new([256, 256], table);
        } else if !name.ends_with("norm.weight") {
            *value = Tensor::zeros(value.shape());
        }
    }
    (model, parameters)
}

#[test]
fn pieces_are_whole_characters() {
    let [a, b, c] = [0xe2, 0x82, 0xac]; // €
    let (model, parameters) = chain(&[(b'-', a), (a, b), (b, c), (c, b'-')]);
    let written = |tokens| {
        let limits = Limits { tokens, ..Limits::default() };
        let vocabulary = Vocabulary::Bytes;
        let generator = TextGenerator::new(&model, &parameters, &vocabulary)
            .sampling(Sampling::greedy())
            .limits(limits);
        generator.after("-").unwrap().map(Result::unwrap).collect::<Vec<String>>()
    };
    assert_eq!(written(8), ["€", "-", "€", "-"]);
    // What is left of a character at the end cannot become one.
    assert_eq!(written(6), ["€", "-", "\u{fffd}"]);
}

#[test]
fn a_prompt_that_cannot_be_begun_with_is_refused() {
    let (model, parameters) = tiny::model::<f32>(10, 12);
    let vocabulary = Vocabulary::Characters(Characters::of("abc\n"));
    let begin = |vocabulary: &Vocabulary, prompt, start: &[u32], limits| {
        let generator =
            TextGenerator::new(&model, &parameters, vocabulary).start(start).limits(limits);
        generator.after(prompt).map(|text| text.count())
    };
    let limits = Limits::default;
    assert_eq!(begin(&vocabulary, "", &[], limits()), Err(GenerationError::Empty));
    assert!(begin(&vocabulary, "", &[0], limits()).is_ok());
    let error = begin(&vocabulary, "ab\nxa", &[], limits()).unwrap_err().to_string();
    assert!(error.contains("the character 'x' at line 2, column 1"), "{error}");
    let error = begin(&Vocabulary::Bytes, "a", &[], limits()).unwrap_err().to_string();
    assert!(error.contains("the vocabulary has 256 tokens but the model 10"), "{error}");
    let stop = Limits { stop: vec![String::new()], ..limits() };
    assert_eq!(begin(&vocabulary, "a", &[], stop), Err(GenerationError::EmptyStop));
    let error = Generator::new(&model, &parameters, &[10], Sampling::default()).unwrap_err();
    assert_eq!(error, GenerationError::NoToken { id: 10, vocabulary: 10 });
}

#[test]
fn rows_without_a_token_are_never_drawn() {
    let (model, parameters) = tiny::model::<f32>(64, 12);
    let vocabulary = Vocabulary::Characters(Characters::of("ab"));
    let limits = Limits { tokens: 100, ..Limits::default() };
    let generator = TextGenerator::new(&model, &parameters, &vocabulary).limits(limits);
    let text: String = generator.after("a").unwrap().map(Result::unwrap).collect();
    assert!(text.len() == 100 && text.chars().all(|c| c == 'a' || c == 'b'), "{text}");
}
