//! Adam: steps whose length does not depend on the size of the gradients.
//!
//! This file is the algorithm of the paper, one pass over each parameter. Other files complete it.
//! `adam/sparse.rs` updates the rows of a table that have a gradient and defers the others; tests
//! compare it with this file. `overflow.rs` refuses gradients whose squares are infinite.
//! `adam/settings.rs` has the constructor, and `adam/constants.rs` β₁, β₂ and ε.

mod constants;
mod settings;
mod sparse;

use autograd::{Gradient, Gradients, Parameters};
use tensor::{Scalar, Tensor, parallel, vectorized};

use constants::{Constants, Corrections};
use sparse::SparseUpdates;

use crate::moments::{Moments, own_gradients};
use crate::optimizer::{GradientError, Optimizer, expect};
use crate::overflow;
use crate::pace::Pace;
use crate::state::{State, StateError};

/// Adam (Kingma and Ba 2015, Algorithm 1). In the `t`-th update of a parameter, from 1:
///
/// ```text
/// m ← β₁ m + (1 − β₁) g      m̂ = m / (1 − β₁ᵗ)      the mean of the gradients
/// v ← β₂ v + (1 − β₂) g²     v̂ = v / (1 − β₂ᵗ)      the mean of their squares
/// θ ← θ − η m̂ / (√v̂ + ε)
/// ```
///
/// `m` and `v` begin at zero, which draws them toward it; the divisions for `m̂` and `v̂` correct
/// that. The settings not given are the paper's: β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
///
/// **Huge gradients.** If `g²` is beyond the largest number of the scalar type (in `f32`, from |g| = 1.8e19
/// on), a few such steps would make `v` infinite, and the parameter would never move again. The first of them is
/// [refused](Optimizer::try_step) before anything changes; clip the gradients. Below that `v` stays finite,
/// because it is a mean of squares.
///
/// **Tables.** A batch reads a few rows of an embedding's table, and only those have a
/// [gradient](autograd::SparseGradient), but momentum moves the others, too. Instead of a pass over
/// the table, a step updates the rows with a gradient and defers the updates of the others until they
/// are read, for the next batch, to save or to print them. So the cost of a step depends on the rows of
/// its batch, not on the size of the table, and the result agrees with the formula up to rounding.
/// (Every 4,096 updates there is one pass over the table.) [`lazy`](Self::lazy) deviates from the
/// formula and is faster.
///
/// ```
/// use autograd::{Parameters, Tape};
/// use optim::{Adam, Optimizer};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::<f64>::with_seed(0);
/// let x = parameters.add("x", Tensor::from([1.0, 2.0]));
/// let gradients = {
///     let tape = Tape::default();
///     let slopes = tape.constant(Tensor::from([1e-3, -1e3]));
///     (tape.parameter(&parameters, x) * slopes).sum_all().backward()
/// };
/// let mut adam = Adam::new(0.1).betas(0.9, 0.99);
/// adam.step(&mut parameters, &gradients);
/// let expected = Tensor::from([1.0 - 0.1, 2.0 + 0.1]);
/// assert!((parameters.get(x) - expected).abs().max_all().item() < 1e-5);
/// ```
#[derive(Clone, Debug)]
pub struct Adam<T: Scalar = f32> {
    pub(crate) kind: &'static str,
    pub(crate) pace: Pace,
    constants: Constants,
    moments: Moments<T, 2>,
    sparse: SparseUpdates<T>,
}

/// The numbers of one update that are the same for all elements of a parameter.
struct Update<T> {
    constants: Constants,
    beta: [T; 2],
    /// 1 − β.
    fresh: [T; 2],
    /// See [`Corrections`].
    correction: [T; 2],
    epsilon: T,
    rate: T,
    /// η λ of [`AdamW`](crate::AdamW).
    decay: T,
}

impl<T: Scalar> Update<T> {
    fn new(constants: Constants, correction: [f64; 2], rate: f64) -> Self {
        let Constants { betas, epsilon } = constants;
        Self {
            constants,
            beta: betas.map(T::from_f64),
            fresh: betas.map(|beta| T::from_f64(1.0 - beta)),
            correction: correction.map(T::from_f64),
            epsilon: T::from_f64(epsilon),
            rate: T::from_f64(rate),
            decay: T::ZERO,
        }
    }

    /// Updates a whole parameter, on several cores if it is large.
    fn apply_to_all(&self, values: &mut Tensor<T>, gradient: &Tensor<T>, [m, v]: [&mut [T]; 2]) {
        let gradient = gradient.contiguous();
        let (layout, values) = ([gradient.layout()], [values.as_mut_slice(), m, v]);
        // Light, because it waits for memory: a table that is in the cache of one core stays there.
        parallel::write(parallel::LIGHT, layout, values, |[part], [values, m, v]| {
            let gradient = &gradient.storage()[part.offset()..part.offset() + part.len()];
            self.apply(values, gradient, m, v);
        });
    }

    /// Applies the formula of [`Adam`] in one pass, so that each number is read from memory and
    /// written to it once.
    fn apply(&self, values: &mut [T], gradient: &[T], m: &mut [T], v: &mut [T]) {
        // Copies, because the compiler must assume that each write may change a value behind a reference.
        let &Self { beta: [beta1, beta2], fresh: [fresh1, fresh2], epsilon, rate, decay, .. } =
            self;
        let [correction1, correction2] = self.correction;
        vectorized(
            #[inline(always)]
            || {
                for (((x, &g), m), v) in values.iter_mut().zip(gradient).zip(&mut *m).zip(&mut *v) {
                    *m = beta1 * *m + fresh1 * g;
                    // In this order g² itself is never computed.
                    *v = beta2 * *v + (fresh2 * g) * g;
                    let step = *m * correction1 / (v.sqrt() * correction2 + epsilon);
                    // Not x · (1 − η λ): near 1, numbers are too far apart for a small η λ.
                    *x = *x - (rate * step + decay * *x);
                }
            },
        );
    }
}

impl<T: Scalar> Optimizer<T> for Adam<T> {
    fn step(&mut self, parameters: &mut Parameters<T>, gradients: &Gradients<T>) {
        expect(self.try_step(parameters, gradients));
    }

    fn try_step(
        &mut self,
        parameters: &mut Parameters<T>,
        gradients: &Gradients<T>,
    ) -> Result<(), GradientError> {
        self.moments.check_store(parameters);
        self.pace.check_groups(parameters);
        let own = own_gradients(parameters, gradients);
        overflow::check(parameters, &own, 1.0)?;
        let (rate, mut corrections) = (self.rate(), Corrections::new(self.constants));
        for (id, gradient) in own {
            let pace = self.pace.of(parameters.name(id), gradient.shape(), rate);
            let correction = corrections.at(self.moments.updates(id) + 1);
            let update = Update::new(self.constants, correction, pace.rate);
            // Decay moves all numbers of a parameter, so its gradient counts as dense.
            if let (Gradient::Sparse(rows), None) = (gradient, pace.decay) {
                self.sparse.update(parameters, &mut self.moments, id, rows, &update);
                continue;
            }
            self.sparse.catch_up(parameters, &mut self.moments, id);
            let moments = self.moments.update(parameters, id);
            let update = Update { decay: T::from_f64(pace.decay.unwrap_or(0.0)), ..update };
            update.apply_to_all(parameters.get_mut(id), gradient.dense(), moments);
        }
        self.moments.steps += 1;
        Ok(())
    }

    fn rate(&self) -> f64 {
        self.pace.rate(self.moments.steps)
    }

    fn set_rate(&mut self, rate: f64) {
        self.pace.set_rate(rate);
    }

    fn steps(&self) -> u64 {
        self.moments.steps
    }

    fn state(&self, parameters: &Parameters<T>) -> State<T> {
        let state = self.moments.state(self.kind, &self.pace, parameters);
        self.sparse.saved_with(state, parameters)
    }

    fn restore(&mut self, parameters: &Parameters<T>, state: State<T>) -> Result<(), StateError> {
        state.header.check(self.kind, &self.pace, parameters)?;
        let (state, sparse) = self.sparse.restored(self.constants, parameters, state)?;
        self.moments.restore(self.kind, &mut self.pace, parameters, state)?;
        self.sparse = sparse;
        Ok(())
    }
}
