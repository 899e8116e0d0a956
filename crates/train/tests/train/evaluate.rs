//! Evaluation and prediction against a forward pass by hand, whatever the number of samples.

use std::sync::Mutex;

use approx::assert_relative_eq;
use autograd::{Parameters, Pass, Var};
use data::{Dataset, Samples, Sequences, Windows};
use nn::{
    BinaryCrossEntropy, Dense, Embedding, Features, MeanSquaredError, Model, SoftmaxCrossEntropy,
};
use proptest::prelude::*;
use tensor::{Key, Scalar, Tensor};
use train::metrics::ConfusionMatrix;
use train::{Classifier, Trainer};

/// Around the 256 samples that are evaluated at once.
const COUNTS: [usize; 7] = [1, 2, 255, 256, 257, 512, 513];

fn linear(
    parameters: &mut Parameters<f64>,
    outputs: usize,
) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(2).then(Dense::new(parameters, "dense", 2, outputs))
}

fn samples(count: usize, classes: u32) -> Dataset<Tensor<f32>> {
    let inputs = Tensor::normal([count, 2], 0.0, 3.0, Key::new(1));
    let labels = (0..count as u32).map(|i| i % classes).collect();
    Dataset::new(inputs, Tensor::new([count], labels))
}

/// Computes x · W + b, number by number.
fn logits_by_hand(parameters: &Parameters<f64>, inputs: &Tensor<f32>) -> Vec<Vec<f64>> {
    let value = |name| parameters.get(parameters.find(name).unwrap());
    let (weight, bias) = (value("dense.weight"), value("dense.bias"));
    let rows = inputs.values();
    let logit = |x: &[f32], k| {
        f64::from(x[0]) * weight.get([0, k]) + f64::from(x[1]) * weight.get([1, k]) + bias.get([k])
    };
    rows.chunks(2).map(|x| (0..bias.len()).map(|k| logit(x, k)).collect()).collect()
}

fn first_largest(row: &[f64]) -> u32 {
    (1..row.len()).fold(0, |best, k| if row[k] > row[best] { k } else { best }) as u32
}

#[test]
fn softmax_figures_equal_those_by_hand_for_any_number_of_samples() {
    let mut parameters = Parameters::with_seed(1);
    let model = linear(&mut parameters, 3);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    for count in COUNTS {
        let dataset = samples(count, 3);
        let labels = dataset.targets().to_vec();
        let softmax = |row: &Vec<f64>| -> Vec<f64> {
            let total: f64 = row.iter().map(|x| x.exp()).sum();
            row.iter().map(|x| x.exp() / total).collect()
        };
        let expected: Vec<Vec<f64>> =
            logits_by_hand(&parameters, dataset.inputs()).iter().map(softmax).collect();
        let losses = expected.iter().zip(&labels).map(|(row, &label)| -row[label as usize].ln());
        let predictions: Vec<u32> = expected.iter().map(|row| first_largest(row)).collect();

        let probabilities = trainer.predict(&parameters, dataset.inputs());
        assert_eq!(probabilities.shape(), [count, 3]);
        assert_relative_eq!(
            probabilities,
            Tensor::new([count, 3], expected.concat()),
            epsilon = 1e-12
        );
        let evaluation = trainer.evaluate(&parameters, &dataset);
        assert_relative_eq!(
            evaluation.loss,
            losses.sum::<f64>() / count as f64,
            max_relative = 1e-12
        );
        assert_eq!(evaluation.confusion, ConfusionMatrix::new(3, &labels, &predictions));
        assert_eq!(evaluation.roc_auc, None);
    }
}

#[test]
fn binary_figures_equal_those_by_hand_for_any_number_of_samples() {
    let mut parameters = Parameters::with_seed(1);
    let model = linear(&mut parameters, 1);
    let trainer = Trainer::new(&model, BinaryCrossEntropy);
    for count in COUNTS {
        let dataset = samples(count, 2);
        let labels = dataset.targets().to_vec();
        let logits = logits_by_hand(&parameters, dataset.inputs()).concat();
        let yes: Vec<f64> = logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
        let losses = yes
            .iter()
            .zip(&labels)
            .map(|(p, &label)| -(if label == 1 { *p } else { 1.0 - p }).ln());
        let predictions: Vec<u32> = logits.iter().map(|&x| u32::from(x > 0.0)).collect();

        let expected = yes.iter().flat_map(|p| [1.0 - p, *p]).collect();
        let probabilities = trainer.predict(&parameters, dataset.inputs());
        assert_relative_eq!(probabilities, Tensor::new([count, 2], expected), epsilon = 1e-12);
        let evaluation = trainer.evaluate(&parameters, &dataset);
        assert_relative_eq!(
            evaluation.loss,
            losses.sum::<f64>() / count as f64,
            max_relative = 1e-12
        );
        assert_eq!(evaluation.confusion, ConfusionMatrix::new(2, &labels, &predictions));

        // The share of pairs of a positive and a negative sample that are in order.
        let (mut ordered, mut pairs) = (0, 0);
        for (p, _) in labels.iter().enumerate().filter(|(_, label)| **label == 1) {
            for (n, _) in labels.iter().enumerate().filter(|(_, label)| **label == 0) {
                pairs += 1;
                ordered += usize::from(logits[p] > logits[n]);
            }
        }
        let area = (pairs > 0).then(|| ordered as f64 / pairs as f64);
        assert_eq!(evaluation.roc_auc, area);
    }
}

#[test]
fn two_logits_rank_by_their_difference() {
    let mut parameters = Parameters::with_seed(1);
    let model = linear(&mut parameters, 2);
    let dataset = samples(100, 2);
    let evaluation =
        Trainer::new(&model, SoftmaxCrossEntropy::new()).evaluate(&parameters, &dataset);
    let logits = logits_by_hand(&parameters, dataset.inputs());
    let scores: Vec<f64> = logits.iter().map(|row| row[1] - row[0]).collect();
    let labels: Vec<bool> = dataset.targets().to_vec().iter().map(|&label| label == 1).collect();
    assert_eq!(evaluation.roc_auc, train::metrics::roc_auc(&labels, &scores));
}

#[test]
fn no_inputs_have_no_predictions() {
    let mut parameters = Parameters::with_seed(1);
    let model = linear(&mut parameters, 3);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    assert_eq!(trainer.predict(&parameters, &Tensor::zeros([0, 2])).shape(), [0, 3]);
}

/// A model of tokens that notes the shape of each batch.
struct Spy<M> {
    inner: M,
    batches: Mutex<Vec<Vec<usize>>>,
}

impl<M: Model<Input = Tensor<u32>>> Model for Spy<M> {
    type Input = Tensor<u32>;

    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Tensor<u32>) -> Var<'t, T> {
        self.batches.lock().unwrap().push(batch.shape().to_vec());
        self.inner.forward(pass, batch)
    }
}

/// Returns the shapes of the batches in which inputs are evaluated.
fn evaluated_together(inputs: &impl Samples<Batch = Tensor<u32>>) -> Vec<Vec<usize>> {
    let mut parameters = Parameters::<f32>::new(1);
    let inner = Embedding::new(&mut parameters, "embedding", 3, 2).mean();
    let spy = Spy { inner, batches: Mutex::default() };
    Trainer::new(&spy, SoftmaxCrossEntropy::new()).predict(&parameters, inputs);
    spy.batches.into_inner().unwrap()
}

#[test]
fn at_most_8192_tokens_are_evaluated_together_in_whatever_form_they_come() {
    let tokens: Vec<u32> = (0..70 * 256 + 1).map(|place| place % 3).collect();
    let windows = Windows::consecutive(&tokens, 256).inputs().clone();
    let sequences = Sequences::new(tokens[..70 * 256].chunks(256), 0);
    let expected = [[32, 256], [32, 256], [6, 256]];
    assert_eq!(evaluated_together(&windows), expected, "windows");
    assert_eq!(evaluated_together(&windows.batch()), expected, "rows of a tensor");
    assert_eq!(evaluated_together(&sequences), expected, "sequences");
}

#[test]
#[should_panic(expected = "evaluate: there are no samples to evaluate on")]
fn evaluating_on_no_samples_panics() {
    let mut parameters = Parameters::with_seed(1);
    let model = linear(&mut parameters, 3);
    Trainer::new(&model, SoftmaxCrossEntropy::new()).evaluate(&parameters, &samples(0, 3));
}

/// Rows of logits, large ones and equal ones among them.
fn logits(columns: usize) -> impl Strategy<Value = Tensor> {
    let logit = prop_oneof![-5.0f32..5.0, -1e4f32..1e4, Just(1.0)];
    (1..6usize).prop_flat_map(move |rows| {
        prop::collection::vec(logit.clone(), rows * columns)
            .prop_map(move |values| Tensor::new([rows, columns], values))
    })
}

fn check_probabilities(loss: impl Classifier, logits: &Tensor) -> Result<(), TestCaseError> {
    let probabilities = loss.predict(logits);
    let predictions = loss.classes(logits).to_vec();
    for (row, &predicted) in predictions.iter().enumerate() {
        let row: Vec<f32> =
            (0..probabilities.shape()[1]).map(|k| probabilities.get([row, k])).collect();
        let total: f32 = row.iter().sum();
        prop_assert!((total - 1.0).abs() < 1e-5, "{row:?} sum to {total}");
        let largest = row.iter().copied().fold(0.0, f32::max);
        prop_assert_eq!(row[predicted as usize], largest);
    }
    Ok(())
}

proptest! {
    #[test]
    fn probabilities_sum_to_one_and_the_largest_is_predicted(
        several in logits(4),
        one in logits(1),
    ) {
        check_probabilities(SoftmaxCrossEntropy::new(), &several)?;
        check_probabilities(BinaryCrossEntropy, &one)?;
    }
}

#[test]
fn of_equally_probable_classes_the_first_is_predicted() {
    let equal = Tensor::<f32>::zeros([1, 3]);
    assert_eq!(SoftmaxCrossEntropy::new().classes(&equal).to_vec(), [0]);
    let even = Tensor::<f32>::zeros([1, 1]);
    assert_eq!(BinaryCrossEntropy.classes(&even).to_vec(), [0]);
}

#[test]
fn an_output_that_is_not_finite_is_an_error() {
    let mut parameters = Parameters::<f32>::new(1);
    let model = Features::new(1)
        .then(Dense::new(&mut parameters, "hidden", 1, 2))
        .then(Dense::new(&mut parameters, "output", 2, 2));
    let ids: Vec<_> = parameters.ids().collect();
    for id in ids {
        parameters.get_mut(id).as_mut_slice().fill(1e20);
    }
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let inputs = Tensor::from([[-1.0], [1.0]]);
    let dataset = Dataset::new(inputs.clone(), Tensor::from([0, 1]));
    let expected = "output 1 for sample 2 is inf, which is not an answer: the model's weights or its \
                    inputs are too large, or its training went wrong; train it again with a lower \
                    learning rate";
    let predicted = trainer.predict_finite(&parameters, &inputs).unwrap_err();
    let evaluated = trainer.evaluate_finite(&parameters, &dataset).unwrap_err();
    assert_eq!(predicted.to_string(), expected);
    assert_eq!(evaluated, predicted);
}

#[test]
fn outputs_for_each_step_of_texts_of_several_lengths_are_refused_at_the_users_line() {
    let mut parameters = Parameters::<f32>::new(0);
    let model = Embedding::new(&mut parameters, "words", 10, 4);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let texts: Vec<Vec<u32>> = (0..300).map(|i| vec![1; if i < 256 { 5 } else { 9 }]).collect();
    let texts = Sequences::new(&texts, 0);
    assert_eq!(
        mistakes::message(|| trainer.outputs(&parameters, &texts)),
        "outputs: batches have the outputs [256, 5, 4] and [44, 9, 4], which do not make one tensor: give inputs of one \
         length to a model with an output for each step"
    );
}

/// Targets that do not fit blame the line that evaluates, not one inside.
#[test]
fn mistakes_are_reported_at_the_line_that_evaluates() {
    let mut parameters = Parameters::with_seed(1);
    let model = linear(&mut parameters, 1);
    let inputs = samples(10, 2).inputs().clone();
    let numbers = Trainer::new(&model, MeanSquaredError);
    let flat = Dataset::with_targets(inputs.clone(), Tensor::<f32>::ones([10]));
    let rule = "prediction [10, 1] and target [10] must have the same shape";
    let told = mistakes::message(|| numbers.score(&parameters, &flat));
    assert!(told.contains(rule), "{told}");
    let told =
        mistakes::message(|| numbers.importance(&parameters, &flat, &[0..1, 1..2], 2, Key::new(1)));
    assert!(told.contains(rule), "{told}");
    let classes = Trainer::new(&model, BinaryCrossEntropy);
    let third = Dataset::new(inputs, Tensor::full([10], 2));
    let told = [
        mistakes::message(|| classes.evaluate(&parameters, &third)),
        mistakes::message(|| classes.evaluate_finite(&parameters, &third)),
    ];
    assert!(
        told.iter().all(|told| told.contains("labels must be 0 or 1, but one is 2")),
        "{told:?}"
    );
}
