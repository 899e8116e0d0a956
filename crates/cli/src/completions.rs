//! The command `completions`: what a shell needs to complete the program's commands, options and files.

use std::error::Error;

use clap::{Args, Command};
use clap_complete::{Shell, generate};

/// Print a script that makes a shell complete commands, options, some of their values, and file names.
#[derive(Args, Clone, Copy, Debug)]
#[command(after_help = "Examples:
  wengert completions bash > ~/.local/share/bash-completion/completions/wengert
  wengert completions zsh > ~/.zfunc/_wengert           ~/.zshrc: fpath+=~/.zfunc before compinit
  wengert completions fish > ~/.config/fish/completions/wengert.fish
  wengert completions elvish >> ~/.config/elvish/rc.elv
  wengert completions powershell >> $PROFILE            in PowerShell
  source <(wengert completions bash)                     for this shell alone")]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

/// Prints the completions of the program.
pub fn run(options: &Completions, mut program: Command) -> Result<(), Box<dyn Error>> {
    let mut script = Vec::new();
    generate(options.shell, &mut program, "wengert", &mut script);
    print!("{}", String::from_utf8(script)?);
    Ok(())
}
