//! Two tapes as pages that step through the walk, forward and back.
//!
//!     cargo run --release --example tape_pages
//!
//! One page is a scalar expression, the other a training step of the sentiment classifier. Next to
//! each page the graph is written for Graphviz.

#[path = "../../crates/cli/src/ending.rs"]
mod ending;
#[path = "../../crates/cli/src/parse.rs"]
mod parse;
mod walks;

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use autograd::Var;
use clap::{Parser, ValueEnum};
use data::printable_path;
use files::write_whole;
use inspect::{Walk, to_dot};

use walks::Computation;

/// Writes two tapes as pages to step through, and as graphs for Graphviz.
#[derive(Parser)]
#[command(after_help = "Example: cargo run --release --example tape_pages -- --out pages")]
struct Options {
    /// The folder to write to; it is made.
    #[arg(long, value_name = "DIR", default_value = "target/tape")]
    out: PathBuf,
}

fn write(folder: &Path) -> Result<ExitCode, Box<dyn Error>> {
    fs::create_dir_all(folder)
        .map_err(|error| format!("--out {}: cannot be made: {error}", printable_path(folder)))?;
    for computation in Computation::value_variants() {
        let draw = |result: Var| {
            let page = Walk::back_from(result).timed(result.tape()).to_html(computation.title());
            [("html", page), ("dot", to_dot(result.tape()))]
        };
        let name = computation.to_possible_value().expect("no variant is hidden");
        for (extension, text) in computation.record(draw) {
            let path = folder.join(name.get_name()).with_extension(extension);
            write_whole(&path, |file| file.write_all(text.as_bytes()))?;
            println!("{:>4} KiB  {}", text.len().div_ceil(1024), printable_path(path));
        }
    }
    println!(
        "\nOpen the .html files in a browser and step with the arrow keys.\n\
         Draw the .dot files with Graphviz: dot -Tsvg {0}/scalar.dot > {0}/scalar.svg",
        printable_path(folder)
    );
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    let options: Options = match parse::parse() {
        Ok(options) => options,
        Err(message) => return parse::tell(&message),
    };
    ending::run(|| write(&options.out))
}
