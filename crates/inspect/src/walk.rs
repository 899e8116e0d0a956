//! A walk over the tape, recorded: every step forward, every step backward, every number.
//!
//! [`Var::backward`] keeps none of this, so that it is fast. A [`Walk`] is made afterwards, from a
//! tape that is complete: it calls each op's own VJP once more, on adjoints that are empty, and so
//! sees each contribution before it is summed. The sums are taken in the order of the backward walk,
//! and come out the same to the last bit, provided that a VJP adds to its inputs in their order and to
//! each once, as all VJPs of this project do.

use std::panic::Location;
use std::time::{Duration, Instant};

use autograd::{Formulas, NodeKind, NodeView, Nodes, Tape, Var};
use tensor::{Scalar, Tensor};

use crate::scopes::Scopes;

/// All that happens from the first node of a tape to a result, and back.
///
/// ```
/// use autograd::Tape;
/// use inspect::Walk;
/// use tensor::Tensor;
///
/// let tape = Tape::new();
/// let x = tape.variable(Tensor::scalar(3.0));
/// let y = x * x;
/// let walk = Walk::back_from(y);
/// // Forward: x, then the product. Backward: ȳ = 1, then the product's two contributions to x̄.
/// let last = walk.steps().len() - 1;
/// assert_eq!(walk.adjoint(x.index(), last).map(|x| x.item()), Some(6.0));
/// println!("{walk}");
/// ```
#[derive(Clone, Debug)]
pub struct Walk<T: Scalar = f32> {
    nodes: Vec<NodeRecord<T>>,
    scopes: Vec<String>,
    steps: Vec<Step<T>>,
}

/// One node of the tape when the forward computation is done.
#[derive(Clone, Debug)]
pub struct NodeRecord<T: Scalar> {
    /// Where its value comes from.
    pub kind: NodeKind,
    /// The name of the op, or of the kind.
    pub op: &'static str,
    /// The parameter's name, or the one that [`Walk::with_names`] gave.
    pub name: Option<String>,
    /// The nodes it reads.
    pub inputs: Vec<usize>,
    /// What its op computes; `None` for nodes without an op and for ops that do not say.
    pub formulas: Option<Formulas>,
    /// Its value.
    pub value: Tensor<T>,
    /// The layer it belongs to, a position in [`Walk::scopes`].
    pub scope: Option<usize>,
    /// The line of the program that recorded it.
    pub at: &'static Location<'static>,
    /// The time that its op takes; `None` if it was not [measured](Walk::timed).
    pub forward_time: Option<Duration>,
    /// The time that its VJP takes, under the same condition.
    pub backward_time: Option<Duration>,
}

/// One step of a walk.
#[derive(Clone, Debug)]
pub enum Step<T: Scalar> {
    /// Forward: a node gets its value.
    Compute {
        /// The node.
        node: usize,
    },
    /// Backward begins: the adjoint of the result is the cotangent.
    Begin {
        /// The result.
        node: usize,
        /// The cotangent.
        adjoint: Tensor<T>,
    },
    /// Backward: a node is reached, so its adjoint is complete.
    Visit {
        /// The node.
        node: usize,
    },
    /// Backward: a node's VJP adds to the adjoint of one of its inputs.
    Contribute(Box<Contribution<T>>),
}

/// What one node adds to the adjoint of another.
#[derive(Clone, Debug)]
pub struct Contribution<T: Scalar> {
    /// The node whose op it is.
    pub node: usize,
    /// The position of the input among the op's inputs, from 0.
    pub input: usize,
    /// The node that is that input.
    pub to: usize,
    /// What is added.
    pub amount: Tensor<T>,
    /// The adjoint of `to` before; `None` if this is the first contribution.
    pub before: Option<Tensor<T>>,
    /// The adjoint of `to` after.
    pub adjoint: Tensor<T>,
}

impl<T: Scalar> Step<T> {
    /// Returns the node at which the walk stands.
    pub fn node(&self) -> usize {
        match self {
            Step::Compute { node } | Step::Begin { node, .. } | Step::Visit { node } => *node,
            Step::Contribute(contribution) => contribution.node,
        }
    }

    /// Returns `true` for a step of the way back.
    pub fn is_backward(&self) -> bool {
        !matches!(self, Step::Compute { .. })
    }
}

impl<T: Scalar> Walk<T> {
    /// Records the walk to a single number, such as a loss, and back from it.
    ///
    /// # Panics
    /// If it is not a single number, or its tape does not record.
    #[track_caller]
    pub fn back_from(result: Var<'_, T>) -> Self {
        let shape = result.shape();
        assert!(
            shape.iter().all(|&length| length == 1),
            "walk: only a single number has a gradient, but this has shape {shape:?}: reduce it with \
             sum_all() or mean_all(), or give a cotangent to Walk::with_cotangent"
        );
        Self::with_cotangent(result, Tensor::ones(shape))
    }

    /// Records the walk to a result of any shape, and back from it with this cotangent.
    ///
    /// # Panics
    /// If the cotangent does not have the shape of the result, or the tape does not record.
    #[track_caller]
    pub fn with_cotangent(result: Var<'_, T>, cotangent: Tensor<T>) -> Self {
        let tape = result.tape();
        assert!(
            tape.records(),
            "walk: this tape was made with Tape::no_grad() and recorded nothing: use Tape::default()"
        );
        assert!(
            cotangent.shape() == result.shape().as_slice(),
            "walk: the cotangent has shape {:?}, the result {:?}: they must be equal",
            cotangent.shape(),
            result.shape()
        );
        let nodes = tape.nodes();
        let mut walk = Self::forward(&nodes, result.index());
        if nodes.get(result.index()).needs_gradient() {
            walk.backward(&nodes, result.index(), cotangent);
        }
        walk
    }

    /// Measures how long each op and each VJP takes, by running them once more. `tape` is the one
    /// that was walked, or another recording of the same program.
    ///
    /// # Panics
    /// If the tape does not begin with the nodes of the walk: the same ops of the same inputs, with values of the same
    /// shapes.
    #[track_caller]
    pub fn timed(mut self, tape: &Tape<T>) -> Self {
        self.check_tape(&tape.nodes());
        let last = self.steps.len() - 1;
        for index in 0..self.nodes.len() {
            if self.nodes[index].kind != NodeKind::Op {
                continue;
            }
            let started = Instant::now();
            tape.recompute(index);
            self.nodes[index].forward_time = Some(started.elapsed());
            if let Some(dy) = self.adjoint(index, last) {
                let started = Instant::now();
                tape.nodes().get(index).contributions(dy);
                self.nodes[index].backward_time = Some(started.elapsed());
            }
        }
        self
    }

    /// Checks that a tape begins with the nodes of this walk.
    #[track_caller]
    fn check_tape(&self, nodes: &Nodes<'_, T>) {
        let ask = "give the tape that was walked, before it is cleared";
        assert!(
            nodes.iter().len() >= self.nodes.len(),
            "timed: the walk is over {} nodes and the tape has {}: {ask}",
            self.nodes.len(),
            nodes.iter().len()
        );
        for (walked, node) in self.nodes.iter().zip(nodes.iter()) {
            let is_same = (walked.kind, walked.op) == (node.kind(), node.name())
                && walked.inputs == node.inputs()
                && walked.value.shape() == node.value().shape();
            assert!(
                is_same,
                "timed: %{} was {} {:?} in the walk and is {} {:?} on the tape: {ask}",
                node.index(),
                walked.op,
                walked.value.shape(),
                node.name(),
                node.value().shape()
            );
        }
    }

    /// Names nodes by their places, as the names of an [`Expression`](crate::Expression) do. A node
    /// without a new name keeps its own.
    pub fn with_names(mut self, names: &[Option<String>]) -> Self {
        for (node, name) in self.nodes.iter_mut().zip(names) {
            if name.is_some() {
                node.name.clone_from(name);
            }
        }
        self
    }

    fn forward(nodes: &Nodes<'_, T>, result: usize) -> Self {
        let scopes = Scopes::new(nodes);
        let record = |node: NodeView<'_, T>| NodeRecord {
            kind: node.kind(),
            op: node.name(),
            name: node.parameter().map(|(_, name)| name.to_string()),
            inputs: node.inputs().to_vec(),
            formulas: node.formulas(),
            value: node.value().clone(),
            scope: scopes.of_node[node.index()],
            at: node.at(),
            forward_time: None,
            backward_time: None,
        };
        let records = nodes.iter().take(result + 1).map(record).collect();
        let steps = (0..=result).map(|node| Step::Compute { node }).collect();
        Self { nodes: records, scopes: scopes.names, steps }
    }

    fn backward(&mut self, nodes: &Nodes<'_, T>, result: usize, cotangent: Tensor<T>) {
        let mut adjoints = vec![None; result + 1];
        self.steps.push(Step::Begin { node: result, adjoint: cotangent.clone() });
        adjoints[result] = Some(cotangent);
        for node in (0..=result).rev() {
            let Some(dy) = adjoints[node].clone() else { continue };
            self.steps.push(Step::Visit { node });
            for (input, amount) in nodes.get(node).contributions(&dy).into_iter().enumerate() {
                let Some(amount) = amount else { continue };
                let to = self.nodes[node].inputs[input];
                let before = adjoints[to].take();
                let adjoint = match before.clone() {
                    Some(mut sum) => {
                        sum += &amount;
                        sum
                    }
                    None => amount.clone(),
                };
                adjoints[to] = Some(adjoint.clone());
                let added = Contribution { node, input, to, amount, before, adjoint };
                self.steps.push(Step::Contribute(Box::new(added)));
            }
        }
    }

    /// Returns the nodes up to the result, which is the last.
    pub fn nodes(&self) -> &[NodeRecord<T>] {
        &self.nodes
    }

    /// Returns the names of the layers, in the order in which the walk enters them.
    ///
    /// A parameter's name says its layer: `hidden.weight` is in `hidden`. An op is in the layer of
    /// the parameter it reads; an op that does not read any stays in the layer from which its inputs come.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Returns what happens, in order: all of forward, then all of backward.
    pub fn steps(&self) -> &[Step<T>] {
        &self.steps
    }

    /// Returns `true` if a node has its value when `step` is done.
    pub fn is_computed(&self, node: usize, step: usize) -> bool {
        // The first steps compute the nodes in order, one each.
        node <= step
    }

    /// Returns the adjoint of a node when `step` is done, as far as it has come; `None` before the
    /// first contribution.
    pub fn adjoint(&self, node: usize, step: usize) -> Option<&Tensor<T>> {
        self.steps[..=step].iter().rev().find_map(|step| match step {
            Step::Begin { node: result, adjoint } if *result == node => Some(adjoint),
            Step::Contribute(added) if added.to == node => Some(&added.adjoint),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use autograd::Parameters;
    use tensor::Key;

    use super::*;

    /// Nodes that are read once, twice by one op, and by several ops.
    fn tangled<'t>(x: Var<'t>, w: Var<'t>) -> Vec<Var<'t>> {
        let hidden = (x.matmul(w) + 1.0).tanh();
        let squares = hidden * hidden;
        let gate = (hidden.sum(&[0]) * 0.1).sigmoid();
        let result =
            ((squares - hidden) / (gate + 2.0)).exp() + hidden.max(&[0]) * gate + w.sum(&[0]);
        vec![x, hidden, squares, gate, result]
    }

    #[test]
    fn the_recorded_adjoints_are_those_of_backward_to_the_last_bit() {
        let mut parameters = Parameters::with_seed(0);
        let draw = |shape, name| Tensor::normal(shape, 0.0, 1.0, Key::new(0).stream(name));
        let weight = parameters.add("w", draw([3, 4], "w"));
        let tape = Tape::default();
        let x = tape.variable(draw([5, 3], "x"));
        let w = tape.parameter(&parameters, weight);
        let values = tangled(x, w);
        let cotangent = draw([5, 4], "cotangent");
        let gradients = values[4].vjp(cotangent.clone());
        let walk = Walk::with_cotangent(values[4], cotangent);
        let bits = |x: &Tensor| x.values().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let last = walk.steps().len() - 1;
        let recorded = |var: Var<'_>| bits(walk.adjoint(var.index(), last).expect("an adjoint"));
        for value in values {
            assert_eq!(recorded(value), bits(&gradients.of(value)), "{value:?}");
        }
        assert_eq!(recorded(w), bits(gradients.get(weight).expect("it is used")));
        let constants =
            walk.nodes().iter().enumerate().filter(|(_, node)| node.kind == NodeKind::Constant);
        assert!(constants.into_iter().all(|(node, _)| walk.adjoint(node, last).is_none()));
    }
}
