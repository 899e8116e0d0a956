//! Judges an answer: right or wrong, and if it is wrong, where and why.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use autograd::check::{Comparison, Method, Report};

use crate::answers::Answers;
use crate::case::{Case, Output, number};
use crate::fingerprint;
use crate::pattern;
use crate::task::{Mistake, Task};

/// The outcome of judging an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The file still says `todo!()`.
    Open,
    /// The answer is right.
    Done {
        /// The number of cases.
        cases: usize,
        /// The number of comparisons that the gradient check has made.
        compared: usize,
    },
    /// The answer is wrong.
    Wrong(Box<Wrong>),
}

/// What is wrong with an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wrong {
    /// Where, and what was expected and found, in one line.
    pub difference: String,
    /// The inputs of the case.
    pub given: String,
    /// What the gradient check says.
    pub check: Option<String>,
    /// The mistake, if it is a known one.
    pub mistake: Option<&'static Mistake>,
    /// What can be said of any mistake, such as a wrong sign.
    pub pattern: Option<String>,
}

/// The time that an answer may take. Right ones take milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Judges the answer to one exercise. It runs in a thread of its own, so that one that never ends is
/// reported.
pub fn judge(task: &Task, answers: &Answers) -> Outcome {
    listen_to_panics();
    let (sender, receiver) = mpsc::channel();
    let (task, answers) = (*task, *answers);
    thread::spawn(move || sender.send(judge_here(&task, &answers)));
    match receiver.recv_timeout(PATIENCE) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => wrong(format!(
            "it is not done after {} seconds: is there a loop that never ends?",
            PATIENCE.as_secs()
        )),
        Err(RecvTimeoutError::Disconnected) => wrong("its thread ended without an answer".into()),
    }
}

fn wrong(difference: String) -> Outcome {
    Outcome::Wrong(Box::new(Wrong { difference, ..Wrong::default() }))
}

fn judge_here(task: &Task, answers: &Answers) -> Outcome {
    let cases = (task.cases)(answers);
    let mut found = Vec::new();
    let mut panic = None;
    for case in &cases {
        match caught(|| case.found()) {
            Ok(outputs) => found.push(outputs),
            Err(message) if is_open(&message) => return Outcome::Open,
            Err(message) => {
                panic = Some(message);
                break;
            }
        }
    }
    // A wrong number says more than a panic of a later case, which often follows from it.
    let judged = &cases[..found.len()];
    let differences = judged.iter().zip(&found).map(|(case, found)| difference(case, found));
    if let Some((case, (output, difference))) =
        differences.enumerate().find_map(|(case, found)| Some((case, found?)))
    {
        let place = Place { case, output };
        return Outcome::Wrong(Box::new(explain(task, judged, &found, place, difference)));
    }
    match panic {
        Some(difference) => Outcome::Wrong(Box::new(Wrong {
            pattern: of_panic(&difference),
            difference,
            given: cases[found.len()].given.clone(),
            ..Wrong::default()
        })),
        None => check_all(task, &cases),
    }
}

/// Asks the gradient check, after the numbers were right.
fn check_all(task: &Task, cases: &[Case]) -> Outcome {
    let mut compared = 0;
    for case in cases {
        let Some(report) = case.check() else { continue };
        if let Some(disagreement) = disagreement(case, &report) {
            return wrong(format!("{}: {disagreement}", task.name));
        }
        compared += report.compared();
    }
    Outcome::Done { cases: cases.len(), compared }
}

/// An output of a case, both counted from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) case: usize,
    pub(crate) output: usize,
}

fn explain(
    task: &Task,
    cases: &[Case],
    found: &[Vec<Output>],
    place: Place,
    difference: String,
) -> Wrong {
    let case = &cases[place.case];
    let mistake = fingerprint::find(task, found, place);
    // The op panics if an adjoint does not have the shape of its input: then there is nothing to check.
    let report = caught(|| case.check()).ok().flatten();
    Wrong {
        difference,
        given: case.given.clone(),
        check: report.and_then(|report| disagreement(case, &report)),
        mistake,
        pattern: pattern::describe(cases, found),
    }
}

/// What the standard library says in panics that beginners run into, and what helps.
const PANICS: [(&str, &str); 3] = [
    (
        "index out of bounds",
        "an index is past the end: of n elements the last is n − 1. Ask first whether it is there: \
         `i < x.len()`.",
    ),
    (
        "out of range for slice",
        "a slice goes past the end: `x[i..i + 2]` needs `i + 2 <= x.len()`. To compare, \
         `x[i..].starts_with(&y)` needs no more than `i <= x.len()`.",
    ),
    (
        "attempt to subtract with overflow",
        "a `usize` cannot go below 0. Compare before you subtract, `if i < a.len()`, or add on the other \
         side: `i + 1 < n` for `i < n - 1`.",
    ),
];

/// Says what a panic means that beginners run into.
fn of_panic(message: &str) -> Option<String> {
    let known = PANICS.iter().find(|(said, _)| message.contains(said));
    known.map(|(_, help)| help.to_string())
}

/// Describes the first difference between what came out and what should have, and in which output it is.
fn difference(case: &Case, found: &[Output]) -> Option<(usize, String)> {
    let (wanted, given) = (case.expected.len(), found.len());
    if wanted != given {
        return Some((0, format!("expected {wanted} results, found {given}")));
    }
    let pairs = case.expected.iter().zip(found).enumerate();
    let of_outputs = pairs.filter_map(|(output, (expected, found))| {
        let Output { name, value } = expected;
        if value.shape() != found.value.shape() {
            return Some((output, shapes(name, value.shape(), found.value.shape())));
        }
        let numbers = value.to_vec().into_iter().zip(found.value.to_vec());
        let wrong = |&(_, (e, f)): &(usize, (f64, f64))| !is_near(e, f, case.tolerance);
        let (position, (e, f)) = numbers.enumerate().find(wrong)?;
        let place = match value.rank() {
            0 => String::new(),
            _ => format!(" at {:?}", index(position, value.shape())),
        };
        let (expected, found) = in_digits(e, f);
        Some((output, format!("{name}{place}: expected {expected}, found {found}")))
    });
    of_outputs.into_iter().next()
}

fn shapes(name: &str, expected: &[usize], found: &[usize]) -> String {
    match (expected, found) {
        ([expected], [found]) => format!("{name}: expected {expected} numbers, found {found}"),
        _ => format!("{name}: expected the shape {expected:?}, found {found:?}"),
    }
}

/// Returns two numbers with enough digits that they differ.
fn in_digits(expected: f64, found: f64) -> (String, String) {
    let short = (number(expected), number(found));
    if short.0 != short.1 { short } else { (format!("{expected:?}"), format!("{found:?}")) }
}

fn index(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, length) in index.iter_mut().zip(shape).rev() {
        (*i, position) = (position % length, position / length);
    }
    index
}

/// Returns `true` if two numbers are equal up to this error, relative to sizes above 1.
pub(crate) fn is_near(a: f64, b: f64, tolerance: f64) -> bool {
    let error = (a - b).abs();
    a == b || error.is_finite() && error <= tolerance * a.abs().max(1.0)
}

/// Describes the first thing that the gradient check finds wrong. A rule over `f64` carries no derivatives
/// of its own, so second order is not asked for.
fn disagreement(case: &Case, report: &Report) -> Option<String> {
    let first_order = [Method::Differences, Method::ForwardMode];
    let wrong = |c: &&Comparison| first_order.contains(&c.method) && !c.agrees();
    case.expected.iter().zip(&report.findings).find_map(|(Output { name, .. }, finding)| {
        let Comparison { method, along, analytic, numerical, .. } =
            finding.worst.iter().find(wrong)?;
        let (numerical, analytic) = in_digits(*numerical, *analytic);
        let place = place(along);
        Some(format!("{name}{place} is {numerical} by {method} and {analytic} by your rule"))
    })
}

/// Says where two numbers were compared: at an index, or along a random direction. A number has no index.
fn place(along: &str) -> String {
    // At a kink the entry of the result is named, too.
    match along.split(" to ").next() {
        Some("[]") | None => String::new(),
        Some(index) if index.starts_with('[') => format!(" at {index}"),
        Some(_) => " along a random direction".into(),
    }
}

thread_local! {
    /// The message of the last panic, while an answer runs in this thread.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the messages of panics of answers, and prints no backtrace for them.
fn listen_to_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let heard = HEARD.with_borrow_mut(|heard| {
                heard.as_mut().map(|heard| *heard = message(info)).is_some()
            });
            if !heard {
                usual(info);
            }
        }));
    });
}

/// Runs an answer. Returns the message and the line, if it panics.
fn caught<V>(run: impl FnOnce() -> V) -> Result<V, String> {
    HEARD.set(Some(String::new()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    let heard = HEARD.take().unwrap_or_default();
    outcome.map_err(|_| heard)
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let text = text(info.payload());
    match info.location() {
        Some(place) if !is_open(&text) => {
            let file = place.file().replace("examples/exercises/src/../", "");
            format!("it panics at {file}, line {}: {text}", place.line())
        }
        _ => text,
    }
}

fn text(payload: &dyn Any) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Returns `true` for the message of `todo!()`.
fn is_open(message: &str) -> bool {
    message.starts_with("not yet implemented")
}
