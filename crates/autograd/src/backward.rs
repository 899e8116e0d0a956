//! The walk back over the tape.
//!
//! It begins with the cotangent, which is the adjoint of the result: 1 for a loss. It visits the nodes
//! in reverse. When it comes to a node, all nodes that read it have been visited, so its adjoint is
//! complete; its op's VJP then adds to the adjoints of its inputs. One walk costs a small multiple of
//! the forward computation, whatever the number of inputs.

use std::collections::BTreeMap;

use smallvec::SmallVec;
use tensor::{Scalar, Tensor};

use crate::gradients::Gradients;
use crate::mistakes::{assert_can_go_back, assert_one_number};
use crate::op::Adjoints;
use crate::tape::{Node, Source, Tape};
use crate::var::Var;

impl<T: Scalar> Var<'_, T> {
    /// Returns the derivatives of this single number with respect to all variables and parameters.
    ///
    /// # Panics
    /// If this is not a single number, or its tape does not record.
    #[track_caller]
    pub fn backward(self) -> Gradients<T> {
        self.vjp(one(&self.shape()))
    }

    /// Returns the vector–Jacobian product `(∂self/∂v)ᵀ cotangent` for all variables and parameters
    /// `v`.
    ///
    /// # Panics
    /// If the cotangent does not have the shape of this value, or the tape does not record.
    #[track_caller]
    pub fn vjp(self, cotangent: Tensor<T>) -> Gradients<T> {
        let nodes = self.tape().nodes.borrow();
        let mut gradients = start(self.tape(), &nodes, self.index(), cotangent);
        for index in (0..=self.index()).rev() {
            // Kept for `Gradients::of`; the freeing walk drops it.
            if let Some(adjoint) = visit(&mut gradients, &nodes[index], &nodes[..index]) {
                gradients.adjoints[index] = Some(adjoint);
            }
        }
        gradients
    }
}

/// Returns the cotangent of a single number.
#[track_caller]
pub(crate) fn one<T: Scalar>(shape: &[usize]) -> Tensor<T> {
    assert_one_number(shape);
    Tensor::ones(shape)
}

/// Returns the gradients before the walk: only the result has an adjoint.
#[track_caller]
pub(crate) fn start<T: Scalar>(
    tape: &Tape<T>,
    nodes: &[Node<T>],
    result: usize,
    cotangent: Tensor<T>,
) -> Gradients<T> {
    assert_can_go_back(tape.records, nodes[result].value.shape(), cotangent.shape());
    let mut adjoints = vec![None; nodes.len()];
    adjoints[result] = nodes[result].needs_gradient.then_some(cotangent);
    Gradients { tape: Some(tape.id), adjoints, parameters: BTreeMap::new() }
}

/// Passes the adjoint of a node on to its inputs, which are among the nodes `before` it. Returns the
/// adjoint, if the node has one and is not a parameter; a parameter's is added to its gradient.
pub(crate) fn visit<T: Scalar>(
    gradients: &mut Gradients<T>,
    node: &Node<T>,
    before: &[Node<T>],
) -> Option<Tensor<T>> {
    let index = before.len(); // The node comes right after them.
    let dy = gradients.adjoints[index].take()?;
    match &node.source {
        Source::Parameter(id, _, read) => {
            gradients.add(*id, read.gradient(dy));
            return None;
        }
        Source::Op(op) => {
            let x: SmallVec<[&Tensor<T>; 4]> =
                node.inputs.iter().map(|&input| &before[input].value).collect();
            let adjoints = &mut gradients.adjoints;
            let mut dx = Adjoints { node, inputs: &node.inputs, nodes: before, adjoints };
            op.vjp(&x, &node.value, &dy, &mut dx);
        }
        Source::Constant | Source::Variable | Source::Unrecorded(_) => {}
    }
    Some(dy)
}
