//! The allowed values of options, and the messages for wrong ones.

use std::fmt::Display;

use data::Split;

/// Returns a whole number of at least 1.
pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number of at least 1".to_string()),
        Ok(number) => Ok(number),
    }
}

/// Returns a whole number from 1 to `MOST`.
pub fn up_to<const MOST: usize>(text: &str) -> Result<usize, String> {
    match positive(text)? {
        number if number <= MOST => Ok(number),
        _ => Err(format!("expected a whole number of at most {MOST}")),
    }
}

/// Returns a number of folds.
pub fn folds(text: &str) -> Result<usize, String> {
    match positive(text) {
        Ok(number @ 2..=1000) => Ok(number),
        _ => Err("expected a whole number from 2 to 1000".to_string()),
    }
}

/// Returns a number above 0.
pub fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("expected a number above 0, such as 0.001".to_string()),
    }
}

/// Returns a way of choosing samples for validation.
pub fn split(text: &str) -> Result<Split, String> {
    match text {
        "stratified" => Ok(Split::Stratified),
        "shuffled" => Ok(Split::Shuffled),
        "last" => Ok(Split::Last),
        _ => Err("choose one of stratified, shuffled, last".to_string()),
    }
}

/// Returns a number from 0 to below 1.
pub fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..1.0).contains(&number) => Ok(number),
        _ => Err("expected a number from 0 to below 1, such as 0.2".to_string()),
    }
}

/// Checks that no value of a list is given twice.
pub fn without_repeats<T: Display + PartialEq>(option: &str, values: &[T]) -> Result<(), String> {
    match values.iter().enumerate().find(|&(i, value)| values[..i].contains(value)) {
        Some((_, value)) => Err(format!("{option}: `{value}` is given twice; give it once")),
        None => Ok(()),
    }
}
