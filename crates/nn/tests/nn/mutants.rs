//! Mistakes that people make in attention and in rotary positions, each in an op that is otherwise right:
//! the check of gradients sees every one of them.

use autograd::check::{self, Method, Number};
use autograd::{Adjoints, Op};
use tensor::{Key, Scalar, Tensor};

type Array = Tensor<Number>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    None,
    MaskOffByOne,
    ScaleForgotten,
    RowSumDropped,
    GroupSumDropped,
}

/// Causal attention as its formulas say, for queries `[heads, time, d]`, and keys and values `[1, time, d]`
/// that all heads share.
#[derive(Clone)]
struct Attention(Mistake);

impl Attention {
    /// The weights P; step i sees the steps before `i + seen`.
    fn weights(&self, q: &Array, k: &Array, seen: usize) -> Array {
        let exponentials = (q.matmul(&k.t()) * scale(q)).map(Number::exp);
        let exponentials = lower(&exponentials, seen);
        &exponentials / exponentials.sum_keepdim(&[-1])
    }

    /// Adds up what the heads add to their shared keys or values, or takes one of them.
    fn of_group(&self, parts: Array) -> Array {
        match self.0 {
            Mistake::GroupSumDropped => parts.slice(0, ..1),
            _ => parts.sum_keepdim(&[0]),
        }
    }
}

fn scale(q: &Array) -> Number {
    Number::from_f64(1.0 / (q.shape()[2] as f64).sqrt())
}

/// The matrices with zeros from column `i + seen` of row i on.
fn lower(x: &Array, seen: usize) -> Array {
    let (rows, columns) = (x.shape()[1], x.shape()[2]);
    let kept = (0..rows * columns).map(|k| k % columns < k / columns + seen).collect();
    Tensor::where_(&Tensor::new([rows, columns], kept), x, Number::ZERO)
}

impl Op<Number> for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }
    fn forward(&mut self, x: &[&Array]) -> Array {
        self.weights(x[0], x[1], 1).matmul(x[2])
    }
    fn vjp(&self, x: &[&Array], y: &Array, dy: &Array, dx: &mut Adjoints<Number>) {
        let seen = if self.0 == Mistake::MaskOffByOne { 2 } else { 1 };
        let p = self.weights(x[0], x[1], seen);
        let mut ds = dy.matmul(&x[2].t());
        if self.0 != Mistake::RowSumDropped {
            ds -= (dy * y).sum_keepdim(&[-1]);
        }
        ds *= &p;
        if self.0 != Mistake::ScaleForgotten {
            ds *= scale(x[0]);
        }
        dx.add(0, || ds.matmul(x[1]));
        dx.add(1, || self.of_group(ds.t().matmul(x[0])));
        dx.add(2, || self.of_group(p.t().matmul(dy)));
    }
}

/// Rotary positions; backward it turns by `back`, which is right for −1.
#[derive(Clone)]
struct Rope {
    back: f64,
}

fn turned(x: &Array, direction: f64) -> Array {
    let (time, half) = (x.shape()[1], x.shape()[2] / 2);
    let angle = |k: usize| (k / half) as f64 / (1 + k % half) as f64 * direction;
    let table = |f: fn(f64) -> f64| {
        let values = (0..time * half).map(|k| Number::from_f64(f(angle(k)))).collect();
        Tensor::new([time, half], values)
    };
    x.rotate_halves(&table(f64::cos), &table(f64::sin))
}

impl Op<Number> for Rope {
    fn name(&self) -> &'static str {
        "rope"
    }
    fn forward(&mut self, x: &[&Array]) -> Array {
        turned(x[0], 1.0)
    }
    fn vjp(&self, _: &[&Array], _: &Array, dy: &Array, dx: &mut Adjoints<Number>) {
        dx.add(0, || turned(dy, self.back));
    }
}

/// The methods that disagree with the gradients of an op.
fn disagreeing(op: impl Op<Number> + Clone, shapes: &[&[usize]]) -> Vec<Method> {
    let draw = |(i, shape): (usize, &&[usize])| Tensor::normal(shape, 0.0, 1.0, Key::new(i as u64));
    let inputs: Vec<Tensor<f64>> = shapes.iter().enumerate().map(draw).collect();
    let report = check::op(|| op.clone(), &inputs);
    let compared = report.findings.iter().flat_map(|finding| &finding.worst);
    compared.filter(|comparison| !comparison.agrees()).map(|comparison| comparison.method).collect()
}

#[test]
fn every_mistake_in_attention_is_seen() {
    let shapes: [&[usize]; 3] = [&[2, 4, 3], &[1, 4, 3], &[1, 4, 3]];
    assert_eq!(disagreeing(Attention(Mistake::None), &shapes), []);
    for mistake in [
        Mistake::MaskOffByOne,
        Mistake::ScaleForgotten,
        Mistake::RowSumDropped,
        Mistake::GroupSumDropped,
    ] {
        let found = disagreeing(Attention(mistake), &shapes);
        for method in [Method::Differences, Method::ForwardMode] {
            assert!(found.contains(&method), "{mistake:?}: {found:?}");
        }
    }
}

#[test]
fn a_rotation_that_is_not_turned_back_is_seen() {
    let shape: [&[usize]; 1] = [&[2, 4, 6]];
    assert_eq!(disagreeing(Rope { back: -1.0 }, &shape), []);
    for back in [1.0, 0.0] {
        let found = disagreeing(Rope { back }, &shape);
        for method in [Method::Differences, Method::ForwardMode] {
            assert!(found.contains(&method), "{back}: {found:?}");
        }
    }
}
