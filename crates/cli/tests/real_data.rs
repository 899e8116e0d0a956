//! The accuracy of the article's models on real data.
//!
//! Set `WENGERT_DATA` to a folder with `mr/` and `xed/` (texts with two and eight classes) and
//! `magic10k_std/` (ten features, two classes), each with `train.csv` and `test.csv`. Without it
//! these tests do nothing.

use std::env;
use std::io::{Write, stderr};
use std::path::Path;

use programs::{accuracy, run};

const WENGERT: &str = env!("CARGO_BIN_EXE_wengert");

/// Runs a command on one of the data sets with two seeds, and checks the mean test accuracy of
/// both activations, in percent.
fn expect_accuracy(command: &str, set: &str, at_least: f64) {
    let Some(data) = env::var_os("WENGERT_DATA") else {
        // A passing test does not show println!.
        writeln!(stderr(), "skipped: set WENGERT_DATA to the folder of {set}/").expect("stderr");
        return;
    };
    let options = "--train train.csv --test test.csv --activation relu,swiglu --seeds 2";
    let output =
        run(WENGERT, &Path::new(&data).join(set), &format!("{command} {options}")).success();
    for activation in ["relu", "swiglu"] {
        assert!(accuracy(&output, activation) >= at_least, "{set}: {output}");
    }
}

#[test]
fn movie_reviews() {
    expect_accuracy("compare", "mr", 69.0);
}

#[test]
fn emotions_of_subtitles() {
    expect_accuracy("compare", "xed", 36.0);
}

#[test]
fn gamma_rays() {
    expect_accuracy("tabular", "magic10k_std", 86.5);
}
