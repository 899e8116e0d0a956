//! An expression as tokens.

use super::error::ExpressionError;

/// A token and the place of its first character.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) place: usize,
    pub(super) kind: Lexeme,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lexeme {
    Number(f64),
    Name(String),
    /// An operator, a bracket, a comma, or `;`, which a new line is too.
    Symbol(&'static str),
    End,
}

/// Longer ones come before their beginnings.
const SYMBOLS: [&str; 17] =
    ["**", "<=", ">=", "==", "!=", "+", "-", "*", "/", "^", "(", ")", ",", ";", "=", "<", ">"];

/// What is written for a symbol in print.
const PRINTED: [(char, &str); 7] =
    [('−', "-"), ('·', "*"), ('×', "*"), ('÷', "/"), ('≤', "<="), ('≥', ">="), ('\n', ";")];

/// The digits of an exponent in print: `x²` is `x^2`.
const RAISED: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/// Splits a text; the last token is the end.
pub(super) fn tokens(text: &[char]) -> Result<Vec<Token>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut place = 0;
    while let Some(&c) = text.get(place) {
        let (kind, length) = match c {
            c if c.is_whitespace() && c != '\n' => {
                place += 1;
                continue;
            }
            '0'..='9' | '.' => number(text, place)?,
            c if c == '_' || c.is_alphabetic() => name(&text[place..]),
            c if RAISED.contains(c) => {
                tokens.push(Token { place, kind: Lexeme::Symbol("^") });
                raised(&text[place..])
            }
            _ => symbol(text, place)?,
        };
        tokens.push(Token { place, kind });
        place += length;
    }
    tokens.push(Token { place, kind: Lexeme::End });
    Ok(tokens)
}

/// Reads a number: digits, a point and digits, `e` and an exponent.
fn number(text: &[char], start: usize) -> Result<(Lexeme, usize), ExpressionError> {
    let digits = |from: usize| text[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let mut end = start + digits(start);
    if text.get(end) == Some(&'.') {
        end += 1 + digits(end + 1);
    }
    if matches!(text.get(end), Some('e' | 'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some('+' | '-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    let written: String = text[start..end].iter().collect();
    let wrong = |what| ExpressionError::at(text, start, format!("`{written}` {what}"));
    match written.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((Lexeme::Number(number), end - start)),
        Ok(_) => Err(wrong("is too large for a 64-bit number; expected less than 1.8e308")),
        Err(_) => Err(wrong("is not a number; expected digits, as in 0.5")),
    }
}

/// Reads an exponent in print.
fn raised(rest: &[char]) -> (Lexeme, usize) {
    let digits = rest.iter().map_while(|&c| RAISED.chars().position(|digit| digit == c));
    let number = digits.clone().fold(0.0, |number, digit| 10.0 * number + digit as f64);
    (Lexeme::Number(number), digits.count())
}

fn name(rest: &[char]) -> (Lexeme, usize) {
    let is_part = |c: &&char| **c == '_' || (c.is_alphanumeric() && !RAISED.contains(**c));
    let name: String = rest.iter().take_while(is_part).collect();
    let length = name.chars().count();
    (Lexeme::Name(name), length)
}

fn symbol(text: &[char], place: usize) -> Result<(Lexeme, usize), ExpressionError> {
    if let Some((_, symbol)) = PRINTED.iter().find(|(printed, _)| *printed == text[place]) {
        return Ok((Lexeme::Symbol(symbol), 1));
    }
    let stands_here =
        |symbol: &&&str| symbol.chars().enumerate().all(|(i, c)| text.get(place + i) == Some(&c));
    match SYMBOLS.iter().find(stands_here) {
        Some(symbol) => Ok((Lexeme::Symbol(symbol), symbol.len())),
        None => Err(ExpressionError::at(
            text,
            place,
            format!(
                "the character `{}` has no meaning here; an expression is made of numbers, names, \
                 + - * / ^, commas and round brackets",
                text[place].escape_debug()
            ),
        )),
    }
}
