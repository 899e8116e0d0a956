//! The last line of a terminal, kept apart from the rest, as package managers do for their bars.
//!
//! Most programs draw a bar at the cursor. Any other `println!` then prints after the bar and
//! leaves half a bar in the output. This module restricts scrolling to all lines but the last
//! (DECSTBM, `ESC [ top ; bottom r`). It draws the bar on the last line and restores the cursor
//! (DECSC and DECRC, `ESC 7` and `ESC 8`).
//!
//! All lines of the terminal must be released whenever another program uses it: when this one ends, for
//! whatever reason, and while Ctrl-Z has stopped it. At Ctrl-C and Ctrl-Z the system discards output
//! that the terminal has not shown yet. So after a signal all lines are released again, even if they had been already.

use std::env;
use std::io;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::Term;
use indicatif::TermLike;

/// The fewest rows of a terminal that leave room for a separate line.
const FEWEST_ROWS: u16 = 4;

/// Which lines of the terminal scroll.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scrolling {
    /// All, as this program found it.
    Untouched,
    /// All but the last, on a terminal of so many rows.
    AboveBar(u16),
    /// All again.
    Released,
}

/// There is one terminal, and a signal releases it in a thread of its own.
static SCROLLING: Mutex<Scrolling> = Mutex::new(Scrolling::Untouched);

fn scrolling() -> MutexGuard<'static, Scrolling> {
    SCROLLING.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut scrolling = scrolling();
        let (rows, columns) = self.terminal.size();
        if *scrolling != Scrolling::AboveBar(rows) {
            // A line feed first, which scrolls if the cursor is on the line to be set apart.
            let above = rows.saturating_sub(1);
            self.terminal.write_str(&format!("\n\x1b[1A\x1b7\x1b[1;{above}r\x1b8"))?;
            *scrolling = Scrolling::AboveBar(rows);
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

/// Removes the bar and lets the terminal scroll all its lines again, if the last one was ever set apart.
pub(crate) fn release_terminal() {
    release(&mut scrolling());
}

/// Removes the bar like [`release_terminal`], and runs `meanwhile`; no bar is drawn before it returns.
#[cfg(unix)]
pub(crate) fn without_bar(meanwhile: impl FnOnce()) {
    let mut scrolling = scrolling();
    release(&mut scrolling);
    meanwhile();
}

fn release(scrolling: &mut Scrolling) {
    let clear_bar = match *scrolling {
        Scrolling::Untouched => return,
        Scrolling::AboveBar(rows) => format!("\x1b[{rows};1H\x1b[2K"),
        Scrolling::Released => String::new(),
    };
    *scrolling = Scrolling::Released;
    // An error cannot be reported anywhere.
    let _ = Term::stderr().write_str(&format!("\x1b7{clear_bar}\x1b[r\x1b8"));
}
