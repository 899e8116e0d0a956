//! The table of what was measured, and of what the model says of clusters.

use std::fmt::Write;

use distributed::cost::{Network, StepCost, Way};

use crate::figures::{CLUSTERS, Figures, MODELS};

/// The largest number of workers, and of shards of a batch.
pub const MOST: usize = 1024;

/// Returns the better way to add up a gradient.
fn better(step: &StepCost, network: Network, workers: usize) -> Way {
    let seconds = |way| step.communication(network, workers, way);
    if seconds(Way::Tree) < seconds(Way::Slices) { Way::Tree } else { Way::Slices }
}

/// Returns all of it as text.
pub fn table(figures: &Figures) -> String {
    let mut text = String::new();
    let mut line = |words: String| writeln!(text, "{words}").expect("memory");
    let here = figures.network();
    line(format!(
        "between two processes here: {:.1} µs a message, {:.2} GB/s\n",
        here.latency * 1e6,
        here.bandwidth / 1e9
    ));
    line(
        "a step of 8 shards, ms: 1 thread, 2 threads, 2 processes (in messages), by the model"
            .into(),
    );
    for model in MODELS {
        let ms = |setting, figure| 1e3 * figures.of(setting, model, figure);
        line(format!(
            "{model:<16} {:>8.3} {:>8.3} {:>8.3} ({:.3}) {:>8.3}   {:.0} kB of gradient",
            ms("one thread", "seconds"),
            ms("two threads", "seconds"),
            ms("two processes", "seconds"),
            ms("two processes", "seconds in messages"),
            1e3 * figures.step(model, 8).seconds(here, 2, Way::Slices),
            figures.step(model, 8).bytes / 1e3,
        ));
    }
    line("\nmessages' share of a step of two processes: 8 shards, 32 shards".into());
    for model in MODELS {
        let share = |setting| {
            let of = |figure| figures.of(setting, model, figure);
            100.0 * of("seconds in messages") / of("seconds")
        };
        let shares = [share("two processes"), share("two processes (32 shards)")];
        line(format!("{model:<16} {:>4.0} % {:>4.0} %", shares[0], shares[1]));
    }
    for (name, network) in CLUSTERS {
        line(format!("\n{name}, {MOST} shards a step, in slices"));
        for model in MODELS {
            let step = figures.step(model, MOST);
            let most = step.worthwhile(network, MOST, Way::Slices);
            let seconds = |workers| step.seconds(network, workers, Way::Slices);
            let hidden = 1.0 - step.overlapped(network, most, Way::Slices) / seconds(most);
            line(format!(
                "{model:<16} up to {most:>4} workers ({:.0} times as fast, efficiency {:.0} %; the better way there: {:?}); \
                 overlap would gain {:.0} % at most; at 64 workers {} shards each keep messages under a tenth",
                seconds(1) / seconds(most),
                100.0 * step.efficiency(network, most, Way::Slices),
                better(&step, network, most),
                100.0 * hidden,
                step.shards_for(0.1, network, 64, Way::Slices),
            ));
        }
    }
    text
}
