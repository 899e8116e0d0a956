//! The workloads as `benches/peers/run` measures them: `name microseconds` for each sample.
//!
//!     cargo bench --bench steps -- mlp text
//!
//! Those that `benches/peers/growth.py` draws have a series and a size as their name: `batch_64`.
//!
//! For statistics and comparison with an earlier state use `cargo bench --bench training_step`.

mod measure;
#[path = "../workloads/mod.rs"]
mod workloads;

use workloads::{growing, language};

fn main() {
    tensor::parallel::use_this_thread();
    if measure::check_is_wanted() {
        let lm = language::lm(language::BATCH, language::CONTEXT);
        return measure::print_check(lm, &language::generate()());
    }
    measure::measure_all(workloads::ALL);
    measure::measure_growing(growing::SERIES);
}
