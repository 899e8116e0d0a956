//! Exercise 18, chapter 8: a merge of two tokens.
//!
//! Byte-pair encoding makes tokens by merging: wherever the token `pair[0]` is followed by `pair[1]`, both are replaced
//! by the one token `new`. Go from left to right. A token that was merged is used up: in 7 7 7 the pair (7, 7) is there
//! once, and the last 7 stays.
//!
//! For [1, 2, 3, 1, 2], the pair [1, 2] and the new token 9 the answer is [9, 3, 9].
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 18

/// Returns the tokens after the merge.
pub fn merge(ids: &[u32], pair: [u32; 2], new: u32) -> Vec<u32> {
    todo!()
}
