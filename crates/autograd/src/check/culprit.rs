//! Which op is to blame? Each line of the tape is put on trial alone, on the inputs it had.
//!
//! For one op y = f(x₁, …) with VJP dxᵢ, a random cotangent u and a random tangent v of input i,
//! forward mode must agree with the VJP, ⟨u, Jᵢv⟩ = ⟨dxᵢ, v⟩; and the exact derivative of dxᵢ along v
//! must agree with differences of dxᵢ, or the op is wrong in second order.

use std::panic::Location;

use tensor::{Key, Scalar, Tensor};

use super::witnesses::index_of;
use super::{Number, Subject, inner, inner_size};
use crate::forward::Dual;
use crate::op::{Adjoints, Op};
use crate::tape::{Node, Source};
use crate::{Pass, Tape, Var};

/// The step of the differences of VJPs.
const STEP: f64 = 1e-5;

/// The lines of the tape that fail on their own, in words.
pub(super) fn find<F>(subject: &Subject<'_, F>) -> Vec<String>
where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    let still = subject.still();
    let mut tape = Tape::new();
    (subject.function)(Pass::evaluation(&tape, &still));
    let nodes = tape.nodes.get_mut();
    let mut culprits = Vec::new();
    for index in 0..nodes.len() {
        let x: Vec<Tensor<Number>> =
            nodes[index].inputs.iter().map(|&input| nodes[input].value.clone()).collect();
        let wanted: Vec<bool> =
            nodes[index].inputs.iter().map(|&input| nodes[input].needs_gradient).collect();
        let at = nodes[index].at;
        let Source::Op(op) = &mut nodes[index].source else { continue };
        let mut trial = Trial { op: op.as_mut(), at, index, x };
        culprits.extend((0..wanted.len()).filter(|&i| wanted[i]).filter_map(|i| trial.input(i)));
    }
    culprits
}

/// One op with the inputs it had.
struct Trial<'a> {
    op: &'a mut dyn Op<Number>,
    at: &'static Location<'static>,
    index: usize,
    x: Vec<Tensor<Number>>,
}

impl Trial<'_> {
    /// What is wrong with the VJP for input `i`, in words; `None` if nothing is.
    fn input(&mut self, i: usize) -> Option<String> {
        let key = Key::new(self.index as u64).fold_in(i as u64);
        let v = Tensor::normal(self.x[i].shape(), 0.0, 1.0, key.stream("tangent"));
        let moving = Dual::tensor(&Dual::values(&self.x[i]), &v);
        let y = self.forward(i, &moving);
        let u = Tensor::normal(y.shape(), 0.0, 1.0, key.stream("cotangent"));
        let dx = self.vjp(i, &moving, &y, &u);

        let claimed = Dual::values(&dx);
        let (found, expected) = (inner(&claimed, &v), inner(&u, &Dual::tangents(&y)));
        let scale = inner_size(&claimed, &v).max(expected.abs()).max(1.0);
        let agrees = (found - expected).abs() <= 1e-9 * scale;
        let fault = match agrees {
            true => self.second_order_fault(i, &v, &u, &Dual::tangents(&dx))?,
            false => self.worst_entry(i, &u, &claimed),
        };
        let (index, name, at) = (self.index, self.op.name(), self.at);
        Some(format!("%{index} = {name}, recorded at {at}, input {i}: {fault}"))
    }

    /// The value of the op when input `i` is `moved`.
    fn forward(&mut self, i: usize, moved: &Tensor<Number>) -> Tensor<Number> {
        let mut x: Vec<&Tensor<Number>> = self.x.iter().collect();
        x[i] = moved;
        self.op.forward(&x)
    }

    /// The VJP for input `i`, right after `forward` with the same input.
    fn vjp(
        &self,
        i: usize,
        moved: &Tensor<Number>,
        y: &Tensor<Number>,
        u: &Tensor<f64>,
    ) -> Tensor<Number> {
        let mut x: Vec<&Tensor<Number>> = self.x.iter().collect();
        x[i] = moved;
        let nodes: Vec<Node<Number>> =
            x.iter().map(|x| Node::variable((*x).clone(), self.at)).collect();
        let inputs: Vec<usize> = (0..x.len()).collect();
        let mut adjoints = vec![None; x.len()];
        let mut dx = Adjoints {
            op: self.op.name(),
            at: self.at,
            inputs: &inputs,
            nodes: &nodes,
            adjoints: &mut adjoints,
        };
        self.op.vjp(&x, y, &u.cast(), &mut dx);
        adjoints.swap_remove(i).unwrap_or_else(|| Tensor::zeros(moved.shape()))
    }

    /// The entry of input `i` at which the VJP is furthest from forward mode.
    fn worst_entry(&mut self, i: usize, u: &Tensor<f64>, claimed: &Tensor<f64>) -> String {
        let values = Dual::values(&self.x[i]);
        let mut worst = (f64::NEG_INFINITY, 0, 0.0);
        for position in 0..values.len() {
            let mut unit = Tensor::zeros(values.shape());
            unit.as_mut_slice()[position] = 1.0;
            let y = self.forward(i, &Dual::tensor(&values, &unit));
            let expected = inner(u, &Dual::tangents(&y));
            let error = (claimed.values()[position] - expected).abs();
            if error > worst.0 || error.is_nan() {
                worst = (error, position, expected);
            }
        }
        let (_, position, expected) = worst;
        let index = index_of(position, values.shape());
        format!(
            "at {index:?} the VJP gives {:.9}, forward mode {expected:.9}",
            claimed.values()[position]
        )
    }

    /// Whether the exact derivative of the VJP along `v` disagrees with differences of the VJP.
    fn second_order_fault(
        &mut self,
        i: usize,
        v: &Tensor<f64>,
        u: &Tensor<f64>,
        exact: &Tensor<f64>,
    ) -> Option<String> {
        let values = Dual::values(&self.x[i]);
        let mut at = |step: f64| {
            let moved = values.zip_map(v, |x, v| Number::from_f64(x + step * v));
            let y = self.forward(i, &moved);
            Dual::values(&self.vjp(i, &moved, &y, u))
        };
        let (low, high) = (at(-STEP), at(STEP));
        let measured = high.zip_map(&low, |high, low| (high - low) / (2.0 * STEP));
        let error = measured.zip_map(exact, |m, e| (m - e).abs() / m.abs().max(e.abs()).max(1.0));
        let worst = error.values().iter().copied().fold(0.0, Scalar::maximum);
        let agrees = worst <= 1e-4;
        (!agrees).then(|| {
            "its VJP is right, but not the derivative of its VJP (second order)".to_string()
        })
    }
}
