//! A walk as plain text: what a page shows in pictures, line by line.

use std::fmt;

use tensor::{Scalar, Tensor};

use super::reading::{Detail, Reading};
use super::walk::{Contribution, Role, Step, Walk};

/// Up to this many elements a tensor is printed as its numbers.
const FEW: usize = 12;

fn read<T: Scalar>(tensor: &Tensor<T>) -> String {
    Reading::of(tensor, Detail { numbers: FEW, cells: (1, 1) }).to_string()
}

/// The whole walk, forward and back, a step a line.
impl<T: Scalar> fmt::Display for Walk<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_forward(f)?;
        if self.steps().len() > self.lines().len() {
            writeln!(f, "\nbackward")?;
        }
        for (index, step) in self.steps().iter().enumerate() {
            match step {
                Step::Compute { .. } => {}
                Step::Begin { line, .. } => writeln!(f, "  from %{line}, the result")?,
                Step::Visit { line } => {
                    let adjoint = self.adjoint(*line, index).expect("a line visited has one");
                    let expression = self.expression(*line);
                    writeln!(f, "  %{line} = {expression}: adjoint {}", read(adjoint))?;
                }
                Step::Contribute(added) => self.write_contribution(f, added)?,
            }
        }
        Ok(())
    }
}

impl<T: Scalar> Walk<T> {
    fn write_forward(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = |line: usize| {
            let formulas = self.lines()[line].formulas.as_ref();
            let formula = formulas.map_or("", |formulas| formulas.forward());
            [format!("%{line}"), self.expression(line), formula.to_string()]
        };
        let rows: Vec<[String; 3]> = (0..self.lines().len()).map(cells).collect();
        let widths: [usize; 3] = std::array::from_fn(|column| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        });
        writeln!(f, "forward")?;
        for (row, line) in rows.iter().zip(self.lines()) {
            for (cell, width) in row.iter().zip(widths) {
                write!(f, "  {cell:<width$}")?;
            }
            writeln!(f, "  {}", read(&line.value))?;
        }
        Ok(())
    }

    fn write_contribution(
        &self,
        f: &mut fmt::Formatter<'_>,
        added: &Contribution<T>,
    ) -> fmt::Result {
        let amount = read(&added.amount);
        write!(f, "      {}  to %{}: ", self.vjp_formula(added.line, added.input), added.to)?;
        match &added.before {
            None => writeln!(f, "{amount}"),
            Some(before) => writeln!(f, "{} + {amount} = {}", read(before), read(&added.adjoint)),
        }
    }

    /// A line as it would be written: `mul(%0, %1)`, `parameter hidden.weight`, `variable`.
    pub fn expression(&self, line: usize) -> String {
        let line = &self.lines()[line];
        match (&line.role, &line.name) {
            (Role::Op, _) => {
                let inputs: Vec<String> = line.inputs.iter().map(|i| format!("%{i}")).collect();
                format!("{}({})", line.op, inputs.join(", "))
            }
            (_, Some(name)) => format!("{} {name}", line.op),
            _ => line.op.to_string(),
        }
    }

    /// The formula of what a line's VJP adds to one of its inputs; that there is none, in words,
    /// for an op that says none.
    pub fn vjp_formula(&self, line: usize, input: usize) -> &str {
        let formulas = self.lines()[line].formulas.as_ref();
        formulas.and_then(|f| f.of_input(input)).unwrap_or("(this op says no formula)")
    }
}
