//! Numbers as people write them: `1234.5`, `1,234.5`, `1.234,5`, `1 234,5`, `-$5.00`, and the `(5.00)` of accountants.

use std::cmp::Ordering;
use std::collections::BTreeMap;

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
    /// currency sign or a percent sign before or after it is left out. Parentheses mean a minus, as accountants write it,
    /// and so does a minus after decimals, as SAP does.
    ///
    /// ```
    /// use data::DecimalMark;
    ///
    /// assert_eq!(DecimalMark::Comma.parse("1.234,5"), Some(1234.5));
    /// assert_eq!(DecimalMark::Point.parse("1,234.5"), Some(1234.5));
    /// assert_eq!(DecimalMark::Point.parse("$1,234"), Some(1234.0));
    /// assert_eq!(DecimalMark::Point.parse("-$1,234"), Some(-1234.0));
    /// assert_eq!(DecimalMark::Point.parse("(1,234)"), Some(-1234.0));
    /// assert_eq!(DecimalMark::Point.parse("12,34"), None);
    /// ```
    pub fn parse(self, cell: &str) -> Option<f64> {
        // Most numbers need no more.
        if self == Self::Point
            && let Some(number) = finite(cell.trim())
        {
            return Some(number);
        }
        let Parts { is_negative, digits, .. } = Parts::of(cell)?;
        let size = self.parse_digits(digits)?;
        Some(if is_negative { -size } else { size })
    }

    /// Returns `true` if a cell is a number with one of the marks.
    pub fn is_number(cell: &str) -> bool {
        [Self::Point, Self::Comma].iter().any(|mark| mark.parse(cell).is_some())
    }

    /// Returns the number that digits with their marks are, without a minus and a unit.
    fn parse_digits(self, cell: &str) -> Option<f64> {
        if self == Self::Point
            && let Some(number) = finite(cell)
        {
            return Some(number);
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
        finite(&plain)
    }

    /// Returns the mark with which more of these cells are numbers; `None` if there is a tie, as for
    /// `1,234` and `1.234`. Cells without marks are numbers with points.
    pub fn guess<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> Option<DecimalMark> {
        // Most columns need no parsing to tell.
        let is_clear = |cell: &str| {
            let digits = Parts::of(cell).map_or("", |parts| parts.digits);
            let decimals = digits.rsplit_once('.').map(|(_, decimals)| decimals.len());
            !cell.contains(',') && decimals != Some(3)
        };
        if cells.clone().all(is_clear) {
            return Some(Self::Point);
        }
        let (points, commas) = with_each(cells);
        match points.cmp(&commas) {
            Ordering::Greater => Some(Self::Point),
            Ordering::Less => Some(Self::Comma),
            Ordering::Equal if points == 0 => Some(Self::Point),
            Ordering::Equal => None,
        }
    }

    pub(super) fn other(self) -> DecimalMark {
        match self {
            Self::Point => Self::Comma,
            Self::Comma => Self::Point,
        }
    }

    /// Returns the mark that these cells show: almost all that have a comma or a point are numbers with it,
    /// and fewer with the other.
    pub(super) fn shown<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> Option<DecimalMark> {
        let marked = cells.filter(|cell| cell.contains([',', '.']));
        let (points, commas) = with_each(marked.clone());
        match is_most(points.max(commas), marked.count()) {
            true if points > commas => Some(Self::Point),
            true if commas > points => Some(Self::Comma),
            _ => None,
        }
    }
}

/// The form of a column's numbers: their decimal mark and unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberForm {
    pub(super) decimal: DecimalMark,
    pub(super) unit: Option<char>,
}

impl NumberForm {
    /// Returns a number as a cell of the column. A JSON number has a decimal point, no unit, and only one meaning. A
    /// cell such as `1.234` could have two, so it becomes `0.1234e1`.
    ///
    /// ```
    /// use data::{DecimalMark, NumberForm};
    ///
    /// assert_eq!(NumberForm::plain(DecimalMark::Comma).cell("88.5"), "88,5");
    /// assert_eq!(NumberForm::plain(DecimalMark::Point).cell("-1.234"), "-0.1234e1");
    /// ```
    pub fn cell(self, json: &str) -> String {
        let is_ambiguous = DecimalMark::Comma.parse(json).is_some() && json.contains('.');
        let mut cell = if is_ambiguous { without_whole_part(json) } else { json.to_owned() };
        if self.decimal == DecimalMark::Comma {
            cell = cell.replace('.', ",");
        }
        // Without it, a number of a column of percents would not be on its scale.
        cell.extend(self.unit.filter(|&unit| unit == '%'));
        cell
    }

    /// Returns the form of a column without a unit.
    pub fn plain(decimal: DecimalMark) -> Self {
        Self { decimal, unit: None }
    }

    /// Returns the sign that each number of the column must have.
    pub fn percent(self) -> Option<char> {
        self.unit.filter(|&unit| unit == '%')
    }
}

/// Moves the decimal point of a number before its first digit.
fn without_whole_part(number: &str) -> String {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (sign, digits) = whole.split_at(usize::from(whole.starts_with('-')));
    let exponent = exponent.parse::<i64>().unwrap_or(0) + digits.len() as i64;
    format!("{sign}0.{digits}{decimals}e{exponent}")
}

/// Returns how many cells are numbers with decimal points, and how many with decimal commas.
fn with_each<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> (usize, usize) {
    let cells = cells.filter(|cell| !is_address(cell));
    let count = |mark: DecimalMark| cells.clone().filter(|c| mark.parse(c).is_some()).count();
    (count(DecimalMark::Point), count(DecimalMark::Comma))
}

/// Returns `true` if a cell of digits is more likely a code than a number: `01234`, `7E53`, or the address
/// `192.168.213.224`.
pub(super) fn is_code(cell: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_padded = cell.len() > 1 && cell.starts_with('0') && is_digits(cell);
    let has_letter = cell.split_once(['e', 'E']).is_some_and(|(a, b)| is_digits(a) && is_digits(b));
    is_padded || has_letter || is_address(cell)
}

/// Returns `true` for four bytes with points between them.
fn is_address(cell: &str) -> bool {
    cell.matches('.').count() == 3 && cell.split('.').all(|part| part.parse::<u8>().is_ok())
}

/// Returns the unit of the numbers in these cells: the sign that most cells with a sign have. A percent sign
/// counts only if most cells have it, as 45% and 0.45 are not on one scale.
pub(super) fn unit_of<'a>(cells: impl Iterator<Item = &'a str>) -> Option<char> {
    let (mut counts, mut all) = (BTreeMap::<char, usize>::new(), 0);
    for cell in cells {
        all += 1;
        if let Some(unit) = unit(cell) {
            *counts.entry(unit).or_default() += 1;
        }
    }
    let (unit, count) = counts.into_iter().max_by_key(|&(_, count)| count)?;
    (unit != '%' || 2 * count > all).then_some(unit)
}

/// Returns the number that a cell of a column with this unit holds; `None` if the cell has another unit, or
/// if it has no unit and the column's unit is percent.
pub(super) fn parse_with(
    decimal: DecimalMark,
    unit_of_column: Option<char>,
    cell: &str,
) -> Option<f64> {
    let is_comparable = match unit(cell) {
        None => unit_of_column != Some('%'),
        some => some == unit_of_column,
    };
    decimal.parse(cell).filter(|_| is_comparable)
}

/// Returns the number of a text as Rust writes it, if it is finite.
fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Returns the currency or the percent sign of a cell.
fn unit(cell: &str) -> Option<char> {
    // Most cells have none.
    match cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        true => None,
        false => Parts::of(cell)?.unit,
    }
}

/// A cell without its sign and its unit.
struct Parts<'a> {
    is_negative: bool,
    /// The currency or the percent sign.
    unit: Option<char>,
    /// The digits with their marks.
    digits: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes a cell apart; `None` if it has two signs.
    fn of(cell: &'a str) -> Option<Self> {
        let (around, rest) = without_parentheses(cell.trim());
        let (before, rest) = without_minus(rest);
        let is_unit = |letter: &char| matches!(letter, '$' | '€' | '£' | '¥' | '%');
        let [first, last] = [rest.chars().next(), rest.chars().next_back()];
        let unit = first.filter(is_unit).or_else(|| last.filter(is_unit));
        let rest = unit.map_or(rest, |unit| rest.trim_matches(unit).trim());
        let (around_number, rest) = without_parentheses(rest);
        let (after_unit, rest) = without_minus(rest);
        // Without decimals or groups, as in an age of `18-`, it may mean something else.
        let behind = rest.strip_suffix('-').filter(|rest| rest.contains(['.', ',']));
        let digits = behind.unwrap_or(rest);
        let minuses = [around, before, around_number, after_unit, behind.is_some()];
        let count = minuses.iter().filter(|&&is_there| is_there).count();
        let is_signed_again = count > 0 && digits.starts_with(['+', '-']);
        (count < 2 && !is_signed_again).then_some(Self { is_negative: count > 0, unit, digits })
    }
}

/// Returns `true` and what is between the parentheses of a cell that has them.
fn without_parentheses(cell: &str) -> (bool, &str) {
    match cell.strip_prefix('(').and_then(|cell| cell.strip_suffix(')')) {
        Some(inner) => (true, inner.trim()),
        None => (false, cell),
    }
}

/// Returns `true` and the rest of a cell that begins with a minus sign or a hyphen.
fn without_minus(cell: &str) -> (bool, &str) {
    match cell.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, cell),
    }
}

/// Returns whole digits without what groups them by threes, if they are grouped so. One character groups all of them:
/// in `1 234,567` the comma is before decimals.
fn ungrouped(whole: &str, groups: &[char]) -> Option<String> {
    let group = whole.chars().find(|letter| groups.contains(letter))?;
    let mut parts = whole.split(group);
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

/// Returns `true` for at least 19 of 20.
pub(super) fn is_most(part: usize, whole: usize) -> bool {
    part > 0 && 20 * part >= 19 * whole
}
