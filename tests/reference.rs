//! Values and gradients against PyTorch's in float64: an opinion from outside.
//!
//! `reference/generate.py` had PyTorch compute every op, layer, loss and optimizer, two training
//! runs and Adam on the rows of a table, and wrote inputs and results to the JSON files beside it.
//! Here we compute the same; Python is not needed for that. The largest errors allowed:
//!
//! ```text
//!                                                           f64      f32
//! functions     value and gradients      abs. and rel.      1e-10    1e-6
//! optimizers    parameters, each step    abs. and rel.      1e-10    1e-6
//! rows          table                    abs. and rel.      1e-12    1e-6
//! training      loss of each step        relative           1e-10    1e-4
//! training      weights at the end       abs. and rel.      1e-10    1e-5
//! ```
//!
//! The relative error of y for the reference r is |y − r| / |r|; the absolute and relative one is
//! |y − r| / (1 + |r|), for a number that is small only because larger ones canceled keeps no more
//! than their absolute accuracy. The bounds for f32 are about ten times the errors measured. To see
//! those: `cargo test --test reference -- --nocapture`.

mod reference {
    pub mod fixture;
    pub mod functions;
    pub mod optimizers;
    pub mod rows;
    pub mod training;
}

use std::collections::BTreeSet;
use std::path::Path;

use reference::fixture::{Worst, named, read};
use reference::functions::{Functions, replay_all};
use reference::optimizers::{self, Optimizers, optimizers};
use reference::rows;
use reference::training::{self, Worsts};
use tensor::Scalar;

fn compare_functions<T: Scalar>() -> Worst {
    let fixtures: Functions = read("functions.json");
    let mut worst = Worst::default();
    for (name, found) in replay_all::<T>(&fixtures) {
        found.compare(name, named(&fixtures, name), &mut worst);
    }
    worst
}

fn compare_optimizers<T: Scalar>() -> Worst {
    let fixtures: Optimizers = read("optimizers.json");
    let mut worst = Worst::default();
    for (name, mut optimizer) in optimizers::<T>() {
        let run = named(&fixtures.optimizers, name);
        optimizers::replay(name, run, &mut *optimizer, &mut worst);
    }
    optimizers::replay_clipping::<T>(&fixtures, &mut worst);
    worst
}

#[test]
fn functions_agree() {
    compare_functions::<f64>().assert("functions in f64", 1e-10);
    compare_functions::<f32>().assert("functions in f32", 1e-6);
}

#[test]
fn optimizers_agree() {
    compare_optimizers::<f64>().assert("optimizers in f64", 1e-10);
    compare_optimizers::<f32>().assert("optimizers in f32", 1e-6);
}

#[test]
fn training_of_the_tabular_model_agrees() {
    let Worsts { losses, weights } = training::tabular::<f64>();
    losses.assert("tabular model in f64, losses", 1e-10);
    weights.assert("tabular model in f64, weights", 1e-10);
    let Worsts { losses, weights } = training::tabular::<f32>();
    losses.assert("tabular model in f32, losses", 1e-4);
    weights.assert("tabular model in f32, weights", 1e-5);
}

#[test]
fn training_of_the_text_model_agrees() {
    let Worsts { losses, weights } = training::text::<f64>();
    losses.assert("text model in f64, losses", 1e-10);
    weights.assert("text model in f64, weights", 1e-10);
    let Worsts { losses, weights } = training::text::<f32>();
    losses.assert("text model in f32, losses", 1e-4);
    weights.assert("text model in f32, weights", 1e-5);
}

#[test]
fn adam_on_rows_agrees_with_dense_adam() {
    rows::replay::<f64>().assert("rows in f64", 1e-12);
    rows::replay::<f32>().assert("rows in f32", 1e-6);
}

#[test]
fn every_fixture_is_compared() {
    let functions: Functions = read("functions.json");
    let fixtures: BTreeSet<&str> = functions.keys().map(String::as_str).collect();
    let compared = replay_all::<f64>(&functions).into_iter().map(|(name, _)| name);
    assert_eq!(fixtures, compared.collect());

    let Optimizers { optimizers: runs, .. } = read("optimizers.json");
    let fixtures: BTreeSet<&str> = runs.keys().map(String::as_str).collect();
    assert_eq!(fixtures, optimizers::<f64>().iter().map(|(name, _)| *name).collect());
}

/// The mask of `dropout` is drawn by our own generator, so no one else can compute it. PyTorch multiplies by a matrix in
/// bf16 in bf16 only: the tests of `nn` hold `rounded_product` equal to the product with the widened numbers.
const WITHOUT_REFERENCE: [&str; 2] = ["dropout", "rounded_product"];

#[test]
fn every_op_has_a_fixture() {
    let texts = sources(&["crates/autograd/src/ops", "crates/nn/src"]);
    let mut ops: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| text.split("fn name(&self) -> &'static str {").skip(1))
        .map(|rest| rest.split('"').nth(1).expect("the op's name"))
        .collect();
    assert!(WITHOUT_REFERENCE.iter().all(|op| ops.remove(op)));
    // A fixture is an op's own when it bears the op's name and the op gave its output.
    let compared: BTreeSet<&str> = replay_all::<f64>(&read("functions.json"))
        .into_iter()
        .filter(|(name, found)| name.split(' ').next() == Some(found.op))
        .map(|(_, found)| found.op)
        .collect();
    let missing: Vec<_> = ops.difference(&compared).collect();
    assert!(missing.is_empty(), "ops without a fixture of their own: {missing:?}");
}

/// `RuleOptimizer` is the optimizer of any rule. PyTorch does not have Lion: its tests in `optim`
/// compare it with its paper's loop.
const NOT_IN_PYTORCH: [&str; 2] = ["RuleOptimizer", "Lion"];

#[test]
fn every_optimizer_has_a_fixture() {
    let texts = sources(&["crates/optim/src"]);
    let named = |after: &'static str| {
        let texts = texts.iter().flat_map(move |text| text.split(after).skip(1));
        texts.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric()).collect::<String>())
    };
    let mut all: BTreeSet<String> = named("Optimizer<T> for ").chain(named("pub type ")).collect();
    for name in NOT_IN_PYTORCH {
        assert!(all.remove(name), "{name}");
    }
    let compared = optimizers::<f64>().into_iter();
    let compared = compared.map(|(name, _)| name.split(' ').next().unwrap_or(name).to_string());
    assert_eq!(all, compared.collect());
}

/// The text of each Rust file in these folders, and in those within.
fn sources(folders: &[&str]) -> Vec<String> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut folders: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                texts.push(std::fs::read_to_string(path).expect("a source file"));
            }
        }
    }
    texts
}
