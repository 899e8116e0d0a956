//! The Wengert list: every operation of a computation, in the order it ran.
//!
//! An operation can only read what was computed before it. So the order in which nodes are recorded
//! is a topological order, and going backward needs no search and no recursion.
//!
//! More methods of [`Tape`] are in `view.rs` (`nodes`, `len`, `records`), `freeing.rs`
//! (`backward_freeing`), `sparse/rows.rs` (`parameter_rows`), `behind_pointers.rs` (`var`) and
//! `ops/mod.rs` (`number`).

use std::cell::RefCell;
use std::panic::Location;
use std::sync::Arc;

use smallvec::SmallVec;
use tensor::{Scalar, Tensor};

use crate::copies::Copies;
use crate::identity::{ParameterId, new_number};
use crate::mistakes::{assert_one_tape, assert_shapes_fit};
use crate::op::Op;
use crate::parameters::Parameters;
use crate::sparse::Read;
use crate::var::Var;

/// An entry of the tape: a value, and where it came from.
pub(crate) struct Node<T: Scalar> {
    pub(crate) value: Tensor<T>,
    pub(crate) source: Source<T>,
    /// The nodes that the op read.
    pub(crate) inputs: SmallVec<[usize; 3]>,
    /// `true` if it is, or depends on, a variable or a trainable parameter of a recording tape.
    pub(crate) needs_gradient: bool,
    /// The user's line.
    pub(crate) at: &'static Location<'static>,
}

/// Where the value of a node comes from.
pub(crate) enum Source<T: Scalar> {
    Constant,
    Variable,
    Parameter(ParameterId, Arc<str>, Read),
    Op(Box<dyn Op<T>>),
    /// An op on a `no_grad` tape: only its name and value remain.
    Unrecorded(&'static str),
}

/// A list of operations with their values, to be walked backward.
///
/// Printing a tape shows the list: index, op, inputs, shape, and the line of your program that
/// recorded it. [`clear`](Self::clear) it before the next step; the borrow checker then proves that
/// no [`Var`] of the old one is left.
pub struct Tape<T: Scalar = f32> {
    pub(crate) nodes: RefCell<Vec<Node<T>>>,
    /// Tells these nodes from the nodes of other tapes, and from the nodes before `clear`.
    pub(crate) id: u64,
    /// `false` for a `no_grad` tape.
    pub(crate) records: bool,
    /// The one copy of each store that this tape trains.
    pub(crate) copies: RefCell<Copies>,
}

impl Tape {
    /// Creates an empty tape over `f32` that records for a backward pass. [`Tape::default`] creates
    /// one over any scalar, such as `Tape::<f64>::default()`.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T: Scalar> Default for Tape<T> {
    /// Creates an empty tape that records for a backward pass.
    fn default() -> Self {
        let (nodes, copies) = (RefCell::default(), RefCell::default());
        Self { nodes, id: new_number(), records: true, copies }
    }
}

impl<T: Scalar> Tape<T> {
    /// Creates an empty tape that keeps the value of each [`Var`], but neither ops nor inputs, and
    /// cannot go backward.
    pub fn no_grad() -> Self {
        Self { records: false, ..Self::default() }
    }

    /// Forgets all nodes but keeps their memory for the next ones.
    pub fn clear(&mut self) {
        self.nodes.get_mut().clear();
        self.id = new_number();
        self.copies.get_mut().clear();
    }

    /// Records a value whose gradient is not asked for, such as a batch of data.
    #[track_caller]
    pub fn constant(&self, value: Tensor<T>) -> Var<'_, T> {
        self.leaf(value, Source::Constant, false)
    }

    /// Records a value whose gradient is asked for; [`Gradients::of`](crate::Gradients::of)
    /// returns it.
    #[track_caller]
    pub fn variable(&self, value: Tensor<T>) -> Var<'_, T> {
        self.leaf(value, Source::Variable, self.records)
    }

    /// Records the value of a parameter; [`Gradients::get`](crate::Gradients::get) returns its
    /// gradient, summed over all uses of the parameter. Parameters of several stores may be on one
    /// tape.
    ///
    /// # Panics
    /// If the id was made by another store, or a trainable parameter of another copy of the store
    /// is on the tape.
    #[track_caller]
    pub fn parameter(&self, parameters: &Parameters<T>, id: ParameterId) -> Var<'_, T> {
        self.read(parameters, id, Read::Whole)
    }

    /// Records a parameter, the whole of it or some of its rows.
    #[track_caller]
    pub(crate) fn read(
        &self,
        parameters: &Parameters<T>,
        id: ParameterId,
        read: Read,
    ) -> Var<'_, T> {
        let entry = parameters.entry(id);
        let trains = self.records && entry.trainable;
        if trains {
            self.copies.borrow_mut().keep_to(parameters, id);
        }
        let value = read.value(&entry.value);
        self.leaf(value, Source::Parameter(id, Arc::clone(&entry.name), read), trains)
    }

    /// Records a value that no op computes.
    #[track_caller]
    fn leaf(&self, value: Tensor<T>, source: Source<T>, needs_gradient: bool) -> Var<'_, T> {
        let (inputs, at) = (SmallVec::new(), Location::caller());
        self.push(Node { value, source, inputs, needs_gradient, at })
    }

    /// Computes an op's value and records it. Every operation is recorded by this call.
    ///
    /// # Panics
    /// If the inputs belong to another tape, their shapes do not fit the op, or a view of the tape's
    /// [`nodes`](Self::nodes) is held.
    #[track_caller]
    pub fn apply(&self, op: impl Op<T>, inputs: &[Var<'_, T>]) -> Var<'_, T> {
        self.apply_at(Location::caller(), op, inputs)
    }

    /// Records an op as [`apply`](Self::apply) does, but at the line `at`.
    #[track_caller]
    pub(crate) fn apply_at(
        &self,
        at: &'static Location<'static>,
        mut op: impl Op<T>,
        inputs: &[Var<'_, T>],
    ) -> Var<'_, T> {
        let (value, needs_gradient) = self.evaluate(&mut op, inputs);
        let (source, inputs) = match self.records {
            true => (Source::Op(Box::new(op)), inputs.iter().map(|input| input.index).collect()),
            false => (Source::Unrecorded(op.name()), SmallVec::new()),
        };
        self.push(Node { value, source, inputs, needs_gradient, at })
    }

    /// Returns an op's value, and `true` if its gradient is asked for.
    #[track_caller]
    fn evaluate(&self, op: &mut dyn Op<T>, inputs: &[Var<'_, T>]) -> (Tensor<T>, bool) {
        assert_one_tape(op.name(), inputs.iter().all(|x| std::ptr::eq(self, x.tape)));
        let nodes = self.nodes.borrow();
        let inputs: SmallVec<[&Node<T>; 4]> = inputs.iter().map(|x| &nodes[x.index]).collect();
        let shapes: SmallVec<[&[usize]; 4]> = inputs.iter().map(|x| x.value.shape()).collect();
        let parameters = inputs.iter().filter_map(|x| x.source.parameter_name());
        assert_shapes_fit(op.name(), parameters, op.check(&shapes));
        let values: SmallVec<[&Tensor<T>; 4]> = inputs.iter().map(|x| &x.value).collect();
        (op.forward(&values), inputs.iter().any(|x| x.needs_gradient))
    }

    #[track_caller]
    fn push(&self, node: Node<T>) -> Var<'_, T> {
        self.nodes_mut().push(node);
        Var { tape: self, index: self.len() - 1 }
    }
}
