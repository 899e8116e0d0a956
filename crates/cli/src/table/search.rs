//! `train FILE --search N`: settings found by successive halving.
//!
//! The first of N settings is the default; the others are drawn from the seed. All are trained for a ninth of
//! the epochs, the better third of them for a third, and the better third of these for all (Jamieson and
//! Talwalkar, *Non-stochastic Best Arm Identification and Hyperparameter Optimization*, 2016). A round trains
//! from the start again, so that no state but its scores is kept. Settings and their epochs are compared by the
//! loss on the rows for validation, which varies less than the share of right answers, and never by the rows
//! to test on.
//!
//! The winner is then trained once more, on all rows but those to test on, for as many epochs as were best,
//! as scikit-learn's `GridSearchCV` does with `refit`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use data::{beginning, printable, printable_path, read_whole};
use nn::ActivationKind;
use serde::{Deserialize, Serialize};
use tensor::{Key, Tensor};
use train::{Score, metric_label};

use crate::keeping::TRIALS;

/// One of this many settings reaches the next round.
const SHARE: usize = 3;

/// The number of rounds.
const ROUNDS: u32 = 3;

/// What is searched for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    pub activation: String,
    pub lr: f64,
    pub hidden: usize,
    pub embedding: usize,
    pub dropout: f64,
}

/// A setting after a round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trial {
    /// The number of the setting, counted from 1.
    pub number: usize,
    pub setting: Setting,
    /// The most epochs of this round.
    pub epochs: usize,
    /// The epoch that was best.
    pub kept: usize,
    /// The score of that epoch on the rows for validation.
    pub score: Score,
    /// The temperature that fits these rows.
    pub temperature: f64,
}

/// What is kept of a search.
#[derive(Serialize, Deserialize)]
struct SearchState {
    /// A checksum of the rows and of the options that change a score.
    run: u32,
    trials: Vec<Trial>,
}

/// The trials so far, and where they are kept.
pub struct Search {
    settings: Vec<Setting>,
    /// A checksum of the rows and of the options that change a score.
    run: u32,
    trials: Vec<Trial>,
    file: Option<PathBuf>,
}

/// What is drawn from: the default, and what was fixed by an option.
pub struct SearchSpace<'a> {
    pub base: Setting,
    pub activations: &'a [ActivationKind],
    pub has_texts: bool,
    pub is_rate_fixed: bool,
    pub is_dropout_fixed: bool,
}

impl SearchSpace<'_> {
    /// Returns `count` settings, the first of them the default.
    fn draw(&self, count: usize, seed: u64) -> Vec<Setting> {
        let key = Key::new(seed).stream("table").stream("search");
        let setting = |number: u64| {
            let drawn = Tensor::<f64>::uniform([5], 0.0..1.0, key.fold_in(number)).to_vec();
            let step =
                |at: usize, count: usize| ((drawn[at] * count as f64) as usize).min(count - 1);
            let width =
                |at: usize, base: usize| [base.div_ceil(2), base, 2 * base, 4 * base][step(at, 4)];
            let Setting { hidden, embedding, .. } = self.base;
            Setting {
                activation: self.activations[step(0, self.activations.len())].to_string(),
                lr: match self.is_rate_fixed {
                    true => self.base.lr,
                    // Evenly in the logarithm, a factor of four to both sides.
                    false => two_digits(self.base.lr * 4_f64.powf(2.0 * drawn[1] - 1.0)),
                },
                hidden: width(2, hidden),
                embedding: if self.has_texts { width(3, embedding) } else { embedding },
                dropout: match self.is_dropout_fixed {
                    true => self.base.dropout,
                    false => (step(4, 8) as f64) / 10.0,
                },
            }
        };
        let others = (1..count as u64).map(setting);
        [self.base.clone()].into_iter().chain(others).collect()
    }
}

/// Returns a number rounded to two digits that count.
fn two_digits(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or(number)
}

impl Search {
    /// Draws the settings. The trials of an interrupted search are read from the folder of its checkpoints; they
    /// must be of the same `run`, a checksum.
    pub fn new(
        count: usize,
        seed: u64,
        run: u32,
        space: &SearchSpace<'_>,
        folder: Option<&Path>,
    ) -> Result<Self, String> {
        let settings = space.draw(count, seed);
        let file = folder.map(|folder| folder.join(TRIALS));
        let trials = match file.as_deref().filter(|file| file.exists()) {
            Some(file) => trials_of(file, &settings, run)?,
            None => Vec::new(),
        };
        Ok(Self { settings, run, trials, file })
    }

    /// Returns the most epochs of each round.
    pub fn rounds(epochs: usize) -> Vec<usize> {
        let round = |round| epochs.div_ceil(SHARE.pow(ROUNDS - 1 - round)).max(1);
        (0..ROUNDS).map(round).collect()
    }

    /// Returns the settings of all rounds, tried by `attempt`, and the best of the last round. `tell` is
    /// given a line after each trial that was not read from a file.
    pub fn run<E: From<String>>(
        &mut self,
        epochs: usize,
        mut attempt: impl FnMut(&Setting, usize) -> Result<(usize, Score, f64), E>,
        mut tell: impl FnMut(&str),
    ) -> Result<Trial, E> {
        let mut numbers: Vec<usize> = (1..=self.settings.len()).collect();
        let mut best = None;
        for (round, epochs) in Self::rounds(epochs).into_iter().enumerate() {
            let mut trials = Vec::new();
            for &number in &numbers {
                let known = |t: &&Trial| t.number == number && t.epochs == epochs;
                if let Some(trial) = self.trials.iter().find(known) {
                    trials.push(trial.clone());
                    continue;
                }
                let setting = self.settings[number - 1].clone();
                let (kept, score, temperature) = attempt(&setting, epochs)?;
                let trial = Trial { number, setting, epochs, kept, score, temperature };
                tell(&format!("round {} of {ROUNDS}: {}", round + 1, trial.describe()));
                trials.push(trial.clone());
                self.trials.push(trial);
                self.write()?;
            }
            // A stable sort: of equal ones the first, which may be the default.
            trials.sort_by(|a, b| a.score.loss.total_cmp(&b.score.loss));
            let left = trials.len().div_ceil(SHARE);
            numbers = trials.iter().take(left).map(|trial| trial.number).collect();
            best = trials.into_iter().next();
        }
        best.ok_or_else(|| E::from("--search: there is nothing to try".to_owned()))
    }

    /// Returns all trials.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    fn write(&self) -> Result<(), String> {
        let Some(file) = &self.file else { return Ok(()) };
        let state = SearchState { run: self.run, trials: self.trials.clone() };
        let text = serde_json::to_string(&state).map_err(|error| error.to_string())?;
        files::write_whole(file, |file| writeln!(file, "{text}")).map_err(|error| error.to_string())
    }
}

/// Reads the trials of an interrupted search, which must be of these settings and of this run.
fn trials_of(file: &Path, settings: &[Setting], run: u32) -> Result<Vec<Trial>, String> {
    let name = printable_path(file);
    let foreign = |why: &str| {
        format!(
            "{name}: these are not the trials of this search: {why}; begin a new one in another folder"
        )
    };
    let text = read_whole(file).map_err(|error| format!("{name}: cannot be read: {error}"))?;
    let SearchState { run: saved, trials } = serde_json::from_slice(&text)
        .map_err(|error| foreign(&printable(&beginning(&error.to_string(), 200))))?;
    if saved != run {
        return Err(foreign("the rows or the options of training have changed"));
    }
    let is_own = |trial: &Trial| {
        let setting = trial.number.checked_sub(1).and_then(|at| settings.get(at));
        setting == Some(&trial.setting) && trial.kept >= 1 && trial.temperature > 0.0
    };
    match trials.iter().find(|trial| !is_own(trial)) {
        None => Ok(trials),
        Some(trial) => Err(foreign(&format!("setting {} is another one", trial.number))),
    }
}

/// Removes the trials that a folder may hold from an earlier run, for a new one.
pub fn forget(folder: &Path) {
    // Where there is none, there is nothing to forget.
    let _ = fs::remove_file(folder.join(TRIALS));
}

impl Setting {
    /// Returns the setting in a few words.
    pub fn describe(&self, has_texts: bool) -> String {
        let Self { activation, lr, hidden, embedding, dropout } = self;
        let vectors = if has_texts { format!(", embedding {embedding}") } else { String::new() };
        format!("{activation}, lr {lr}, hidden {hidden}{vectors}, dropout {dropout}")
    }
}

impl Trial {
    /// Returns its loss and the metric that people know.
    pub fn figures(&self) -> String {
        let metric = self.score.decisive().and_then(|name| Some((name, self.score.metric(name)?)));
        let metric =
            metric.map(|(name, value)| format!(", {} {:.1} %", metric_label(name), 100.0 * value));
        format!("loss {:.4}{}", self.score.loss, metric.unwrap_or_default())
    }

    fn describe(&self) -> String {
        format!(
            "setting {} for at most {} epochs: validation {}",
            self.number,
            self.epochs,
            self.figures()
        )
    }
}

/// Returns a row for each setting: its last round, best first.
pub fn table(trials: &[Trial], has_texts: bool) -> String {
    let mut last: Vec<&Trial> = Vec::new();
    for trial in trials {
        last.retain(|other| other.number != trial.number);
        last.push(trial);
    }
    last.sort_by(|a, b| b.epochs.cmp(&a.epochs).then(a.score.loss.total_cmp(&b.score.loss)));
    let mut text = String::from("setting  epochs  validation\n");
    for trial in last {
        let _ = writeln!(
            text,
            "{:>7}  {:>6}  {:<28}  {}",
            trial.number,
            trial.epochs,
            trial.figures(),
            trial.setting.describe(has_texts)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> SearchSpace<'static> {
        SearchSpace {
            base: Setting {
                activation: "swiglu".to_owned(),
                lr: 0.001,
                hidden: 64,
                embedding: 128,
                dropout: 0.5,
            },
            activations: &[ActivationKind::Relu, ActivationKind::SwiGLU],
            has_texts: true,
            is_rate_fixed: false,
            is_dropout_fixed: true,
        }
    }

    /// The wider the hidden layer and the more epochs, the better the score.
    fn score(setting: &Setting, epochs: usize) -> Score {
        let loss = 1.0 - setting.hidden as f64 / 1000.0 - epochs as f64 / 10_000.0;
        Score { loss, metrics: [("accuracy".to_owned(), 0.5)].into() }
    }

    #[test]
    fn the_default_comes_first_and_the_seed_decides_the_others() {
        let settings = space().draw(8, 3);
        assert_eq!(settings[0], space().base);
        assert_eq!(settings, space().draw(8, 3));
        assert_ne!(settings[1..], space().draw(8, 4)[1..]);
        assert!(settings.iter().all(|s| s.dropout == 0.5 && (0.00025..=0.004).contains(&s.lr)));
    }

    #[test]
    fn a_third_goes_on_and_the_best_of_the_last_round_wins() {
        let mut search = Search::new(9, 0, 7, &space(), None).unwrap();
        let mut tried = Vec::new();
        let best = search.run::<String>(
            90,
            |setting, epochs| {
                tried.push(epochs);
                Ok((1, score(setting, epochs), 1.0))
            },
            |_| {},
        );
        let best = best.unwrap();
        assert_eq!(tried, [vec![10; 9], vec![30; 3], vec![90; 1]].concat());
        assert_eq!(best.setting.hidden, 256);
        assert!(table(search.trials(), true).lines().nth(1).unwrap().contains("hidden 256"));
    }

    #[test]
    fn an_interrupted_search_goes_on_with_what_it_had() {
        let folder = tempfile::tempdir().unwrap();
        let run = |stop_after: usize| {
            let mut search = Search::new(6, 0, 7, &space(), Some(folder.path())).unwrap();
            let mut count = 0;
            let best = search.run::<String>(
                9,
                |setting, epochs| {
                    count += 1;
                    match count > stop_after {
                        true => Err("stopped".to_owned()),
                        false => Ok((1, score(setting, epochs), 1.0)),
                    }
                },
                |_| {},
            );
            (best.map(|trial| trial.number), count)
        };
        assert_eq!(run(4), (Err("stopped".to_owned()), 5));
        let (best, count) = run(usize::MAX);
        assert_eq!((best.is_ok(), count), (true, 5));
        let other = SearchSpace { is_rate_fixed: true, ..space() };
        let error = Search::new(6, 0, 7, &other, Some(folder.path())).err().unwrap();
        assert!(error.contains("another one"), "{error}");
        let error = Search::new(6, 0, 8, &space(), Some(folder.path())).err().unwrap();
        assert!(error.contains("the rows or the options of training have changed"), "{error}");
    }
}
