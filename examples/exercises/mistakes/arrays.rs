//! Wrong answers to the exercises of chapter 3.

use tensor::Tensor;

fn length(shape: &[usize], axis: usize, missing: usize) -> usize {
    if axis < missing { 1 } else { *shape.get(axis - missing).unwrap_or(&1) }
}

fn stretched(a: usize, b: usize) -> Option<usize> {
    match (a, b) {
        (a, b) if a == b => Some(a),
        (1, other) | (other, 1) => Some(other),
        _ => None,
    }
}

pub fn broadcast_front(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    (0..rank).map(|axis| stretched(length(a, axis, 0), length(b, axis, 0))).collect()
}

pub fn broadcast_largest(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let of = |shape: &[usize], axis| length(shape, axis, rank - shape.len());
    Some((0..rank).map(|axis| of(a, axis).max(of(b, axis))).collect())
}

pub fn broadcast_longer(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    Some(if a.len() > b.len() { a.to_vec() } else { b.to_vec() })
}

pub fn broadcast_strict(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    (0..rank)
        .map(|axis| {
            let [a, b] = [a, b].map(|shape| {
                let missing = rank - shape.len();
                (axis >= missing).then(|| shape[axis - missing])
            });
            match (a, b) {
                (Some(a), Some(b)) => (a == b).then_some(a),
                (one, other) => one.or(other),
            }
        })
        .collect()
}

pub fn broadcast_larger(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let of = |shape: &[usize], axis| length(shape, axis, rank - shape.len());
    (0..rank)
        .map(|axis| {
            let (a, b) = (of(a, axis), of(b, axis));
            (a == b || a == 1 || b == 1).then_some(a.max(b))
        })
        .collect()
}

type T = Tensor<f64>;

pub fn sum_lost_axis(x: &T, shape: &[usize]) -> T {
    let mut x = x.clone();
    while x.rank() > shape.len() {
        x = x.sum(&[0]);
    }
    for (axis, &length) in shape.iter().enumerate().rev() {
        if length == 1 {
            x = x.sum(&[axis as isize]);
        }
    }
    x
}

pub fn sum_length_1(x: &T, shape: &[usize]) -> T {
    let mut x = x.clone();
    while x.rank() > shape.len() {
        x = x.sum(&[0]);
    }
    x
}

pub fn sum_mean(x: &T, shape: &[usize]) -> T {
    let count = x.len() / shape.iter().product::<usize>();
    x.sum_to(shape) / count as f64
}

pub fn sum_last_axes(x: &T, shape: &[usize]) -> T {
    let mut x = x.clone();
    while x.rank() > shape.len() {
        x = x.sum(&[-1]);
    }
    for (axis, &length) in shape.iter().enumerate() {
        if length == 1 {
            x = x.sum_keepdim(&[axis as isize]);
        }
    }
    x
}
