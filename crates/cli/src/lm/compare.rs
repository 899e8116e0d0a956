//! The command `lm compare`: feed-forward parts at equal parameters.

use std::collections::BTreeMap;
use std::error::Error;

use language::LanguageScore;
use nn::DecoderConfig;
use report::{BestModel, Interrupt, ModelComparison, ModelRuns, RunResult, TrainingReport};
use serde_json::json;
use train::{History, Score};

use super::learning::{self, Learned};
use super::lesson::Lesson;
use super::memory;
use super::options::LmCompare;
use super::saved::LmDescription;
use super::summary;
use super::train::named;
use super::values::{kind_name, without_repeated_kinds};
use crate::keeping::{Keeper, Options};
use crate::places::check_places;
use crate::saying::say;
use crate::shell::command;

/// The runs so far.
#[derive(Default)]
struct Runs {
    comparison: ModelComparison,
    histories: Vec<(String, u64, History)>,
    best: Option<(Learned, LanguageScore)>,
}

/// Trains each kind with each seed, and says which differences are more than luck.
pub fn run(options: &LmCompare) -> Result<(), Box<dyn Error>> {
    let LmCompare { reading, sizes, kind, teaching, seeds, keeping, .. } = options;
    without_repeated_kinds(kind)?;
    let interrupt = Interrupt::listen()?;
    check_outputs(options)?;
    let lesson = Lesson::load(reading, sizes.context)?;
    if lesson.validation.is_none() {
        return Err("--validation 0 leaves nothing to compare on; give a share above 0".into());
    }
    let configs: Vec<DecoderConfig> = kind
        .iter()
        .map(|&kind| sizes.compared(lesson.vocabulary.len(), kind))
        .collect::<Result<_, _>>()?;
    let windows = lesson.validation_windows();
    configs.iter().try_for_each(|config| memory::check(config, teaching, windows))?;
    teaching.optimizer(teaching.steps(lesson.windows()))?;
    let kinds: Vec<&str> = kind.iter().map(|&kind| kind_name(kind)).collect();
    let mut fixed = named(reading.named(), sizes.named(), teaching.named(), json!(kinds));
    fixed.insert("--seeds".to_string(), json!(seeds));
    let mut keeper =
        keeping.open(interrupt, teaching.quiet, teaching.seed, fixed, Options::new())?;
    if !teaching.quiet {
        say(format_args!("{}\n{}\n", lesson.summary(reading), sizes_of(&configs)));
    }

    let runs = train_all(options, &configs, &lesson, &mut keeper)?;
    say(format_args!("{}", runs.comparison));
    write(options, &lesson, &runs)
}

/// Checks that everything can be written, before anything is read.
fn check_outputs(options: &LmCompare) -> Result<(), String> {
    let LmCompare { reading, keeping, .. } = options;
    let files = [
        ("--log", keeping.log.as_deref()),
        ("--report", options.report.as_deref()),
        ("--json", options.json.file()),
    ];
    let folders = [("--checkpoint", keeping.checkpoint.as_deref())];
    check_places(&[reading.places(), keeping.files()].concat(), &files, &folders)
}

/// Trains a model of each config with each seed.
fn train_all(
    options: &LmCompare,
    configs: &[DecoderConfig],
    lesson: &Lesson,
    keeper: &mut Keeper,
) -> Result<Runs, Box<dyn Error>> {
    let LmCompare { reading, teaching, seeds, .. } = options;
    let mut runs = Runs::default();
    for seed in teaching.seeds(*seeds) {
        for config in configs {
            let name = kind_name(config.kind);
            let description = LmDescription::new(config, lesson, reading.source.origin());
            if !teaching.quiet {
                say(format_args!("{name}, seed {seed}"));
            }
            let config = config.clone();
            let learned =
                learning::train(name, seed, config, lesson, teaching, &description, keeper)?;
            if !teaching.quiet {
                summary::figures(&learned, lesson);
                say("");
            }
            runs.add(name, learned);
        }
    }
    Ok(runs)
}

/// Returns the parameters of each model, in a sentence.
fn sizes_of(configs: &[DecoderConfig]) -> String {
    let size = |config: &DecoderConfig| {
        format!(
            "{} {} (hidden width {})",
            kind_name(config.kind),
            config.parameter_count(),
            config.feed_forward
        )
    };
    format!("parameters: {}", configs.iter().map(size).collect::<Vec<_>>().join(", "))
}

impl Runs {
    fn add(&mut self, name: &str, learned: Learned) {
        let Some(score) = learned.score.clone() else { return };
        let mut metrics =
            BTreeMap::from([("bits a character".to_string(), score.bits_per_character())]);
        metrics.extend(score.gap().map(|gap| ("gap".to_string(), gap)));
        let answers = score.answers.as_ref();
        metrics.extend(answers.map(|answers| ("answers right".to_string(), answers.accuracy())));
        let parameters = learned.parameters.count();
        let result = RunResult::of_score(
            &Score { loss: score.loss, metrics },
            score.tokens,
            &learned.history,
            parameters,
        );
        self.comparison.add(name, result);
        self.histories.push((name.to_string(), learned.seed, learned.history.clone()));
        if self.best.as_ref().is_none_or(|(_, best)| score.loss < best.loss) {
            self.best = Some((learned, score));
        }
    }
}

fn write(options: &LmCompare, lesson: &Lesson, runs: &Runs) -> Result<(), Box<dyn Error>> {
    let Some((best, score)) = runs.best.as_ref() else { return Ok(()) };
    let name = kind_name(best.model.config().kind);
    let test = Score { loss: score.loss, metrics: BTreeMap::new() };
    let report = TrainingReport {
        title: "Language models with different feed-forward parts".to_string(),
        command: command(),
        data: lesson.summary(&options.reading),
        models: ModelRuns::of(&runs.comparison, &runs.histories),
        loss_unit: Some("nats a token".to_string()),
        differences: runs.comparison.differences(),
        shapes: Vec::new(),
        best: BestModel::of_score(name, best.seed, &best.parameters, test),
    };
    let page = options.report.as_deref().map_or(Ok(()), |path| report.write_html(path));
    let figures = report.to_json().map(|document| options.json.write(&document));
    page?;
    Ok(figures??)
}
