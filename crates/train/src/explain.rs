//! Measures how a trained model uses each column of its inputs. Only its predictions are needed, so this works
//! for any model.
//!
//! **Permutation importance** (Breiman, *Random Forests*, 2001; for any model: Fisher, Rudin and Dominici,
//! *All Models are Wrong, but Many are Useful*, 2019). One column is shuffled among the samples. It keeps its
//! values, but they no longer belong to their samples. The increase of the loss shows how much the
//! predictions depended on the column:
//!
//! ```text
//! importance of j = loss(X with column j shuffled) − loss(X)
//! ```
//!
//! **Partial dependence** (Friedman, *Greedy Function Approximation: A Gradient Boosting Machine*, 2001). Every
//! sample is given the same value v of a column, and the predictions are averaged:
//!
//! ```text
//! PD(v) = 1/n Σᵢ f(v in column j, xᵢ in all others)
//! ```
//!
//! Both evaluate samples that may not occur, such as an apartment of 20 m² with five rooms. Both describe the
//! model and not the world: if two columns carry the same information, a model may use either, and each alone
//! may seem to matter little. Measure them on samples that the model was not trained on, to see what it
//! learned and not what it remembers.

use std::collections::BTreeMap;

use autograd::Parameters;
use data::{Columns, Dataset, Samples};
use nn::Model;
use rand::seq::SliceRandom;
use serde::Serialize;
use tensor::{Key, Scalar};

use crate::loss::Loss;
use crate::score::Score;
use crate::trainer::Trainer;

/// By how much a figure changes when a column is shuffled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The mean over the repetitions. A figure that rises has a positive change.
    pub mean: f64,
    /// The sample standard deviation over the repetitions.
    pub deviation: f64,
}

/// What shuffling one column does to the score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Importance {
    /// The change of the loss. It is exactly 0 for a column that has one value.
    pub loss: Change,
    /// The change of each metric that every repetition has.
    pub metrics: BTreeMap<String, Change>,
}

impl Change {
    /// Measures the change from `before` to each of two or more figures.
    fn of(before: f64, after: &[f64]) -> Self {
        let changes: Vec<f64> = after.iter().map(|after| after - before).collect();
        let count = changes.len() as f64;
        let mean = changes.iter().sum::<f64>() / count;
        let squares: f64 = changes.iter().map(|change| (change - mean).powi(2)).sum();
        Self { mean, deviation: (squares / (count - 1.0)).sqrt() }
    }
}

impl Importance {
    fn of(whole: &Score, shuffled: &[Score]) -> Self {
        let losses: Vec<f64> = shuffled.iter().map(|score| score.loss).collect();
        let metric = |(name, before): (&String, &f64)| {
            let after: Option<Vec<f64>> = shuffled.iter().map(|score| score.metric(name)).collect();
            Some((name.clone(), Change::of(*before, &after?)))
        };
        Self {
            loss: Change::of(whole.loss, &losses),
            metrics: whole.metrics.iter().filter_map(metric).collect(),
        }
    }
}

impl<M: Model, L> Trainer<'_, M, L> {
    /// Returns the permutation importance of each of these columns on a data set.
    ///
    /// Repetition `r` shuffles by `key.fold_in(r)`, each column in the same order, so the importance of a
    /// column does not depend on the others asked for.
    ///
    /// ```
    /// use autograd::Parameters;
    /// use data::Dataset;
    /// use nn::{Dense, Features, MeanSquaredError, Model};
    /// use optim::Adam;
    /// use tensor::{Key, Tensor};
    /// use train::{Fit, Trainer};
    ///
    /// // The target is the first of two features.
    /// let inputs = Tensor::normal([200, 2], 0.0, 1.0, Key::new(1));
    /// let targets = inputs.slice(1, 0..1);
    /// let samples = Dataset::with_targets(inputs, targets);
    ///
    /// let mut parameters = Parameters::new(1);
    /// let model = Features::new(2).then(Dense::new(&mut parameters, "output", 2, 1));
    /// let trainer = Trainer::new(&model, MeanSquaredError);
    /// let options = Fit { epochs: 50, validation_split: 0.0, ..Fit::default() };
    /// trainer.fit(&mut parameters, &mut Adam::new(0.05), &samples, &options)?;
    ///
    /// let found = trainer.importance(&parameters, &samples, &[0..1, 1..2], 5, Key::new(2));
    /// assert!(found[0].loss.mean > 1.0 && found[1].loss.mean < 0.01);
    /// # Ok::<(), train::TrainError>(())
    /// ```
    ///
    /// # Panics
    /// If there are no samples, fewer than two repetitions, or the data set does not fit the model.
    #[track_caller]
    pub fn importance<T, X, Y>(
        &self,
        parameters: &Parameters<T>,
        dataset: &Dataset<X, Y>,
        columns: &[X::Column],
        repetitions: usize,
        key: Key,
    ) -> Vec<Importance>
    where
        T: Scalar,
        L: Loss<T>,
        X: Columns + Samples<Batch = M::Input>,
        Y: Samples<Batch = L::Target>,
    {
        assert!(
            repetitions > 1,
            "importance: {repetitions} repetitions have no spread; take 2 or more"
        );
        let whole = self.score(parameters, dataset);
        let others: Vec<X> = (0..repetitions as u64)
            .map(|repetition| {
                let mut order: Vec<u32> = (0..dataset.len() as u32).collect();
                order.shuffle(&mut key.fold_in(repetition).rng());
                dataset.inputs().select(&order)
            })
            .collect();
        // Not by a closure, which would hide the caller's line.
        let mut importances = Vec::with_capacity(columns.len());
        for column in columns {
            let mut scores = Vec::with_capacity(repetitions);
            for others in &others {
                let inputs = dataset.inputs().with_column(column, others);
                let permuted = Dataset::with_targets(inputs, dataset.targets().clone());
                scores.push(self.score(parameters, &permuted));
            }
            importances.push(Importance::of(&whole, &scores));
        }
        importances
    }

    /// Returns the partial dependence of the predictions on a column: for each of `values` the mean
    /// prediction, a number for each output. Each of `values` is the position of the sample whose value is
    /// used.
    ///
    /// # Panics
    /// If there are no samples, a position is not one of a sample, or the inputs do not fit the model.
    #[track_caller]
    pub fn partial_dependence<T, X>(
        &self,
        parameters: &Parameters<T>,
        inputs: &X,
        column: &X::Column,
        values: &[u32],
    ) -> Vec<Vec<f64>>
    where
        T: Scalar,
        L: Loss<T>,
        X: Columns + Samples<Batch = M::Input>,
    {
        let count = inputs.count();
        assert!(count > 0, "partial_dependence: there are no samples to average over");
        let mut means = Vec::with_capacity(values.len());
        for &value in values {
            let same = inputs.select(&vec![value; count]);
            let predictions = self.predict(parameters, &inputs.with_column(column, &same));
            let outputs = predictions.len() / count;
            let mut sums = vec![0.0; outputs];
            for sample in predictions.to_vec().chunks(outputs) {
                sums.iter_mut().zip(sample).for_each(|(sum, output)| *sum += output.to_f64());
            }
            means.push(sums.iter().map(|sum| sum / count as f64).collect());
        }
        means
    }
}
