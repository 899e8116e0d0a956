//! Random cases for property tests: an op on inputs of every shape and layout.
//!
//! Enable the feature `proptest`. The inputs are small, so that every entry is checked, and come
//! in all the layouts of [`tensor::strategy`].

use std::cell::Cell;
use std::ops::Range;
use std::path::Path;
use std::sync::Once;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tensor::strategy::{broadcastable_shapes, shapes, tensors};
use tensor::{Key, Tensor};

use super::{Case, Number};
use crate::{NodeKind, Tape, Var};

/// Draws numbers from a range, and often points at which functions are difficult: 0, where there
/// are kinks, numbers next to it, and ±1, so that ties come up.
pub fn numbers(range: Range<f64>) -> BoxedStrategy<f64> {
    let difficult = [0.0, 1e-3, -1e-3, 1.0, -1.0].into_iter().filter(|x| range.contains(x));
    let difficult: Vec<f64> = difficult.chain([range.start]).collect();
    prop_oneof![4 => range, 1 => prop::sample::select(difficult)].boxed()
}

/// Draws small tensors of up to three axes, in any layout, with elements from [`numbers`].
pub fn small(elements: Range<f64>) -> impl Strategy<Value = Tensor<f64>> {
    shapes(3, 3).prop_flat_map(move |shape| tensors(shape, numbers(elements.clone())))
}

/// Draws cases for an op of one input of any shape.
pub fn unary(
    op: &'static str,
    elements: Range<f64>,
    function: for<'t> fn(Var<'t, Number>) -> Var<'t, Number>,
) -> BoxedStrategy<Case> {
    small(elements).prop_map(move |x| Case::new(op, [x], move |[x]| function(x))).boxed()
}

/// Draws cases for an op of two inputs that broadcast, each with elements from its own range.
pub fn binary(
    op: &'static str,
    left: Range<f64>,
    right: Range<f64>,
    function: for<'t> fn(Var<'t, Number>, Var<'t, Number>) -> Var<'t, Number>,
) -> BoxedStrategy<Case> {
    broadcastable_shapes(3, 3)
        .prop_flat_map(move |(a, b)| {
            (tensors(a, numbers(left.clone())), tensors(b, numbers(right.clone())))
        })
        .prop_map(move |(a, b)| Case::new(op, [a, b], move |[a, b]| function(a, b)))
        .boxed()
}

/// Draws a small tensor and some of its axes.
pub fn with_axes(elements: Range<f64>) -> impl Strategy<Value = (Tensor<f64>, Vec<isize>)> {
    small(elements).prop_flat_map(|x| {
        let rank = x.rank();
        let axes: Vec<isize> = (0..rank as isize).collect();
        (Just(x), prop::sample::subsequence(axes, 0..=rank))
    })
}

/// Draws a small tensor that has axes, and one of them.
pub fn with_axis(elements: Range<f64>) -> impl Strategy<Value = (Tensor<f64>, isize)> {
    (small(elements), any::<prop::sample::Index>())
        .prop_filter("a scalar has no axis", |(x, _)| x.rank() > 0)
        .prop_map(|(x, pick)| {
            let axis = pick.index(x.rank()) as isize;
            (x, axis)
        })
}

/// Draws a table of rows and ids that name some of them, some more than once.
pub fn table_and_ids() -> impl Strategy<Value = (Tensor<f64>, Tensor<u32>)> {
    (1..5usize, shapes(1, 3), shapes(2, 3)).prop_flat_map(|(count, row, batch)| {
        let table = tensors([&[count], row.as_slice()].concat(), -2.0..2.0);
        let ids = prop::collection::vec(0..count as u32, batch.iter().product::<usize>());
        (table, ids.prop_map(move |ids| Tensor::new(&batch, ids)))
    })
}

/// The cases of one op.
pub type Cases = fn() -> BoxedStrategy<Case>;

/// Checks the gradients of each op on its cases.
///
/// # Panics
/// If a gradient is wrong, or a case is for an op other than the one it is listed under. The message holds
/// the smallest case that fails, and its report.
#[track_caller]
pub fn assert_gradients(ops: &[(&str, Cases)]) {
    for (name, cases) in ops {
        assert_each(Config::default(), &cases(), name, |case| {
            assert_eq!(case.op, *name);
            Ok(case.check().result()?)
        });
    }
}

/// Runs a test on random cases, as `proptest!` does, but quietly: a failing test panics for each
/// case that it tries on the way to the smallest one, and only the smallest is of interest.
///
/// ```
/// use autograd::check::{inputs, strategy::{assert_each, small}};
/// use proptest::test_runner::Config;
///
/// assert_each(Config::default(), &small(-2.0..2.0), "the square", |x| {
///     Ok(inputs(&[x], |x| x[0].powi(2)).result()?)
/// });
/// ```
///
/// # Panics
/// If the test fails, with the smallest case for which it does.
#[track_caller]
pub fn assert_each<S: Strategy>(
    config: Config,
    cases: &S,
    name: &str,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    // A failure prints its case. A file of past failures would have no source file to be kept next to.
    let config = Config { failure_persistence: None, ..config };
    let outcome = TestRunner::new(config).run(cases, |case| quietly(|| test(case)));
    if let Err(error) = outcome {
        panic!("{name}: {error}");
    }
}

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f` without printing the messages of panics on this thread. The caller catches them.
fn quietly<R>(f: impl FnOnce() -> R) -> R {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                print(panic);
            }
        }));
    });
    let _restored = Restored(IS_QUIET.replace(true));
    f()
}

/// Makes the thread as quiet as it was, also after a panic.
struct Restored(bool);

impl Drop for Restored {
    fn drop(&mut self) {
        IS_QUIET.set(self.0);
    }
}

/// Checks that each op gives its formula, and a formula for each input's VJP or one for all inputs.
///
/// # Panics
/// If there is a formula too few or too many.
#[track_caller]
pub fn assert_formulas(ops: &[(&str, Cases)]) {
    let mut runner = TestRunner::deterministic();
    for (name, cases) in ops {
        let case = cases().new_tree(&mut runner).expect("a case can be drawn").current();
        let tape = Tape::default();
        case.record(&tape);
        let nodes = tape.nodes();
        let Some(node) = nodes.iter().find(|node| node.name() == *name) else {
            panic!("{name}: its cases do not record it");
        };
        let formulas = node.formulas().unwrap_or_else(|| panic!("{name} says no formula"));
        let said = formulas.vjps().len();
        assert!(said == node.inputs().len() || said == 1, "{name} says {said} VJPs: {formulas:?}");
        for formula in formulas.vjps().chain([formulas.forward()]) {
            assert!(formula.contains(" = "), "{name}: {formula}");
            let symbols = formulas.symbols(formula, node.inputs().len());
            let silent: Vec<_> = symbols.iter().filter(|symbol| symbol.meaning.is_none()).collect();
            assert!(silent.is_empty(), "{name}: {formula}: it does not explain {silent:?}");
        }
    }
}

/// Checks that the contributions of each op alone, added up node by node, equal the adjoints of the
/// backward walk to the last bit.
///
/// # Panics
/// If one differs.
#[track_caller]
pub fn assert_contributions(ops: &[(&str, Cases)]) {
    let config = Config { cases: 32, ..Config::default() };
    for (name, cases) in ops {
        assert_each(config.clone(), &(cases(), any::<u64>()), name, |(case, seed)| {
            let tape = Tape::default();
            let result = case.record(&tape);
            let cotangent = Tensor::normal(result.shape(), 0.0, 1.0, Key::new(seed));
            let gradients = result.vjp(cotangent.clone());
            for (node, found) in tape.nodes().iter().zip(sums_of_contributions(result, cotangent)) {
                let depends = matches!(node.kind(), NodeKind::Variable | NodeKind::Op);
                let index = node.index();
                let expected = depends.then(|| gradients.of(Var { tape: &tape, index }));
                // As text, which tells any two numbers apart and 0 from -0.
                let text =
                    |adjoint: Option<Tensor<_>>| format!("{:?}", adjoint.map(|x| x.to_vec()));
                assert_eq!(text(found), text(expected), "{node}");
            }
            Ok(())
        });
    }
}

/// Returns the adjoint of each node, computed from the contributions to it; `None` where there is none.
fn sums_of_contributions(
    result: Var<'_, Number>,
    cotangent: Tensor<Number>,
) -> Vec<Option<Tensor<Number>>> {
    let nodes = result.tape().nodes();
    let mut adjoints: Vec<Option<Tensor<Number>>> = vec![None; result.index() + 1];
    adjoints[result.index()] = Some(cotangent);
    for index in (0..=result.index()).rev() {
        let Some(dy) = adjoints[index].clone() else { continue };
        let node = nodes.get(index);
        for (&input, part) in node.inputs().iter().zip(node.contributions(&dy)) {
            match (&mut adjoints[input], part) {
                (_, None) => {}
                (Some(sum), Some(part)) => *sum += part,
                (first, part) => *first = part,
            }
        }
    }
    adjoints
}

/// Checks that the list names all the ops that a crate's sources define, in alphabetical order.
///
/// # Panics
/// If an op is missing, or one too many.
#[track_caller]
pub fn assert_all_are_listed(crate_folder: &str, ops: &[(&str, Cases)]) {
    let mut names = Vec::new();
    collect_op_names(&Path::new(crate_folder).join("src"), &mut names);
    names.sort();
    assert_eq!(names, ops.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

/// Collects the names of the ops that the sources of a folder define, found in the text itself.
fn collect_op_names(folder: &Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            collect_op_names(&path, names);
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source file");
        for (at, _) in text.match_indices("\nimpl") {
            let op = text[at..].trim_start();
            let header = op.split('{').next().unwrap_or_default();
            let implemented =
                header.split_once(" for ").and_then(|(before, _)| before.rsplit([' ', ':']).next());
            if implemented.is_some_and(|implemented| implemented.starts_with("Op<")) {
                let (body, _) = op.split_once("\n}\n").expect("an impl ends");
                names.extend(op_names(body, &text));
            }
        }
    }
}

/// Returns the name that an implementation of `Op` returns; if it returns a field, all names that its
/// file gives to that field.
fn op_names(body: &str, file: &str) -> Vec<String> {
    let (_, name) = body.split_once("fn name(").expect("an op has a name");
    let (name, _) = name.split_once('}').expect("a function ends");
    let quoted = |text: &str| text.split('"').next().expect("a quote ends").to_string();
    match name.split_once('"') {
        Some((_, name)) => vec![quoted(name)],
        None => file.split("name: \"").skip(1).map(quoted).collect(),
    }
}
