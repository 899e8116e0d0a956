//! Chapter 8: tokens and tables.

use tensor::Tensor;

use super::normal;
use crate::answers::Answers;
use crate::case::{Case, Output};
use crate::task::{Task, mistake};

pub(super) const TASKS: [Task; 2] = [
    Task {
        number: 18,
        name: "merge",
        title: "a merge of two tokens",
        chapter: 8,
        hint: "Keep an index i and a loop `while i < ids.len()`. If the pair is at i (`ids[i..].starts_with(&pair)`), push \
               the new token and advance by 2, otherwise push ids[i] and advance by 1.",
        mistakes: &[
            mistake(
                "overlapping",
                "A token was used twice: after a merge, continue after *both* tokens.",
            ),
            mistake("first only", "Only the first place was merged. All are."),
            mistake(
                "last lost",
                "The last token is lost if it is not merged. It does not begin a pair, but it stays: continue to \
                     the end, `while i < ids.len()`.",
            ),
            mistake(
                "from the right",
                "It goes from right to left. In 7 7 7 the first two are merged, not the last two.",
            ),
            mistake(
                "again",
                "The result was merged again: a pass merges what is in the text, not what it makes.",
            ),
        ],
        cases: merge,
    },
    Task {
        number: 19,
        name: "embedding",
        title: "the gradient of an embedding",
        chapter: 8,
        hint: "Begin with `vec![0.0; rows * width]`. Element (r, j) of the table is at r * width + j. For each i and j \
               add dy[i, j] at row ids[i].",
        mistakes: &[
            mistake(
                "overwritten",
                "A row that was taken twice keeps only what came back last: += and not =.",
            ),
            mistake(
                "mean",
                "A row that was taken twice gets the sum of what comes back, not the mean.",
            ),
            mistake(
                "by place",
                "Row i of dy went to row i of the table. It belongs to row ids[i].",
            ),
        ],
        cases: embedding,
    },
];

/// Tokens, a pair, a new token, and what must come out.
type Merge = (&'static [u32], [u32; 2], u32, &'static [u32]);

/// Worked out by hand: the library has no such function.
const MERGES: [Merge; 7] = [
    (&[1, 2, 3, 1, 2], [1, 2], 9, &[9, 3, 9]),
    (&[7, 7, 7], [7, 7], 8, &[8, 7]),
    (&[7, 7, 7, 7], [7, 7], 8, &[8, 8]),
    (&[1, 1, 2, 1], [1, 2], 3, &[1, 3, 1]),
    (&[4], [4, 4], 5, &[4]),
    (&[], [1, 2], 3, &[]),
    // What is made is equal to a token of the pair.
    (&[1, 2, 2], [1, 2], 1, &[1, 2]),
];

fn merge(answers: &Answers) -> Vec<Case> {
    let f = answers.merge;
    let tokens =
        |ids: &[u32]| vec![Output::row("token", ids.iter().map(|&id| f64::from(id)).collect())];
    MERGES
        .map(|(ids, pair, new, expected)| {
            let given = format!("ids = {ids:?}, pair = {pair:?}, new = {new}");
            Case::new(given, tokens(expected), move || tokens(&f(ids, pair, new)))
        })
        .into()
}

fn embedding(answers: &Answers) -> Vec<Case> {
    let f = answers.embedding;
    let case = |rows: usize, width: usize, ids: &'static [usize]| {
        let places = Tensor::new([ids.len()], ids.iter().map(|&id| id as u32).collect());
        let rule = move |_: &[Tensor<f64>], dy: &Tensor<f64>| vec![f(ids, rows, dy)];
        let inputs = [("table", normal(&[rows, width], 1))];
        let case = Case::vjp("embedding", &inputs, None, move |x| x[0].gather_rows(&places), rule);
        let (_, dy) = case.given.split_once("dy").expect("dy is shown");
        let given = format!("ids = {ids:?}, rows = {rows}, dy{dy}");
        Case { given, ..case }
    };
    vec![case(3, 1, &[2, 0]), case(2, 2, &[1, 1]), case(5, 3, &[4, 1, 4, 0, 4])]
}
