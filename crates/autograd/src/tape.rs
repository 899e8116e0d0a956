//! The Wengert list: every operation of a computation, in the order it ran.
//!
//! An operation can only read what was computed before it. So the order in which lines are written
//! is a topological order, and going backward needs no search and no recursion.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smallvec::SmallVec;
use tensor::{Scalar, Tensor, shape};

use crate::op::Op;
use crate::parameters::{ParameterId, Parameters, StoreId, new_number};
use crate::var::Var;

/// One line of the tape: a value, and how it came about.
pub(crate) struct Node<T: Scalar> {
    pub(crate) value: Tensor<T>,
    pub(crate) source: Source<T>,
    /// The lines that the op read.
    pub(crate) inputs: SmallVec<[usize; 3]>,
    /// Whether a variable or a trainable parameter is among its ancestors.
    pub(crate) needs_gradient: bool,
    /// The user's line.
    pub(crate) at: &'static Location<'static>,
}

/// Where a value comes from.
pub(crate) enum Source<T: Scalar> {
    Constant,
    Variable,
    Parameter(ParameterId, Arc<str>),
    /// Some rows of a parameter.
    Rows(ParameterId, Arc<str>, Box<RowsRead>),
    Op(Box<dyn Op<T>>),
    /// An op on an evaluation tape: only its name and value remain.
    Evaluated(&'static str),
}

/// Which rows of which table a line holds.
pub(crate) struct RowsRead {
    /// The shape of the table.
    pub(crate) table: Vec<usize>,
    /// The numbers of the rows, ascending.
    pub(crate) ids: Vec<u32>,
}

impl<T: Scalar> Source<T> {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Source::Constant => "constant",
            Source::Variable => "variable",
            Source::Parameter(..) => "parameter",
            Source::Rows(..) => "rows",
            Source::Op(op) => op.name(),
            Source::Evaluated(name) => name,
        }
    }
}

impl<T: Scalar> Node<T> {
    /// A line that stands alone: the same value, which wants a gradient if this does.
    pub(crate) fn as_constant(&self) -> Self {
        Self {
            value: self.value.clone(),
            source: Source::Constant,
            inputs: SmallVec::new(),
            needs_gradient: self.needs_gradient,
            at: self.at,
        }
    }
}

/// A list of operations with their values, to be walked backward.
///
/// Printing a tape shows the list: index, op, inputs, shape, and the line of your program that
/// wrote it. [`clear`](Self::clear) it before the next step; the borrow checker then proves that no
/// [`Var`] of the old one is left.
pub struct Tape<T: Scalar = f32> {
    pub(crate) nodes: RefCell<Vec<Node<T>>>,
    /// A number of these lines' own, by which gradients know them.
    pub(crate) id: u64,
    records: bool,
    /// The stores whose gradients are asked for, and which copy of each is on the tape.
    copies: RefCell<SmallVec<[(StoreId, u64); 2]>>,
    /// Whether a backward pass has taken the lines away.
    pub(crate) is_released: Cell<bool>,
    /// How long the op of a line took, if that is measured.
    times: Option<RefCell<BTreeMap<usize, Duration>>>,
}

impl Tape {
    /// An empty tape over `f32` that records for a backward pass. [`Tape::default`] makes one over any
    /// scalar, such as `Tape::<f64>::default()`.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T: Scalar> Default for Tape<T> {
    /// An empty tape that records for a backward pass.
    fn default() -> Self {
        Self {
            nodes: RefCell::default(),
            id: new_number(),
            records: true,
            copies: RefCell::default(),
            is_released: Cell::new(false),
            times: None,
        }
    }
}

impl<T: Scalar> Tape<T> {
    /// An empty tape for evaluation: it keeps the values that variables name, but neither ops nor
    /// inputs, and cannot go backward.
    pub fn no_grad() -> Self {
        Self { records: false, ..Self::default() }
    }

    /// Like [`default`](Self::default), and measures how long each op takes; a [`Walk`](crate::draw::Walk)
    /// shows it.
    pub fn timed() -> Self {
        Self { times: Some(RefCell::default()), ..Self::default() }
    }

    pub(crate) fn is_timed(&self) -> bool {
        self.times.is_some()
    }

    pub(crate) fn time_of(&self, line: usize) -> Option<Duration> {
        self.times.as_ref()?.borrow().get(&line).copied()
    }

    /// Whether this tape records for a backward pass.
    pub fn records(&self) -> bool {
        self.records
    }

    /// The number of lines.
    pub fn len(&self) -> usize {
        self.nodes.borrow().len()
    }

    /// Whether nothing has been recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all lines but keeps their memory for the next ones.
    pub fn clear(&mut self) {
        self.nodes.get_mut().clear();
        self.id = new_number();
        self.copies.get_mut().clear();
        self.is_released.set(false);
        if let Some(times) = &mut self.times {
            times.get_mut().clear();
        }
    }

    /// Panics if the lines were taken away, so that a variable of old never reads a new line.
    #[track_caller]
    pub(crate) fn assert_whole(&self) {
        assert!(
            !self.is_released.get(),
            "tape: backward_releasing() has released its lines: clear() it for new ones, or use \
             backward() to keep them"
        );
    }

    /// A value whose gradient is not asked for, such as a batch of data.
    #[track_caller]
    pub fn constant(&self, value: Tensor<T>) -> Var<'_, T> {
        self.push(Location::caller(), value, Source::Constant, SmallVec::new(), false)
    }

    /// A single number that is constant, as it stands in a formula.
    #[track_caller]
    pub fn number(&self, number: f64) -> Var<'_, T> {
        self.constant(Tensor::scalar(T::from_f64(number)))
    }

    /// A value whose gradient is asked for; [`Gradients::of`](crate::Gradients::of) gives it.
    #[track_caller]
    pub fn variable(&self, value: Tensor<T>) -> Var<'_, T> {
        self.push(Location::caller(), value, Source::Variable, SmallVec::new(), self.records)
    }

    /// The value of a parameter; [`Gradients::get`](crate::Gradients::get) gives its gradient,
    /// summed over all uses of the parameter. Parameters of several stores may be on one tape.
    ///
    /// # Panics
    /// When the id was made by another store, or a trainable parameter of another copy of the store
    /// is on the tape.
    #[track_caller]
    pub fn parameter(&self, parameters: &Parameters<T>, id: ParameterId) -> Var<'_, T> {
        let trains = self.trains(parameters, id);
        let source = Source::Parameter(id, parameters.shared_name(id));
        self.push(Location::caller(), parameters.get(id).clone(), source, SmallVec::new(), trains)
    }

    /// Some rows of a parameter, with numbers that ascend. Its gradient is then that of these rows.
    ///
    /// # Panics
    /// When there is no row of one of these numbers, or they do not ascend; and as
    /// [`parameter`](Self::parameter).
    #[track_caller]
    pub fn parameter_rows(
        &self,
        parameters: &Parameters<T>,
        id: ParameterId,
        ids: Vec<u32>,
    ) -> Var<'_, T> {
        assert!(
            ids.is_sorted_by(|a, b| a < b),
            "parameter_rows: the numbers of the rows must ascend, each named once; gather_rows of \
             these rows then repeats and orders them as you like"
        );
        let trains = self.trains(parameters, id);
        let value = parameters.get_rows(id, &ids);
        let read = RowsRead { table: parameters.shape(id).to_vec(), ids };
        let source = Source::Rows(id, parameters.shared_name(id), Box::new(read));
        self.push(Location::caller(), value, source, SmallVec::new(), trains)
    }

    /// Returns `true` if the gradient of a parameter is asked for. The tape then keeps to this copy
    /// of its store: the gradients of two copies, which share their ids, would be added up.
    #[track_caller]
    fn trains(&self, parameters: &Parameters<T>, id: ParameterId) -> bool {
        if !(parameters.is_trainable(id) && self.records) {
            return false;
        }
        let mut copies = self.copies.borrow_mut();
        match copies.iter().find(|(store, _)| *store == id.store()) {
            None => copies.push((id.store(), parameters.copy())),
            Some((_, copy)) => assert!(
                *copy == parameters.copy(),
                "parameter: `{}` is read from a second copy of its store, and both are trainable: \
                 their gradients would be added up; call freeze_all() on the copy that is not to \
                 be trained, or build the second model in a Parameters::new of its own",
                parameters.name(id)
            ),
        }
        true
    }

    /// Computes an op's value and writes it down: the one way in which anything is recorded.
    ///
    /// # Panics
    /// When the inputs belong to another tape, or their shapes do not fit the op.
    #[track_caller]
    pub fn apply(&self, op: impl Op<T>, inputs: &[Var<'_, T>]) -> Var<'_, T> {
        self.apply_at(Location::caller(), op, inputs)
    }

    /// Like [`apply`](Self::apply), as if recorded at another line.
    #[track_caller]
    pub(crate) fn apply_at(
        &self,
        at: &'static Location<'static>,
        mut op: impl Op<T>,
        inputs: &[Var<'_, T>],
    ) -> Var<'_, T> {
        let started = self.times.as_ref().map(|_| Instant::now());
        let (value, needs_gradient) = self.evaluate(&mut op, inputs);
        if let (Some(times), Some(started)) = (&self.times, started) {
            times.borrow_mut().insert(self.len(), started.elapsed());
        }
        if !self.records {
            return self.push(at, value, Source::Evaluated(op.name()), SmallVec::new(), false);
        }
        let inputs = inputs.iter().map(|input| input.index()).collect();
        self.push(at, value, Source::Op(Box::new(op)), inputs, needs_gradient)
    }

    /// An op's value, and whether its gradient is asked for.
    #[track_caller]
    fn evaluate(&self, op: &mut impl Op<T>, inputs: &[Var<'_, T>]) -> (Tensor<T>, bool) {
        for input in inputs {
            assert!(
                std::ptr::eq(self, input.tape()),
                "{}: the inputs belong to different tapes: record all of them on one",
                op.name()
            );
        }
        self.assert_whole();
        let nodes = self.nodes.borrow();
        let values: SmallVec<[&Tensor<T>; 4]> =
            inputs.iter().map(|input| &nodes[input.index()].value).collect();
        let shapes: SmallVec<[&[usize]; 4]> = values.iter().map(|value| value.shape()).collect();
        let outcome = op.check(&shapes);
        if outcome.is_err() {
            let inputs = inputs.iter().map(|input| input.index());
            shape::expect(&named(op.name(), layer(inputs, &nodes)), outcome);
        }
        let needs_gradient = inputs.iter().any(|input| nodes[input.index()].needs_gradient);
        (op.forward(&values), needs_gradient)
    }

    #[track_caller]
    fn push(
        &self,
        at: &'static Location<'static>,
        value: Tensor<T>,
        source: Source<T>,
        inputs: SmallVec<[usize; 3]>,
        needs_gradient: bool,
    ) -> Var<'_, T> {
        self.assert_whole();
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { value, source, inputs, needs_gradient, at });
        Var::new(self, nodes.len() - 1)
    }

    /// The name of each line's op, in order; `constant`, `variable`, `parameter` or `rows` where
    /// there is none.
    ///
    /// # Panics
    /// When [`Var::backward_releasing`] has released them.
    #[track_caller]
    pub fn op_names(&self) -> Vec<&'static str> {
        self.assert_whole();
        self.nodes.borrow().iter().map(|node| node.source.name()).collect()
    }

    /// The name of a trainable parameter that was read from elsewhere than this very store.
    pub(crate) fn parameter_of_another_store(
        &self,
        parameters: &Parameters<T>,
    ) -> Option<Arc<str>> {
        let own = (parameters.store(), parameters.copy());
        let copies = self.copies.borrow();
        let (other, _) = copies.iter().find(|copy| **copy != own)?;
        self.nodes.borrow().iter().find_map(|node| match &node.source {
            Source::Parameter(id, name) | Source::Rows(id, name, _) => {
                (node.needs_gradient && id.store() == *other).then(|| Arc::clone(name))
            }
            _ => None,
        })
    }

    /// The first line whose value is infinite or NaN, in words: what to look at when a loss is.
    ///
    /// # Panics
    /// When [`Var::backward_releasing`] has released the values: ask before.
    #[track_caller]
    pub fn first_non_finite(&self) -> Option<String> {
        self.assert_whole();
        let nodes = self.nodes.borrow();
        let (index, node) = nodes.iter().enumerate().find(|(_, node)| !node.value.is_finite())?;
        let inputs: Vec<_> = node.inputs.iter().map(|input| describe(*input, &nodes)).collect();
        let mut words = format!("{}, at {}", describe(index, &nodes), node.at);
        if !inputs.is_empty() {
            words += &format!(", from {}", inputs.join(", "));
        }
        Some(words)
    }
}

/// A node as error messages name it: index, op or parameter, shape.
fn describe<T: Scalar>(index: usize, nodes: &[Node<T>]) -> String {
    let node = &nodes[index];
    let shape = node.value.shape();
    match &node.source {
        Source::Parameter(_, name) => format!("%{index} = parameter `{name}` {shape:?}"),
        Source::Rows(_, name, _) => format!("%{index} = rows of `{name}` {shape:?}"),
        source => {
            let layer = layer(node.inputs.iter().copied(), nodes);
            format!("%{index} = {} {shape:?}", named(source.name(), layer))
        }
    }
}

/// The layer of an op with these inputs: what stands before the last dot in the name of the first
/// parameter that it reads, such as `hidden` for `hidden.weight`.
pub(crate) fn layer<T: Scalar>(
    mut inputs: impl Iterator<Item = usize>,
    nodes: &[Node<T>],
) -> Option<&str> {
    inputs.find_map(|input| match &nodes[input].source {
        Source::Parameter(_, name) | Source::Rows(_, name, _) => Some(name.rsplit_once('.')?.0),
        _ => None,
    })
}

/// An op with its layer, if it has one, as messages name them.
pub(crate) fn named(op: &str, layer: Option<&str>) -> String {
    match layer {
        Some(layer) => format!("{op} in layer `{layer}`"),
        None => op.to_string(),
    }
}

/// The Wengert list as a table, one row an operation. A column names the layers, if there are any.
impl<T: Scalar> fmt::Display for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_released.get() {
            return writeln!(f, "backward_releasing() has released the lines of this tape");
        }
        let nodes = self.nodes.borrow();
        let rows = nodes.iter().enumerate().map(|(index, node)| {
            let inputs: Vec<String> = node.inputs.iter().map(|input| format!("%{input}")).collect();
            let reads = match &node.source {
                Source::Parameter(_, name) | Source::Rows(_, name, _) => name.to_string(),
                _ => inputs.join(" "),
            };
            let shape = format!("{:?}", node.value.shape());
            let layer = layer(node.inputs.iter().copied(), &nodes).unwrap_or_default().to_string();
            let name = node.source.name().to_string();
            [format!("%{index}"), name, layer, reads, shape, node.at.to_string()]
        });
        let header = ["line", "op", "layer", "inputs", "shape", "recorded at"].map(String::from);
        let table: Vec<[String; 6]> = std::iter::once(header).chain(rows).collect();
        let widths: [usize; 6] = std::array::from_fn(|column| {
            table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        });
        let has_layers = table[1..].iter().any(|row| !row[2].is_empty());
        for row in &table {
            let cells = row.iter().zip(widths).enumerate();
            let shown = cells.filter(|(column, _)| has_layers || *column != 2);
            let cells = shown.map(|(_, (cell, width))| format!("{cell:<width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}
