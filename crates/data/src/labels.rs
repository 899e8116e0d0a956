//! Class names and the numbers that a model uses for them.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::excerpt::{excerpt, excerpts};

/// The distinct class names in order: class `c` is the `c`-th of them.
///
/// Names that are numbers come first, by value (`"2"` before `"10"`); the others follow in
/// alphabetical order. So the numbering depends only on the set of names.
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
    "the label {} is not one of the {} known ones ({}){}",
    excerpt(label),
    known.len(),
    excerpts(known),
    hint(label, known)
)]
pub struct UnknownLabel {
    /// The name found.
    pub label: String,
    /// The names of the classes.
    pub known: Vec<String>,
}

impl Labels {
    /// Creates the classes that occur among these names.
    pub fn of(names: impl IntoIterator<Item = impl Into<String>>) -> Labels {
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort_by(|a, b| by_number_then_text(a, b));
        names.dedup();
        Labels { names }
    }

    /// Returns the names, by class.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the number of classes.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns `true` if there are no classes.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the name of a class.
    ///
    /// # Panics
    ///
    /// If the class is not below [`Labels::len`].
    #[track_caller]
    pub fn name(&self, class: u32) -> &str {
        match self.names.get(class as usize) {
            Some(name) => name,
            None => panic!("Labels::name: class {class} of {} classes", self.names.len()),
        }
    }

    /// Returns the class of a name.
    ///
    /// # Errors
    ///
    /// If the name is not one of the classes.
    pub fn class(&self, name: &str) -> Result<u32, UnknownLabel> {
        match self.names.binary_search_by(|known| by_number_then_text(known, name)) {
            Ok(class) => Ok(class as u32),
            Err(_) => Err(UnknownLabel { label: name.to_owned(), known: self.names.clone() }),
        }
    }
}

/// Returns notes for the user on names that look like one class written in several ways, and on
/// names that read like a missing value. `names` has the label of each row.
///
/// ```
/// let notes = data::label_notes(["joy", "Joy", "joy", "sad"]);
/// assert_eq!(
///     notes,
///     ["the labels `Joy` (1 row) and `joy` (2 rows) differ only in case, but are different classes; \
///       if they are meant to be one, write them alike"]
/// );
/// ```
pub fn label_notes(names: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    for name in names {
        *rows.entry(name.as_ref().to_owned()).or_default() += 1;
    }
    let with_rows = |name: &str| match rows[name] {
        1 => format!("{} (1 row)", excerpt(name)),
        count => format!("{} ({count} rows)", excerpt(name)),
    };
    let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in rows.keys() {
        alike.entry(essence(name)).or_default().push(name);
    }
    let mut notes = Vec::new();
    for group in alike.values().filter(|group| group.len() > 1) {
        let (last, others) = group.split_last().expect("a group has two names");
        let others: Vec<String> = others.iter().map(|name| with_rows(name)).collect();
        notes.push(format!(
            "the labels {} and {} differ only in {}, but are different classes; if they are meant to be \
             one, write them alike",
            others.join(", "),
            with_rows(last),
            difference(group)
        ));
    }
    for name in rows.keys().filter(|name| MISSING.contains(&essence(name).as_str())) {
        notes.push(format!(
            "the label {} reads like a missing value, but is a class; if it is not meant as one, remove these rows",
            with_rows(name)
        ));
    }
    notes
}

/// The texts that programs write for a missing value, in the form of [`essence`].
const MISSING: [&str; 13] =
    ["", "nan", "none", "null", "nil", "n/a", "#n/a", "<na>", "na", "-", "--", "?", "missing"];

/// Returns a name without differences that are easily overlooked.
fn essence(name: &str) -> String {
    match finite(visible(name).trim()) {
        // Adding zero turns −0 into 0.
        Some(number) => (number + 0.0).to_string(),
        None => visible(name)
            .to_lowercase()
            .split(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '_'))
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// Returns a name without characters that take no space.
fn visible(name: &str) -> String {
    let is_invisible = |letter: char| {
        matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(letter, '\u{2060}'..='\u{2069}' | '\u{fe0e}' | '\u{fe0f}' | '\u{feff}')
            || (letter.is_control() && !letter.is_whitespace())
    };
    name.replace(is_invisible, "")
}

/// Returns how names with the same essence differ.
fn difference(group: &[&str]) -> &'static str {
    let all_equal =
        |form: fn(&str) -> String| group.iter().all(|name| form(name) == form(group[0]));
    match group {
        _ if group.iter().all(|name| finite(visible(name).trim()).is_some()) => {
            "how the number is written"
        }
        _ if all_equal(|name| name.to_lowercase()) => "case",
        _ if all_equal(visible) => "characters that cannot be seen",
        _ => "case, white space, quotes or characters that cannot be seen",
    }
}

/// Returns a question that suggests the known label like this unknown one, if there is any.
fn hint(label: &str, known: &[String]) -> String {
    match known.iter().find(|name| essence(name) == essence(label)) {
        Some(name) => format!("; did you mean {}?", excerpt(name)),
        None => String::new(),
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
