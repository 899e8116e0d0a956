//! An expression as people type it, such as `x*y + sin(x)`, as a list that is recorded on a tape.
//!
//! ```text
//! program    = statement { (";" | new line) statement }     the last one is the result
//! statement  = [ name "=" ] sum
//! sum        = product { ("+" | "-") product }
//! product    = signed { ("*" | "/") signed }
//! signed     = "-" signed | power
//! power      = atom [ ("^" | "**") signed ]                  -x^2 is -(x^2), 2^3^2 is 2^(3^2)
//! atom       = number | name | function "(" arguments ")" | "(" sum ")"
//! arguments  = sum { "," sum }                               of `where`: condition "," sum "," sum
//! condition  = sum ("<" | "<=" | ">" | ">=" | "==" | "!=") sum
//! ```
//!
//! A name that no statement has defined is an input. The parser does not build a tree: it appends each
//! operation to a list, below its operands, and this list is the tape. An exponent that is a whole number
//! gives a `powi`; `minimum` is recorded as four nodes, as [`Var::minimum`] records it.

mod error;
mod functions;
mod parser;
mod tokens;

use autograd::{Tape, Var};
use serde::Serialize;
use tensor::Tensor;

pub use self::error::ExpressionError;

pub use self::functions::{
    FunctionTable, NumberComparison, ScalarFunction, function_table, names as function_names,
};

/// An expression: a list of entries, each of which becomes one node of a tape.
///
/// ```
/// use inspect::{Expression, Walk};
/// use autograd::Tape;
///
/// let expression: Expression = "x*y + sin(x)".parse()?;
/// assert_eq!(expression.inputs(), ["x", "y"]);
/// assert_eq!(expression.value(&[2.0, 3.0]), 6.0 + 2f64.sin());
/// let tape = Tape::default();
/// let result = expression.record(&tape, &[2.0, 3.0]);
/// let walk = Walk::back_from(result).with_names(expression.names());
/// let x = walk.adjoint(0, walk.steps().len() - 1).expect("x is read");
/// assert_eq!(x.item(), 3.0 + 2f64.cos());
/// # Ok::<(), inspect::ExpressionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expression {
    entries: Vec<ListEntry>,
    /// By entry: the name of an input or of a definition.
    names: Vec<Option<String>>,
    /// The entry that is the result.
    result: usize,
    #[serde(skip)]
    inputs: Vec<String>,
}

/// What one node of the tape computes. An operation reads earlier entries, by their positions.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ListEntry {
    /// A number whose gradient is asked for. It has a name.
    Input {
        /// The position among the inputs.
        input: usize,
    },
    /// A number of the text.
    Number {
        /// The number.
        number: f64,
    },
    /// An operation.
    Op {
        /// Its name on the tape.
        #[serde(rename = "op", serialize_with = "functions::serialize")]
        function: &'static ScalarFunction,
        /// What it reads.
        inputs: Vec<usize>,
    },
    /// The operation `powi`.
    Power {
        /// The name on the tape.
        op: &'static str,
        /// What it reads.
        inputs: [usize; 1],
        /// The exponent.
        n: i32,
    },
    /// The operation `where_`: the first input where the condition holds, the second elsewhere.
    Where {
        /// The name on the tape.
        op: &'static str,
        /// What it chooses from.
        inputs: [usize; 2],
        /// The comparison.
        condition: NumberComparison,
        /// What is compared.
        compared: [usize; 2],
    },
}

impl Expression {
    /// Returns the names of the inputs, in the order in which the text names them first.
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// Returns the entries. The inputs come first.
    pub fn entries(&self) -> &[ListEntry] {
        &self.entries
    }

    /// Returns the name of each entry, or `None` if it is neither an input nor a definition.
    pub fn names(&self) -> &[Option<String>] {
        &self.names
    }

    /// Records the expression: inputs as variables, numbers as constants, a node for each entry.
    ///
    /// # Panics
    /// If there are not as many values as inputs.
    #[track_caller]
    pub fn record<'t>(&self, tape: &'t Tape<f64>, values: &[f64]) -> Var<'t, f64> {
        let expected = self.inputs.len();
        assert!(
            values.len() == expected,
            "record: the expression has {expected} inputs ({}), but {} values were given",
            self.inputs.join(", "),
            values.len()
        );
        let mut nodes: Vec<Var<'t, f64>> = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let node = match entry {
                ListEntry::Input { input } => tape.variable(Tensor::scalar(values[*input])),
                ListEntry::Number { number } => tape.number(*number),
                ListEntry::Op { function, inputs } => {
                    let inputs: Vec<_> = inputs.iter().map(|&input| nodes[input]).collect();
                    (function.record)(&inputs)
                }
                ListEntry::Power { inputs: [base], n, .. } => nodes[*base].powi(*n),
                ListEntry::Where { inputs: [a, b], condition, compared: [left, right], .. } => {
                    let holds = condition.of(nodes[*left], nodes[*right]);
                    Var::where_(&holds, nodes[*a], nodes[*b])
                }
            };
            nodes.push(node);
        }
        nodes[self.result]
    }

    /// Returns the value at some inputs.
    ///
    /// # Panics
    /// If there are not as many values as inputs.
    #[track_caller]
    pub fn value(&self, values: &[f64]) -> f64 {
        let tape = Tape::no_grad();
        self.record(&tape, values).value().item()
    }

    /// Returns the partial derivative with respect to one input by a central difference:
    /// (f(x + h) − f(x − h)) / 2h, with h = 6·10⁻⁶ (1 + |x|), near the cube root of the precision,
    /// where rounding and the error of the difference are of one size.
    ///
    /// # Panics
    /// If there are not as many values as inputs, or the input is none of them.
    #[track_caller]
    pub fn finite_difference(&self, values: &[f64], input: usize) -> f64 {
        let at = |x: f64| {
            let mut values = values.to_vec();
            values[input] = x;
            self.value(&values)
        };
        let h = 6e-6 * (1.0 + values[input].abs());
        let (above, below) = (values[input] + h, values[input] - h);
        (at(above) - at(below)) / (above - below)
    }
}

impl std::str::FromStr for Expression {
    type Err = ExpressionError;

    /// Parses an expression.
    ///
    /// # Errors
    /// If the text is not an expression; the error points at the character.
    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        parser::parse(text)
    }
}
