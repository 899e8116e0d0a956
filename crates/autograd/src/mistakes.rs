//! Error messages for a programmer's mistakes: the op, the shapes, the rule, and what to do.
//!
//! Each function panics at the line of its caller's caller, the user's line. The messages are kept here so
//! that the core contains only the computation.

use tensor::{Scalar, Tensor, shape};

use crate::gradients::Gradients;
use crate::identity::{NodeId, ParameterId};
use crate::op::{Adjoints, Op};
use crate::parameters::{Parameter, Parameters};
use crate::tape::{Node, Source, Tape};
use crate::var::Var;
use crate::view::{NodeView, in_layer};

/// Checks that an op's inputs are on its tape.
#[track_caller]
pub(crate) fn assert_one_tape<T: Scalar>(tape: &Tape<T>, op: &dyn Op<T>, inputs: &[Var<'_, T>]) {
    assert!(
        inputs.iter().all(|input| std::ptr::eq(tape, input.tape())),
        "{}: the inputs belong to different tapes: record all of them on one",
        op.name()
    );
}

/// Checks that the shapes of an op's inputs fit.
#[track_caller]
pub(crate) fn assert_shapes_fit<T: Scalar>(op: &dyn Op<T>, inputs: &[&Node<T>]) {
    let shapes: smallvec::SmallVec<[&[usize]; 4]> =
        inputs.iter().map(|input| input.value.shape()).collect();
    if let Err(error) = op.check(&shapes) {
        shape::expect(&in_layer(op.name(), inputs.iter().copied()), Err(error))
    }
}

/// Checks that a VJP names an input that its op has.
#[track_caller]
pub(crate) fn assert_is_input<T: Scalar>(dx: &Adjoints<'_, T>, i: usize) {
    assert!(
        i < dx.inputs.len(),
        "backward: the VJP of `{}`, recorded at {}, names input {i}, but the op has the inputs 0..{}",
        dx.node.source.name(),
        dx.node.at,
        dx.inputs.len()
    );
}

/// Checks that a VJP's contribution to input `i` has the shape of that input.
#[track_caller]
pub(crate) fn assert_fits_input<T: Scalar>(dx: &Adjoints<'_, T>, i: usize, given: &Tensor<T>) {
    let expected = dx.nodes[dx.inputs[i]].value.shape();
    assert!(
        given.shape() == expected,
        "backward: the VJP of `{}`, recorded at {}, gave a gradient of shape {:?} for input {i} \
         of shape {expected:?}: they must be equal",
        dx.node.source.name(),
        dx.node.at,
        given.shape()
    );
}

/// Checks that a result is a single number.
#[track_caller]
pub(crate) fn assert_one_number(shape: &[usize]) {
    assert!(
        shape.iter().all(|&length| length == 1),
        "backward: only a single number has a gradient, but this has shape {shape:?}: reduce it \
         with sum_all() or mean_all(), or give a cotangent to vjp(cotangent)"
    );
}

/// Checks that a walk back can begin at this result with this cotangent.
#[track_caller]
pub(crate) fn assert_can_go_back<T: Scalar>(
    tape: &Tape<T>,
    result: &Node<T>,
    cotangent: &Tensor<T>,
) {
    assert!(
        tape.records(),
        "backward: this tape was made with Tape::no_grad() and recorded nothing: use Tape::default(); if \
         functional::jvp made it for your function, differentiate twice with functional::hvp"
    );
    let (found, expected) = (cotangent.shape(), result.value.shape());
    assert!(
        found == expected,
        "vjp: the cotangent has shape {found:?}, the result {expected:?}: they must be equal"
    );
}

/// Checks that an adjoint has the shape of its node.
#[track_caller]
pub(crate) fn assert_fits_node<T: Scalar>(node: NodeView<'_, T>, dy: &Tensor<T>) {
    assert!(
        dy.shape() == node.value().shape(),
        "contributions: dy has shape {:?}, the value of {node}: they must be equal",
        dy.shape()
    );
}

/// Checks that a node is on the tape.
#[track_caller]
pub(crate) fn assert_on_tape<T: Scalar>(call: &str, tape: &Tape<T>, node: NodeId) {
    assert!(
        node.tape == tape.id,
        "{call}: %{} is not a node of this tape, or was one before the tape was cleared",
        node.index
    );
}

/// Checks that gradients belong to a variable's tape.
#[track_caller]
pub(crate) fn assert_own_tape<T: Scalar>(gradients: &Gradients<T>, variable: Var<'_, T>) {
    let NodeId { tape, index } = variable.id();
    assert!(
        gradients.tape == Some(tape),
        "of: these gradients belong to another tape than %{index}: ask the gradients of its own \
         tape; a sum of gradients knows parameters only"
    );
}

/// Checks that a node is one whose adjoint can be asked for.
#[track_caller]
pub(crate) fn assert_has_adjoint<T: Scalar>(node: &Node<T>, index: usize) {
    if let Source::Parameter(_, name, _) = &node.source {
        panic!("of: %{index} is the parameter `{name}`: ask for it with get(id)");
    }
    assert!(
        node.needs_gradient,
        "of: %{index} is a constant, which has no gradient: make it, or what it is computed \
         from, with tape.variable(value)"
    );
}

/// Checks that an id names a parameter of this store.
#[track_caller]
pub(crate) fn assert_knows<T: Scalar>(parameters: &Parameters<T>, id: ParameterId) {
    assert!(
        id.store == parameters.store(),
        "parameters: the id of parameter number {} was made by another store: use the store \
         that the layer was built with, or a clone() or cast() of it",
        id.index
    );
    assert!(
        id.index < parameters.len(),
        "parameters: parameter number {} does not exist here: it was added to the store after this \
         copy was made; copy it again",
        id.index
    );
    let Parameter { id: own, name, .. } = &parameters.entries[id.index];
    assert!(
        *own == id,
        "parameters: the id does not name parameter number {}, `{name}`, but one that was added to \
         another copy of this store: use the copy that the layer was built with, or a clone() or \
         cast() of it",
        id.index
    );
}
