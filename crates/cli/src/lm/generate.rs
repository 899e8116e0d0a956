//! The command `lm generate`: a model continues a text.

use std::error::Error;
use std::io::{self, Write};

use data::printable_path;
use language::{GenerationError, Sampling, TextGenerator};

use super::options::LmGenerate;
use super::saved::{LoadedModel, load};
use super::summary::end_of_document;
use crate::saying::print_text;

/// Prints the prompt, followed by what the model writes, as it is generated.
pub fn run(options: &LmGenerate) -> Result<(), Box<dyn Error>> {
    let LoadedModel { model, parameters, about } = load(&options.model)?;
    let parameters = options.precision.round(&options.model, &model, parameters)?;
    let prompt = options.prompt.as_deref().unwrap_or_default();
    let sampling = Sampling {
        temperature: options.temperature,
        top_k: options.top_k,
        top_p: options.top_p,
        seed: options.seed,
    };
    let mut limits = end_of_document(&about.vocabulary, &about.start, &about.end);
    limits.tokens = options.tokens;
    if !options.stop.is_empty() {
        limits.stop = options.stop.clone();
    }
    let generator = TextGenerator::new(&model, &parameters, &about.vocabulary)
        .start(&about.start)
        .sampling(sampling)
        .limits(limits);
    let pieces = generator.after(prompt).map_err(|error| match error {
        GenerationError::Empty => {
            "this model was trained on one text and does not know how one begins; \
                                   give a prompt of at least one character"
                .to_string()
        }
        GenerationError::Unknown(error) => format!("the prompt: {error}"),
        error => error.to_string(),
    })?;
    print_text(prompt);
    for piece in pieces {
        let piece = piece
            .map_err(|error| format!("--model {}: {error}", printable_path(&options.model)))?;
        print_text(&piece);
        // Each piece is seen as it comes. The end of the program reports what cannot be written.
        io::stdout().flush().ok();
    }
    println!();
    Ok(())
}
