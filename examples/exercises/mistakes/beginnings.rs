//! Wrong answers to the exercises of chapters 1 and 2.

use tensor::Tensor;

pub fn division_sign(a: f64, b: f64, dy: f64) -> [f64; 2] {
    [dy / b, dy * a / (b * b)]
}

pub fn division_square(a: f64, b: f64, dy: f64) -> [f64; 2] {
    [dy / b, -dy * a / b]
}

pub fn division_parentheses(a: f64, b: f64, dy: f64) -> [f64; 2] {
    [dy / b, -dy * a / b * b]
}

pub fn division_dy(a: f64, b: f64, _: f64) -> [f64; 2] {
    [1.0 / b, -a / (b * b)]
}

pub fn walk_overwritten(nodes: &[Vec<(usize, f64)>]) -> Vec<f64> {
    let mut adjoints = vec![0.0; nodes.len()];
    *adjoints.last_mut().unwrap() = 1.0;
    for (step, inputs) in nodes.iter().enumerate().rev() {
        for &(input, derivative) in inputs {
            adjoints[input] = adjoints[step] * derivative;
        }
    }
    adjoints
}

pub fn walk_forward(nodes: &[Vec<(usize, f64)>]) -> Vec<f64> {
    let mut adjoints = vec![0.0; nodes.len()];
    *adjoints.last_mut().unwrap() = 1.0;
    for (step, inputs) in nodes.iter().enumerate() {
        for &(input, derivative) in inputs {
            adjoints[input] += adjoints[step] * derivative;
        }
    }
    adjoints
}

pub fn walk_all_ones(nodes: &[Vec<(usize, f64)>]) -> Vec<f64> {
    let mut adjoints = vec![1.0; nodes.len()];
    for (step, inputs) in nodes.iter().enumerate().rev() {
        for &(input, derivative) in inputs {
            adjoints[input] += adjoints[step] * derivative;
        }
    }
    adjoints
}

pub fn walk_local(nodes: &[Vec<(usize, f64)>]) -> Vec<f64> {
    let mut adjoints = vec![0.0; nodes.len()];
    *adjoints.last_mut().unwrap() = 1.0;
    for inputs in nodes.iter().rev() {
        for &(input, derivative) in inputs {
            adjoints[input] += derivative;
        }
    }
    adjoints
}

pub fn quotient_sign(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] / b[0], (a[1] * b[0] + a[0] * b[1]) / (b[0] * b[0])]
}

pub fn quotient_parts(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] / b[0], a[1] / b[1]]
}

pub fn quotient_still(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] / b[0], a[1] / b[0]]
}

pub fn quotient_parentheses(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] / b[0], (a[1] * b[0] - a[0] * b[1]) / b[0] * b[0]]
}

type T = Tensor<f64>;

pub fn forward_one_term(_: &T, b: &T, da: &T, _: &T) -> T {
    da.matmul(b)
}

pub fn forward_both_moved(_: &T, _: &T, da: &T, db: &T) -> T {
    da.matmul(db)
}

/// With matrices that are not square it does not fit at all.
pub fn forward_order(a: &T, b: &T, da: &T, db: &T) -> T {
    match a.shape() == b.shape() {
        true => da.matmul(b) + db.matmul(a),
        false => da.matmul(b) + a.matmul(db),
    }
}

/// As [`forward_order`].
pub fn forward_elements(a: &T, b: &T, da: &T, db: &T) -> T {
    match a.shape() == b.shape() {
        true => da * b + a * db,
        false => da.matmul(b) + a.matmul(db),
    }
}
