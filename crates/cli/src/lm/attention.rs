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
        None => (last..last + 1, 0..last + 1),
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
