//! `serve`: the answers of `predict` over HTTP, what is said of wrong requests, and many requests at once.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::thread;

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::program::{command, wengert};
use crate::table::{folder, run_reading};

/// A server that ends with its test.
struct Serving {
    child: Child,
    address: String,
    /// Kept open, for what the server may still write.
    _stdout: BufReader<ChildStdout>,
}

impl Serving {
    fn start(folder: &Path, model: &str) -> Self {
        let mut command = command(folder);
        let command = command.args(["serve", "--model", model, "--port", "0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        Self { child, address: address.expect(&line).to_owned(), _stdout: stdout }
    }

    /// Sends bytes as they are, and returns the status and the whole response.
    fn send(&self, bytes: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write)).unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        let response = String::from_utf8(response).unwrap();
        let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_else(|| panic!("no response to {bytes:.100?}")), response)
    }

    /// Sends a request with a body, and returns the status and the body of the response.
    fn request(&self, line: &str, body: &[u8]) -> (u16, String) {
        let (status, response) = self.response(line, body);
        let body = response.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, body.to_owned())
    }

    /// Sends a request with a body, and returns the status and the whole response.
    fn response(&self, line: &str, body: &[u8]) -> (u16, String) {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat())
    }

    /// Asks for answers.
    #[track_caller]
    fn ask(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.request(&format!("POST {path}"), body.to_string().as_bytes());
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str(&answer).unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Returns a folder with a model of the shop.
fn shop_model() -> TempDir {
    let folder = folder();
    let train = "train shop.csv --target sold --vocab 300 --epochs 3 --quiet --save shop.st";
    wengert(folder.path(), train).success();
    folder
}

/// Returns a folder with a model of two kinds of texts.
fn text_model() -> TempDir {
    let folder = tempdir().unwrap();
    let row = |i: usize| {
        let (word, label) = [("sunny", "warm"), ("rainy", "wet")][i % 2];
        format!("\"a {word} day, number {}\",{label}\n", i % 7)
    };
    let rows: String = (0..80).map(row).collect();
    fs::write(folder.path().join("days.csv"), format!("text,label\n{rows}")).unwrap();
    let train = "train --train days.csv --test days.csv --activation relu --epochs 5 \
                 --max-length 6 --quiet --save days.st";
    wengert(folder.path(), train).success();
    folder
}

const ROWS: [&str; 3] = [
    r#"{"city": "Rome", "price": 8.1, "note": "a lovely thing", "day": "2024-03-05"}"#,
    r#"{"city": null, "price": "NA", "note": "an awful thing", "day": "2024-03-09"}"#,
    r#"{"city": "Atlantis", "price": "cheap", "note": "", "day": null}"#,
];

#[test]
fn rows_are_answered_as_by_predict() {
    let folder = shop_model();
    let predicted = run_reading(
        ROWS.join("\n").as_bytes(),
        folder.path(),
        "predict --model shop.st --json --why -",
    );
    let predicted: Vec<Value> =
        predicted.success().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let server = Serving::start(folder.path(), "shop.st");
    let rows: Vec<Value> = ROWS.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    let answers = server.ask("/predict?why", &json!(rows));
    for (at, (predicted, row)) in predicted.iter().zip(&rows).enumerate() {
        let answer = &answers[at];
        assert_eq!(answer["prediction"], predicted["prediction"]);
        assert_eq!(answer["why"], predicted["why"]);
        for class in ["yes", "no"] {
            let expected = &predicted[format!("probability_{class}")];
            assert_eq!(&answer["probabilities"][class], expected, "{answer}");
        }
        // One alone is answered as among others, and without asking why there is none.
        let mut alone = answer.clone();
        alone.as_object_mut().unwrap().remove("why");
        assert_eq!(server.ask("/predict", row), alone);
    }
    assert_eq!(answers[2]["prediction"], "unknown");
    assert_eq!(server.ask("/predict", &json!([])), json!([]));
}

#[test]
fn notes_say_what_a_model_could_not_take_as_it_is() {
    let folder = shop_model();
    let server = Serving::start(folder.path(), "shop.st");
    let row =
        json!({"city": "Atlantis", "price": "cheap", "note": "lovely quizzaciously", "id": 7});
    let notes = server.ask("/predict", &row)["notes"].to_string();
    for part in [
        "the model does not read the key `id`",
        "column `day`: 1 cell is missing",
        "column `note`: 1 word that the model does not know is left out: `quizzaciously`",
        "column `price`: 1 cell that cannot be read as the kind trained on, taken as missing: `cheap`",
        "column `city`: 1 cell with a value seen fewer than twice in training, treated as any other \
         such value: `Atlantis`",
    ] {
        assert!(notes.contains(part), "no `{part}` in {notes}");
    }
}

#[test]
fn a_number_of_json_is_read_by_a_model_of_decimal_commas() {
    let folder = folder();
    let train = "train rents.csv --target Miete --epochs 3 --quiet --save rents.st";
    wengert(folder.path(), train).success();
    let server = Serving::start(folder.path(), "rents.st");
    let street = "K\u{f6}nigsweg";
    let as_text =
        server.ask("/predict", &json!({"Stra\u{df}e": street, "Gr\u{f6}\u{df}e": "88,5"}));
    let as_number =
        server.ask("/predict", &json!({"Stra\u{df}e": street, "Gr\u{f6}\u{df}e": 88.5}));
    assert_eq!((&as_text, &as_text["notes"]), (&as_number, &json!([])));
}

/// A text with a decimal comma beside it does not say how numbers of JSON are to be read, and a number of a column of
/// percents is one.
#[test]
fn a_number_of_json_has_one_meaning() {
    let folder = folder();
    let folder = folder.path();
    let row = |i: usize| format!("{}.{:02};{}%;{}\n", i % 9 + 1, i * 7 % 100, i % 100, i % 2);
    let rows: String = (0..200).map(row).collect();
    fs::write(folder.join("rows.csv"), format!("weight;share;sold\n{rows}")).unwrap();
    wengert(folder, "train rows.csv --target sold --epochs 2 --quiet --save rows.st").success();
    let server = Serving::start(folder, "rows.st");
    let (_, model) = server.request("GET /model", b"");
    let fields = &serde_json::from_str::<Value>(&model).unwrap()["fields"];
    assert_eq!((&fields[1]["name"], &fields[1]["unit"]), (&json!("share"), &json!("%")));
    let as_text = server.ask("/predict", &json!({"weight": "1.234", "share": "45%"}));
    let as_number = server.ask("/predict", &json!({"weight": 1.234, "share": 45}));
    assert_eq!((&as_text, &as_text["notes"]), (&as_number, &json!([])));
    let beside = server.ask("/predict", &json!({"weight": 1.234, "share": "45,5%"}));
    let notes = beside["notes"].to_string();
    assert!(!notes.contains("`weight`"), "{notes}");
}

#[test]
fn numbers_of_json_lines_are_those_of_a_file_with_decimal_commas() {
    let folder = folder();
    let folder = folder.path();
    // With three decimals a comma taken for a point would make it a thousand times as large.
    let row = |i: usize| (i as f64 * 0.37 + 10.0, i as f64 * 0.74 + 25.125);
    let commas = |x: f64| format!("{x:.3}").replace('.', ",");
    let csv: String =
        (0..200).map(row).map(|(x, y)| format!("{};{}\n", commas(x), commas(y))).collect();
    let json: String =
        (0..200).map(row).map(|(x, y)| format!("{{\"x\": {x:.3}, \"y\": {y:.3}}}\n")).collect();
    fs::write(folder.join("commas.csv"), format!("x;y\n{csv}")).unwrap();
    fs::write(folder.join("points.jsonl"), json).unwrap();
    wengert(folder, "train commas.csv --target y --epochs 3 --quiet --save m.st").success();
    let figures =
        |file: &str| wengert(folder, &format!("evaluate --model m.st {file} --json")).success();
    assert_eq!(figures("points.jsonl"), figures("commas.csv"));
    let answers = |file: &str| -> Vec<String> {
        let printed = wengert(folder, &format!("predict --model m.st {file}")).success();
        printed.lines().map(|line| line.rsplit(',').next().unwrap().to_owned()).collect()
    };
    assert_eq!(answers("points.jsonl"), answers("commas.csv"));
}

#[test]
fn what_moved_several_labels_is_said_of_the_most_probable_one() {
    let folder = folder();
    let folder = folder.path();
    wengert(folder, "train notes.jsonl --target tags --epochs 5 --quiet --save notes.st").success();
    let server = Serving::start(folder, "notes.st");
    let answer = server.ask("/predict?why", &json!({"text": "it was sun and beach on day 3"}));
    let probability = |label: &str| answer["probabilities"][label].as_f64().unwrap();
    let most = if probability("warm") > probability("wet") { "warm" } else { "wet" };
    assert!(
        answer["why"].as_array().unwrap().iter().all(|found| found["label"] == most),
        "{answer}"
    );
    let rows = "text,n\nit was sun and beach on day 3,\n";
    let printed =
        run_reading(rows.as_bytes(), folder, "predict --model notes.st --why -").success();
    assert!(printed.contains(&format!("{most}: text")), "{printed}");
}

#[test]
fn texts_are_answered_as_by_predict() {
    let folder = text_model();
    let server = Serving::start(folder.path(), "days.st");
    for text in ["A sunny day", "rainy and quizzacious", "nothing known", ""] {
        let predicted = wengert_json(folder.path(), text);
        let mut answer = server.ask("/predict?why", &json!({"text": text}));
        let notes = answer.as_object_mut().unwrap().remove("notes");
        assert_eq!((answer, notes), (predicted, Some(json!([]))));
    }
    let long = "sunny day ".repeat(10);
    let notes = &server.ask("/predict", &json!({"text": long}))["notes"];
    assert!(notes[0].as_str().unwrap().contains("more than 6 known words"), "{notes}");
}

fn wengert_json(folder: &Path, text: &str) -> Value {
    let arguments = ["predict", "--model", "days.st", "--json", "--why", text];
    let outcome = crate::program::wengert_with(folder, &arguments);
    serde_json::from_str(&outcome.success()).unwrap()
}

#[test]
fn the_model_says_what_it_reads_and_the_page_needs_nothing_else() {
    let folder = shop_model();
    let server = Serving::start(folder.path(), "shop.st");
    let (status, model) = server.request("GET /model", b"");
    let model: Value = serde_json::from_str(&model).unwrap();
    assert_eq!(
        (status, &model["answers"], &model["classes"]),
        (200, &json!("sold"), &json!(["no", "yes"]))
    );
    let kinds: Vec<_> =
        model["fields"].as_array().unwrap().iter().map(|field| &field["kind"]).collect();
    assert_eq!(kinds, ["category", "number", "text", "date"]);
    assert_eq!(model["fields"][0]["values"], json!(["Bern", "Oslo", "Rome"]));
    let (status, page) = server.request("GET /", b"");
    assert_eq!(status, 200);
    assert!(page.contains("<form") && !page.contains("http://") && !page.contains("https://"));
}

#[test]
fn a_wrong_request_gets_a_reason_and_the_server_answers_on() {
    let folder = shop_model();
    let server = Serving::start(folder.path(), "shop.st");
    let deep = format!("{{\"city\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
    let long = format!("{{\"note\": \"{}\"}}", "a ".repeat(600_000));
    let rather_long = format!("{{\"note\": \"{}\"}}", "a ".repeat(10_000));
    for (line, body, status, reason) in [
        ("POST /predict", "", 400, "expected a JSON object such as {\"city\": \"…\"}"),
        ("POST /predict", "{\"city\": \"Rome\"", 400, "EOF while parsing"),
        ("POST /predict", "{\"city\": \"Rome\"} and more", 400, "trailing characters"),
        ("POST /predict", "7", 400, "expected an object"),
        ("POST /predict", "[{\"city\": \"Rome\"}, 7]", 400, "expected an object"),
        ("POST /predict", "city=Rome", 400, "expected a JSON object"),
        ("POST /predict", "{\"city\": NaN}", 400, "expected value"),
        ("POST /predict", &deep, 400, "recursion limit"),
        ("POST /predict", "{}", 400, "none of the keys that the model reads: `city`, `price`"),
        ("POST /predict", "{\"City\": 1}", 400, "none of the keys"),
        ("POST /predict", "[{\"city\": \"Rome\"}, {}]", 400, "object 2: the object has none"),
        ("POST /predict", "{\"city\": 1, \"city\": 2}", 400, "the key `city` occurs twice"),
        ("POST /predict", "{\"city\": {\"name\": 1}}", 400, "the key `city` holds an object"),
        ("POST /predict?because", "{\"city\": 1}", 400, "expected /predict or /predict?why"),
        ("POST /predict", &long, 413, "longer than 1048576 bytes"),
        ("POST /predict?why", &rather_long, 413, "longer than 16384 bytes"),
        ("GET /predict", "", 405, "expected POST /predict, found GET"),
        ("DELETE /model", "", 405, "expected GET /model, found DELETE"),
        ("GET /../../etc/passwd", "", 404, "there is nothing here"),
    ] {
        let (found, answer) = server.request(line, body.as_bytes());
        assert_eq!(found, status, "{line} {body:.80}: {answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(reason), "{line} {body:.80}: {error}");
    }
    let (_, response) = server.response("GET /predict", b"");
    assert!(response.contains("\r\nallow: POST\r\n"), "{response}");
    let (status, answer) = server.request("POST /predict", b"{\"city\": \"\xff\"}");
    assert_eq!((status, answer.contains("not UTF-8")), (400, true), "{answer}");
    let (status, _) =
        server.send(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(status, 403);
    let (status, _) = server.send(b"nonsense\r\n\r\n");
    assert_eq!(status, 400);
    assert_eq!(server.ask("/predict", &json!({"price": 9.9}))["prediction"], "yes");
}

#[test]
fn many_requests_at_once_are_all_answered_beside_clients_that_never_finish_theirs() {
    const CLIENTS: usize = 16;
    const REQUESTS: usize = 50;
    let folder = shop_model();
    let server = Serving::start(folder.path(), "shop.st");
    let row: Value = serde_json::from_str(ROWS[0]).unwrap();
    let expected = server.ask("/predict", &row);
    let unfinished: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = TcpStream::connect(&server.address).unwrap();
            let head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{\"city\"";
            stream.write_all(head).unwrap();
            stream
        })
        .collect();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                for _ in 0..REQUESTS {
                    assert_eq!(server.ask("/predict", &row), expected);
                }
            });
        }
    });
    drop(unfinished);
    assert_eq!(server.ask("/predict", &row), expected);
}

#[test]
fn what_cannot_be_served_is_said() {
    let folder = shop_model();
    let server = Serving::start(folder.path(), "shop.st");
    let taken = server.address.rsplit(':').next().unwrap();
    for (arguments, reason) in [
        (format!("serve --model shop.st --port {taken}"), "cannot listen there: "),
        ("serve --model shop.st --port 70000".to_owned(), "70000"),
        ("serve --model shop.csv".to_owned(), "shop.csv"),
        ("serve --model gone.st".to_owned(), "gone.st"),
        ("serve".to_owned(), "--model"),
    ] {
        let outcome = wengert(folder.path(), &arguments);
        assert_eq!(outcome.code, Some(2), "{arguments}");
        assert!(outcome.stderr.contains(reason), "{arguments}: {}", outcome.stderr);
    }
}
