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
//! It is composed of other operations, about twenty for each step.

use autograd::{Parameters, Pass, Var};
use tensor::Scalar;

use crate::Layer;
use crate::recurrent::Recurrent;

/// A GRU over sequences, with all its states: `[batch, time, inputs]` becomes `[batch, time, units]`.
/// The initial state is zero. [`LastStep`](crate::LastStep) takes the last one, and [`last_steps`](crate::last_steps) the last before
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
pub struct Gru(Recurrent);

impl Gru {
    /// Creates a layer with a state of `units` numbers for sequences of `inputs` features.
    #[track_caller]
    pub fn new<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        inputs: usize,
        units: usize,
    ) -> Self {
        Self(Recurrent::new(parameters, name, 3, [inputs, units]))
    }
}

impl Layer for Gru {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let reading = self.0.read("gru", pass, x);
        let (mut state, mut states) = (reading.start, Vec::with_capacity(reading.time));
        for step in 0..reading.time {
            let (of_x, of_state) = reading.products(step, state);
            let of_both = reading.gates(of_x, 0..2) + reading.gates(of_state, 0..2);
            let both = of_both.sigmoid();
            let (reset, update) = (reading.gates(both, 0..1), reading.gates(both, 1..2));
            let of_state = reset * reading.gates(of_state, 2..3);
            let candidate = (reading.gates(of_x, 2..3) + of_state).tanh();
            state = candidate + update * (state - candidate);
            states.push(state.unsqueeze(1));
        }
        Var::concat(&states, 1)
    }
}
