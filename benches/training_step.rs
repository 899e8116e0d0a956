//! The [`workloads`] with statistics, and compared with the last run.
//!
//!     cargo bench --bench training_step

mod workloads;

use criterion::{Criterion, criterion_group, criterion_main};

fn steps(c: &mut Criterion) {
    for (name, make) in workloads::ALL {
        // Made when it is first needed: not for a workload that the command line leaves out.
        let mut step = None;
        c.bench_function(name, |b| b.iter(step.get_or_insert_with(make)));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30);
    targets = steps
}
criterion_main!(benches);
