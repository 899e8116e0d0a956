//! Chapters 5 and 6: differences, a layer, a loss.

use autograd::check::Number;
use autograd::functional::Dual;
use tensor::{Scalar, Tensor};

use super::normal;
use crate::answers::Answers;
use crate::case::{Case, Output};
use crate::task::{Task, mistake};

pub(super) const TASKS: [Task; 3] = [
    Task {
        number: 12,
        name: "difference",
        title: "a derivative from two values",
        chapter: 5,
        hint: "h = 1e-5 is right for x around 1. For x around 1000 take a thousand times as much: \
               `1e-5 * x.abs().max(1.0)`. Mind the parentheses around 2h.",
        mistakes: &[
            mistake(
                "one-sided",
                "The difference is one-sided: its error is h/2 · f″, and that is five digits. Take \
                     f(x + h) − f(x − h).",
            ),
            mistake("half", "The two places are 2h apart: divide by 2h, not by h."),
            mistake(
                "parentheses",
                "`/ 2.0 * h` divides by 2 and multiplies by h: put 2.0 * h in parentheses.",
            ),
            mistake(
                "too small",
                "h is so small that f(x + h) and f(x − h) agree in nearly all their digits; the \
                     difference is rounding. Take about 1e-5.",
            ),
            mistake("too large", "h is so large that the curve bends in between. Take about 1e-5."),
            mistake(
                "fixed",
                "For large x this h is too small: x has only sixteen digits. Let h grow with |x|.",
            ),
            mistake(
                "zero step",
                "At x = 0 this h is 0, and 0 / 0 is not a number. Let h grow with |x|, but only above 1: \
                     `x.abs().max(1.0)`.",
            ),
        ],
        cases: difference,
    },
    Task {
        number: 13,
        name: "dense",
        title: "the adjoints of a dense layer",
        chapter: 6,
        hint: "dX and dW are as for the matrix product X W. The bias was added to each row of Y, so it gets the \
               sum of the rows of dY.",
        mistakes: &[
            mistake(
                "bias mean",
                "The adjoint of the bias is the sum over the batch. (A mean belongs to the loss.)",
            ),
            mistake(
                "bias not summed",
                "The adjoint of the bias is not summed over the batch: b is [out], dY is \
                     [batch, out].",
            ),
            mistake(
                "weight transposed",
                "dW is transposed: [in, out] is Xᵀ dY, and dYᵀ X is [out, in].",
            ),
            mistake(
                "not transposed",
                "The factors are not transposed. They happen to fit because the matrices are square: \
                     dX = dY Wᵀ, dW = Xᵀ dY.",
            ),
            mistake(
                "bias over features",
                "The bias is summed over the features. It is one number for each feature; \
                     sum over the batch, axis 0.",
            ),
            mistake(
                "element by element",
                "`*` multiplies element by element. The matrix product is `.matmul`: `dy.matmul(…)`.",
            ),
        ],
        cases: dense,
    },
    Task {
        number: 14,
        name: "cross_entropy",
        title: "the gradient of the cross-entropy",
        chapter: 6,
        hint: "The loss of one sample is −x[label] + ln Σ exp(xⱼ). Its derivative with respect to xⱼ is pⱼ, and 1 less \
               at the label. Divide by the number of samples.",
        mistakes: &[
            mistake("sum", "The loss is a mean over the batch: divide by the number of samples."),
            mistake(
                "probabilities",
                "These are the probabilities. At the true class, 1 is subtracted.",
            ),
            mistake("sign", "The sign is wrong: a larger logit of the true class lowers the loss."),
            mistake(
                "columns",
                "Softmax is taken over the batch. Each row, a sample, has probabilities that add up to 1.",
            ),
            mistake(
                "all",
                "It is divided by the number of logits. The mean is over the samples only.",
            ),
        ],
        cases: cross_entropy,
    },
];

/// A function over any scalar, as the reader gets it and as duals derive it.
struct Known {
    name: &'static str,
    plain: fn(f64) -> f64,
    dual: fn(Number) -> Number,
}

const KNOWN: [Known; 3] = [
    Known { name: "x³", plain: cube, dual: cube },
    Known { name: "x exp(−x)", plain: faded, dual: faded },
    Known { name: "√(1 + x²)", plain: root, dual: root },
];

fn cube<T: Scalar>(x: T) -> T {
    x * x * x
}

fn faded<T: Scalar>(x: T) -> T {
    x * (-x).exp()
}

fn root<T: Scalar>(x: T) -> T {
    (T::ONE + x * x).sqrt()
}

fn difference(answers: &Answers) -> Vec<Case> {
    let f = answers.difference;
    let places = [2.0, -0.5, 0.0, 3000.0];
    KNOWN
        .iter()
        .flat_map(|known| places.map(|x| (known, x)))
        // exp(−3000) is 0, whatever moves.
        .filter(|(known, x)| !(known.name.contains("exp") && *x > 100.0))
        .map(|(known, x)| {
            let Dual { tangent, .. } = (known.dual)(Number::new(x, 1.0));
            let expected = vec![Output::number("f′(x)", tangent)];
            let given = format!("f(x) = {}, x = {x}", known.name);
            let found = move || vec![Output::number("f′(x)", f(&known.plain, x))];
            Case::new(given, expected, found).tolerance(1e-8)
        })
        .collect()
}

fn dense(answers: &Answers) -> Vec<Case> {
    let f = answers.dense;
    let case = |[batch, inputs, outputs]: [usize; 3]| {
        let inputs = [
            ("x", normal(&[batch, inputs], 1)),
            ("w", normal(&[inputs, outputs], 2)),
            ("b", normal(&[outputs], 3)),
        ];
        let rule = move |x: &[Tensor<f64>], dy: &Tensor<f64>| f(&x[0], &x[1], dy).to_vec();
        Case::vjp("dense", &inputs, None, |x| nn::dense(x[0], x[1], x[2]), rule)
    };
    [[1, 1, 1], [2, 2, 2], [4, 3, 2]].map(case).into()
}

fn cross_entropy(answers: &Answers) -> Vec<Case> {
    let f = answers.cross_entropy;
    let case = |classes: usize, labels: &'static [usize]| {
        let logits = normal(&[labels.len(), classes], 1);
        let ids = Tensor::new([labels.len()], labels.iter().map(|&id| id as u32).collect());
        let rule = move |x: &[Tensor<f64>], dy: &Tensor<f64>| vec![f(&x[0], labels) * dy];
        let one = Some(Tensor::scalar(1.0));
        let case = Case::vjp(
            "cross_entropy",
            &[("logits", logits)],
            one,
            move |x| nn::softmax_cross_entropy(x[0], &ids),
            rule,
        );
        let given = case.given.replace(", dy = 1", &format!(", labels = {labels:?}"));
        Case { given, ..case }
    };
    vec![case(2, &[0]), case(3, &[2, 0]), case(4, &[1, 3, 1, 0, 2])]
}
