//! Generated data depend on the seed only and have the documented properties.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;

use data::generated::{REVIEW_LABEL_NOISE, digits, reviews, tabular, write_reviews, write_tabular};
use data::{Labels, Table, Tokenizer};
use tensor::Key;

const EMOTIONS: [&str; 8] =
    ["anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust"];

#[test]
fn a_seed_gives_the_same_reviews_and_a_longer_run_begins_with_them() {
    let key = Key::new(3);
    assert_eq!(reviews(50, key), reviews(80, key)[..50]);
    assert_ne!(reviews(50, key), reviews(50, Key::new(4)));
    assert_eq!(reviews(0, key), []);
}

#[test]
fn the_eight_emotions_are_equally_frequent() {
    let mut counts = BTreeMap::new();
    for review in reviews(8_000, Key::new(1)) {
        *counts.entry(review.label).or_insert(0) += 1;
    }
    assert!(counts.keys().eq(&EMOTIONS));
    // 1,000 each, with a standard deviation of 30.
    assert!(counts.values().all(|count| (850..1_150).contains(count)), "{counts:?}");
}

#[test]
fn all_words_fit_into_the_articles_vocabulary() {
    let mut tokenizer = Tokenizer::new();
    tokenizer.fit_on_texts(reviews(10_000, Key::new(1)).iter().map(|review| &review.text));
    let size = tokenizer.vocabulary_size();
    assert!((300..1_000).contains(&size), "{size}");
}

#[test]
fn test_reviews_are_not_training_reviews() {
    let key = Key::new(1);
    let train: HashSet<_> =
        reviews(10_000, key.stream("train")).into_iter().map(|r| r.text).collect();
    let test = reviews(2_000, key.stream("test"));
    let seen = test.iter().filter(|review| train.contains(&review.text)).count();
    assert!(seen < 10, "{seen} of 2,000");
}

#[test]
fn a_review_is_two_finished_sentences() {
    for review in reviews(2_000, Key::new(5)) {
        let text = &review.text;
        assert!(!text.contains(['{', '}']) && !text.contains("  "), "{text}");
        assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{text}");
    }
}

/// "I felt happy" is joy, "I was not happy" is sadness, but for the share of wrong labels.
#[test]
fn a_negated_emotion_is_labeled_with_its_opposite() {
    let reviews = reviews(40_000, Key::new(2));
    let share = |pattern: &[&str], label: &str| {
        let said = |text: &str| pattern.iter().all(|part| text.contains(part));
        let labels: Vec<_> = reviews.iter().filter(|r| said(&r.text)).map(|r| r.label).collect();
        assert!(labels.len() > 25, "{pattern:?}: {} reviews", labels.len());
        labels.iter().filter(|found| **found == label).count() as f64 / labels.len() as f64
    };
    let right = 1.0 - REVIEW_LABEL_NOISE;
    for (pattern, label) in [
        (["It filled me with ", "delight"], "joy"),
        (["not fill me with ", "delight"], "sadness"),
        (["not fill me with ", "suspense"], "surprise"),
        (["Nobody", "merry"], "joy"),
    ] {
        let share = share(&pattern, label);
        assert!((share - right).abs() < 0.15, "{pattern:?} is {label} in {share}");
    }
}

#[test]
fn a_single_feature_but_x7_says_nothing_about_the_label() {
    let dataset = tabular(10_000, Key::new(1));
    let (inputs, labels) = (dataset.inputs().to_vec(), dataset.targets().to_vec());
    let correlation = |feature: usize| {
        let products = inputs.chunks(10).zip(&labels);
        products.map(|(x, &y)| f64::from(x[feature]) * (2.0 * f64::from(y) - 1.0)).sum::<f64>()
            / 1e4
    };
    for feature in 0..10 {
        let correlation = correlation(feature);
        // Four standard deviations of a mean of 10,000 products with variance 1.
        assert_eq!(correlation.abs() > 0.04, feature == 6, "x{}: {correlation}", feature + 1);
    }
}

#[test]
fn a_seed_gives_the_same_table() {
    let table = |count, seed| tabular(count, Key::new(seed)).inputs().to_vec();
    assert_eq!(table(20, 3), table(30, 3)[..200]);
    assert_ne!(table(20, 3), table(20, 4));
}

#[test]
fn generated_data_reads_back_from_csv() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data.csv");

    let reviews = reviews(100, Key::new(1));
    write_reviews(File::create(&path).unwrap(), &reviews).unwrap();
    let table = Table::read(&path).unwrap();
    assert!(table.text("text").unwrap().into_iter().eq(reviews.iter().map(|r| &r.text)));
    assert!(table.names("label").unwrap().into_iter().eq(reviews.iter().map(|r| r.label)));

    let dataset = tabular(100, Key::new(1));
    write_tabular(File::create(&path).unwrap(), &dataset).unwrap();
    let table = Table::read(&path).unwrap();
    let features: Vec<String> = (1..=10).map(|i| format!("x{i}")).collect();
    assert_eq!(
        table.numbers(&features).unwrap().to_vec(),
        dataset.inputs().map(f64::from).to_vec()
    );
    let labels = Labels::of(["0", "1"]);
    assert_eq!(table.classes("label", &labels).unwrap().to_vec(), dataset.targets().to_vec());
}

#[test]
fn a_seed_gives_the_same_digits_and_a_longer_run_begins_with_them() {
    let key = Key::new(3);
    let (some, more) = (digits(50, key), digits(80, key));
    assert_eq!(some.inputs(), &more.inputs().slice(0, ..50));
    assert_eq!(some.targets(), &more.targets().slice(0, ..50));
    assert_ne!(some.inputs(), digits(50, Key::new(4)).inputs());
    assert_eq!(digits(0, key).inputs().shape(), [0, 1, 8, 8]);
}

#[test]
fn the_ten_digits_are_equally_frequent() {
    let mut counts = BTreeMap::new();
    for digit in digits(10_000, Key::new(1)).targets().to_vec() {
        *counts.entry(digit).or_insert(0) += 1;
    }
    assert!(counts.keys().copied().eq(0..10));
    // 1,000 each, with a standard deviation of 30.
    assert!(counts.values().all(|count| (850..1_150).contains(count)), "{counts:?}");
}

/// Shifts and slants make a digit's pixels differ more than its shape: the nearest mean image is right
/// far less often than a network (`examples/17_digits.rs`), and far more often than by chance.
#[test]
fn the_nearest_mean_image_is_wrong_for_every_third_digit() {
    let key = Key::new(1);
    let (train, test) = (digits(4_000, key.stream("train")), digits(1_000, key.stream("test")));
    let labels = train.targets().to_vec();
    let mean = |digit: u32| {
        let own: Vec<u32> = (0..4_000).filter(|&i| labels[i as usize] == digit).collect();
        train.select(&own).inputs().mean(&[0])
    };
    let means: Vec<_> = (0..10).map(mean).collect();
    let distances: Vec<_> = means
        .iter()
        .map(|mean| (test.inputs() - mean).map(|x| -x * x).sum(&[1, 2, 3]).unsqueeze(1))
        .collect();
    let nearest = tensor::Tensor::concat(&distances, 1).argmax(1);
    let pairs = nearest.to_vec().into_iter().zip(test.targets().to_vec());
    let right = pairs.filter(|(found, digit)| found == digit);
    let accuracy = right.count() as f64 / 1_000.0;
    assert!((0.55..0.7).contains(&accuracy), "{accuracy}");
}
