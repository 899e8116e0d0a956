//! The exercises, by the chapters of the book: their cases, hints and typical mistakes.

mod adam;
mod arrays;
mod attention;
mod beginnings;
mod checks_and_layers;
mod fast_and_second;
mod operations;
mod swiglu;
mod words;

use tensor::{Key, Tensor};

use crate::task::Task;

pub(crate) const ALL: [&[Task]; 9] = [
    &beginnings::TASKS,
    &arrays::TASKS,
    &operations::TASKS,
    &checks_and_layers::TASKS,
    &adam::TASKS,
    &words::TASKS,
    &swiglu::TASKS,
    &attention::TASKS,
    &fast_and_second::TASKS,
];

/// Returns random numbers of one decimal, the same for each seed. None is 0 and none is there twice: a factor of
/// 0, or a matrix that is symmetric by accident, would hide a mistake.
pub(crate) fn normal(shape: &[usize], seed: u64) -> Tensor<f64> {
    let count = shape.iter().product();
    let key = Key::new(seed).stream("exercises");
    let drawn = Tensor::<f64>::normal([20 * count], 0.0, 1.0, key);
    let mut numbers = Vec::with_capacity(count);
    for number in drawn.to_vec().into_iter().map(|x| (x * 10.0).round() / 10.0) {
        if numbers.len() < count && number != 0.0 && !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Tensor::new(shape, numbers)
}

/// Returns a row of random numbers.
fn row(length: usize, seed: u64) -> Vec<f64> {
    normal(&[length], seed).to_vec()
}

/// Returns a row as a tensor.
fn tensor(row: &[f64]) -> Tensor<f64> {
    Tensor::new([row.len()], row.to_vec())
}
