//! A batch cut into shards gives the result of one pass over the whole, for any number of threads.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use autograd::{Gradient, Gradients, Parameters, Pass, Var};
use data::Dataset;
use nn::{Dense, Dropout, Embedding, Layer, Model, SoftmaxCrossEntropy, softmax_cross_entropy};
use optim::Adam;
use proptest::prelude::*;
use rand::RngExt;
use rayon::ThreadPoolBuilder;
use tensor::{Key, Scalar, Tensor};
use train::{Batch, Fit, Shards, Trainer};

const VOCABULARY: usize = 60;

/// Texts of six words, each with one of three labels.
fn texts(count: usize) -> Dataset<Tensor<u32>> {
    let mut rng = Key::new(3).rng();
    let ids = (0..count * 6).map(|_| rng.random_range(0..VOCABULARY as u32)).collect();
    let labels = (0..count as u32).map(|i| i * i % 3).collect();
    Dataset::new(Tensor::new([count, 6], ids), Tensor::new([count], labels))
}

fn network<T: Scalar>(
    parameters: &mut Parameters<T>,
    dropout: f64,
) -> impl Model<Input = Tensor<u32>> + use<T> {
    Embedding::new(parameters, "embedding", VOCABULARY, 4)
        .padding(0)
        .mean()
        .then(Dropout::new("dropout", dropout))
        .then(Dense::new(parameters, "output", 4, 3))
}

/// Returns the loss and gradients of all texts in one batch.
fn pass(count: usize, shards: usize, dropout: f64) -> Batch<f64, ()> {
    let dataset = texts(count);
    let mut parameters = Parameters::with_seed(1);
    let model = network(&mut parameters, dropout);
    let mut shards = Shards::new(shards);
    let mut pass = |key| {
        shards.forward_backward(&parameters, count, key, |pass, samples| {
            let labels = dataset.targets().slice(0, samples.clone());
            let logits = model.forward(pass, &dataset.inputs().slice(0, samples));
            (softmax_cross_entropy(logits, &labels), ())
        })
    };
    // An earlier batch must not change the result.
    pass(Key::new(1));
    pass(Key::new(2))
}

fn numbers(gradients: &Gradients<f64>) -> Vec<f64> {
    gradients.iter().flat_map(|(_, gradient)| gradient.dense().to_vec()).collect()
}

fn in_pool<R: Send>(threads: usize, compute: impl FnOnce() -> R + Send) -> R {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(compute)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn threads_change_no_bit(count in 1..20usize, shards in 1..6usize) {
        let bits = |threads| {
            let Batch { loss, gradients, .. } = in_pool(threads, || pass(count, shards, 0.5));
            let numbers = numbers(&gradients);
            numbers.into_iter().chain([loss]).map(f64::to_bits).collect::<Vec<_>>()
        };
        prop_assert_eq!(bits(1), bits(2));
        prop_assert_eq!(bits(1), bits(3));
    }

    #[test]
    fn shards_change_no_more_than_rounding(count in 1..20usize, shards in 2..6usize) {
        let (whole, cut) = (pass(count, 1, 0.0), pass(count, shards, 0.0));
        approx::assert_relative_eq!(whole.loss, cut.loss, max_relative = 1e-12);
        let (whole, cut) = (numbers(&whole.gradients), numbers(&cut.gradients));
        approx::assert_relative_eq!(&whole[..], &cut[..], epsilon = 1e-14, max_relative = 1e-12);
    }
}

#[test]
fn rows_stay_rows() {
    let Batch { gradients, .. } = pass(6, 3, 0.0);
    let (_, table) = gradients.iter().next().unwrap();
    let Gradient::Sparse(rows) = table else { panic!("the table's gradient was written out") };
    let mut expected = texts(6).inputs().to_vec();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(rows.ids(), expected);
}

#[test]
fn shards_draw_noise_of_their_own() {
    let parameters: Parameters = Parameters::with_seed(0);
    let draw = |pass: Pass<'_>| Tensor::random_bits([], pass.noise.unwrap()).item();
    let draws = |count| {
        let mut shards = Shards::new(count);
        let batch = shards.forward_backward(&parameters, 4, Key::new(1), |pass, _| {
            (pass.constant(Tensor::scalar(0.0)), draw(pass))
        });
        batch.returned
    };
    assert_eq!(draws(1), [Tensor::random_bits([], Key::new(1)).item()]);
    let [first, second] = draws(2)[..] else { panic!("two shards") };
    assert_ne!(first, second);
}

/// Trains for two epochs; the last batch of each has fewer samples than there are shards.
fn fitted(shards: usize) -> Vec<u32> {
    let mut parameters: Parameters = Parameters::with_seed(1);
    let model = network(&mut parameters, 0.3);
    let options = Fit { epochs: 2, batch_size: 8, shards, clip_norm: Some(0.1), ..Fit::default() };
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    trainer.fit(&mut parameters, &mut Adam::new(0.01), &texts(32), &options).unwrap();
    let numbers = parameters.iter().flat_map(|(_, _, value)| value.to_vec());
    numbers.map(f32::to_bits).collect()
}

#[test]
fn training_is_the_same_for_any_number_of_threads() {
    let one = in_pool(1, || fitted(3));
    assert_eq!(one, in_pool(2, || fitted(3)));
    assert_eq!(one, in_pool(3, || fitted(3)));
    assert_ne!(one, fitted(1), "shards draw other dropout");
}

/// A loss that is not finite in the last shard alone is found.
struct Diverges(Dense);

impl Model for Diverges {
    type Input = Tensor<f32>;

    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Tensor<f32>) -> Var<'t, T> {
        self.0.forward(pass, pass.constant(batch.cast()))
    }
}

#[test]
fn a_loss_that_is_not_finite_is_reported_from_any_shard() {
    let inputs = Tensor::from([[1.0], [2.0], [3.0], [f32::INFINITY]]);
    let dataset = Dataset::new(inputs, Tensor::from([0, 1, 0, 1]));
    let mut parameters: Parameters = Parameters::with_seed(1);
    let model = Diverges(Dense::new(&mut parameters, "dense", 1, 2));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let options = Fit { shards: 2, shuffle: false, validation_split: 0.0, ..Fit::default() };
    let outcome = trainer.fit(&mut parameters, &mut Adam::new(0.01), &dataset, &options);
    let message = outcome.unwrap_err().to_string();
    assert!(
        message.contains("The first value that is not finite is %0 = constant [2, 1]"),
        "{message}"
    );
}

#[test]
#[should_panic(expected = "0 shards were asked for; a batch is at least one")]
fn a_number_of_0_shards_panics() {
    Shards::<f32>::new(0);
}

#[test]
fn more_shards_than_samples_take_no_memory() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let weight = parameters.add("weight", Tensor::scalar(2.0));
    let mut shards = Shards::new(usize::MAX);
    let batch = shards.forward_backward(&parameters, 3, Key::new(1), |pass, samples| {
        (pass.parameter(weight), samples.len())
    });
    assert_eq!((batch.loss, batch.returned), (2.0, vec![1, 1, 1]));
    assert_eq!(shards.count(), usize::MAX);
}

/// The mean of products over the samples that a mask keeps; of no samples it is 0 / 0.
fn masked_mean(
    shards: &mut Shards<f64>,
    parameters: &Parameters<f64>,
    mask: &Tensor<f64>,
    mistake: bool,
) -> Batch<f64, ()> {
    let x = Tensor::from([1.0, 3.0, 5.0, 7.0]);
    let weight = |range: Range<usize>| mask.slice(0, range).sum_all().item();
    shards.forward_backward_weighted(parameters, 4, Key::new(1), weight, |pass, range| {
        let [x, mask] = [&x, mask].map(|all| pass.constant(all.slice(0, range.clone())));
        let products = x * pass.parameter(parameters.find("w").unwrap()) * mask;
        assert!(!mistake, "a mistake in the forward pass");
        (products.sum_all() / mask.sum_all(), ())
    })
}

#[test]
fn a_shard_in_which_nothing_counts_adds_nothing_even_if_its_mean_is_not_a_number() {
    let mut parameters = Parameters::with_seed(1);
    let w = parameters.add("w", Tensor::scalar(2.0));
    let mask = Tensor::from([1.0, 1.0, 0.0, 0.0]);
    let batch = masked_mean(&mut Shards::new(2), &parameters, &mask, false);
    assert_eq!(batch.loss, 4.0);
    assert_eq!(batch.gradients.get(w), Some(&Tensor::scalar(2.0)));
}

#[test]
fn a_batch_in_which_nothing_counts_has_no_loss_and_no_gradient() {
    let mut parameters = Parameters::with_seed(1);
    parameters.add("w", Tensor::scalar(2.0));
    for count in [1, 2, 4] {
        let mask = Tensor::zeros([4]);
        let batch = masked_mean(&mut Shards::new(count), &parameters, &mask, false);
        assert_eq!((batch.loss, batch.gradients.iter().count()), (0.0, 0));
    }
}

/// A batch of many shards is added up subtree by subtree, in the order of the whole tree.
#[test]
fn the_order_of_the_sum_does_not_depend_on_how_many_shards_are_in_memory() {
    let mut parameters = Parameters::<f32>::new(1);
    let w = parameters.add("w", Tensor::normal([3], 0.0, 1.0, Key::new(2)));
    for count in [2, 3, 16, 17, 37, 100] {
        let x = Tensor::normal([count, 3], 0.0, 1.0, Key::new(3));
        let batch =
            Shards::new(count).forward_backward(&parameters, count, Key::new(1), |pass, range| {
                ((pass.constant(x.slice(0, range)) * pass.parameter(w)).sum_all(), ())
            });
        let share = 1.0 / count as f32;
        let of_each: Vec<Tensor> =
            (0..count).map(|k| x.slice(0, k..k + 1).sum(&[0]) * share).collect();
        assert_eq!(batch.gradients.get(w), Some(&pairwise_sum(&of_each)));
    }
}

/// The first half, rounded up, and the second.
fn pairwise_sum(parts: &[Tensor]) -> Tensor {
    match parts {
        [only] => only.clone(),
        _ => {
            let (first, second) = parts.split_at(parts.len().div_ceil(2));
            pairwise_sum(first) + pairwise_sum(second)
        }
    }
}

#[test]
fn shards_can_be_used_after_a_panic_that_was_caught() {
    let mut parameters = Parameters::with_seed(1);
    parameters.add("w", Tensor::scalar(2.0));
    let (mask, mut shards) = (Tensor::ones([4]), Shards::new(1));
    let panicking = AssertUnwindSafe(|| masked_mean(&mut shards, &parameters, &mask, true));
    assert!(catch_unwind(panicking).is_err());
    assert_eq!(masked_mean(&mut shards, &parameters, &mask, false).loss, 8.0);
}
