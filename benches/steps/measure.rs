//! The measuring loop, which every program that `benches/peers/run` compares has alike.
//!
//! A workload makes its data and model beforehand, and then takes steps. After a warm-up come a few
//! samples, each the mean over enough steps that the clock's own cost does not count.

use std::env;
use std::time::{Duration, Instant};

/// And at least three steps.
const WARM_UP: Duration = Duration::from_millis(500);
const SAMPLES: usize = 5;
/// And at least one step.
const SAMPLE: Duration = Duration::from_millis(100);

/// A workload's name, and what makes its step with all that it needs.
pub type Workload = (&'static str, fn() -> Box<dyn FnMut()>);

/// The name of a series of workloads, and the function that makes its step for a size.
pub type Growing = (&'static str, fn(usize) -> Box<dyn FnMut()>);

/// Prints `name microseconds` for each sample of the workloads that the program's arguments name, of
/// all if there is none.
pub fn measure_all(workloads: &[Workload]) {
    let wanted = wanted();
    for (name, make) in workloads {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            print_samples(name, make());
        }
    }
}

/// The same for the program's arguments that name a series and a size, such as `batch_64`.
pub fn measure_growing(series: &[Growing]) {
    for name in wanted() {
        let Some((wanted, size)) = name.split_once('_') else { continue };
        let Ok(size) = size.parse() else { continue };
        if let Some((_, make)) = series.iter().find(|(series, _)| *series == wanted) {
            print_samples(&name, make(size));
        }
    }
}

fn wanted() -> Vec<String> {
    // Cargo gives a bench this argument.
    env::args().skip(1).filter(|name| name != "--bench").collect()
}

fn print_samples(name: &str, step: impl FnMut()) {
    for seconds in samples(step) {
        println!("{name} {:.3}", 1e6 * seconds);
    }
}

/// Returns `true` if the program is to call [`print_check`] instead.
pub fn check_is_wanted() -> bool {
    env::args().any(|argument| argument == "--check")
}

/// Prints what `benches/peers/run --agree` compares: the losses of the first steps of `lm`, and the tokens
/// of `generate`.
pub fn print_check(mut step: impl FnMut() -> f32, tokens: &[u32]) {
    for _ in 0..3 {
        println!("loss {:.7}", step());
    }
    for token in tokens {
        println!("token {token}");
    }
}

/// The seconds that a step takes, once for each sample.
fn samples(mut step: impl FnMut()) -> impl Iterator<Item = f64> {
    let mut time = move |steps: usize| {
        let start = Instant::now();
        (0..steps).for_each(|_| step());
        start.elapsed()
    };
    let (mut done, mut elapsed) = (0, Duration::ZERO);
    while elapsed < WARM_UP || done < 3 {
        elapsed += time(1);
        done += 1;
    }
    let steps = (SAMPLE.as_secs_f64() * f64::from(done) / elapsed.as_secs_f64()).round().max(1.0);
    (0..SAMPLES).map(move |_| time(steps as usize).as_secs_f64() / steps)
}
