//! The command `man`: the manual, a page for the program and one for each command, made of the texts that `--help`
//! shows.

use std::error::Error;
use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueHint};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use data::{printable_path, quoted};
use files::write_whole;

use crate::places::make_folder;

/// Print a page of the manual, or write all of them.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  wengert man | man -l -                                 the page of the program ...
  wengert man lm train | man -l -                        ... and the page of a command
  wengert man --out ~/.local/share/man/man1              all pages; then: man wengert-lm-train")]
pub struct ManualPages {
    /// The command whose page is printed, such as `lm train`; without it, the program's own page.
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Write all pages into DIR instead, one file for each command.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "command")]
    out: Option<PathBuf>,
}

/// The exit codes of every command, as the help and the manual list them.
pub const EXIT_CODES: &str = "Exit codes:
  0    success
  2    wrong options or data, a wrong gradient, output that cannot be written: see standard error
  130  ended by Ctrl-C (SIGINT); with --checkpoint the run is kept and can be resumed
  141  the reader of its output closed the pipe, as `head` does; it prints no message
  143  ended by SIGTERM; otherwise the same as 130";

/// Prints the page of the program that is asked for, or writes all.
pub fn run(options: &ManualPages, program: Command) -> Result<(), Box<dyn Error>> {
    let mut program = program.disable_help_subcommand(true).mut_args(|option| {
        let is_hidden = option.is_hide_long_help_set();
        option.hide(is_hidden)
    });
    // Names a command by those above it: wengert-lm-train.
    program.build();
    match &options.out {
        Some(folder) => {
            make_folder("--out", folder)?;
            let pages = write_all(&program, folder)?;
            println!("{pages} pages are in {}", printable_path(folder));
        }
        None => print!("{}", String::from_utf8(page(find(&program, &options.command)?)?)?),
    }
    Ok(())
}

/// Returns the command of this name.
fn find<'a>(program: &'a Command, words: &[String]) -> Result<&'a Command, String> {
    words.iter().try_fold(program, |above, word| {
        above.find_subcommand(word).ok_or_else(|| {
            let name = above.get_bin_name().unwrap_or_else(|| above.get_name());
            let known: Vec<&str> = above.get_subcommands().map(Command::get_name).collect();
            match known.is_empty() {
                true => format!("`{name}` has no commands, so {} has no page", quoted(word)),
                false => format!(
                    "`{name}` has no command {}; choose one of {}",
                    quoted(word),
                    known.join(", ")
                ),
            }
        })
    })
}

/// Writes the pages of a command and of those below it, and returns how many they are.
fn write_all(command: &Command, folder: &Path) -> Result<usize, Box<dyn Error>> {
    let text = page(command)?;
    let path = folder.join(Man::new(command.clone()).get_filename());
    write_whole(path, |file| file.write_all(&text))?;
    command.get_subcommands().try_fold(1, |pages, below| Ok(pages + write_all(below, folder)?))
}

/// Returns the page of a command, for `man`.
fn page(command: &Command) -> Result<Vec<u8>, Box<dyn Error>> {
    let version = concat!("wengert ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(version).manual("wengert");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut rest = Roff::new();
    if let Some(text) = command.get_after_help() {
        add_sections(&mut rest, text);
    }
    if !command.get_after_help().is_some_and(|text| text.to_string().contains(EXIT_CODES)) {
        add_sections(&mut rest, EXIT_CODES);
    }
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// Adds the text below the options: a line that ends with a colon, such as `Examples:`, begins a section, whose
/// lines stay as they are.
fn add_sections(page: &mut Roff, text: impl Display) {
    let mut is_in_section = false;
    for line in text.to_string().lines() {
        match line.strip_suffix(':').filter(|title| !title.starts_with(' ')) {
            Some(title) => {
                page.control("SH", [title.to_uppercase().as_str()]);
                page.control("nf", []);
                is_in_section = true;
            }
            None => {
                if !is_in_section {
                    page.control("SH", ["NOTES"]);
                    is_in_section = true;
                }
                page.text([roman(line)]);
            }
        }
    }
    page.control("fi", []);
}
