//! The limits of the machine, for the roofline: `name value` lines with one thread or as many as named.
//!
//!     machine 1
//!
//! `gflops`: the rate of f32 fused multiply-adds, each two operations, in registers, with the widest
//! vectors that the processor has.
//! `l2`, `l3`, `memory`: bytes a nanosecond of `a[i] += s · b[i]`, which reads two arrays and writes one
//! (12 bytes an element, as an optimizer reads more than it writes), on arrays that together take
//! half of an L2 cache, 8 MiB or 256 MiB, divided among the threads (an L2 cache is a core's own).

use std::env;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use pulp::{Arch, Simd, WithSimd};

const ROUNDS: usize = 200;

fn main() {
    let threads = env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1);
    println!("gflops {:.1}", best(threads, peak));
    for (name, bytes) in [("l2", threads << 19), ("l3", 8 << 20), ("memory", 256 << 20)] {
        let length = bytes / threads / 8;
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

/// Chains of multiply-adds, as many as it takes to keep every unit busy.
struct Chains;

const CHAINS: usize = 16;
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
    let (mut a, b) = (vec![1.0f32; length], vec![1.0f32; length]);
    let passes = (1usize << 24).div_ceil(length);
    move || {
        let time = nanoseconds(|| {
            for _ in 0..passes {
                let s = black_box(1e-9);
                Arch::new().dispatch(|| a.iter_mut().zip(&b).for_each(|(a, &b)| *a += s * b));
                black_box(&mut a);
            }
        });
        ((12 * length * passes) as f64, time)
    }
}
