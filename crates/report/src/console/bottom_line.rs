//! The last line of a terminal, kept apart from the rest, as package managers do for their bars.
//!
//! Most programs draw a bar at the cursor. Any other `println!` then prints after the bar and
//! leaves half a bar in the output. This module restricts scrolling to all lines but the last
//! (DECSTBM, `ESC [ top ; bottom r`). It draws the bar on the last line and restores the cursor
//! (DECSC and DECRC, `ESC 7` and `ESC 8`).

use std::env;
use std::io;
use std::mem;
use std::sync::{Mutex, PoisonError};

use console::Term;
use indicatif::TermLike;

/// The fewest rows of a terminal that leave room for a separate line.
const FEWEST_ROWS: u16 = 4;

#[derive(Debug)]
pub(super) struct BottomLine {
    terminal: Term,
    state: Mutex<LineState>,
}

#[derive(Debug, Default)]
struct LineState {
    /// The rows of the terminal when the last one was set apart; 0 if it was not yet.
    rows: u16,
    /// The part of the next state of the line written so far.
    line: String,
}

impl BottomLine {
    /// Returns the last line of standard error, if it is a terminal that supports this.
    pub(super) fn of_stderr() -> Option<Self> {
        let terminal = Term::buffered_stderr();
        let is_able = terminal.is_term()
            && env::var_os("TERM").is_some_and(|kind| kind != "dumb")
            && terminal.size().0 >= FEWEST_ROWS;
        is_able.then(|| Self { terminal, state: Mutex::default() })
    }

    fn append(&self, text: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.line.push_str(text);
    }
}

impl TermLike for BottomLine {
    fn width(&self) -> u16 {
        self.terminal.size().1
    }

    /// Does nothing: there is only one line.
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.append(text);
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.append(text);
        Ok(())
    }

    /// Discards the text written so far, because every drawing is complete.
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let line = mem::take(&mut state.line);
        let rows = self.terminal.size().0;
        if rows != state.rows {
            // A line feed first, which scrolls if the cursor is on the line to be set apart.
            let above = rows.saturating_sub(1);
            self.terminal.write_str(&format!("\n\x1b[1A\x1b7\x1b[1;{above}r\x1b8"))?;
            state.rows = rows;
        }
        let line = line.trim_end();
        self.terminal.write_str(&format!("\x1b7\x1b[{rows};1H\x1b[2K{line}\x1b8"))?;
        self.terminal.flush()
    }
}

impl Drop for BottomLine {
    fn drop(&mut self) {
        let rows = self.state.get_mut().map_or(0, |state| state.rows);
        if rows > 0 {
            // An error cannot be reported anywhere.
            let _ = self.terminal.write_str(&format!("\x1b7\x1b[{rows};1H\x1b[2K\x1b8"));
            let _ = self.terminal.flush();
            release_terminal();
        }
    }
}

/// Lets the terminal scroll all its lines again.
pub(crate) fn release_terminal() {
    let terminal = Term::stderr();
    if terminal.is_term() {
        let _ = terminal.write_str("\x1b7\x1b[r\x1b8");
    }
}
