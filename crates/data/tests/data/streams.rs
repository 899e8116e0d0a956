//! Samples that are read part by part.

use std::cell::Cell;
use std::rc::Rc;

use data::{Dataset, Source, SourceError, Stream};
use proptest::prelude::*;
use tensor::{Key, Tensor};

type Numbered = Dataset<Tensor<u32>>;

/// Returns the samples of this range; sample `i` has input and target `i`.
fn part(range: std::ops::Range<u32>) -> Numbered {
    let ids: Vec<u32> = range.collect();
    Dataset::new(Tensor::new([ids.len(), 1], ids.clone()), Tensor::from(ids))
}

/// Returns a stream of the samples 0, 1, … in parts of these sizes.
fn stream(sizes: Vec<u32>) -> Stream<Tensor<u32>, Tensor<u32>> {
    Stream::new(move |_| {
        let mut start = 0;
        let parts: Vec<Result<Numbered, SourceError>> = sizes
            .iter()
            .map(|&size| {
                start += size;
                Ok(part(start - size..start))
            })
            .collect();
        parts.into_iter()
    })
}

fn batches(
    stream: &Stream<Tensor<u32>, Tensor<u32>>,
    epoch: usize,
    size: usize,
    key: Option<Key>,
) -> Vec<Vec<u32>> {
    let batches = stream.epoch(epoch, size, key);
    batches.map(|batch| batch.unwrap().read_all().unwrap().targets().to_vec()).collect()
}

proptest! {
    #[test]
    fn every_sample_comes_once_and_only_the_last_batch_is_smaller(
        sizes in prop::collection::vec(0u32..9, 0..9),
        window in 1usize..20,
        size in 1usize..8,
        seed in prop::option::of(0u64..9),
    ) {
        let total: u32 = sizes.iter().sum();
        let stream = stream(sizes).window(window);
        let found = batches(&stream, 1, size, seed.map(Key::new));
        if let Some((last, others)) = found.split_last() {
            prop_assert!(others.iter().all(|batch| batch.len() == size), "{found:?}");
            prop_assert!((1..=size).contains(&last.len()));
        }
        let mut ids: Vec<u32> = found.concat();
        if seed.is_some() {
            ids.sort_unstable();
        }
        prop_assert_eq!(ids, (0..total).collect::<Vec<u32>>());
    }
}

#[test]
fn samples_are_mixed_within_their_window_only() {
    let stream = stream(vec![7, 13, 20]).window(10);
    let ids = batches(&stream, 1, 5, Some(Key::new(1))).concat();
    for (window, ids) in ids.chunks(10).enumerate() {
        let first = 10 * window as u32;
        assert!(ids.iter().all(|id| (first..first + 10).contains(id)), "{ids:?}");
        assert!(!ids.is_sorted(), "{ids:?} are not mixed");
    }
}

#[test]
fn an_epoch_read_again_is_the_same_and_another_key_mixes_otherwise() {
    let stream = stream(vec![30]);
    let read = |key| batches(&stream, 1, 4, Some(Key::new(key)));
    assert_eq!(read(1), read(1));
    assert_ne!(read(1), read(2));
}

#[test]
fn a_stream_is_told_the_number_of_the_epoch() {
    let stream = Stream::new(|epoch| {
        let epoch = epoch as u32;
        std::iter::once(Ok(part(10 * epoch..10 * epoch + 2)))
    });
    assert_eq!(batches(&stream, 1, 4, None), [[10, 11]]);
    assert_eq!(batches(&stream, 2, 4, None), [[20, 21]]);
}

#[test]
fn parts_are_read_no_further_than_the_window() {
    let read = Rc::new(Cell::new(0));
    let counter = Rc::clone(&read);
    let stream = Stream::new(move |_| {
        let counter = Rc::clone(&counter);
        (0..100).map(move |number| {
            counter.set(number + 1);
            Ok(part(4 * number..4 * number + 4))
        })
    });
    let stream = stream.window(8);
    stream.epoch(1, 2, None).next().unwrap().unwrap();
    assert_eq!(read.get(), 2);
}

#[test]
fn an_error_of_a_part_comes_out_at_its_batch() {
    let stream = Stream::new(|_| {
        let parts: [Result<Numbered, SourceError>; 2] =
            [Ok(part(0..4)), Err("line 5 is damaged".into())];
        parts.into_iter()
    });
    let stream = stream.window(2);
    let mut epoch = stream.epoch(1, 2, None).map(|batch| batch.map(|batch| batch.len()));
    let mut next = || epoch.next().unwrap().map_err(|error| error.to_string());
    assert_eq!(next(), Ok(2));
    assert_eq!(next(), Ok(2));
    assert_eq!(next(), Err("line 5 is damaged".to_string()));
}

#[test]
fn parts_that_can_be_read_once_serve_one_epoch() {
    let stream = Stream::once(vec![Ok(part(0..3)), Ok(part(3..5))].into_iter());
    assert_eq!(stream.sketch().unwrap().len(), 3);
    assert_eq!(batches(&stream, 1, 4, None), [vec![0, 1, 2, 3], vec![4]]);
    let again = stream.epoch(2, 4, None).next().unwrap().unwrap_err();
    assert!(again.to_string().starts_with("the stream can be read only once"), "{again}");
    let refused = stream.check_rewind("second epoch").unwrap_err().to_string();
    assert_eq!(
        refused,
        "the stream can be read only once, so there is no second epoch: make it with Stream::new, \
         which opens it again for each epoch"
    );
}

#[test]
fn samples_before_an_error_come_once() {
    let stream = Stream::new(|_| {
        let parts: [Result<Numbered, SourceError>; 3] =
            [Ok(part(0..2)), Err("damaged".into()), Ok(part(2..4))];
        parts.into_iter()
    });
    let stream = stream.window(2);
    let epoch = stream.epoch(1, 2, None);
    let read: Vec<_> = epoch
        .map(|batch| batch.and_then(|b| b.read_all()).map(|b| b.targets().to_vec()).ok())
        .collect();
    assert_eq!(read, [Some(vec![0, 1]), None, Some(vec![2, 3])]);
}

#[test]
fn an_empty_first_part_is_passed_over() {
    let parts = || vec![Ok(part(0..0)), Ok(part(0..3))].into_iter();
    assert_eq!(Stream::once(parts()).sketch().unwrap().len(), 3);
    assert_eq!(Stream::new(move |_| parts()).sketch().unwrap().len(), 3);
}
