//! A page to play on: type a formula, walk through its tape, change an input and see values and
//! adjoints move.
//!
//!     cargo run --release --example playground
//!
//! The page is one file that needs no network. It computes in the browser, in JavaScript, by the rules
//! of the ops that `inspect::RULES` exports; Rust adds walks that it has recorded on a grid of inputs,
//! and the page compares itself with these when it opens, and says what it found.

#[path = "../../crates/cli/src/ending.rs"]
mod ending;
#[path = "../../crates/cli/src/parse.rs"]
mod parse;
mod presets;
mod recorded;

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use data::printable_path;
use files::write_whole;
use inspect::{PAGE_SCRIPT, PAGE_STYLE, fill_page};

use recorded::Recorded;

/// Writes a page on which one types a formula and walks through its tape.
#[derive(Parser)]
#[command(after_help = "Example: cargo run --release --example playground -- --out book.html")]
struct Options {
    /// The file to write; its folder is made.
    #[arg(long, value_name = "FILE", default_value = "target/book.html")]
    out: PathBuf,
}

fn page() -> String {
    let recorded = serde_json::to_string(&Recorded::new()).expect("strings and finite numbers");
    fill_page(include_str!("page.html"), |name| match name {
        "style" => format!("{PAGE_STYLE}\n{}", include_str!("page.css")),
        // Inside a script only `<` could end it.
        "recorded" => recorded.replace('<', "\\u003c"),
        "script" => [
            PAGE_SCRIPT,
            include_str!("parser.js"),
            include_str!("engine.js"),
            include_str!("playground.js"),
        ]
        .join("\n"),
        _ => unreachable!("page.html asks for {name}"),
    })
}

fn write(path: &Path) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| {
            format!(
                "--out {}: its folder cannot be made: {error}; give another place",
                printable_path(path)
            )
        })?;
    }
    let page = page();
    write_whole(path, |file| file.write_all(page.as_bytes()))?;
    println!("{:>4} KiB  {}", page.len().div_ceil(1024), printable_path(path));
    println!("\nOpen it in a browser. It needs no network, and can be copied to any place.");
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    let options: Options = match parse::parse() {
        Ok(options) => options,
        Err(message) => return parse::tell(&message),
    };
    ending::run(|| write(&options.out))
}
