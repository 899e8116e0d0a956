//! Steps whose length does not depend on the size of the gradients.

use autograd::{Gradients, Parameters};
use tensor::{Scalar, vectorised};

use crate::moments::{Moments, check_gradients};
use crate::optimizer::Optimizer;
use crate::schedule::Schedule;
use crate::state::{State, StateError};

/// Adam (Kingma and Ba 2015, Algorithm 1). In the `t`-th update of a parameter, from 1:
///
/// ```text
/// m ← β₁ m + (1 − β₁) g      m̂ = m / (1 − β₁ᵗ)      the mean of the gradients
/// v ← β₂ v + (1 − β₂) g²     v̂ = v / (1 − β₂ᵗ)      the mean of their squares
/// θ ← θ − η m̂ / (√v̂ + ε)
/// ```
///
/// `m` and `v` begin at zero, which draws them towards it; the divisions for `m̂` and `v̂` take
/// that back. The settings not given are the paper's: β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
///
/// ```
/// use autograd::{Parameters, Tape};
/// use optim::{Adam, Optimizer};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::<f64>::new(0);
/// let x = parameters.add("x", Tensor::from([1.0, 2.0]));
/// let gradients = {
///     let tape = Tape::new();
///     let slopes = tape.constant(Tensor::from([1e-3, -1e3]));
///     (tape.parameter(&parameters, x) * slopes).sum_all().backward()
/// };
/// let mut adam = Adam::new(0.1).betas(0.9, 0.99);
/// adam.step(&mut parameters, &gradients);
/// let expected = Tensor::from([1.0 - 0.1, 2.0 + 0.1]);
/// assert!((parameters.get(x) - &expected).map(f64::abs).max(&[0]).item() < 1e-5);
/// ```
#[derive(Clone, Debug)]
pub struct Adam<T: Scalar = f32> {
    schedule: Schedule,
    betas: [f64; 2],
    epsilon: f64,
    pub(crate) moments: Moments<T, 2>,
}

impl<T: Scalar> Adam<T> {
    /// Adam with this learning rate or schedule; the paper proposes 0.001.
    ///
    /// # Panics
    /// When the rate is negative or not finite.
    #[track_caller]
    pub fn new(rate: impl Into<Schedule>) -> Self {
        let schedule = rate.into();
        Self { schedule, betas: [0.9, 0.999], epsilon: 1e-8, moments: Moments::new(["m", "v"]) }
    }

    /// Sets the decay rates β₁ and β₂ of the two means.
    ///
    /// # Panics
    /// When one does not lie in `[0, 1)`.
    #[track_caller]
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        for beta in [beta1, beta2] {
            assert!((0.0..1.0).contains(&beta), "betas: {beta} does not lie in [0, 1)");
        }
        self.betas = [beta1, beta2];
        self
    }

    /// Sets ε, which keeps the step finite where the gradients are zero.
    ///
    /// # Panics
    /// When it is not positive and finite.
    #[track_caller]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        assert!(
            epsilon > 0.0 && epsilon.is_finite(),
            "epsilon: {epsilon} is not positive and finite"
        );
        self.epsilon = epsilon;
        self
    }

    /// One step that first shrinks each parameter by the factor that `keep` gives for its name and
    /// shape.
    #[track_caller]
    pub(crate) fn step_keeping(
        &mut self,
        parameters: &mut Parameters<T>,
        gradients: &Gradients<T>,
        keep: impl Fn(&str, &[usize]) -> f64,
    ) {
        check_gradients(parameters, gradients);
        let rate = self.rate();
        for (id, gradient) in gradients.iter() {
            let keep = keep(parameters.name(id), gradient.shape());
            let (t, [m, v]) = self.moments.update(parameters, id);
            let values = parameters.get_mut(id).as_mut_slice();
            let update = Update::new(self.betas, self.epsilon, t, rate, keep);
            update.apply(values, &gradient.dense().values(), m, v);
        }
        self.moments.steps += 1;
    }
}

/// The numbers of one update that are the same for all elements of a parameter.
struct Update<T> {
    beta: [T; 2],
    /// 1 − β.
    fresh: [T; 2],
    /// 1 / (1 − βᵗ).
    correction: [T; 2],
    epsilon: T,
    rate: T,
    keep: T,
}

impl<T: Scalar> Update<T> {
    fn new(betas: [f64; 2], epsilon: f64, t: u64, rate: f64, keep: f64) -> Self {
        Self {
            beta: betas.map(T::from_f64),
            fresh: betas.map(|beta| T::from_f64(1.0 - beta)),
            correction: betas.map(|beta| T::from_f64(1.0 / (1.0 - beta.powf(t as f64)))),
            epsilon: T::from_f64(epsilon),
            rate: T::from_f64(rate),
            keep: T::from_f64(keep),
        }
    }

    /// The formula of [`Adam`] in one pass over the parameter, so that each number is read from
    /// memory and written to it once.
    fn apply(&self, values: &mut [T], gradient: &[T], m: &mut [T], v: &mut [T]) {
        let [beta1, beta2] = self.beta;
        let [fresh1, fresh2] = self.fresh;
        let [correction1, correction2] = self.correction;
        vectorised(
            #[inline(always)]
            || {
                for (((x, &g), m), v) in values.iter_mut().zip(gradient).zip(&mut *m).zip(&mut *v) {
                    *m = beta1 * *m + fresh1 * g;
                    *v = beta2 * *v + fresh2 * (g * g);
                    let step = *m * correction1 / ((*v * correction2).sqrt() + self.epsilon);
                    *x = *x * self.keep - self.rate * step;
                }
            },
        );
    }
}

impl<T: Scalar> Optimizer<T> for Adam<T> {
    fn step(&mut self, parameters: &mut Parameters<T>, gradients: &Gradients<T>) {
        self.step_keeping(parameters, gradients, |_, _| 1.0);
    }

    fn rate(&self) -> f64 {
        self.schedule.rate(self.moments.steps)
    }

    fn steps(&self) -> u64 {
        self.moments.steps
    }

    fn state(&self, parameters: &Parameters<T>) -> State<T> {
        self.moments.state("Adam", parameters)
    }

    fn restore(&mut self, parameters: &Parameters<T>, state: State<T>) -> Result<(), StateError> {
        self.moments.restore("Adam", parameters, state)
    }
}
