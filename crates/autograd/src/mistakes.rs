//! Error messages for a programmer's mistakes: the op, the shapes, the rule, and what to do.
//!
//! Each function panics at the line of its caller's caller, the user's line. The messages are kept here so
//! that the core contains only the computation. They are made of names, shapes and ids, so nothing here knows the core.

use std::fmt::Display;
use std::panic::Location;

use tensor::{ShapeError, shape};

use crate::identity::{NodeId, ParameterId, StoreId};
use crate::layer_name::in_layer;

/// Checks that an op's inputs are on its tape.
#[track_caller]
pub(crate) fn assert_one_tape(op: &str, are_on_it: bool) {
    assert!(are_on_it, "{op}: the inputs belong to different tapes: record all of them on one");
}

/// Checks that the shapes of an op's inputs fit. `parameters` are the names of the parameters among the inputs.
#[track_caller]
pub(crate) fn assert_shapes_fit<'a>(
    op: &str,
    parameters: impl Iterator<Item = &'a str>,
    outcome: Result<(), ShapeError>,
) {
    if outcome.is_err() {
        shape::expect(&in_layer(op, parameters), outcome)
    }
}

/// The name of an op, and the line that recorded it. Asked for only after a mistake.
pub(crate) type Recorded<'a> = &'a dyn Fn() -> (&'static str, &'static Location<'static>);

/// Checks that a VJP names an input that its op has.
#[track_caller]
pub(crate) fn assert_is_input(i: usize, inputs: usize, recorded: Recorded<'_>) {
    if i >= inputs {
        let (op, at) = recorded();
        panic!(
            "backward: the VJP of `{op}`, recorded at {at}, names input {i}, but the op has the inputs 0..{inputs}"
        );
    }
}

/// Checks that a VJP's contribution to input `i` has the shape of that input.
#[track_caller]
pub(crate) fn assert_fits_input(
    i: usize,
    given: &[usize],
    expected: &[usize],
    recorded: Recorded<'_>,
) {
    if !shape::are_equal(given, expected) {
        let (op, at) = recorded();
        panic!(
            "backward: the VJP of `{op}`, recorded at {at}, gave a gradient of shape {given:?} for input {i} \
             of shape {expected:?}: they must be equal"
        );
    }
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
pub(crate) fn assert_can_go_back(is_recorded: bool, result: &[usize], cotangent: &[usize]) {
    assert!(
        is_recorded,
        "backward: this tape was made with Tape::no_grad() and recorded nothing: use Tape::default(); if \
         functional::jvp made it for your function, differentiate twice with functional::hvp"
    );
    assert!(
        cotangent == result,
        "vjp: the cotangent has shape {cotangent:?}, the result {result:?}: they must be equal"
    );
}

/// Checks that an adjoint has the shape of its node.
#[track_caller]
pub(crate) fn assert_fits_node(node: impl Display, expected: &[usize], dy: &[usize]) {
    assert!(
        dy == expected,
        "contributions: dy has shape {dy:?}, the value of {node}: they must be equal"
    );
}

/// Checks that a node is on the tape.
#[track_caller]
pub(crate) fn assert_on_tape(call: &str, tape: u64, node: NodeId) {
    assert!(
        node.tape == tape,
        "{call}: %{} is not a node of this tape, or was one before the tape was cleared",
        node.index
    );
}

/// Checks that gradients belong to a variable's tape.
#[track_caller]
pub(crate) fn assert_own_tape(gradients: Option<u64>, NodeId { tape, index }: NodeId) {
    assert!(
        gradients == Some(tape),
        "of: these gradients belong to another tape than %{index}: ask the gradients of its own \
         tape; a sum of gradients knows parameters only"
    );
}

/// Checks that a node is one whose adjoint can be asked for. `parameter` is the name of the parameter that it reads.
#[track_caller]
pub(crate) fn assert_has_adjoint(index: usize, parameter: Option<&str>, needs_gradient: bool) {
    if let Some(name) = parameter {
        panic!("of: %{index} is the parameter `{name}`: ask for it with get(id)");
    }
    assert!(
        needs_gradient,
        "of: %{index} is a constant, which has no gradient: make it, or what it is computed \
         from, with tape.variable(value)"
    );
}

/// Checks that an id names a parameter of this store. `known` is the parameter at its position in the store.
#[track_caller]
pub(crate) fn assert_knows(store: StoreId, known: Option<(ParameterId, &str)>, id: ParameterId) {
    assert!(
        id.store == store,
        "parameters: the id of parameter number {} was made by another store: use the store \
         that the layer was built with, or a clone() or cast() of it",
        id.index
    );
    let Some((own, name)) = known else {
        panic!(
            "parameters: parameter number {} does not exist here: it was added to the store after this \
             copy was made; copy it again",
            id.index
        )
    };
    assert!(
        own == id,
        "parameters: the id does not name parameter number {}, `{name}`, but one that was added to \
         another copy of this store: use the copy that the layer was built with, or a clone() or \
         cast() of it",
        id.index
    );
}
