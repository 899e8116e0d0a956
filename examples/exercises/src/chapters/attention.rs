//! Chapter 10: norms, positions, attention, and its cache.

use autograd::Tape;
use autograd::check::Number;
use autograd::functional::Dual;
use tensor::Tensor;

use super::{normal, row, tensor};
use crate::answers::Answers;
use crate::case::{Case, Output, given};
use crate::task::{Task, mistake};

pub(super) const TASKS: [Task; 5] = [
    Task {
        number: 23,
        name: "rms_norm",
        title: "RMSNorm of a row",
        chapter: 10,
        hint: "The mean of the squares, plus epsilon, then the root: one number for the row. Divide each x by it and \
               multiply by its weight.",
        mistakes: &[
            mistake(
                "sum",
                "It is the mean of the squares, not their sum: divide by the length of the row.",
            ),
            mistake(
                "centered",
                "The mean of x is subtracted. LayerNorm does that; RMSNorm does not.",
            ),
            mistake("epsilon outside", "Epsilon is added to the root. It belongs under it."),
            mistake("no root", "The root is missing."),
            mistake("no weight", "The weights are missing."),
        ],
        cases: rms_norm,
    },
    Task {
        number: 24,
        name: "layer_norm",
        title: "the adjoint of LayerNorm",
        chapter: 10,
        hint: "dx = (dy − mean(dy) − y · mean(dy · y)) / σ. Compute μ, σ and y first; a closure \
               `let mean = |values: &[f64]| …` saves typing.",
        mistakes: &[
            mistake(
                "sigma only",
                "σ and μ are treated as constants: two terms are missing. Both depend on all of x.",
            ),
            mistake("no mean", "The term −mean(dy) is missing: μ depends on x."),
            mistake("no projection", "The term −y · mean(dy · y) is missing: σ depends on x."),
            mistake("n − 1", "The variance is divided by n − 1. LayerNorm divides by n."),
        ],
        cases: layer_norm,
    },
    Task {
        number: 25,
        name: "rope",
        title: "rotary positions",
        chapter: 10,
        hint: "Let half = x.len() / 2 and `let mut y = x.to_vec();`. For i in 0..half compute the angle, and set y[i] and \
               y[i + half] from x, not from y. Convert to `f64` before you divide: `-2.0 * i as f64 / d as f64`.",
        mistakes: &[
            mistake("other direction", "It turns the other way: the signs of sin a are exchanged."),
            mistake(
                "sine and cosine",
                "Sine and cosine are exchanged: `let (sin, cos) = a.sin_cos();`.",
            ),
            mistake(
                "whole numbers",
                "Every pair is turned by the same angle. Between `usize` 1 / 2 is 0. Convert first: \
                     `(2 * i) as f64 / d as f64`.",
            ),
            mistake(
                "neighbors",
                "Neighbors (x₀, x₁) are paired. Here a pair is one number of each half, as in LLaMA's \
                     weights by Hugging Face.",
            ),
            mistake(
                "exponent",
                "The exponent is −2i / d, with d the length of the whole row: the 2 is missing.",
            ),
            mistake(
                "in place",
                "The second number of a pair was computed from the first one that was already turned.",
            ),
            mistake("from one", "Positions count from 0: the first is not turned at all."),
        ],
        cases: rope,
    },
    Task {
        number: 26,
        name: "attention",
        title: "the adjoints of causal attention",
        chapter: 10,
        hint: "P from `(q.matmul(&k.t()) * scale).exp() * mask(time)`, divided by its row sums. (exp(−∞) = 0, so a 0 before the row sums is the chapter's −∞.) Then dV = Pᵀ dY, dP = dY Vᵀ, \
               dS = P (dP − row sums of dP · P), dQ = dS K / √h, dK = dSᵀ Q / √h.",
        mistakes: &[
            mistake(
                "no scale back",
                "1/√h is missing on the way back: S is Q Kᵀ times it, so dQ and dK are times it, too.",
            ),
            mistake("no scale", "1/√h is missing everywhere."),
            mistake("no mask", "The mask is missing: a row looks at rows after it."),
            mistake(
                "softmax diagonal",
                "The adjoint of softmax lacks its sum: dS = P (dP − row sums of dP · P).",
            ),
            mistake(
                "key transposed",
                "dK has dS where it needs dSᵀ: key j collects from all queries i, Σᵢ dS[i, j] Q[i].",
            ),
            mistake("columns", "Softmax goes over columns. Each row of P, a query, adds up to 1."),
        ],
        cases: attention,
    },
    Task {
        number: 27,
        name: "cache",
        title: "a step of attention with a key–value cache",
        chapter: 10,
        hint: "`*keys = Tensor::concat(&[&*keys, k], 0);` appends. Then the new keys and values are used: q times keys \
               transposed, divided by √h, softmax, times values.",
        mistakes: &[
            mistake(
                "itself unseen",
                "The new token does not see itself: append its key and value before you use the cache.",
            ),
            mistake(
                "not kept",
                "Nothing was appended to the cache: the next step will not see this token.",
            ),
            mistake("no scale", "1/√h is missing."),
            mistake("exchanged", "Keys and values are exchanged in the cache."),
        ],
        cases: cache,
    },
];

fn rms_norm(answers: &Answers) -> Vec<Case> {
    let f = answers.rms_norm;
    let case = |x: Vec<f64>, weight: Vec<f64>, epsilon: f64| {
        let tape = Tape::<f64>::no_grad();
        let [at, scale] = [&x, &weight].map(|row| tape.constant(tensor(row)));
        let expected = nn::rms_norm(at, scale, epsilon).value();
        let rows = given([("x", &tensor(&x)), ("weight", &tensor(&weight))].into_iter());
        let given = format!("{rows}, epsilon = {epsilon}");
        let found = move || vec![Output::row("y", f(&x, &weight, epsilon))];
        Case::new(given, vec![Output::new("y", expected)], found)
    };
    vec![
        case(vec![3.0, 4.0], vec![1.0, 1.0], 0.0),
        case(vec![1.0, 2.0, 2.0], vec![1.0, -1.0, 0.5], 0.5),
        case(row(6, 1), row(6, 2), 1e-5),
    ]
}

fn layer_norm(answers: &Answers) -> Vec<Case> {
    let f = answers.layer_norm;
    let case = |length: usize| {
        // Not the seed of dy.
        let inputs = [("x", normal(&[length], 1))];
        let rule = move |x: &[Tensor<f64>], dy: &Tensor<f64>| {
            vec![tensor(&f(&x[0].to_vec(), &dy.to_vec()))]
        };
        Case::vjp(
            "layer_norm",
            &inputs,
            None,
            |x| {
                let shifted = x[0] - x[0].mean(&[0]);
                shifted / ((shifted * shifted).mean(&[0]) + 1e-5).sqrt()
            },
            rule,
        )
    };
    [3, 4, 7].map(case).into()
}

fn rope(answers: &Answers) -> Vec<Case> {
    let f = answers.rope;
    let case = |x: Vec<f64>, position: usize| {
        let tape = Tape::<f64>::no_grad();
        let row = tape.constant(Tensor::new([1, 1, x.len()], x.clone()));
        let expected = nn::rope(row, x.len(), position, 10_000.0).value().reshape([x.len()]);
        let given = format!("{}, position = {position}", given([("x", &tensor(&x))].into_iter()));
        let found = move || vec![Output::row("y", f(&x, position))];
        Case::new(given, vec![Output::new("y", expected)], found)
    };
    vec![
        case(vec![1.0, 2.0], 3),
        case(vec![1.0, 0.0, 0.0, 1.0], 0),
        case(vec![1.0, 2.0, 3.0, 4.0], 1),
        case(row(8, 1), 5),
    ]
}

/// Queries, keys and values of some time and width.
fn drawn([time, width]: [usize; 2]) -> [Tensor<f64>; 3] {
    [1, 2, 3].map(|seed| normal(&[time, width], seed))
}

fn attention(answers: &Answers) -> Vec<Case> {
    let f = answers.attention;
    let case = |shape: [usize; 2]| {
        let [q, k, v] = drawn(shape);
        let inputs = [("q", q), ("k", k), ("v", v)];
        let rule = move |x: &[Tensor<f64>], dy: &Tensor<f64>| f(&x[0], &x[1], &x[2], dy).to_vec();
        Case::vjp(
            "attention",
            &inputs,
            None,
            |x| {
                let [q, k, v] = [0, 1, 2].map(|i| x[i].unsqueeze(0));
                nn::causal_attention(q, k, v, 1, 1).squeeze(&[0])
            },
            rule,
        )
    };
    [[2, 2], [3, 2], [4, 3]].map(case).into()
}

/// A text is fed token by token; what comes out is causal attention over all of it.
fn cache(answers: &Answers) -> Vec<Case> {
    let f = answers.cache;
    let case = |[time, width]: [usize; 2]| {
        let [q, k, v] = drawn([time, width]);
        let tape = Tape::<Number>::no_grad();
        let [a, b, c] = [&q, &k, &v].map(|x| tape.constant(x.cast()).unsqueeze(0));
        let all = Dual::values(&nn::causal_attention(a, b, c, 1, 1).squeeze(&[0]).value());
        let names: Vec<String> = (0..time).map(|i| format!("the result of step {i}")).collect();
        let results =
            names.iter().enumerate().map(|(i, name)| Output::new(name, all.slice(0, i..=i)));
        let kept = [Output::new("keys", k.clone()), Output::new("values", v.clone())];
        let expected = results.chain(kept).collect();
        let rows = given([("q", &q), ("k", &k), ("v", &v)].into_iter());
        let given = format!("steps with the rows of {rows}, and an empty cache");
        let found = move || {
            let (mut keys, mut values) = (Tensor::zeros([0, width]), Tensor::zeros([0, width]));
            let mut outputs = Vec::new();
            for (i, name) in names.iter().enumerate() {
                let step = [&q, &k, &v].map(|x| x.slice(0, i..=i));
                let result = f(&mut keys, &mut values, step.each_ref());
                outputs.push(Output::new(name, result));
            }
            outputs.extend([Output::new("keys", keys), Output::new("values", values)]);
            outputs
        };
        Case::new(given, expected, found)
    };
    [[1, 2], [3, 2], [5, 3]].map(case).into()
}
