//! The functions of an expression: each records one op, under the op's own name.

use std::collections::BTreeMap;
use std::fmt;

use autograd::Var;
use serde::{Serialize, Serializer};
use tensor::Tensor;

type Node<'t> = Var<'t, f64>;

/// An op that an expression can record.
pub struct ScalarFunction {
    /// Its name on the tape.
    pub name: &'static str,
    /// The number of its inputs.
    pub arguments: usize,
    pub(super) record: for<'t> fn(&[Node<'t>]) -> Node<'t>,
}

impl fmt::Debug for ScalarFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for ScalarFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

pub(super) fn serialize<S: Serializer>(
    function: &&'static ScalarFunction,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.serialize_str(function.name)
}

const fn of_one(name: &'static str, record: for<'t> fn(&[Node<'t>]) -> Node<'t>) -> ScalarFunction {
    ScalarFunction { name, arguments: 1, record }
}

const fn of_two(name: &'static str, record: for<'t> fn(&[Node<'t>]) -> Node<'t>) -> ScalarFunction {
    ScalarFunction { name, arguments: 2, record }
}

static FUNCTIONS: [ScalarFunction; 18] = [
    of_two("add", |x| x[0] + x[1]),
    of_two("sub", |x| x[0] - x[1]),
    of_two("mul", |x| x[0] * x[1]),
    of_two("div", |x| x[0] / x[1]),
    of_one("neg", |x| -x[0]),
    of_two("pow", |x| x[0].pow(x[1])),
    of_one("abs", |x| x[0].abs()),
    of_one("sqrt", |x| x[0].sqrt()),
    of_one("exp", |x| x[0].exp()),
    of_one("ln", |x| x[0].ln()),
    of_one("sin", |x| x[0].sin()),
    of_one("cos", |x| x[0].cos()),
    of_one("tanh", |x| x[0].tanh()),
    of_one("sigmoid", |x| x[0].sigmoid()),
    of_one("softplus", |x| x[0].softplus()),
    of_one("relu", |x| nn::relu(x[0])),
    of_one("silu", |x| nn::silu(x[0])),
    of_two("maximum", |x| x[0].maximum(x[1])),
];

/// Other names that people know a function by.
const ALSO: [(&str, &str); 3] = [("max", "maximum"), ("min", "minimum"), ("swish", "silu")];

/// Names of functions elsewhere, with what to write here.
const ELSEWHERE: [(&str, &str); 10] = [
    ("log", "the natural logarithm is ln(x)"),
    ("log2", "write ln(x) / ln(2)"),
    ("log10", "write ln(x) / ln(10)"),
    ("tan", "write sin(x) / cos(x)"),
    ("square", "write x^2"),
    ("cosh", "write (exp(x) + exp(-x)) / 2"),
    ("sinh", "write (exp(x) - exp(-x)) / 2"),
    ("logistic", "it is sigmoid(x)"),
    ("leaky_relu", "write where(x > 0, x, 0.01*x)"),
    ("sign", "write where(x > 0, 1, where(x < 0, -1, 0))"),
];

/// Returns the op of an operator or of a function.
pub(super) fn find(name: &str) -> Option<&'static ScalarFunction> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Returns the function's own name for one of its names; other texts stay.
pub(super) fn own_name(name: &str) -> &str {
    ALSO.iter().find(|(also, _)| *also == name).map_or(name, |(_, own)| own)
}

/// Returns what to write instead of a function that is known elsewhere.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == name).map(|(_, words)| *words)
}

/// Returns `true` if this is the name of a function, so an input cannot have it.
pub(super) fn is_function(name: &str) -> bool {
    let own = own_name(name);
    find(own).is_some() || own == "minimum" || own == "where"
}

/// Returns the names of the functions, in alphabetical order.
///
/// ```
/// assert!(inspect::function_names().contains(&"tanh"));
/// ```
pub fn names() -> Vec<&'static str> {
    let composed = ["minimum", "where"];
    let mut names: Vec<_> =
        FUNCTIONS.iter().map(|function| function.name).chain(composed).collect();
    names.sort_unstable();
    names
}

/// The functions, in the form that another parser needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FunctionTable {
    /// The names of all functions.
    pub names: Vec<&'static str>,
    /// The number of inputs of those that are one op.
    pub arguments: BTreeMap<&'static str, usize>,
    /// Other names, and the function's own.
    pub also: BTreeMap<&'static str, &'static str>,
    /// Functions that there are elsewhere, and what to write instead.
    pub instead: BTreeMap<&'static str, &'static str>,
}

/// Returns the functions of an expression, for a parser in another language.
pub fn function_table() -> FunctionTable {
    FunctionTable {
        names: names(),
        arguments: FUNCTIONS.iter().map(|function| (function.name, function.arguments)).collect(),
        also: ALSO.into_iter().collect(),
        instead: ELSEWHERE.into_iter().collect(),
    }
}

/// A comparison of two numbers. It has no derivative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum NumberComparison {
    /// Less.
    #[serde(rename = "<")]
    Less,
    /// Less or equal.
    #[serde(rename = "<=")]
    AtMost,
    /// More.
    #[serde(rename = ">")]
    More,
    /// More or equal.
    #[serde(rename = ">=")]
    AtLeast,
    /// Equal.
    #[serde(rename = "==")]
    Equal,
    /// Not equal.
    #[serde(rename = "!=")]
    Unequal,
}

impl NumberComparison {
    pub(super) fn find(symbol: &str) -> Option<Self> {
        Some(match symbol {
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::More,
            ">=" => Self::AtLeast,
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            _ => return None,
        })
    }

    pub(super) fn of(self, a: Node<'_>, b: Node<'_>) -> Tensor<bool> {
        let (a, b) = (a.value(), b.value());
        match self {
            Self::Less => a.lt(&b),
            Self::AtMost => a.le(&b),
            Self::More => a.gt(&b),
            Self::AtLeast => a.ge(&b),
            Self::Equal => a.eq(&b),
            Self::Unequal => a.ne(&b),
        }
    }
}
