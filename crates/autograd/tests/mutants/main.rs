//! The checker is checked: of ops written by hand, each wrong version is caught, by the method that
//! should see it, and the right ones pass on ten thousand random cases.
//!
//! `ops.rs` has the right ops, `mistakes.rs` the table of mistakes, as people make them. What was
//! found is printed: `cargo test -p wengert-autograd --test mutants -- --nocapture`.

mod mistakes;
mod ops;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread::{self, ScopedJoinHandle};

use autograd::check::{self, Method, Report};
use mistakes::{Mutant, mutants};
use ops::{Right, right_ops};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Random cases for each right op.
const CASES: u32 = 800;

/// The names of the methods that disagree and of the laws that do not hold.
fn disagreeing(report: &Report) -> Vec<String> {
    let objects = |method: &Method| {
        let compared = report.findings.iter().flat_map(|finding| &finding.worst);
        compared.filter(|c| c.method == *method).any(|comparison| !comparison.agrees())
    };
    let methods = Method::ALL.into_iter().filter(objects).map(|method| method.to_string());
    let laws = report.laws.iter().filter(|law| !law.holds()).map(|law| law.name.to_string());
    methods.chain(laws).collect()
}

/// Returns what catches a mutant, and asserts that `seen_by` does. Its op is named with the line below.
fn caught_by(mutant: &Mutant) -> Vec<String> {
    let Mutant { mistake, op, inputs, seen_by } = mutant;
    let line = line!() + 1;
    let outcome = catch_unwind(AssertUnwindSafe(|| check::op(|| op.clone(), inputs)));
    let (found, text) = match outcome {
        Ok(report) => (disagreeing(&report), report.wrong_ops.join("\n")),
        Err(panic) => (vec!["panic".to_string()], *panic.downcast::<String>().expect("a message")),
    };
    assert!(found.contains(seen_by), "{mistake}: seen by {found:?}, not by {seen_by}");
    let text = text.replace('`', "");
    let named = format!("{}, recorded at {}:{line}:", op.name, file!());
    assert!(text.contains(&named), "{mistake}: `{named}` is not in `{text}`");
    found
}

#[test]
fn every_mistake_is_caught_and_its_op_named() {
    let mutants = mutants();
    let outcomes: Vec<Vec<String>> = mutants.iter().map(caught_by).collect();
    for (mutant, found) in mutants.iter().zip(&outcomes) {
        println!("{:<52} {}", mutant.mistake, found.join("; "));
    }
    println!("{} mutants, all caught:", mutants.len());
    let mut counts = BTreeMap::new();
    outcomes.iter().flatten().for_each(|name| *counts.entry(name).or_insert(0) += 1);
    counts.iter().for_each(|(name, count)| println!("{count:>4} by: {name}"));
}

/// What the random cases of a right op showed.
struct Passed {
    cases: usize,
    numbers: usize,
    /// The largest difference of JVP and VJP.
    gap: f64,
}

fn pass_random_cases(right: &Right) -> Passed {
    let (cases, numbers, gap) = (Cell::new(0), Cell::new(0), Cell::new(0f64));
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(&right.cases, |inputs| {
        let report = check::op(|| right.op.clone(), &inputs);
        cases.set(cases.get() + 1);
        numbers.set(numbers.get() + report.compared());
        gap.set(gap.get().max(report.worst_error(Method::ForwardMode)));
        Ok(report.result()?)
    });
    outcome.unwrap_or_else(|error| panic!("{}: {error}", right.op.name));
    Passed { cases: cases.get(), numbers: numbers.get(), gap: gap.get() }
}

#[test]
fn right_ops_pass_ten_thousand_random_cases() {
    // On all cores: this takes ten times as long as the mutants.
    let passed: Vec<Passed> = thread::scope(|scope| {
        let one = |index: usize| scope.spawn(move || pass_random_cases(&right_ops()[index]));
        let threads: Vec<_> = (0..right_ops().len()).map(one).collect();
        let join = |thread: ScopedJoinHandle<_>| thread.join().unwrap_or_else(|p| resume_unwind(p));
        threads.into_iter().map(join).collect()
    });
    let cases: usize = passed.iter().map(|passed| passed.cases).sum();
    let numbers: usize = passed.iter().map(|passed| passed.numbers).sum();
    let gap = passed.iter().map(|passed| passed.gap).fold(0.0, f64::max);
    println!("{cases} random cases, {numbers} comparisons, worst gap of JVP and VJP {gap:.1e}");
    assert!(cases >= 10_000);
}
