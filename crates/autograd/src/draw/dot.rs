//! The graph of a tape in Graphviz's language: `dot -Tsvg tape.dot > tape.svg` draws it.

use std::fmt::Write;

use tensor::Scalar;

use super::reading::number;
use super::scopes::Scopes;
use crate::tape::{Node, Source, Tape};

impl<T: Scalar> Tape<T> {
    /// The graph of this tape as text for Graphviz: a node a line, an edge from each input to the
    /// op that reads it, and a box around the lines of a layer.
    ///
    /// ```
    /// use autograd::Tape;
    /// use tensor::Tensor;
    ///
    /// let tape = Tape::new();
    /// let x = tape.variable(Tensor::scalar(2.0));
    /// let _y = x * x;
    /// assert!(tape.to_dot().contains("n0 -> n1"));
    /// ```
    ///
    /// # Panics
    /// When [`Var::backward_releasing`](crate::Var::backward_releasing) has released the lines.
    #[track_caller]
    pub fn to_dot(&self) -> String {
        self.assert_whole();
        let nodes = self.nodes.borrow();
        let scopes = Scopes::of(&nodes);
        let mut dot = String::from(
            "digraph tape {\n  node [fontname=\"Helvetica\", shape=box, style=rounded];\n",
        );
        for (scope, name) in scopes.names.iter().enumerate() {
            let name = quoted(name);
            let _ = writeln!(dot, "  subgraph cluster_{scope} {{\n    label={name};");
            for line in (0..nodes.len()).filter(|line| scopes.of_line[*line] == Some(scope)) {
                let _ = writeln!(dot, "    {}", declaration(line, &nodes[line]));
            }
            dot += "  }\n";
        }
        for line in (0..nodes.len()).filter(|line| scopes.of_line[*line].is_none()) {
            let _ = writeln!(dot, "  {}", declaration(line, &nodes[line]));
        }
        for (line, node) in nodes.iter().enumerate() {
            for input in &node.inputs {
                let _ = writeln!(dot, "  n{input} -> n{line};");
            }
        }
        dot + "}\n"
    }
}

/// A node: its line and op, and below that its number or shape.
fn declaration<T: Scalar>(line: usize, node: &Node<T>) -> String {
    let name = match &node.source {
        Source::Parameter(_, name) | Source::Rows(_, name, _) => name,
        source => source.name(),
    };
    let below = match node.value.rank() {
        0 => number(node.value.item().to_f64()),
        _ => format!("{:?}", node.value.shape()),
    };
    let shape = match node.source {
        Source::Op(_) | Source::Evaluated(_) => "",
        _ => ", shape=ellipse",
    };
    format!("n{line} [label={}{shape}];", quoted(&format!("%{line} {name}\n{below}")))
}

/// A text in quotes as Graphviz reads them; a line break is `\n`.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{text}\"")
}
