//! What the peers in Rust share: the measuring loop and the data.

#[path = "../../../workloads/language_data.rs"]
pub mod language;
#[path = "../../../steps/measure.rs"]
pub mod measure;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Texts are padded to this many tokens.
pub const LONGEST: usize = 100;

/// Numbers from −1 to 1.
pub fn uniform(count: usize) -> Vec<f32> {
    let mut rng = StdRng::seed_from_u64(1);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// Targets 0 and 1.
pub fn targets(count: usize) -> Vec<f32> {
    uniform(count).into_iter().map(|x| if x < 0.0 { 0.0 } else { 1.0 }).collect()
}

/// Token ids `[batch, 100]`: 20 to 100 tokens, then padding, which is 0.
pub fn token_ids(batch: usize, vocabulary: usize) -> Vec<u32> {
    let mut rng = StdRng::seed_from_u64(3);
    let mut ids = Vec::with_capacity(batch * LONGEST);
    for _ in 0..batch {
        let length = rng.random_range(20..=LONGEST);
        let mut id = |t| if t < length { rng.random_range(1..vocabulary as u32) } else { 0 };
        ids.extend((0..LONGEST).map(&mut id));
    }
    ids
}

/// Labels of 8 classes.
pub fn labels(batch: usize) -> Vec<u32> {
    (0..batch as u32).map(|i| i % 8).collect()
}
