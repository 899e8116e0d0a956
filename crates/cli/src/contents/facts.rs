//! A description in JSON as lines to read: each field by its path, and a long list by its length.

use data::{beginning, printable, quoted};
use serde::Serialize;
use serde_json::Value;

/// A field of a description.
#[derive(Debug, PartialEq, Serialize)]
pub struct Fact {
    /// Its path, such as `sizes.hidden`.
    pub name: String,
    /// Its value; of a list the entries, or how many there are.
    pub value: String,
}

/// A list of more entries is shown by its length.
const FEW: usize = 12;

/// At most this many characters of a text are shown.
const MOST_CHARACTERS: usize = 100;

/// Returns the fields of a description, those without a value left out.
pub fn facts(description: &Value) -> Vec<Fact> {
    let mut facts = Vec::new();
    add("", description, &mut facts);
    facts
}

fn add(path: &str, value: &Value, facts: &mut Vec<Fact>) {
    let below = |name: &str| match path {
        "" => name.to_string(),
        path => format!("{path}.{name}"),
    };
    let value = match value {
        Value::Null => return,
        Value::Object(fields) => {
            for (name, value) in fields {
                add(&below(&printable(&beginning(name, MOST_CHARACTERS))), value, facts);
            }
            return;
        }
        Value::Array(entries) if is_few_objects(entries) => {
            for (place, entry) in entries.iter().enumerate() {
                add(&below(&place.to_string()), entry, facts);
            }
            return;
        }
        Value::Array(entries) => list(entries),
        other => text(other),
    };
    let name = if path.is_empty() { "description" } else { path };
    facts.push(Fact { name: name.to_string(), value });
}

/// Returns `true` for a short list of objects, such as the columns of a table.
fn is_few_objects(entries: &[Value]) -> bool {
    (1..=FEW).contains(&entries.len()) && entries.iter().all(Value::is_object)
}

/// Returns the entries of a short list of plain values, otherwise how many there are.
fn list(entries: &[Value]) -> String {
    let is_plain = |entry: &Value| !entry.is_object() && !entry.is_array();
    match entries {
        [] => "none".to_string(),
        few if few.len() <= FEW && few.iter().all(is_plain) => {
            few.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        [_] => "1 entry".to_string(),
        many => format!("{} entries", many.len()),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) if text.trim() != text => quoted(text),
        Value::String(text) => printable(&beginning(text, MOST_CHARACTERS)).into_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_shown_by_path_and_long_lists_by_length() {
        let description = json!({
            "sizes": {"hidden": 64, "dropout": null},
            "labels": ["a", "b"],
            "words": (0..13).collect::<Vec<_>>(),
            "columns": [{"name": "x"}, {"name": "y\u{1b}"}],
            "none": [],
        });
        let facts = facts(&description);
        let lines: Vec<String> =
            facts.iter().map(|fact| format!("{} {}", fact.name, fact.value)).collect();
        assert_eq!(
            lines,
            [
                "columns.0.name x",
                r"columns.1.name y\u{1b}",
                "labels a, b",
                "none none",
                "sizes.hidden 64",
                "words 13 entries",
            ]
        );
        assert_eq!(super::facts(&json!("text"))[0].value, "text");
    }
}
