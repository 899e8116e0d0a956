//! Chooses the rows that a model is judged by: a share held out, or each row once in several folds.
//!
//! Rows of one group, such as the rows of one patient, stay together: a model that has seen one of them would
//! know the others.

use std::cmp::Reverse;

use rand::seq::SliceRandom;
use tensor::{Key, Tensor};

use crate::split::share_of;
use crate::{Split, SplitError};

/// Returns the positions of about a `share` of `count` rows, ascending, chosen as `how` says. With `groups`,
/// whole groups are drawn, until there are enough rows.
///
/// # Errors
///
/// If a part would be empty.
pub fn held_out(
    count: usize,
    how: Split,
    classes: Option<&Tensor<u32>>,
    groups: Option<&[u32]>,
    share: f64,
    key: Key,
) -> Result<Vec<u32>, SplitError> {
    let Some(groups) = groups else {
        return how.validation_positions(count, classes, share, key);
    };
    let wanted = share_of(count, share);
    let (mut members, mut taken) = (by_group(groups), Vec::new());
    members.shuffle(&mut key.rng());
    // The last group stays for training.
    while taken.len() < wanted && members.len() > 1 {
        taken.extend(members.pop().unwrap_or_default());
    }
    if share > 0.0 && (taken.is_empty() || taken.len() == count) {
        let training = count - taken.len();
        return Err(SplitError::TooFew { samples: count, fraction: share, training });
    }
    taken.sort_unstable();
    Ok(taken)
}

/// Returns the positions of each of `folds` folds, ascending: each of `count` rows is in one of them. With
/// `classes`, each fold has its share of each class; with `groups`, each group is in one fold, the largest
/// ones dealt out first, each to the fold that has fewest rows (scikit-learn's `GroupKFold`).
pub fn folds(
    count: usize,
    classes: Option<&Tensor<u32>>,
    groups: Option<&[u32]>,
    folds: usize,
    key: Key,
) -> Vec<Vec<u32>> {
    let mut parts = vec![Vec::new(); folds];
    match groups {
        Some(groups) => {
            let mut members = by_group(groups);
            members.shuffle(&mut key.rng());
            members.sort_by_key(|group| Reverse(group.len()));
            for group in members {
                if let Some(fold) = parts.iter_mut().min_by_key(|fold| fold.len()) {
                    fold.extend(group);
                }
            }
        }
        None => {
            let mut order: Vec<u32> = (0..count as u32).collect();
            order.shuffle(&mut key.rng());
            if let Some(classes) = classes {
                let classes = classes.to_vec();
                order.sort_by_key(|&row| classes[row as usize]);
            }
            for (at, row) in order.into_iter().enumerate() {
                parts[at % folds].push(row);
            }
        }
    }
    parts.iter_mut().for_each(|fold| fold.sort_unstable());
    parts
}

/// Returns the rows of each group.
fn by_group(groups: &[u32]) -> Vec<Vec<u32>> {
    let count = groups.iter().max().map_or(0, |&last| last as usize + 1);
    let mut members = vec![Vec::new(); count];
    for (row, &group) in groups.iter().enumerate() {
        members[group as usize].push(row as u32);
    }
    members.retain(|rows| !rows.is_empty());
    members
}
