//! The mistakes, each in an op that is otherwise right, with the inputs on which it must be caught
//! and one who must object: a method, a law, or the backward pass itself by a panic.

use std::cell::{Cell, OnceCell, RefCell};

use autograd::check::Method;
use tensor::{Key, Scalar, Tensor};

use crate::ops::*;

/// An op with a wrong VJP.
pub struct Mutant {
    pub mistake: &'static str,
    pub op: Written,
    pub inputs: Vec<Tensor<f64>>,
    pub seen_by: String,
}

const DIFFERENCES: Method = Method::Differences;
const FORWARD_MODE: Method = Method::ForwardMode;
const SECOND_ORDER: Method = Method::SecondOrder;
const SYMMETRY: Method = Method::Symmetry;
const PANIC: &str = "panic";
const ZERO: &str = "a zero cotangent gives a zero gradient";
const LINEAR: &str = "the gradient is linear in the cotangent";
const ROWS: &str = "rows of zeros in the cotangent change nothing for the others";
const SAME: &str = "the same run gives bitwise the same gradient";
const WALK: &str = "a second walk over a tape gives bitwise the same gradient";
const LAYOUT: &str = "the layout of inputs and cotangent does not matter";
const ALONE: &str = "a gradient does not depend on which others are asked for";
const INFLUENCE: &str =
    "an input without influence gets no gradient, even from an infinite cotangent";
const TWICE: &str = "an input used twice gets the sum of both gradients";

/// Inputs of these shapes, normal draws.
fn mutant(
    mistake: &'static str,
    op: Written,
    shapes: &[&[usize]],
    seen_by: impl ToString,
) -> Mutant {
    let draw = |(i, shape): (usize, &&[usize])| Tensor::normal(shape, 0.0, 1.0, Key::new(i as u64));
    let inputs = shapes.iter().enumerate().map(draw).collect();
    Mutant { mistake, op, inputs, seen_by: seen_by.to_string() }
}

/// All of them.
pub fn mutants() -> Vec<Mutant> {
    let kinds = [
        wrong_formulas(),
        wrong_terms(),
        wrong_sums(),
        wrong_places(),
        wrong_at_some_points(),
        wrong_beside_kinks(),
        wrong_in_some_calls(),
        wrong_in_some_layouts(),
        wrong_in_second_order(),
        wrong_in_the_cotangent(),
    ];
    kinds.into_iter().flatten().collect()
}

fn wrong_formulas() -> Vec<Mutant> {
    vec![
        mutant(
            "twice too large",
            square().with_vjp(|x, _, dy, dx| dx.add(0, || dy * x[0] * number(4.0))),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "sign flipped",
            sin().with_vjp(|x, _, dy, dx| dx.add(0, || -(dy * x[0].map(cos)))),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "a constant added",
            square().with_vjp(|x, _, dy, dx| {
                dx.add(0, || (dy * x[0]).map(|product| product + product + number(1e-8)))
            }),
            &[&[3, 4]],
            ZERO,
        ),
        mutant(
            "relative error 1e-5",
            square().with_vjp(|x, _, dy, dx| dx.add(0, || dy * x[0] * number(2.00002))),
            &[&[3, 4]],
            FORWARD_MODE,
        ),
        mutant(
            "relative error 1e-10",
            square().with_vjp(|x, _, dy, dx| dx.add(0, || dy * x[0] * number(2.0000000002))),
            &[&[3, 4]],
            FORWARD_MODE,
        ),
        mutant(
            "the factors swapped",
            mul().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy * x[0]);
                dx.add(1, || dy * x[1]);
            }),
            &[&[3, 4], &[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "x where y should be",
            exp().with_vjp(|x, _, dy, dx| dx.add(0, || dy * x[0])),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "the denominator not squared",
            div().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy / x[1]);
                dx.add(1, || -(dy * x[0] / x[1]));
            }),
            &[&[3, 4], &[3, 4]],
            DIFFERENCES,
        ),
        Mutant {
            inputs: vec![Tensor::from([0.5, 1.5, 2.0]), Tensor::from([-1.5, 0.5, 2.5])],
            ..mutant(
                "a power whose exponent forgets the logarithm",
                pow().with_vjp(|x, y, dy, dx| {
                    dx.add(0, || dy * x[1] * x[0].pow(&(x[1] - number(1.0))));
                    dx.add(1, || dy * y);
                }),
                &[],
                DIFFERENCES,
            )
        },
        Mutant {
            inputs: vec![Tensor::from([0.5, 1.5, 2.0]), Tensor::from([-1.5, 0.5, 2.5])],
            ..mutant(
                "a power whose exponent is not lowered",
                pow().with_vjp(|x, y, dy, dx| {
                    dx.add(0, || dy * x[1] * y);
                    dx.add(1, || dy * y * x[0].ln());
                }),
                &[],
                DIFFERENCES,
            )
        },
        mutant(
            "not divided by the norm",
            norm().with_vjp(|x, _, dy, dx| dx.add(0, || x[0] * dy)),
            &[&[5]],
            DIFFERENCES,
        ),
        mutant(
            "all ones instead of the cotangent",
            sigmoid().with_vjp(|_, y, _, dx| dx.add(0, || y.map(|y| y * (number(1.0) - y)))),
            &[&[3, 4]],
            ZERO,
        ),
    ]
}

fn wrong_terms() -> Vec<Mutant> {
    vec![
        mutant(
            "layer norm not divided by the deviation",
            layer_norm().with_vjp(|x, _, dy, dx| {
                let (unit, _) = normalized(x[0]);
                let g = dy * x[1];
                let along = &unit * (&g * &unit).mean_keepdim(&[-1]);
                dx.add(0, || &g - g.mean_keepdim(&[-1]) - along);
                dx.add(1, || (dy * &unit).sum_to(x[1].shape()));
                dx.add(2, || dy.sum_to(x[2].shape()));
            }),
            &[&[3, 4], &[4], &[4]],
            DIFFERENCES,
        ),
        mutant(
            "layer norm without the term of the mean",
            layer_norm().with_vjp(|x, _, dy, dx| {
                let (unit, deviation) = normalized(x[0]);
                let g = dy * x[1];
                let along = &unit * (&g * &unit).mean_keepdim(&[-1]);
                dx.add(0, || (&g - along) / deviation);
                dx.add(1, || (dy * &unit).sum_to(x[1].shape()));
                dx.add(2, || dy.sum_to(x[2].shape()));
            }),
            &[&[3, 4], &[4], &[4]],
            DIFFERENCES,
        ),
        mutant(
            "RMS norm without the part along x",
            rms_norm().with_vjp(|x, _, dy, dx| {
                let size = root(&(x[0] * x[0]).mean_keepdim(&[-1]));
                dx.add(0, || dy * x[1] / &size);
                dx.add(1, || (dy * (x[0] / &size)).sum_to(x[1].shape()));
            }),
            &[&[3, 4], &[4]],
            DIFFERENCES,
        ),
        mutant(
            "a term dropped",
            softmax().with_vjp(|_, y, dy, dx| dx.add(0, || dy * y)),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "right for an all-ones cotangent only",
            softmax().with_vjp(|_, y, dy, dx| {
                dx.add(0, || softmax_vjp(y, dy) * number(2.0));
            }),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "added twice",
            sigmoid().with_vjp(|_, y, dy, dx| {
                let contribution = dy * y.map(|y| y * (number(1.0) - y));
                dx.add(0, || contribution.clone());
                dx.add(0, || contribution);
            }),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "no gradient for γ",
            swiglu().with_vjp(|x, _, dy, dx| {
                let (g, inner) = swiglu_parts(x, dy);
                dx.add(0, || dy * &g + &inner * x[1]);
                dx.add(1, || (&inner * x[0]).sum_to(x[1].shape()));
            }),
            &[&[3, 4], &[4], &[]],
            DIFFERENCES,
        ),
        mutant(
            "β where γ should be",
            swiglu().with_vjp(|x, _, dy, dx| {
                let (g, inner) = swiglu_parts(&[x[0], x[1], x[1]], dy);
                dx.add(0, || dy * &g + &inner * x[1]);
                dx.add(1, || (&inner * x[0]).sum_to(x[1].shape()));
                dx.add(2, || inner.sum_to(x[2].shape()));
            }),
            &[&[3, 4], &[4], &[4]],
            DIFFERENCES,
        ),
        mutant(
            "β forgotten in the chain",
            swiglu().with_vjp(|x, _, dy, dx| {
                let (g, inner) = swiglu_parts(x, dy);
                dx.add(0, || dy * &g + &inner);
                dx.add(1, || (&inner * x[0]).sum_to(x[1].shape()));
                dx.add(2, || inner.sum_to(x[2].shape()));
            }),
            &[&[3, 4], &[4], &[4]],
            DIFFERENCES,
        ),
    ]
}

fn wrong_sums() -> Vec<Mutant> {
    vec![
        mutant(
            "averaged where windows overlap",
            unfold().with_vjp(|x, _, dy, dx| {
                let image = [x[0].shape()[2], x[0].shape()[3]];
                let times = dy.map(|_| number(1.0)).fold(image, window());
                dx.add(0, || dy.fold(image, window()) / times);
            }),
            &[&[1, 2, 3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "a broadcast that is not summed",
            mul().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy * x[1]);
                dx.add(1, || dy * x[0]);
            }),
            &[&[3, 4], &[4]],
            PANIC,
        ),
        mutant(
            "one row only where the first axis is broadcast",
            mul().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy * x[1]);
                dx.add(1, || (dy * x[0]).slice(0, ..1));
            }),
            &[&[3, 4], &[1, 4]],
            DIFFERENCES,
        ),
        mutant(
            "a mean that is not scaled",
            mean().with_vjp(|x, _, dy, dx| dx.add(0, || dy.expand(x[0].shape()))),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "a mean over the wrong axis's length",
            mean().with_vjp(|x, _, dy, dx| {
                dx.add(0, || (dy * number(0.25)).expand(x[0].shape()));
            }),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "a variance with the wrong correction",
            variance().with_vjp(|x, _, dy, dx| dx.add(0, || variance_vjp(x[0], dy, 0))),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "a variance of numbers that are not centered",
            variance().with_vjp(|x, _, dy, dx| dx.add(0, || x[0] * dy)),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "shares of a sum of exponentials that do not add up to 1",
            logsumexp().with_vjp(|x, _, dy, dx| dx.add(0, || dy * x[0].exp())),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "weights of classes taken to sum to 1",
            soft_cross_entropy().with_vjp(|x, _, dy, dx| {
                dx.add(0, || ((-surprise(x[0])).exp() - x[1]) * dy);
                dx.add(1, || surprise(x[0]) * dy);
            }),
            &[&[3, 4], &[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "a factor not transposed",
            matmul().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy.matmul(x[1]));
                dx.add(1, || x[0].t().matmul(dy));
            }),
            &[&[3, 3], &[3, 3]],
            DIFFERENCES,
        ),
        mutant(
            "a transposed gradient",
            matmul().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy.matmul(&x[1].t()));
                dx.add(1, || dy.t().matmul(x[0]));
            }),
            &[&[3, 3], &[3, 3]],
            DIFFERENCES,
        ),
        mutant(
            "rows taken twice are overwritten, not added",
            gather().with_vjp(|x, _, dy, dx| dx.add(0, || overwritten_rows(dy, x[0].shape()))),
            &[&[3, 2]],
            DIFFERENCES,
        ),
        mutant(
            "a padding row that learns",
            embedding().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy.scatter_add_rows(&ids(), x[0].shape()[0]));
            }),
            &[&[3, 2]],
            DIFFERENCES,
        ),
    ]
}

fn wrong_places() -> Vec<Mutant> {
    vec![
        mutant(
            "running sums from the same end as forward",
            cumsum().with_vjp(|_, _, dy, dx| dx.add(0, || dy.cumsum(1))),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "running sums that are not turned back",
            cumsum().with_vjp(|_, _, dy, dx| dx.add(0, || dy.flip(&[1]).cumsum(1))),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "elements picked twice are overwritten, not added",
            pick().with_vjp(|x, _, dy, dx| dx.add(0, || overwritten_picks(x[0], dy))),
            &[&[2, 3]],
            DIFFERENCES,
        ),
        mutant(
            "the gradient of sorted elements left in their order",
            sort().with_vjp(|_, _, dy, dx| dx.add(0, || dy.clone())),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "the gradient of sorted elements picked, not put back",
            sort().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy.gather(1, &x[0].argsort(1, false)));
            }),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "a choice that multiplies instead of selecting",
            choose().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy * is_positive(x[1]));
                dx.add(1, || dy * is_positive(&-x[1]));
            }),
            &[&[3, 4], &[3, 4]],
            INFLUENCE,
        ),
        mutant(
            "a choice whose sides are exchanged",
            choose().with_vjp(|x, _, dy, dx| {
                let positive = x[1].gt(number(0.0));
                dx.add(0, || Tensor::where_(&positive, &Tensor::scalar(number(0.0)), dy));
                dx.add(1, || Tensor::where_(&positive, dy, number(0.0)));
            }),
            &[&[3, 4], &[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "a clamp that leaks beyond its bounds",
            clamp().with_vjp(|_, _, dy, dx| dx.add(0, || dy.clone())),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        mutant(
            "a clamp that multiplies instead of selecting",
            clamp().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy * x[0].map(|x| number((x.value.abs() <= 1.0).into())));
            }),
            &[&[3, 4]],
            INFLUENCE,
        ),
    ]
}

fn wrong_at_some_points() -> Vec<Mutant> {
    vec![
        mutant(
            "zero where x is negative",
            square().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy * x[0] * number(2.0) * is_positive(x[0]));
            }),
            &[&[3, 4]],
            DIFFERENCES,
        ),
        Mutant {
            inputs: vec![Tensor::from([0.5, -3.0, 12.0, 1.0])],
            ..mutant(
                "sign flipped where x is large",
                sin().with_vjp(|x, _, dy, dx| {
                    let cos_of_small = |x| if x > number(10.0) { -cos(x) } else { cos(x) };
                    dx.add(0, || dy * x[0].map(cos_of_small));
                }),
                &[],
                DIFFERENCES,
            )
        },
        mutant("1% off at one index", square_wrong_at(7), &[&[3, 4]], DIFFERENCES),
        mutant("1% off at one index of 600", square_wrong_at(417), &[&[20, 30]], FORWARD_MODE),
        mutant(
            "right where it was called first, and nowhere else",
            sigmoid().with_vjp({
                let first = OnceCell::new();
                move |_, y, dy, dx| {
                    let y: &Array = first.get_or_init(|| constant(y));
                    dx.add(0, || dy * y.map(|y| y * (number(1.0) - y)));
                }
            }),
            &[&[3, 4]],
            SECOND_ORDER,
        ),
        mutant(
            "a mask that multiplies instead of selecting",
            relu().with_vjp(|x, _, dy, dx| dx.add(0, || dy * is_positive(x[0]))),
            &[&[3, 4]],
            INFLUENCE,
        ),
    ]
}

/// At points where all that is there is kinks, so that differences at the point say nothing.
fn wrong_beside_kinks() -> Vec<Mutant> {
    let at_kinks = |mutant| Mutant { inputs: vec![Tensor::zeros([3, 4])], ..mutant };
    let relu_of = |slope: fn(f64) -> f64| {
        relu().with_vjp(move |x, _, dy, dx| {
            dx.add(0, || dy * x[0].map(|x| number(slope(x.value))));
        })
    };
    vec![
        at_kinks(mutant(
            "a kink that leaks on its flat side",
            relu_of(|x| if x < 0.0 { 0.3 } else { (x > 0.0).into() }),
            &[],
            DIFFERENCES,
        )),
        at_kinks(mutant(
            "1% off beside a kink",
            relu_of(|x| if x > 0.0 { 1.01 } else { 0.0 }),
            &[],
            DIFFERENCES,
        )),
        at_kinks(mutant(
            "another slope at the kink than forward mode's",
            relu_of(|x| (x >= 0.0).into()),
            &[],
            FORWARD_MODE,
        )),
        at_kinks(mutant(
            "no gradient on either side of a kink",
            relu_of(|_| 0.0),
            &[],
            DIFFERENCES,
        )),
    ]
}

fn wrong_in_some_calls() -> Vec<Mutant> {
    vec![
        mutant(
            "other in every second call",
            exp().with_vjp({
                let calls = Cell::new(0);
                move |_, y, dy, dx| {
                    calls.set(calls.get() + 1);
                    let factor = number(1.0 + f64::from(calls.get() % 2) * 1e-15);
                    dx.add(0, || dy * y * factor);
                }
            }),
            &[&[3, 4]],
            SAME,
        ),
        mutant(
            "what forward kept is gone after the first walk",
            exp().with_vjp({
                let walked = RefCell::new(Vec::<Array>::new());
                move |_, y, dy, dx| {
                    let is_y = |other: &Array| std::ptr::eq(other.storage(), y.storage());
                    let is_second = walked.borrow().iter().any(is_y);
                    walked.borrow_mut().push(y.clone());
                    dx.add(0, || if is_second { Tensor::zeros(y.shape()) } else { dy * y });
                }
            }),
            &[&[3, 4]],
            WALK,
        ),
        mutant(
            "rows without a zero adjoint, packed and not unpacked",
            square().with_vjp(|x, _, dy, dx| {
                let (rows, width) = (x[0].shape()[0], x[0].shape()[1]);
                let all = dy * x[0] * number(2.0);
                let is_used = |row: &usize| dy.slice(0, *row..row + 1) != Tensor::zeros([1, width]);
                let used: Vec<Array> =
                    (0..rows).filter(is_used).map(|row| all.slice(0, row..row + 1)).collect();
                let rest = Tensor::zeros([rows - used.len(), width]);
                dx.add(0, || Tensor::concat(&used.iter().chain([&rest]).collect::<Vec<_>>(), 0));
            }),
            &[&[5, 4]],
            ROWS,
        ),
        mutant(
            "added once where both inputs are one variable",
            mul().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy * x[1]);
                if !std::ptr::eq(x[0], x[1]) {
                    dx.add(1, || dy * x[0]);
                }
            }),
            &[&[3, 4], &[3, 4]],
            TWICE,
        ),
        mutant(
            "β and γ learn only where x does",
            swiglu().with_vjp(|x, _, dy, dx| {
                let (g, inner) = swiglu_parts(x, dy);
                let shared = if dx.wants(0) { inner } else { inner * number(0.0) };
                dx.add(0, || dy * &g + &shared * x[1]);
                dx.add(1, || (&shared * x[0]).sum_to(x[1].shape()));
                dx.add(2, || shared.sum_to(x[2].shape()));
            }),
            &[&[3, 4], &[4], &[]],
            ALONE,
        ),
    ]
}

fn wrong_in_some_layouts() -> Vec<Mutant> {
    let square_of = |rearrange: fn(&Array) -> Array| {
        square().with_vjp(move |x, _, dy, dx| {
            dx.add(0, || dy * rearrange(x[0]) * number(2.0));
        })
    };
    vec![
        mutant(
            "the input read in the order of its storage",
            square_of(|x| from_storage(x, |start, _, k| start + k)),
            &[&[3, 4]],
            LAYOUT,
        ),
        mutant(
            "the input read from the start of its storage",
            square_of(|x| from_storage(x, |_, step, k| step * k)),
            &[&[12]],
            LAYOUT,
        ),
        mutant(
            "the input read with one stride for all axes",
            square_of(|x| from_storage(x, |start, step, k| start + step * k)),
            &[&[3, 4]],
            LAYOUT,
        ),
        mutant(
            "the cotangent read in the order of its storage",
            square().with_vjp(|x, _, dy, dx| {
                let dy = from_storage(dy, |start, _, k| start + k);
                dx.add(0, || dy * x[0] * number(2.0));
            }),
            &[&[3, 4]],
            LAYOUT,
        ),
    ]
}

fn wrong_in_second_order() -> Vec<Mutant> {
    vec![
        mutant(
            "its slope taken for a constant",
            sin().with_vjp(|x, _, dy, dx| dx.add(0, || dy * constant(&x[0].map(cos)))),
            &[&[3, 4]],
            SECOND_ORDER,
        ),
        mutant(
            "one of two factors taken for a constant",
            mul().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy * x[1]);
                dx.add(1, || dy * constant(x[0]));
            }),
            &[&[3, 4], &[3, 4]],
            SECOND_ORDER,
        ),
        mutant(
            "an outer factor taken for a constant",
            softmax().with_vjp(|_, y, dy, dx| {
                let inner = (dy * y).sum_keepdim(&[-1]);
                dx.add(0, || constant(y) * (dy - inner));
            }),
            &[&[3, 4]],
            SYMMETRY,
        ),
    ]
}

fn wrong_in_the_cotangent() -> Vec<Mutant> {
    vec![
        mutant(
            "its cotangent taken for a constant",
            exp().with_vjp(|_, y, dy, dx| dx.add(0, || &constant(dy) * y)),
            &[&[3, 4]],
            LINEAR,
        ),
        mutant(
            "its cotangent clipped",
            exp().with_vjp(|_, y, dy, dx| {
                let clipped = dy.map(|dy| dy.maximum(number(-3.0)).minimum(number(3.0)));
                dx.add(0, || &clipped * y);
            }),
            &[&[3, 4]],
            LINEAR,
        ),
        mutant(
            "negative cotangents stopped",
            relu().with_vjp(|x, _, dy, dx| {
                dx.add(0, || dy * is_positive(dy) * is_positive(x[0]));
            }),
            &[&[3, 4]],
            LINEAR,
        ),
    ]
}

fn cos(x: autograd::check::Number) -> autograd::check::Number {
    tensor::Scalar::cos(x)
}

/// The values without their derivatives.
fn constant(x: &Array) -> Array {
    x.map(|x| number(x.value))
}

/// The VJP of `square`, 1% too large at one position.
fn square_wrong_at(position: usize) -> Written {
    square().with_vjp(move |x, _, dy, dx| {
        let mut wrong = dy * x[0] * number(2.0);
        let entry = &mut wrong.as_mut_slice()[position];
        *entry = *entry * number(1.01);
        dx.add(0, || wrong);
    })
}

/// The rows of `dy` at the places they were taken from; the last one wins.
fn overwritten_rows(dy: &Array, shape: &[usize]) -> Array {
    let mut table = Tensor::zeros(shape);
    let width = shape[1];
    for (row, &id) in dy.values().chunks_exact(width).zip(ids().values().iter()) {
        let start = id as usize * width;
        table.as_mut_slice()[start..start + width].copy_from_slice(row);
    }
    table
}

/// The elements that `place` finds in the storage, from the offset, the last stride and k.
fn from_storage(x: &Array, place: fn(usize, usize, usize) -> usize) -> Array {
    let step = x.layout().strides().last().copied().unwrap_or(1);
    let place = |k| place(x.layout().offset(), step, k) % x.storage().len();
    Tensor::new(x.shape(), (0..x.len()).map(|k| x.storage()[place(k)]).collect())
}
