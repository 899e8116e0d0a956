//! The gated recurrent unit (Cho et al. 2014): a state that each step of a sequence updates.
//!
//! ```text
//! r = σ(W_ir x + b_ir + W_hr h + b_hr)             the reset gate: how much of h the candidate sees
//! z = σ(W_iz x + b_iz + W_hz h + b_hz)             the update gate: how much of h stays
//! n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))    the candidate
//! h ← (1 − z) ⊙ n + z ⊙ h
//! ```
//!
//! This is the form of PyTorch and cuDNN, in which r scales the product W_hn h, not h itself. The
//! parameters have PyTorch's names and layout, so that trained weights can be imported as they are. The
//! gates are stacked in the order r, z, n: `weight_ih_l0` is `[W_ir; W_iz; W_in]`.
//!
//! It is composed of other operations, about a dozen for each step.

use autograd::{ParameterId, Parameters, Pass, Var};
use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Layer, dense};

/// A GRU over sequences, with all its states: `[batch, time, inputs]` becomes `[batch, time, units]`.
/// The initial state is zero. [`LastStep`] takes the last one, and [`last_steps`](crate::last_steps) the last before
/// padding.
///
/// Its parameters are `name.weight_ih_l0` `[3 · units, inputs]`, `name.weight_hh_l0`
/// `[3 · units, units]`, `name.bias_ih_l0` and `name.bias_hh_l0` `[3 · units]`, all drawn uniformly
/// within ±1/√units, as PyTorch does.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Dense, Gru, LastStep, Layer};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let model = Gru::new(&mut parameters, "gru", 3, 16)
///     .then(LastStep)
///     .then(Dense::new(&mut parameters, "output", 16, 2));
/// let tape = Tape::new();
/// let sequences = tape.constant(Tensor::zeros([10, 20, 3]));
/// let y = model.forward(Pass::eval(&tape, &parameters), sequences);
/// assert_eq!(y.shape().as_slice(), [10, 2]);
/// ```
#[derive(Clone, Debug)]
pub struct Gru {
    weight_ih: ParameterId,
    weight_hh: ParameterId,
    bias_ih: ParameterId,
    bias_hh: ParameterId,
    inputs: usize,
    units: usize,
}

impl Gru {
    /// Creates a layer with a state of `units` numbers for sequences of `inputs` features.
    #[track_caller]
    pub fn new<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        inputs: usize,
        units: usize,
    ) -> Self {
        let limit = 1.0 / (units.max(1) as f64).sqrt();
        let draw = |parameters: &Parameters<T>, name: &str, shape: &[usize]| {
            Tensor::uniform(shape, -limit..limit, parameters.key(name))
        };
        let names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"];
        let [wi, wh, bi, bh] = names.map(|part| format!("{name}.{part}"));
        let (wide, square, flat) = ([3 * units, inputs], [3 * units, units], [3 * units]);
        Self {
            weight_ih: parameters.add(&wi, draw(parameters, &wi, &wide)),
            weight_hh: parameters.add(&wh, draw(parameters, &wh, &square)),
            bias_ih: parameters.add(&bi, draw(parameters, &bi, &flat)),
            bias_hh: parameters.add(&bh, draw(parameters, &bh, &flat)),
            inputs,
            units,
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

impl Layer for Gru {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let [batch, time] = shape::expect("gru", self.batch_and_time(&x.shape()));
        let cell = Cell {
            weight_ih: pass.parameter(self.weight_ih).t(),
            weight_hh: pass.parameter(self.weight_hh).t(),
            bias_ih: pass.parameter(self.bias_ih),
            bias_hh: pass.parameter(self.bias_hh),
            units: self.units,
        };
        let mut state = pass.constant(Tensor::zeros([batch, self.units]));
        let mut states = Vec::with_capacity(time);
        for step in 0..time {
            state = cell.step(x.index_axis(1, step), state);
            states.push(state.unsqueeze(1));
        }
        Var::concat(&states, 1)
    }
}

/// The parameters of a pass, the weights transposed.
struct Cell<'t, T: Scalar> {
    /// `[inputs, 3 · units]`.
    weight_ih: Var<'t, T>,
    /// `[units, 3 · units]`.
    weight_hh: Var<'t, T>,
    bias_ih: Var<'t, T>,
    bias_hh: Var<'t, T>,
    units: usize,
}

impl<'t, T: Scalar> Cell<'t, T> {
    /// Records the next state `[batch, units]` for an input `[batch, inputs]`.
    #[track_caller]
    fn step(&self, x: Var<'t, T>, state: Var<'t, T>) -> Var<'t, T> {
        let units = self.units;
        let of_x = dense(x, self.weight_ih, self.bias_ih);
        let of_state = dense(state, self.weight_hh, self.bias_hh);
        let gates = (of_x.slice(1, ..2 * units) + of_state.slice(1, ..2 * units)).sigmoid();
        let (reset, update) = (gates.slice(1, ..units), gates.slice(1, units..));
        let candidate =
            (of_x.slice(1, 2 * units..) + reset * of_state.slice(1, 2 * units..)).tanh();
        candidate + update * (state - candidate)
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
