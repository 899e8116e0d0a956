//! The [`workloads`] with statistics, and compared with the last run; then the step of `text` by the
//! size of the vocabulary.
//!
//!     cargo bench --bench training_step
//!     cargo bench --bench training_step -- vocabulary

mod workloads;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use optim::Adam;
use tensor::Key;

fn steps(c: &mut Criterion) {
    for (name, make) in workloads::ALL {
        // Made when it is first needed: not for a workload that the command line leaves out.
        let mut step = None;
        c.bench_function(name, |b| b.iter(step.get_or_insert_with(make)));
    }
}

/// As in texts, few words are frequent and most are rare (Zipf's law), and each batch holds others:
/// so the rows that it reads are owed the updates of many steps.
fn vocabulary(c: &mut Criterion) {
    let mut group = c.benchmark_group("vocabulary");
    for size in [1_000, 10_000, 100_000, 1_000_000] {
        for (name, adam) in [("Adam", Adam::new(0.001)), ("lazy", Adam::new(0.001).lazy())] {
            let mut step = None;
            let make = || {
                let batches =
                    (0..BATCHES).map(|seed| workloads::growing::zipf_ids(size, Key::new(seed)));
                workloads::text_in_turn(adam.clone(), size, batches.collect())
            };
            group.bench_function(BenchmarkId::new(name, size), |b| {
                b.iter(step.get_or_insert_with(make));
            });
        }
    }
}

/// The number of batches drawn, after which the first comes again.
const BATCHES: u64 = 500;

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30);
    targets = steps, vocabulary
}
criterion_main!(benches);
