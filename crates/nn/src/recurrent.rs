//! What recurrent layers share: their parameters, and the way through the steps of a sequence.
//!
//! Each step multiplies the input and the state by a matrix each. The columns of all gates are side by side in
//! it, so a step is two matrix products whatever the number of gates. [`LastStep`] takes the last state.

use std::ops::Range;

use autograd::{ParameterId, Parameters, Pass, Var};
use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Layer, dense};

/// The parameters of a recurrent layer, with PyTorch's names and layout.
#[derive(Clone, Debug)]
pub(crate) struct Recurrent {
    /// `[gates · units, inputs]`.
    weight_ih: ParameterId,
    /// `[gates · units, units]`.
    weight_hh: ParameterId,
    bias_ih: ParameterId,
    bias_hh: ParameterId,
    inputs: usize,
    units: usize,
}

impl Recurrent {
    /// Adds the parameters of a layer with this many gates, drawn uniformly within ±1/√units.
    #[track_caller]
    pub(crate) fn new<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        gates: usize,
        [inputs, units]: [usize; 2],
    ) -> Self {
        let limit = 1.0 / (units.max(1) as f64).sqrt();
        let draw = |parameters: &Parameters<T>, name: &str, shape: &[usize]| {
            Tensor::uniform(shape, -limit..limit, parameters.key(name))
        };
        let names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"];
        let [wi, wh, bi, bh] = names.map(|part| format!("{name}.{part}"));
        let rows = gates * units;
        Self {
            weight_ih: parameters.add(&wi, draw(parameters, &wi, &[rows, inputs])),
            weight_hh: parameters.add(&wh, draw(parameters, &wh, &[rows, units])),
            bias_ih: parameters.add(&bi, draw(parameters, &bi, &[rows])),
            bias_hh: parameters.add(&bh, draw(parameters, &bh, &[rows])),
            inputs,
            units,
        }
    }

    /// Begins to read sequences `x`.
    #[track_caller]
    pub(crate) fn read<'t, T: Scalar>(
        &self,
        op: &str,
        pass: Pass<'t, T>,
        x: Var<'t, T>,
    ) -> Reading<'t, T> {
        let [batch, time] = shape::expect(op, self.batch_and_time(&x.shape()));
        Reading {
            x,
            time,
            weight_ih: pass.parameter(self.weight_ih).t(),
            weight_hh: pass.parameter(self.weight_hh).t(),
            bias_ih: pass.parameter(self.bias_ih),
            bias_hh: pass.parameter(self.bias_hh),
            start: pass.constant(Tensor::zeros([batch, self.units])),
            units: self.units,
        }
    }

    /// Returns the numbers of sequences and of steps.
    fn batch_and_time(&self, x: &[usize]) -> Result<[usize; 2], ShapeError> {
        match *x {
            [batch, time, inputs] if inputs == self.inputs && time > 0 => Ok([batch, time]),
            _ => Err(ShapeError::new(format!(
                "x must be [batch, time, {}] with at least one step, not {x:?}",
                self.inputs
            ))),
        }
    }
}

/// Sequences that are read step by step, and the parameters of the pass, the weights transposed.
pub(crate) struct Reading<'t, T: Scalar> {
    /// `[batch, time, inputs]`.
    x: Var<'t, T>,
    pub(crate) time: usize,
    /// `[inputs, gates · units]`.
    weight_ih: Var<'t, T>,
    /// `[units, gates · units]`.
    weight_hh: Var<'t, T>,
    bias_ih: Var<'t, T>,
    bias_hh: Var<'t, T>,
    /// The state before the first step: zeros, `[batch, units]`.
    pub(crate) start: Var<'t, T>,
    units: usize,
}

impl<'t, T: Scalar> Reading<'t, T> {
    /// Records what all gates get in a step: W_i x + b_i from its input and W_h h + b_h from the state before, both
    /// `[batch, gates · units]`.
    #[track_caller]
    pub(crate) fn products(&self, step: usize, state: Var<'t, T>) -> (Var<'t, T>, Var<'t, T>) {
        let of_x = dense(self.x.index_axis(1, step), self.weight_ih, self.bias_ih);
        (of_x, dense(state, self.weight_hh, self.bias_hh))
    }

    /// Records some of the gates: `[batch, numbers · units]`.
    #[track_caller]
    pub(crate) fn gates(&self, all: Var<'t, T>, numbers: Range<usize>) -> Var<'t, T> {
        all.slice(1, numbers.start * self.units..numbers.end * self.units)
    }
}

/// The last step of sequences: `[batch, time, …]` becomes `[batch, …]`. Every sequence has the same
/// length: a padded step counts as a step. [`last_steps`](crate::last_steps) takes the last step before padding.
#[derive(Clone, Copy, Debug)]
pub struct LastStep;

impl Layer for LastStep {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let shape = x.shape();
        let time = match *shape {
            [_, time, ..] if time > 0 => time,
            _ => {
                let rule = format!("x must be [batch, time, ...] with a step, not {shape:?}");
                return shape::expect("last_step", Err(ShapeError::new(rule)));
            }
        };
        x.slice(1, time - 1..).squeeze(&[1])
    }
}
