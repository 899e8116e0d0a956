//! The table of `rows.json`: a few of its rows have a gradient in each step, and the others are left
//! pending until they are read.

use std::collections::BTreeMap;

use autograd::{Gradient, Parameters, Pass, RowsRead, Tape};
use optim::{Adam, Optimizer};
use serde::Deserialize;
use tensor::{Key, Scalar};

use super::fixture::{Array, Worst, read};

#[derive(Deserialize)]
struct Run {
    rate: f64,
    /// Before the first step, `[rows, width]`.
    table: Array,
    /// `[steps, batch]`.
    ids: Array<u32>,
    /// The gradient of each row that is read, `[steps, batch, width]`.
    slopes: Array,
    /// The table after the steps of these numbers, counted from 1.
    tables: BTreeMap<String, Array>,
}

/// Takes the steps, and compares the table where the fixture has it.
pub fn replay<T: Scalar>() -> Worst {
    let run: Run = read("rows.json");
    let mut parameters = Parameters::<T>::with_seed(0);
    let table = parameters.add("table", run.table.tensor());
    let mut adam = Adam::new(run.rate);
    let (ids, slopes) = (run.ids.exact(), run.slopes.tensor::<T>());
    let mut worst = Worst::default();
    for step in 0..ids.shape()[0] {
        let at = |axis: usize| axis..axis + 1;
        let gradients = {
            let tape = Tape::default();
            let pass = Pass::training(&tape, &parameters, Key::new(0));
            let RowsRead { rows, positions } = pass.rows(table, &ids.slice(0, at(step)));
            let slopes = tape.constant(slopes.slice(0, at(step)));
            (nn::embedding(rows, &positions, None) * slopes).sum_all().backward()
        };
        assert!(gradients.iter().all(|(_, gradient)| matches!(gradient, Gradient::Sparse(_))));
        adam.step(&mut parameters, &gradients);
        if let Some(expected) = run.tables.get(&(step + 1).to_string()) {
            worst.compare(format!("step {}", step + 1), parameters.get(table), expected);
        }
    }
    worst
}
