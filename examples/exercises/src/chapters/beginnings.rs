//! Chapters 1 and 2: the tape, and the other direction.

use autograd::check::Number;
use autograd::functional::{Dual, jvp};
use autograd::{Tape, Var};
use tensor::Tensor;

use super::normal;
use crate::answers::Answers;
use crate::case::{Case, Output, given, number};
use crate::task::{Task, mistake};

pub(super) const TASKS: [Task; 4] = [
    Task {
        number: 1,
        name: "division",
        title: "the adjoints of a division",
        chapter: 1,
        hint: "Hold b still: then a / b is a line in a, and its slope is 1 / b. Hold a still: b times y \
               stays a, so b moves y by -y / b = -a / b². Multiply each slope by dy. To divide by \
               b², write `/ (b * b)` or `/ b.powi(2)`.",
        mistakes: &[
            mistake(
                "sign",
                "The second adjoint has the wrong sign: the larger b, the smaller a / b.",
            ),
            mistake("square", "The slope with respect to b is -a / b²: the square is missing."),
            mistake(
                "parentheses",
                "`/ b * b` divides by b and multiplies by it again: `/ (b * b)`.",
            ),
            mistake("dy", "The slopes are right, but dy is missing: each is multiplied by dy."),
        ],
        cases: division,
    },
    Task {
        number: 2,
        name: "walk_back",
        title: "the walk back over a tape",
        chapter: 1,
        hint: "Make a vector of zeros, one for each step, and set the last to 1. Then go through the steps from \
               the last to the first (`nodes.iter().enumerate().rev()`), and let each hand its adjoint on to \
               the steps that it read.",
        mistakes: &[
            mistake(
                "overwritten",
                "A step that was read twice loses one of its contributions: the loop needs += where it has =.",
            ),
            mistake(
                "forward",
                "The walk goes forward: when it arrives at a step, that step's adjoint is not complete yet. \
                 Go from the last step to the first, with `.rev()`.",
            ),
            mistake(
                "all ones",
                "Every adjoint begins at 1. Only the result's does; the others begin at 0.",
            ),
            mistake(
                "local",
                "What a step hands on is its own adjoint times the derivative, not the derivative alone.",
            ),
        ],
        cases: walk_back,
    },
    Task {
        number: 3,
        name: "quotient_of_duals",
        title: "a quotient of dual numbers",
        chapter: 2,
        hint: "In exercise 1 you found ∂y/∂a and ∂y/∂b. Here they are multiplied by how far a and b move, \
               a[1] and b[1], and added. The values are a[0] and b[0].",
        mistakes: &[
            mistake("sign", "The term of b has the wrong sign: the larger b, the smaller a / b."),
            mistake(
                "parts",
                "The tangent is not ȧ / ḃ: the quotient rule is not a quotient of derivatives.",
            ),
            mistake("still b", "The term of b is missing: b may move, too."),
            mistake(
                "parentheses",
                "`/ b[0] * b[0]` divides by b and multiplies by it again: `/ (b[0] * b[0])`.",
            ),
        ],
        cases: quotient_of_duals,
    },
    Task {
        number: 4,
        name: "matmul_forward",
        title: "a matrix product, forward",
        chapter: 2,
        hint: "Multiply out (A + h Ȧ)(B + h Ḃ), without exchanging the order of any two matrices. The factor \
               of h is the answer; h² is too small to count.",
        mistakes: &[
            mistake(
                "one term",
                "Only one of the two terms is there. Both factors move: it is the product rule.",
            ),
            mistake(
                "both moved",
                "Ȧ Ḃ belongs to h², and is too small to count. Each term has one factor that \
                     moves and one that stays.",
            ),
            mistake("order", "The factors are in the wrong order: A Ḃ is not Ḃ A for matrices."),
            mistake(
                "element by element",
                "`*` multiplies element by element. The matrix product is `.matmul`: `da.matmul(b)`.",
            ),
        ],
        cases: matmul_forward,
    },
];

fn division(answers: &Answers) -> Vec<Case> {
    let f = answers.division;
    let case = |a: f64, b: f64, dy: f64| {
        let inputs = [("a", Tensor::scalar(a)), ("b", Tensor::scalar(b))];
        let rule = move |x: &[Tensor<f64>], dy: &Tensor<f64>| {
            f(x[0].item(), x[1].item(), dy.item()).map(Tensor::scalar).to_vec()
        };
        Case::vjp("division", &inputs, Some(Tensor::scalar(dy)), |x| x[0] / x[1], rule)
    };
    vec![case(1.0, 4.0, 1.0), case(3.0, -2.0, 0.5), case(-0.7, 0.3, 2.0)]
}

type Steps = Vec<Vec<(usize, f64)>>;

fn walk_back(answers: &Answers) -> Vec<Case> {
    let f = answers.walk_back;
    let tapes: [Steps; 4] = [
        vec![vec![], vec![], vec![(0, 3.0), (1, 2.0)]],
        vec![vec![], vec![(0, 5.0), (0, 5.0)]],
        vec![vec![], vec![(0, 2.0)], vec![(1, -1.0)], vec![(0, 0.5), (1, 4.0), (2, 3.0)]],
        vec![
            vec![],
            vec![],
            vec![(0, 0.3), (1, 1.5)],
            vec![(2, 2.0), (1, -1.0)],
            vec![(3, 0.7), (2, 1.1)],
        ],
    ];
    tapes
        .map(|steps| {
            let expected = vec![Output::row("adjoint", adjoints(&steps))];
            let given = format!("nodes = {steps:?}");
            Case::new(given, expected, move || vec![Output::row("adjoint", f(&steps))])
        })
        .into()
}

/// Returns what the library's tape finds for the same steps.
fn adjoints(steps: &Steps) -> Vec<f64> {
    let tape = Tape::<f64>::default();
    let mut nodes: Vec<Var<f64>> = Vec::new();
    for inputs in steps {
        let terms = inputs.iter().map(|&(input, derivative)| nodes[input] * derivative);
        let sum = terms.reduce(|a, b| a + b);
        nodes.push(sum.unwrap_or_else(|| tape.variable(Tensor::scalar(1.0))));
    }
    let gradients = nodes[nodes.len() - 1].backward();
    nodes.iter().map(|&node| gradients.of(node).item()).collect()
}

fn quotient_of_duals(answers: &Answers) -> Vec<Case> {
    let f = answers.quotient_of_duals;
    let pairs = [([6.0, 1.0], [2.0, 0.0]), ([3.0, 0.0], [-4.0, 1.0]), ([0.7, -0.2], [1.3, 0.9])];
    pairs
        .map(|(a, b)| {
            let dual = |x: [f64; 2]| Number::new(x[0], x[1]);
            let Dual { value, tangent } = dual(a) / dual(b);
            let outputs = |[value, tangent]: [f64; 2]| {
                vec![Output::number("value", value), Output::number("tangent", tangent)]
            };
            let shown = |x: [f64; 2]| format!("[{}, {}]", number(x[0]), number(x[1]));
            let given = format!("a = {}, b = {}", shown(a), shown(b));
            Case::new(given, outputs([value, tangent]), move || outputs(f(a, b)))
        })
        .into()
}

fn matmul_forward(answers: &Answers) -> Vec<Case> {
    let f = answers.matmul_forward;
    let shapes = [[1, 1, 1], [2, 2, 2], [2, 3, 4]];
    let case = |[m, k, n]: [usize; 3]| {
        let at = [normal(&[m, k], 1), normal(&[k, n], 2)];
        let along = [normal(&[m, k], 3), normal(&[k, n], 4)];
        let (_, expected) = jvp(|[x, y]| x.matmul(y), &at, &along);
        let names = ["a", "b", "da", "db"];
        let given = given(names.into_iter().zip(at.iter().chain(&along)));
        let found = move || {
            let ([a, b], [da, db]) = (&at, &along);
            vec![Output::new("dy", f(a, b, da, db))]
        };
        Case::new(given, vec![Output::new("dy", expected)], found)
    };
    shapes.map(case).into()
}
