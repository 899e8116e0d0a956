//! The workloads as `benches/peers/run` measures them: `name microseconds` for each sample.
//!
//!     cargo bench --bench steps -- mlp text
//!
//! For statistics and comparison with an earlier state use `cargo bench --bench training_step`.

mod measure;
#[path = "../workloads/mod.rs"]
mod workloads;

use workloads::language;

fn main() {
    match measure::check_is_wanted() {
        true => measure::print_check(language::lm(), &language::generate()()),
        false => measure::measure_all(workloads::ALL),
    }
}
