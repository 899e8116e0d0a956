//! Windows of a list of tokens.

use data::{DrawnWindows, NO_TARGET, Portions, Samples, Source, Windows};
use proptest::prelude::*;
use tensor::Key;

proptest! {
    #[test]
    fn consecutive_windows_predict_each_token_but_the_first_once(count in 0..50usize, length in 1..9usize) {
        let tokens: Vec<u32> = (100..100 + count as u32).collect();
        let windows = Windows::consecutive(&tokens, length);
        let targets = windows.targets().batch().to_vec();
        let counted: Vec<u32> = targets.into_iter().filter(|&token| token != NO_TARGET).collect();
        prop_assert_eq!(&counted[..], tokens.get(1..).unwrap_or_default());
    }

    #[test]
    fn a_target_is_the_token_behind_its_input(
        count in 10..60u32, length in 1..9usize, drawn in 1..9usize, seed: u64,
    ) {
        let tokens: Vec<u32> = (100..100 + count).collect();
        let starts: Vec<usize> = (0..count as usize).step_by(7).collect();
        for windows in [
            Windows::consecutive(&tokens, length),
            Windows::drawn(&tokens, length, drawn, Key::new(seed)),
            Windows::of_documents(&tokens, &starts, length),
        ] {
            let (inputs, targets) = (windows.inputs().batch(), windows.targets().batch());
            let fullest = (0..windows.len()).map(|window| windows.inputs().places(window).len()).max();
            prop_assert_eq!(inputs.shape(), &[windows.len(), fullest.unwrap_or(length)]);
            for (input, target) in inputs.to_vec().into_iter().zip(targets.to_vec()) {
                prop_assert!(target == input + 1 || (target == NO_TARGET && input == 0), "{} {}", input, target);
            }
        }
    }

    #[test]
    fn windows_of_documents_begin_with_one_and_predict_each_token_once(
        lengths in prop::collection::vec(1..12usize, 1..20), length in 1..20usize,
    ) {
        let starts: Vec<usize> =
            lengths.iter().scan(0, |at, length| Some(std::mem::replace(at, *at + length))).collect();
        let count: usize = lengths.iter().sum();
        let tokens: Vec<u32> = (0..count as u32).collect();
        let windows = Windows::of_documents(&tokens, &starts, length);
        let targets = windows.targets().batch().to_vec();
        let counted: Vec<u32> = targets.into_iter().filter(|&token| token != NO_TARGET).collect();
        prop_assert_eq!(&counted[..], &tokens[1..]);
        let places: Vec<_> =
            (0..windows.len()).map(|window| windows.inputs().places(window)).collect();
        for (&start, document) in starts.iter().zip(&lengths).filter(|(_, document)| **document <= length) {
            let end = (start + document).min(count - 1);
            if start == end {
                continue; // the last token of all has no target, and needs no window
            }
            let whole = |window: &std::ops::Range<usize>| window.start <= start && end <= window.end;
            let window = places.iter().find(|window| whole(window)).expect("a window of a short document");
            prop_assert!(starts.contains(&window.start), "{:?} in {:?}", start..end, window);
        }
    }

    #[test]
    fn chosen_windows_are_the_rows_of_all(seed: u64, positions in prop::collection::vec(0..5u32, 0..8)) {
        let tokens: Vec<u32> = (0..30).collect();
        let inputs = Windows::drawn(&tokens, 4, 5, Key::new(seed)).inputs().clone();
        prop_assert_eq!(inputs.select(&positions).batch(), inputs.batch().select(&positions));
        prop_assert_eq!(inputs.range(1..3).batch(), inputs.batch().range(1..3));
        let other = Windows::consecutive(&[7, 8, 9], 4).inputs().clone();
        for parts in [[&inputs, &inputs], [&inputs, &other]] {
            let batches = parts.map(|part| part.batch());
            prop_assert_eq!(
                Windows::concat(&parts).batch(),
                Samples::concat(&[&batches[0], &batches[1]])
            );
        }
    }
}

#[test]
fn the_window_with_the_highest_token_is_named() {
    let windows = Windows::consecutive(&[1, 2, 9, 3, 4, 5], 2);
    assert_eq!((windows.inputs().highest(), windows.targets().highest()), (vec![1], vec![0]));
}

#[test]
fn windows_of_other_tokens_have_another_digest() {
    let digest = |tokens: &[u32], length| {
        let mut bytes = Vec::new();
        Windows::consecutive(tokens, length)
            .inputs()
            .digest(&mut |part| bytes.extend_from_slice(part));
        bytes
    };
    assert_ne!(digest(&[1, 2, 3, 4], 2), digest(&[1, 2, 4, 3], 2));
    assert_ne!(digest(&[1, 2, 3, 4, 5], 2), digest(&[1, 2, 3, 4, 5], 4));
    assert_eq!(digest(&[1, 2, 3, 4], 2), digest(&[1, 2, 3, 4], 2));
}

#[test]
fn windows_drawn_by_another_key_have_another_digest() {
    let shape = |seed| {
        let windows = DrawnWindows::new(&[1, 2, 3, 4, 5], 2, 1, 1, Key::new(seed));
        let [inputs, _] = windows.digest(&mut |_| (), &mut |_| ()).unwrap();
        inputs
    };
    assert_eq!(shape(3), format!("2 windows of 2 tokens, drawn by {:?}", Key::new(3)));
    assert_ne!(shape(3), shape(8));
}

#[test]
fn the_last_epoch_has_the_samples_that_are_left_and_later_ones_have_none() {
    let tokens: Vec<u32> = (0..50).collect();
    let drawn = DrawnWindows::new(&tokens, 4, 4, 7, Key::new(3));
    let portions = Portions::new(Windows::consecutive(&tokens, 4), 4, 7, Key::new(3));
    let sources: [&dyn Source<Inputs = Windows, Targets = Windows>; 2] = [&drawn, &portions];
    for source in sources {
        let samples = [1, 2, 3, usize::MAX].map(|epoch| source.samples_in(epoch));
        assert_eq!(samples, [Some(4), Some(3), Some(0), Some(0)]);
        assert_eq!(source.epoch(2, 2, None).count(), 2);
        assert_eq!(source.epoch(3, 2, None).count(), 0);
    }
}

/// The windows of a whole run would not fit into memory: each is made for its batch.
#[test]
fn drawn_windows_are_the_same_in_batches_of_any_size_and_epochs_of_any_length() {
    let tokens: Vec<u32> = (0..50).collect();
    let starts = |count: usize, size: usize| {
        let windows = DrawnWindows::new(&tokens, 4, count, 1 << 60, Key::new(3));
        let batches = (1..=20).flat_map(|epoch| windows.epoch(epoch, size, None));
        let batches = batches.map(|batch| batch.unwrap().read_all().unwrap());
        let rows = batches.flat_map(|batch| batch.inputs().batch().slice(1, ..1).to_vec());
        rows.take(20).collect::<Vec<u32>>()
    };
    let expected = starts(20, 1);
    assert_eq!([starts(1, 1), starts(4, 3), starts(7, 7)], [(); 3].map(|()| expected.clone()));
    assert!(expected.iter().all(|&start| start < 46));
    assert!(expected.iter().any(|start| *start != expected[0]));

    let endless = DrawnWindows::new(&tokens, 4, 1 << 59, 1 << 60, Key::new(3));
    let third = endless.epoch(2, 8, None).nth(2).unwrap().unwrap().read_all().unwrap();
    assert_eq!(third.targets().batch(), third.inputs().batch().map(|token| token + 1));
}
