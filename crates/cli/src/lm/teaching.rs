//! The options for training a language model.

use autograd::Parameters;
use clap::Args;
use data::Split;
use optim::{AdamW, Schedule};
use serde_json::{Value, json};
use train::Fit;

use super::defaults;
use super::values::not_negative;
use crate::values::{positive, rate, share, up_to};

/// The options of training a language model.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Training")]
pub struct Teaching {
    /// Take N steps.
    #[arg(long, value_name = "N", default_value_t = defaults::STEPS, value_parser = up_to::<100_000_000>, allow_negative_numbers = true, conflicts_with = "epochs")]
    pub steps: usize,
    /// Take as many steps as are needed to go over the training tokens N times.
    #[arg(long, value_name = "N", value_parser = up_to::<1_000_000>, allow_negative_numbers = true)]
    pub epochs: Option<usize>,
    /// Validate after every N steps [default: ten times in all].
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub validate_every: Option<usize>,
    /// Take a step for every N windows of the text.
    #[arg(long, value_name = "N", default_value_t = defaults::BATCH, value_parser = up_to::<65_536>, allow_negative_numbers = true)]
    pub batch_size: usize,
    /// Add up the gradients of N batches for a step, one after the other: the effect of a batch N times as large, with
    /// the memory of one.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = up_to::<1024>, allow_negative_numbers = true)]
    pub accumulate: usize,
    /// Cut each batch into N shards that up to N threads compute in parallel. The result depends on N, but not on the
    /// number of threads.
    #[arg(long, value_name = "N", default_value_t = defaults::SHARDS, value_parser = up_to::<1024>, allow_negative_numbers = true)]
    pub shards: usize,
    /// AdamW's largest learning rate. The rate grows to it in the warm-up, then falls to --min-lr along a cosine.
    #[arg(long, value_name = "RATE", default_value_t = defaults::RATE, value_parser = rate, allow_hyphen_values = true)]
    pub lr: f64,
    /// The rate that the cosine ends with [default: a tenth of --lr].
    #[arg(long, value_name = "RATE", value_parser = not_negative, allow_hyphen_values = true)]
    pub min_lr: Option<f64>,
    /// The number of steps in which the rate grows [default: a twentieth of all].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub warm_up: Option<usize>,
    /// AdamW's weight decay of matrices. Norms, β and γ are not decayed.
    #[arg(long, value_name = "DECAY", default_value_t = defaults::DECAY, value_parser = not_negative, allow_hyphen_values = true)]
    pub decay: f64,
    /// Adam's β₁.
    #[arg(long, value_name = "BETA", default_value_t = defaults::BETA1, value_parser = share, allow_hyphen_values = true)]
    pub beta1: f64,
    /// Adam's β₂.
    #[arg(long, value_name = "BETA", default_value_t = defaults::BETA2, value_parser = share, allow_hyphen_values = true)]
    pub beta2: f64,
    /// Scale the gradients down to this norm if their norm is larger.
    #[arg(long, value_name = "NORM", default_value_t = defaults::CLIP, value_parser = rate, allow_hyphen_values = true)]
    pub clip: f64,
    /// The seed of initial weights, windows and dropout. The same seed gives the same result.
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,
    /// Print nothing but the final figures, notes and errors.
    #[arg(long)]
    pub quiet: bool,
}

/// The steps of a run. Its epochs, in the sense of [`Fit`], are the parts between two validations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The number of steps.
    pub all: usize,
    /// The steps of a part. The last part may have fewer.
    pub of_a_part: usize,
}

impl Teaching {
    /// Returns the number of windows of a step.
    pub fn windows(&self) -> usize {
        self.batch_size * self.accumulate
    }

    /// Returns the steps of a run on a text that this number of windows covers once.
    pub fn steps(&self, windows: usize) -> Steps {
        let all = match self.epochs {
            Some(epochs) => (windows * epochs).div_ceil(self.windows()).max(1),
            None => self.steps,
        };
        let tenth = all.div_ceil(defaults::VALIDATIONS);
        Steps { all, of_a_part: self.validate_every.unwrap_or(tenth).min(all) }
    }

    /// Returns the options of a run. Shards of accumulated batches are computed when a thread is free, so that
    /// only as many tapes are in memory as there are threads.
    pub fn fit(&self, seed: u64, steps: Steps, parameters: &Parameters) -> Fit {
        let is_learned = |name: &&str| name.ends_with(".beta") || name.ends_with(".gamma");
        let names = parameters.ids().map(|id| parameters.name(id));
        Fit {
            epochs: steps.all.div_ceil(steps.of_a_part),
            batch_size: self.windows(),
            shards: self.shards * self.accumulate,
            validation_split: 0.0,
            split: Split::Last,
            seed,
            clip_norm: Some(self.clip),
            // The last part is kept, even if another is best by accuracy, because the cosine ends there.
            keep_best: false,
            track: names.filter(is_learned).map(String::from).collect(),
            ..Fit::default()
        }
    }

    /// Returns the optimizer of a run.
    pub fn optimizer(&self, steps: Steps) -> Result<AdamW, String> {
        let all = steps.all;
        let warm_up = self.warm_up.unwrap_or((all as f64 * defaults::WARM_UP) as usize);
        if warm_up >= all {
            return Err(format!(
                "--warm-up {warm_up}: there are {all} steps; give a smaller number"
            ));
        }
        let least = self.min_lr.unwrap_or(self.lr * defaults::LAST_RATE);
        if least > self.lr {
            return Err(format!(
                "--min-lr {least}: it is above --lr {}; give a smaller one",
                self.lr
            ));
        }
        let schedule = Schedule::cosine(self.lr, (all - warm_up) as u64);
        let schedule = schedule.floor(least).warm_up(warm_up as u64);
        Ok(AdamW::new(schedule).betas(self.beta1, self.beta2).decay(self.decay))
    }

    /// Returns `count` seeds, counted up from --seed.
    pub fn seeds(&self, count: usize) -> impl Iterator<Item = u64> + use<> {
        let first = self.seed;
        (0..count as u64).map(move |k| first.wrapping_add(k))
    }

    /// Returns the options by name.
    pub fn named(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("--seed", json!(self.seed)),
            ("--steps", json!(self.steps)),
            ("--epochs", json!(self.epochs)),
            ("--validate-every", json!(self.validate_every)),
            ("--batch-size", json!(self.batch_size)),
            ("--accumulate", json!(self.accumulate)),
            ("--shards", json!(self.shards)),
            ("--lr", json!(self.lr)),
            ("--min-lr", json!(self.min_lr)),
            ("--warm-up", json!(self.warm_up)),
            ("--decay", json!(self.decay)),
            ("--beta1", json!(self.beta1)),
            ("--beta2", json!(self.beta2)),
            ("--clip", json!(self.clip)),
        ]
    }
}
