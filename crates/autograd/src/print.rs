//! The tape, its values and the parameters as text. `Debug` is short: a whole tape is printed with `{}`.

use std::fmt;

use tensor::Scalar;

use crate::op::Adjoints;
use crate::parameters::Parameters;
use crate::pass::Pass;
use crate::tape::Tape;
use crate::var::Var;
use crate::view::{NodeView, Nodes};

/// The Wengert list as a table with a row for each node. A column names the layers, if there are any.
impl<T: Scalar> fmt::Display for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes();
        let header = ["node", "op", "layer", "inputs", "shape", "recorded at"].map(String::from);
        let table: Vec<[String; 6]> =
            std::iter::once(header).chain(nodes.iter().map(row)).collect();
        let widths: [usize; 6] = std::array::from_fn(|column| {
            table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        });
        let has_layers = table[1..].iter().any(|row| !row[2].is_empty());
        for row in &table {
            let cells = row.iter().zip(widths).enumerate();
            let shown = cells.filter(|(column, _)| has_layers || *column != 2);
            let cells = shown.map(|(_, (cell, width))| format!("{cell:<width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

fn row<T: Scalar>(node: NodeView<'_, T>) -> [String; 6] {
    let inputs: Vec<String> = node.inputs().iter().map(|input| format!("%{input}")).collect();
    let reads = node.parameter().map_or(inputs.join(" "), |(_, name)| name.to_string());
    let layer = node.layer().unwrap_or_default().to_string();
    let (name, shape) = (node.name().to_string(), format!("{:?}", node.value().shape()));
    [format!("%{}", node.index()), name, layer, reads, shape, node.at().to_string()]
}

/// A node as messages name it: index, op or parameter, shape.
impl<T: Scalar> fmt::Display for NodeView<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{} = ", self.index())?;
        match (self.parameter(), self.rows(), self.layer()) {
            (Some((_, name)), None, _) => write!(f, "parameter `{name}`")?,
            (Some((_, name)), Some(_), _) => write!(f, "rows of `{name}`")?,
            (None, _, Some(layer)) => write!(f, "{} in layer `{layer}`", self.name())?,
            (None, _, None) => f.write_str(self.name())?,
        }
        write!(f, " {:?}", self.value().shape())
    }
}

impl<T: Scalar> fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("len", &self.len()).field("records", &self.records()).finish()
    }
}

impl<T: Scalar> fmt::Debug for Nodes<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: Scalar> fmt::Debug for NodeView<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T: Scalar> fmt::Debug for Pass<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tape, parameters, noise } = self;
        let parameters = parameters.len();
        f.debug_struct("Pass")
            .field("tape", tape)
            .field("parameters", &parameters)
            .field("noise", noise)
            .finish()
    }
}

impl<T: Scalar> fmt::Debug for Adjoints<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adjoints").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

impl<T: Scalar> fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{} = {:?}", self.index(), self.value())
    }
}

/// A summary table: name, shape, count, and the total.
impl<T: Scalar> fmt::Display for Parameters<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = self.ids().map(|id| self.name(id).chars().count()).max();
        let width = longest.unwrap_or(0).max("parameter".len());
        writeln!(f, "{:<width$}  {:<14}  {:>10}", "parameter", "shape", "count")?;
        for id in self.ids() {
            let shape = self.shape(id);
            let (shown, count) = (format!("{shape:?}"), tensor::shape::len(shape));
            let frozen = if self.is_trainable(id) { "" } else { "  frozen" };
            writeln!(f, "{:<width$}  {shown:<14}  {count:>10}{frozen}", self.name(id))?;
        }
        write!(f, "{:<width$}  {:<14}  {:>10}", "total", "", self.count())
    }
}
