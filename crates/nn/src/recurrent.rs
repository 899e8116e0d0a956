//! What recurrent layers share: their parameters, and the way through the steps of a sequence.
//!
//! Each step multiplies the input and the state by a matrix. The columns of all gates are side by side in
//! it, so a step is two matrix products whatever the number of gates.

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
    pub(crate) units: usize,
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

    /// Records the states `[batch, time, units]` of sequences `x`. `step` returns the next state from W_i x + b_i,
    /// W_h h + b_h, both `[batch, gates · units]`, and the state h before. The first state is zero.
    #[track_caller]
    pub(crate) fn states<'t, T: Scalar>(
        &self,
        op: &str,
        pass: Pass<'t, T>,
        x: Var<'t, T>,
        mut step: impl FnMut(Var<'t, T>, Var<'t, T>, Var<'t, T>) -> Var<'t, T>,
    ) -> Var<'t, T> {
        let [batch, time] = shape::expect(op, self.batch_and_time(&x.shape()));
        let [weight_ih, weight_hh] =
            [self.weight_ih, self.weight_hh].map(|id| pass.parameter(id).t());
        let [bias_ih, bias_hh] = [self.bias_ih, self.bias_hh].map(|id| pass.parameter(id));
        let mut state = pass.constant(Tensor::zeros([batch, self.units]));
        let mut states = Vec::with_capacity(time);
        for index in 0..time {
            let of_x = dense(x.index_axis(1, index), weight_ih, bias_ih);
            let of_state = dense(state, weight_hh, bias_hh);
            state = step(of_x, of_state, state);
            states.push(state.unsqueeze(1));
        }
        Var::concat(&states, 1)
    }

    /// Returns gate number `index` of the columns of all gates.
    pub(crate) fn gate<'t, T: Scalar>(&self, gates: Var<'t, T>, index: usize) -> Var<'t, T> {
        gates.slice(1, index * self.units..(index + 1) * self.units)
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
