//! The report of `lm train`: what the page shows of one model.

use std::error::Error;
use std::ops::Range;

use language::{BlockGate, Protocol, Surprises, gates};
use nn::FeedForwardKind;
use report::{
    AttentionMaps, CountingModel, GateRow, LanguageReport, LossPoint, ResultRow, SurpriseToken,
};
use train::NotFinite;

use super::attention;
use super::learning::Learned;
use super::lesson::Lesson;
use super::options::LmTrain;
use super::summary;
use super::tape;
use crate::notes::note;
use crate::output::say_where;
use crate::places::resolved;
use crate::shell::command;

/// The most tokens of the text that is colored.
const COLORED: usize = 1500;

/// Writes the page and its figures, if they are requested.
pub fn write(options: &LmTrain, lesson: &Lesson, learned: &Learned) -> Result<(), Box<dyn Error>> {
    let tape = options.tape.as_deref().map_or(Ok(()), |path| tape::write(path, learned, lesson));
    if options.report.is_none() && !options.json.is_wanted() {
        return Ok(tape?);
    }
    let report = report(options, lesson, learned)?;
    // If one fails, the other is written nevertheless.
    let page = options.report.as_deref().map_or(Ok(()), |path| report.write_html(path));
    let figures = report.to_json().map(|document| options.json.write(&document));
    if let (Some(path), true, false) = (&options.report, page.is_ok(), options.teaching.quiet) {
        say_where(path);
    }
    tape?;
    page?;
    Ok(figures??)
}

fn report(
    options: &LmTrain,
    lesson: &Lesson,
    learned: &Learned,
) -> Result<LanguageReport, Box<dyn Error>> {
    let config = learned.model.config();
    let attention = attention_maps(lesson, learned);
    if let Some(maps) = attention.as_ref().filter(|maps| maps.left_out > 0) {
        note(&format!(
            "the page shows the attention in the first {} tokens of a text and leaves out the {} after them, as it would \
             be too large",
            maps.tokens.len(),
            maps.left_out
        ));
    }
    let marks = lesson.marks.as_ref();
    let baseline = marks.and_then(|marks| marks.baseline.as_ref());
    let baseline = baseline.map(|baseline| CountingModel {
        name: format!("Kneser–Ney of order {}", baseline.order),
        loss: baseline.loss,
    });
    Ok(LanguageReport {
        title: format!("A language model with {} parameters", config.parameter_count()),
        command: command(),
        data: format!("{}.", lesson.summary(&options.reading)),
        losses: losses(learned),
        floor: marks.and_then(|marks| marks.floor),
        baseline,
        results: results(learned, lesson),
        gates: gate_rows(learned),
        surprises: surprises(lesson, learned)?,
        attention,
        sample: summary::text(learned, lesson)?,
        tape: tape_link(options),
    })
}

/// Returns a link to the tape's page, if it is beside the report.
fn tape_link(options: &LmTrain) -> Option<String> {
    let [page, tape] = [&options.report, &options.tape].map(|path| path.as_deref().map(resolved));
    let (page, tape) = (page?, tape?);
    let encoded = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    let name: String = tape.file_name()?.to_str()?.bytes().map(encoded).collect();
    (page.parent() == tape.parent()).then_some(name)
}

fn losses(learned: &Learned) -> Vec<LossPoint> {
    let mut step = 0;
    let mut points = Vec::new();
    for epoch in &learned.history.epochs {
        step += epoch.steps;
        let validation = epoch.validation.as_ref().map(|score| score.loss);
        points.push(LossPoint { step, training: epoch.training.loss, validation });
    }
    points
}

fn results(learned: &Learned, lesson: &Lesson) -> Vec<ResultRow> {
    let row = |name: &str, value: f64, decimals: usize, unit: &str| ResultRow {
        name: name.to_string(),
        value,
        decimals,
        unit: unit.to_string(),
    };
    let (Some(score), Some(marks)) = (&learned.score, &lesson.marks) else { return Vec::new() };
    let mut rows = vec![row("loss", score.loss, 4, "nats a token")];
    rows.extend(score.floor.map(|floor| row("floor", floor, 4, "nats a token")));
    rows.extend(score.gap().map(|gap| row("gap to the floor", gap, 4, "nats a token")));
    if let Some(baseline) = &marks.baseline {
        let name = format!("Kneser–Ney of order {}", baseline.order);
        rows.push(row(&name, baseline.loss, 4, "nats a token"));
    }
    rows.push(row("perplexity", score.perplexity(), 4, ""));
    rows.push(row("bits a character", score.bits_per_character(), 4, ""));
    rows.push(row("bits a byte", score.bits_per_byte(), 4, ""));
    let right = |share: f64| row("answers right", share * 100.0, 1, "%");
    rows.extend(score.answers.as_ref().map(|answers| right(answers.accuracy())));
    rows.push(row("tokens predicted", score.tokens as f64, 0, ""));
    rows
}

fn gate_rows(learned: &Learned) -> Vec<GateRow> {
    if learned.model.config().kind != FeedForwardKind::SwiGLU {
        return Vec::new();
    }
    let row = |BlockGate { block, beta, gamma }| GateRow { block, beta, gamma };
    gates(&learned.model, &learned.parameters).into_iter().map(row).collect()
}

/// Returns the beginning of the validation text with the surprise of each token.
fn surprises(lesson: &Lesson, learned: &Learned) -> Result<Vec<SurpriseToken>, NotFinite> {
    let documents = &lesson.held_out;
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    let found = Surprises::of(&learned.model, &learned.parameters, documents, Protocol::Windows)?;
    let nats = |place: usize| found.places.binary_search(&place).ok().map(|at| found.nats[at]);
    let shown = 0..documents.tokens().len().min(COLORED);
    let token = |place: usize| SurpriseToken {
        text: shown_token(lesson, documents.tokens()[place]),
        surprise: nats(place),
        floor: documents.known().map(|known| known.surprise[place]),
    };
    Ok(shown.map(token).collect())
}

/// Returns a token as text. A part of a character becomes `�`.
fn shown_token(lesson: &Lesson, token: u32) -> String {
    String::from_utf8_lossy(&lesson.vocabulary.token(token)).into_owned()
}

/// Returns the attention in the first document of the validation text, or in its first window.
fn attention_maps(lesson: &Lesson, learned: &Learned) -> Option<AttentionMaps> {
    let windows = lesson.validation.as_ref()?;
    let documents = &lesson.held_out;
    let window = windows.inputs().places(0);
    let second = documents.starts().get(1).copied();
    let shown = window.start..second.map_or(window.end, |start| start.min(window.end));
    let config = learned.model.config();
    let most = attention::most_tokens(config.layers * config.heads);
    let left_out = shown.len().saturating_sub(most);
    let shown = shown.start..shown.end - left_out;
    let tokens = &documents.tokens()[shown.clone()];
    let heads = attention::heads(&learned.model, &learned.parameters, tokens);
    let answer = documents.known().and_then(|known| first_answer(&known.is_answer[shown.clone()]));
    let (head, token) = attention::most_telling(&heads, tokens, answer)?;
    Some(AttentionMaps {
        tokens: tokens.iter().map(|&token| shown_token(lesson, token)).collect(),
        left_out,
        head,
        token,
        heads,
    })
}

/// Returns the places of the first answer of a document.
fn first_answer(is_answer: &[bool]) -> Option<Range<usize>> {
    let start = is_answer.iter().position(|&is| is)?;
    let length = is_answer[start..].iter().take_while(|&&is| is).count();
    Some(start..start + length)
}
