//! The command `lm evaluate`: a model's loss on a text.

use std::error::Error;

use autograd::Parameters;
use data::printable_path;
use language::{Baseline, Corpus, Division, LanguageScore, Protocol, Surprises, Tokens};
use serde_json::{Value, json};

use super::lesson::baseline;
use super::options::LmEvaluate;
use super::precision::Precision;
use super::saved::{LmDescription, LoadedModel, load};
use super::texts::{read_text, told};
use crate::notes::note;
use crate::places::is_same_place;

/// Evaluates the model, and prints the figures.
pub fn run(options: &LmEvaluate) -> Result<(), Box<dyn Error>> {
    let model = ("--model", Some(&options.model));
    let read =
        [model, ("--text", options.source.text.as_ref()), ("--counted", options.counted.as_ref())];
    let read = read.into_iter().filter_map(|(option, path)| Some((option, path?.clone())));
    options.json.check(&read.collect::<Vec<_>>())?;
    let LoadedModel { model, parameters, about } = load(&options.model)?;
    let corpus = options.source.corpus(Tokens::Given(about.vocabulary.clone()), 0.0)?;
    let documents = &corpus.training;
    let surprises = |parameters: &Parameters| {
        Surprises::of(&model, parameters, documents, Protocol::Overlapping)
            .map_err(|error| format!("--model {}: {error}", printable_path(&options.model)))
    };
    let rounded = options.precision.round(&options.model, &model, parameters.clone())?;
    let in_f32 = match options.precision {
        Precision::F32 => None,
        Precision::Bf16 => Some(surprises(&parameters)?.mean()),
    };
    let surprises = surprises(&rounded)?;
    let score = LanguageScore::from_surprises(&surprises, &about.vocabulary, documents);
    let counted = counted(options, &about)?;
    let baseline = counted.map(|counted| {
        let corpus =
            Corpus { training: counted.training, validation: documents.clone(), ..corpus.clone() };
        baseline(&corpus, &surprises.places)
    });
    if !options.json.is_printed() {
        print(&score, in_f32, baseline.as_ref());
    }
    Ok(options.json.write(&figures(&score, in_f32, baseline.as_ref()).to_string())?)
}

/// Returns the text for the Kneser–Ney models to count: the one that was given, or that the model was trained
/// on. They must not have counted what they are evaluated on.
fn counted(options: &LmEvaluate, about: &LmDescription) -> Result<Option<Corpus>, Box<dyn Error>> {
    let tokens = Tokens::Given(about.vocabulary.clone());
    match (&options.counted, &about.origin) {
        (None, Some(origin)) if options.source.origin().is_some_and(|now| now.overlaps(origin)) => {
            note(
                "the model was trained on these very documents; give another --data-seed for new ones and for a \
                 Kneser–Ney model to compare with",
            );
            Ok(None)
        }
        (Some(path), _) => {
            if options.source.text.as_deref().is_some_and(|text| is_same_place(text, path)) {
                note(
                    "--text and --counted are one file: the Kneser–Ney models have counted what they are \
                     evaluated on, and no model can be compared with them",
                );
            }
            let text = read_text("--counted", path)?;
            let corpus = Corpus::text(&text, tokens, Division::Whole, 0.0);
            Ok(Some(corpus.map_err(|error| told("--counted", path, &error))?))
        }
        (None, Some(origin)) => Ok(Some(Corpus::told(&origin.told(), tokens, 0.0)?)),
        (None, None) => {
            note(
                "to compare with a Kneser–Ney model, give --counted a text that the model was trained on",
            );
            Ok(None)
        }
    }
}

/// `in_f32` is the loss of the weights before they were rounded.
fn print(score: &LanguageScore, in_f32: Option<f64>, baseline: Option<&Baseline>) {
    let LanguageScore { loss, tokens, characters, bytes, .. } = score;
    println!("{tokens} tokens predicted, {characters} characters, {bytes} bytes");
    println!("loss              {loss:.4} nats a token");
    if let Some(before) = in_f32 {
        let (change, perplexity) = (loss - before, before.exp());
        println!(
            "in f32            {before:.4}, bf16 changes it by {change:+.6}; the perplexity is {perplexity:.4}"
        );
    }
    if let (Some(floor), Some(gap)) = (score.floor, score.gap()) {
        println!("floor             {floor:.4}, the gap is {gap:.4}");
    }
    if let Some(Baseline { order, loss, .. }) = baseline {
        println!("Kneser–Ney        {loss:.4}, the best order is {order}");
    }
    println!("perplexity        {:.4}", score.perplexity());
    println!("bits a byte       {:.4}", score.bits_per_byte());
    println!("bits a character  {:.4}", score.bits_per_character());
    if let Some(answers) = &score.answers {
        let share = answers.accuracy() * 100.0;
        println!("answers           {} of {} right, {share:.1} %", answers.right, answers.answers);
    }
}

/// Returns the figures as JSON.
fn figures(score: &LanguageScore, in_f32: Option<f64>, baseline: Option<&Baseline>) -> Value {
    json!({
        "score": score,
        "perplexity": score.perplexity(),
        "bits_per_byte": score.bits_per_byte(),
        "bits_per_character": score.bits_per_character(),
        "gap": score.gap(),
        "loss_in_f32": in_f32,
        "kneser_ney": baseline,
    })
}
