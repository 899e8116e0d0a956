//! Compares several models over one or more seeds.
//!
//! The other models are compared with the first one. With several seeds each figure is
//! a mean with its 95 % interval, and a paired test says whether a difference is more than luck.

use std::fmt;

use serde::Serialize;
use train::{Evaluation, History};

use crate::statistics::{Estimate, PairedTest, wilson_interval};

/// The result of training one model with one seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RunResult {
    /// The accuracy on the test samples, a fraction.
    pub accuracy: f64,
    /// The macro F1 on the test samples, a fraction.
    pub macro_f1: f64,
    /// The F1 on the test samples, weighted by class size, a fraction.
    pub weighted_f1: f64,
    /// The area under the ROC curve, a fraction; with two classes only.
    pub roc_auc: Option<f64>,
    /// The number of numbers in the model's parameters.
    pub parameters: usize,
    /// The duration of training, in seconds.
    pub seconds: f64,
    /// The number of test samples.
    pub samples: usize,
}

impl RunResult {
    /// Creates the figures of a model with this number of parameters.
    pub fn new(evaluation: &Evaluation, history: &History, parameters: usize) -> Self {
        Self {
            accuracy: evaluation.accuracy(),
            macro_f1: evaluation.confusion.macro_average().f1,
            weighted_f1: evaluation.confusion.weighted_average().f1,
            roc_auc: evaluation.roc_auc,
            parameters,
            seconds: history.seconds(),
            samples: evaluation.confusion.samples(),
        }
    }

    /// Returns the 95 % interval of the accuracy by the number of test samples alone.
    pub(crate) fn accuracy_interval(&self) -> (f64, f64) {
        let correct = (self.accuracy * self.samples as f64).round() as usize;
        wilson_interval(correct, self.samples)
    }
}

/// A model's name and runs.
type ModelResults = (String, Vec<RunResult>);

/// Runs of several models. It prints a table and the conclusions.
#[derive(Clone, Debug, Default)]
pub struct ModelComparison {
    models: Vec<ModelResults>,
}

impl ModelComparison {
    /// Adds a run of the model of this name. Runs are paired by the order in which they are added.
    pub fn add(&mut self, name: &str, run: RunResult) {
        match self.models.iter_mut().find(|(known, _)| known == name) {
            Some((_, runs)) => runs.push(run),
            None => self.models.push((name.to_string(), vec![run])),
        }
    }

    /// Returns each model's name and runs, in the order in which they were added.
    pub fn models(&self) -> &[(String, Vec<RunResult>)] {
        &self.models
    }

    /// Compares the accuracy of each model that has as many runs as the first one with the first
    /// one's, seed by seed. With a single seed the list is empty.
    pub fn differences(&self) -> Vec<Difference> {
        let Some((from, base)) = self.models.first() else { return Vec::new() };
        let base = per_cent(base, |run| run.accuracy);
        let (paired, _) = self.others();
        let level = level(paired.len());
        let difference = |(model, runs): &ModelResults| {
            let test = PairedTest::of(&per_cent(runs, |run| run.accuracy), &base)?;
            let verdict = Verdict::of(&test, level);
            Some(Difference { model: model.clone(), from: from.clone(), test, verdict })
        };
        paired.into_iter().filter_map(difference).collect()
    }

    /// Returns the models after the first: those with as many runs as the first, whose runs form
    /// pairs, and the others.
    fn others(&self) -> (Vec<&ModelResults>, Vec<&ModelResults>) {
        let seeds = self.models.first().map_or(0, |(_, runs)| runs.len());
        self.models.iter().skip(1).partition(|(_, runs)| runs.len() == seeds)
    }
}

/// Returns the p below which a difference counts, after Bonferroni. Otherwise one in twenty
/// comparisons would seem real by luck alone.
fn level(comparisons: usize) -> f64 {
    0.05 / comparisons.max(1) as f64
}

/// The difference in accuracy of two models, over runs that share their seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The model.
    pub model: String,
    /// The model it is compared with.
    pub from: String,
    /// The paired test of the accuracies, in points (per cent of the test samples).
    pub test: PairedTest,
    /// The conclusion.
    pub verdict: Verdict,
}

/// The conclusion from a paired test, at a level that is shared among all comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The model is better.
    Better,
    /// The model is worse.
    Worse,
    /// It may be luck.
    #[serde(rename = "no difference shown")]
    Unclear,
}

impl Verdict {
    fn of(test: &PairedTest, level: f64) -> Self {
        match (test.p < level, test.difference.mean > 0.0) {
            (true, true) => Verdict::Better,
            (true, false) => Verdict::Worse,
            (false, _) => Verdict::Unclear,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Unclear => "no difference shown",
        })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { model, from, test, verdict } = self;
        let p = printed(test.p);
        let points = test.difference;
        write!(
            f,
            "{model} − {from}: {points:.2} points of accuracy, paired t-test p {p}: {verdict}."
        )
    }
}

/// Returns a figure of each run, in per cent, as one estimate.
fn per_cent(runs: &[RunResult], figure: impl Fn(&RunResult) -> f64) -> Vec<f64> {
    runs.iter().map(|run| figure(run) * 100.0).collect()
}

impl fmt::Display for ModelComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((_, [first, ..])) =
            self.models.first().map(|(name, runs)| (name, runs.as_slice()))
        else {
            return Ok(());
        };
        let width =
            self.models.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(10);
        write!(
            f,
            "{:<width$}  {:>12}  {:>12}  {:>12}",
            "model", "accuracy %", "macro F1 %", "weighted F1 %"
        )?;
        if first.roc_auc.is_some() {
            write!(f, "  {:>12}", "ROC AUC %")?;
        }
        writeln!(f, "  {:>10}  {:>7}", "parameters", "seconds")?;
        for (name, runs) in &self.models {
            let figure = |figure: fn(&RunResult) -> f64| Estimate::of(&per_cent(runs, figure));
            let (accuracy, macro_f1) = (figure(|run| run.accuracy), figure(|run| run.macro_f1));
            let weighted_f1 = figure(|run| run.weighted_f1);
            write!(f, "{name:<width$}  {accuracy:>12}  {macro_f1:>12}  {weighted_f1:>13}")?;
            if first.roc_auc.is_some() {
                write!(f, "  {:>12}", figure(|run| run.roc_auc.unwrap_or(f64::NAN)))?;
            }
            let seconds: f64 = runs.iter().map(|run| run.seconds).sum::<f64>() / runs.len() as f64;
            writeln!(f, "  {:>10}  {seconds:>7.2}", runs[0].parameters)?;
        }
        match first {
            run if self.models.iter().all(|(_, runs)| runs.len() == 1) => write_one_seed(f, run),
            _ => self.write_paired_tests(f),
        }
    }
}

/// Writes what a single run can and cannot say.
fn write_one_seed(f: &mut fmt::Formatter<'_>, run: &RunResult) -> fmt::Result {
    let (low, high) = run.accuracy_interval();
    writeln!(
        f,
        "One seed, {} test samples: the 95 % interval of the first accuracy is {:.1} to {:.1} %.\n\
         Several seeds tell a real difference from luck.",
        run.samples,
        low * 100.0,
        high * 100.0
    )
}

impl ModelComparison {
    fn write_paired_tests(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seeds = || self.models.iter().map(|(_, runs)| runs.len());
        let (fewest, most) = (seeds().min().unwrap_or(0), seeds().max().unwrap_or(0));
        let range = if fewest < most { format!("{fewest} to ") } else { String::new() };
        writeln!(f, "Mean ± 95 % interval over {range}{most} seeds (Student's t).")?;
        for difference in self.differences() {
            writeln!(f, "{difference}")?;
        }
        let (paired, unpaired) = self.others();
        if paired.len() > 1 {
            let (level, comparisons) = (level(paired.len()), paired.len());
            writeln!(
                f,
                "A difference counts below p = {level:.3}: 5 % shared among {comparisons} comparisons."
            )?;
        }
        if !unpaired.is_empty() {
            let names: Vec<&str> = unpaired.iter().map(|(name, _)| name.as_str()).collect();
            let (first, names) = (&self.models[0].0, names.join(", "));
            writeln!(f, "Not compared with {first}, because the numbers of runs differ: {names}.")?;
        }
        Ok(())
    }
}

/// Returns a p-value to three decimals, or `< 0.001`, because no p-value is zero.
fn printed(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_string() } else { format!("= {p:.3}") }
}
