//! The options of training that `train`, `compare` and `tabular` share.

use std::collections::BTreeSet;

use autograd::{Parameters, check};
use clap::Args;
use data::{Dataset, Samples, Split, SplitError, excerpt};
use nn::Model;
use train::{Fit, Loss, Trainer};

use crate::ending::tell;
use crate::saying::say;
use crate::values::{positive, rate, share, split, up_to};

/// The options of a training run.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Training")]
pub struct Training {
    /// Go over the training samples N times.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = up_to::<1_000_000>, allow_negative_numbers = true)]
    pub epochs: usize,
    /// Take a step for every N samples.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = positive, allow_negative_numbers = true)]
    pub batch_size: usize,
    /// Cut each batch into N shards that up to N threads compute in parallel: faster if batches are
    /// large. The result depends on N, but not on the number of threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = up_to::<4096>, allow_negative_numbers = true)]
    pub shards: usize,
    /// Adam's learning rate [default: 0.001; for a FILE without texts: 0.003].
    #[arg(long, value_name = "RATE", value_parser = rate, allow_hyphen_values = true)]
    pub lr: Option<f64>,
    /// The share of training samples kept for validation: the weights of the epoch that is best on
    /// them are kept. With 0 all samples are trained on, and the last epoch is kept.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share, allow_hyphen_values = true)]
    pub validation_split: f64,
    /// How to choose the samples for validation: `stratified`, drawn by --seed from each class by its
    /// share; `shuffled`, drawn from all; or `last`, the last ones of the file, as in Keras.
    #[arg(long, value_name = "HOW", default_value = "stratified", value_parser = split)]
    pub split: Split,
    /// Stop after N epochs in a row without improvement.
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub patience: Option<usize>,
    /// The seed of initial weights, order and dropout. The same seed gives the same result.
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,
    /// Record after each epoch how large the outputs and the gradients of each layer are, and how
    /// many of them are 0, for --log and for the page of --report. It changes nothing else.
    #[arg(long)]
    pub watch_layers: bool,
    /// Check the gradients by all methods, before training and again on the trained weights, and
    /// print a line for each parameter. (Without this option they are checked once, and one line sums
    /// up the result.)
    #[arg(long)]
    pub gradcheck: bool,
    /// Print nothing but the final figures, notes and errors.
    #[arg(long, conflicts_with = "gradcheck")]
    pub quiet: bool,
}

impl Training {
    /// Returns `count` seeds, counted up from --seed.
    pub fn seeds(&self, count: usize) -> impl Iterator<Item = u64> + use<> {
        let first = self.seed;
        (0..count as u64).map(move |k| first.wrapping_add(k))
    }

    /// Returns Adam's learning rate.
    pub fn lr(&self) -> f64 {
        self.lr.unwrap_or(0.001)
    }

    /// Returns the options of a run. The caller sets the seed and the tracked parameters.
    pub fn fit(&self) -> Fit {
        Fit {
            epochs: self.epochs,
            batch_size: self.batch_size,
            shards: self.shards,
            validation_split: self.validation_split,
            split: self.split,
            patience: self.patience,
            watch_layers: self.watch_layers,
            ..Fit::default()
        }
    }

    /// Checks that samples can be split as requested, and warns of classes without training
    /// samples. `names` are the names of the classes.
    pub fn check_split<X: Samples>(
        &self,
        seeds: usize,
        samples: &Dataset<X>,
        names: &[String],
    ) -> Result<(), SplitError> {
        let mut missing = BTreeSet::new();
        for seed in self.seeds(seeds) {
            let (training, _) = Fit { seed, ..self.fit() }.split(samples)?;
            let trained: BTreeSet<u32> = training.targets().to_vec().into_iter().collect();
            missing.extend((0..names.len() as u32).filter(|class| !trained.contains(class)));
        }
        for class in missing {
            let count = samples.targets().to_vec().iter().filter(|&&label| label == class).count();
            tell(format_args!(
                "warning: no sample of the class {} is left to train on: all {count} are kept for \
                 validation; --split stratified trains on a share of each class",
                excerpt(&names[class as usize])
            ));
        }
        Ok(())
    }

    /// Describes for a report how samples were chosen for validation.
    pub fn describe_split(&self) -> String {
        let share = self.validation_split * 100.0;
        match self.split {
            Split::Stratified => format!("{share:.0} % of each class held back for validation"),
            Split::Shuffled => {
                format!("{share:.0} % of them, drawn by lot, held back for validation")
            }
            Split::Last => format!("the last {share:.0} % of them held back for validation"),
        }
    }

    /// Checks the gradients of the first seed's models in f64 on a few samples. It prints the
    /// result in one line. With --gradcheck it prints a line for each parameter, and checks again
    /// after training. The error is a wrong gradient.
    pub fn check_gradients<M, L, X, Y>(
        &self,
        weights: Weights,
        seed: u64,
        trainer: &Trainer<'_, M, L>,
        parameters: &Parameters,
        dataset: &Dataset<X, Y>,
    ) -> Result<(), String>
    where
        M: Model,
        L: Loss<check::Number, Target = Y::Batch>,
        X: Samples<Batch = M::Input>,
        Y: Samples,
    {
        let wanted = weights == Weights::Initial || self.gradcheck;
        if !wanted || seed != self.seed || dataset.is_empty() {
            return Ok(());
        }
        let samples = samples_to_check(dataset);
        let when = match weights {
            Weights::Initial => "before training",
            Weights::Trained => "on the trained weights",
        };
        let report = check::parameters(parameters, |pass| trainer.loss(pass, &samples));
        if !self.quiet {
            say(format_args!("Gradient check {when} {}", report.summary()));
        }
        if self.gradcheck {
            say(format_args!("{report}"));
        }
        match report.passes() {
            true => Ok(()),
            false => Err(format!("the gradients {when} are wrong\n{report}")),
        }
    }
}

/// The weights on which gradients are checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    Initial,
    Trained,
}

/// The number of samples that gradients are checked on.
const CHECKED: usize = 4;

/// A check computes the loss hundreds of times, which would take too long for a sample of more items than this.
const LONG: usize = 100;

/// Returns the first samples that are not long. If these are too few, the shortest of the long ones follow.
fn samples_to_check<X: Samples, Y: Samples>(dataset: &Dataset<X, Y>) -> Dataset<X, Y> {
    let mut positions: Vec<u32> = (0..dataset.len() as u32).collect();
    let length = |&position: &u32| dataset.inputs().length(position as usize).unwrap_or(0);
    positions.sort_by_key(|position| length(position).max(LONG));
    positions.truncate(CHECKED);
    dataset.select(&positions)
}

#[cfg(test)]
mod tests {
    use data::Sequences;
    use tensor::Tensor;

    use super::*;

    #[test]
    fn gradients_are_checked_on_the_first_samples_that_are_not_long() {
        let checked = |lengths: &[usize]| -> Vec<usize> {
            let texts = lengths.iter().map(|&length| vec![1; length]).collect::<Vec<Vec<u32>>>();
            let texts = Sequences::new(texts.iter().map(Vec::as_slice), 0);
            let dataset = Dataset::new(texts, Tensor::new([lengths.len()], vec![0; lengths.len()]));
            samples_to_check(&dataset).inputs().iter().map(<[u32]>::len).collect()
        };
        assert_eq!(checked(&[3, 0, 100, 7, 2]), [3, 0, 100, 7]);
        assert_eq!(checked(&[200_000, 3, 101, 7, 2, 1]), [3, 7, 2, 1]);
        assert_eq!(checked(&[900, 3, 800, 7, 700]), [3, 7, 700, 800]);
        assert_eq!(checked(&[900]), [900]);
    }
}
