//! Class names and the numbers that a model uses for them.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::excerpt::{excerpt, excerpts};

/// The distinct class names in order: class `c` is the `c`-th of them.
///
/// Names that are numbers come first and by value (`"2"` before `"10"`), the rest by alphabet, so
/// the numbering depends on the set of names only.
///
/// ```
/// use data::Labels;
///
/// let labels = Labels::of(["joy", "fear", "joy", "anger"]);
/// assert_eq!(labels.names(), ["anger", "fear", "joy"]);
/// assert_eq!(labels.class("joy"), Ok(2));
/// assert_eq!(labels.name(2), "joy");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Labels {
    names: Vec<String>,
}

/// A name that is not one of the classes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the label {} is not one of the {} known ones ({})",
    excerpt(label),
    known.len(),
    excerpts(known)
)]
pub struct UnknownLabel {
    /// The name found.
    pub label: String,
    /// The names there are.
    pub known: Vec<String>,
}

impl Labels {
    /// The classes that occur among these names.
    pub fn of(names: impl IntoIterator<Item = impl Into<String>>) -> Labels {
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort_by(|a, b| by_number_then_text(a, b));
        names.dedup();
        Labels { names }
    }

    /// The names, by class.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of classes.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no classes.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of a class.
    ///
    /// # Panics
    ///
    /// When there is no such class.
    #[track_caller]
    pub fn name(&self, class: u32) -> &str {
        match self.names.get(class as usize) {
            Some(name) => name,
            None => panic!("Labels::name: class {class} of {} classes", self.names.len()),
        }
    }

    /// The class of a name.
    ///
    /// # Errors
    ///
    /// When the name is not one of the classes.
    pub fn class(&self, name: &str) -> Result<u32, UnknownLabel> {
        match self.names.binary_search_by(|known| by_number_then_text(known, name)) {
            Ok(class) => Ok(class as u32),
            Err(_) => Err(UnknownLabel { label: name.to_owned(), known: self.names.clone() }),
        }
    }
}

fn by_number_then_text(a: &str, b: &str) -> Ordering {
    match (finite(a), finite(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

fn finite(name: &str) -> Option<f64> {
    name.parse().ok().filter(|number: &f64| number.is_finite())
}

impl From<Vec<String>> for Labels {
    fn from(names: Vec<String>) -> Labels {
        Labels::of(names)
    }
}

impl From<Labels> for Vec<String> {
    fn from(labels: Labels) -> Vec<String> {
        labels.names
    }
}
