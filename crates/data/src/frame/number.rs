//! Numbers as people write them: `1234.5`, `1,234.5`, `1.234,5`, `1 234,5`.

use serde::{Deserialize, Serialize};

/// The character before the decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecimalMark {
    /// `1.5`; digits may be grouped by commas.
    #[default]
    Point,
    /// `1,5`; digits may be grouped by points.
    Comma,
}

impl DecimalMark {
    /// Returns the number that a cell holds, if it is one and is finite. Digits may be grouped by threes. A
    /// currency sign or a per cent sign before or behind it is left out.
    ///
    /// ```
    /// use data::DecimalMark;
    ///
    /// assert_eq!(DecimalMark::Comma.parse("1.234,5"), Some(1234.5));
    /// assert_eq!(DecimalMark::Point.parse("1,234.5"), Some(1234.5));
    /// assert_eq!(DecimalMark::Point.parse("$1,234"), Some(1234.0));
    /// assert_eq!(DecimalMark::Point.parse("12,34"), None);
    /// ```
    pub fn parse(self, cell: &str) -> Option<f64> {
        let cell = without_unit(cell);
        let is_plain = |byte: u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        if self == Self::Point && cell.bytes().all(is_plain) {
            return cell.parse().ok().filter(|number: &f64| number.is_finite());
        }
        let is_part = |letter: char| {
            letter.is_ascii_digit()
                || matches!(letter, '+' | '-' | '.' | ',' | 'e' | 'E' | '\'' | '’' | ' ')
                || matches!(letter, '\u{a0}' | '\u{202f}')
        };
        if !cell.contains(|letter: char| letter.is_ascii_digit()) || !cell.chars().all(is_part) {
            return None;
        }
        let (decimal, group) = match self {
            Self::Point => ('.', ','),
            Self::Comma => (',', '.'),
        };
        let (whole, rest) = cell.split_at(cell.find([decimal, 'e', 'E']).unwrap_or(cell.len()));
        let groups = [group, ' ', '\u{a0}', '\u{202f}', '\'', '’'];
        let plain = match whole.contains(groups) {
            true => format!("{}{rest}", ungrouped(whole, &groups)?),
            false => cell.to_owned(),
        };
        let plain = if self == Self::Comma { plain.replacen(',', ".", 1) } else { plain };
        plain.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Returns the mark with which more of these cells are numbers. Cells such as `1,234` and `1.234` are
    /// numbers with both; then `separator`, the character between the cells of a row, decides: semicolons
    /// separate cells where commas are decimal.
    pub fn guess<'a>(
        cells: impl Iterator<Item = &'a str> + Clone,
        separator: Option<char>,
    ) -> DecimalMark {
        let has_semicolons = separator == Some(';');
        let is_clear = |cell: &str| {
            let points = cell.matches('.').count();
            !cell.contains(',') && points < if has_semicolons { 1 } else { 2 }
        };
        // Most columns show it without being read as numbers.
        if cells.clone().all(is_clear) {
            return Self::Point;
        }
        let count = |mark: Self| cells.clone().filter(|cell| mark.parse(cell).is_some()).count();
        let (points, commas) = (count(Self::Point), count(Self::Comma));
        match commas > points || (commas == points && has_semicolons) {
            true => Self::Comma,
            false => Self::Point,
        }
    }
}

/// Returns the currency or the per cent sign of a cell.
pub(super) fn unit(cell: &str) -> Option<char> {
    let is_unit = |letter: &char| matches!(letter, '$' | '€' | '£' | '¥' | '%');
    let cell = cell.trim();
    cell.chars().next().filter(is_unit).or_else(|| cell.chars().next_back().filter(is_unit))
}

/// Returns a cell without its unit.
fn without_unit(cell: &str) -> &str {
    match unit(cell) {
        Some(unit) => cell.trim().trim_start_matches(unit).trim_end_matches(unit).trim(),
        None => cell.trim(),
    }
}

/// Returns whole digits without what groups them by threes, if they are grouped so.
fn ungrouped(whole: &str, groups: &[char]) -> Option<String> {
    let mut parts = whole.split(groups);
    let first = parts.next()?;
    let digits = first.trim_start_matches(['+', '-']);
    // No one groups the digits of 0.125.
    let is_grouped = (1..=3).contains(&digits.len())
        && !digits.starts_with('0')
        && first.len() - digits.len() <= 1;
    let mut plain = first.to_owned();
    for part in parts {
        if part.len() != 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        plain.push_str(part);
    }
    is_grouped.then_some(plain)
}
