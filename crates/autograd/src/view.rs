//! A look at a recorded tape, from outside: what each node is, and what its VJP does.
//!
//! The core records and walks. Everything that looks at the result, such as printing, drawing, timing
//! and the search for a wrong op, reads these views.

use std::cell::{Ref, RefMut};
use std::panic::Location;

use tensor::{Scalar, Tensor};

use crate::formulas::Formulas;
use crate::identity::ParameterId;
use crate::layer_name::layer;
use crate::mistakes::assert_fits_node;
use crate::op::Adjoints;
use crate::sparse::Read;
use crate::tape::{Node, Source, Tape};
use crate::var::Var;

/// The nodes of a tape, to be read.
///
/// ```
/// use autograd::Tape;
/// use tensor::Tensor;
///
/// let tape = Tape::new();
/// let x = tape.variable(Tensor::scalar(3.0));
/// let y = x * x;
/// let nodes = tape.nodes();
/// let product = nodes.get(y.index());
/// assert_eq!((product.name(), product.inputs()), ("mul", &[0, 0][..]));
/// let to_inputs = product.contributions(&Tensor::scalar(1.0));
/// assert_eq!(to_inputs, [Some(Tensor::scalar(3.0)), Some(Tensor::scalar(3.0))]);
/// ```
pub struct Nodes<'t, T: Scalar>(Ref<'t, Vec<Node<T>>>);

/// One node of a tape, to be read.
#[derive(Clone, Copy)]
pub struct NodeView<'a, T: Scalar> {
    index: usize,
    nodes: &'a [Node<T>],
}

/// Where the value of a node comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A value without a gradient, such as data.
    Constant,
    /// A value whose gradient is asked for.
    Variable,
    /// A parameter of a model, or some rows of one.
    Parameter,
    /// An operation.
    Op,
}

impl<T: Scalar> Tape<T> {
    /// Returns `true` if this tape records for a backward pass.
    pub fn records(&self) -> bool {
        self.records
    }

    /// Returns the number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.borrow().len()
    }

    /// Returns `true` if nothing has been recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns a view of the nodes. Nothing can be recorded while it is held: that panics.
    pub fn nodes(&self) -> Nodes<'_, T> {
        Nodes(self.nodes.borrow())
    }

    /// Returns the nodes, to be changed.
    ///
    /// # Panics
    /// If a view of them is held.
    #[track_caller]
    pub(crate) fn nodes_mut(&self) -> RefMut<'_, Vec<Node<T>>> {
        match self.nodes.try_borrow_mut() {
            Ok(nodes) => nodes,
            Err(_) => panic!(
                "a view of this tape's nodes is held, so the tape cannot change: drop what \
                 `Tape::nodes` returned first"
            ),
        }
    }

    /// Returns the node with this index, to compute with or to ask for its gradient.
    ///
    /// # Panics
    /// If the tape has no node with this index.
    #[track_caller]
    pub fn var_at(&self, index: usize) -> Var<'_, T> {
        let len = self.len();
        assert!(index < len, "var_at: %{index} is not on this tape, which has {len} nodes");
        Var { tape: self, index }
    }

    /// Computes the value of an op's node again, for instance to measure how long that takes; `None`
    /// for nodes of other kinds, and on a `no_grad` tape.
    ///
    /// # Panics
    /// If the tape has no node with this index, or a view of its [`nodes`](Self::nodes) is held.
    #[track_caller]
    pub fn recompute(&self, index: usize) -> Option<Tensor<T>> {
        let len = self.len();
        assert!(index < len, "recompute: %{index} is not on this tape, which has {len} nodes");
        let inputs = self.nodes.borrow()[index].inputs.clone();
        let inputs: Vec<Tensor<T>> =
            inputs.iter().map(|&input| self.nodes.borrow()[input].value.clone()).collect();
        match &mut self.nodes_mut()[index].source {
            Source::Op(op) => Some(op.forward(&inputs.iter().collect::<Vec<_>>())),
            _ => None,
        }
    }

    /// Describes where the last infinite or NaN value comes from: the first node on the way to it that has such a value.
    /// Use it when a loss is not finite. A −∞ that masks a score is not on the way, since a softmax turns it into 0.
    pub fn first_non_finite(&self) -> Option<String> {
        let nodes = self.nodes();
        let is_finite = |index: usize| nodes.get(index).value().is_finite();
        let last = (0..self.len()).rev().find(|&index| !is_finite(index))?;
        // A tape that does not record knows no way.
        let (mut is_on_the_way, mut first) = (vec![!self.records; last + 1], last);
        is_on_the_way[last] = true;
        for index in (0..=last).rev() {
            if is_on_the_way[index] && !is_finite(index) {
                first = index;
                let inputs = nodes.get(index).inputs().to_vec();
                inputs.into_iter().for_each(|input| is_on_the_way[input] |= !is_finite(input));
            }
        }
        let node = nodes.get(first);
        let inputs: Vec<_> =
            node.inputs().iter().map(|input| nodes.get(*input).to_string()).collect();
        let mut words = format!("{node}, at {}", node.at());
        if !inputs.is_empty() {
            words += &format!(", from {}", inputs.join(", "));
        }
        Some(words)
    }
}

impl<T: Scalar> Nodes<'_, T> {
    /// Returns the node with this index.
    ///
    /// # Panics
    /// If the tape has no node with this index.
    #[track_caller]
    pub fn get(&self, index: usize) -> NodeView<'_, T> {
        let len = self.0.len();
        assert!(index < len, "nodes: %{index} is not on this tape, which has {len} nodes");
        NodeView { index, nodes: &self.0 }
    }

    /// Returns all nodes, in the order in which they were recorded.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = NodeView<'_, T>> + ExactSizeIterator {
        (0..self.0.len()).map(|index| NodeView { index, nodes: &self.0 })
    }
}

impl<'a, T: Scalar> NodeView<'a, T> {
    fn node(self) -> &'a Node<T> {
        &self.nodes[self.index]
    }

    /// Returns its index: the number after `%` in a printed tape.
    pub fn index(self) -> usize {
        self.index
    }

    /// Returns where its value comes from.
    pub fn kind(self) -> NodeKind {
        match self.node().source {
            Source::Constant => NodeKind::Constant,
            Source::Variable => NodeKind::Variable,
            Source::Parameter(..) => NodeKind::Parameter,
            Source::Op(_) | Source::Unrecorded(_) => NodeKind::Op,
        }
    }

    /// Returns the name of its op; `constant`, `variable`, `parameter` or `rows` for the others.
    pub fn name(self) -> &'static str {
        self.node().source.name()
    }

    /// Returns the parameter that it reads, with its name.
    pub fn parameter(self) -> Option<(ParameterId, &'a str)> {
        self.node().source.parameter()
    }

    /// Returns the rows of the parameter that it reads; `None` if it reads all of it, or is an op.
    pub fn rows(self) -> Option<&'a [u32]> {
        match &self.node().source {
            Source::Parameter(_, _, Read::Rows { ids, .. }) => Some(ids),
            _ => None,
        }
    }

    /// Returns the indices of the nodes that its op reads.
    pub fn inputs(self) -> &'a [usize] {
        &self.node().inputs
    }

    /// Returns its value.
    pub fn value(self) -> &'a Tensor<T> {
        &self.node().value
    }

    /// Returns the line of the program that recorded it.
    pub fn at(self) -> &'static Location<'static> {
        self.node().at
    }

    /// Returns `true` if it is, or depends on, a variable or a trainable parameter of a recording tape.
    pub fn needs_gradient(self) -> bool {
        self.node().needs_gradient
    }

    /// Returns what its op computes, in mathematics; `None` if the op does not say.
    pub fn formulas(self) -> Option<Formulas> {
        match &self.node().source {
            Source::Op(op) => op.formulas(),
            _ => None,
        }
    }

    /// Returns the layer that its op belongs to: the part before the last dot in the name of the
    /// first parameter that it reads, such as `hidden` for `hidden.weight`.
    pub fn layer(self) -> Option<&'a str> {
        layer(self.inputs().iter().filter_map(|&input| self.nodes[input].source.parameter_name()))
    }

    /// Returns the contribution of its op's VJP to each input separately, given the adjoint `dy` of the node.
    /// An input that does not need a gradient has `None`; a node without an op has no entries.
    ///
    /// The op sees each input as a separate node, even if two inputs are the same node, and its adjoints
    /// start empty.
    ///
    /// # Panics
    /// If `dy` does not have the shape of the node's value.
    #[track_caller]
    pub fn contributions(self, dy: &Tensor<T>) -> Vec<Option<Tensor<T>>> {
        let node = self.node();
        assert_fits_node(self, node.value.shape(), dy.shape());
        let Source::Op(op) = &node.source else { return Vec::new() };
        let alone: Vec<Node<T>> =
            node.inputs.iter().map(|&input| as_constant(&self.nodes[input])).collect();
        let inputs: Vec<usize> = (0..alone.len()).collect();
        let mut adjoints = vec![None; alone.len()];
        let mut dx = Adjoints { node, inputs: &inputs, nodes: &alone, adjoints: &mut adjoints };
        let x: Vec<&Tensor<T>> = alone.iter().map(|input| &input.value).collect();
        op.vjp(&x, &node.value, dy, &mut dx);
        adjoints
    }
}

/// Returns a constant with the value of a node, which needs a gradient if the node does.
fn as_constant<T: Scalar>(node: &Node<T>) -> Node<T> {
    let (source, inputs) = (Source::Constant, smallvec::SmallVec::new());
    Node { value: node.value.clone(), source, inputs, ..*node }
}

impl<T: Scalar> Source<T> {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Source::Constant => "constant",
            Source::Variable => "variable",
            Source::Parameter(_, _, read) => read.name(),
            Source::Op(op) => op.name(),
            Source::Unrecorded(name) => name,
        }
    }

    fn parameter(&self) -> Option<(ParameterId, &str)> {
        match self {
            Source::Parameter(id, name, _) => Some((*id, name)),
            _ => None,
        }
    }

    pub(crate) fn parameter_name(&self) -> Option<&str> {
        Some(self.parameter()?.1)
    }
}

impl<T: Scalar> Node<T> {
    /// Returns the name of its op, and the line that recorded it.
    pub(crate) fn recorded(&self) -> (&'static str, &'static Location<'static>) {
        (self.source.name(), self.at)
    }
}
