//! Chapters 11 and 12: work deferred, sums divided, and a derivative of a derivative.

use optim::Adam;
use tensor::Tensor;

use super::adam::trained;
use super::{row, tensor};
use crate::answers::Answers;
use crate::case::{Case, Output, given, number};
use crate::task::{Task, mistake};

pub(super) const TASKS: [Task; 3] = [
    Task {
        number: 28,
        name: "deferred",
        title: "deferred updates of a row",
        chapter: 11,
        hint: "The loop of exercise 15 with g = 0, for t from t + 1 to t + k: `for step in t + 1..=t + k`.",
        mistakes: &[
            mistake(
                "asleep",
                "Nothing happens to the row. It has momentum: m is not 0, and Adam moves it all the same.",
            ),
            mistake(
                "moments asleep",
                "The weight moves but m and v stay: they shrink in each step.",
            ),
            mistake(
                "first step only",
                "Only one step was made up for, with m and v of k steps. Each step moves the weight.",
            ),
            mistake(
                "early correction",
                "The bias corrections are one step behind: the first missed step is t + 1.",
            ),
            mistake(
                "count from one",
                "The bias corrections begin again at step 1. The steps are t + 1, …, t + k.",
            ),
        ],
        cases: deferred,
    },
    Task {
        number: 29,
        name: "sum",
        title: "a sum that is the same for any number of threads",
        chapter: 11,
        hint: "`let blocks: Vec<&[f64]> = x.chunks(4).collect();`, then `exercises::in_threads(threads, &blocks, …)`, and \
               the sum of what it returns.",
        mistakes: &[
            mistake(
                "shares",
                "x is divided by the number of threads, so every number of threads adds in another order. \
                     Divide it by its length: blocks of 4.",
            ),
            mistake(
                "in order",
                "It is one sum from left to right. That is the same for any number of threads, because one \
                     thread does all of it; the exercise asks for the bits that blocks of 4 give.",
            ),
            mistake("lost rest", "The last block may be shorter than 4. It counts as well."),
        ],
        cases: sum,
    },
    Task {
        number: 30,
        name: "second",
        title: "the adjoints of an adjoint",
        chapter: 12,
        hint: "With y = tanh x: ∂g/∂dy = 1 − y². For ∂g/∂x use the chain rule: the derivative of 1 − y² with respect to y, \
               times the derivative of y with respect to x.",
        mistakes: &[
            mistake(
                "no inner derivative",
                "The derivative of y itself is missing: tanh′ = 1 − y².",
            ),
            mistake("no two", "The factor 2 of y² is missing."),
            mistake(
                "constant slope",
                "The slope 1 − tanh² x depends on x: the adjoint of x is not 0. (A framework that \
                     forgets this differentiates once only.)",
            ),
            mistake("sign", "The sign of the adjoint of x is wrong: 1 − y² falls when y² grows."),
            mistake("first order", "This is the adjoint of x in tanh, not in g."),
        ],
        cases: second,
    },
];

fn deferred(answers: &Answers) -> Vec<Case> {
    let f = answers.deferred;
    let outputs = |state: [f64; 3]| {
        let named = ["w", "m", "v"].into_iter().zip(state);
        named.map(|(name, value)| Output::number(name, value)).collect::<Vec<_>>()
    };
    let case = |gradients: &[f64], missed: usize| {
        let (start, rate) = (0.5, 0.1);
        let moment = |beta: f64, power: i32| {
            gradients.iter().fold(0.0, |m, g| beta * m + (1.0 - beta) * g.powi(power))
        };
        let (m, v) = (moment(0.9, 1), moment(0.999, 2));
        let w = trained(Adam::new(rate), start, gradients);
        let all = [gradients, &vec![0.0; missed]].concat();
        let (t, k) = (gradients.len() as i32, missed as i32);
        let after = trained(Adam::new(rate), start, &all);
        let expected = [after, m * 0.9f64.powi(k), v * 0.999f64.powi(k)];
        let shown = [w, m, v].map(number).join(", ");
        let given = format!("[w, m, v] = [{shown}], t = {t}, k = {k}, rate = {rate}");
        Case::new(given, outputs(expected), move || outputs(f([w, m, v], t, k, rate)))
    };
    vec![case(&[1.0], 1), case(&[1.0, 0.5], 9), case(&row(5, 1), 40), case(&[2.0], 0)]
}

/// The numbers of threads that must give the same sum.
const THREADS: [usize; 4] = [1, 2, 3, 8];

fn sum(answers: &Answers) -> Vec<Case> {
    let f = answers.sum;
    let case = |x: Vec<f64>| {
        let total = |block: &[f64]| block.iter().sum::<f64>();
        let blocks: f64 = x.chunks(4).map(total).sum();
        // Equal bits are asked for, which no tolerance would see.
        let outputs = move |sums: [f64; 4]| {
            let named = THREADS.into_iter().zip(sums).flat_map(|(threads, sum)| {
                let name = match threads {
                    1 => "the sum with 1 thread".to_string(),
                    _ => format!("the sum with {threads} threads"),
                };
                let steps = (sum.to_bits() as i64 - blocks.to_bits() as i64) as f64;
                let off = Output::number(format!("{name}: floating-point steps off"), steps);
                [Output::number(name, sum), off]
            });
            named.collect::<Vec<_>>()
        };
        let given = given([("x", &tensor(&x))].into_iter());
        let found = move || outputs(THREADS.map(|threads| f(&x, threads)));
        Case::new(given, outputs([blocks; 4]), found)
    };
    let harmonic = |n: u32| (1..=n).map(|i| 1.0 / f64::from(i)).collect();
    vec![case(vec![1.0, 2.0, 3.0, 4.0, 5.0]), case(harmonic(21)), case(harmonic(1000))]
}

fn second(answers: &Answers) -> Vec<Case> {
    let f = answers.second;
    [[0.0, 1.0, 1.0], [0.5, 2.0, 1.0], [-1.2, 0.7, -0.4]]
        .map(|[x, dy, dg]| {
            let rule = move |x: &[Tensor<f64>], dg: &Tensor<f64>| {
                f(x[0].item(), x[1].item(), dg.item()).map(Tensor::scalar).to_vec()
            };
            let inputs = [("x", Tensor::scalar(x)), ("dy", Tensor::scalar(dy))];
            let case = Case::vjp(
                "second",
                &inputs,
                Some(Tensor::scalar(dg)),
                |x| {
                    let y = x[0].tanh();
                    x[1] * (y * y * -1.0 + 1.0)
                },
                rule,
            );
            let (given, _) = case.given.rsplit_once(", dy").expect("dy is shown");
            let given = format!("{given}, dg = {}", number(dg));
            let mut expected = case.expected.clone();
            expected[0].name = "the adjoint of x".into();
            expected[1].name = "the adjoint of dy".into();
            Case { given, expected, ..case }
        })
        .into()
}
