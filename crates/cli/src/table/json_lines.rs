//! JSON Lines as a table: an object on each line, its keys the columns. It is here and not in `data` because
//! of the dependency: the library reads tables without it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::Read;

use data::{
    DataFrame, DecimalMark, NumberForm, TableRow, TextReader, beginning, excerpt, is_missing,
    printable,
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// The values of an object in the order of the columns; `None` for null and for a key that it lacks.
struct ObjectRow {
    line: u64,
    cells: Vec<Option<String>>,
}

/// The cell for null and for a missing key, because an empty cell means an empty list or text.
const NULL: &str = "null";

/// The objects of a file, one after the other.
pub struct JsonLines<R> {
    /// The name of the file, for messages.
    name: String,
    text: TextReader<R>,
    /// All keys so far, by first appearance.
    columns: Vec<String>,
    /// The place of each.
    places: HashMap<String, usize>,
    first: Option<ObjectRow>,
    /// The form of each column's numbers in the data that the model was trained on.
    forms: HashMap<String, NumberForm>,
    /// The columns that have had a number as a text.
    with_number_texts: HashSet<usize>,
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
            forms: HashMap::new(),
            with_number_texts: HashSet::new(),
            line: String::new(),
        };
        rows.first = rows.read()?;
        Ok(rows)
    }

    /// Writes the numbers of these columns in the form that the model was trained on.
    pub fn set_number_forms(&mut self, forms: HashMap<String, NumberForm>) -> Result<(), String> {
        self.forms = forms;
        if let Some(first) = self.first.take() {
            self.first = Some(self.row(first.line)?);
        }
        Ok(())
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
    /// more. Null and a missing key are empty cells.
    pub fn next_row(&mut self) -> Result<Option<TableRow>, String> {
        let row = self.next_object()?;
        Ok(row.map(|ObjectRow { line, cells }| TableRow {
            line,
            cells: cells.into_iter().map(Option::unwrap_or_default).collect(),
        }))
    }

    /// Reads all objects that are left. Null and a missing key are cells that hold `null`.
    pub fn read_all(&mut self) -> Result<DataFrame, String> {
        let mut rows = Vec::new();
        while let Some(ObjectRow { line, cells }) = self.next_object()? {
            let cell = |cell: Option<String>| cell.unwrap_or_else(|| NULL.to_owned());
            rows.push(TableRow { line, cells: cells.into_iter().map(cell).collect() });
        }
        for row in &mut rows {
            row.cells.resize(self.columns.len(), NULL.to_owned());
        }
        // In the form of a model's columns, numbers have the marks of these columns.
        let has_points =
            |place: &usize| self.forms.is_empty() && !self.with_number_texts.contains(place);
        let numbers = (0..self.columns.len()).filter(has_points).collect();
        Ok(DataFrame::new(self.columns.clone(), rows, None).with_decimal_points(numbers))
    }

    fn next_object(&mut self) -> Result<Option<ObjectRow>, String> {
        match self.first.take() {
            Some(first) => Ok(Some(first)),
            None => self.read(),
        }
    }

    fn read(&mut self) -> Result<Option<ObjectRow>, String> {
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

    fn row(&mut self, line: u64) -> Result<ObjectRow, String> {
        let fault = |what: String| format!("{}, line {line}: {what}", self.name);
        let object: Object = serde_json::from_str(&self.line).map_err(|error| {
            let error = error.to_string();
            let error = printable(&beginning(&error, 200)).into_owned();
            fault(format!("expected a JSON object such as {{\"text\": \"so happy\"}}: {error}"))
        })?;
        let mut cells = vec![None; self.columns.len()];
        let mut is_set = vec![false; self.columns.len()];
        for (key, value) in object.0 {
            let is_null = value.is_null();
            let cell = cell_of(&key, &value, &self.forms).map_err(fault)?;
            let place = *self.places.entry(key.clone()).or_insert_with(|| {
                self.columns.push(key.clone());
                cells.push(None);
                is_set.push(false);
                cells.len() - 1
            });
            if is_set[place] {
                return Err(fault(format!("the key {} occurs twice", excerpt(&key))));
            }
            if value.as_str().is_some_and(DecimalMark::is_number) {
                self.with_number_texts.insert(place);
            }
            (cells[place], is_set[place]) = ((!is_null).then_some(cell), true);
        }
        Ok(ObjectRow { line, cells })
    }
}

/// Returns the value of a key as a cell: null as an empty one, several labels separated by `|`, and a number of a
/// column in the form of that column.
///
/// # Errors
/// If it is an object or has one in it, or a list has an element that is missing or has `|` in it.
pub fn cell_of(
    key: &str,
    value: &Value,
    forms: &HashMap<String, NumberForm>,
) -> Result<String, String> {
    if let (Value::Number(number), Some(form)) = (value, forms.get(key)) {
        return Ok(form.cell(&number.to_string()));
    }
    cell(value).map_err(|fault| format!("the key {} {fault}", excerpt(key)))
}

/// Returns a value as a cell. The error tells what the key has that no cell can hold.
fn cell(value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Array(values) => {
            let cells = values.iter().map(label).collect::<Result<Vec<_>, _>>()?;
            Ok(cells.join("|"))
        }
        Value::Object(_) => {
            Err("holds an object; expected a text, a number, a list of texts, true, false or null"
                .to_owned())
        }
    }
}

/// Returns an element of a list. In a cell, `|` must separate it from its neighbors, and it must not count as missing.
fn label(value: &Value) -> Result<String, String> {
    let text = cell(value)?;
    if text.contains('|') {
        let found = excerpt(&text);
        return Err(format!("has a list with {found}, but `|` separates labels; write it without"));
    }
    if is_missing(&text) {
        let found = excerpt(&text);
        return Err(format!(
            "has a list with {found}, which means a missing value; leave it out, or write another word"
        ));
    }
    Ok(text)
}

/// An object with its keys in the order of the file.
pub struct Object(pub Vec<(String, Value)>);

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
