//! What is wrong with an expression, with a caret below the character.

use std::fmt;

/// A text that is not an expression: where, what was found, what was expected, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// What is wrong, and what to do.
    message: String,
    /// The line of the text in which it is, from 1, and the line itself.
    line: usize,
    text: String,
    /// The character of the line, from 1.
    column: usize,
}

/// This many characters of a long line are shown on each side of the caret.
const AROUND: usize = 60;

impl ExpressionError {
    /// Creates the error for the character at `place`, counted from 0 over all of the text.
    pub(super) fn at(text: &[char], place: usize, message: impl Into<String>) -> Self {
        let is_break = |&c: &char| c == '\n';
        let start = text[..place].iter().rposition(is_break).map_or(0, |at| at + 1);
        let end = text[place..].iter().position(is_break).map_or(text.len(), |at| place + at);
        Self {
            message: message.into(),
            line: 1 + text[..place].iter().filter(|c| is_break(c)).count(),
            text: text[start..end].iter().collect(),
            column: 1 + place - start,
        }
    }

    /// Returns what is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the column, in characters from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

/// The message, and below it the line with a caret.
impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, line, text, column } = self;
        let start = (column - 1).saturating_sub(AROUND);
        // A tab or a control character would move the caret.
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let shown: String = text.chars().skip(start).take(2 * AROUND).map(plain).collect();
        writeln!(f, "line {line}, column {column}: {message}")?;
        writeln!(f, "  {shown}")?;
        write!(f, "  {}^", " ".repeat(column - 1 - start))
    }
}

impl std::error::Error for ExpressionError {}
