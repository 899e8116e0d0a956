//! The tree along which the results of shards are added.
//!
//! A range of shards is cut into halves, and each half is added up separately; if the number is odd, the
//! first half has one shard more. That keeps rounding errors small, and the order of additions depends only
//! on the number of shards.

use std::ops::Range;

/// Returns the shard before which a range of shards is cut.
pub(crate) fn middle(range: Range<usize>) -> usize {
    range.start + range.len().div_ceil(2)
}

/// Returns the shards that each process computes, of `count` in all.
pub(crate) fn block(rank: usize, size: usize, count: usize) -> Range<usize> {
    rank * count / size..(rank + 1) * count / size
}

/// Returns the largest subtrees of a tree over `count` shards whose leaves are all in `block`, in order.
pub(crate) fn subtrees(count: usize, block: &Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    collect(0..count, block, &mut found);
    found
}

fn collect(tree: Range<usize>, block: &Range<usize>, found: &mut Vec<Range<usize>>) {
    if tree.start >= block.end || tree.end <= block.start || tree.is_empty() {
        return;
    }
    if block.start <= tree.start && tree.end <= block.end {
        return found.push(tree);
    }
    let middle = middle(tree.clone());
    collect(tree.start..middle, block, found);
    collect(middle..tree.end, block, found);
}

/// Returns the sum over the whole tree of `count` shards, from the sums of the subtrees that cover it.
/// `subtree` returns these in their order.
pub(crate) fn finish<S>(
    count: usize,
    subtrees: &[Range<usize>],
    subtree: &mut dyn FnMut() -> S,
    plus: &dyn Fn(S, S) -> S,
) -> S {
    let mut left = subtrees;
    add(0..count, &mut left, subtree, plus)
}

fn add<S>(
    tree: Range<usize>,
    left: &mut &[Range<usize>],
    subtree: &mut dyn FnMut() -> S,
    plus: &dyn Fn(S, S) -> S,
) -> S {
    if left.first() == Some(&tree) {
        *left = &left[1..];
        return subtree();
    }
    assert!(tree.len() > 1, "no process has computed shard {}", tree.start);
    let middle = middle(tree.clone());
    let first = add(tree.start..middle, left, subtree, plus);
    let last = add(middle..tree.end, left, subtree, plus);
    plus(first, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how shards are added up, as brackets.
    fn brackets(shards: Range<usize>) -> String {
        if shards.len() == 1 {
            return shards.start.to_string();
        }
        let middle = middle(shards.clone());
        format!("({}{})", brackets(shards.start..middle), brackets(middle..shards.end))
    }

    #[test]
    fn a_sum_is_bracketed_alike_for_any_number_of_processes() {
        for count in 1..20 {
            for size in 1..=24 {
                let of = |rank| subtrees(count, &block(rank, size, count));
                let pieces: Vec<_> = (0..size).flat_map(of).collect();
                let mut sums = pieces.iter().cloned().map(brackets);
                let plus = |a, b| format!("({a}{b})");
                let sum = finish(count, &pieces, &mut || sums.next().unwrap(), &plus);
                assert_eq!(sum, brackets(0..count), "{size} processes");
            }
        }
    }

    #[test]
    fn a_power_of_two_sends_one_subtree_a_process() {
        for size in [1, 2, 4, 8] {
            for count in [size, 3 * size, 8 * size] {
                for rank in 0..size {
                    let block = block(rank, size, count);
                    assert_eq!(subtrees(count, &block), [block]);
                }
            }
        }
    }

    #[test]
    fn five_shards_are_added_as_three_and_two() {
        assert_eq!(brackets(0..5), "(((01)2)(34))");
    }
}
