//! The commands that a reader types, and the replies.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::answers::Answers;
use crate::grade;
use crate::handout;
use crate::judge::{Outcome, Wrong, judge};
use crate::submissions;
use crate::task::{Task, all};

const HELP: &str = "\
Thirty exercises for the book of wengert, checked by the library's own gradient check.

  cargo run -p exercises                  which are done, wrong and open
  cargo run -p exercises -- 7             check exercise 7, and say what is wrong with it
  cargo run -p exercises -- hint 7        help with exercise 7
  cargo run -p exercises -- solution 7    show a solution of it

An exercise is a file in examples/exercises/tasks. Its first lines say what is to be computed. Below is a
function whose body is `todo!()`, which compiles and means: still open. Write the body in its place, save the
file, and check it with the second command. A file that does not compile is a matter between you and the
compiler: its message names the line. Until it does, nothing else can be checked either.

An answer is compared on inputs of several shapes with what the library computes, and a rule for adjoints is
checked by differences and by dual numbers as well. If it is wrong, you are told where, what was expected and
what was found; and if it is a mistake that many people make, which one.

The exercises follow the chapters of the book: `cargo doc --open -p wengert`, module `book`. For teachers:

  cargo run -p exercises -- grade --json  one entry for each exercise, to be read by a program;
                                          without --json as CSV, for a spreadsheet
  cargo run -p exercises -- grade DIR...  the same, as JSON, for the files in the folder of each student;
                                          their code is compiled and run on this machine
  cargo run -p exercises -- handout DIR   write all that students need, without the solutions
";

/// Does what the arguments ask for. Returns what is to be printed.
///
/// # Errors
/// If the arguments ask for something that there is not, or a folder cannot be written.
pub fn run(arguments: &[String]) -> Result<String, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => Ok(overview(&Answers::READER)),
        ["-h" | "--help" | "help"] => Ok(HELP.into()),
        ["hint", number] => Ok(hint(&task(number)?)),
        ["solution", number] => solution(&task(number)?),
        ["grade"] => Ok(grade::csv(&Answers::READER)),
        ["grade", "--json"] => Ok(grade::json(&Answers::READER)),
        ["grade", ref folders @ ..] if !folders.iter().any(|word| word.starts_with('-')) => {
            submissions::grade(folders)
        }
        ["handout", folder] => handout::write(Path::new(folder)),
        [number] if number.parse::<usize>().is_ok() => {
            let task = task(number)?;
            Ok(report(&task, &judge(&task, &Answers::READER)))
        }
        [command @ ("hint" | "solution")] => {
            Err(format!("{command}: which exercise? For instance: {command} 7"))
        }
        ["handout"] => Err("handout: into which folder? For instance: handout /tmp/handout".into()),
        _ => Err(format!(
            "there is no command `{}`: give the number of an exercise, hint or solution with a number, grade, \
             handout with a folder, or --help",
            words.join(" ")
        )),
    }
}

fn task(number: &str) -> Result<Task, String> {
    let tasks = all();
    let found = number.parse().ok().and_then(|number: usize| tasks.get(number.wrapping_sub(1)));
    let count = tasks.len();
    found
        .copied()
        .ok_or(format!("there is no exercise {number}: they are numbered from 1 to {count}"))
}

/// Returns a table of all exercises, and what to do next.
pub fn overview(answers: &Answers) -> String {
    let tasks = all();
    let outcomes: Vec<Outcome> = tasks.iter().map(|task| judge(task, answers)).collect();
    let is_done = |outcome: &&Outcome| matches!(outcome, Outcome::Done { .. });
    let done = outcomes.iter().filter(is_done).count();
    let mut text = String::new();
    let mut chapter = 0;
    for (task, outcome) in tasks.iter().zip(&outcomes) {
        if task.chapter != chapter {
            chapter = task.chapter;
            let _ = writeln!(text, "Chapter {chapter}");
        }
        let _ = writeln!(text, "{:>4}  {:<5}  {}", task.number, state(outcome), task.title);
    }
    let bar = "#".repeat(done) + &".".repeat(tasks.len() - done);
    let _ = writeln!(text, "\n[{bar}]  {done} of {} done\n", tasks.len());
    let wrong = |outcome: &Outcome| matches!(outcome, Outcome::Wrong(_));
    let next = outcomes.iter().position(wrong);
    let next = next.or_else(|| outcomes.iter().position(|outcome| *outcome == Outcome::Open));
    match next {
        Some(i) if wrong(&outcomes[i]) => {
            let _ = writeln!(text, "What is wrong with {}?  {}", i + 1, command(i + 1));
        }
        Some(i) => {
            let _ = writeln!(text, "Next: open {}, write the function, and run", path(&tasks[i]));
            let _ = writeln!(text, "      {}", command(i + 1));
        }
        None => text.push_str("All done. You have written the core of a deep-learning library.\n"),
    }
    text
}

/// Returns one word for an outcome.
pub(crate) fn state(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "open",
        Outcome::Done { .. } => "done",
        Outcome::Wrong(_) => "WRONG",
    }
}

fn path(task: &Task) -> String {
    format!("examples/exercises/tasks/{}", task.file())
}

fn command(number: impl std::fmt::Display) -> String {
    format!("cargo run -p exercises -- {number}")
}

/// Returns what is said about one exercise.
pub fn report(task: &Task, outcome: &Outcome) -> String {
    let mut text = format!("{}. {}: {}\n", task.number, task.title, state(outcome));
    match outcome {
        Outcome::Open => {
            let _ =
                writeln!(text, "\nOpen {}, write the function in place of `todo!()`,", path(task));
            let _ = writeln!(text, "save the file, and run this command again.");
            let _ = writeln!(text, "Help: {}", command(format!("hint {}", task.number)));
        }
        Outcome::Done { cases, compared } => {
            let _ = write!(text, "\nRight on {cases} cases of different shapes");
            match compared {
                0 => text.push_str(".\n"),
                n => {
                    let _ = writeln!(text, ",\nand in {n} comparisons of the gradient check.");
                }
            }
            if let Some(next) = all().get(task.number) {
                let _ =
                    writeln!(text, "\nNext: {}. {}, in {}", next.number, next.title, path(next));
            }
        }
        Outcome::Wrong(wrong) => text.push_str(&explanation(task, wrong)),
    }
    text
}

fn explanation(task: &Task, wrong: &Wrong) -> String {
    let Wrong { difference, given, check, mistake, pattern } = wrong;
    let mut text = format!("\n{}\n", wrapped(&format!("{}: {difference}", task.name), "  "));
    if !given.is_empty() {
        let _ = writeln!(text, "{}", wrapped(&format!("for {given}"), "  "));
    }
    if let Some(check) = check {
        let check = format!("The gradient check, with a dy of its own, says so too: {check}.");
        let _ = writeln!(text, "\n{}", wrapped(&check, "  "));
    }
    let help = match (mistake, pattern) {
        (Some(mistake), _) => format!("This looks familiar. {}", mistake.hint),
        (None, Some(pattern)) => format!("What stands out: {pattern}"),
        (None, None) => format!("Help: {}", command(format!("hint {}", task.number))),
    };
    let _ = writeln!(text, "\n{}", wrapped(&help, "  "));
    text
}

/// Breaks a text into lines of at most 100 characters, each after an indent.
fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("a line");
        let width = indent.len() + line.chars().count() + 1 + word.chars().count();
        if line.is_empty() {
            line.push_str(word);
        } else if width <= 100 {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_string());
        }
    }
    lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}

fn hint(task: &Task) -> String {
    format!("{}. {}\n\n{}\n", task.number, task.title, wrapped(task.hint, ""))
}

fn solution(task: &Task) -> Result<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("solutions");
    if !folder.exists() {
        return Err("this copy comes without solutions: ask who gave it to you".into());
    }
    let file = folder.join(task.file());
    fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
}
