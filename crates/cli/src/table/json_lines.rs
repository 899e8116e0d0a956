//! JSON Lines as a table: an object on each line, its keys the columns. It is here and not in `data` because
//! of the dependency: the library reads tables without it.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use data::{DataFrame, TableRow, TextReader, beginning, excerpt, printable};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// The objects of a file, one after the other.
pub struct JsonLines<R> {
    /// The name of the file, for messages.
    name: String,
    text: TextReader<R>,
    /// All keys so far, by first appearance.
    columns: Vec<String>,
    /// The place of each.
    places: HashMap<String, usize>,
    first: Option<TableRow>,
    /// The line that was read last.
    line: String,
}

impl<R: Read> JsonLines<R> {
    /// Reads the first object. Errors name the file `name`.
    pub fn open(name: &str, text: TextReader<R>) -> Result<Self, String> {
        let mut rows = Self {
            name: name.to_owned(),
            text,
            columns: Vec::new(),
            places: HashMap::new(),
            first: None,
            line: String::new(),
        };
        rows.first = rows.read()?;
        Ok(rows)
    }

    /// Returns the keys so far.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the object that was read last, as in the file.
    pub fn object(&self) -> &str {
        self.line.trim()
    }

    /// Returns the encoding of the file.
    pub fn encoding(&self) -> data::TextEncoding {
        self.text.encoding()
    }

    /// Returns the next object's values, one for each of [`columns`](Self::columns), which may have become
    /// more. A missing key is an empty cell.
    pub fn next_row(&mut self) -> Result<Option<TableRow>, String> {
        match self.first.take() {
            Some(first) => Ok(Some(first)),
            None => self.read(),
        }
    }

    /// Reads all objects that are left.
    pub fn read_all(&mut self) -> Result<DataFrame, String> {
        let mut rows = Vec::new();
        while let Some(row) = self.next_row()? {
            rows.push(row);
        }
        for row in &mut rows {
            row.cells.resize(self.columns.len(), String::new());
        }
        Ok(DataFrame { columns: self.columns.clone(), rows, separator: None })
    }

    fn read(&mut self) -> Result<Option<TableRow>, String> {
        loop {
            let number = self.text.line();
            let next = self.text.next_line();
            let Some(line) = next.map_err(|(line, fault)| {
                let place = line.map_or(String::new(), |line| format!(", line {line}"));
                format!("{}{place}: {fault}", self.name)
            })?
            else {
                return Ok(None);
            };
            if line.trim().is_empty() {
                continue;
            }
            self.line = line.to_owned();
            return self.row(number).map(Some);
        }
    }

    fn row(&mut self, line: u64) -> Result<TableRow, String> {
        let fault = |what: String| format!("{}, line {line}: {what}", self.name);
        let object: Object = serde_json::from_str(&self.line).map_err(|error| {
            let error = error.to_string();
            let error = printable(&beginning(&error, 200)).into_owned();
            fault(format!("expected a JSON object such as {{\"text\": \"so happy\"}}: {error}"))
        })?;
        let mut cells = vec![String::new(); self.columns.len()];
        let mut is_set = vec![false; self.columns.len()];
        for (key, value) in object.0 {
            let cell = cell(&value).ok_or_else(|| {
                fault(format!(
                    "the key {} holds an object; expected a text, a number, a list of texts, true, false \
                     or null",
                    excerpt(&key)
                ))
            })?;
            let place = *self.places.entry(key.clone()).or_insert_with(|| {
                self.columns.push(key.clone());
                cells.push(String::new());
                is_set.push(false);
                cells.len() - 1
            });
            if is_set[place] {
                return Err(fault(format!("the key {} occurs twice", excerpt(&key))));
            }
            (cells[place], is_set[place]) = (cell, true);
        }
        Ok(TableRow { line, cells })
    }
}

/// Returns a value as a cell, several labels separated by `|`; `None` for an object.
fn cell(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(values) => {
            let cells: Option<Vec<String>> = values.iter().map(cell).collect();
            Some(cells?.join("|"))
        }
        Value::Object(_) => None,
    }
}

/// An object with its keys in the order of the file.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
