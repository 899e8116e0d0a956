//! Ctrl-C: the first one ends training after the step that is running, the second one at once.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tensor::Scalar;
use thiserror::Error;

use crate::Observer;
use crate::console::release_terminal;

/// The exit code of a program that Ctrl-C has ended: 128 and the number of the signal, 2.
pub const INTERRUPTED: u8 = 130;

/// An observer that stops training when the user presses Ctrl-C.
#[derive(Clone, Debug)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
}

/// Ctrl-C is already taken by another handler of this program.
#[derive(Debug, Error)]
#[error("Ctrl-C cannot be handled: {0}")]
pub struct InterruptError(#[from] ctrlc::Error);

impl Interrupt {
    /// Takes over Ctrl-C, once in a program. The second Ctrl-C ends it with [`INTERRUPTED`].
    ///
    /// # Errors
    /// When there is a handler already.
    pub fn listen() -> Result<Self, InterruptError> {
        let asked = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&asked);
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                release_terminal();
                process::exit(INTERRUPTED.into());
            }
        })?;
        Ok(Self { asked })
    }
}

impl<T: Scalar> Observer<T> for Interrupt {
    fn wants_stop(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}
