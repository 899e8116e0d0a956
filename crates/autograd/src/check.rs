//! Is a gradient right? Central differences, an independent witness.
//!
//! A function's slope can be measured without any calculus:
//!
//! ```text
//! ∂L/∂θ ≈ (L(θ + h) − L(θ − h)) / 2h,      L(θ) = ⟨u, f(θ)⟩
//! ```
//!
//! in `f64`, where this is good to about ten digits. The cotangent `u` is random: with all ones, a
//! softmax gradient that is doubled or zeroed would go unseen, because its rows sum to zero.
//!
//! Small tensors are checked entry by entry. Of large ones a number of entries are drawn, half of
//! them where the claimed gradient is not zero, and besides a few random directions through all
//! entries at once. A point where the slopes on both sides disagree is a kink, such as ReLU's at 0;
//! it is counted apart when the claimed slope lies between the two.
//!
//! ```
//! use tensor::Tensor;
//!
//! let x = Tensor::from([0.5, -1.0]);
//! let report = autograd::check::inputs(&[x], |x| (x[0] * x[0]).sum_all());
//! report.assert();
//! assert!(report.worst_error() < 1e-8);
//! ```

#[cfg(any(test, feature = "proptest"))]
pub mod strategy;

use std::fmt;

use rand::RngExt;
use tensor::{Key, Tensor};

use crate::{Gradients, Parameters, Pass, Tape, Var};

/// The step of the differences, relative to entries larger than 1.
const STEP: f64 = 1e-5;
/// The largest error that passes, relative to slopes larger than 1.
const TOLERANCE: f64 = 1e-6;
/// How many entries of a tensor are checked one by one, and how many directions through all.
const ENTRIES: usize = 48;
const DIRECTIONS: usize = 4;

/// What the check of one function found, tensor by tensor.
#[derive(Clone, Debug)]
pub struct Report {
    /// One finding for each input or parameter, in order.
    pub findings: Vec<Finding>,
}

/// What was found for one input or parameter.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The parameter's name, or `input i`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// How many slopes were compared.
    pub compared: usize,
    /// At how many of them the function has a kink, so that no single slope is right.
    pub kinks: usize,
    /// The comparison with the largest error.
    pub worst: Option<Comparison>,
}

/// One slope, as the tape claims it and as differences measure it.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Along which entry, or `direction k` for a random direction through all of them.
    pub along: String,
    /// The slope from the backward pass.
    pub claimed: f64,
    /// The slope from central differences.
    pub measured: f64,
}

impl Comparison {
    /// The difference of the two slopes, relative to slopes larger than 1. NaN counts as infinite.
    pub fn error(&self) -> f64 {
        let scale = self.claimed.abs().max(self.measured.abs()).max(1.0);
        let error = (self.claimed - self.measured).abs() / scale;
        if error.is_nan() { f64::INFINITY } else { error }
    }
}

/// Checks the gradients of `function` with respect to all its inputs.
///
/// # Panics
/// When `function` does, or its backward pass.
pub fn inputs<F>(inputs: &[Tensor<f64>], function: F) -> Report
where
    F: for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
{
    let mut parameters = Parameters::new(0);
    for (i, input) in inputs.iter().enumerate() {
        parameters.add(format!("input {i}"), input.clone());
    }
    self::parameters(&parameters, |pass| {
        let variables: Vec<Var<f64>> = parameters.ids().map(|id| pass.parameter(id)).collect();
        function(&variables)
    })
}

/// Checks the gradients of `function`, such as a model's loss on a few samples, with respect to
/// all trainable parameters. Dropout is off.
///
/// # Panics
/// When `function` does, or its backward pass.
pub fn parameters<F>(parameters: &Parameters<f64>, function: F) -> Report
where
    F: for<'t> Fn(Pass<'t, f64>) -> Var<'t, f64>,
{
    let key = Key::new(0).stream("gradient check");
    let tape = Tape::new();
    let result = function(Pass::evaluation(&tape, parameters));
    let cotangent = Tensor::normal(result.shape(), 0.0, 1.0, key.stream("cotangent"));
    let gradients = result.vjp(cotangent.clone());
    let value = |moved: &Parameters<f64>| {
        let tape = Tape::evaluation();
        let result = function(Pass::evaluation(&tape, moved)).value();
        (&result * &cotangent).sum_all().item()
    };
    Report { findings: compare_all(parameters, &gradients, value, key) }
}

/// Compares the slopes of `value` with the claimed gradients, parameter by parameter.
fn compare_all(
    parameters: &Parameters<f64>,
    gradients: &Gradients<f64>,
    value: impl Fn(&Parameters<f64>) -> f64,
    key: Key,
) -> Vec<Finding> {
    let here = value(parameters);
    let mut moved = parameters.clone();
    let trainable = parameters.ids().filter(|&id| parameters.is_trainable(id));
    trainable
        .map(|id| {
            let start = parameters.get(id).clone();
            let claimed = match gradients.get(id) {
                Some(gradient) => gradient.clone(),
                None => Tensor::zeros(start.shape()),
            };
            let mut finding = Finding {
                name: parameters.name(id).to_string(),
                shape: start.shape().to_vec(),
                compared: 0,
                kinks: 0,
                worst: None,
            };
            for (along, direction) in directions(&start, &claimed, key.fold_in(id.index() as u64)) {
                let mut at = |step: f64| {
                    *moved.get_mut(id) = start.zip_map(&direction, |x, d| x + d * step);
                    value(&moved)
                };
                let (before, after) = (at(-STEP), at(STEP));
                let comparison = Comparison {
                    along,
                    claimed: (&claimed * &direction).sum_all().item(),
                    measured: (after - before) / (2.0 * STEP),
                };
                finding.add(comparison, [(here - before) / STEP, (after - here) / STEP]);
            }
            *moved.get_mut(id) = start;
            finding
        })
        .collect()
}

/// The directions along which one tensor is moved: single entries, then all entries at once.
fn directions(start: &Tensor<f64>, claimed: &Tensor<f64>, key: Key) -> Vec<(String, Tensor<f64>)> {
    let entries = chosen_entries(claimed, key).into_iter().map(|position| {
        let mut direction = Tensor::zeros(start.shape());
        let size = start.values()[position].abs().max(1.0);
        direction.as_mut_slice()[position] = size;
        (format!("{:?}", index_of(position, start.shape())), direction)
    });
    let through_all = (0..DIRECTIONS).filter(|_| start.len() > ENTRIES).map(|k| {
        let direction = Tensor::normal(start.shape(), 0.0, 1.0, key.fold_in(k as u64));
        (format!("direction {k}"), direction)
    });
    entries.chain(through_all).collect()
}

/// All positions of a small tensor; of a large one some, half of them where the gradient is not 0.
fn chosen_entries(claimed: &Tensor<f64>, key: Key) -> Vec<usize> {
    if claimed.len() <= ENTRIES {
        return (0..claimed.len()).collect();
    }
    let values = claimed.values();
    let active: Vec<usize> =
        (0..values.len()).filter(|&position| values[position] != 0.0).collect();
    let mut rng = key.stream("entries").rng();
    (0..ENTRIES)
        .map(|k| match active.len() {
            0 => rng.random_range(0..values.len()),
            _ if k % 2 == 0 => rng.random_range(0..values.len()),
            some => active[rng.random_range(0..some)],
        })
        .collect()
}

/// The index of the element at this position in row-major order.
fn index_of(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, &length) in index.iter_mut().zip(shape).rev() {
        *i = position % length;
        position /= length;
    }
    index
}

impl Finding {
    /// Takes in one comparison, given the slopes on either side of the point.
    fn add(&mut self, comparison: Comparison, one_sided: [f64; 2]) {
        self.compared += 1;
        let [left, right] = one_sided;
        let margin = TOLERANCE * comparison.claimed.abs().max(1.0);
        let between = comparison.claimed >= left.min(right) - margin
            && comparison.claimed <= left.max(right) + margin;
        // Where the function is smooth, the one-sided slopes differ by about STEP · f''.
        let slopes_disagree = (left - right).abs() > 1e-3 * left.abs().max(right.abs()).max(1e-3);
        if comparison.error() > TOLERANCE && slopes_disagree && between {
            self.kinks += 1;
            return;
        }
        if self.worst.as_ref().is_none_or(|worst| comparison.error() > worst.error()) {
            self.worst = Some(comparison);
        }
    }

    /// The largest error of its comparisons.
    pub fn worst_error(&self) -> f64 {
        self.worst.as_ref().map_or(0.0, Comparison::error)
    }
}

impl Report {
    /// The largest error of all comparisons, relative to slopes larger than 1.
    pub fn worst_error(&self) -> f64 {
        self.findings.iter().map(Finding::worst_error).fold(0.0, f64::max)
    }

    /// Whether every comparison agrees to 1e-6.
    pub fn passes(&self) -> bool {
        self.worst_error() <= TOLERANCE
    }

    /// How many slopes were compared.
    pub fn compared(&self) -> usize {
        self.findings.iter().map(|finding| finding.compared).sum()
    }

    /// Panics with the report unless every comparison agrees.
    ///
    /// # Panics
    /// When a gradient is wrong.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.passes(), "wrong gradient\n{self}");
    }
}

/// One line for each tensor: how many slopes were compared, the worst error, and where it is.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.findings.iter().map(|finding| finding.name.chars().count()).max();
        let width = width.unwrap_or(0);
        for finding in &self.findings {
            let shape = format!("{:?}", finding.shape);
            let error = finding.worst_error();
            let verdict = if error <= TOLERANCE { "ok" } else { "WRONG" };
            write!(
                f,
                "{:<width$}  {shape:<12}  {verdict:<5}  worst error {error:.1e} of {} slopes",
                finding.name, finding.compared
            )?;
            if finding.kinks > 0 {
                write!(f, ", {} at kinks", finding.kinks)?;
            }
            if let Some(worst) = finding.worst.as_ref().filter(|worst| worst.error() > TOLERANCE) {
                let Comparison { along, claimed, measured } = worst;
                write!(f, "; along {along}: backward {claimed:.9}, differences {measured:.9}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A function built around one op, with inputs on which to check it.
pub struct Case {
    /// The name of the op that the function must record.
    pub op: &'static str,
    /// The inputs.
    pub inputs: Vec<Tensor<f64>>,
    function: Box<Function>,
}

type Function = dyn for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>;

impl Case {
    /// A case for the op of this name.
    pub fn new<F>(op: &'static str, inputs: Vec<Tensor<f64>>, function: F) -> Self
    where
        F: for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64> + 'static,
    {
        Self { op, inputs, function: Box::new(function) }
    }

    /// Checks the gradients with respect to all inputs.
    ///
    /// # Panics
    /// When the function does not record the op that the case is for.
    #[track_caller]
    pub fn check(&self) -> Report {
        let tape = Tape::new();
        let variables: Vec<Var<f64>> =
            self.inputs.iter().map(|input| tape.variable(input.clone())).collect();
        (self.function)(&variables);
        assert!(tape.op_names().contains(&self.op), "this case does not record `{}`", self.op);
        inputs(&self.inputs, &self.function)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {:?}", self.op, self.inputs)
    }
}
