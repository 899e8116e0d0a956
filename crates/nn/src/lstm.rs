//! Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000): a state that
//! each step of a sequence computes, and a memory behind it that a step changes only as far as its gates open.
//!
//! ```text
//! i = σ(W_ii x + b_ii + W_hi h + b_hi)       the input gate: how much of the candidate is stored
//! f = σ(W_if x + b_if + W_hf h + b_hf)       the forget gate: how much of the memory stays
//! g = tanh(W_ig x + b_ig + W_hg h + b_hg)    the candidate
//! o = σ(W_io x + b_io + W_ho h + b_ho)       the output gate: how much of the memory is shown
//! c ← f ⊙ c + i ⊙ g
//! h ← o ⊙ tanh(c)
//! ```
//!
//! With f near 1 the memory, and so its adjoint, passes through a step almost unchanged: that is why gradients survive
//! many steps. The parameters have PyTorch's names and layout, so that trained weights can be imported as they are. The
//! gates are stacked in the order i, f, g, o: `weight_ih_l0` is `[W_ii; W_if; W_ig; W_io]`.
//!
//! It is composed of other operations, about twenty for each step.

use autograd::{Parameters, Pass, Var};
use tensor::Scalar;

use crate::Layer;
use crate::recurrent::Recurrent;

/// An LSTM over sequences, with all its states: `[batch, time, inputs]` becomes `[batch, time, units]`.
/// The initial state and memory are zero. [`LastStep`](crate::LastStep) takes the last state, and
/// [`last_steps`](crate::last_steps) the last before padding.
///
/// Its parameters are `name.weight_ih_l0` `[4 · units, inputs]`, `name.weight_hh_l0`
/// `[4 · units, units]`, `name.bias_ih_l0` and `name.bias_hh_l0` `[4 · units]`, all drawn uniformly
/// within ±1/√units, as PyTorch does.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Dense, LastStep, Layer, Lstm};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let model = Lstm::new(&mut parameters, "lstm", 3, 16)
///     .then(LastStep)
///     .then(Dense::new(&mut parameters, "output", 16, 2));
/// let tape = Tape::new();
/// let sequences = tape.constant(Tensor::zeros([10, 20, 3]));
/// let y = model.forward(Pass::eval(&tape, &parameters), sequences);
/// assert_eq!(y.shape().as_slice(), [10, 2]);
/// ```
#[derive(Clone, Debug)]
pub struct Lstm(Recurrent);

impl Lstm {
    /// Creates a layer with a state of `units` numbers for sequences of `inputs` features.
    #[track_caller]
    pub fn new<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        inputs: usize,
        units: usize,
    ) -> Self {
        Self(Recurrent::new(parameters, name, 4, [inputs, units]))
    }
}

impl Layer for Lstm {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let reading = self.0.read("lstm", pass, x);
        let (mut state, mut memory) = (reading.start, reading.start);
        let mut states = Vec::with_capacity(reading.time);
        for step in 0..reading.time {
            let (of_x, of_state) = reading.products(step, state);
            let all = of_x + of_state;
            let input = reading.gates(all, 0..1).sigmoid();
            let forget = reading.gates(all, 1..2).sigmoid();
            let candidate = reading.gates(all, 2..3).tanh();
            let output = reading.gates(all, 3..4).sigmoid();
            memory = forget * memory + input * candidate;
            state = output * memory.tanh();
            states.push(state.unsqueeze(1));
        }
        Var::concat(&states, 1)
    }
}
