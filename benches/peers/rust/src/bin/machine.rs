//! The limits of the machine, for the roofline: `name value` lines with one thread or as many as named.
//!
//!     machine 1
//!
//! `gflops`: the rate of f32 fused multiply-adds, each two operations, in registers, with the widest
//! vectors that the processor has.
//! `l2`, `l3`, `memory`: bytes a nanosecond of `a += s·d, b += s·d, c += s·d`, which reads and writes what
//! Adam does, 28 bytes an element, on arrays that together take half of an L2 cache (a core's own),
//! 8 MiB, or the 160 MB of the workload `adam`, divided among the threads. Sums of one array and
//! `a += s·b` reach less. `memory` has just this size because L3 still holds a part of the arrays: with more
//! of them the rate would be lower than what `adam` can reach.

use std::env;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use pulp::{Arch, Simd, WithSimd};

const ROUNDS: usize = 100;

fn main() {
    let threads = env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1);
    println!("gflops {:.1}", best(threads, peak));
    for (name, bytes) in [("l2", threads << 19), ("l3", 8 << 20), ("memory", 160_000_000)] {
        let length = bytes / threads / 16;
        println!("{name} {:.1}", best(threads, || update(length)));
    }
}

/// The most that all threads together do in a nanosecond, of several rounds begun together. A
/// round gives what was done and the nanoseconds that it took.
fn best<R: FnMut() -> (f64, f64)>(threads: usize, make: impl Fn() -> R + Sync) -> f64 {
    let barrier = Barrier::new(threads);
    let rounds = || {
        let mut round = make();
        round();
        let timed = |_| {
            barrier.wait();
            let (done, nanoseconds) = round();
            done / nanoseconds
        };
        (0..ROUNDS).map(timed).collect::<Vec<f64>>()
    };
    let rates: Vec<Vec<f64>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(&rounds)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker")).collect()
    });
    (0..ROUNDS).map(|round| rates.iter().map(|rates| rates[round]).sum()).fold(0.0, f64::max)
}

fn nanoseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9
}

/// Chains of multiply-adds, enough to keep both units busy; a multiply-add takes up to five cycles.
/// With two more numbers they fit the sixteen registers of AVX2.
struct Chains;

const CHAINS: usize = 12;
const STEPS: usize = 50_000;

impl WithSimd for Chains {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (scale, shift) = (simd.splat_f32s(black_box(0.999)), simd.splat_f32s(black_box(0.001)));
        let mut chains = [simd.splat_f32s(1.0); CHAINS];
        for _ in 0..STEPS {
            for chain in &mut chains {
                *chain = simd.mul_add_f32s(*chain, scale, shift);
            }
        }
        black_box(chains);
        (2 * STEPS * CHAINS * S::F32_LANES) as f64
    }
}

fn peak() -> impl FnMut() -> (f64, f64) {
    || {
        let mut operations = 0.0;
        let time = nanoseconds(|| operations = Arch::new().dispatch(Chains));
        (operations, time)
    }
}

fn update(length: usize) -> impl FnMut() -> (f64, f64) {
    let [mut a, mut b, mut c, d] = [0, 1, 2, 3].map(|number| Array::new(length, number));
    let passes = (1usize << 20).div_ceil(length);
    move || {
        let time = nanoseconds(|| {
            for _ in 0..passes {
                Arch::new().dispatch(|| {
                    let (a, b, c, d) = (a.get_mut(), b.get_mut(), c.get_mut(), d.get());
                    add(black_box(1e-9), a, b, c, d);
                });
            }
        });
        ((28 * length * passes) as f64, time)
    }
}

#[inline(always)]
fn add(s: f32, a: &mut [f32], b: &mut [f32], c: &mut [f32], d: &[f32]) {
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        *a += s * d;
        *b += s * d;
        *c += s * d;
    }
}

/// An array of ones. It begins at a cache line; otherwise each of the widest loads touches two. Each array
/// begins at another place in its page; otherwise they compete for the same sets of a cache. If one of the two is
/// missing, the bandwidth is up to a third lower.
struct Array {
    buffer: Vec<f32>,
    start: usize,
    length: usize,
}

/// A cache line of 64 bytes.
const LINE: usize = 16;

impl Array {
    fn new(length: usize, number: usize) -> Self {
        let skipped = 5 * LINE * number;
        let buffer = vec![1.0f32; skipped + LINE + length];
        let beyond = buffer.as_ptr().addr() / size_of::<f32>() % LINE;
        Self { start: skipped + LINE - beyond, buffer, length }
    }

    fn get(&self) -> &[f32] {
        &self.buffer[self.start..self.start + self.length]
    }

    fn get_mut(&mut self) -> &mut [f32] {
        &mut self.buffer[self.start..self.start + self.length]
    }
}
