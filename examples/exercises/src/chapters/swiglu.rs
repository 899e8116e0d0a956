//! Chapter 9: gates, and an interval.

use tensor::Tensor;

use super::{normal, tensor};
use crate::answers::Answers;
use crate::case::{Case, Output, given};
use crate::task::{Task, mistake};

pub(super) const TASKS: [Task; 3] = [
    Task {
        number: 20,
        name: "swish",
        title: "the adjoint of Swish",
        chapter: 9,
        hint: "A product of x and σ(x): the derivative of the first times the second, plus the first times the derivative \
               of the second. Compute s = σ(x) once.",
        mistakes: &[
            mistake("gate only", "Half of the product rule is missing: σ(x) depends on x as well."),
            mistake(
                "no gate",
                "Half of the product rule is missing: the derivative of the factor x is 1, times σ(x).",
            ),
            mistake("no factor x", "In the second term the factor x is missing."),
            mistake(
                "sigmoid of minus",
                "This is σ(−x). The exponential is of −x: 1 / (1 + exp(−x)).",
            ),
            mistake("minus outside", "`-x.exp()` is −(eˣ). Write `(-x).exp()`."),
        ],
        cases: swish,
    },
    Task {
        number: 21,
        name: "swiglu",
        title: "the adjoints of SwiGLU, with β and γ",
        chapter: 9,
        hint: "Let s = σ(βx + γ) and s′ = s (1 − s). Then ∂y/∂x = s + x s′ β, ∂y/∂β = x s′ x and ∂y/∂γ = x s′, each \
               times dy; β and γ are summed over all elements.",
        mistakes: &[
            mistake(
                "no beta",
                "In dx the factor β is missing: the inner derivative of βx + γ with respect to x.",
            ),
            mistake(
                "gate only",
                "In dx the second term is missing: the gate depends on x as well.",
            ),
            mistake(
                "beta without x",
                "In dβ a factor x is missing: one is in front of the gate, one is inside.",
            ),
            mistake(
                "mean",
                "β and γ are the same for all elements: their adjoints are sums, not means.",
            ),
            mistake("gamma outside", "In dγ the factor x in front of the gate is missing."),
            mistake("minus outside", "`-z.exp()` is −exp(z). With z = βx + γ write `(-z).exp()`."),
        ],
        cases: swiglu,
    },
    Task {
        number: 22,
        name: "interval",
        title: "an interval for a paired difference",
        chapter: 9,
        hint: "First the differences, as a `Vec<f64>`; then their mean; then the sum of (d − mean)²; then \
               error = √(sum / (n − 1) / n). `n` as an f64 is `a.len() as f64`.",
        mistakes: &[
            mistake(
                "n",
                "The sum of squares is divided by n. The mean was made from the same numbers, so it is n − 1.",
            ),
            mistake(
                "no root of n",
                "The spread of a mean is the spread of one difference divided by √n.",
            ),
            mistake(
                "unpaired",
                "The spreads of a and of b were taken apart. Paired runs: take the spread of the differences.",
            ),
            mistake("sign", "It is b − a: the interval is mirrored at 0."),
        ],
        cases: interval,
    },
];

fn swish(answers: &Answers) -> Vec<Case> {
    let f = answers.swish;
    [[0.0, 1.0], [1.0, 1.0], [-2.0, 0.5], [0.7, -3.0]]
        .map(|[x, dy]| {
            let rule = move |x: &[Tensor<f64>], dy: &Tensor<f64>| {
                vec![Tensor::scalar(f(x[0].item(), dy.item()))]
            };
            let (x, dy) = (Tensor::scalar(x), Some(Tensor::scalar(dy)));
            Case::vjp("swish", &[("x", x)], dy, |x| x[0] * x[0].sigmoid(), rule)
        })
        .into()
}

fn swiglu(answers: &Answers) -> Vec<Case> {
    let f = answers.swiglu;
    let case = |shape: &[usize], beta: f64, gamma: f64| {
        let inputs =
            [("x", normal(shape, 1)), ("β", Tensor::scalar(beta)), ("γ", Tensor::scalar(gamma))];
        let rule = move |x: &[Tensor<f64>], dy: &Tensor<f64>| {
            let (dx, dbeta, dgamma) = f(&x[0], x[1].item(), x[2].item(), dy);
            vec![dx, Tensor::scalar(dbeta), Tensor::scalar(dgamma)]
        };
        Case::vjp("swiglu", &inputs, None, |x| nn::swiglu(x[0], x[1], x[2]), rule)
    };
    vec![case(&[2], 1.0, 0.0), case(&[3], 2.0, -0.5), case(&[2, 3], -0.8, 0.3)]
}

/// Scores, t, and the interval: `scipy.stats.ttest_rel(b, a).confidence_interval()` of SciPy 1.17.
struct Paired {
    a: &'static [f64],
    b: &'static [f64],
    t: f64,
    interval: [f64; 2],
}

fn interval(answers: &Answers) -> Vec<Case> {
    let f = answers.interval;
    let ends =
        |[low, high]: [f64; 2]| vec![Output::number("low", low), Output::number("high", high)];
    PAIRED
        .map(|Paired { a, b, t, interval }| {
            let rows = [("a", &tensor(a)), ("b", &tensor(b)), ("t", &Tensor::scalar(t))];
            let given = given(rows.into_iter());
            Case::new(given, ends(interval), move || ends(f(a, b, t)))
        })
        .into()
}

const PAIRED: [Paired; 3] = [
    Paired {
        a: &[1.0, 2.0],
        b: &[2.0, 5.0],
        t: 12.706204736432095,
        interval: [-10.706204736174694, 14.706204736174694],
    },
    Paired {
        a: &[94.2, 92.8, 92.8, 93.0, 93.5, 95.5],
        b: &[98.5, 96.0, 96.8, 94.8, 97.0, 95.5],
        t: 2.570581835636314,
        interval: [1.0961611673106086, 4.50383883268939],
    },
    Paired {
        a: &[94.5, 93.0, 94.5, 94.5, 94.0, 96.2],
        b: &[96.8, 95.2, 96.0, 94.5, 91.2, 96.2],
        t: 2.570581835636314,
        interval: [-1.4860237279322468, 2.552690394598914],
    },
];
