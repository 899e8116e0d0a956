//! Measures how the time of each part of a step grows, and how often a step allocates memory.
//!
//!     cargo bench --bench costs
//!
//! Each time is the fastest of many runs.

mod workloads;

use std::alloc::System;
use std::hint::black_box;
use std::time::{Duration, Instant};

use autograd::{Parameters, Pass, Tape, Var};
use optim::{Adam, Optimizer};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tensor::Key;
use workloads::growing::{self, BASE, Network};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    println!("{BASE}, unless the table says otherwise\n");
    print_growth("batch", "sample", &[1, 4, 16, 64, 256, 1024, 4096], |batch| {
        (Network { batch, ..BASE }, batch)
    });
    print_growth("width", "weight", &[16, 32, 64, 128, 256, 512, 1024, 2048], |width| {
        (Network { width, ..BASE }, BASE.depth * width * width)
    });
    print_growth("depth", "layer", &[1, 2, 4, 8, 16, 32, 64], |depth| {
        (Network { depth, ..BASE }, depth)
    });
    print_tape_lengths();
    print_allocations();
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { batch, width, depth } = self;
        write!(f, "batch {batch}, {depth} layers {width} → {width} with ReLU, Adam")
    }
}

/// What the parts of a step take.
struct Times {
    forward: Duration,
    backward: Duration,
    update: Duration,
}

impl Times {
    fn step(&self) -> Duration {
        self.forward + self.backward + self.update
    }
}

fn times((mut parameters, loss): (Parameters, impl for<'t> Fn(Pass<'t>) -> Var<'t>)) -> Times {
    let mut tape = Tape::new();
    let forward = fastest(|| {
        black_box(loss(Pass::training(&tape, &parameters, Key::new(0))));
        tape.clear();
    });
    let both = fastest(|| {
        black_box(loss(Pass::training(&tape, &parameters, Key::new(0))).backward());
        tape.clear();
    });
    let gradients = loss(Pass::training(&tape, &parameters, Key::new(0))).backward();
    tape.clear();
    let mut adam = Adam::new(0.001);
    let update = fastest(|| adam.step(&mut parameters, &gradients));
    Times { forward, backward: both.saturating_sub(forward), update }
}

/// The time of the fastest of all runs in a third of a second, and at least three.
fn fastest(mut run: impl FnMut()) -> Duration {
    let (mut best, begin) = (Duration::MAX, Instant::now());
    let mut runs = 0;
    while runs < 3 || begin.elapsed() < Duration::from_millis(300) {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
        runs += 1;
    }
    best
}

/// A table of the steps that `network` makes of each size; with them comes how many of `unit` there
/// are.
fn print_growth(
    measure: &str,
    unit: &str,
    sizes: &[usize],
    network: impl Fn(usize) -> (Network, usize),
) {
    print_header(&[measure, "step µs", "backward / forward", &format!("ns per {unit}")]);
    for &size in sizes {
        let (network, units) = network(size);
        let times = times(network.build());
        let ratio = times.backward.as_secs_f64() / times.forward.as_secs_f64();
        let (micros, nanos) = (1e6 * times.step().as_secs_f64(), 1e9 * times.step().as_secs_f64());
        let per_unit = nanos / units as f64;
        let digits = if per_unit < 100.0 { 2 } else { 0 };
        println!("| {size} | {micros:.1} | {ratio:.2} | {per_unit:.digits$} |");
    }
    println!();
}

/// What a node of the tape costs.
fn print_tape_lengths() {
    print_header(&["nodes of the tape", "forward ns per node", "backward ns per node", "ratio"]);
    for nodes in [10, 100, 1_000, 10_000, 100_000] {
        let times = times(growing::chain(nodes));
        let per_node = |time: Duration| 1e9 * time.as_secs_f64() / nodes as f64;
        let (forward, backward) = (per_node(times.forward), per_node(times.backward));
        println!("| {nodes} | {forward:.0} | {backward:.0} | {:.2} |", backward / forward);
    }
    println!();
}

/// What a step asks the allocator for, once the buffers of the first steps are there to be reused.
fn print_allocations() {
    print_header(&["workload", "allocations a step", "bytes a step"]);
    for (name, make) in workloads::ALL {
        let mut step = make();
        (0..5).for_each(|_| step());
        let region = Region::new(ALLOCATOR);
        step();
        let asked = region.change();
        println!("| {name} | {} | {} |", asked.allocations, asked.bytes_allocated);
    }
}

fn print_header(columns: &[&str]) {
    println!("| {} |", columns.join(" | "));
    println!("|{}", "---:|".repeat(columns.len()));
}
