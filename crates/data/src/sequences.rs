//! Token sequences of different lengths as one rectangular tensor.

use tensor::Tensor;

/// The end of a sequence at which something is added or cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Before the first token.
    Pre,
    /// After the last token.
    Post,
}

/// How [`pad_sequences`] brings sequences to one length. The default is Keras'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Padding {
    /// The length of every row; `None` is the length of the longest sequence.
    pub maxlen: Option<usize>,
    /// Where short sequences are filled up.
    pub padding: Side,
    /// Where long sequences are cut.
    pub truncating: Side,
    /// The id that fills up; the tokenizer gives 0 to no word.
    pub value: u32,
}

impl Default for Padding {
    fn default() -> Padding {
        Padding { maxlen: None, padding: Side::Pre, truncating: Side::Pre, value: 0 }
    }
}

/// Pads or cuts each sequence to one length, as Keras' `pad_sequences`: the result is
/// `[sequences.len(), maxlen]`.
///
/// ```
/// use data::{Padding, Side, pad_sequences};
///
/// let sequences = [vec![1], vec![2, 3, 4]];
/// let keras = Padding { maxlen: Some(2), ..Padding::default() };
/// assert_eq!(pad_sequences(&sequences, keras).to_vec(), [0, 1, 3, 4]);
///
/// let post = Padding { padding: Side::Post, truncating: Side::Post, ..keras };
/// assert_eq!(pad_sequences(&sequences, post).to_vec(), [1, 0, 2, 3]);
/// ```
pub fn pad_sequences(sequences: &[Vec<u32>], how: Padding) -> Tensor<u32> {
    let longest = sequences.iter().map(Vec::len).max().unwrap_or(0);
    let maxlen = how.maxlen.unwrap_or(longest);
    let mut ids = Vec::with_capacity(sequences.len() * maxlen);
    for sequence in sequences {
        let kept = sequence.len().min(maxlen);
        let tokens = match how.truncating {
            Side::Pre => &sequence[sequence.len() - kept..],
            Side::Post => &sequence[..kept],
        };
        let fill = std::iter::repeat_n(how.value, maxlen - kept);
        match how.padding {
            Side::Pre => ids.extend(fill.chain(tokens.iter().copied())),
            Side::Post => ids.extend(tokens.iter().copied().chain(fill)),
        }
    }
    Tensor::new([sequences.len(), maxlen], ids)
}
