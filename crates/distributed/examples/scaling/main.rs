//! What a step costs on how many workers: measured here, and planned up to 1,024.
//!
//!     cargo build --release -p wengert-distributed --features measure --example scaling
//!     scaling=target/release/examples/scaling
//!     for round in 1 2 3; do
//!         RAYON_NUM_THREADS=1 $scaling one-thread
//!         RAYON_NUM_THREADS=2 $scaling two-threads
//!         RAYON_NUM_THREADS=1 mpirun -n 2 $scaling two-processes
//!     done > crates/distributed/scaling/figures.csv
//!     $scaling plan
//!     $scaling draw
//!
//! `measure.rs` has the three models, `plan.rs` the table, and `drawing.rs` the picture.

#![allow(clippy::print_stderr, reason = "a program for those who measure")]

mod drawing;
mod figures;
mod measure;
mod plan;

use std::env;
use std::error::Error;
use std::fs;

use distributed::Mpi;
use train::OneProcess;

use figures::{FIGURES, Figures, PICTURE};

fn main() -> Result<(), Box<dyn Error>> {
    match env::args().nth(1).as_deref() {
        Some("one-thread") => {
            measure::steps(&OneProcess, "one thread", 8)?;
            measure::steps(&OneProcess, "one thread (16 shards)", 16)?;
        }
        Some("two-threads") => measure::steps(&OneProcess, "two threads", 8)?,
        Some("two-processes") => {
            let mpi = Mpi::start()?;
            measure::network(&mpi)?;
            measure::steps(&mpi, "two processes", 8)?;
            measure::steps(&mpi, "two processes (32 shards)", 32)?;
        }
        Some("plan") => print!("{}", plan::table(&Figures::read(&fs::read_to_string(FIGURES)?)?)),
        Some("draw") => {
            let figures = Figures::read(&fs::read_to_string(FIGURES)?)?;
            fs::write(PICTURE, drawing::draw(&figures)?)?;
        }
        _ => eprintln!("one-thread, two-threads, two-processes, plan or draw?"),
    }
    Ok(())
}
