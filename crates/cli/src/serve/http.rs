//! Requests and responses. Each request has a thread of its own, so that a client that sends slowly, or not at
//! all, holds up no other. The library reads and writes the protocol.

use std::io::{self, Read};
use std::thread;

use serde_json::json;
use tiny_http::{Header, Method, Request, Response, Server};

use super::answers::{AnswersRequests, answer_body};

/// The longest body that is read.
const LONGEST: usize = 1 << 20;

/// The longest body of a request for what moved the answers: each word of it costs an answer more.
const LONGEST_WHY: usize = 1 << 14;

/// A response that is not an answer: its status and the reason, for a person to read.
type Refusal = (u16, String);

/// Answers requests, one after the other and at once, for as long as the program runs.
pub fn answer_all(server: &Server, model: &impl AnswersRequests) {
    thread::scope(|scope| {
        for request in server.incoming_requests() {
            scope.spawn(|| respond(request, model));
        }
    });
}

fn respond(mut request: Request, model: &impl AnswersRequests) {
    let (status, kind, body) = match answer(&mut request, model) {
        Ok((kind, body)) => (200, kind, body),
        Err((status, reason)) => {
            (status, "application/json", json!({"error": reason}).to_string() + "\n")
        }
    };
    let mut response = Response::from_string(body).with_status_code(status);
    for (name, value) in [
        ("Content-Type", kind),
        ("X-Content-Type-Options", "nosniff"),
        // The page may load nothing from elsewhere, and ask nobody but this server.
        (
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
        ),
    ] {
        response
            .add_header(Header::from_bytes(name, value).expect("the names and values are ASCII"));
    }
    // A client that has gone does not read its answer.
    let _ = request.respond(response);
}

/// Returns the type and the text of the answer to a request.
fn answer(
    request: &mut Request,
    model: &impl AnswersRequests,
) -> Result<(&'static str, String), Refusal> {
    check_host(request)?;
    let url = request.url().to_owned();
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    match (request.method(), path) {
        (Method::Get | Method::Head, "/") => {
            Ok(("text/html; charset=utf-8", include_str!("page.html").to_owned()))
        }
        (Method::Get | Method::Head, "/model") => {
            Ok(("application/json", json!(model.question()).to_string() + "\n"))
        }
        (Method::Post, "/predict") => {
            let why = wants_why(query)?;
            let body = read_body(request, if why { LONGEST_WHY } else { LONGEST })?;
            Ok(("application/json", answer_body(model, &body, why)?))
        }
        (method, "/" | "/model") => Err((405, format!("expected GET of {path}, found {method}"))),
        (method, "/predict") => Err((405, format!("expected POST to /predict, found {method}"))),
        _ => Err((404, "there is nothing here; see /, /model and /predict".to_owned())),
    }
}

/// Refuses requests for another host. A page from elsewhere could otherwise give its own name this machine's
/// address, and read the answers.
fn check_host(request: &Request) -> Result<(), Refusal> {
    let host = request.headers().iter().find(|header| header.field.equiv("Host"));
    let Some(host) = host.map(|header| header.value.as_str()) else { return Ok(()) };
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    match name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" {
        true => Ok(()),
        false => Err((403, "this server answers to the names localhost and 127.0.0.1".to_owned())),
    }
}

fn wants_why(query: &str) -> Result<bool, Refusal> {
    match query {
        "" | "why=false" => Ok(false),
        "why" | "why=true" => Ok(true),
        _ => Err((400, "expected /predict or /predict?why".to_owned())),
    }
}

/// Returns the body of a request, if it is a text of at most `longest` bytes.
fn read_body(request: &mut Request, longest: usize) -> Result<String, Refusal> {
    let too_long =
        || (413, format!("the body is longer than {longest} bytes; ask in several requests"));
    if request.body_length().is_some_and(|length| length > longest) {
        return Err(too_long());
    }
    let mut body = Vec::new();
    let read = request.as_reader().take(longest as u64 + 1).read_to_end(&mut body);
    read.map_err(|error: io::Error| (400, format!("the body cannot be read: {error}")))?;
    if body.len() > longest {
        return Err(too_long());
    }
    String::from_utf8(body).map_err(|error| (400, format!("the body is not UTF-8: {error}")))
}
