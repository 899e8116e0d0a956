//! The command `predict` with a model of a table: the columns of a file, followed by the answers.

use std::error::Error;
use std::path::Path;

use data::{
    ColumnKind, FrameEncoder, Gaps, Mixed, Notation, TableRow, excerpt, printable_path, write_csv,
};
use nn::Model;
use serde_json::json;
use tensor::Tensor;

use super::answer::{Influence, RowAnswer, SavedTable};
use super::evaluate::places_of;
use super::file::{TableFile, form_of_others};
use super::gaps::tell_gaps;
use super::saved::load;
use crate::json::WriteLine;
use crate::saying::print_text;
use crate::sentiment::options::Predict;

/// The number of rows of a file that are answered at once.
const TOGETHER: usize = 256;

/// Answers the rows of a file or of standard input, one after the other.
pub fn predict(options: &Predict) -> Result<(), Box<dyn Error>> {
    let (model, parameters, about) = load(&options.model)?;
    if options.top.is_some() {
        return Err("--top is for models of texts; this one writes every probability".into());
    }
    let file = options.file.as_deref().or(options.text().map(Path::new));
    let file = file.unwrap_or(Path::new("-"));
    let option = if options.file.is_some() { "--file" } else { "FILE" };
    options.json.check(&[("--model", options.model.clone()), (option, file.to_path_buf())])?;
    let mut rows = TableFile::open_live(file, form_of_others(about.has_header, options.separator))?;
    rows.set_number_forms(about.number_forms())?;
    // A pipe may pause: each of its rows is answered at once.
    let together = if file == Path::new("-") { 1 } else { TOGETHER };
    let predictor = Predictor { table: SavedTable { model, parameters, about }, options };
    options.json.write_lines(|json| predictor.answer_all(&mut rows, together, json))
}

/// A saved model that answers the rows of a file.
struct Predictor<'a, M> {
    table: SavedTable<M>,
    options: &'a Predict,
}

/// What was seen of the rows that are answered.
#[derive(Default)]
struct Read {
    notation: Notation,
    gaps: Gaps,
}

impl Read {
    /// Adds what the next rows show of the notation. It is an error if earlier cells, which are already answered, were
    /// read in the wrong notation.
    fn look(&mut self, encoder: &FrameEncoder, shown: Notation) -> Result<(), String> {
        let before = self.notation;
        self.notation = before.or(shown);
        let new = |before: Option<bool>, now: Option<bool>| before.is_none() && now == Some(true);
        let has_new_marks = new(before.has_other_mark, self.notation.has_other_mark);
        let has_new_order = new(before.has_other_order, self.notation.has_other_order);
        for (name, kind, _) in encoder.fields() {
            let (is_wrong, what, differ) = match kind {
                ColumnKind::Date => (has_new_order, "dates", "another order of day and month"),
                _ => (has_new_marks, "numbers", "another decimal mark"),
            };
            let disputed = self.gaps.disputed.get(name).and_then(|(_, first)| first.first());
            if let (true, Some((line, cell))) = (is_wrong, disputed) {
                return Err(format!(
                    "{what} have {differ} than in the rows that the model was trained on. {} in column {} of line \
                     {line} can be read either way, and is answered already, as if it were like those; write the \
                     {what} as they do",
                    excerpt(cell),
                    excerpt(name)
                ));
            }
        }
        Ok(())
    }
}

/// A row, and its object if the file has objects.
type InputRow = (TableRow, Option<String>);

impl<M: Model<Input = Mixed<Tensor<u32>>>> Predictor<'_, M> {
    fn answer_all(
        &self,
        rows: &mut TableFile,
        together: usize,
        json: &mut WriteLine,
    ) -> Result<(), Box<dyn Error>> {
        let mut places = self.places_so_far(rows)?;
        let columns = rows.columns().to_vec();
        let names = self.answer_names(&columns);
        if !self.options.json.is_printed() {
            print_text(&record(columns.iter().chain(&names).map(String::as_str)));
        }
        let (mut batch, mut read) = (Vec::new(), Read::default());
        loop {
            let row = rows.next_row()?;
            let is_end = row.is_none();
            if let Some(row) = row {
                let added = rows.columns().get(columns.len()..).unwrap_or_default();
                self.check_new(added, &names)
                    .map_err(|error| format!("{}, line {}: {error}", rows.name(), row.line))?;
                batch.push((row, rows.object().map(String::from)));
            }
            if batch.len() >= together || (is_end && !batch.is_empty()) {
                if rows.is_json_lines() {
                    places = self.places_so_far(rows)?;
                }
                self.answer(&batch, &places, rows, &names, &mut read, json)?;
                batch.clear();
            }
            if is_end {
                break;
            }
        }
        tell_gaps(&read.gaps, &self.table.about.encoder);
        Ok(())
    }

    /// Returns the place of each column that the model reads. Objects may have a key that the first ones
    /// lack: it has no place yet. In other files, or if no key has a place, a missing column is an error.
    fn places_so_far(&self, rows: &TableFile) -> Result<Vec<Option<usize>>, String> {
        let place = |name| rows.columns().iter().position(|column| column == name);
        let places: Vec<Option<usize>> = self.table.about.encoder.columns().map(place).collect();
        match rows.is_json_lines() && places.iter().any(Option::is_some) {
            true => Ok(places),
            false => places_of(&self.table.about, rows),
        }
    }

    /// Checks keys that objects have and the first one did not.
    fn check_new(&self, added: &[String], names: &[String]) -> Result<(), String> {
        if let (Some(key), false) = (added.first(), self.options.json.is_printed()) {
            return Err(format!(
                "the key {} is new, and the header is written already; --json writes rows of any keys",
                excerpt(key)
            ));
        }
        match added.iter().find(|key| names.contains(key)) {
            None => Ok(()),
            Some(key) => Err(format!(
                "the key {} is new, and answers have this name; rename it in all objects",
                excerpt(key)
            )),
        }
    }

    /// Returns the names of the columns of an answer: all different, and none of them the file's.
    fn answer_names(&self, columns: &[String]) -> Vec<String> {
        let probabilities =
            self.table.about.names().iter().map(|name| format!("probability_{name}"));
        let why = self.options.why.then(|| "why".to_owned());
        let mut names: Vec<String> = Vec::new();
        for name in std::iter::once("prediction".to_owned()).chain(probabilities).chain(why) {
            let others = (2..).map(|number| format!("{name}_{number}"));
            let mut all = std::iter::once(name.clone()).chain(others);
            let is_free = |name: &String| !columns.contains(name) && !names.contains(name);
            let free = all.find(is_free).expect("there are more numbers than names");
            names.push(free);
        }
        names
    }

    /// Answers some rows, and writes them.
    fn answer(
        &self,
        batch: &[InputRow],
        places: &[Option<usize>],
        file: &TableFile,
        names: &[String],
        read: &mut Read,
        json: &mut WriteLine,
    ) -> Result<(), Box<dyn Error>> {
        let columns = file.columns();
        // An object may lack keys that come later.
        let full = |(row, _): &InputRow| {
            let mut row = row.clone();
            row.cells.resize(columns.len(), String::new());
            row
        };
        let rows: Vec<TableRow> = batch.iter().map(full).collect();
        let encoder = &self.table.about.encoder;
        read.look(encoder, encoder.notation(places, &rows))
            .map_err(|error| format!("{}, from line {} on: {error}", file.name(), rows[0].line))?;
        let answered = self.table.answers(read.notation, places, &rows, self.options.why);
        let (answers, found) = answered.map_err(|error| {
            let (model, line) = (printable_path(&self.options.model), rows[0].line);
            format!("--model {model}, from line {line} on: {error}")
        })?;
        read.gaps.merge(found);
        let mut lines = String::new();
        for (row, ((_, object), answer)) in rows.iter().zip(batch.iter().zip(&answers)) {
            if self.options.json.is_wanted() {
                let object = object.clone().unwrap_or_else(|| object_of(columns, row));
                json(&self.with_answer(&object, names, answer))?;
            }
            if !self.options.json.is_printed() {
                let cells = self.cells(answer);
                lines += &record(row.cells.iter().chain(&cells).map(String::as_str));
            }
        }
        print_text(&lines);
        Ok(())
    }

    /// Returns the cells of an answer: itself, the probabilities, which are empty if nothing is known of the
    /// row, and what moved it.
    fn cells(&self, answer: &RowAnswer) -> Vec<String> {
        let probabilities: Vec<String> = match &answer.probabilities {
            Some(probabilities) => probabilities.iter().map(f32::to_string).collect(),
            None => self.table.about.names().iter().map(|_| String::new()).collect(),
        };
        let effect = |found: &Influence| format!("{} {:+}", found.name(), found.effect as f32);
        let why: Vec<String> = answer.why.iter().map(effect).collect();
        let label = answer.why.first().and_then(|found| found.label.as_ref());
        let label = label.map_or(String::new(), |label| format!("{label}: "));
        let why = self.options.why.then(|| label + &why.join("; "));
        [answer.text.clone()].into_iter().chain(probabilities).chain(why).collect()
    }

    /// Returns an object with the answer at its end.
    fn with_answer(&self, object: &str, names: &[String], answer: &RowAnswer) -> String {
        let start = object.trim_end().strip_suffix('}').unwrap_or(object).trim_end();
        let comma = if start.ends_with('{') { "" } else { "," };
        let mut text = format!("{start}{comma}{}:{}", json!(names[0]), answer.json);
        for (at, name) in names[1..=self.table.about.names().len()].iter().enumerate() {
            let probability = answer.probabilities.as_ref().map(|all| all[at].to_string());
            text += &format!(",{}:{}", json!(name), probability.as_deref().unwrap_or("null"));
        }
        if let (true, Some(name)) = (self.options.why, names.last()) {
            let why: Vec<_> = answer.why.iter().map(Influence::to_json).collect();
            text += &format!(",{}:{}", json!(name), json!(why));
        }
        text + "}"
    }
}

/// Returns a row of a CSV file.
fn record<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut bytes = Vec::new();
    write_csv(&mut bytes, cells, std::iter::empty::<[&str; 0]>())
        .expect("memory can be written to");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns a row as a JSON object.
fn object_of(columns: &[String], row: &TableRow) -> String {
    let pairs = columns.iter().zip(&row.cells);
    let pairs: Vec<String> =
        pairs.map(|(name, cell)| format!("{}:{}", json!(name), json!(cell))).collect();
    format!("{{{}}}", pairs.join(","))
}
