//! A check visits only the rows of a table that the function reads, at their cost.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use autograd::check::{self, Number};
use autograd::{Adjoints, Op, ParameterId, Parameters, Pass, RowSource, RowsRead, Tape, Var};
use proptest::prelude::*;
use tensor::{Key, Scalar, Tensor};

/// A table of 30 rows, and a weight.
fn model(rows: usize) -> (Parameters<f32>, [ParameterId; 2]) {
    let mut parameters = Parameters::new(0);
    let table = parameters.add("table", Tensor::normal([rows, 3], 0.0, 1.0, Key::new(1)));
    let weight = parameters.add("weight", Tensor::normal([3, 2], 0.0, 1.0, Key::new(2)));
    (parameters, [table, weight])
}

/// The rows that `ids` names, by way of the rows or of the whole table.
fn lookup<'t, T: Scalar>(
    pass: Pass<'t, T>,
    table: ParameterId,
    ids: &Tensor<u32>,
    by_rows: bool,
) -> Var<'t, T> {
    match by_rows {
        true => {
            let RowsRead { rows, positions } = pass.rows(table, ids);
            rows.gather_rows(&positions)
        }
        false => pass.parameter(table).gather_rows(ids),
    }
}

#[test]
fn of_a_table_the_rows_that_are_read_are_checked() {
    let (parameters, [table, weight]) = model(1_000_000);
    let ids = Tensor::from([700_000, 3, 700_000]);
    let report = check::parameters(&parameters, |pass| {
        lookup(pass, table, &ids, true).matmul(pass.parameter(weight)).tanh()
    });
    report.assert();
    let [of_table, of_weight] = &report.findings[..] else { panic!("{report}") };
    assert_eq!((&of_table.shape[..], of_table.rows), (&[1_000_000, 3][..], Some(2)));
    assert_eq!(of_weight.rows, None);
    assert!(report.to_string().contains("in the 2 rows read"), "{report}");
}

#[test]
fn of_a_table_in_a_layer_the_rows_that_are_read_are_checked() {
    let (parameters, [table, _]) = model(1_000_000);
    let report =
        check::layer(&parameters.cast(), &[Tensor::from([[2.0, 3.0, 5.0]])], |pass, [x]| {
            (lookup(pass, table, &Tensor::from([700_000, 3]), true) * x).tanh()
        });
    report.assert();
    let read: Vec<_> = report.findings.iter().map(|f| (f.name.as_str(), f.rows)).collect();
    assert_eq!(read, [("table", Some(2)), ("weight", Some(0)), ("input 0", None)]);
}

#[test]
fn a_table_that_is_read_as_a_whole_too_is_checked_as_a_whole() {
    let (parameters, [table, _]) = model(30);
    let report = check::parameters(&parameters, |pass| {
        lookup(pass, table, &Tensor::from([4, 9]), true).sum_all()
            + pass.parameter(table).tanh().sum_all()
    });
    report.assert();
    assert_eq!(report.findings[0].rows, None);
}

#[test]
fn what_is_not_read_has_nothing_to_compare() {
    let (parameters, [_, weight]) = model(30);
    let report = check::parameters(&parameters, |pass| pass.parameter(weight).tanh());
    report.assert();
    assert_eq!((report.findings[0].rows, report.findings[0].compared), (Some(0), 0));
}

/// y = x², its VJP wrong in the second column.
struct WrongColumn;

impl Op<Number> for WrongColumn {
    fn name(&self) -> &'static str {
        "wrong_column"
    }
    fn forward(&mut self, x: &[&Tensor<Number>]) -> Tensor<Number> {
        x[0] * x[0]
    }
    fn vjp(
        &self,
        x: &[&Tensor<Number>],
        _: &Tensor<Number>,
        dy: &Tensor<Number>,
        dx: &mut Adjoints<Number>,
    ) {
        let factors = Tensor::from([2.0, 3.0, 2.0]).map(Number::from_f64);
        dx.add(0, || dy * x[0] * factors);
    }
}

#[test]
fn a_wrong_entry_is_named_by_its_row_in_the_table() {
    let (parameters, [table, _]) = model(30);
    let report = check::parameters(&parameters, |pass| {
        let rows = lookup(pass, table, &Tensor::from([17]), true);
        pass.tape.apply(WrongColumn, &[rows])
    });
    assert!(!report.passes());
    assert!(report.to_string().contains("along [17, 1]"), "{report}");
}

/// Returns the message of a check that ends where a row without a value is read, inside the check.
fn refusal(check: impl FnOnce() -> check::Report) -> String {
    let panic = catch_unwind(AssertUnwindSafe(check)).expect_err("such a row is read");
    *panic.downcast::<String>().expect("a message")
}

#[test]
fn which_rows_are_read_must_not_depend_on_values() {
    let (parameters, [table, _]) = model(30);
    let runs = std::cell::Cell::new(0);
    let found = refusal(|| {
        check::parameters(&parameters, |pass| {
            runs.set(runs.get() + 1);
            lookup(pass, table, &Tensor::from([runs.get()]), true).sum_all()
        })
    });
    let expected = "check: the function reads row 2 of `table`, but did not in its first run: which rows it \
                    reads must not depend on the values of the parameters";
    assert!(found.starts_with(expected), "{found}");
}

#[test]
fn a_parameter_that_is_read_beside_the_tape_is_named() {
    let (parameters, [table, weight]) = model(30);
    let found = refusal(|| {
        check::parameters(&parameters, |pass| {
            let beside = pass.constant(pass.parameters.get(weight).clone());
            pass.parameter(table).matmul(beside)
        })
    });
    let expected = "check: the function reads row 0 of `weight`, but did not in its first run: which rows it \
                    reads must not depend on the values of the parameters, and it must read them through the \
                    tape, by pass.parameter(id) or pass.rows(id, ids) and not by parameters.get(id)";
    assert_eq!(found, expected);
}

/// A pending update that adds 1 to every number.
#[derive(Debug)]
struct PlusOne(Tensor);

impl RowSource<f32> for PlusOne {
    fn shape(&self) -> &[usize] {
        self.0.shape()
    }
    fn rows(&self, ids: &[u32]) -> Tensor {
        self.0.gather_rows(&Tensor::from(ids)).map(|x| x + 1.0)
    }
}

#[test]
fn pending_updates_are_applied_before_a_check() {
    let (mut parameters, [table, _]) = model(30);
    let expected = parameters.get(table).map(|x| x + 1.0);
    let source: Arc<dyn RowSource<f32>> = Arc::new(PlusOne(parameters.get(table).clone()));
    parameters.set(table, source);
    for by_rows in [true, false] {
        let ids = Tensor::from([4]);
        check::parameters(&parameters, |pass| {
            let row = lookup(pass, table, &ids, by_rows);
            let error = &row.value().map(|x| x.value) - &expected.gather_rows(&ids).cast::<f64>();
            assert!(error.abs().max_all().item() < 1e-2, "near the point");
            row.tanh()
        })
        .assert();
    }
}

#[test]
fn what_counts_is_how_many_rows_are_named_and_not_how_often() {
    let (parameters, [table, _]) = model(200);
    let rows_read = |ids: &Tensor<u32>| {
        let tape = Tape::new();
        let read = Pass::eval(&tape, &parameters).rows(table, ids);
        read.rows.shape()[0]
    };
    let padding = Tensor::new([32, 1000], vec![0; 32_000]);
    assert_eq!(rows_read(&padding), 1);
    assert_eq!(rows_read(&Tensor::new([99], (0..99).collect())), 99);
    assert_eq!(rows_read(&Tensor::new([100], (0..100).collect())), 200, "half is read as a whole");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The rows are in ascending order, each once, and each id finds its own, in any shape and layout.
    #[test]
    fn each_id_finds_its_row(
        rows in 1..300usize,
        ids in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let mut parameters = Parameters::<f32>::new(0);
        let numbers = Tensor::new([rows, 1], (0..rows).map(|row| row as f32).collect());
        let table = parameters.add("table", numbers);
        let ids: Vec<u32> = ids.iter().map(|index| index.index(rows) as u32).collect();
        let count = ids.len();
        let ids = Tensor::new([count, 1], ids).expand([count, 2]).transpose(0, 1);
        let tape = Tape::new();
        let RowsRead { rows, positions } = Pass::eval(&tape, &parameters).rows(table, &ids);
        let named = rows.value().to_vec();
        prop_assert!(named.is_sorted_by(|a, b| a < b));
        prop_assert_eq!(positions.shape(), ids.shape());
        let found = positions.to_vec().into_iter().map(|position| named[position as usize]);
        let expected = ids.to_vec().into_iter().map(|id| id as f32);
        prop_assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    /// The row path beside the dense path: the same values and the same gradients, and both pass.
    #[test]
    fn rows_have_the_gradients_of_the_whole_table(
        ids in prop::collection::vec(0..30u32, 1..8),
    ) {
        let (parameters, [table, weight]) = model(30);
        let ids = Tensor::from(ids);
        let gradient = |by_rows| {
            let tape = Tape::new();
            let pass = Pass::eval(&tape, &parameters);
            let y = lookup(pass, table, &ids, by_rows).matmul(pass.parameter(weight)).tanh();
            y.sum_all().backward().get(table).expect("it is read").to_vec()
        };
        let [by_rows, dense] = [true, false].map(gradient);
        for (found, expected) in by_rows.iter().zip(&dense) {
            prop_assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0));
        }
        for by_rows in [true, false] {
            let report = check::parameters(&parameters, |pass| {
                lookup(pass, table, &ids, by_rows).matmul(pass.parameter(weight)).tanh()
            });
            prop_assert!(report.passes(), "{}", report);
        }
    }
}
