//! Solution of exercise 18: a merge of two tokens.
//!
//! What was merged is skipped, both of it; `rest` is what has not been read.

/// Returns the tokens after the merge.
pub fn merge(ids: &[u32], pair: [u32; 2], new: u32) -> Vec<u32> {
    let mut merged = Vec::new();
    let mut rest = ids;
    while let [first, others @ ..] = rest {
        if rest.starts_with(&pair) {
            merged.push(new);
            rest = &rest[2..];
        } else {
            merged.push(*first);
            rest = others;
        }
    }
    merged
}
