//! The layers of a tape: which nodes belong to which.
//!
//! A parameter's name says its layer: `hidden.weight` is in the scope `hidden`. From there:
//!
//! - An op that reads a parameter is in that parameter's scope.
//! - An op that does not read any stays in the open scope, if its inputs come from there: a dropout
//!   after a layer belongs to the layer, as does the loss to the last one.
//! - Parameters and constants are in the scope of the first op that reads them; variables in none.
//!
//! A scope that is left and entered again, as by a layer that is used twice, is another
//! scope: `cell`, `cell (2)`. So the ops of a scope are next to each other on the tape, and when every
//! scope is drawn as one node the graph still has no cycle.

use std::collections::BTreeMap;

use autograd::{NodeKind, NodeView, Nodes};
use tensor::Scalar;

/// The layers of a tape.
#[derive(Clone, Debug, Default)]
pub(super) struct Scopes {
    pub names: Vec<String>,
    /// By index of the node.
    pub of_node: Vec<Option<usize>>,
}

impl Scopes {
    pub fn new<T: Scalar>(nodes: &Nodes<'_, T>) -> Self {
        let mut scopes = Self { names: Vec::new(), of_node: vec![None; nodes.iter().len()] };
        let mut open: Option<(usize, &str)> = None;
        let mut entered = BTreeMap::new();
        for node in nodes.iter().filter(|node| node.kind() == NodeKind::Op) {
            open = match node.layer() {
                Some(name) if open.is_none_or(|(_, current)| current != name) => {
                    let times: &mut usize = entered.entry(name).or_default();
                    *times += 1;
                    scopes.names.push(match *times {
                        1 => name.to_string(),
                        times => format!("{name} ({times})"),
                    });
                    Some((scopes.names.len() - 1, name))
                }
                Some(_) => open,
                None => open.filter(|(scope, _)| scopes.goes_on(*scope, node, nodes)),
            };
            scopes.of_node[node.index()] = open.map(|(scope, _)| scope);
        }
        scopes.adopt_leaves(nodes);
        scopes
    }

    /// Returns `true` if the node reads an op, and all ops that it reads are in the scope.
    fn goes_on<T: Scalar>(
        &self,
        scope: usize,
        node: NodeView<'_, T>,
        nodes: &Nodes<'_, T>,
    ) -> bool {
        let is_op = |input: &&usize| nodes.get(**input).kind() == NodeKind::Op;
        let mut ops = node.inputs().iter().filter(is_op).peekable();
        ops.peek().is_some() && ops.all(|&input| self.of_node[input] == Some(scope))
    }

    fn adopt_leaves<T: Scalar>(&mut self, nodes: &Nodes<'_, T>) {
        let mut is_read = vec![false; self.of_node.len()];
        for node in nodes.iter() {
            for &input in node.inputs() {
                let kind = nodes.get(input).kind();
                let is_adopted = matches!(kind, NodeKind::Constant | NodeKind::Parameter);
                if is_adopted && !is_read[input] {
                    self.of_node[input] = self.of_node[node.index()];
                }
                is_read[input] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use autograd::{Parameters, Tape};
    use tensor::Tensor;

    /// Returns the scope of each node, `-` for none.
    fn scopes(tape: &Tape<f64>) -> Vec<String> {
        let scopes = Scopes::new(&tape.nodes());
        let name = |scope: &Option<usize>| scope.map_or("-".into(), |s| scopes.names[s].clone());
        scopes.of_node.iter().map(name).collect()
    }

    #[test]
    fn a_scope_is_a_layer_with_what_follows_it() {
        let mut parameters = Parameters::with_seed(0);
        let first = parameters.add("first.weight", Tensor::scalar(2.0));
        let second = parameters.add("block.second.weight", Tensor::scalar(3.0));
        let tape = Tape::default();
        let x = tape.variable(Tensor::scalar(1.0));
        let shifted = x + 1.0;
        let hidden = (shifted * tape.parameter(&parameters, first)).tanh();
        let output = hidden * tape.parameter(&parameters, second);
        let _both = output + hidden;
        assert_eq!(
            scopes(&tape),
            [
                "-", // x
                "-", // 1, read by an op that is in no scope
                "-", // x + 1
                "first",
                "first",        // mul
                "first",        // tanh
                "block.second", // the weight
                "block.second", // mul
                "-",            // the sum reads two scopes
            ]
        );
    }

    #[test]
    fn a_layer_used_twice_is_two_scopes() {
        let mut parameters = Parameters::with_seed(0);
        let weight = parameters.add("cell.weight", Tensor::scalar(2.0));
        let other = parameters.add("other.weight", Tensor::scalar(2.0));
        let plain = parameters.add("plain", Tensor::scalar(2.0));
        let tape = Tape::default();
        let mut x = tape.variable(Tensor::scalar(1.0));
        for id in [weight, other, weight, plain] {
            x *= tape.parameter(&parameters, id);
        }
        let names = scopes(&tape);
        assert_eq!(names[1..7], ["cell", "cell", "other", "other", "cell (2)", "cell (2)"]);
        // A parameter whose name has no dot is not in a scope; its op stays in the open one.
        assert_eq!(names[7..], ["cell (2)", "cell (2)"]);
    }
}
