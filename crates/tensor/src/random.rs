//! Random numbers that depend on a seed and a name, and on nothing else.
//!
//! A [`Key`] is a seed from which other keys are derived by name or number. Each place that needs
//! random numbers takes a key of its own, so no thread, call order or other consumer changes them.

use std::ops::Range;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal, Uniform};

use crate::{Scalar, Tensor, buffer, shape};

/// The seed of one stream of random numbers.
///
/// ```
/// use tensor::{Key, Tensor};
///
/// let key = Key::new(7);
/// let weights: Tensor = Tensor::normal([2, 3], 0.0, 1.0, key.stream("weights"));
/// assert_eq!(weights, Tensor::normal([2, 3], 0.0, 1.0, key.stream("weights")));
/// assert_ne!(weights, Tensor::normal([2, 3], 0.0, 1.0, key.stream("other")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u64);

impl Key {
    /// Creates the key from which a program derives all others.
    pub fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// Returns the key of the stream with this number, such as a step or an epoch.
    pub fn fold_in(self, number: u64) -> Self {
        Self(mix(mix(self.0) ^ mix(number)))
    }

    /// Returns the key of the stream with this name, such as a layer's.
    pub fn stream(self, name: &str) -> Self {
        name.bytes().fold(self.fold_in(name.len() as u64), |key, byte| key.fold_in(byte.into()))
    }

    /// Returns the generator of this stream, at its start.
    pub fn rng(self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.0)
    }
}

/// Applies the finalizer of SplitMix64 (Steele, Lea and Flood 2014): every bit of the input changes
/// about half of the bits of the output.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Tensor<u32> {
    /// Returns uniform draws from all 32-bit numbers.
    pub fn random_bits(shape: impl AsRef<[usize]>, key: Key) -> Self {
        let shape = shape.as_ref();
        let mut bits = buffer::stale(shape::len(shape), 0);
        key.rng().fill(&mut bits[..]);
        Self::from_buffer(shape, bits)
    }
}

impl<T: Scalar> Tensor<T> {
    /// Returns independent draws from a distribution, drawn in `f64`, so that every scalar type gets
    /// the same numbers up to its rounding.
    ///
    /// ```
    /// use rand_distr::Exp1;
    /// use tensor::{Key, Tensor};
    ///
    /// let waits: Tensor = Tensor::sample([2, 3], Exp1, Key::new(7));
    /// assert_eq!(waits, Tensor::<f64>::sample([2, 3], Exp1, Key::new(7)).cast());
    /// ```
    pub fn sample(
        shape: impl AsRef<[usize]>,
        distribution: impl Distribution<f64>,
        key: Key,
    ) -> Self {
        let shape = shape.as_ref();
        let mut rng = key.rng();
        let mut draws = buffer::stale(shape::len(shape), T::ZERO);
        draws.fill_with(|| T::from_f64(distribution.sample(&mut rng)));
        Self::from_buffer(shape, draws)
    }

    /// Returns uniform draws from `range`, rounded to the scalar type. In `f64` all are below the upper
    /// bound. In `f32` some are rounded up to it: about one in thirty million for `0.0..1.0`, and more if the
    /// bound is large compared with the width, such as one in thirty thousand for `1000.0..1001.0`.
    ///
    /// # Panics
    /// If the range is empty or not finite.
    #[track_caller]
    pub fn uniform(shape: impl AsRef<[usize]>, range: Range<f64>, key: Key) -> Self {
        match Uniform::new(range.start, range.end) {
            Ok(uniform) => Self::sample(shape, uniform, key),
            Err(error) => panic!("uniform: nothing can be drawn from {range:?}: {error}"),
        }
    }

    /// Returns normal draws with this mean and standard deviation.
    ///
    /// # Panics
    /// If one is not finite or the deviation is negative.
    #[track_caller]
    pub fn normal(shape: impl AsRef<[usize]>, mean: f64, deviation: f64, key: Key) -> Self {
        match Normal::new(mean, deviation) {
            Ok(normal) if mean.is_finite() && deviation >= 0.0 => Self::sample(shape, normal, key),
            _ => panic!(
                "normal: there is no distribution with mean {mean} and standard deviation \
                 {deviation}: both must be finite, the deviation not negative"
            ),
        }
    }
}
