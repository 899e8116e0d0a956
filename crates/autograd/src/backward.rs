//! The walk back over the tape.
//!
//! It begins with the cotangent of the result, 1 for a loss, and visits the lines in reverse. When
//! it comes to a line, all lines that read it have been visited, so its adjoint is complete; its
//! op's VJP then adds to the adjoints of its inputs. One walk costs a small multiple of the forward
//! computation, whatever the number of inputs.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tensor::{Scalar, Tensor};

use crate::gradient::{Gradient, Rows};
use crate::op::Adjoints;
use crate::parameters::{ParameterId, Parameters};
use crate::tape::{Node, Source};
use crate::var::Var;

/// The derivatives of one result with respect to the variables and parameters of its tape.
#[derive(Clone, Debug)]
pub struct Gradients<T: Scalar = f32> {
    /// The lines of which the adjoints are; those of a sum are of none.
    tape: Option<u64>,
    /// By line of the tape.
    adjoints: Vec<Option<Tensor<T>>>,
    /// Whether those of ops are kept too.
    keeps_all: bool,
    parameters: BTreeMap<ParameterId, Gradient<T>>,
}

impl<'t, T: Scalar> Var<'t, T> {
    /// The derivatives of this single number with respect to all variables and parameters.
    ///
    /// # Panics
    /// When this is not a single number, or its tape is for evaluation.
    #[track_caller]
    pub fn backward(self) -> Gradients<T> {
        walk_back(self, self.one(), false)
    }

    /// Like [`backward`](Self::backward), but takes the tape apart on the way: each line's value,
    /// and what its op kept for the VJP, are freed as the walk passes it. So the adjoints of early
    /// lines take the memory of late values, and less is held at the peak. Use it for training,
    /// where the tape is cleared next anyway: until then, recording on it or reading a value panics.
    ///
    /// ```
    /// use autograd::Tape;
    /// use tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::default();
    /// let x = tape.variable(Tensor::from([1.0, 2.0]));
    /// let gradients = (x * x).sum_all().backward_releasing();
    /// assert_eq!(gradients.of(x), Tensor::from([2.0, 4.0]));
    /// ```
    ///
    /// # Panics
    /// As [`backward`](Self::backward).
    #[track_caller]
    pub fn backward_releasing(self) -> Gradients<T> {
        let mut gradients = start(self, self.one(), false);
        let mut nodes = self.tape().nodes.borrow_mut();
        self.tape().is_released.set(true);
        while let Some(node) = nodes.pop() {
            gradients.visit(&node, &nodes);
            if let (Source::Variable, none @ None) =
                (&node.source, &mut gradients.adjoints[nodes.len()])
            {
                *none = Some(Tensor::zeros(node.value.shape()));
            }
        }
        gradients
    }

    /// The cotangent of a single number.
    #[track_caller]
    fn one(self) -> Tensor<T> {
        let shape = self.shape();
        assert!(
            shape.iter().all(|&length| length == 1),
            "backward: a gradient is that of one number, but this has shape {shape:?}: reduce it \
             with sum_all() or mean_all(), or give a cotangent to vjp(cotangent)"
        );
        Tensor::ones(shape)
    }

    /// The vector–Jacobian product `(∂self/∂v)ᵀ cotangent` for all variables and parameters `v`.
    ///
    /// # Panics
    /// When the cotangent has not this shape, or the tape is for evaluation.
    #[track_caller]
    pub fn vjp(self, cotangent: Tensor<T>) -> Gradients<T> {
        walk_back(self, cotangent, false)
    }

    /// Like [`vjp`](Self::vjp), but keeps the adjoints of ops too, so that [`Gradients::of`] can show
    /// those of all lines between variables and result.
    ///
    /// # Panics
    /// As [`vjp`](Self::vjp).
    #[track_caller]
    pub fn vjp_keeping_all(self, cotangent: Tensor<T>) -> Gradients<T> {
        walk_back(self, cotangent, true)
    }
}

#[track_caller]
fn walk_back<T: Scalar>(result: Var<'_, T>, cotangent: Tensor<T>, keep_all: bool) -> Gradients<T> {
    let mut gradients = start(result, cotangent, keep_all);
    let nodes = result.tape().nodes.borrow();
    for index in (0..=result.index()).rev() {
        gradients.visit(&nodes[index], &nodes[..index]);
    }
    gradients
}

/// Before the walk: nothing has an adjoint but the result.
#[track_caller]
fn start<T: Scalar>(result: Var<'_, T>, cotangent: Tensor<T>, keeps_all: bool) -> Gradients<T> {
    assert!(
        result.tape().records(),
        "backward: this tape was made with Tape::no_grad() and recorded nothing: use Tape::default()"
    );
    let shape = result.shape();
    assert!(
        cotangent.shape() == shape.as_slice(),
        "vjp: the cotangent has shape {:?}, the result {shape:?}: they must be equal",
        cotangent.shape()
    );
    let nodes = result.tape().nodes.borrow();
    let mut gradients = Gradients {
        tape: Some(result.tape().id),
        adjoints: vec![None; nodes.len()],
        keeps_all,
        parameters: BTreeMap::new(),
    };
    if nodes[result.index()].needs_gradient {
        gradients.adjoints[result.index()] = Some(cotangent);
    }
    gradients
}

impl<T: Scalar> Gradients<T> {
    /// Passes the adjoint of a line on to its inputs, or files it if the line has none. `before`
    /// are the lines above it.
    fn visit(&mut self, node: &Node<T>, before: &[Node<T>]) {
        let index = before.len();
        match &node.source {
            Source::Op(op) => {
                let Some(dy) = self.adjoints[index].take() else { return };
                let x: smallvec::SmallVec<[&Tensor<T>; 4]> =
                    node.inputs.iter().map(|&input| &before[input].value).collect();
                let mut dx = Adjoints {
                    op: op.name(),
                    at: node.at,
                    inputs: &node.inputs,
                    nodes: before,
                    adjoints: &mut self.adjoints,
                };
                op.vjp(&x, &node.value, &dy, &mut dx);
                if self.keeps_all {
                    self.adjoints[index] = Some(dy);
                }
            }
            Source::Parameter(id, _) => {
                if let Some(dy) = self.adjoints[index].take() {
                    self.add_parameter(*id, Gradient::Dense(dy));
                }
            }
            Source::Rows(id, _, read) => {
                if let Some(dy) = self.adjoints[index].take() {
                    let rows = Rows::new(&read.table, &read.ids, dy);
                    self.add_parameter(*id, Gradient::Rows(rows));
                }
            }
            Source::Constant | Source::Variable | Source::Evaluated(_) => {}
        }
    }

    fn add_parameter(&mut self, id: ParameterId, gradient: Gradient<T>) {
        match self.parameters.entry(id) {
            Entry::Occupied(mut sum) => sum.get_mut().add(&gradient),
            Entry::Vacant(empty) => drop(empty.insert(gradient)),
        }
    }

    /// The gradients of the sum of two results with respect to the parameters. What is
    /// differentiated lies on two tapes, so of their variables there is nothing in it, and
    /// [`of`](Self::of) panics.
    pub fn plus(&self, other: &Self) -> Self {
        let only_there = other.iter().filter(|(id, _)| !self.parameters.contains_key(id));
        let here = self.iter().map(|(id, first)| match other.parameters.get(&id) {
            Some(second) => (id, first.plus(second)),
            None => (id, first.clone()),
        });
        Self::of_parameters(here.chain(only_there.map(|(id, g)| (id, g.clone()))).collect())
    }

    /// Takes out the gradients of one store, for instance to clip each model of two on its own.
    pub fn take(&mut self, parameters: &Parameters<T>) -> Self {
        let all = std::mem::take(&mut self.parameters).into_iter();
        let (taken, rest) = all.partition(|(id, _)| id.store() == parameters.store());
        self.parameters = rest;
        Self::of_parameters(taken)
    }

    fn of_parameters(parameters: BTreeMap<ParameterId, Gradient<T>>) -> Self {
        Self { tape: None, adjoints: Vec::new(), keeps_all: false, parameters }
    }

    /// The gradient with respect to a variable: zeros if the result does not depend on it.
    ///
    /// # Panics
    /// When the adjoint of that line is not kept: constants have none, parameters are asked for
    /// with [`get`](Self::get), and lines in between are kept by [`Var::vjp_keeping_all`] only. Also
    /// when the variable is not of the tape of which these are the gradients.
    #[track_caller]
    pub fn of(&self, variable: Var<'_, T>) -> Tensor<T> {
        assert!(
            self.tape == Some(variable.tape().id),
            "of: these are not gradients of the tape of %{}: ask those of its own; a sum of gradients \
             has those of parameters only",
            variable.index()
        );
        if let Some(Some(adjoint)) = self.adjoints.get(variable.index()) {
            return adjoint.clone();
        }
        variable.tape().assert_whole();
        let index = variable.index();
        let nodes = variable.tape().nodes.borrow();
        let node = &nodes[index];
        match &node.source {
            Source::Variable => Tensor::zeros(node.value.shape()),
            Source::Op(_) if self.keeps_all && node.needs_gradient => {
                Tensor::zeros(node.value.shape())
            }
            Source::Parameter(_, name) | Source::Rows(_, name, _) => {
                panic!("of: %{index} is the parameter `{name}`: ask for it with get(id)")
            }
            Source::Op(_) if node.needs_gradient => panic!(
                "of: the adjoint of %{index} is not kept, because it is not a variable: use \
                 vjp_keeping_all(cotangent) to keep those of all lines"
            ),
            _ => panic!(
                "of: %{index} is a constant, which has no gradient: make it, or what it is computed \
                 from, with tape.variable(value)"
            ),
        }
    }

    /// The gradient with respect to a parameter; `None` if the result does not depend on it or it
    /// is frozen.
    pub fn get(&self, id: ParameterId) -> Option<&Tensor<T>> {
        self.parameters.get(&id).map(Gradient::dense)
    }

    pub(crate) fn gradient(&self, id: ParameterId) -> Option<&Gradient<T>> {
        self.parameters.get(&id)
    }

    /// The gradients of all parameters that the result depends on, store by store, in the
    /// parameters' order.
    pub fn iter(&self) -> impl Iterator<Item = (ParameterId, &Gradient<T>)> {
        self.parameters.iter().map(|(&id, gradient)| (id, gradient))
    }

    /// The gradients of one store's parameters.
    pub fn iter_of(
        &self,
        parameters: &Parameters<T>,
    ) -> impl Iterator<Item = (ParameterId, &Gradient<T>)> {
        let store = parameters.store();
        self.iter().filter(move |(id, _)| id.store() == store)
    }

    /// The gradients of all parameters, to be changed in place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ParameterId, &mut Gradient<T>)> {
        self.parameters.iter_mut().map(|(&id, gradient)| (id, gradient))
    }
}
