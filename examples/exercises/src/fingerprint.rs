//! What typical mistakes give on the cases of an exercise, as a few numbers.
//!
//! An output's fingerprint is its shape and the dot product of its numbers with fixed random ones. Two
//! outputs with equal fingerprints are equal, for all that matters. The file `mistakes.txt` holds the
//! fingerprints of the mistakes, so that the program can tell which mistake was made without containing a single wrong
//! rule, which would give away the right one. The tests write the file from the rules in `mistakes/`; it is
//! part of the program, so a second run compares:
//!
//! ```sh
//! EXERCISES=write cargo test -p exercises; cargo test -p exercises
//! ```

use tensor::{Key, Tensor};

use crate::case::Output;
use crate::judge::{Place, is_near};
use crate::task::{Mistake, Task};

const KNOWN: &str = include_str!("../mistakes.txt");

/// Returns the fingerprints of what an answer gives: outputs are separated by commas, cases by spaces.
pub fn of(found: &[Vec<Output>]) -> String {
    let case = |outputs: &Vec<Output>| outputs.iter().map(word).collect::<Vec<_>>().join(",");
    found.iter().map(case).collect::<Vec<_>>().join(" ")
}

fn word(Output { value, .. }: &Output) -> String {
    let lengths: Vec<String> = value.shape().iter().map(usize::to_string).collect();
    let key = Key::new(11).stream("fingerprint");
    let random = Tensor::<f64>::normal(value.shape(), 0.0, 1.0, key);
    let sum = (value * random).sum_all().item();
    format!("{}:{sum:.12e}", lengths.join("x"))
}

/// The fingerprints of all cases, taken apart.
type Words<'a> = Vec<Vec<&'a str>>;

fn words(fingerprints: &str) -> Words<'_> {
    fingerprints.split(' ').map(|case| case.split(',').collect()).collect()
}

/// Returns the mistake that gives the same results as the answer: everywhere; otherwise, in the wrong output of all
/// cases; otherwise, in the wrong output of this one case (then there are two mistakes). If several mistakes do, or if
/// only a NaN agrees, it is not clear which one was made: many mistakes lead to NaN.
pub(crate) fn find(task: &Task, found: &[Vec<Output>], wrong: Place) -> Option<&'static Mistake> {
    let found = of(found);
    let found = words(&found);
    let output = |words: &Words<'_>| -> Option<Vec<String>> {
        words.iter().map(|case| Some(case.get(wrong.output)?.to_string())).collect()
    };
    let everywhere = |known: &Words<'_>| same(&known.concat(), &found.concat());
    let in_output = |known: &Words<'_>| match (output(known), output(&found)) {
        (Some(known), Some(found)) => same(&known, &found),
        _ => false,
    };
    let here = |known: &Words<'_>| {
        let at =
            |words: &Words<'_>| words.get(wrong.case)?.get(wrong.output).map(|w| w.to_string());
        let is_number = |word: &String| !word.ends_with("NaN");
        let found = at(&found).filter(is_number);
        at(known).zip(found).is_some_and(|(known, found)| same(&[known], &[found]))
    };
    let ways: [&dyn Fn(&Words<'_>) -> bool; 3] = [&everywhere, &in_output, &here];
    ways.into_iter().find_map(|is_same| {
        let known = known_of(task, found.len());
        let mut names: Vec<&str> =
            known.iter().filter(|(_, known)| is_same(known)).map(|(name, _)| *name).collect();
        names.dedup();
        let [name] = names[..] else { return None };
        task.mistakes.iter().find(|mistake| mistake.name == name)
    })
}

/// Returns the mistakes of an exercise, with what they give on its first cases.
fn known_of(task: &Task, cases: usize) -> Vec<(&'static str, Words<'static>)> {
    let lines = KNOWN.lines().filter_map(|line| line.split_once('\t'));
    let of_task = lines.filter_map(|(number_and_name, known)| {
        let (number, name) = number_and_name.split_once(' ')?;
        let known = || words(known).into_iter().take(cases).collect();
        (number == task.number.to_string()).then(|| (name, known()))
    });
    of_task.collect()
}

fn same(known: &[impl AsRef<str>], found: &[impl AsRef<str>]) -> bool {
    let pairs = || known.iter().zip(found);
    known.len() == found.len() && pairs().all(|(a, b)| same_word(a.as_ref(), b.as_ref()))
}

/// Two machines may round differently.
fn same_word(known: &str, found: &str) -> bool {
    let parts = |word: &str| -> Option<(String, f64)> {
        let (shape, number) = word.split_once(':')?;
        Some((shape.to_string(), number.parse().ok()?))
    };
    let (Some((shape, known)), Some((other, found))) = (parts(known), parts(found)) else {
        return false;
    };
    shape == other && (is_near(known, found, 1e-8) || (known.is_nan() && found.is_nan()))
}
