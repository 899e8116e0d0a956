//! Sequences of any lengths, padded to one: each keeps its tokens on the side that was asked for.

#![no_main]

use data::{Padding, Side, pad_sequences};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<Vec<u32>>, Option<u8>, bool, bool)| {
    let (sequences, maxlen, pads_before, cuts_before) = input;
    let side = |is_before| if is_before { Side::Pre } else { Side::Post };
    let how = Padding {
        maxlen: maxlen.map(usize::from),
        padding: side(pads_before),
        truncating: side(cuts_before),
        value: 0,
    };
    let padded = pad_sequences(&sequences, how);
    let longest = sequences.iter().map(Vec::len).max().unwrap_or(0);
    let length = how.maxlen.unwrap_or(longest);
    assert_eq!(padded.shape(), [sequences.len(), length]);
    let ids = padded.to_vec();
    for (row, sequence) in sequences.iter().enumerate() {
        let found = &ids[row * length..(row + 1) * length];
        let kept = sequence.len().min(length);
        let tokens =
            if cuts_before { &sequence[sequence.len() - kept..] } else { &sequence[..kept] };
        let place = if pads_before { &found[length - kept..] } else { &found[..kept] };
        assert_eq!(place, tokens);
    }
});
