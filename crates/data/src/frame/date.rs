//! Dates, with or without a time: `2024-05-31`, `31.5.2024`, `5/31/2024 5:30 PM`, `31-May-2024`.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// The order of the parts of dates that do not begin with the year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `31/5/2024`. Dates with points are always read this way.
    DayFirst,
    /// `5/31/2024`, as pandas takes dates that could be either.
    #[default]
    MonthFirst,
}

impl DateOrder {
    /// Returns the order with which more of these cells are dates; `None` if there is a tie, as for
    /// `3/4/2024` alone.
    pub fn guess<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> Option<DateOrder> {
        let cells = cells.filter(|cell| has_order(cell));
        let count = |order: Self| cells.clone().filter(|cell| order.parse(cell).is_some()).count();
        match count(Self::DayFirst).cmp(&count(Self::MonthFirst)) {
            Ordering::Greater => Some(Self::DayFirst),
            Ordering::Less => Some(Self::MonthFirst),
            Ordering::Equal => None,
        }
    }

    pub(super) fn other(self) -> DateOrder {
        match self {
            Self::DayFirst => Self::MonthFirst,
            Self::MonthFirst => Self::DayFirst,
        }
    }

    /// Returns the days since 1970-01-01 of a date, with its time as a fraction. A zone, such as `Z`, `UTC` or
    /// `+02:00`, moves it to UTC. A year of two digits, as in `31/5/24`, `31-May-24` and
    /// `31.05.24`, is from 1969 to 2068, as in POSIX.
    ///
    /// ```
    /// use data::DateOrder;
    ///
    /// assert_eq!(DateOrder::default().parse("1970-01-02T12:00:00Z"), Some(1.5));
    /// assert_eq!(DateOrder::DayFirst.parse("2/1/1970"), Some(1.0));
    /// assert_eq!(DateOrder::default().parse("2-Jan-1970"), Some(1.0));
    /// assert_eq!(DateOrder::default().parse("1/2/70 6:00 PM"), Some(1.75));
    /// assert_eq!(DateOrder::default().parse("2024-02-30"), None);
    /// ```
    pub fn parse(self, cell: &str) -> Option<f64> {
        let cell = cell.trim();
        if cell.len() < "1.1.70".len() || !cell.starts_with(|letter: char| letter.is_ascii_digit())
        {
            return None;
        }
        let (date, time) = date_and_time(cell);
        let separator = date.chars().find(|letter| !letter.is_ascii_digit())?;
        let parts: Vec<&str> = date.split(separator).collect();
        let &[first, second, third] = &parts[..] else { return None };
        let named = month_of_name(second);
        let (year, month, day) = match (separator, first.len()) {
            ('-' | '/' | '.', 4) => (first, second, third),
            ('-' | '/', _) if named.is_some() => (third, second, first),
            ('.', _) => (third, second, first),
            ('/' | '-', _) if self == Self::DayFirst => (third, second, first),
            ('/' | '-', _) => (third, first, second),
            _ => return None,
        };
        // `1.2.24` may be the version of a program.
        let is_padded = separator == '.' && first.len() == 2 && second.len() == 2;
        let may_be_short = separator == '/' || named.is_some() || is_padded;
        if year.len() != 4 && !(year.len() == 2 && may_be_short) || day.len() > 2 {
            return None;
        }
        let in_digits = || digits(month).filter(|_| month.len() <= 2);
        let days = days(whole_year(year)?, named.or_else(in_digits)?, digits(day)?)?;
        Some(days as f64 + time.map_or(Some(0.0), time_of_day)?)
    }
}

/// Cuts a cell at the space or the `T` before a time. It follows a digit, as the `T` of `31-OCT-2024` does not.
fn date_and_time(cell: &str) -> (&str, Option<&str>) {
    let mut ends = cell.match_indices([' ', 'T']).map(|(end, _)| end);
    match ends.find(|&end| cell[..end].ends_with(|letter: char| letter.is_ascii_digit())) {
        Some(end) => (&cell[..end], Some(cell[end + 1..].trim())),
        None => (cell, None),
    }
}

/// Returns the year of two or four digits.
fn whole_year(year: &str) -> Option<i64> {
    match (year.len(), digits(year)?) {
        (2, year @ ..69) => Some(2000 + year),
        (2, year) => Some(1900 + year),
        (_, year) => Some(year),
    }
}

/// Returns the date of a number of days since 1970-01-01, which may be a fraction, as ISO 8601 writes it.
///
/// ```
/// assert_eq!(data::iso_date(-0.5), "1969-12-31");
/// assert_eq!(data::iso_date(19_782.0), "2024-02-29");
/// ```
pub fn iso_date(days: f64) -> String {
    // The limit gives every number of days a text; years in files do not have more than four digits.
    const FARTHEST: f64 = 3e6;
    let whole = days.clamp(-FARTHEST, FARTHEST).floor() as i64;
    let year = civil_year(whole);
    let start = |month: i64| self::days(year, month, 1).unwrap_or(i64::MAX);
    let month = (1..=12).rev().find(|&month| start(month) <= whole).unwrap_or(1);
    format!("{year:04}-{month:02}-{:02}", whole - start(month) + 1)
}

/// Returns `true` if the order of its parts decides which date a cell is.
pub(super) fn has_order(cell: &str) -> bool {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let rest = cell.trim_start_matches(is_digit);
    // A name is a month, wherever it stands.
    let is_before_digit =
        rest.strip_prefix(['/', '-']).is_some_and(|rest| rest.starts_with(is_digit));
    (1..=2).contains(&(cell.len() - rest.len())) && is_before_digit
}

/// Returns the numbers of a date that a model gets: the days since 1970, then
/// sine and cosine of the place in the year, in the week and in the day.
pub(super) fn calendar(days: f64) -> [f64; 7] {
    let whole = days.floor() as i64;
    let start = self::days(civil_year(whole), 1, 1).unwrap_or(0);
    // The first day of 1970 was a Thursday; weeks begin on Monday.
    let circles = [
        (days - start as f64) / 365.2425,
        ((whole + 3).rem_euclid(7) as f64) / 7.0,
        days - days.floor(),
    ];
    let [year, week, day] = circles.map(|turn| (turn * std::f64::consts::TAU).sin_cos());
    [days, year.0, year.1, week.0, week.1, day.0, day.1]
}

/// Returns the number of a month by the first three letters of its English name, or by all of them.
fn month_of_name(name: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let is_name =
        |month: &&str| name.eq_ignore_ascii_case(month) || name.eq_ignore_ascii_case(&month[..3]);
    MONTHS.iter().position(is_name).map(|place| place as i64 + 1)
}

/// Returns a number of digits only.
fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// Returns the share of a day that a time is, such as `17:30`, `5:30 PM`, `17:30 UTC` or `17:30:05.25+02:00`.
fn time_of_day(text: &str) -> Option<f64> {
    let in_utc = [" UTC", " GMT"].iter().find_map(|zone| text.strip_suffix(zone));
    let text = in_utc.unwrap_or(text);
    let half = |names: [&str; 2]| names.iter().find_map(|name| text.strip_suffix(name));
    match (half(["AM", "am"]), half(["PM", "pm"])) {
        (Some(text), _) => return twelve_hours(text.trim_end(), 0),
        (_, Some(text)) => return twelve_hours(text.trim_end(), 12),
        _ => {}
    }
    let zone = text.find(['Z', '+', '-']).unwrap_or(text.len());
    let (time, zone) = text.split_at(zone);
    let mut parts = time.trim().split(':');
    let (hour, minute) = (digits(parts.next()?)?, digits(parts.next()?)?);
    let seconds = parts.next().map_or(Some(0.0), |part| {
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        part.parse::<f64>().ok().filter(|_| is_number)
    })?;
    if hour > 23 || minute > 59 || seconds >= 61.0 || parts.next().is_some() {
        return None;
    }
    let offset = match zone.split_at_checked(1) {
        None | Some(("Z", "")) => 0.0,
        Some((sign @ ("+" | "-"), offset)) => {
            let offset = zone_minutes(offset)? as f64;
            if sign == "+" { offset } else { -offset }
        }
        Some(_) => return None,
    };
    Some(((hour * 60 + minute) as f64 - offset + seconds / 60.0) / 1440.0)
}

/// Returns the share of a day that a time of a half day is, which begins at 12 o'clock. It begins after `before` hours.
fn twelve_hours(text: &str, before: i64) -> Option<f64> {
    let (hour, rest) = text.split_once(':')?;
    let hour = digits(hour).filter(|hour| (1..=12).contains(hour))? % 12 + before;
    let has_zone =
        rest.contains(|letter: char| !letter.is_ascii_digit() && letter != ':' && letter != '.');
    if has_zone { None } else { time_of_day(&format!("{hour}:{rest}")) }
}

/// Returns the minutes that a zone is from UTC, such as `05:30`, `5:30`, `0530` or `05`.
fn zone_minutes(offset: &str) -> Option<i64> {
    let (hours, minutes) = match offset.split_once(':') {
        Some(parts) => parts,
        None if offset.len() <= 2 => (offset, "00"),
        None => offset.split_at_checked(2)?,
    };
    if hours.len() > 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    // No zone is further from UTC than UTC+14.
    (hours <= 14 && minutes <= 59).then_some(hours * 60 + minutes)
}

/// Returns the days from 1970-01-01 to a date of the Gregorian calendar, if there is such a date.
///
/// Hinnant, *chrono-compatible low-level date algorithms* (2013): years begin in March, so the day that
/// comes every four years is the last one.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Returns the year of a number of days since 1970-01-01.
fn civil_year(whole: i64) -> i64 {
    let mut year = 1970 + (whole as f64 / 365.2425).floor() as i64;
    while days(year, 1, 1).is_some_and(|start| start > whole) {
        year -= 1;
    }
    while days(year + 1, 1, 1).is_some_and(|start| start <= whole) {
        year += 1;
    }
    year
}
