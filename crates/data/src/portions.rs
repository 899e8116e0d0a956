//! Epochs of a fixed number of samples.
//!
//! Where samples are many, one pass over them is too long to wait for the next validation; where they are
//! few, it is too short. Here the passes follow each other without a gap, and each epoch takes the next
//! portion:
//!
//! ```text
//! passes    ├── all samples, in one order ──┼── all samples, in another ──┼──
//! epochs    ├── 1 ──┼── 2 ──┼── 3 ──┼── 4 ──┼── 5 ──┼── …
//! ```
//!
//! Only the order of one pass is in memory, however many samples an epoch has.

use std::ops::Range;

use rand::seq::SliceRandom;
use tensor::Key;

use crate::{Batches, Dataset, Samples, Sink, Source, SourceError};

/// A data set as a [`Source`] whose epochs have `count` samples each, up to `total` samples in all: then the last
/// epoch has fewer.
///
/// ```
/// use data::{Dataset, Portions, Source};
/// use tensor::{Key, Tensor};
///
/// let dataset = Dataset::new(Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([0, 1, 2]));
/// let portions = Portions::new(dataset, 2, 5, Key::new(7));
/// let epoch = |number| -> Vec<u32> {
///     let batches = portions.epoch(number, 2, None);
///     batches.flat_map(|batch| batch.unwrap().read_all().unwrap().targets().to_vec()).collect()
/// };
/// assert_eq!([epoch(1), epoch(2), epoch(3)], [vec![0, 1], vec![2, 0], vec![1]]);
/// ```
#[derive(Clone, Debug)]
pub struct Portions<X: Samples, Y: Samples> {
    dataset: Dataset<X, Y>,
    count: usize,
    total: usize,
    key: Key,
}

impl<X: Samples, Y: Samples> Portions<X, Y> {
    /// Creates epochs of `count` samples, `total` in all. The order of each pass is drawn from `key`.
    ///
    /// # Panics
    /// If there are no samples, or `count` or `total` is 0.
    #[track_caller]
    pub fn new(dataset: Dataset<X, Y>, count: usize, total: usize, key: Key) -> Self {
        assert!(
            !dataset.is_empty() && count > 0 && total > 0,
            "Portions: epochs of {count} samples, {total} in all, cannot be taken from {} samples: none of these \
             numbers may be 0",
            dataset.len()
        );
        Self { dataset, count, total, key }
    }

    /// Returns the places of the samples of an epoch, counted over all passes.
    fn places(&self, epoch: usize) -> Range<usize> {
        let before = |epoch: usize| self.total.min(epoch.saturating_mul(self.count));
        before(epoch - 1)..before(epoch)
    }

    /// Returns the samples of a pass, in its order.
    fn pass(&self, number: usize, is_drawn: bool) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.dataset.len() as u32).collect();
        if is_drawn {
            order.shuffle(&mut self.key.fold_in(number as u64).rng());
        }
        order
    }

    /// Returns the samples at these places of all passes, in their order. `pass` is the last one that was drawn, with
    /// its number.
    fn samples_at(
        &self,
        places: Range<usize>,
        is_drawn: bool,
        pass: &mut Option<(usize, Vec<u32>)>,
    ) -> Vec<u32> {
        let size = self.dataset.len();
        let sample = |place: usize| {
            let number = place / size;
            let (_, order) = match pass.take() {
                Some(drawn) if drawn.0 == number => pass.insert(drawn),
                _ => pass.insert((number, self.pass(number, is_drawn))),
            };
            order[place % size]
        };
        places.map(sample).collect()
    }
}

/// With a key the order is drawn, but from the key of these portions: the order of a pass is to be the same
/// in all epochs that take a part of it.
impl<X: Samples, Y: Samples> Source for Portions<X, Y> {
    type Inputs = X;
    type Targets = Y;

    #[track_caller]
    fn epoch(&self, number: usize, size: usize, key: Option<Key>) -> Batches<'_, X, Y> {
        assert!(size > 0, "Portions: a batch needs at least one sample, not 0");
        let epoch = self.places(number);
        let (last, mut pass) = (epoch.end, None);
        Box::new(epoch.step_by(size).map(move |start| {
            let places = start..last.min(start + size);
            Ok(self.dataset.select(&self.samples_at(places, key.is_some(), &mut pass)).into())
        }))
    }

    fn samples(&self) -> Option<usize> {
        Some(self.count.min(self.total))
    }

    fn samples_in(&self, epoch: usize) -> Option<usize> {
        Some(self.places(epoch).len())
    }

    fn sketch(&self) -> Result<Dataset<X, Y>, SourceError> {
        Ok(self.dataset.clone())
    }

    fn digest(&self, inputs: Sink<'_>, targets: Sink<'_>) -> Result<[String; 2], SourceError> {
        let [of_inputs, of_targets] = self.dataset.digest(inputs, targets)?;
        Ok([format!("{of_inputs}, ordered by {:?}", self.key), of_targets])
    }
}

#[cfg(test)]
mod tests {
    use tensor::Tensor;

    use super::*;

    fn targets(portions: &Portions<Tensor, Tensor<u32>>, epochs: usize) -> Vec<u32> {
        let key = Some(Key::new(0));
        let epochs = (1..=epochs).flat_map(|epoch| portions.epoch(epoch, 3, key));
        epochs.flat_map(|batch| batch.unwrap().read_all().unwrap().targets().to_vec()).collect()
    }

    #[test]
    fn each_pass_has_each_sample_once_for_epochs_of_any_length() {
        let dataset = Dataset::new(Tensor::zeros([7, 1]), Tensor::new([7], (0..7).collect()));
        let drawn: Vec<Vec<u32>> = [1, 3, 7, 20]
            .into_iter()
            .map(|count| {
                let portions = Portions::new(dataset.clone(), count, 21, Key::new(5));
                targets(&portions, 21_usize.div_ceil(count))
            })
            .collect();
        assert!(drawn.iter().all(|order| *order == drawn[0] && order.len() == 21));
        for pass in drawn[0].chunks(7) {
            let mut pass = pass.to_vec();
            pass.sort();
            assert_eq!(pass, [0, 1, 2, 3, 4, 5, 6]);
        }
        assert_ne!(drawn[0][..7], drawn[0][7..14]);
    }
}
