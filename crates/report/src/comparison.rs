//! Compares several models over one or more seeds.
//!
//! The other models are compared with the first one. With several seeds each figure is
//! a mean with its 95 % interval, and a paired test says whether a difference is more than luck.

use std::fmt;

use serde::Serialize;
use train::{Evaluation, History, Score, is_share, metric_label};

use crate::metric_list::{self, MetricList};
use crate::statistics::{Estimate, PairedTest, wilson_interval};

/// The result of training one model with one seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunResult {
    /// The metrics on the test samples, shares from 0 to 1; `None` for one that is not defined on them.
    /// Models are compared by the first.
    #[serde(flatten)]
    pub metrics: MetricList<Option<f64>>,
    /// The number of numbers in the model's parameters.
    pub parameters: usize,
    /// The duration of training, in seconds.
    pub seconds: f64,
    /// The number of test samples.
    pub samples: usize,
}

/// Names that a metric cannot have, because the figures beside it in the JSON have them.
const TAKEN: [&str; 7] = ["loss", "parameters", "seconds", "samples", "name", "start", "runs"];

impl RunResult {
    /// Creates the figures of a classifier with this number of parameters: its accuracy, macro F1,
    /// weighted F1 and, with two classes, the area under the ROC curve.
    pub fn new(evaluation: &Evaluation, history: &History, parameters: usize) -> Self {
        let confusion = &evaluation.confusion;
        let metrics = [
            ("accuracy", Some(evaluation.accuracy())),
            ("macro_f1", Some(confusion.macro_average().f1)),
            ("weighted_f1", Some(confusion.weighted_average().f1)),
            (ROC_AUC, evaluation.roc_auc),
        ];
        Self {
            metrics: metrics.map(|(name, value)| (name.to_string(), value)).into_iter().collect(),
            parameters,
            seconds: history.seconds(),
            samples: confusion.samples(),
        }
    }

    /// Creates the figures of any model from its score on this number of test samples: the loss and the
    /// metrics that the score has. [`Score::decisive`] comes first, or without one the loss. An accuracy gets its
    /// interval from `samples`, so that must be the number of answers that it is a share of: if some labels are
    /// ignored, only the others, and in a language model the tokens.
    ///
    /// ```
    /// use report::RunResult;
    /// use train::{Criterion, History, Score};
    ///
    /// let metrics = [("mae".to_string(), 0.25), ("r2".to_string(), 0.875)].into();
    /// let score = Score { loss: 0.125, metrics };
    /// let history = History { epochs: Vec::new(), kept: 1, criterion: Criterion::Usual };
    /// let run = RunResult::of_score(&score, 200, &history, 17);
    /// assert!(run.metrics.iter().map(|(name, _)| name).eq(["loss", "mae", "r2"]));
    /// ```
    ///
    /// # Panics
    /// If a metric has the name of another figure of a run: `loss`, `parameters`, `seconds`, `samples`,
    /// `name`, `start` or `runs`.
    #[track_caller]
    pub fn of_score(score: &Score, samples: usize, history: &History, parameters: usize) -> Self {
        if let Some(name) = score.metrics.keys().find(|name| TAKEN.contains(&name.as_str())) {
            panic!(
                "RunResult: a metric is named `{name}`, as another figure of a run is; rename it"
            );
        }
        let mut metrics: Vec<(String, f64)> = score.metrics.clone().into_iter().collect();
        metrics.push((LOSS.to_string(), score.loss));
        let first = score.decisive().unwrap_or(LOSS);
        // The sort is stable.
        metrics.sort_by_key(|(name, _)| name != first);
        Self {
            metrics: metrics.into_iter().map(|(name, value)| (name, Some(value))).collect(),
            parameters,
            seconds: history.seconds(),
            samples,
        }
    }

    /// Returns a metric; NaN if it is not defined.
    fn metric(&self, name: &str) -> f64 {
        self.metrics.get(name).copied().flatten().unwrap_or(f64::NAN)
    }

    /// Returns the name of the metric that models are compared by.
    pub(crate) fn decisive(&self) -> &str {
        self.metrics.iter().next().map_or(LOSS, |(name, _)| name)
    }

    /// Returns the 95 % interval of the accuracy by the number of test samples alone, if models are
    /// compared by their accuracy.
    pub(crate) fn accuracy_interval(&self) -> Option<(f64, f64)> {
        let accuracy = (self.decisive() == "accuracy").then(|| self.metric("accuracy"))?;
        let correct = accuracy.is_finite().then(|| (accuracy * self.samples as f64).round());
        Some(wilson_interval(correct? as usize, self.samples))
    }
}

/// Returns `true` if a lower value of the metric is better.
pub(crate) fn is_error(metric: &str) -> bool {
    [LOSS, "mae", "rmse"].contains(&metric)
}

/// The loss among the metrics of a run. Lower is better.
pub(crate) const LOSS: &str = "loss";

/// The area under the ROC curve among the metrics of a run.
pub(crate) const ROC_AUC: &str = "roc_auc";

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

    /// Returns the name of the metric that models are compared by, taken from the first run: `accuracy`,
    /// `micro_f1` or `loss`. A lower `loss`, `mae` or `rmse` is better; for the others, a higher value is.
    pub fn decisive(&self) -> &str {
        let first = self.models.first().and_then(|(_, runs)| runs.first());
        first.map_or(LOSS, RunResult::decisive)
    }

    /// Compares each model that has as many runs as the first one with the first one, seed by seed, by
    /// the [`decisive`](Self::decisive) metric. With a single seed the list is empty.
    pub fn differences(&self) -> Vec<Difference> {
        let Some((from, base)) = self.models.first() else { return Vec::new() };
        let metric = self.decisive();
        let base = read(base, metric);
        let (paired, _) = self.others();
        let level = level(paired.len());
        let difference = |(model, runs): &ModelResults| {
            let test = PairedTest::of(&read(runs, metric), &base)?;
            let verdict = Verdict::of(&test, level, metric);
            let (model, from, metric) = (model.clone(), from.clone(), metric.to_string());
            Some(Difference { model, from, metric, test, verdict })
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

/// The difference of two models in a metric, over runs that share their seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The model.
    pub model: String,
    /// The model it is compared with.
    pub from: String,
    /// The metric: `accuracy`, `micro_f1` or `loss`.
    pub metric: String,
    /// The paired test of the metric; of a share in points, which are percent.
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
    /// It may be luck, or there is no spread to compare it with.
    #[serde(rename = "no difference shown")]
    Unclear,
}

impl Verdict {
    fn of(test: &PairedTest, level: f64, metric: &str) -> Self {
        let is_better = (test.difference.mean > 0.0) != is_error(metric);
        match (test.p < level, is_better) {
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

/// Writes `swiglu − relu: 3.13 ± 0.38 points of accuracy, paired t-test p < 0.001: better.`
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { model, from, metric, test, verdict } = self;
        let (test_result, label) = (tested(test), metric_label(metric));
        let difference = match is_share(metric) {
            true => format!("{:.2} points", test.difference),
            false => metric_list::estimate(metric, test.difference),
        };
        write!(f, "{model} − {from}: {difference} of {label}, {test_result}: {verdict}.")
    }
}

/// Returns a metric of each run as people read it, shares in percent.
fn read(runs: &[RunResult], metric: &str) -> Vec<f64> {
    runs.iter().map(|run| run.metric(metric) * f64::from(metric_list::scale(metric))).collect()
}

/// Writes a column for each metric that a run has.
impl fmt::Display for ModelComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((_, [first, ..])) =
            self.models.first().map(|(name, runs)| (name, runs.as_slice()))
        else {
            return Ok(());
        };
        let names = self.models.iter().map(|(name, _)| name.chars().count());
        let width = names.max().unwrap_or(0).max(10);
        let columns: Vec<Vec<String>> =
            self.defined_metrics().into_iter().map(|metric| self.column(metric)).collect();
        write!(f, "{:<width$}", "model")?;
        columns.iter().try_for_each(|column| write!(f, "  {}", column[0]))?;
        writeln!(f, "  {:>10}  {:>7}", "parameters", "seconds")?;
        for (index, (name, runs)) in self.models.iter().enumerate() {
            write!(f, "{name:<width$}")?;
            columns.iter().try_for_each(|column| write!(f, "  {}", column[index + 1]))?;
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
    write!(f, "One seed, {} test samples", run.samples)?;
    if let Some((low, high)) = run.accuracy_interval() {
        let (low, high) = (low * 100.0, high * 100.0);
        write!(f, ": the 95 % interval of the first accuracy is {low:.1} to {high:.1} %")?;
    }
    writeln!(f, ".\nSeveral seeds tell a real difference from luck.")
}

impl ModelComparison {
    /// Returns the names of the metrics that are defined in a run, in the order of the runs.
    fn defined_metrics(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for (name, value) in self.runs().flat_map(|run| run.metrics.iter()) {
            if value.is_some() && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Returns the heading of a metric and its mean for each model, all of one width.
    fn column(&self, metric: &str) -> Vec<String> {
        let mean =
            |runs: &[RunResult]| metric_list::estimate(metric, Estimate::of(&read(runs, metric)));
        let means = self.models.iter().map(|(_, runs)| mean(runs));
        let column: Vec<String> = [metric_list::heading(metric)].into_iter().chain(means).collect();
        let width = column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0).max(12);
        column.iter().map(|cell| format!("{cell:>width$}")).collect()
    }

    fn runs(&self) -> impl Iterator<Item = &RunResult> {
        self.models.iter().flat_map(|(_, runs)| runs)
    }

    fn write_paired_tests(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seeds = || self.models.iter().map(|(_, runs)| runs.len());
        let (fewest, most) = (seeds().min().unwrap_or(0), seeds().max().unwrap_or(0));
        let range = if fewest < most { format!("{fewest} to ") } else { String::new() };
        writeln!(f, "Mean ± 95 % interval over {range}{most} seeds (Student's t).")?;
        for difference in self.differences() {
            writeln!(f, "{difference}")?;
        }
        if is_error(self.decisive()) && !self.differences().is_empty() {
            writeln!(f, "The lower {} is the better one.", metric_label(self.decisive()))?;
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

/// Returns a paired test's p to three decimals, or `< 0.001`, because no p-value is zero; or why there is none.
fn tested(test: &PairedTest) -> String {
    match test.p {
        _ if !test.has_spread() => "no spread over the seeds, so no paired t-test".to_string(),
        p if p < 0.001 => "paired t-test p < 0.001".to_string(),
        p => format!("paired t-test p = {p:.3}"),
    }
}
