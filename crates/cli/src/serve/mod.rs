//! The command `serve`: a saved model that answers over HTTP on this machine.
//!
//! ```text
//! http.rs      reads requests and writes responses: paths, limits, status codes
//! answers.rs   what a model is asked and answers, as JSON
//! page.html    a form for people, whose script asks as any other program would
//! ```

mod answers;
mod http;

use std::error::Error;
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueHint};
use data::printable_path;
use report::Interrupt;

use self::answers::{AnswersRequests, Question};
use crate::sentiment::{self, answer::SavedClassifier};
use crate::table;

/// Answer over HTTP with a saved model, on this machine only, until Ctrl-C.
///
/// `/` is a page with a form. `POST /predict` accepts a JSON object, the text or the row, or a list of them, and
/// answers with an object for each: `prediction`, `probabilities` from 0 to 1, and `notes` on what the model could
/// not use as given. `POST /predict?why` adds what moved each answer. `GET /model` says what the model reads. A
/// wrong request is answered with 400 and `{"error": …}`.
///
/// The server listens on 127.0.0.1. It has neither passwords nor encryption: to offer a model to other machines, put a
/// server that has them in front of it.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  wengert serve --model model.st
  curl -d '{\"text\": \"so happy\"}' http://127.0.0.1:8080/predict
  curl -d '[{\"city\": \"Rome\", \"price\": 8.1}]' 'http://127.0.0.1:8080/predict?why'
  wengert serve --model model.st --port 0     any free port; the first line of output has it")]
pub struct Serve {
    /// The model: a file written by `train --save`, of texts or of a table.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    model: PathBuf,
    /// The port to listen on; 0 for any free one.
    #[arg(long, value_name = "PORT", default_value_t = 8080, allow_negative_numbers = true)]
    port: u16,
}

/// Loads the model and answers requests until the program is ended.
pub fn run(options: &Serve) -> Result<(), Box<dyn Error>> {
    if table::holds_table_model(&options.model) {
        let (model, parameters, about) =
            table::load(&options.model).map_err(|error| error.to_string())?;
        listen(table::answer::SavedTable { model, parameters, about }, options)
    } else {
        let (model, parameters, about) = sentiment::load(&options.model)?;
        listen(SavedClassifier { model, parameters, about }, options)
    }
}

fn listen(model: impl AnswersRequests, options: &Serve) -> Result<(), Box<dyn Error>> {
    // The first process of a container gets no signal that it does not listen to.
    Interrupt::listen()?;
    let port = options.port;
    let listener = TcpListener::bind(("127.0.0.1", port)).map_err(|error| {
        format!(
            "--port {port}: cannot listen there: {error}; choose another, or 0 for any free one"
        )
    })?;
    let address = listener.local_addr()?;
    println!(
        "{} answers at http://{address}/ until Ctrl-C. A sample request:",
        printable_path(&options.model)
    );
    println!("  curl -d '{}' http://{address}/predict", example(&model.question()));
    // Programs that wait for this line must not wait for a buffer.
    io::stdout().flush()?;
    match http::answer_all(listener, Arc::new(model))? {}
}

/// Returns a request as an object that a shell takes between single quotes. Values are for the reader to fill in.
fn example(question: &Question<'_>) -> String {
    const SHOWN: usize = 3;
    let fields = question.fields.iter().take(SHOWN).map(|field| {
        let value = match (field.kind.as_str(), field.values.first()) {
            ("category", Some(value)) => serde_json::json!(value),
            ("number", _) => serde_json::json!(1.5),
            ("date", _) => serde_json::json!("2024-03-05"),
            _ => serde_json::json!("so happy"),
        };
        format!("{}: {value}", serde_json::json!(field.name))
    });
    let object = format!("{{{}}}", fields.collect::<Vec<_>>().join(", "));
    data::printable(&object.replace('\'', "\\u0027")).into_owned()
}
