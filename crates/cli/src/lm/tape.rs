//! The tape of one block of a trained model, as a page to step through.

use std::io::Write;
use std::path::Path;

use autograd::{Parameters, Pass, Tape};
use files::{WriteError, write_whole};
use inspect::Walk;
use nn::{Decoder, DecoderConfig, Model, TokenCrossEntropy};
use tensor::Tensor;

use super::learning::Learned;
use super::lesson::Lesson;

/// The number of tokens on the tape: more would not be seen at once.
const TOKENS: usize = 4;

/// Writes the page.
pub fn write(path: &Path, learned: &Learned, lesson: &Lesson) -> Result<(), WriteError> {
    let page = page(learned, lesson);
    write_whole(path, |file| file.write_all(page.as_bytes()))
}

/// Returns the page of a model that has the embedding, the first block and the output of the trained one: from a few
/// tokens of the text to their loss.
fn page(learned: &Learned, lesson: &Lesson) -> String {
    let mut parameters = Parameters::new(0);
    let config = DecoderConfig { layers: 1, ..learned.model.config().clone() };
    let model = Decoder::new(&mut parameters, config);
    let ids: Vec<_> = parameters.ids().collect();
    for id in ids {
        let trained = learned.parameters.find(parameters.name(id)).expect("the model has a block");
        parameters.set(id, learned.parameters.get(trained).clone());
    }
    let tokens = &lesson.beginning;
    let length = TOKENS.min(tokens.len() - 1).min(learned.model.config().context);
    let some = |from: usize| Tensor::new([1, length], tokens[from..from + length].to_vec());
    let tape = Tape::new();
    let logits = model.forward(Pass::eval(&tape, &parameters), &some(0));
    let loss = TokenCrossEntropy.of(logits, &some(1));
    Walk::back_from(loss).to_html("One block of a language model")
}
