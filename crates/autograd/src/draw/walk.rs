//! A walk over the tape, recorded: every step forward, every step backward, every number.
//!
//! [`Var::backward`] keeps none of this, so that it is fast. A [`Walk`] is made afterwards, from a
//! tape that is complete: it calls each op's own VJP once more, lets it add to a fresh set of
//! adjoints, and so sees each contribution alone before it is summed. The sums are taken in the
//! order of the backward walk, and come out the same to the last bit, provided that a VJP adds to
//! its inputs in their order and to each once, as those of this project do.

use std::panic::Location;
use std::time::{Duration, Instant};

use tensor::{Scalar, Tensor};

use super::scopes::Scopes;
use crate::formulas::Formulas;
use crate::op::{Adjoints, Op};
use crate::tape::{Node, Source, Tape};
use crate::var::Var;

/// All that happens from the first line of a tape to a result, and back.
///
/// ```
/// use autograd::Tape;
/// use autograd::draw::Walk;
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
    lines: Vec<Line<T>>,
    scopes: Vec<String>,
    steps: Vec<Step<T>>,
}

/// One line of the tape, as it stands when the forward computation is done.
#[derive(Clone, Debug)]
pub struct Line<T: Scalar> {
    /// What kind of line it is.
    pub role: Role,
    /// The op's name, or that of the role.
    pub op: &'static str,
    /// The parameter's name.
    pub name: Option<String>,
    /// The lines it reads.
    pub inputs: Vec<usize>,
    /// What its op computes; `None` for lines without an op and for ops that do not say.
    pub formulas: Option<Formulas>,
    /// Its value.
    pub value: Tensor<T>,
    /// The layer it belongs to, a position in [`Walk::scopes`].
    pub scope: Option<usize>,
    /// The line of the program that recorded it.
    pub at: &'static Location<'static>,
    /// How long its op took; measured on a [`Tape::timed`] only.
    pub forward_time: Option<Duration>,
    /// How long its VJP took, under the same condition.
    pub backward_time: Option<Duration>,
}

/// Where the value of a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A value without a gradient, such as data.
    Constant,
    /// A value whose gradient is asked for.
    Variable,
    /// A parameter of a model.
    Parameter,
    /// An operation.
    Op,
}

/// One step of a walk.
#[derive(Clone, Debug)]
pub enum Step<T: Scalar> {
    /// Forward: a line gets its value.
    Compute {
        /// The line.
        line: usize,
    },
    /// Backward begins: the adjoint of the result is the cotangent.
    Begin {
        /// The result.
        line: usize,
        /// The cotangent.
        adjoint: Tensor<T>,
    },
    /// Backward: a line is reached, so its adjoint is complete.
    Visit {
        /// The line.
        line: usize,
    },
    /// Backward: a line's VJP adds to the adjoint of one of its inputs.
    Contribute(Box<Contribution<T>>),
}

/// What one line adds to the adjoint of another.
#[derive(Clone, Debug)]
pub struct Contribution<T: Scalar> {
    /// The line whose op it is.
    pub line: usize,
    /// Which of its inputs, from 0.
    pub input: usize,
    /// The line that is that input.
    pub to: usize,
    /// What is added.
    pub amount: Tensor<T>,
    /// The adjoint of `to` before; `None` if this is the first contribution.
    pub before: Option<Tensor<T>>,
    /// The adjoint of `to` after.
    pub adjoint: Tensor<T>,
}

impl<T: Scalar> Step<T> {
    /// The line at which the walk stands.
    pub fn line(&self) -> usize {
        match self {
            Step::Compute { line } | Step::Begin { line, .. } | Step::Visit { line } => *line,
            Step::Contribute(contribution) => contribution.line,
        }
    }

    /// Whether this is a step of the way back.
    pub fn is_backward(&self) -> bool {
        !matches!(self, Step::Compute { .. })
    }
}

impl<T: Scalar> Walk<T> {
    /// The walk to a single number, such as a loss, and back from it.
    ///
    /// # Panics
    /// When it is not a single number, or its tape is for evaluation.
    #[track_caller]
    pub fn back_from(result: Var<'_, T>) -> Self {
        let shape = result.shape();
        assert!(
            shape.iter().all(|&length| length == 1),
            "walk: a gradient is that of one number, but this has shape {shape:?}: reduce it with \
             sum_all() or mean_all(), or give a cotangent to Walk::with_cotangent"
        );
        Self::with_cotangent(result, Tensor::ones(shape))
    }

    /// The walk to a result of any shape, and back from it with this cotangent.
    ///
    /// # Panics
    /// When the cotangent has not the shape of the result, or the tape is for evaluation.
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
        let nodes = tape.nodes.borrow();
        let nodes = &nodes[..=result.index()];
        let mut walk = Self::forward(tape, nodes);
        if nodes[result.index()].needs_gradient {
            walk.backward(nodes, cotangent, tape.is_timed());
        }
        walk
    }

    fn forward(tape: &Tape<T>, nodes: &[Node<T>]) -> Self {
        let scopes = Scopes::of(nodes);
        let line = |(index, node): (usize, &Node<T>)| Line {
            role: match node.source {
                Source::Constant => Role::Constant,
                Source::Variable => Role::Variable,
                Source::Parameter(..) | Source::Rows(..) => Role::Parameter,
                Source::Op(_) | Source::Evaluated(_) => Role::Op,
            },
            op: node.source.name(),
            name: match &node.source {
                Source::Parameter(_, name) | Source::Rows(_, name, _) => Some(name.to_string()),
                _ => None,
            },
            inputs: node.inputs.to_vec(),
            formulas: match &node.source {
                Source::Op(op) => op.formulas(),
                _ => None,
            },
            value: node.value.clone(),
            scope: scopes.of_line[index],
            at: node.at,
            forward_time: tape.time_of(index),
            backward_time: None,
        };
        let steps = (0..nodes.len()).map(|line| Step::Compute { line }).collect();
        let lines = nodes.iter().enumerate().map(line).collect();
        Self { lines, scopes: scopes.names, steps }
    }

    fn backward(&mut self, nodes: &[Node<T>], cotangent: Tensor<T>, is_timed: bool) {
        let mut adjoints = vec![None; nodes.len()];
        let result = nodes.len() - 1;
        self.steps.push(Step::Begin { line: result, adjoint: cotangent.clone() });
        adjoints[result] = Some(cotangent);
        for line in (0..nodes.len()).rev() {
            let Some(dy) = adjoints[line].clone() else { continue };
            self.steps.push(Step::Visit { line });
            let Source::Op(op) = &nodes[line].source else { continue };
            let started = Instant::now();
            let contributions = contributions(&**op, &nodes[line], nodes, &dy);
            self.lines[line].backward_time = is_timed.then(|| started.elapsed());
            for (input, amount) in contributions.into_iter().enumerate() {
                let Some(amount) = amount else { continue };
                let to = nodes[line].inputs[input];
                let before = adjoints[to].take();
                let adjoint = match before.clone() {
                    Some(mut sum) => {
                        sum.add_in_place(&amount);
                        sum
                    }
                    None => amount.clone(),
                };
                adjoints[to] = Some(adjoint.clone());
                let added = Contribution { line, input, to, amount, before, adjoint };
                self.steps.push(Step::Contribute(Box::new(added)));
            }
        }
    }

    /// The lines up to the result, which is the last.
    pub fn lines(&self) -> &[Line<T>] {
        &self.lines
    }

    /// The names of the layers, in the order in which the walk enters them.
    ///
    /// A parameter's name says its layer: `hidden.weight` is in `hidden`. An op is in the layer of
    /// the parameter it reads; one that reads none goes on in the layer from which its inputs come.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// What happens, in order: all of forward, then all of backward.
    pub fn steps(&self) -> &[Step<T>] {
        &self.steps
    }

    /// Whether a line has its value when `step` is done.
    pub fn is_computed(&self, line: usize, step: usize) -> bool {
        // The first steps compute the lines in order, one each.
        line <= step
    }

    /// The adjoint of a line when `step` is done, as far as it has come; `None` before the first
    /// contribution.
    pub fn adjoint(&self, line: usize, step: usize) -> Option<&Tensor<T>> {
        self.steps[..=step].iter().rev().find_map(|step| match step {
            Step::Begin { line: result, adjoint } if *result == line => Some(adjoint),
            Step::Contribute(added) if added.to == line => Some(&added.adjoint),
            _ => None,
        })
    }
}

/// What an op's VJP gives to each of its inputs, alone.
///
/// The op sees inputs that are lines of their own, even where two of them are the same line, and
/// adjoints that are empty.
fn contributions<T: Scalar>(
    op: &dyn Op<T>,
    node: &Node<T>,
    nodes: &[Node<T>],
    dy: &Tensor<T>,
) -> Vec<Option<Tensor<T>>> {
    let alone: Vec<Node<T>> = node.inputs.iter().map(|&input| nodes[input].as_constant()).collect();
    let positions: Vec<usize> = (0..alone.len()).collect();
    let mut adjoints = vec![None; alone.len()];
    let mut dx = Adjoints {
        op: op.name(),
        at: node.at,
        inputs: &positions,
        nodes: &alone,
        adjoints: &mut adjoints,
    };
    let x: Vec<&Tensor<T>> = alone.iter().map(|input| &input.value).collect();
    op.vjp(&x, &node.value, dy, &mut dx);
    adjoints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parameters;
    use tensor::Key;

    /// Lines that are read once, twice by one op, and by several ops.
    fn tangled<'t>(x: Var<'t>, w: Var<'t>) -> Var<'t> {
        let hidden = (x.matmul(w) + 1.0).tanh();
        let squares = hidden * hidden;
        let gate = (hidden.sum(&[0]) * 0.1).sigmoid();
        ((squares - hidden) / (gate + 2.0)).exp() + hidden.max(&[0]) * gate + w.sum(&[0])
    }

    #[test]
    fn the_recorded_adjoints_are_those_of_backward_to_the_last_bit() {
        let mut parameters = Parameters::with_seed(0);
        let draw = |shape, name| Tensor::normal(shape, 0.0, 1.0, Key::new(0).stream(name));
        let weight = parameters.add("w", draw([3, 4], "w"));
        let tape = Tape::default();
        let x = tape.variable(draw([5, 3], "x"));
        let result = tangled(x, tape.parameter(&parameters, weight));
        let cotangent = draw([5, 4], "cotangent");
        let gradients = result.vjp_keeping_all(cotangent.clone());
        let walk = Walk::with_cotangent(result, cotangent);
        let bits = |x: &Tensor| x.values().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let last = walk.steps().len() - 1;
        for (line, recorded) in walk.lines().iter().enumerate() {
            let expected = match recorded.role {
                Role::Constant => None,
                Role::Parameter => gradients.get(weight).cloned(),
                Role::Variable | Role::Op => Some(gradients.of(Var::new(&tape, line))),
            };
            let adjoint = walk.adjoint(line, last);
            assert_eq!(adjoint.map(bits), expected.as_ref().map(bits), "line {line}");
        }
    }
}
