//! One set of inputs of an exercise, and what must come out.

use std::fmt;
use std::rc::Rc;

use autograd::check::{self, Number, Report};
use autograd::functional::Dual;
use autograd::{Adjoints, Op, Tape, Var};
use tensor::Tensor;

use crate::chapters::normal;

/// A tensor by its name in the exercise.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Such as `dx`.
    pub name: String,
    /// Its value; a number has no axes.
    pub value: Tensor<f64>,
}

impl Output {
    /// Creates an output.
    pub fn new(name: impl Into<String>, value: Tensor<f64>) -> Self {
        Self { name: name.into(), value }
    }

    /// Creates an output that is one number.
    pub fn number(name: impl Into<String>, value: f64) -> Self {
        Self::new(name, Tensor::scalar(value))
    }

    /// Creates an output that is a row of numbers.
    pub fn row(name: impl Into<String>, values: Vec<f64>) -> Self {
        Self::new(name, Tensor::from(values))
    }
}

/// Inputs, and what must come out.
pub struct Case {
    /// The inputs, as a reader would write them down.
    pub given: String,
    /// What must come out, by the library.
    pub expected: Vec<Output>,
    /// The largest error that passes, relative to sizes above 1.
    pub tolerance: f64,
    pub(crate) found: Box<dyn Fn() -> Vec<Output>>,
    pub(crate) check: Option<Box<dyn Fn() -> Report>>,
}

/// A function of variables, by which the library computes values and adjoints.
pub(crate) type Formula = dyn for<'t> Fn(&[Var<'t, Number>]) -> Var<'t, Number>;

/// A vector–Jacobian product: the inputs and the adjoint of the result, to the adjoints of the inputs.
pub(crate) type Vjp = dyn Fn(&[Tensor<f64>], &Tensor<f64>) -> Vec<Tensor<f64>>;

impl Case {
    /// Creates a case with an expected value.
    pub(crate) fn new(
        given: String,
        expected: Vec<Output>,
        found: impl Fn() -> Vec<Output> + 'static,
    ) -> Self {
        Self { given, expected, tolerance: 1e-9, found: Box::new(found), check: None }
    }

    /// Creates a case for a VJP: `formula` is the function forward, `vjp` the reader's rule. Outputs are the
    /// adjoints of the inputs, for the adjoint `dy` of the result.
    pub(crate) fn vjp(
        op: &'static str,
        inputs: &[(&str, Tensor<f64>)],
        dy: Option<Tensor<f64>>,
        formula: impl for<'t> Fn(&[Var<'t, Number>]) -> Var<'t, Number> + 'static,
        vjp: impl Fn(&[Tensor<f64>], &Tensor<f64>) -> Vec<Tensor<f64>> + 'static,
    ) -> Self {
        let (formula, vjp): (Rc<Formula>, Rc<Vjp>) = (Rc::new(formula), Rc::new(vjp));
        let values: Vec<Tensor<f64>> = inputs.iter().map(|(_, value)| value.clone()).collect();
        let tape = Tape::default();
        let variables: Vec<Var<Number>> = values.iter().map(|x| tape.variable(x.cast())).collect();
        let y = formula(&variables);
        let dy = dy.unwrap_or_else(|| normal(&y.shape(), 7));
        let gradients = y.vjp(dy.cast());

        let names: Vec<String> = inputs.iter().map(|(name, _)| format!("d{name}")).collect();
        let adjoints = variables.iter().map(|&x| Dual::values(&gradients.of(x)));
        let expected = names.iter().zip(adjoints).map(|(name, dx)| Output::new(name, dx)).collect();
        let shown = inputs.iter().map(|(name, value)| (*name, value)).chain([("dy", &dy)]);
        let given = given(shown);

        let (rule, at) = (Rc::clone(&vjp), values.clone());
        let found = move || {
            let adjoints = rule(&at, &dy);
            names.iter().zip(adjoints).map(|(name, dx)| Output::new(name, dx)).collect()
        };
        let check = move || {
            check::op(
                || Answered { op, formula: Rc::clone(&formula), vjp: Rc::clone(&vjp) },
                &values,
            )
        };
        let mut case = Self::new(given, expected, found);
        case.check = Some(Box::new(check));
        case
    }

    /// Sets the largest error that passes.
    pub(crate) fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Returns what comes out.
    ///
    /// # Panics
    /// If the exercise is open, or its code panics.
    pub fn found(&self) -> Vec<Output> {
        (self.found)()
    }

    /// Returns what the library's gradient check says of a VJP; `None` for other exercises.
    pub fn check(&self) -> Option<Report> {
        self.check.as_ref().map(|check| check())
    }
}

/// Writes inputs down as a reader would.
pub(crate) fn given<'a>(inputs: impl Iterator<Item = (&'a str, &'a Tensor<f64>)>) -> String {
    let words = inputs.map(|(name, value)| match value.len() {
        0..=24 => format!("{name} = {}", Short(value)),
        _ => format!("{name} of shape {:?}", value.shape()),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A tensor in one line, with nested brackets.
pub(crate) struct Short<'a>(pub(crate) &'a Tensor<f64>);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(tensor) = self;
        let [length, ..] = *tensor.shape() else {
            return f.write_str(&number(tensor.item()));
        };
        f.write_str("[")?;
        for i in 0..length {
            let separator = if i > 0 { ", " } else { "" };
            let entry = tensor.slice(0, i..=i).squeeze(&[0]);
            write!(f, "{separator}{}", Short(&entry))?;
        }
        f.write_str("]")
    }
}

/// Returns a number in about six digits, without zeros at the end.
pub(crate) fn number(x: f64) -> String {
    let size = x.abs();
    if !x.is_finite() || size >= 1e7 || (size < 1e-4 && x != 0.0) {
        return if x.is_finite() { format!("{x:.5e}") } else { x.to_string() };
    }
    let whole_digits = if size >= 1.0 { size.log10() as usize } else { 0 };
    let text = format!("{x:.*}", 6 - whole_digits.min(6));
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

/// An op whose value is the library's and whose VJP is the reader's.
struct Answered {
    op: &'static str,
    formula: Rc<Formula>,
    vjp: Rc<Vjp>,
}

impl Op<Number> for Answered {
    fn name(&self) -> &'static str {
        self.op
    }

    fn forward(&mut self, x: &[&Tensor<Number>]) -> Tensor<Number> {
        let tape = Tape::no_grad();
        let x: Vec<Var<Number>> = x.iter().map(|&x| tape.constant(x.clone())).collect();
        (self.formula)(&x).value()
    }

    fn vjp(
        &self,
        x: &[&Tensor<Number>],
        _: &Tensor<Number>,
        dy: &Tensor<Number>,
        dx: &mut Adjoints<'_, Number>,
    ) {
        let x: Vec<Tensor<f64>> = x.iter().map(|x| Dual::values(x)).collect();
        for (i, adjoint) in (self.vjp)(&x, &Dual::values(dy)).iter().enumerate() {
            dx.add(i, || adjoint.cast());
        }
    }
}
