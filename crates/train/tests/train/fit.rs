//! Training: the result, the samples used, their order, and when training stops.

use std::sync::Mutex;

use approx::assert_relative_eq;
use autograd::{Gradients, Parameters, Pass, Var};
use data::{Dataset, Samples, Sequences, Split};
use nn::{
    Activation, BinaryCrossEntropy, Dense, Dropout, Embedding, Features, Layer, MeanSquaredError,
    Model, MultiLabelCrossEntropy, SoftmaxCrossEntropy,
};
use optim::{Adam, Optimizer, Sgd, State, StateError};
use tensor::{Key, Scalar, Tensor};
use train::{Criterion, Epoch, Fit, History, Plateau, TrainError, Trainer};

/// Points of the plane; class 1 where both coordinates have the same sign, so no line divides them.
fn quadrants(count: usize, seed: u64) -> Dataset<Tensor<f32>> {
    let points = Tensor::normal([count, 2], 0.0, 1.0, Key::new(seed));
    let class = |point: &[f32]| u32::from(point[0] * point[1] > 0.0);
    let labels = points.values().chunks(2).map(class).collect();
    Dataset::new(points, Tensor::new([count], labels))
}

fn network<T: Scalar>(parameters: &mut Parameters<T>) -> impl Model<Input = Tensor<f32>> + use<T> {
    Features::new(2)
        .then(Dense::new(parameters, "hidden", 2, 8))
        .then(Activation::Tanh)
        .then(Dense::new(parameters, "output", 8, 2))
}

/// Trains a fresh network; the network, its parameters and what happened.
fn trained<T: Scalar>(
    dataset: &Dataset<Tensor<f32>>,
    initial_seed: u64,
    options: &Fit,
) -> (impl Model<Input = Tensor<f32>> + use<T>, Parameters<T>, History) {
    let mut parameters = Parameters::with_seed(initial_seed);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let history = trainer.fit(&mut parameters, &mut Adam::new(0.02), dataset, options);
    (model, parameters, history.unwrap())
}

/// Returns all numbers, to be compared bit by bit.
fn bits<T: Scalar>(parameters: &Parameters<T>) -> Vec<u64> {
    let numbers = parameters.iter().flat_map(|(_, _, value)| value.to_vec());
    numbers.map(|x| x.to_f64().to_bits()).collect()
}

fn without_seconds(mut history: History) -> History {
    history.epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
    history
}

#[test]
fn a_small_problem_is_learned_in_either_precision() {
    let (train, test) = (quadrants(400, 1), quadrants(200, 2));
    let options = Fit { epochs: 40, ..Fit::default() };
    fn accuracy<T: Scalar>(
        train: &Dataset<Tensor<f32>>,
        test: &Dataset<Tensor<f32>>,
        options: &Fit,
    ) -> f64 {
        let (model, parameters, _) = trained::<T>(train, 3, options);
        Trainer::new(&model, SoftmaxCrossEntropy::new()).evaluate(&parameters, test).accuracy()
    }
    assert!(accuracy::<f32>(&train, &test, &options) > 0.9);
    assert!(accuracy::<f64>(&train, &test, &options) > 0.9);
}

#[test]
fn the_seed_decides_everything() {
    let dataset = quadrants(100, 1);
    let options = Fit { epochs: 3, seed: 5, ..Fit::default() };
    let (_, first, first_history) = trained::<f32>(&dataset, 7, &options);
    let (_, again, again_history) = trained::<f32>(&dataset, 7, &options);
    assert_eq!(bits(&first), bits(&again));
    assert_eq!(without_seconds(first_history.clone()), without_seconds(again_history));

    let (_, other, other_history) = trained::<f32>(&dataset, 7, &Fit { seed: 6, ..options });
    assert_ne!(bits(&first), bits(&other));
    assert_ne!(without_seconds(first_history), without_seconds(other_history));
}

#[test]
fn the_last_samples_validate_and_are_never_trained_on() {
    let dataset = quadrants(40, 1);
    let front: Vec<u32> = (0..30).collect();
    let back: Vec<u32> = (30..40).collect();
    let options = Fit {
        epochs: 4,
        validation_split: 0.25,
        split: Split::Last,
        keep_best: false,
        ..Fit::default()
    };
    let (model, parameters, history) = trained::<f32>(&dataset, 7, &options);

    let alone = Fit { validation_split: 0.0, ..options };
    let (_, without, without_history) = trained::<f32>(&dataset.select(&front), 7, &alone);
    assert_eq!(bits(&parameters), bits(&without));
    assert!(without_history.epochs.iter().all(|epoch| epoch.validation.is_none()));

    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let validation = trainer.evaluate(&parameters, &dataset.select(&back)).score();
    assert_eq!(history.epochs.last().unwrap().validation, Some(validation));
}

#[test]
fn a_data_set_sorted_by_label_is_trained_on_every_class() {
    let dataset = Dataset::new(
        Tensor::new([20, 1], (0..20).map(|i| i as f32).collect()),
        Tensor::new([20], (0..20).map(|i| u32::from(i >= 16)).collect()),
    );
    let options = Fit::default();
    let (training, validation) = options.split(&dataset).unwrap();
    let ones =
        |part: &Dataset<Tensor<f32>>| part.targets().to_vec().iter().filter(|&&l| l == 1).count();
    assert_eq!((training.len(), ones(&training)), (16, 3));
    assert_eq!((validation.len(), ones(&validation)), (4, 1));
    let as_before = Fit { split: Split::Last, ..options };
    assert_eq!(ones(&as_before.split(&dataset).unwrap().0), 0);
}

#[test]
fn options_saved_before_the_split_was_a_choice_take_the_last_samples() {
    let mut saved = serde_json::to_value(Fit::default()).unwrap();
    assert_eq!(saved.as_object_mut().unwrap().remove("split"), Some("stratified".into()));
    assert_eq!(serde_json::from_value::<Fit>(saved).unwrap().split, Split::Last);
}

#[test]
fn sequences_train_to_the_same_bits_as_when_all_are_filled_up() {
    let texts: Vec<Vec<u32>> =
        (0..40).map(|i| (0..1 + i * i % 23).map(|t| 1 + (i + t) % 9).collect()).collect();
    let labels = Tensor::new([40], (0..40).map(|i| i % 3).collect());
    let sequences = Dataset::new(Sequences::new(&texts, 0), labels.clone());
    let rectangle = Dataset::new(Sequences::new(&texts, 0).padded(), labels);
    for shards in [1, 2] {
        let options = Fit { epochs: 3, batch_size: 8, shards, ..Fit::default() };
        fn train<X: Samples<Batch = Tensor<u32>>>(
            dataset: &Dataset<X>,
            options: &Fit,
        ) -> (Vec<u64>, History, Vec<f32>) {
            let mut parameters = Parameters::<f32>::new(4);
            let model = Embedding::new(&mut parameters, "embedding", 10, 5)
                .padding(0)
                .mean()
                .then(Dropout::new("dropout", 0.2))
                .then(Dense::new(&mut parameters, "dense", 5, 3));
            let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
            let mut adam = Adam::new(0.01);
            let history = trainer.fit(&mut parameters, &mut adam, dataset, options).unwrap();
            let predictions = trainer.predict(&parameters, dataset.inputs()).to_vec();
            (bits(&parameters), without_seconds(history), predictions)
        }
        assert_eq!(train(&sequences, &options), train(&rectangle, &options), "{shards} shards");
    }
}

#[test]
fn a_batch_that_no_memory_holds_is_refused() {
    let ids = vec![vec![1; 5_000_000], vec![2]];
    let labels = Tensor::new([100], (0..100).map(|i| i % 2).collect());
    let sequences = Sequences::new(&ids, 0).select((0..100).map(|i| i % 2));
    let dataset = Dataset::new(sequences, labels);
    let mut parameters = Parameters::<f32>::new(4);
    let model = Embedding::new(&mut parameters, "embedding", 3, 2).padding(0).mean();
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let error = trainer.fit(&mut parameters, &mut Adam::new(0.01), &dataset, &Fit::default());
    assert_eq!(
        error.unwrap_err().to_string(),
        "a batch of 32 samples, each filled up to the longest one of 5000000 items, is too large; cut \
         the longest samples, or make smaller batches"
    );
}

/// A linear model that notes the first feature of each sample it is trained on.
struct Spy {
    dense: Dense,
    batches: Mutex<Vec<Vec<f32>>>,
}

impl Model for Spy {
    type Input = Tensor<f32>;

    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Tensor<f32>) -> Var<'t, T> {
        if pass.is_training() {
            self.batches.lock().unwrap().push(batch.slice(1, 0..1).to_vec());
        }
        self.dense.forward(pass, Features::new(1).forward(pass, batch))
    }
}

/// Returns the batches of each epoch on the samples 0, 1, …, 6.
fn batches_seen(options: &Fit) -> Vec<Vec<Vec<f32>>> {
    let inputs = Tensor::new([7, 1], (0..7).map(|i| i as f32).collect());
    let dataset = Dataset::new(inputs, Tensor::from([0, 1, 0, 1, 0, 1, 0]));
    let mut parameters = Parameters::new(1);
    let dense = Dense::new(&mut parameters, "dense", 1, 2);
    let spy = Spy { dense, batches: Mutex::default() };
    let trainer = Trainer::new(&spy, SoftmaxCrossEntropy::new());
    trainer.fit(&mut parameters, &mut Sgd::new(0.1), &dataset, options).unwrap();
    spy.batches.into_inner().unwrap().chunks(3).map(<[_]>::to_vec).collect()
}

#[test]
fn without_shuffling_batches_come_in_order_and_the_last_one_is_short() {
    let options =
        Fit { epochs: 2, batch_size: 3, validation_split: 0.0, shuffle: false, ..Fit::default() };
    let epoch = vec![vec![0.0, 1.0, 2.0], vec![3.0, 4.0, 5.0], vec![6.0]];
    assert_eq!(batches_seen(&options), [epoch.clone(), epoch]);
}

#[test]
fn shuffling_draws_a_new_order_of_all_samples_for_each_epoch() {
    let options = Fit { epochs: 2, batch_size: 3, validation_split: 0.0, ..Fit::default() };
    let epochs = batches_seen(&options);
    assert_ne!(epochs[0], epochs[1]);
    for epoch in epochs {
        assert_eq!(epoch.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
        let mut samples = epoch.concat();
        samples.sort_by(f32::total_cmp);
        assert_eq!(samples, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
}

/// An optimizer that knows what the only parameter will be after each step.
struct Script {
    values: &'static [f32],
    steps: usize,
    rate: f64,
}

impl Script {
    fn new(values: &'static [f32]) -> Self {
        Self { values, steps: 0, rate: 1.0 }
    }
}

impl Optimizer<f32> for Script {
    fn step(&mut self, parameters: &mut Parameters<f32>, _: &Gradients<f32>) {
        let only = parameters.find("dense.weight").unwrap();
        *parameters.get_mut(only) = Tensor::from([[self.values[self.steps]]]);
        self.steps += 1;
    }

    fn rate(&self) -> f64 {
        self.rate
    }

    fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn steps(&self) -> u64 {
        self.steps as u64
    }

    fn state(&self, _: &Parameters<f32>) -> State<f32> {
        unreachable!("training does not save its optimizer")
    }

    fn restore(&mut self, _: &Parameters<f32>, _: State<f32>) -> Result<(), StateError> {
        unreachable!("training does not restore its optimizer")
    }
}

/// Returns numbers: positive ones of class 1, negative ones of class 0. So for w > 0 the logit `w
/// x` is right for every sample, and the loss is lower the larger w is.
fn signs() -> Dataset<Tensor<f32>> {
    let inputs = Tensor::from([[1.0], [-1.0], [2.0], [-2.0], [1.5], [-1.5]]);
    Dataset::new(inputs, Tensor::from([1, 0, 1, 0, 1, 0]))
}

fn one_weight(parameters: &mut Parameters) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(1).then(Dense::without_bias(parameters, "dense", 1, 1))
}

/// Trains with one step an epoch, after which the weight has these values. The history, the weight
/// in the end, and the model's score on the validation samples.
fn scripted(values: &'static [f32], options: Fit) -> (History, f32, train::Score) {
    scripted_with(BinaryCrossEntropy, values, options)
}

fn scripted_with(
    loss: impl train::Loss<Target = Tensor<u32>>,
    values: &'static [f32],
    options: Fit,
) -> (History, f32, train::Score) {
    let split = Split::Last;
    let options = Fit { epochs: values.len(), validation_split: 0.34, split, ..options };
    let mut parameters = Parameters::new(1);
    let model = one_weight(&mut parameters);
    let trainer = Trainer::new(&model, loss);
    let mut script = Script::new(values);
    let history = trainer.fit(&mut parameters, &mut script, &signs(), &options).unwrap();
    let weight = parameters.get(parameters.find("dense.weight").unwrap()).item();
    let score = trainer.score(&parameters, &signs().select(&[3, 4, 5]));
    (history, weight, score)
}

#[test]
fn the_weights_of_the_best_epoch_are_kept() {
    let (history, weight, score) = scripted(&[0.5, 2.0, 1.0, -9.0, 0.7], Fit::default());
    assert_eq!((history.kept, weight), (2, 2.0));
    assert_eq!(history.epochs.len(), 5);
    assert_eq!(history.kept_epoch().validation, Some(score));
    let accuracy = |epoch: &Epoch| epoch.score().metric("accuracy").unwrap();
    let accuracies: Vec<f64> = history.epochs.iter().map(accuracy).collect();
    assert_eq!(accuracies, [1.0, 1.0, 1.0, 0.0, 1.0]);
}

#[test]
fn the_first_of_equal_epochs_is_kept() {
    let (history, ..) = scripted(&[-1.0, 3.0, 3.0], Fit::default());
    assert_eq!(history.kept, 2);
}

#[test]
fn the_last_weights_are_kept_when_asked_for() {
    let last = Fit { keep_best: false, ..Fit::default() };
    let (history, weight, score) = scripted(&[0.5, 2.0, 1.0], last);
    assert_eq!((history.kept, weight), (3, 1.0));
    assert_eq!(history.kept_epoch().validation, Some(score));
}

#[test]
fn patience_is_the_number_of_epochs_without_a_better_one() {
    let epochs = |patience, values| {
        let options = Fit { patience: Some(patience), ..Fit::default() };
        let (history, weight, _) = scripted(values, options);
        (history.epochs.len(), history.kept, weight)
    };
    let values = &[0.5, 2.0, 1.0, -9.0, 3.0, 0.1];
    assert_eq!(epochs(1, values), (3, 2, 2.0));
    assert_eq!(epochs(2, values), (4, 2, 2.0));
    assert_eq!(epochs(3, values), (6, 5, 3.0));
    assert_eq!(epochs(1, &[1.0, 2.0, 3.0]), (3, 3, 3.0));
}

#[test]
fn the_criterion_says_which_epoch_is_best() {
    let kept = |criterion, values| {
        let (history, ..) = scripted(values, Fit { criterion, ..Fit::default() });
        assert_eq!(history.kept_as(), "the best in validation");
        history.kept
    };
    let values = &[0.5, 2.0, 1.0, -9.0, 0.7];
    assert_eq!(kept(Criterion::Usual, values), 2);
    assert_eq!(kept(Criterion::Loss, values), 2);
    assert_eq!(kept(Criterion::highest("accuracy"), values), 2);
    assert_eq!(kept(Criterion::lowest("accuracy"), values), 4);
    assert_eq!(kept(Criterion::lowest("accuracy"), &[1.0, 2.0]), 2, "of equal ones the lower loss");

    let score = |loss, f1: Option<f64>| train::Score {
        loss,
        metrics: f1.map(|f1| ("macro_f1".to_string(), f1)).into_iter().collect(),
    };
    let by_f1 = Criterion::highest("macro_f1");
    for undefined in [score(0.1, None), score(0.1, Some(f64::NAN))] {
        assert!(by_f1.prefers(&score(0.9, Some(0.2)), &undefined));
        assert!(!by_f1.prefers(&undefined, &score(0.9, Some(0.2))));
        assert!(!by_f1.prefers(&undefined, &undefined));
    }
    let (surer, righter) = (score(0.1, Some(0.2)), score(0.9, Some(0.3)));
    assert!(Criterion::Loss.prefers(&surer, &righter) && by_f1.prefers(&righter, &surer));
}

/// The binary cross-entropy, with the logarithm of the weight up to a constant, which is undefined below 0.
struct WithLogarithm;

impl train::Loss for WithLogarithm {
    type Target = Tensor<u32>;

    fn of<'t>(&self, outputs: Var<'t>, targets: &Tensor<u32>) -> Var<'t> {
        train::Loss::of(&BinaryCrossEntropy, outputs, targets)
    }

    fn tally(&self, outputs: &Tensor, _: &Tensor<u32>) -> train::Tally {
        let sum = f64::from(-outputs.sum_all().item());
        train::Tally::Means([("logarithm".to_string(), (sum.ln(), 1.0))].into())
    }
}

#[test]
fn an_epoch_whose_metric_is_undefined_is_not_the_best() {
    let criterion = Criterion::lowest("logarithm");
    let options = Fit { criterion, ..Fit::default() };
    let (history, ..) = scripted_with(WithLogarithm, &[3.0, -1.0, 2.0, -1.0], options);
    assert_eq!(history.epochs[1].score().metric("logarithm"), None);
    assert_eq!(history.kept, 3);
}

#[test]
fn a_criterion_that_the_loss_does_not_have_is_an_error_that_lists_those_it_has() {
    let mut parameters = Parameters::<f32>::new(1);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let options = Fit { criterion: Criterion::highest("f1"), ..Fit::default() };
    let outcome = trainer.fit(&mut parameters, &mut Sgd::new(0.1), &quadrants(50, 1), &options);
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "Fit::criterion: the first epoch has no metric `f1`, because the loss has none or it is undefined there; it has \
         accuracy, and Criterion::Loss compares epochs by the loss"
    );
}

#[test]
fn on_a_plateau_the_rate_is_lowered_until_an_epoch_is_better() {
    let rates = |plateau, values| {
        let (history, ..) = scripted(values, Fit { plateau, ..Fit::default() });
        history.epochs.iter().map(|epoch| epoch.rate).collect::<Vec<f64>>()
    };
    let values = &[2.0, 1.0, 1.0, 1.0, 1.0, 3.0, 1.0, 1.0];
    assert_eq!(rates(None, values), [1.0; 8]);
    let by_two = Plateau { patience: 2, factor: 0.5, least: 0.0 };
    assert_eq!(rates(Some(by_two), values), [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]);
    let bounded = Plateau { least: 0.4, ..by_two };
    assert_eq!(rates(Some(bounded), values), [1.0, 1.0, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4]);
    let above = Plateau { least: 2.0, ..by_two };
    assert_eq!(rates(Some(above), values), [1.0; 8], "it never raises the rate");
}

#[test]
#[should_panic(
    expected = "fit: the factor of the plateau is 1; the rate is lowered by one above 0"
)]
fn a_plateau_that_lowers_nothing_is_refused() {
    let plateau = Plateau { factor: 1.0, ..Plateau::default() };
    scripted(&[1.0], Fit { plateau: Some(plateau), ..Fit::default() });
}

#[test]
fn clipping_bounds_the_step() {
    let step_length = |clip_norm| {
        let mut parameters = Parameters::<f64>::with_seed(7);
        let model = network(&mut parameters);
        let before = parameters.clone();
        let options =
            Fit { epochs: 1, batch_size: 50, validation_split: 0.0, clip_norm, ..Fit::default() };
        let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
        trainer.fit(&mut parameters, &mut Sgd::new(1.0), &quadrants(50, 1), &options).unwrap();
        let squares = parameters.ids().flat_map(|id| {
            let change = parameters.get(id) - before.get(id);
            change.to_vec().into_iter().map(|x| x * x)
        });
        squares.sum::<f64>().sqrt()
    };
    let free = step_length(None);
    assert!(free > 0.01);
    assert_relative_eq!(step_length(Some(0.01)), 0.01, max_relative = 1e-9);
    assert_eq!(step_length(Some(10.0 * free)), free);
}

#[test]
fn dropout_is_on_in_training_and_off_in_evaluation() {
    let dataset = quadrants(50, 1);
    let mut parameters = Parameters::<f64>::with_seed(1);
    let model = Features::new(2).then(Dropout::new("dropout", 0.5)).then(Dense::new(
        &mut parameters,
        "dense",
        2,
        2,
    ));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let options = Fit { epochs: 2, validation_split: 0.0, keep_best: false, ..Fit::default() };
    let still = &mut Sgd::new(0.0);
    let history = trainer.fit(&mut parameters, still, &dataset, &options).unwrap();

    let losses: Vec<f64> = history.epochs.iter().map(|epoch| epoch.training.loss).collect();
    let evaluated = trainer.evaluate(&parameters, &dataset).loss;
    assert!(losses[0] != losses[1] && losses[0] != evaluated);
    let mut parameters = Parameters::<f64>::with_seed(1);
    let plain = Features::new(2).then(Dense::new(&mut parameters, "dense", 2, 2));
    let plain = Trainer::new(&plain, SoftmaxCrossEntropy::new());
    assert_eq!(plain.evaluate(&parameters, &dataset).loss, evaluated);
}

#[test]
fn the_training_loss_weighs_each_sample_alike_also_in_a_short_batch() {
    let dataset = quadrants(7, 1);
    let mut parameters = Parameters::<f64>::with_seed(1);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let options = Fit { epochs: 1, batch_size: 3, validation_split: 0.0, ..Fit::default() };
    let still = &mut Sgd::new(0.0);
    let history = trainer.fit(&mut parameters, still, &dataset, &options).unwrap();
    let evaluation = trainer.evaluate(&parameters, &dataset);
    assert_relative_eq!(history.epochs[0].training.loss, evaluation.loss, max_relative = 1e-12);
    assert_eq!(history.epochs[0].training.metric("accuracy").unwrap(), evaluation.accuracy());
}

#[test]
fn without_samples_there_is_nothing_to_train_on() {
    let mut parameters = Parameters::new(1);
    let model = one_weight(&mut parameters);
    let trainer = Trainer::new(&model, BinaryCrossEntropy);
    let fit = |dataset: &Dataset<Tensor<f32>>, validation_split: f64| {
        let options = Fit { validation_split, ..Fit::default() };
        let outcome = trainer.fit(&mut parameters.clone(), &mut Sgd::new(0.1), dataset, &options);
        outcome.unwrap_err().to_string()
    };
    assert_eq!(
        fit(&signs().select(&[]), 0.2),
        "there is nothing to train on: the data set has no samples"
    );
    assert_eq!(
        fit(&signs(), 0.9),
        "6 samples with a fraction of 0.9 held out leave 0 for training and 6 to hold out; \
         both need at least one: give more data or another fraction"
    );
    for (fraction, found) in [(1.0, "1"), (-0.5, "-0.5"), (f64::NAN, "NaN")] {
        let range = "the fraction to hold out must be at least 0 and below 1, found";
        assert_eq!(fit(&signs(), fraction), format!("{range} {found}"));
    }
}

#[test]
#[should_panic(expected = "fit: 0 epochs were asked for; training takes at least one")]
fn training_for_no_epoch_panics() {
    trained::<f32>(&quadrants(10, 1), 1, &Fit { epochs: 0, ..Fit::default() });
}

#[test]
#[should_panic(expected = "a batch size of 0 was asked for; a batch needs at least one sample")]
fn a_batch_size_of_0_panics() {
    trained::<f32>(&quadrants(10, 1), 1, &Fit { batch_size: 0, ..Fit::default() });
}

#[test]
#[should_panic(expected = "fit: clip_norm is 0; gradients are clipped to a norm above 0")]
fn clipping_to_a_norm_of_0_panics() {
    trained::<f32>(&quadrants(10, 1), 1, &Fit { clip_norm: Some(0.0), ..Fit::default() });
}

#[test]
#[should_panic(expected = "` to track has shape [")]
fn tracking_a_parameter_of_several_numbers_panics_before_training() {
    let dataset = quadrants(10, 1);
    let mut parameters = Parameters::<f32>::new(1);
    let model = network(&mut parameters);
    let names = parameters.iter().map(|(_, name, _)| name.to_string()).collect();
    let options = Fit { track: names, ..Fit::default() };
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let _ = trainer.session(&mut parameters, &mut Adam::new(0.1), &dataset, &options);
}

#[test]
#[should_panic(expected = "there is no class 7")]
fn a_label_of_the_validation_samples_that_does_not_fit_panics_before_training() {
    let samples = quadrants(10, 1);
    let labels: Vec<u32> = (0..10).map(|i| if i == 9 { 7 } else { i % 2 }).collect();
    let dataset = Dataset::new(samples.inputs().clone(), Tensor::new([10], labels));
    let mut parameters = Parameters::<f32>::new(1);
    let model = network(&mut parameters);
    let options = Fit { split: Split::Last, ..Fit::default() };
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let _ = trainer.session(&mut parameters, &mut Adam::new(0.1), &dataset, &options);
}

#[test]
#[should_panic(expected = "fit: there is no class 7: the model has the classes 0..2")]
fn a_label_that_does_not_fit_panics_before_training_although_a_higher_one_is_ignored() {
    let samples = quadrants(10, 1);
    let labels: Vec<u32> = (0..10).map(|i| [0, 99, 1, 7, 1][i % 5]).collect();
    let dataset = Dataset::new(samples.inputs().clone(), Tensor::new([10], labels));
    let mut parameters = Parameters::<f32>::new(1);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new().ignore(99));
    let _ = trainer.session(&mut parameters, &mut Adam::new(0.1), &dataset, &Fit::default());
}

#[test]
#[should_panic(expected = "fit: targets must be between 0 and 1, not 3")]
fn a_count_among_yes_or_no_targets_panics_before_training() {
    let inputs = quadrants(50, 1).inputs().clone();
    let targets = Tensor::new([50, 2], (0..100).map(|i| if i == 70 { 3.0 } else { 0.0 }).collect());
    let dataset = Dataset::with_targets(inputs, targets);
    let mut parameters = Parameters::<f32>::new(1);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, MultiLabelCrossEntropy::new());
    let _ = trainer.session(&mut parameters, &mut Adam::new(0.1), &dataset, &Fit::default());
}

#[test]
#[should_panic(expected = "fit: a patience of 0 epochs was asked for")]
fn a_patience_of_0_panics() {
    trained::<f32>(&quadrants(10, 1), 1, &Fit { patience: Some(0), ..Fit::default() });
}

/// The training score of an epoch is measured before its steps, so the epoch with the best one need not have the best
/// weights.
#[test]
fn without_validation_samples_the_last_weights_are_kept() {
    let dataset = Dataset::with_targets(Tensor::from([[1.0]]), Tensor::from([[0.0]]));
    let mut parameters = Parameters::new(1);
    let model = Features::new(1).then(Dense::without_bias(&mut parameters, "dense", 1, 1));
    let weight = parameters.find("dense.weight").unwrap();
    parameters.set(weight, Tensor::from([[1.0]]));
    let options = Fit { epochs: 10, validation_split: 0.0, ..Fit::default() };
    let trainer = Trainer::new(&model, MeanSquaredError);
    let mut sgd = Sgd::new(0.1).momentum(0.9);
    let history = trainer.fit(&mut parameters, &mut sgd, &dataset, &options).unwrap();
    assert_eq!((history.kept, history.kept_as()), (10, "the last"));
    let kept = trainer.score(&parameters, &dataset).loss;
    let best = history.epochs.iter().map(|epoch| epoch.training.loss).fold(f64::MAX, f64::min);
    assert!(kept < best, "{kept} after training, {best} at best before a step");
}

#[test]
fn validation_samples_of_ones_own_are_used_as_those_of_a_split() {
    let dataset = quadrants(50, 1);
    let options = Fit { split: Split::Last, ..Fit::default() };
    let (_, of_split, expected) = trained::<f64>(&dataset, 1, &options);
    let mut parameters = Parameters::with_seed(1);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let (training, validation) = options.split(&dataset).unwrap();
    let mut adam = Adam::new(0.02);
    let history = trainer
        .fit_and_validate(&mut parameters, &mut adam, &training, &validation, &options)
        .unwrap();
    assert!(parameters.iter().zip(of_split.iter()).all(|((_, _, a), (_, _, b))| a == b));
    let validations = |history: &History| -> Vec<_> {
        history.epochs.iter().map(|e| e.validation.clone()).collect()
    };
    assert_eq!(validations(&history), validations(&expected));
}

#[test]
fn the_weights_of_the_best_epoch_survive_an_error() {
    let options = Fit { epochs: 3, validation_split: 0.34, split: Split::Last, ..Fit::default() };
    let mut parameters = Parameters::new(1);
    let model = one_weight(&mut parameters);
    let trainer = Trainer::new(&model, BinaryCrossEntropy);
    let mut script = Script::new(&[2.0, 1.0, f32::NAN]);
    let dataset = signs();
    let mut session = trainer.session(&mut parameters, &mut script, &dataset, &options).unwrap();
    let error = session.run(&mut []).unwrap_err();
    assert!(matches!(error, TrainError::Diverged { epoch: 3, .. }), "{error}");
    let best = session.progress.best_weights.as_ref().unwrap();
    assert_eq!(best.get(best.find("dense.weight").unwrap()).item(), 2.0);
}

#[test]
#[should_panic(expected = "BinaryCrossEntropy: labels must be 0 or 1, but one is 2")]
fn a_third_class_for_one_logit_panics() {
    let dataset = Dataset::new(Tensor::from([[1.0], [2.0]]), Tensor::from([1, 2]));
    let mut parameters = Parameters::new(1);
    let model = one_weight(&mut parameters);
    let _ = Trainer::new(&model, BinaryCrossEntropy).evaluate(&parameters, &dataset);
}

/// The natural logarithm as a layer: NaN for what is negative.
struct Logarithm;

/// The line at which its op is recorded.
const LOGARITHM: u32 = line!() + 4;

impl Layer for Logarithm {
    fn forward<'t, T: Scalar>(&self, _: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.ln()
    }
}

#[test]
fn a_loss_that_is_not_finite_stops_training_and_names_the_first_op() {
    let positive = Tensor::from([[1.0], [2.0], [3.0], [4.0]]);
    let dataset = Dataset::new(positive, Tensor::from([0, 1, 0, 1]));
    let mut parameters = Parameters::new(1);
    let model = one_weight(&mut parameters).then(Logarithm);
    let weight = parameters.find("dense.weight").unwrap();
    *parameters.get_mut(weight) = Tensor::from([[1.0]]);
    let trainer = Trainer::new(&model, BinaryCrossEntropy);
    let options =
        Fit { epochs: 9, batch_size: 2, validation_split: 0.0, shuffle: false, ..Fit::default() };

    // The third step, the first one of epoch 2, meets a negative weight.
    let mut script = Script::new(&[0.5, -0.25]);
    let outcome = trainer.fit(&mut parameters, &mut script, &dataset, &options);
    assert_eq!(
        outcome.unwrap_err().to_string(),
        format!(
            "the loss is NaN in epoch 2, step 1. The first value that is not finite is %3 = ln \
             [2, 1], at {}:{LOGARITHM}:11, from %2 = dense in layer `dense` [2, 1]. A lower learning rate or clipping \
             the gradients may help, or the data hold such a value",
            file!()
        )
    );
    assert_eq!(parameters.get(weight).item(), -0.25);
}

#[test]
fn an_epoch_that_ends_in_useless_weights_stops_training() {
    let fit = |values: &'static [f32], validation_split| {
        let mut parameters = Parameters::with_seed(1);
        let model = one_weight(&mut parameters);
        let trainer = Trainer::new(&model, BinaryCrossEntropy);
        let options = Fit { epochs: values.len(), validation_split, ..Fit::default() };
        let outcome = trainer.fit(&mut parameters, &mut Script::new(values), &signs(), &options);
        outcome.unwrap_err().to_string()
    };
    let advice = "is infinite or NaN. A lower learning rate or clipping the gradients may help, or \
                  the data hold such a value";
    assert_eq!(
        fit(&[1.0, f32::INFINITY], 0.0),
        format!("after epoch 2 the parameter `dense.weight` {advice}")
    );
    // With the wrong sign, so that the logits of both validation samples are wrong and huge.
    assert_eq!(fit(&[-f32::MAX], 0.34), format!("after epoch 1 the validation loss {advice}"));
}

/// A layer that does not fit the one before it panics at the line that joins the layers or trains
/// them, for any number of threads.
#[test]
fn layers_that_do_not_fit_are_reported_at_the_line_that_trains_them() {
    for shards in [1, 2] {
        let mut parameters = Parameters::new(1);
        let model = Features::new(2)
            .then(Dense::new(&mut parameters, "hidden", 2, 3))
            .then(Dense::new(&mut parameters, "output", 4, 2));
        let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
        let options = Fit { shards, ..Fit::default() };
        let mut sgd = Sgd::new(0.1);
        let told = mistakes::told(|| {
            drop(trainer.fit(&mut parameters, &mut sgd, &quadrants(10, 1), &options));
        });
        let line = line!() - 2;
        let message = &told.message;
        assert!(
            message.starts_with("dense in layer `output`: x [1, 3], weight [4, 2]"),
            "{message}"
        );
        assert_eq!((told.file.as_str(), told.line), (file!(), line), "with {shards} shards");
    }
}

#[test]
fn a_request_that_does_not_fit_the_model_is_an_error() {
    let mut parameters = Parameters::new(1);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    for shape in [vec![], vec![2], vec![1, 3]] {
        let error = trainer.try_predict(&parameters, &Tensor::zeros(&shape)).unwrap_err();
        assert_eq!(error.to_string(), format!("a batch must have shape [batch, 2], not {shape:?}"));
    }
    let fitting = Tensor::zeros([3, 2]);
    assert_eq!(
        trainer.try_predict(&parameters, &fitting),
        Ok(trainer.predict(&parameters, &fitting))
    );
}
