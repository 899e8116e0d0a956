//! The notation of numbers and dates that can be read in two ways: `1,234` and `3/4/2024`.
//!
//! A model reads a column as the rows to train on wrote it. Other rows may have the other decimal mark, or the other
//! order of day and month. Cells that can be read in one way only, such as `3,5` and `31/5/2024`, show which.

use super::{DateOrder, DecimalMark};

/// The rows' notation of numbers and dates, compared with the rows to train on, as far as they have shown it.
///
/// Rows that come in parts have one notation: [`or`](Self::or) adds what the next part shows.
///
/// ```
/// use data::Notation;
///
/// let first = Notation::default(); // Such as 1,234, and no other number.
/// let next = Notation { has_other_mark: Some(true), ..first }; // Such as 3,5 where the model has 3.5.
/// assert_eq!(first.or(next).has_other_mark, Some(true));
/// assert_eq!(next.or(first).has_other_mark, Some(true));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notation {
    /// `true` if numbers have the other decimal mark; `None` if no number has shown its mark.
    pub has_other_mark: Option<bool>,
    /// `true` if dates have the other order of day and month; `None` if no date has shown its order.
    pub has_other_order: Option<bool>,
}

impl Notation {
    /// Returns what cells show of the decimal mark, where the rows to train on have `own`.
    pub(super) fn of_numbers<'a>(
        own: DecimalMark,
        cells: impl Iterator<Item = &'a str> + Clone,
    ) -> Notation {
        let has_other_mark = DecimalMark::shown(cells).map(|shown| shown != own);
        Notation { has_other_mark, ..Notation::default() }
    }

    /// Returns what cells show of the order of day and month, where the rows to train on have `own`.
    pub(super) fn of_dates<'a>(
        own: DateOrder,
        cells: impl Iterator<Item = &'a str> + Clone,
    ) -> Notation {
        let has_other_order = DateOrder::guess(cells).map(|shown| shown != own);
        Notation { has_other_order, ..Notation::default() }
    }

    /// Returns the notation of rows whose columns show these. It is the other one if a column shows that and none
    /// shows the notation trained on.
    pub fn of_columns(columns: &[Notation]) -> Notation {
        let is_other = |shown: fn(&Notation) -> Option<bool>| {
            columns.iter().filter_map(shown).reduce(|one, another| one && another)
        };
        Notation {
            has_other_mark: is_other(|column| column.has_other_mark),
            has_other_order: is_other(|column| column.has_other_order),
        }
    }

    /// Returns this notation, and what `later` rows show of the rest.
    pub fn or(self, later: Notation) -> Notation {
        Notation {
            has_other_mark: self.has_other_mark.or(later.has_other_mark),
            has_other_order: self.has_other_order.or(later.has_other_order),
        }
    }
}
