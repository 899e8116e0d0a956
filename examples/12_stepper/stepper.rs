//! A tape walked in a terminal: forward with →, and on, backward.
//!
//!     cargo run --release --package stepper --example stepper
//!     cargo run --release --package stepper --example stepper -- --model sentiment
//!     cargo run --release --package stepper --example stepper -- --plain
//!
//! The left half is the Wengert list with values and adjoints as far as they are known. The right
//! half is the current step: its formula, and what it adds to what. `examples/11_tape_pages` writes
//! the same walk as a page for a browser.

#[path = "../../crates/cli/src/ending.rs"]
mod ending;
#[path = "../../crates/cli/src/parse.rs"]
mod parse;
mod view;
#[path = "../11_tape_pages/walks.rs"]
mod walks;

use std::error::Error;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use inspect::Walk;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};

use walks::Computation;

/// Walks through a tape with the arrow keys, forward and back.
#[derive(Parser)]
#[command(after_help = "Example: cargo run --release --example stepper -- --model sentiment")]
struct Options {
    /// The computation to walk through.
    #[arg(long, value_enum, default_value_t = Computation::Scalar)]
    model: Computation,
    /// Print the whole walk as text. Without a terminal that happens anyway.
    #[arg(long)]
    plain: bool,
}

/// Goes through the steps until the reader leaves.
fn step_through(terminal: &mut DefaultTerminal, title: &str, walk: &Walk) -> io::Result<()> {
    let last = walk.steps().len() - 1;
    let mut step = 0;
    loop {
        terminal.draw(|frame| view::draw(frame, title, walk, step))?;
        let Event::Key(key) = event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Right | KeyCode::Down | KeyCode::Char(' ') => step = (step + 1).min(last),
            KeyCode::Left | KeyCode::Up => step = step.saturating_sub(1),
            KeyCode::Home => step = 0,
            KeyCode::End => step = last,
            KeyCode::Char('q') | KeyCode::Esc => return Ok(()),
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(()),
            _ => {}
        }
    }
}

fn show(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let walk = options.model.record(|result| Walk::back_from(result).timed(result.tape()));
    if options.plain || !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        print!("{}\n\n{walk}", options.model.title());
        return Ok(ExitCode::SUCCESS);
    }
    ratatui::run(|terminal| step_through(terminal, options.model.title(), &walk)).map_err(
        |error| format!("the terminal cannot be used: {error}; --plain prints the walk"),
    )?;
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    let options: Options = match parse::parse() {
        Ok(options) => options,
        Err(message) => return parse::tell(&message),
    };
    ending::run(|| show(&options))
}
