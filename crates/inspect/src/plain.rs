//! A walk as plain text: what a page shows in pictures, line by line.

use std::fmt;

use autograd::NodeKind;
use tensor::{Scalar, Tensor};

use crate::reading::{Detail, Reading};
use crate::walk::{Contribution, Step, Walk};

/// Up to this many elements a tensor is printed as its numbers.
const FEW: usize = 12;

fn read<T: Scalar>(tensor: &Tensor<T>) -> String {
    Reading::of(tensor, Detail { numbers: FEW, cells: (1, 1) }).to_string()
}

/// Writes the whole walk, forward and back, one step per line.
impl<T: Scalar> fmt::Display for Walk<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_forward(f)?;
        if self.steps().len() > self.nodes().len() {
            writeln!(f, "\nbackward")?;
        }
        for (index, step) in self.steps().iter().enumerate() {
            match step {
                Step::Compute { .. } => {}
                Step::Begin { node, .. } => writeln!(f, "  from %{node}, the result")?,
                Step::Visit { node } => {
                    let adjoint = self.adjoint(*node, index).expect("a visited node has one");
                    let expression = self.expression(*node);
                    writeln!(f, "  %{node} = {expression}: adjoint {}", read(adjoint))?;
                }
                Step::Contribute(added) => self.write_contribution(f, added)?,
            }
        }
        Ok(())
    }
}

impl<T: Scalar> Walk<T> {
    fn write_forward(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = |node: usize| {
            let formulas = self.nodes()[node].formulas.as_ref();
            let formula = formulas.map_or("", |formulas| formulas.forward());
            [format!("%{node}"), self.expression(node), formula.to_string()]
        };
        let rows: Vec<[String; 3]> = (0..self.nodes().len()).map(cells).collect();
        let widths: [usize; 3] = std::array::from_fn(|column| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        });
        writeln!(f, "forward")?;
        for (row, node) in rows.iter().zip(self.nodes()) {
            for (cell, width) in row.iter().zip(widths) {
                write!(f, "  {cell:<width$}")?;
            }
            writeln!(f, "  {}", read(&node.value))?;
        }
        Ok(())
    }

    fn write_contribution(
        &self,
        f: &mut fmt::Formatter<'_>,
        added: &Contribution<T>,
    ) -> fmt::Result {
        let amount = read(&added.amount);
        write!(f, "      {}  to %{}: ", self.vjp_formula(added.node, added.input), added.to)?;
        match &added.before {
            None => writeln!(f, "{amount}"),
            Some(before) => writeln!(f, "{} + {amount} = {}", read(before), read(&added.adjoint)),
        }
    }

    /// Returns a node as it would be written: `mul(%0, %1)`, `h = tanh(%2)` for one with a name,
    /// `parameter hidden.weight`, `variable`.
    pub fn expression(&self, node: usize) -> String {
        let node = &self.nodes()[node];
        match (node.kind, &node.name) {
            (NodeKind::Op, name) => {
                let inputs: Vec<String> = node.inputs.iter().map(|i| format!("%{i}")).collect();
                let call = format!("{}({})", node.op, inputs.join(", "));
                name.as_ref().map_or(call.clone(), |name| format!("{name} = {call}"))
            }
            (_, Some(name)) => format!("{} {name}", node.op),
            _ => node.op.to_string(),
        }
    }

    /// Returns the formula of what a node's VJP adds to one of its inputs, or words that say that
    /// the op has none.
    pub fn vjp_formula(&self, node: usize, input: usize) -> &str {
        let formulas = self.nodes()[node].formulas.as_ref();
        formulas.and_then(|f| f.of_input(input)).unwrap_or("(this op has no formula)")
    }
}
