//! Handles Ctrl-C and SIGTERM: the first signal ends training after the current step, the second
//! one ends the program at once.
//!
//! SIGTERM is what `kill`, `timeout`, container engines and batch systems send before they kill.
//! The kernel does not deliver either signal to process 1 (the first of a container) unless there
//! is a handler, so a program listens from its beginning. Until it trains, the first signal ends it
//! at once.
//!
//! Ctrl-Z (SIGTSTP) stops a program, and `fg` or SIGCONT continues it; for training it is as if no time had
//! passed. On a terminal the bar is removed first, so that the shell gets the whole terminal.
//!
//! SIGHUP, which is sent when the terminal closes, keeps its default: it ends a program, but not a
//! program under `nohup`. The newest checkpoint stays in both cases.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use console::Term;
use tensor::Scalar;
use thiserror::Error;
use train::{Context, Observer, ObserverError};

use crate::console::release_terminal;
#[cfg(unix)]
use crate::console::without_bar;

/// The number of the signal that Ctrl-C sends.
const SIGINT: u8 = 2;

/// An observer that stops training when the user presses Ctrl-C or the process gets SIGTERM.
#[derive(Clone, Debug)]
pub struct Interrupt {
    state: Arc<SignalState>,
}

#[derive(Debug, Default)]
struct SignalState {
    /// `true` if there is training to stop.
    has_begun: AtomicBool,
    /// The number of the signal; 0 before one has come.
    signal: AtomicU8,
}

/// Signals cannot be listened to.
#[derive(Debug, Error)]
#[error("Ctrl-C and SIGTERM cannot be handled: {0}")]
pub struct InterruptError(#[from] io::Error);

impl Interrupt {
    /// Listens to Ctrl-C and SIGTERM. A program may call this once. A signal before training, or a
    /// second signal, ends the program with [`exit_code`](Self::exit_code).
    ///
    /// # Errors
    /// If the system does not allow it, or a handler exists already.
    pub fn listen() -> Result<Self, InterruptError> {
        let state = Arc::<SignalState>::default();
        listen(Arc::clone(&state))?;
        Ok(Self { state })
    }

    /// Returns the exit code of a program ended by the signal: 128 plus the signal's number, so 130
    /// after Ctrl-C and 143 after SIGTERM.
    pub fn exit_code(&self) -> u8 {
        match self.state.signal.load(Ordering::Relaxed) {
            0 => exit_code(SIGINT),
            signal => exit_code(signal),
        }
    }
}

fn exit_code(signal: u8) -> u8 {
    128 + signal
}

impl SignalState {
    fn receive(&self, signal: u8) {
        // Also before the first: the system has discarded what was not shown yet, perhaps the end of a bar.
        release_terminal();
        let is_first = self.signal.load(Ordering::Relaxed) == 0;
        if !is_first || !self.has_begun.load(Ordering::Relaxed) {
            process::exit(exit_code(signal).into());
        }
        // Before training learns of the signal, so that this comes before its last message.
        tell_that_training_stops();
        self.signal.store(signal, Ordering::Relaxed);
    }
}

/// A step can take long, so a person at a terminal may wonder why nothing happens.
fn tell_that_training_stops() {
    let terminal = Term::stderr();
    if terminal.is_term() {
        let _ = terminal
            .write_line("\nTraining stops after this step; press Ctrl-C again to stop at once.");
    }
}

#[cfg(unix)]
fn listen(state: Arc<SignalState>) -> io::Result<()> {
    use signal_hook::consts::signal::{SIGINT, SIGTERM, SIGTSTP};

    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    // Without a bar there is nothing to do before it stops.
    if Term::stderr().is_term() {
        signals.add_signal(SIGTSTP)?;
    }
    let receive = move || {
        for signal in signals.forever() {
            match signal {
                SIGTSTP => stop(),
                signal => state.receive(signal as u8),
            }
        }
    };
    std::thread::Builder::new().name("signals".to_string()).spawn(receive).map(drop)
}

/// Stops this process until it is continued. In the process group of the session's leader (as under
/// `ssh HOST COMMAND`) it does nothing: there is no shell that could continue the process, and the system ignores
/// Ctrl-Z there.
#[cfg(unix)]
fn stop() {
    use signal_hook::low_level::emulate_default_handler;

    let is_leaders =
        rustix::process::getsid(None).is_ok_and(|leader| leader == rustix::process::getpgrp());
    if !is_leaders {
        without_bar(|| {
            // It is stopped in here.
            let _ = emulate_default_handler(signal_hook::consts::signal::SIGTSTP);
        });
    }
}

/// Listens to Ctrl-C, the only signal outside Unix.
#[cfg(not(unix))]
fn listen(state: Arc<SignalState>) -> io::Result<()> {
    ctrlc::set_handler(move || state.receive(SIGINT)).map_err(io::Error::other)
}

impl<T: Scalar> Observer<T> for Interrupt {
    fn begin(&mut self, now: &Context<'_, T>) -> Result<(), ObserverError> {
        self.state.has_begun.store(!now.progress.is_over(now.options), Ordering::Relaxed);
        Ok(())
    }

    /// After the last epoch there is nothing that could be resumed, so a signal ends the program at once.
    fn epoch(&mut self, now: &Context<'_, T>) -> Result<(), ObserverError> {
        if now.progress.is_over(now.options) {
            self.state.has_begun.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    fn wants_stop(&self) -> bool {
        self.state.signal.load(Ordering::Relaxed) != 0
    }
}
