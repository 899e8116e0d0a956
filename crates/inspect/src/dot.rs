//! The graph of a tape in Graphviz's language: `dot -Tsvg tape.dot > tape.svg` draws it.

use std::fmt::Write;

use autograd::{NodeKind, NodeView, Tape};
use tensor::{Scalar, Tensor};

use crate::reading::number;
use crate::scopes::Scopes;
use crate::walk::{NodeRecord, Walk};

/// Returns the graph of a tape as text for Graphviz: an edge from each input to the op that reads it,
/// and a box around the nodes of a layer.
///
/// ```
/// use autograd::Tape;
/// use tensor::Tensor;
///
/// let tape = Tape::new();
/// let x = tape.variable(Tensor::scalar(2.0));
/// let _y = x * x;
/// assert!(inspect::to_dot(&tape).contains("n0 -> n1"));
/// ```
pub fn to_dot<T: Scalar>(tape: &Tape<T>) -> String {
    let nodes = tape.nodes();
    let scopes = Scopes::new(&nodes);
    let drawn = |node: NodeView<'_, T>| DotNode {
        title: node.parameter().map_or(node.name(), |(_, name)| name).to_string(),
        lines: vec![short(node.value())],
        is_op: node.kind() == NodeKind::Op,
        scope: scopes.of_node[node.index()],
        inputs: node.inputs().to_vec(),
    };
    let nodes: Vec<DotNode> = nodes.iter().map(drawn).collect();
    graph(&scopes.names, &nodes)
}

impl<T: Scalar> Walk<T> {
    /// Returns the graph of the walk as text for Graphviz, as [`to_dot`] does for a tape, with the names
    /// of [`with_names`](Self::with_names) and with the adjoint of each node below its value.
    pub fn to_dot(&self) -> String {
        let last = self.steps().len() - 1;
        let drawn = |(index, node): (usize, &NodeRecord<T>)| {
            let adjoint = self.adjoint(index, last).map(|dy| format!("adjoint {}", short(dy)));
            let title = match (&node.name, node.kind) {
                (None, _) => node.op.to_string(),
                (Some(name), NodeKind::Op) => format!("{name} = {}", node.op),
                (Some(name), _) => name.clone(),
            };
            DotNode {
                title,
                lines: [short(&node.value)].into_iter().chain(adjoint).collect(),
                is_op: node.kind == NodeKind::Op,
                scope: node.scope,
                inputs: node.inputs.clone(),
            }
        };
        let nodes: Vec<DotNode> = self.nodes().iter().enumerate().map(drawn).collect();
        graph(self.scopes(), &nodes)
    }
}

/// A node as it is drawn.
struct DotNode {
    title: String,
    /// What stands below the title.
    lines: Vec<String>,
    is_op: bool,
    scope: Option<usize>,
    inputs: Vec<usize>,
}

/// Returns the number of a scalar, or the shape of any other tensor.
fn short<T: Scalar>(tensor: &Tensor<T>) -> String {
    match tensor.rank() {
        0 => number(tensor.item().to_f64()),
        _ => format!("{:?}", tensor.shape()),
    }
}

fn graph(scopes: &[String], nodes: &[DotNode]) -> String {
    let in_scope = |scope| {
        let nodes = nodes.iter().enumerate().filter(move |(_, node)| node.scope == scope);
        nodes.map(|(index, node)| node.declaration(index)).collect::<Vec<_>>()
    };
    let mut dot = String::from(
        "digraph tape {\n  node [fontname=\"Helvetica\", shape=box, style=rounded];\n",
    );
    for (scope, name) in scopes.iter().enumerate() {
        let name = quoted(name);
        let _ = writeln!(dot, "  subgraph cluster_{scope} {{\n    label={name};");
        for node in in_scope(Some(scope)) {
            let _ = writeln!(dot, "    {node}");
        }
        dot += "  }\n";
    }
    for node in in_scope(None) {
        let _ = writeln!(dot, "  {node}");
    }
    for (index, node) in nodes.iter().enumerate() {
        for input in &node.inputs {
            let _ = writeln!(dot, "  n{input} -> n{index};");
        }
    }
    dot + "}\n"
}

impl DotNode {
    fn declaration(&self, index: usize) -> String {
        let shape = if self.is_op { "" } else { ", shape=ellipse" };
        let label = format!("%{index} {}\n{}", self.title, self.lines.join("\n"));
        format!("n{index} [label={}{shape}];", quoted(&label))
    }
}

/// Returns a text in quotes as Graphviz reads them; a line break is `\n`.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{text}\"")
}
