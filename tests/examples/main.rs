//! The examples, run as a person runs them.

mod ending;
mod interop;
mod pages;

use std::path::PathBuf;

/// Returns the path of an example that is among the default members of the workspace.
fn example(name: &str) -> PathBuf {
    let package = match name {
        "interop" | "tape_pages" | "wrong_gradients" => name,
        _ => "wengert-examples",
    };
    programs::example(package, name)
}
