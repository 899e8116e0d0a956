//! Requests and responses. hyper reads and writes the protocol; a connection is a task and costs no thread, so a client
//! that sends slowly, or not at all, holds up no other. Answers are computed on threads of their own.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::answers::{AnswersRequests, Refusal, answer_body};

/// The longest body that is read.
const LONGEST: usize = 1 << 20;

/// The longest body of a request for what moved the answers: each word of it costs an answer more.
const LONGEST_WHY: usize = 1 << 14;

/// The most bytes that are read of a body that is too long. Few clients listen before they have sent all.
const DISCARDED: usize = 1 << 24;

/// The most connections at a time. Others wait.
const MOST_CONNECTIONS: usize = 512;

/// The time limit of a connection. A client can then connect again.
const LONGEST_CONNECTION: Duration = Duration::from_secs(300);

/// The time limit for sending a request's head, for sending its body, and for reading the last answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The headers of each response. The page may load nothing from elsewhere, and ask only this server.
const HEADERS: [(&str, &str); 2] = [
    ("X-Content-Type-Options", "nosniff"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
         connect-src 'self'",
    ),
];

const JSON: &str = "application/json";

/// Answers the requests of all connections, for as long as the program runs.
pub fn answer_all(
    listener: TcpListener,
    model: Arc<impl AnswersRequests>,
) -> io::Result<Infallible> {
    listener.set_nonblocking(true)?;
    Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Too many files are open; some will be closed.
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            let model = Arc::clone(&model);
            let place = Arc::clone(&places).acquire_owned().await;
            tokio::spawn(async move {
                let service = service_fn(|request| respond(request, Arc::clone(&model)));
                let mut connection = http1::Builder::new();
                connection.half_close(true).timer(TokioTimer::new()).header_read_timeout(PATIENCE);
                let connection = connection.serve_connection(TokioIo::new(stream), service);
                serve_for(LONGEST_CONNECTION, PATIENCE, connection).await;
                drop(place);
            });
        }
    })
}

/// Serves a connection. After some time it takes no further request, and a client that does not read the answer to the
/// last one is left.
async fn serve_for<S: HttpService<Incoming, ResBody = Full<Bytes>>>(
    time: Duration,
    patience: Duration,
    connection: http1::Connection<TokioIo<TcpStream>, S>,
) where
    S::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut connection = pin!(connection);
    // A client that has gone does not read its answer.
    if timeout(time, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(patience, connection).await;
    }
}

async fn respond(
    request: Request<Incoming>,
    model: Arc<impl AnswersRequests>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let allowed = if request.uri().path() == "/predict" { "POST" } else { "GET, HEAD" };
    let (status, kind, body) = match answer(request, model).await {
        Ok((kind, body)) => (StatusCode::OK, kind, body),
        Err((status, reason)) => (status, JSON, json!({"error": reason}).to_string() + "\n"),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let allowed = (status == StatusCode::METHOD_NOT_ALLOWED).then_some(("Allow", allowed));
    for (name, value) in HEADERS.into_iter().chain([("Content-Type", kind)]).chain(allowed) {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Returns the type and the text of the answer to a request.
async fn answer(
    request: Request<Incoming>,
    model: Arc<impl AnswersRequests>,
) -> Result<(&'static str, String), Refusal> {
    check_host(&request)?;
    let (parts, body) = request.into_parts();
    match (&parts.method, parts.uri.path()) {
        (&Method::GET | &Method::HEAD, "/") => {
            Ok(("text/html; charset=utf-8", include_str!("page.html").to_owned()))
        }
        (&Method::GET | &Method::HEAD, "/model") => {
            Ok((JSON, json!(model.question()).to_string() + "\n"))
        }
        (&Method::POST, "/predict") => {
            let why = wants_why(parts.uri.query().unwrap_or_default())?;
            let body = read_body(body, if why { LONGEST_WHY } else { LONGEST }).await?;
            let answers = spawn_blocking(move || answer_body(&*model, &body, why)).await;
            let failed = |_| (StatusCode::INTERNAL_SERVER_ERROR, "the program failed".to_owned());
            Ok((JSON, answers.map_err(failed)??))
        }
        (method, path @ ("/" | "/model")) => {
            Err((StatusCode::METHOD_NOT_ALLOWED, format!("expected GET {path}, found {method}")))
        }
        (method, "/predict") => {
            Err((StatusCode::METHOD_NOT_ALLOWED, format!("expected POST /predict, found {method}")))
        }
        _ => Err((
            StatusCode::NOT_FOUND,
            "there is nothing here; see /, /model and /predict".to_owned(),
        )),
    }
}

/// Refuses requests for another host. A page from elsewhere could otherwise give its own name this machine's
/// address, and read the answers.
fn check_host(request: &Request<Incoming>) -> Result<(), Refusal> {
    let Some(host) = request.headers().get(HOST) else { return Ok(()) };
    let host = host.to_str().unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    match name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" {
        true => Ok(()),
        false => Err((
            StatusCode::FORBIDDEN,
            "this server answers to the names localhost and 127.0.0.1".to_owned(),
        )),
    }
}

fn wants_why(query: &str) -> Result<bool, Refusal> {
    match query {
        "" | "why=false" => Ok(false),
        "why" | "why=true" => Ok(true),
        _ => Err((StatusCode::BAD_REQUEST, "expected /predict or /predict?why".to_owned())),
    }
}

/// Returns the body of a request, if it is a text of at most `longest` bytes.
async fn read_body(body: Incoming, longest: usize) -> Result<String, Refusal> {
    let late = |_| {
        let seconds = PATIENCE.as_secs();
        (StatusCode::REQUEST_TIMEOUT, format!("the body took over {seconds} seconds to arrive"))
    };
    let (bytes, length) = timeout(PATIENCE, received(body, longest)).await.map_err(late)??;
    if length > longest {
        let others = match longest {
            LONGEST_WHY => {
                format!("ask in several requests, or without ?why in up to {LONGEST} bytes")
            }
            _ => "ask in several requests".to_owned(),
        };
        let reason = format!("the body is longer than {longest} bytes; {others}");
        return Err((StatusCode::PAYLOAD_TOO_LARGE, reason));
    }
    String::from_utf8(bytes)
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("the body is not UTF-8: {error}")))
}

/// Returns the bytes that were received of a body, and its length. The bytes of a body that is too long are not kept.
async fn received(mut body: Incoming, longest: usize) -> Result<(Vec<u8>, usize), Refusal> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            (StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}"))
        })?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        match length {
            kept if kept <= longest => bytes.extend_from_slice(&data),
            discarded if discarded <= DISCARDED => {}
            _ => break,
        }
    }
    Ok((bytes, length))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_client_that_does_not_read_its_answer_is_left() {
        let answer = |_| async {
            // More than the system keeps for a client.
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(vec![0; 1 << 25]))))
        };
        Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let connection =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            let soon = Duration::from_millis(50);
            let served = timeout(PATIENCE, serve_for(soon, soon, connection)).await;
            served.expect("the client is left");
        });
    }
}
