//! The graph of a tape in Graphviz's language: `dot -Tsvg tape.dot > tape.svg` draws it.

use std::fmt::Write;

use autograd::{NodeKind, NodeView, Tape};
use tensor::Scalar;

use crate::reading::number;
use crate::scopes::Scopes;

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
    let in_scope = |scope| {
        let nodes = nodes.iter().filter(|node| scopes.of_node[node.index()] == scope);
        nodes.map(declaration).collect::<Vec<_>>()
    };
    let mut dot = String::from(
        "digraph tape {\n  node [fontname=\"Helvetica\", shape=box, style=rounded];\n",
    );
    for (scope, name) in scopes.names.iter().enumerate() {
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
    for node in nodes.iter() {
        for input in node.inputs() {
            let _ = writeln!(dot, "  n{input} -> n{};", node.index());
        }
    }
    dot + "}\n"
}

/// Declares a node: its index and op, and below that its number or shape.
fn declaration<T: Scalar>(node: NodeView<'_, T>) -> String {
    let index = node.index();
    let name = node.parameter().map_or(node.name(), |(_, name)| name);
    let below = match node.value().rank() {
        0 => number(node.value().item().to_f64()),
        _ => format!("{:?}", node.value().shape()),
    };
    let shape = if node.kind() == NodeKind::Op { "" } else { ", shape=ellipse" };
    format!("n{index} [label={}{shape}];", quoted(&format!("%{index} {name}\n{below}")))
}

/// A text in quotes as Graphviz reads them; a line break is `\n`.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{text}\"")
}
