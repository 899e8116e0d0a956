//! The operations of a decoder, composed of others.

use autograd::Var;
use tensor::{Scalar, Tensor};

use crate::{softmax, swiglu};

#[track_caller]
pub(super) fn rope<'t, T: Scalar>(
    x: Var<'t, T>,
    head_width: usize,
    first: usize,
    theta: f64,
) -> Var<'t, T> {
    let [batch, time, width] = [0, 1, 2].map(|axis| x.shape()[axis]);
    let half = head_width / 2;
    let angle = |k: usize| {
        let (t, i) = (k / half, k % half);
        (first + t) as f64 * theta.powf(-2.0 * i as f64 / head_width as f64)
    };
    let table = |f: fn(f64) -> f64| {
        let values = (0..time * half).map(|k| T::from_f64(f(angle(k)))).collect();
        x.tape().constant(Tensor::new([time, 1, half], values))
    };
    let (cos, sin) = (table(f64::cos), table(f64::sin));
    let x = x.reshape([batch, time, width / head_width, head_width]);
    let (a, b) = (x.slice(-1, ..half), x.slice(-1, half..));
    Var::concat(&[a * cos - b * sin, b * cos + a * sin], -1).reshape([batch, time, width])
}

#[track_caller]
pub(super) fn causal_attention<'t, T: Scalar>(
    query: Var<'t, T>,
    key: Var<'t, T>,
    value: Var<'t, T>,
    heads: usize,
    groups: usize,
) -> Var<'t, T> {
    let [batch, time, width] = [0, 1, 2].map(|axis| query.shape()[axis]);
    let (steps, d) = (key.shape()[1], width / heads);
    let query = query.reshape([batch, time, heads, d]).transpose(1, 2);
    let repeated = |x: Var<'t, T>| {
        let x = x.reshape([batch, steps, groups, 1, d]);
        let x = x.expand([batch, steps, groups, heads / groups, d]);
        x.reshape([batch, steps, heads, d]).transpose(1, 2)
    };
    let (key, value) = (repeated(key), repeated(value));
    let scores = (query / (d as f64).sqrt()).matmul(key.t());
    let seen = (0..time * steps).map(|k| k % steps <= steps - time + k / steps).collect();
    let scores = Var::where_(&Tensor::new([time, steps], seen), scores, f64::NEG_INFINITY);
    softmax(scores, -1).matmul(value).transpose(1, 2).reshape([batch, time, width])
}

#[track_caller]
pub(super) fn gated_swiglu<'t, T: Scalar>(
    up: Var<'t, T>,
    gate: Var<'t, T>,
    beta: Var<'t, T>,
    gamma: Var<'t, T>,
) -> Var<'t, T> {
    up * swiglu(gate, beta, gamma)
}
