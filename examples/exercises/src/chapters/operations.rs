//! Chapter 4: the rules, one by one.

use tensor::Tensor;

use super::{normal, row, tensor};
use crate::answers::Answers;
use crate::case::{Case, Output, given};
use crate::task::{Task, mistake};

pub(super) const TASKS: [Task; 5] = [
    Task {
        number: 7,
        name: "product",
        title: "the adjoints of a product that broadcasts",
        chapter: 4,
        hint: "The adjoint of a factor is dy times the other factor: `dy * b`. It has the shape of y. Bring it to \
               the shape of the factor with `.sum_to(a.shape())`.",
        mistakes: &[
            mistake(
                "not reduced",
                "An adjoint still has the shape of y. Where a factor was broadcast, add up: `.sum_to(a.shape())`.",
            ),
            mistake(
                "own factor",
                "The factors are exchanged: the slope with respect to a is b, and not a.",
            ),
            mistake(
                "one reduced",
                "One adjoint is summed to the shape of its factor, the other is not: either \
                     factor may be the smaller one.",
            ),
        ],
        cases: product,
    },
    Task {
        number: 8,
        name: "matmul",
        title: "the adjoints of a matrix product",
        chapter: 4,
        hint: "Write the shapes down: dY is [m, n], A is [m, k], B is [k, n]. There is one way to make an [m, k] of \
               dY and B, and one to make a [k, n] of A and dY. The sums say the same.",
        mistakes: &[
            mistake(
                "not transposed",
                "The factor is not transposed. It happens to fit because the matrix is square; \
                     compare dA[i, k] = Σⱼ dY[i, j] B[k, j]: the sum is over the second index of B.",
            ),
            mistake(
                "order",
                "The factors are in the wrong order: dA = dY Bᵀ, and dY stays on the left, where A was.",
            ),
            mistake(
                "transposed result",
                "Both adjoints are transposed: (A B)ᵀ = Bᵀ Aᵀ. An adjoint has the shape of \
                     what it belongs to.",
            ),
            mistake(
                "element by element",
                "`*` multiplies element by element. The matrix product is `.matmul`: `dy.matmul(…)`.",
            ),
        ],
        cases: matmul,
    },
    Task {
        number: 9,
        name: "max",
        title: "the maximum of a row, with ties",
        chapter: 4,
        hint: "Find the largest number (`x.iter().copied().fold(f64::NEG_INFINITY, f64::max)`), count how many are \
               equal to it, and give each of them dy divided by the count.",
        mistakes: &[
            mistake(
                "all of it",
                "With a tie, each of the largest gets the whole dy, so together they get too much. Share it.",
            ),
            mistake(
                "first",
                "With a tie, the first of the largest gets everything. The convention here is to share.",
            ),
            mistake("mean", "Every number gets something. Only the largest moves the maximum."),
        ],
        cases: max,
    },
    Task {
        number: 10,
        name: "softmax",
        title: "the adjoint of softmax",
        chapter: 4,
        hint: "Put the second formula into the first: dxⱼ = Σᵢ dyᵢ yᵢ [i = j] − Σᵢ dyᵢ yᵢ yⱼ. The first sum has one \
               term. In the second, yⱼ does not depend on i.",
        mistakes: &[
            mistake(
                "diagonal",
                "Only the diagonal of the Jacobian is there, y (1 − y): every input moves every \
                     output, because all share the sum.",
            ),
            mistake("no average", "The term with the sum is missing: dxⱼ = yⱼ (dyⱼ − Σᵢ yᵢ dyᵢ)."),
            mistake(
                "plain mean",
                "The average of dy must be weighted by y: Σᵢ yᵢ dyᵢ, not the mean of dy.",
            ),
            mistake("plain sum", "The sum must be weighted by y: Σᵢ yᵢ dyᵢ, not the sum of dy."),
            mistake("no y", "The factor yⱼ in front is missing."),
        ],
        cases: softmax,
    },
    Task {
        number: 11,
        name: "logsumexp",
        title: "the logarithm of a sum of exponentials",
        chapter: 4,
        hint: "Take the largest of x for m. Subtract it inside the exponential, and add it to the logarithm at the end.",
        mistakes: &[
            mistake(
                "overflow",
                "exp(1000) is infinite, and so is the sum: subtract the largest number first.",
            ),
            mistake(
                "not added",
                "What was subtracted inside must be added again outside: m + ln Σ exp(xᵢ − m).",
            ),
            mistake(
                "mean",
                "A number like the mean does not do: what is far above it still overflows. Take the largest.",
            ),
            mistake(
                "zero",
                "With m at least 0, numbers far below 0 all vanish, and ln 0 is −∞. Take the largest of x, \
                     whatever its sign.",
            ),
        ],
        cases: logsumexp,
    },
];

fn product(answers: &Answers) -> Vec<Case> {
    let f = answers.product;
    let shapes: [[&[usize]; 2]; 5] =
        [[&[], &[]], [&[3], &[3]], [&[4, 3], &[3]], [&[2, 1], &[2, 3]], [&[2, 1], &[1, 3]]];
    shapes
        .map(|[a, b]| {
            let inputs = [("a", normal(a, 1)), ("b", normal(b, 2))];
            let rule = move |x: &[Tensor<f64>], dy: &Tensor<f64>| f(&x[0], &x[1], dy).to_vec();
            Case::vjp("product", &inputs, None, |x| x[0] * x[1], rule)
        })
        .into()
}

fn matmul(answers: &Answers) -> Vec<Case> {
    let f = answers.matmul;
    // Square ones first, which any order fits.
    let shapes = [[2, 2, 2], [3, 3, 3], [2, 3, 4], [1, 4, 2]];
    let case = |[m, k, n]: [usize; 3]| {
        let inputs = [("a", normal(&[m, k], 1)), ("b", normal(&[k, n], 2))];
        let rule = move |x: &[Tensor<f64>], dy: &Tensor<f64>| f(&x[0], &x[1], dy).to_vec();
        Case::vjp("matmul", &inputs, None, |x| x[0].matmul(x[1]), rule)
    };
    shapes.map(case).into()
}

fn max(answers: &Answers) -> Vec<Case> {
    let f = answers.max;
    let rows: [&[f64]; 4] =
        [&[1.0, 4.0, 2.0], &[1.0, 5.0, 2.0, 5.0], &[-1.0, -3.0], &[2.0, 2.0, 2.0]];
    rows.map(|x| {
        let dy = Some(Tensor::scalar(1.5));
        let rule =
            move |x: &[Tensor<f64>], dy: &Tensor<f64>| vec![tensor(&f(&x[0].to_vec(), dy.item()))];
        Case::vjp("max", &[("x", tensor(x))], dy, |x| x[0].max(&[0]), rule)
    })
    .into()
}

/// A case is given y, the softmax, in the place of x.
fn softmax(answers: &Answers) -> Vec<Case> {
    let f = answers.softmax;
    let case = |length: usize| {
        let x = normal(&[length], length as u64);
        let y = move |x: &Tensor<f64>| x.exp() / x.exp().sum_all();
        let shown = y(&x);
        let rule = move |x: &[Tensor<f64>], dy: &Tensor<f64>| {
            vec![tensor(&f(&y(&x[0]).to_vec(), &dy.to_vec()))]
        };
        let dy = normal(&[length], 9);
        let shown = given([("y", &shown), ("dy", &dy)].into_iter());
        let case = Case::vjp("softmax", &[("x", x)], Some(dy), |x| nn::softmax(x[0], 0), rule);
        Case { given: shown, ..case }
    };
    [2, 3, 6].map(case).into()
}

fn logsumexp(answers: &Answers) -> Vec<Case> {
    let f = answers.logsumexp;
    let rows = [
        vec![0.0, 0.0],
        row(5, 1),
        vec![1000.0, 1000.0],
        vec![-1000.0, -1001.0],
        vec![0.0, 0.0, 0.0, 2000.0],
    ];
    rows.map(|x| {
        let expected = tensor(&x).logsumexp(&[0]).item();
        let given = given([("x", &tensor(&x))].into_iter());
        let found = move || vec![Output::number("y", f(&x))];
        Case::new(given, vec![Output::number("y", expected)], found)
    })
    .into()
}
