//! Where a trained model's attention goes in a text.

use std::ops::Range;

use autograd::{Parameters, Pass, Tape};
use nn::{Decoder, Model, attention_weights};
use report::AttentionHead;
use tensor::Tensor;

/// The most weights on a page. Most of them take two or three bytes.
const WEIGHTS: usize = 1_000_000;

/// Returns the largest number of tokens of a text whose maps have at most [`WEIGHTS`] weights in this many heads, at
/// least one.
pub fn most_tokens(heads: usize) -> usize {
    // Token t has t weights, counted from 1.
    let is_too_long = |&tokens: &usize| heads * (tokens * (tokens + 1) / 2) > WEIGHTS;
    (2..).find(is_too_long).expect("a text can be too long") - 1
}

/// Returns the attention of all heads in a text, block by block. Queries and keys are those that the blocks left on
/// the tape.
pub fn heads(model: &Decoder, parameters: &Parameters, tokens: &[u32]) -> Vec<AttentionHead> {
    let tape = Tape::new();
    let ids = Tensor::new([1, tokens.len()], tokens.to_vec());
    model.forward(Pass::eval(&tape, parameters), &ids);
    let (heads, groups) = (model.config().heads, model.config().key_value_heads);
    let nodes = tape.nodes();
    let blocks = nodes.iter().filter(|node| node.name() == "causal_attention");
    let weights = blocks.map(|node| {
        let [query, key] = [0, 1].map(|input| nodes.get(node.inputs()[input]).value());
        attention_weights(query, key, heads, groups)
    });
    weights.enumerate().flat_map(|(block, weights)| of_block(block, &weights)).collect()
}

/// Returns the heads of a block from weights `[1, heads, time, time]`.
fn of_block(block: usize, weights: &Tensor) -> Vec<AttentionHead> {
    let [heads, time] = [weights.shape()[1], weights.shape()[2]];
    let weights = weights.values();
    let thousandth = |weight: f32| (weight * 1000.0).round() as u16;
    let row = |head: usize, query: usize| {
        let start = (head * time + query) * time;
        weights[start..=start + query].iter().map(|&weight| thousandth(weight)).collect()
    };
    let of_head = |head| AttentionHead {
        block,
        head,
        thousandths: (0..time).map(|query| row(head, query)).collect(),
    };
    (0..heads).map(of_head).collect()
}

/// Returns the head and the token to show first. In a text with an answer, it is the token of the question or the
/// answer that looks most at where the answer was in the text before; otherwise the last token, and the head that
/// looks most at one token.
pub fn most_telling(
    heads: &[AttentionHead],
    tokens: &[u32],
    answer: Option<Range<usize>>,
) -> Option<(usize, usize)> {
    let last = tokens.len().checked_sub(1)?;
    let (queries, wanted) = match answer.and_then(|answer| earlier(tokens, answer)) {
        Some((answer, earlier)) => (answer.start - 1..answer.end, earlier),
        None => (last..last + 1, 0..0),
    };
    let looks = |head: usize, query: usize| -> u32 {
        let row = &heads[head].thousandths[query];
        let weights = wanted.clone().filter_map(|key| row.get(key));
        weights.map(|&weight| u32::from(weight)).sum()
    };
    let peak = |head: usize, query: usize| heads[head].thousandths[query].iter().max().copied();
    let pairs = (0..heads.len()).flat_map(|head| queries.clone().map(move |query| (head, query)));
    pairs.max_by_key(|&(head, query)| (looks(head, query), peak(head, query)))
}

/// Returns an answer, and where its tokens occur before it for the last time.
fn earlier(tokens: &[u32], answer: Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    let found = (0..answer.start.checked_sub(answer.len())?)
        .rev()
        .find(|&start| tokens[start..start + answer.len()] == tokens[answer.clone()])?;
    Some((answer.clone(), found..found + answer.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head over four tokens. Each row is what a token sees of itself and those before.
    fn head(block: usize, rows: [&[u16]; 6]) -> AttentionHead {
        AttentionHead { block, head: 0, thousandths: rows.map(<[u16]>::to_vec).to_vec() }
    }

    #[test]
    fn the_head_that_looks_from_the_answer_to_where_it_stood_before_is_shown_first() {
        let even = head(0, [&[1000], &[500; 2], &[333; 3], &[250; 4], &[200; 5], &[167; 6]]);
        let looking = [&[0, 900, 0, 100][..], &[0, 800, 100, 0, 100], &[0, 0, 0, 0, 0, 1000]];
        let knowing = head(1, [&[1000], &[500; 2], &[333; 3], looking[0], looking[1], looking[2]]);
        let heads = [even, knowing];
        // Token 7 is the answer, at place 4; it stood at place 1. The question ends at place 3.
        let tokens = [5, 7, 6, 8, 7, 9];
        assert_eq!(most_telling(&heads, &tokens, Some(4..5)), Some((1, 3)));
        // Without an answer it is the last token, and the head that looks most at one token.
        assert_eq!(most_telling(&heads, &tokens, None), Some((1, 5)));
        // An answer that did not stand before is none.
        assert_eq!(most_telling(&heads, &tokens, Some(5..6)), Some((1, 5)));
        assert_eq!(most_telling(&heads, &[], None), None);
    }
}
