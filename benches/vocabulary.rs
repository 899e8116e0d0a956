//! What the `text` step costs by the size of the vocabulary, for [`Adam`] and [lazy](Adam::lazy) Adam.
//!
//! As in texts, few words are frequent and most are rare (Zipf's law), and each batch holds others:
//! so the rows that it reads are owed the updates of many steps.
//!
//!     cargo bench --bench vocabulary

mod workloads;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use optim::Adam;
use rand::RngExt;
use rand::distr::Distribution;
use rand_distr::Zipf;
use tensor::{Key, Tensor};
use workloads::text_in_turn;

/// How many batches are drawn; then the first one comes again.
const BATCHES: u64 = 500;

fn steps(c: &mut Criterion) {
    let variants: [(&str, fn() -> Adam); 2] =
        [("adam", || Adam::new(0.001)), ("lazy_adam", || Adam::new(0.001).lazy())];
    for (name, adam) in variants {
        let mut group = c.benchmark_group(name);
        for vocabulary in [1_000, 10_000, 100_000, 1_000_000] {
            let mut step = None;
            let make = || {
                let batches = (0..BATCHES).map(|seed| zipf_ids(vocabulary, Key::new(seed)));
                text_in_turn(adam(), vocabulary, batches.collect())
            };
            group.bench_function(BenchmarkId::from_parameter(vocabulary), |b| {
                b.iter(step.get_or_insert_with(make));
            });
        }
    }
}

/// Token ids `[32, 100]`: 20 to 100 tokens, then padding.
fn zipf_ids(vocabulary: usize, key: Key) -> Tensor<u32> {
    let words = Zipf::new(vocabulary as f64 - 1.0, 1.0).expect("a vocabulary");
    let mut rng = key.rng();
    let mut ids = Vec::with_capacity(32 * 100);
    for _ in 0..32 {
        let length = rng.random_range(20..=100);
        ids.extend((0..100).map(|t| if t < length { words.sample(&mut rng) as u32 } else { 0 }));
    }
    Tensor::new([32, 100], ids)
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30);
    targets = steps
}
criterion_main!(benches);
