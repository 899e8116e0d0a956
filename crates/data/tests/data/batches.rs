//! Padding, the validation split, mini-batches and standardizing.

use data::{
    Dataset, Padding, Samples, Sequences, Side, Split, SplitError, Standardizer, flat_columns,
    pad_sequences,
};
use proptest::prelude::*;
use tensor::{Key, Tensor};

/// Returns `n` samples: row `i` is `[i, 10 i]` with label `i`.
fn numbered(n: u32) -> Dataset<Tensor<u32>> {
    let inputs = (0..n).flat_map(|i| [i, 10 * i]).collect();
    Dataset::new(Tensor::new([n as usize, 2], inputs), Tensor::new([n as usize], (0..n).collect()))
}

fn labels<'a>(batches: impl IntoIterator<Item = &'a Dataset<Tensor<u32>>>) -> Vec<u32> {
    batches.into_iter().flat_map(|batch| batch.targets().to_vec()).collect()
}

fn assert_rows_kept_together(batch: &Dataset<Tensor<u32>>) {
    let expected: Vec<u32> = labels([batch]).iter().flat_map(|&i| [i, 10 * i]).collect();
    assert_eq!(batch.inputs().to_vec(), expected);
    assert_eq!(batch.inputs().shape(), [batch.len(), 2]);
}

#[test]
fn padding_is_as_in_keras() {
    let sequences = [vec![1], vec![2, 3], vec![4, 5, 6]];
    let padded = |how| pad_sequences(&sequences, how).to_vec();
    let keras = Padding::default();
    assert_eq!(padded(keras), [0, 0, 1, 0, 2, 3, 4, 5, 6]);
    assert_eq!(padded(Padding { padding: Side::Post, ..keras }), [1, 0, 0, 2, 3, 0, 4, 5, 6]);
    let two = Padding { maxlen: Some(2), value: 9, ..keras };
    assert_eq!(padded(two), [9, 1, 2, 3, 5, 6]);
    assert_eq!(padded(Padding { truncating: Side::Post, ..two }), [9, 1, 2, 3, 4, 5]);
}

#[test]
fn no_sequences_pad_to_no_rows() {
    assert_eq!(pad_sequences(&[], Padding::default()).shape(), [0, 0]);
    assert_eq!(pad_sequences(&[vec![]], Padding::default()).shape(), [1, 0]);
}

#[test]
fn the_validation_split_takes_the_last_samples() {
    let (training, validation) = numbered(10).split_validation(0.2).unwrap();
    assert_eq!(labels([&training]), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(labels([&validation]), [8, 9]);
    let (training, validation) = numbered(3).split_validation(0.0).unwrap();
    assert_eq!((training.len(), validation.is_empty()), (3, true));
}

/// Returns a data set with this many samples of each class, sorted by label.
fn sorted_by_label(counts: &[usize]) -> Dataset<Tensor<u32>> {
    let labels = counts.iter().enumerate().flat_map(|(class, &n)| vec![class as u32; n]);
    let labels: Vec<u32> = labels.collect();
    let n = labels.len();
    Dataset::new(Tensor::new([n, 1], (0..n as u32).collect()), Tensor::new([n], labels))
}

fn counts(dataset: &Dataset<Tensor<u32>>, classes: usize) -> Vec<usize> {
    let labels = dataset.targets().to_vec();
    (0..classes as u32).map(|class| labels.iter().filter(|&&l| l == class).count()).collect()
}

#[test]
fn each_class_has_its_share_of_training_and_of_validation() {
    let split = |sizes: &[usize], how| {
        let (training, validation) = sorted_by_label(sizes).split(0.2, how, Key::new(3)).unwrap();
        (counts(&training, sizes.len()), counts(&validation, sizes.len()))
    };
    assert_eq!(split(&[400, 100], Split::Last), (vec![400, 0], vec![0, 100]));
    assert_eq!(split(&[400, 100], Split::Stratified), (vec![320, 80], vec![80, 20]));
    // The shares of 13 are 12.2, 0.6 and 0.2. The last sample of a class is never taken.
    assert_eq!(split(&[60, 3, 1], Split::Stratified), (vec![48, 2, 1], vec![12, 1, 0]));
    assert_eq!(split(&[1, 1, 8], Split::Stratified), (vec![1, 1, 6], vec![0, 0, 2]));
    let (training, validation) = split(&[400, 100], Split::Shuffled);
    assert_eq!((training[0] + training[1], validation[0] + validation[1]), (400, 100));
    assert!(validation[1] > 5 && validation[1] < 40, "{validation:?}");
}

/// Two classes of a single sample contribute none, so the third contributes all four.
#[test]
fn a_class_contributes_more_than_its_share_if_others_cannot() {
    let dataset = sorted_by_label(&[5, 1, 1]);
    for seed in 0..20 {
        let halves = dataset.split(0.55, Split::Stratified, Key::new(seed)).unwrap();
        assert_eq!(counts(&halves.0, 3), [1, 1, 1]);
        assert_eq!(counts(&halves.1, 3), [4, 0, 0]);
    }
}

/// A label that a loss ignores need not be a class.
#[test]
fn any_label_is_drawn_by_its_share() {
    let labels: Vec<u32> = (0..20).map(|i| [0, u32::MAX][i % 2]).collect();
    let dataset = Dataset::new(Tensor::<f32>::zeros([20, 1]), Tensor::new([20], labels));
    let (_, validation) = dataset.split(0.2, Split::Stratified, Key::new(1)).unwrap();
    let mut labels = validation.targets().to_vec();
    labels.sort_unstable();
    assert_eq!(labels, [0, 0, u32::MAX, u32::MAX]);
}

#[test]
fn a_split_is_drawn_from_the_key_alone() {
    let dataset = sorted_by_label(&[50, 30, 20]);
    for how in [Split::Stratified, Split::Shuffled] {
        let positions = |seed| dataset.split(0.3, how, Key::new(seed)).unwrap().1.inputs().to_vec();
        assert_eq!(positions(1), positions(1));
        assert_ne!(positions(1), positions(2));
        assert!(positions(1).is_sorted(), "each part is in the order of the data set");
    }
}

#[test]
fn each_batch_is_as_long_as_its_own_longest_sequence() {
    let sequences = [vec![5; 3], vec![6], vec![], vec![7; 1000], vec![8; 2]];
    let labels = Tensor::from([0, 1, 2, 3, 4]);
    let dataset = Dataset::new(Sequences::new(&sequences, 0), labels);
    let lengths = |dataset: &Dataset<Sequences<u32>>| {
        dataset.batches(2).map(|batch| batch.inputs().batch().shape()[1]).collect::<Vec<_>>()
    };
    assert_eq!(lengths(&dataset), [3, 1000, 2]);
    assert_eq!(lengths(&dataset.select(&[4, 1, 0])), [2, 3]);
    assert_eq!(dataset.slice(0..2).inputs().padded().to_vec(), [5, 5, 5, 6, 0, 0]);
    let all = dataset.inputs();
    assert_eq!((all.longest(), all.total(), all.cut_to(2).total()), (1000, 1006, 7));
}

#[test]
fn a_split_that_leaves_a_part_empty_is_an_error() {
    let message = |n, fraction| numbered(n).split_validation(fraction).unwrap_err().to_string();
    assert_eq!(
        message(10, 1.5),
        "the fraction to hold out must be at least 0 and below 1, found 1.5"
    );
    assert_eq!(
        message(1, 0.2),
        "1 samples with a fraction of 0.2 held out leave 0 for training and 1 to hold out; \
         both need at least one: give more data or another fraction"
    );
    assert!(matches!(numbered(9).split_validation(f64::NAN), Err(SplitError::Fraction(_))));
}

#[test]
#[should_panic(
    expected = "inputs of shape [3, 2] need classes of shape [n], one for each sample; \
                           found [2]"
)]
fn the_number_of_labels_must_equal_the_number_of_inputs() {
    Dataset::new(Tensor::new([3, 2], vec![0.0; 6]), Tensor::new([2], vec![0, 1]));
}

#[test]
#[should_panic(expected = "a batch size of 0 was asked for")]
fn a_batch_needs_a_sample() {
    let _ = numbered(3).batches(0);
}

#[test]
fn features_are_scaled_by_the_training_part() {
    let train = Tensor::new([4, 2], vec![1.0, 0.1, 5.0, 0.1, 1.0, 0.1, 5.0, 0.1]);
    let standardizer = Standardizer::fit(&train);
    // Mean 3, population deviation 2; the second column is constant.
    let test = Tensor::new([2, 2], vec![3.0, 0.1, 7.0, 1.1]);
    assert_eq!(standardizer.transform(&test).to_vec(), [0.0, 0.0, 2.0, 1.0]);
}

#[test]
fn the_largest_and_the_smallest_numbers_scale_to_finite_ones() {
    let extremes = [(f64::MIN, f64::MAX), (0.0, 5e-324), (0.0, f64::MAX), (-1e300, 1e-300)];
    for (least, most) in extremes {
        let features = Tensor::new([2, 1], vec![least, most]);
        assert!(Standardizer::fit(&features).transform(&features).is_finite());
    }
}

#[test]
fn a_column_is_scaled_before_it_is_rounded_to_32_bits() {
    let column =
        |start: f64| Tensor::new([4, 1], [29.0, 34.0, 5.0, 22.0].map(|x| x + start).to_vec());
    let scaled = |features: Tensor<f64>| Standardizer::fit(&features).transform(&features).to_vec();
    let expected = scaled(column(0.0));
    assert!(expected[0] != expected[1]);
    for start in [1.7e9, -1.7e9, 1.7e12] {
        assert_eq!(scaled(column(start)), expected, "a shift of the whole column changes nothing");
    }
    assert_eq!(scaled(column(0.0).map(|x| x * 2f64.powi(990))), expected, "nor does its unit");
}

#[test]
fn a_column_that_tells_no_rows_apart_is_named() {
    let rows = [[1.0, 7.0, 1.0], [2.0, 7.0, 2.0], [3.0, 7.0, 3.0], [4.0, 7.0, 1e300]];
    let features = Tensor::new([4, 3], rows.concat());
    let scaled = Standardizer::fit(&features).transform(&features);
    assert_eq!(
        flat_columns(&["x", "y", "z"], &features, &scaled),
        ["column `y` is 7 in every row, so it tells nothing"],
        "two of four numbers left are half of them"
    );
    let rows = Tensor::new([6, 1], vec![1.0, 2.0, 3.0, 4.0, 5.0, 1e300]);
    let scaled = Standardizer::fit(&rows).transform(&rows);
    let notes = flat_columns(&["z"], &rows, &scaled);
    assert!(notes[0].starts_with("column `z` has 6 different numbers, but on one scale only 2"));
}

#[test]
#[should_panic(expected = "fitted on 2 columns, found features of shape [1, 3]")]
fn features_have_the_columns_of_the_training_part() {
    let standardizer = Standardizer::fit(&Tensor::new([1, 2], vec![1.0, 2.0]));
    standardizer.transform(&Tensor::new([1, 3], vec![0.0; 3]));
}

proptest! {
    #[test]
    fn padded_rows_hold_one_end_of_the_sequence(
        sequences in prop::collection::vec(prop::collection::vec(1..100_u32, 0..9), 0..9),
        maxlen in 0..12_usize,
        pre in any::<[bool; 2]>(),
    ) {
        let [padding, truncating] = pre.map(|pre| if pre { Side::Pre } else { Side::Post });
        let how = Padding { maxlen: Some(maxlen), padding, truncating, value: 0 };
        let padded = pad_sequences(&sequences, how);
        prop_assert_eq!(padded.shape(), [sequences.len(), maxlen]);
        for (i, sequence) in sequences.iter().enumerate() {
            let row = padded.slice(0, i..i + 1).to_vec();
            for (place, &id) in row.iter().enumerate() {
                // The place in the sequence, counted from the end that is kept and aligned.
                let shift = sequence.len() as isize - maxlen as isize;
                let aligned = if shift > 0 { truncating } else { padding };
                let from = place as isize + if aligned == Side::Pre { shift } else { 0 };
                let expected = usize::try_from(from).ok().and_then(|from| sequence.get(from));
                prop_assert_eq!(id, expected.copied().unwrap_or(0));
            }
        }
    }

    #[test]
    fn an_epoch_has_every_sample_once(n in 0..50_u32, size in 1..20_usize, seed in any::<u64>()) {
        let dataset = numbered(n);
        let ordered: Vec<_> = dataset.batches(size).collect();
        prop_assert_eq!(labels(&ordered), (0..n).collect::<Vec<_>>());

        let key = Key::new(seed);
        let shuffled: Vec<_> = dataset.shuffled_batches(size, key).collect();
        prop_assert_eq!(shuffled.len(), dataset.shuffled_batches(size, key).len());
        let again: Vec<_> = dataset.shuffled_batches(size, key).collect();
        prop_assert_eq!(labels(&again), labels(&shuffled));
        let mut sorted = labels(&shuffled);
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (0..n).collect::<Vec<_>>());

        for batches in [ordered, shuffled] {
            for (i, batch) in batches.iter().enumerate() {
                prop_assert_eq!(batch.len(), size.min(n as usize - i * size));
                assert_rows_kept_together(batch);
            }
        }
    }

    #[test]
    fn a_drawn_split_is_disjoint_whole_and_trains_on_each_class(
        sizes in prop::collection::vec(0..30_usize, 1..6),
        fraction in 0.0..0.6,
        stratified in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let dataset = sorted_by_label(&sizes);
        let how = if stratified { Split::Stratified } else { Split::Shuffled };
        if let Ok((training, validation)) = dataset.split(fraction, how, Key::new(seed)) {
            let mut all = training.inputs().to_vec();
            all.extend(validation.inputs().to_vec());
            all.sort_unstable();
            prop_assert_eq!(all, dataset.inputs().to_vec());
            let last = dataset.split_validation(fraction).unwrap();
            prop_assert_eq!(training.len(), last.0.len());
            let (trained, kept) = (counts(&training, sizes.len()), counts(&validation, sizes.len()));
            for (class, &size) in sizes.iter().enumerate() {
                let share = size as f64 * validation.len() as f64 / dataset.len() as f64;
                let is_fair = (kept[class] as f64 - share).abs() < 1.0 + 1e-9;
                // Other classes replace single samples, which must be trained on.
                let has_singles = sizes.contains(&1);
                prop_assert!(!stratified || is_fair || has_singles, "{sizes:?} {kept:?}");
                let can_train = sizes.iter().filter(|&&size| size > 0).count() <= training.len();
                prop_assert!(!stratified || size == 0 || trained[class] > 0 || !can_train);
            }
        }
    }

    /// ⌈n · p/100⌉ in whole numbers.
    #[test]
    fn a_split_holds_back_the_share_that_was_written(n in 0..400_u32, percent in 0..100_u32) {
        let expected = (n * percent).div_ceil(100);
        match numbered(n).split_validation(f64::from(percent) / 100.0) {
            Ok((_, validation)) => prop_assert_eq!(validation.len(), expected as usize),
            Err(_) => prop_assert!(expected == n || expected == 0),
        }
    }

    #[test]
    fn a_split_is_disjoint_and_whole(n in 0..200_u32, fraction in 0.0..1.0) {
        if let Ok((training, validation)) = numbered(n).split_validation(fraction) {
            assert_rows_kept_together(&training);
            assert_rows_kept_together(&validation);
            prop_assert_eq!(labels([&training, &validation]), (0..n).collect::<Vec<_>>());
            let share = f64::from(n) * fraction;
            prop_assert!((validation.len() as f64 - share).abs() <= 1.0);
        }
    }

    #[test]
    fn standardized_columns_have_mean_0_and_deviation_1(
        values in prop::collection::vec(-1e3..1e3, 3..60),
        constant in any::<f64>(),
    ) {
        let range = |range: (f64, f64), &x: &f64| (range.0.min(x), range.1.max(x));
        let (least, most) = values.iter().fold((f64::MAX, f64::MIN), range);
        prop_assume!(most - least > 10.0);
        let rows = values.len();
        let cells = values.iter().flat_map(|&x| [x, constant]).collect();
        let features = Tensor::new([rows, 2], cells);
        let standardizer = Standardizer::fit(&features);
        let scaled = standardizer.transform(&features).to_vec();
        let column = |j| scaled.iter().skip(j).step_by(2).map(|&x| f64::from(x));
        let mean = column(0).sum::<f64>() / rows as f64;
        let variance = column(0).map(|x| (x - mean).powi(2)).sum::<f64>() / rows as f64;
        prop_assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-4);
        prop_assert!(column(1).all(|x| x == 0.0));

        let saved = serde_json::to_string(&standardizer).unwrap();
        let loaded: Standardizer = serde_json::from_str(&saved).unwrap();
        prop_assert_eq!(loaded.transform(&features).to_vec(), scaled);
    }
}

#[test]
#[should_panic(
    expected = "Dataset::with_targets: inputs of shape ([3, 1], [3, up to 2]) need as many \
                           targets, one for each sample; found targets of shape [2, 4]"
)]
fn the_number_of_targets_must_equal_the_number_of_inputs() {
    let texts = Sequences::new([vec![1_u32], vec![2, 3], vec![]], 0);
    Dataset::with_targets((Tensor::<f32>::zeros([3, 1]), texts), Tensor::<f32>::zeros([2, 4]));
}

#[test]
fn pairs_of_inputs_and_of_targets_are_chosen_together() {
    let texts = Sequences::new([vec![1_u32], vec![2, 3], vec![4, 5, 6]], 0);
    let inputs = (Tensor::from([[0.0], [1.0], [2.0]]), texts);
    let targets = (Tensor::from([0, 1, 2]), Tensor::from([[0.5], [1.5], [2.5]]));
    let dataset = Dataset::with_targets(inputs, targets);
    let chosen = dataset.select(&[2, 0]);
    let (numbers, texts) = chosen.inputs().batch();
    assert_eq!((numbers.to_vec(), texts.to_vec()), (vec![2.0, 0.0], vec![4, 5, 6, 1, 0, 0]));
    let (classes, values) = chosen.targets();
    assert_eq!((classes.to_vec(), values.to_vec()), (vec![2, 0], vec![2.5, 0.5]));
    let whole = Dataset::concat(&[&chosen, &dataset.slice(1..2)]);
    assert_eq!(whole.targets().0.to_vec(), [2, 0, 1]);
    assert_eq!(whole.inputs().1.longest(), 3);
}

#[test]
fn targets_that_are_not_classes_have_no_strata() {
    let numbers = Tensor::new([20, 1], (0..20).map(|i| i as f32).collect());
    let dataset = Dataset::with_targets(numbers.clone(), numbers);
    let validation = |how| dataset.split(0.25, how, Key::new(3)).unwrap().1.targets().to_vec();
    assert_eq!(validation(Split::Stratified), validation(Split::Shuffled));
    assert_eq!(validation(Split::Last), [15.0, 16.0, 17.0, 18.0, 19.0]);
}
