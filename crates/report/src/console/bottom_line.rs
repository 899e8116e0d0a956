//! The last line of a terminal, kept apart from the rest, as package managers do for their bars.
//!
//! Most programs draw a bar at the cursor. Any other `println!` then prints after the bar and
//! leaves half a bar in the output. This module restricts scrolling to all lines but the last
//! (DECSTBM, `ESC [ top ; bottom r`). It draws the bar on the last line and restores the cursor
//! (DECSC and DECRC, `ESC 7` and `ESC 8`).
//!
//! All lines of the terminal must be released whenever another program uses it: when this one ends, for
//! whatever reason, and while Ctrl-Z has stopped it.

use std::env;
use std::io;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::Term;
use indicatif::TermLike;

/// The fewest rows of a terminal that leave room for a separate line.
const FEWEST_ROWS: u16 = 4;

/// The rows of the terminal when the last one was set apart; 0 if it is not. There is one terminal, and a
/// signal gives it back in a thread of its own.
static SET_APART: Mutex<u16> = Mutex::new(0);

fn set_apart() -> MutexGuard<'static, u16> {
    SET_APART.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
pub(super) struct BottomLine {
    terminal: Term,
    /// The part of the next state of the line written so far.
    line: Mutex<String>,
}

impl BottomLine {
    /// Returns the last line of standard error, if it is a terminal that supports this.
    pub(super) fn of_stderr() -> Option<Self> {
        let terminal = Term::buffered_stderr();
        let is_able = terminal.is_term()
            && env::var_os("TERM").is_some_and(|kind| kind != "dumb")
            && terminal.size().0 >= FEWEST_ROWS;
        is_able.then(|| Self { terminal, line: Mutex::default() })
    }

    fn append(&self, text: &str) {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
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
        let line = mem::take(&mut *self.line.lock().unwrap_or_else(PoisonError::into_inner));
        let mut set_apart = set_apart();
        let (rows, columns) = self.terminal.size();
        if rows != *set_apart {
            // A line feed first, which scrolls if the cursor is on the line to be set apart.
            let above = rows.saturating_sub(1);
            self.terminal.write_str(&format!("\n\x1b[1A\x1b7\x1b[1;{above}r\x1b8"))?;
            *set_apart = rows;
        }
        // A longer one would go on over its own beginning.
        let line = console::truncate_str(line.trim_end(), columns.into(), "");
        self.terminal.write_str(&format!("\x1b7\x1b[{rows};1H\x1b[2K{line}\x1b8"))?;
        self.terminal.flush()
    }
}

impl Drop for BottomLine {
    fn drop(&mut self) {
        release_terminal();
    }
}

/// Removes the bar and lets the terminal scroll all its lines again, if the last one was set apart.
pub(crate) fn release_terminal() {
    release(&mut set_apart());
}

/// Removes the bar like [`release_terminal`], and runs `meanwhile`; no bar is drawn before it returns.
#[cfg(unix)]
pub(crate) fn without_bar(meanwhile: impl FnOnce()) {
    let mut set_apart = set_apart();
    release(&mut set_apart);
    meanwhile();
}

fn release(set_apart: &mut u16) {
    let rows = mem::take(set_apart);
    if rows > 0 {
        // An error cannot be reported anywhere.
        let _ = Term::stderr().write_str(&format!("\x1b7\x1b[{rows};1H\x1b[2K\x1b[r\x1b8"));
    }
}
