//! The workloads as `benches/peers/run` measures them: `name microseconds` for each sample.
//!
//!     cargo bench --bench steps -- mlp text
//!
//! For statistics and comparison with an earlier state use `cargo bench --bench training_step`.

mod measure;
#[path = "../workloads/mod.rs"]
mod workloads;

fn main() {
    match workloads::language_data::check_is_wanted() {
        true => workloads::print_check(),
        false => measure::measure_all(workloads::ALL),
    }
}
