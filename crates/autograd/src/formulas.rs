//! What an op computes, in the notation that people read.
//!
//! An op states its formula next to the code that computes it, so that a drawn tape can show both
//! directions of each node in mathematics.

mod symbols;

use std::borrow::Cow;

pub use symbols::FormulaSymbol;

/// The formulas of an op and of its vector–Jacobian products, in plain text.
///
/// By convention the result is `y`, the adjoint of `v` is `v̄`, and matrices are capital letters.
///
/// ```
/// use autograd::Formulas;
///
/// let product = Formulas::new("y = a · b").vjp("ā = ȳ b").vjp("b̄ = ȳ a");
/// assert_eq!(product.forward(), "y = a · b");
/// assert_eq!(product.of_input(1), Some("b̄ = ȳ a"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formulas {
    forward: Cow<'static, str>,
    vjps: Vec<Cow<'static, str>>,
    /// Symbols that mean something else here than usual, or are used here only.
    symbols: Vec<(&'static str, &'static str)>,
}

impl Formulas {
    /// Creates the formulas of an op, given the formula of its value, such as `y = a · b`.
    pub fn new(forward: impl Into<Cow<'static, str>>) -> Self {
        Self { forward: forward.into(), vjps: Vec::new(), symbols: Vec::new() }
    }

    /// Adds the formula of the next input's adjoint, such as `ā = ȳ b`. An op of any number of
    /// inputs gives one formula, which then holds for all.
    pub fn vjp(mut self, formula: impl Into<Cow<'static, str>>) -> Self {
        self.vjps.push(formula.into());
        self
    }

    /// Explains a symbol of these formulas, such as `n`, the exponent. The result, the inputs and the
    /// usual notation explain themselves: see [`symbols`](Self::symbols).
    pub fn symbol(mut self, symbol: &'static str, meaning: &'static str) -> Self {
        self.symbols.push((symbol, meaning));
        self
    }

    /// Returns the formula of the value.
    pub fn forward(&self) -> &str {
        &self.forward
    }

    /// Returns the formulas of the VJPs as they were given.
    pub fn vjps(&self) -> impl ExactSizeIterator<Item = &str> {
        self.vjps.iter().map(|formula| &**formula)
    }

    /// Returns what the VJP adds to the adjoint of input `i`.
    pub fn of_input(&self, i: usize) -> Option<&str> {
        match self.vjps.as_slice() {
            [all] => Some(all),
            each => each.get(i).map(|formula| &**formula),
        }
    }
}
