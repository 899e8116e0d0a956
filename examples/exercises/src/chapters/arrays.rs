//! Chapter 3: shapes and broadcasting.

use tensor::{Tensor, shape};

use super::normal;
use crate::answers::Answers;
use crate::case::{Case, Output, given};
use crate::task::{Task, mistake};

pub(super) const TASKS: [Task; 2] = [
    Task {
        number: 5,
        name: "broadcast",
        title: "the shape of a broadcast",
        chapter: 3,
        hint: "The result has as many axes as the longer shape. Go over its axes; for each, find the length in \
               both shapes, and compare. A shape lacks the first `missing = rank - shape.len()` axes: there take 1, and \
               after them `shape[axis - missing]`. A `usize` cannot go below 0: ask `if axis < missing` before \
               you subtract. `a.len().max(b.len())` is the larger of two numbers, `Some(x)` an answer, \
               `None` its absence.",
        mistakes: &[
            mistake(
                "front",
                "The shapes are aligned at their first axes. NumPy aligns them at their last.",
            ),
            mistake(
                "largest",
                "It takes the larger of two lengths, even where they do not fit: only 1 stretches.",
            ),
            mistake(
                "longer",
                "It is the shape with more axes. The other one may stretch it, too: go axis by axis.",
            ),
            mistake("no stretching", "A length of 1 stretches to any other: it is not a mismatch."),
            mistake(
                "larger of two",
                "If one length is 1, take the other, not the larger: of 1 and 0 take 0. (An array may be empty.)",
            ),
        ],
        cases: broadcast,
    },
    Task {
        number: 6,
        name: "sum_to",
        title: "the reverse of a broadcast",
        chapter: 3,
        hint: "First, while x has more axes than `shape`, sum over axis 0. Then the axes of both correspond: sum \
               with `sum_keepdim` where `shape` has 1. An axis number is an `isize`: `axis as isize`.",
        mistakes: &[
            mistake(
                "lost axis",
                "An axis that has length 1 in `shape` must stay: `sum_keepdim`, not `sum`.",
            ),
            mistake("mean", "It is a mean. Each repeated number gets the sum of what comes back."),
            mistake(
                "length 1",
                "Only the axes that `shape` lacks are summed. Where it has the length 1, numbers were repeated \
                     as well: `sum_keepdim`.",
            ),
            mistake(
                "last axes",
                "It sums the axes at the end. What a broadcast adds is at the front.",
            ),
        ],
        cases: sum_to,
    },
];

fn broadcast(answers: &Answers) -> Vec<Case> {
    let f = answers.broadcast;
    let pairs: [[&[usize]; 2]; 8] = [
        [&[2, 3], &[2, 3]],
        [&[4, 3], &[3]],
        [&[4, 1], &[3, 1, 5]],
        [&[2], &[2, 3]],
        [&[], &[7]],
        [&[3, 2], &[2, 3]],
        [&[1, 6], &[5, 1]],
        [&[0, 2], &[1, 2]],
    ];
    pairs
        .map(|[a, b]| {
            let expected = shape::broadcast(a, b).ok().map(|shape| shape.to_vec());
            let given = format!("a = {a:?}, b = {b:?}");
            Case::new(given, outputs(expected), move || outputs(f(a, b)))
        })
        .into()
}

fn outputs(shape: Option<Vec<usize>>) -> Vec<Output> {
    let fits = f64::from(u8::from(shape.is_some()));
    let lengths = shape.unwrap_or_default().into_iter().map(|length| length as f64).collect();
    vec![Output::number("Some (1) or None (0)", fits), Output::row("shape", lengths)]
}

fn sum_to(answers: &Answers) -> Vec<Case> {
    let f = answers.sum_to;
    let case = |x: Tensor<f64>, shape: &'static [usize]| {
        let expected = vec![Output::new("result", x.sum_to(shape))];
        let given = format!("{}, shape = {shape:?}", given([("x", &x)].into_iter()));
        Case::new(given, expected, move || vec![Output::new("result", f(&x, shape))])
    };
    vec![
        case(Tensor::from([[1.0, 2.0], [3.0, 4.0]]), &[2]),
        case(normal(&[2, 3], 1), &[2, 1]),
        case(normal(&[2, 3], 2), &[2, 3]),
        case(normal(&[4, 2, 3], 3), &[1, 3]),
        case(normal(&[3, 2], 4), &[]),
    ]
}
