//! An op with inputs on which to check it: what property tests draw.

use std::fmt;

use tensor::Tensor;

use super::{Number, Report};
use crate::functional::array;
use crate::{Tape, Var};

/// A function built around one op, with inputs on which to check it.
pub struct Case {
    /// The name of the op that the function must record.
    pub op: &'static str,
    /// The inputs.
    pub inputs: Vec<Tensor<f64>>,
    function: Box<Function>,
}

type Function = dyn for<'t> Fn(&[Var<'t, Number>]) -> Var<'t, Number>;

impl Case {
    /// Creates a case for the op of this name.
    pub fn new<const N: usize, F>(op: &'static str, inputs: [Tensor<f64>; N], function: F) -> Self
    where
        F: for<'t> Fn([Var<'t, Number>; N]) -> Var<'t, Number> + 'static,
    {
        Self::of_vec(op, inputs.to_vec(), move |x| function(array(x.to_vec())))
    }

    /// Creates a case whose number of inputs is itself drawn.
    pub fn of_vec<F>(op: &'static str, inputs: Vec<Tensor<f64>>, function: F) -> Self
    where
        F: for<'t> Fn(&[Var<'t, Number>]) -> Var<'t, Number> + 'static,
    {
        Self { op, inputs, function: Box::new(function) }
    }

    /// Checks the gradients with respect to all inputs.
    ///
    /// # Panics
    /// If the function does not record the op that the case is for.
    #[track_caller]
    pub fn check(&self) -> Report {
        let tape = Tape::default();
        self.record(&tape);
        let is_recorded = tape.nodes().iter().any(|node| node.name() == self.op);
        assert!(is_recorded, "this case does not record `{}`", self.op);
        super::of_slice(&self.inputs, &self.function)
    }

    /// Records the function on a tape, with the inputs as variables, and returns its result.
    pub fn record<'t>(&self, tape: &'t Tape<Number>) -> Var<'t, Number> {
        let variables: Vec<Var<Number>> =
            self.inputs.iter().map(|input| tape.variable(input.cast())).collect();
        (self.function)(&variables)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {:?}", self.op, self.inputs)
    }
}
