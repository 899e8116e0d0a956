//! Requests to a model and its answers, as JSON. An answer names each key that the model does not read, and each
//! column that it reads but does not find: nothing is dropped or filled in silently.

use std::collections::{BTreeMap, HashMap};

use data::{ColumnKind, Mixed, NumberForm, TableRow, excerpt, excerpts};
use hyper::StatusCode;
use nn::Model;
use serde::Serialize;
use serde_json::Value;
use tensor::Tensor;
use train::NotFinite;

use crate::sentiment::answer::SavedClassifier;
use crate::table::answer::{Influence, SavedTable};
use crate::table::gaps::notes_on;
use crate::table::json_lines::{Object, cell_of};

/// A response that is not an answer: its status and the reason, for a person to read.
pub type Refusal = (StatusCode, String);

/// A saved model that answers requests.
pub trait AnswersRequests: Send + Sync + 'static {
    /// Returns what the model reads and answers.
    fn question(&self) -> Question<'_>;

    /// Returns the answer to an object as JSON. With `why`, it has what moved the answer.
    fn answer(&self, object: &Object, why: bool) -> Result<String, Refusal>;
}

/// What a model reads and answers.
#[derive(Serialize)]
pub struct Question<'a> {
    /// The name of what is answered.
    pub answers: &'a str,
    /// The classes or labels; none for numbers.
    pub classes: &'a [String],
    /// The keys of an object.
    pub fields: Vec<Field<'a>>,
}

/// A key of an object.
#[derive(Serialize)]
pub struct Field<'a> {
    pub name: &'a str,
    /// Text, number, category or date.
    pub kind: String,
    /// The percent sign, if the numbers are percents: 45 is 45%.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<char>,
    /// The known values of a category.
    pub values: &'a [String],
}

/// Returns what is answered to a wrong request.
fn wrong(reason: String) -> Refusal {
    (StatusCode::BAD_REQUEST, reason)
}

/// Returns what is answered if the model's numbers overflow.
fn overflow(error: NotFinite) -> Refusal {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

/// Answers the body of a request: an object, or a list of objects, whose answers are a list.
pub fn answer_body(model: &impl AnswersRequests, body: &str, why: bool) -> Result<String, Refusal> {
    let is_list = body.trim_start().starts_with('[');
    let objects: Result<Vec<Object>, _> = match is_list {
        true => serde_json::from_str(body),
        false => serde_json::from_str(body).map(|object| vec![object]),
    };
    let objects = objects.map_err(|error| {
        let fields = model.question().fields;
        let name = fields.first().map_or("text", |field| field.name);
        let expected = format!("{{{}: \"…\"}}", serde_json::json!(name));
        wrong(format!("expected a JSON object such as {expected}, or a list of them: {error}"))
    })?;
    let mut answers = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        let place = if is_list { format!("object {}: ", at + 1) } else { String::new() };
        let answer = model.answer(object, why);
        answers.push(answer.map_err(|(status, reason)| (status, format!("{place}{reason}")))?);
    }
    Ok(match is_list {
        true => format!("[{}]\n", answers.join(",\n")),
        false => format!("{}\n", answers.concat()),
    })
}

/// An answer, and notes on what the model could not take as it is.
#[derive(Serialize)]
struct Noted<A> {
    #[serde(flatten)]
    answer: A,
    notes: Vec<String>,
}

impl<A: Serialize> Noted<A> {
    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("the keys of an answer are texts")
    }
}

impl<M: Model<Input = Tensor<u32>> + Send + 'static> AnswersRequests for SavedClassifier<M> {
    fn question(&self) -> Question<'_> {
        let kind = ColumnKind::Text.to_string();
        let fields = vec![Field { name: "text", kind, unit: None, values: &[] }];
        Question { answers: "label", classes: self.about.labels.names(), fields }
    }

    fn answer(&self, object: &Object, why: bool) -> Result<String, Refusal> {
        let mut notes = Vec::new();
        let values = values_of(object, &["text"], &mut notes).map_err(wrong)?;
        let Some(Value::String(text)) = values[0] else {
            return Err(wrong("the key `text` does not hold a text".to_owned()));
        };
        notes.extend(self.about.note_on_cut(std::slice::from_ref(text)));
        let answer = SavedClassifier::answer(self, text, why).map_err(overflow)?;
        Ok(Noted { answer, notes }.to_json())
    }
}

/// The answer to a row.
#[derive(Serialize)]
struct RowReply<'a> {
    prediction: &'a Value,
    /// The probability of each class or label; `None` if nothing is known of the row, and for numbers.
    probabilities: Option<BTreeMap<&'a str, f32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Vec<Value>>,
}

impl<M: Model<Input = Mixed<Tensor<u32>>> + Send + 'static> AnswersRequests for SavedTable<M> {
    fn question(&self) -> Question<'_> {
        let forms: HashMap<&str, NumberForm> = self.about.encoder.number_forms().collect();
        let mut fields = Vec::new();
        for (name, kind, values) in self.about.encoder.fields() {
            let unit = forms.get(name).and_then(|form| form.percent());
            fields.push(Field { name, kind: kind.to_string(), unit, values });
        }
        Question { answers: &self.about.answers, classes: self.about.names(), fields }
    }

    fn answer(&self, object: &Object, why: bool) -> Result<String, Refusal> {
        let (encoder, mut notes) = (&self.about.encoder, Vec::new());
        let columns: Vec<&str> = encoder.columns().collect();
        let forms = self.about.number_forms();
        // The cell of a missing key is empty.
        let cell = |(value, name): (Option<&Value>, &&str)| match value {
            Some(value) => cell_of(name, value, &forms),
            None => Ok(String::new()),
        };
        let values = values_of(object, &columns, &mut notes).map_err(wrong)?;
        let cells = values.into_iter().zip(&columns).map(cell).collect::<Result<_, _>>();
        let row = TableRow { line: 1, cells: cells.map_err(wrong)? };
        let places: Vec<Option<usize>> = (0..columns.len()).map(Some).collect();
        let notation = encoder.notation(&places, [&row]);
        let answered = self.answers(notation, &places, &[row], why);
        let (answers, gaps) = answered.map_err(overflow)?;
        let answer = &answers[0];
        let shown = |cells: &[(u64, String)]| {
            cells.iter().map(|(_, cell)| excerpt(cell)).collect::<Vec<_>>().join(", ")
        };
        notes.extend(notes_on(&gaps, encoder, shown));
        let names = self.about.names().iter().map(String::as_str);
        let of_names = |all: &Vec<f32>| names.zip(all.iter().copied()).collect();
        let reply = RowReply {
            prediction: &answer.json,
            probabilities: answer
                .probabilities
                .as_ref()
                .filter(|all| !all.is_empty())
                .map(of_names),
            why: why.then(|| answer.why.iter().map(Influence::to_json).collect()),
        };
        Ok(Noted { answer: reply, notes }.to_json())
    }
}

/// Returns the values of these columns, and adds a note on each other key. It is an error if the object has none of
/// the columns: it is meant for another model.
fn values_of<'a>(
    object: &'a Object,
    columns: &[&str],
    notes: &mut Vec<String>,
) -> Result<Vec<Option<&'a Value>>, String> {
    let mut values = vec![None; columns.len()];
    for (key, value) in &object.0 {
        match columns.iter().position(|column| column == key) {
            None => notes.push(format!("the model does not read the key {}", excerpt(key))),
            Some(place) if values[place].is_some() => {
                return Err(format!("the key {} occurs twice", excerpt(key)));
            }
            Some(place) => values[place] = Some(value),
        }
    }
    match values.iter().any(Option::is_some) {
        true => Ok(values),
        false => {
            let names: Vec<String> = columns.iter().copied().map(String::from).collect();
            let names = excerpts(&names);
            Err(format!("the object has none of the keys that the model reads: {names}"))
        }
    }
}
