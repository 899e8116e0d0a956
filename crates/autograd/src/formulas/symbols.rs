//! What each symbol of a formula means.
//!
//! The letters of the result and of the inputs are on the left sides: in `y = a · b` with `ā = b ȳ` and
//! `b̄ = a ȳ`, the result is y, and the inputs are a and b, in this order. The op explains other letters with
//! [`Formulas::symbol`]; common notation is in a table here.

use super::Formulas;

/// A symbol of a formula, explained.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormulaSymbol {
    /// The symbol, such as `ȳ` or `ln`.
    pub symbol: String,
    /// What it means, in a few words; `None` if the op does not say.
    pub meaning: Option<String>,
    /// The position of the input that it names.
    pub input: Option<usize>,
}

/// Notation that means the same in all formulas that do not say otherwise.
const COMMON: &[(&str, &str)] = &[
    ("e", "Euler's number, 2.71828…"),
    ("ln", "the natural logarithm"),
    ("sin", "the sine, of radians"),
    ("cos", "the cosine, of radians"),
    ("tanh", "the hyperbolic tangent"),
    ("σ", "the logistic function, σ(x) = 1 / (1 + e⁻ˣ)"),
    ("Φ", "the distribution function of the standard normal distribution"),
    ("φ", "the density of the standard normal distribution"),
    ("Σ", "the sum of what follows"),
    ("√", "the square root"),
    ("ᵀ", "transposed: rows become columns"),
    ("·", "the product; of matrices (capital letters) the matrix product"),
    ("⊙", "the product, element by element"),
    ("⟨", "⟨a, b⟩ is the sum of the products of their elements"),
    ("|", "|x| is the magnitude of x"),
    ("max", "the largest"),
    ("mean", "the mean over the features"),
    ("sign", "1 above zero, −1 below, 0 at zero"),
    ("softmax", "eˣ divided by its sum over the classes"),
    ("onehot", "1 at the label, 0 elsewhere"),
    ("rowsum", "the sum of each row"),
    ("id", "the positions that are read"),
    ("i", "an index"),
    ("j", "an index"),
    ("k", "an index"),
    ("v", "an index"),
];

impl Formulas {
    /// Returns the symbols of one of these formulas, in the order of their first occurrence, for an op with
    /// this many inputs. Words such as `where`, numbers and arithmetic signs are not symbols.
    ///
    /// ```
    /// use autograd::Formulas;
    ///
    /// let power = Formulas::new("y = xⁿ").vjp("x̄ = n xⁿ⁻¹ ȳ").symbol("n", "the exponent");
    /// let symbols = power.symbols("x̄ = n xⁿ⁻¹ ȳ", 1);
    /// let names: Vec<&str> = symbols.iter().map(|symbol| &*symbol.symbol).collect();
    /// assert_eq!(names, ["x̄", "n", "x", "ȳ"]);
    /// assert_eq!(symbols[1].meaning.as_deref(), Some("the exponent"));
    /// assert_eq!(symbols[2].input, Some(0));
    /// ```
    pub fn symbols(&self, formula: &str, inputs: usize) -> Vec<FormulaSymbol> {
        let mut found: Vec<FormulaSymbol> = Vec::new();
        for symbol in split(formula) {
            if found.iter().any(|known| known.symbol == symbol) {
                continue;
            }
            let (meaning, input) = self.meaning(&symbol, inputs);
            let is_word = symbol.chars().filter(char::is_ascii_alphabetic).count() > 1;
            if meaning.is_some() || !is_word {
                found.push(FormulaSymbol { symbol, meaning, input });
            }
        }
        found
    }

    fn meaning(&self, symbol: &str, inputs: usize) -> (Option<String>, Option<usize>) {
        let of = |table: &[(&str, &str)]| {
            table.iter().find(|(known, _)| *known == symbol).map(|(_, words)| words.to_string())
        };
        if let Some(words) = of(&self.symbols) {
            return (Some(words), None);
        }
        let (letter, has_bar) = without_bar(symbol);
        let left = |formula: &str| without_bar(&split(formula).next().unwrap_or_default()).0;
        if letter == left(&self.forward) {
            let words = match has_bar {
                true => format!(
                    "the adjoint of {letter}: the derivative of the result with respect to it"
                ),
                false => "the value of this node".to_string(),
            };
            return (Some(words), None);
        }
        let Some(input) = self.vjps.iter().position(|vjp| left(vjp) == letter) else {
            return (of(COMMON), None);
        };
        let is_one_for_all = self.vjps.len() == 1 && inputs > 1;
        let name = if is_one_for_all { "an input" } else { "the input" };
        let words = match has_bar {
            true => format!("what is added to the adjoint of {letter}"),
            false => name.to_string(),
        };
        (Some(words), (!is_one_for_all).then_some(input))
    }
}

/// Raised and lowered letters, with the plain letters that they are.
const RAISED_AND_LOWERED: [(char, &str); 9] = [
    ('ˣ', "x"),
    ('ʸ', "y"),
    ('ⁿ', "n"),
    ('ᵖ', "p"),
    ('ᵢ', "i"),
    ('ₖ', "k"),
    ('ₜ', "t"),
    ('꜀', "c"),
    ('ᵀ', "ᵀ"),
];

/// Letters whose bar is part of the character.
const BARRED: [(char, &str); 8] = [
    ('ȳ', "y"),
    ('ā', "a"),
    ('ū', "u"),
    ('ḡ', "g"),
    ('Ȳ', "Y"),
    ('Ā', "A"),
    ('Ō', "O"),
    ('Ḡ', "G"),
];

/// Signs that are explained; the others are arithmetic.
const SIGNS: [char; 6] = ['Σ', '√', '⊙', '⟨', '|', '·'];

fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Returns a letter without its bar, and `true` if it had one.
fn without_bar(symbol: &str) -> (String, bool) {
    let bars = ['\u{304}', '\u{305}'];
    match BARRED.iter().find(|(barred, _)| symbol.chars().eq([*barred])) {
        Some((_, letter)) => (letter.to_string(), true),
        None => (symbol.replace(bars, ""), symbol.contains(bars)),
    }
}

/// Splits a formula into letters with their marks, words and signs.
fn split(formula: &str) -> impl Iterator<Item = String> {
    let chars: Vec<char> = formula.chars().collect();
    let mut symbols = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        let first = chars[at];
        at += 1;
        if let Some((_, letter)) = RAISED_AND_LOWERED.iter().find(|(c, _)| *c == first) {
            symbols.push(letter.to_string());
            continue;
        }
        if first.is_ascii_alphabetic() {
            let is_word = |c: &char| c.is_ascii_alphabetic() || *c == '_';
            while chars.get(at).is_some_and(is_word) {
                at += 1;
            }
        } else if !first.is_alphabetic() && !SIGNS.contains(&first) {
            continue;
        }
        while chars.get(at).is_some_and(|&c| is_mark(c)) {
            at += 1;
        }
        symbols.push(chars[start..at].iter().collect());
    }
    symbols.into_iter()
}
