//! All exercises at once, for a program or a spreadsheet to read.

use serde_json::{Value, json};

use crate::answers::Answers;
use crate::judge::{Outcome, judge};
use crate::program::state;
use crate::task::{Task, all};

fn outcomes(answers: &Answers) -> Vec<(Task, Outcome)> {
    all().into_iter().map(|task| (task, judge(&task, answers))).collect()
}

/// Returns an object with the number of exercises in each state, and an entry for each exercise.
pub(crate) fn json(answers: &Answers) -> String {
    let outcomes = outcomes(answers);
    let count = |word: &str| outcomes.iter().filter(|(_, outcome)| state(outcome) == word).count();
    let entries: Vec<Value> = outcomes.iter().map(|(task, outcome)| entry(task, outcome)).collect();
    let all = json!({
        "done": count("done"),
        "wrong": count("WRONG"),
        "open": count("open"),
        "exercises": entries,
    });
    format!("{all:#}\n")
}

fn entry(task: &Task, outcome: &Outcome) -> Value {
    let mut entry = json!({
        "number": task.number,
        "name": task.name,
        "chapter": task.chapter,
        "state": state(outcome).to_lowercase(),
    });
    if let Outcome::Wrong(wrong) = outcome {
        entry["difference"] = json!(wrong.difference);
        entry["given"] = json!(wrong.given);
        entry["mistake"] = json!(wrong.mistake.map(|mistake| mistake.name));
    }
    entry
}

/// Returns a line for each exercise: number, name, chapter, state, mistake.
pub(crate) fn csv(answers: &Answers) -> String {
    let line = |(task, outcome): &(Task, Outcome)| {
        let mistake = match outcome {
            Outcome::Wrong(wrong) => wrong.mistake.map_or("", |mistake| mistake.name),
            _ => "",
        };
        let state = state(outcome).to_lowercase();
        format!("{},{},{},{state},{mistake}\n", task.number, task.name, task.chapter)
    };
    let lines: String = outcomes(answers).iter().map(line).collect();
    format!("number,name,chapter,state,mistake\n{lines}")
}
