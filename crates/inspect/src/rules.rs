//! The ops of an [`Expression`] as rules: what each computes, and what it adds to the adjoint of each
//! input, as expressions in the same grammar.
//!
//! A program in another language, such as the playground's page, computes with these as the tape does.
//! A test compares every rule with its op.

use serde::Serialize;

/// One op: `y` is its value, `dy` its adjoint, and the inputs have letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OpRule {
    /// Its name on the tape.
    pub op: &'static str,
    /// The letters of the inputs. The second of `powi` is the exponent `n`. The third of `where_` is `holds`:
    /// 1 where the condition holds and 0 elsewhere. These two have no adjoint.
    pub letters: &'static [&'static str],
    /// The value; `None` for what every language can compute.
    pub value: Option<&'static str>,
    /// What is added to the adjoint of each input.
    pub adjoints: &'static [&'static str],
}

const fn given(
    op: &'static str,
    letters: &'static [&'static str],
    adjoints: &'static [&'static str],
) -> OpRule {
    OpRule { op, letters, value: None, adjoints }
}

const fn composed(
    op: &'static str,
    letters: &'static [&'static str],
    value: &'static str,
    adjoints: &'static [&'static str],
) -> OpRule {
    OpRule { op, letters, value: Some(value), adjoints }
}

/// ln(1 + eˣ) as x⁺ + ln(1 + e), e = e⁻|x|. Where e is small, 1 + e loses digits of it; ln u · e / (u − 1) with the
/// rounded u = 1 + e makes up for them (Kahan; see Higham, *Accuracy and Stability of Numerical Algorithms*, §1.14.1).
const SOFTPLUS: &str = "\
    e = exp(where(x > 0, -x, x)); \
    u = 1 + e; \
    tail = where(u == 1, e, ln(u) * e / (u - 1)); \
    where(x > 0, x + tail, tail)";

/// The rules of all ops that an [`Expression`](crate::Expression) can record.
///
/// ```
/// let product = inspect::RULES.iter().find(|rule| rule.op == "mul").unwrap();
/// assert_eq!(product.adjoints, ["b * dy", "a * dy"]);
/// ```
pub const RULES: &[OpRule] = &[
    given("add", &["a", "b"], &["dy", "dy"]),
    given("sub", &["a", "b"], &["dy", "-dy"]),
    given("mul", &["a", "b"], &["b * dy", "a * dy"]),
    given("div", &["a", "b"], &["dy / b", "-(y * dy / b)"]),
    given("neg", &["x"], &["-dy"]),
    given(
        "pow",
        &["x", "p"],
        &[
            "where(p == 0, 0, dy * p * x^(p - 1))",
            "where(x == 0, where(p >= 0, 0, dy * y * ln(x)), dy * y * ln(x))",
        ],
    ),
    given("powi", &["x", "n"], &["where(n == 0, 0, dy * n * x^(n - 1))"]),
    given("sqrt", &["x"], &["dy / (y + y)"]),
    given("exp", &["x"], &["dy * y"]),
    given("ln", &["x"], &["dy / x"]),
    given("sin", &["x"], &["dy * cos(x)"]),
    given("cos", &["x"], &["-(dy * sin(x))"]),
    given("tanh", &["x"], &["dy * (1 - y*y)"]),
    composed("abs", &["x"], "where(x < 0, -x, x)", &["where(x > 0, dy, where(x < 0, -dy, 0))"]),
    composed("sigmoid", &["x"], "1 / (1 + exp(-x))", &["dy * y * (1 - y)"]),
    composed("softplus", &["x"], SOFTPLUS, &["dy * sigmoid(x)"]),
    composed("relu", &["x"], "where(x < 0, 0, x)", &["where(x > 0, dy, 0)"]),
    composed("silu", &["x"], "x * sigmoid(x)", &["s = sigmoid(x); dy * (s + x*s*(1 - s))"]),
    composed(
        "maximum",
        &["a", "b"],
        // NaN is equal to nothing, not even to itself.
        "where(b > a, b, where(b == b, a, b))",
        &[
            "where(a > b, dy, where(a == b, dy / 2, 0))",
            "where(b > a, dy, where(a == b, dy / 2, 0))",
        ],
    ),
    given(
        "where_",
        &["a", "b", "holds"],
        &["where(holds == 1, dy, 0)", "where(holds == 1, 0, dy)"],
    ),
];
