//! What is printed after a language model was trained.

use std::error::Error;

use data::{Vocabulary, printable_lines};
use language::{BlockGate, LanguageScore, Limits, Sampling, TextGenerator, gates};
use nn::FeedForwardKind;

use super::defaults;
use super::learning::Learned;
use super::lesson::{Lesson, Marks};

use crate::saying::say;

/// Prints the final figures.
pub fn figures(learned: &Learned, lesson: &Lesson) {
    if let (Some(score), Some(marks)) = (&learned.score, &lesson.marks) {
        say(format_args!("{}", compared(score, marks)));
        if let Some(answers) = &score.answers {
            say(format_args!(
                "answers  {} of {} right, {:.1} %",
                answers.right,
                answers.answers,
                answers.accuracy() * 100.0
            ));
        }
    }
    if learned.model.config().kind == FeedForwardKind::SwiGLU {
        for BlockGate { block, beta, gamma } in gates(&learned.model, &learned.parameters) {
            say(format_args!(
                "block {block}  learned β = {beta:.4} and γ = {gamma:.4}, from 1 and 0"
            ));
        }
    }
}

/// Returns a line with the loss and all that it can be compared with.
fn compared(score: &LanguageScore, marks: &Marks) -> String {
    let mut line = format!(
        "validation loss {:.4} nats a token, {:.4} bits a character",
        score.loss,
        score.bits_per_character()
    );
    if let (Some(floor), Some(gap)) = (score.floor, score.gap()) {
        line += &format!("; the floor is {floor:.4}, the gap {gap:.4}");
    }
    if let Some(baseline) = &marks.baseline {
        line += &format!("; Kneser–Ney of order {}: {:.4}", baseline.order, baseline.loss);
    }
    line
}

/// Prints a text that the model writes, from the beginning of a document.
pub fn sample(learned: &Learned, lesson: &Lesson) -> Result<(), Box<dyn Error>> {
    say(format_args!("\nA sample:\n\n{}\n", printable_lines(text(learned, lesson)?.trim_end())));
    Ok(())
}

/// Returns a text that the model writes: some documents, if it was trained on documents.
pub fn text(learned: &Learned, lesson: &Lesson) -> Result<String, Box<dyn Error>> {
    let Lesson { vocabulary, start, beginning, .. } = lesson;
    if start.is_empty() {
        // A text of one document begins with its own first token.
        return piece(learned, lesson, &beginning[..1], learned.seed);
    }
    let mark = String::from_utf8_lossy(&vocabulary.decode(start)).into_owned();
    let mut text = String::new();
    for number in 0..defaults::SAMPLES {
        let seed = learned.seed.wrapping_add(number);
        text += &piece(learned, lesson, start, seed)?;
        text += &mark;
    }
    Ok(text)
}

/// Returns what the model writes after these tokens, up to the end of a document.
fn piece(
    learned: &Learned,
    lesson: &Lesson,
    start: &[u32],
    seed: u64,
) -> Result<String, Box<dyn Error>> {
    let vocabulary = &lesson.vocabulary;
    let end = end_of_document(vocabulary, &lesson.start, &[]);
    let limits = Limits { tokens: defaults::SAMPLE, ..end };
    let sampling = Sampling { seed, ..Sampling::default() };
    let (model, parameters) = (&learned.model, &learned.parameters);
    let generator = TextGenerator::new(model, parameters, vocabulary)
        .start(start)
        .sampling(sampling)
        .limits(limits);
    Ok(generator.after("")?.collect::<Result<String, _>>()?)
}

/// Returns the limits of a document. It ends before the text of the tokens `start`, after which the next one begins,
/// and before a token that ends texts, by the vocabulary or by `end`, the model's own list. A vocabulary may put tokens
/// such as `<s>` before each document; the first of them ends the previous document. If the model has a list of its
/// own, `start` counts as such a token, because its text may occur in the middle of a document.
pub fn end_of_document(vocabulary: &Vocabulary, start: &[u32], end: &[u32]) -> Limits {
    let mut stop_tokens = vocabulary.endings();
    stop_tokens.extend(end);
    stop_tokens.extend(vocabulary.beginning().first());
    let has_list = !end.is_empty();
    if has_list && let [begin] = start {
        stop_tokens.push(*begin);
    }
    let has_text = !has_list && !start.is_empty() && vocabulary.beginning().is_empty();
    let text = has_text.then(|| String::from_utf8(vocabulary.decode(start)).ok()).flatten();
    let stop = text.into_iter().filter(|text| !text.is_empty()).collect();
    Limits { stop, stop_tokens, ..Limits::default() }
}
