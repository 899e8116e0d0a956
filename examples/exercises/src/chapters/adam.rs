//! Chapter 7: Adam, weight decay, clipping.

use autograd::{Gradients, Parameters};
use optim::{Adam, AdamW, Optimizer, clip_global_norm};
use tensor::Tensor;

use super::{normal, row, tensor};
use crate::answers::Answers;
use crate::case::{Case, Output, given, number};
use crate::task::{Task, mistake};

pub(super) const TASKS: [Task; 3] = [
    Task {
        number: 15,
        name: "adam",
        title: "Adam with its bias correction",
        chapter: 7,
        hint: "Three variables that may change: `let (mut w, mut m, mut v) = (w, 0.0, 0.0);`. A loop over the gradients \
               with their number from 1: `for (t, g) in (1..).zip(gradients)`. Powers: `0.9f64.powi(t)`, and g² is \
               `g * g`.",
        mistakes: &[
            mistake(
                "uncorrected",
                "The bias correction is missing: m and v begin at 0 and are too small for many steps.",
            ),
            mistake(
                "from zero",
                "t begins at 0, and 1 − 0.9⁰ is 0: the first step divides by it. Count from 1.",
            ),
            mistake("epsilon inside", "ε is inside the root. It is added to the root."),
            mistake("no root", "The root is missing: v is a mean of squares."),
            mistake(
                "no square",
                "The square of g is missing: v is a mean of squares, `0.001 * g * g`. A mean of numbers may be \
                     negative, and has no root then.",
            ),
            mistake(
                "corrected for good",
                "m and v themselves are corrected, step after step. m̂ and v̂ are only for the \
                     step itself; the next step continues with m and v.",
            ),
            mistake("one corrected", "Only m is corrected; v is too small as well, and by more."),
        ],
        cases: adam,
    },
    Task {
        number: 16,
        name: "weight_decay",
        title: "weight decay beside Adam",
        chapter: 7,
        hint: "Copy exercise 15, put the quotient in parentheses, and add the decay there: \
               `w -= rate * (mean / (square.sqrt() + 1e-8) + decay * w);`",
        mistakes: &[
            mistake(
                "in the gradient",
                "The decay is added to the gradient, so it is divided by √v̂ like everything else. \
                     AdamW has it beside the quotient.",
            ),
            mistake("without rate", "The decay is not multiplied by the rate."),
            mistake(
                "afterwards",
                "The decay takes the weight after Adam's step. The formula takes the one before.",
            ),
            mistake("sign", "The weight grows: the decay has the wrong sign."),
        ],
        cases: weight_decay,
    },
    Task {
        number: 17,
        name: "clip",
        title: "gradients of a bounded length",
        chapter: 7,
        hint: "One sum of squares over all gradients, one root, one factor max / length, which is never above 1: \
               `.min(1.0)`.",
        mistakes: &[
            mistake(
                "each alone",
                "Each gradient is clipped alone. That turns the direction: take one length for all.",
            ),
            mistake(
                "lengthened",
                "A short gradient was made longer. Where the length is below max, nothing changes.",
            ),
            mistake("no root", "The root is missing: this is the squared length."),
            mistake(
                "by value",
                "Each number is clipped by itself. That turns the direction; scale all by one factor.",
            ),
        ],
        cases: clip,
    },
];

/// Returns the weight after steps of an optimizer of the library.
pub(super) fn trained(mut optimizer: impl Optimizer<f64>, w: f64, gradients: &[f64]) -> f64 {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let id = parameters.add("w", Tensor::from([w]));
    for &g in gradients {
        let mut all = Gradients::new();
        all.insert(&parameters, id, Tensor::from([g]));
        optimizer.step(&mut parameters, &all);
    }
    parameters.get(id).get([0])
}

fn gradients() -> [Vec<f64>; 4] {
    let tiny = [1e-4, -3e-5, 2e-4];
    [vec![2.0], vec![1.0, -1.0], tiny.to_vec(), row(12, 1)]
}

fn adam(answers: &Answers) -> Vec<Case> {
    let f = answers.adam;
    gradients()
        .map(|gradients| {
            let (w, rate) = (0.5, 0.1);
            let expected = vec![Output::number("w", trained(Adam::new(rate), w, &gradients))];
            let shown = given([("gradients", &tensor(&gradients))].into_iter());
            let given = format!("w = {w}, {shown}, rate = {rate}");
            Case::new(given, expected, move || vec![Output::number("w", f(w, &gradients, rate))])
        })
        .into()
}

fn weight_decay(answers: &Answers) -> Vec<Case> {
    let f = answers.weight_decay;
    gradients()
        .map(|gradients| {
            let (w, rate, decay) = (2.0, 0.1, 0.3);
            let optimizer = AdamW::new(rate).decay(decay).decays(|_, _| true);
            let expected = vec![Output::number("w", trained(optimizer, w, &gradients))];
            let shown = given([("gradients", &tensor(&gradients))].into_iter());
            let given = format!("w = {w}, {shown}, rate = {rate}, decay = {decay}");
            let found = move || vec![Output::number("w", f(w, &gradients, rate, decay))];
            Case::new(given, expected, found)
        })
        .into()
}

fn clip(answers: &Answers) -> Vec<Case> {
    let f = answers.clip;
    let case = |gradients: Vec<Tensor<f64>>, max: f64| {
        let name = |i: usize| format!("gradient {i}");
        let mut parameters = Parameters::<f64>::with_seed(0);
        let mut all = Gradients::new();
        for (i, gradient) in gradients.iter().enumerate() {
            let id = parameters.add(name(i), Tensor::zeros(gradient.shape()));
            all.insert(&parameters, id, gradient.clone());
        }
        clip_global_norm(&mut all, max);
        let clipped = all.iter().map(|(_, gradient)| gradient.dense().clone());
        let expected = clipped.enumerate().map(|(i, gradient)| Output::new(name(i), gradient));
        let expected = expected.collect();
        let shown: Vec<String> =
            gradients.iter().map(|g| crate::case::Short(g).to_string()).collect();
        let given = format!("gradients = [{}], max = {}", shown.join(", "), number(max));
        let found = move || {
            let clipped = f(&gradients, max).into_iter().enumerate();
            clipped.map(|(i, gradient)| Output::new(name(i), gradient)).collect()
        };
        Case::new(given, expected, found)
    };
    vec![
        case(vec![Tensor::from([30.0]), Tensor::from([40.0])], 5.0),
        case(vec![Tensor::from([0.3]), Tensor::from([0.4])], 5.0),
        case(vec![normal(&[2, 3], 1), normal(&[3], 2), normal(&[], 3)], 0.7),
        case(vec![Tensor::from([0.0, 0.0])], 1.0),
    ]
}
