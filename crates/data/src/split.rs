//! Chooses the samples for validation.
//!
//! Files are often sorted, by label or by time. If the last fifth of a file that is sorted by label
//! is split off, training never sees whole classes. So samples are drawn at random. By default each
//! class has its share in both parts.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use tensor::{Key, Tensor};
use thiserror::Error;

/// A way of choosing samples for validation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Draws from each class by its share, so that both parts have about the same mix. A class with
    /// a single sample is trained on. If each sample has a label of its own, this is
    /// [`Split::Shuffled`].
    #[default]
    Stratified,
    /// Draws from all samples.
    Shuffled,
    /// Takes the last samples in the data set's order, as Keras does.
    Last,
}

/// Samples that cannot be divided: one part would have none.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum SplitError {
    /// The fraction is outside 0 .. 1.
    #[error("the fraction to hold out must be at least 0 and below 1, found {0}")]
    Fraction(f64),
    /// There are too few samples for this fraction.
    #[error(
        "{samples} samples with a fraction of {fraction} held out leave {training} for training and \
         {} to hold out; both need at least one: give more data or another fraction",
        samples - training
    )]
    TooFew {
        /// The number of samples.
        samples: usize,
        /// The fraction asked for.
        fraction: f64,
        /// The number of samples that would be left to train on.
        training: usize,
    },
}

impl Split {
    /// Returns the positions of the ⌈n · fraction⌉ samples for validation among n `samples`, in
    /// ascending order. `classes` is `[n]`; without classes [`Split::Stratified`] draws from all
    /// samples.
    ///
    /// # Errors
    ///
    /// If the fraction is not in 0 .. 1, or a part would be empty although the fraction is above
    /// 0.
    pub fn validation_positions(
        self,
        samples: usize,
        classes: Option<&Tensor<u32>>,
        fraction: f64,
        key: Key,
    ) -> Result<Vec<u32>, SplitError> {
        if !(0.0..1.0).contains(&fraction) {
            return Err(SplitError::Fraction(fraction));
        }
        let training = samples - share_of(samples, fraction);
        if fraction > 0.0 && (training == 0 || training == samples) {
            return Err(SplitError::TooFew { samples, fraction, training });
        }
        let count = samples - training;
        let mut order: Vec<u32> = (0..samples as u32).collect();
        if self == Split::Last || count == 0 {
            return Ok(order.split_off(training));
        }
        order.shuffle(&mut key.rng());
        if let (Split::Stratified, Some(classes)) = (self, classes) {
            order = by_share(&order, &classes.to_vec(), count);
        }
        order.truncate(count);
        order.sort_unstable();
        Ok(order)
    }
}

/// Returns ⌈count · share⌉ for a share from 0 to 1 that was written in decimals: 100 · 0.07 is 7, and not the next number
/// above it. A share so small that 1 − share is 1 is none.
pub(crate) fn share_of(count: usize, share: f64) -> usize {
    let product = count as f64 * share;
    let whole = product.round();
    let is_whole = (product - whole).abs() <= 4.0 * f64::EPSILON * count as f64;
    (if is_whole { whole } else { product.ceil() }) as usize
}

/// Reorders the positions. The first `count` have about the same mix of classes as all.
fn by_share(order: &[u32], labels: &[u32], count: usize) -> Vec<u32> {
    let mut wanted = shares(labels, count);
    let (mut first, mut others) = (Vec::new(), Vec::new());
    for &position in order {
        match wanted.get_mut(&labels[position as usize]) {
            Some(left) if *left > 0 => {
                *left -= 1;
                first.push(position);
            }
            _ => others.push(position),
        }
    }
    first.append(&mut others);
    first
}

/// Returns how many of `count` samples each class contributes: the whole part of its share, and one
/// more for the classes with the largest remainders. The last sample of a class is never taken. A label that is
/// ignored may be any number, so classes are looked up and not counted from 0.
fn shares(labels: &[u32], count: usize) -> BTreeMap<u32, usize> {
    let mut sizes = BTreeMap::<u32, usize>::new();
    for &label in labels {
        *sizes.entry(label).or_default() += 1;
    }
    // Whole numbers give the same result on every machine.
    let share = |size: usize| size as u128 * count as u128;
    let all = labels.len().max(1) as u128;
    let whole = |(&class, &size): (&u32, &usize)| (class, (share(size) / all) as usize);
    let mut shares: BTreeMap<u32, usize> = sizes.iter().map(whole).collect();
    let mut by_remainder: Vec<u32> =
        sizes.iter().filter(|&(_, &size)| size > 1).map(|(&class, _)| class).collect();
    by_remainder.sort_by_key(|class| std::cmp::Reverse(share(sizes[class]) % all));
    let mut missing = count - shares.values().sum::<usize>();
    // Classes of one sample contribute none, so others may have to contribute several more.
    while missing > 0 {
        let before = missing;
        for class in &by_remainder {
            let taken = shares.get_mut(class).expect("each class has a share");
            if missing > 0 && *taken + 1 < sizes[class] {
                *taken += 1;
                missing -= 1;
            }
        }
        if missing == before {
            break;
        }
    }
    shares
}
