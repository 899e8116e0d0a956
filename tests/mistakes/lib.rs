//! What a programmer's mistake is told: the message of its panic, and the line that it blames.

#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, set_hook, take_hook};
use std::sync::Once;

/// What a panic says, and the line that it blames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The message.
    pub message: String,
    /// The file of the blamed line.
    pub file: String,
    /// The number of the blamed line.
    pub line: u32,
}

thread_local! {
    static LAST: RefCell<Option<Told>> = const { RefCell::new(None) };
}

/// Returns what a mistake is told.
///
/// # Panics
/// If the mistake does not panic.
#[track_caller]
pub fn told<R>(mistake: impl FnOnce() -> R) -> Told {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |panic| {
            let message = panic.payload_as_str().unwrap_or_default().to_string();
            let (file, line) = panic.location().map_or(("", 0), |at| (at.file(), at.line()));
            LAST.set(Some(Told { message, file: file.to_string(), line }));
            print(panic);
        }));
    });
    let outcome = catch_unwind(AssertUnwindSafe(|| drop(mistake())));
    assert!(outcome.is_err(), "this is a mistake, and nothing was said");
    LAST.take().expect("the hook has kept what was said")
}

/// Returns the message of a mistake, which must blame the file of the caller.
///
/// # Panics
/// If the mistake does not panic, or blames another file.
#[track_caller]
pub fn message<R>(mistake: impl FnOnce() -> R) -> String {
    let told = told(mistake);
    assert_eq!(told.file, Location::caller().file(), "{told:?}");
    told.message
}
