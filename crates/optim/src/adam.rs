//! Steps whose length does not depend on the size of the gradients.

mod past;
mod table;

use std::collections::BTreeMap;

use autograd::{Gradient, Gradients, ParameterId, Parameters, Rows};
use tensor::{Scalar, parallel, shape, vectorized};

use past::{Past, tolerance};
use table::{Elements, Table};

use crate::moments::{Moments, own_gradients};
use crate::optimizer::{GradientError, Optimizer};
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
/// **Huge gradients.** Where `(1 − β₂) g²` is beyond the largest number of the scalar type (in `f32`,
/// from |g| = 5.8e20 on with the paper's β₂), `v` would be infinite and the parameter would never move
/// again. Such a step is [refused](Optimizer::try_step) before anything changes; clip the gradients.
///
/// **Tables.** A batch reads a few rows of an embedding's table, and only those have a
/// [gradient](Rows); the momentum of the others goes on all the same. Instead of a pass over the
/// table, a step updates the rows with a gradient and leaves the others behind. Whoever reads a row
/// gets it brought up to date, be it for the next batch, to save or to print it. So a step costs what
/// the rows of its batch cost, whatever the size of the table, and the result is that of the formula
/// up to rounding. (Every 4,096 updates there is one pass over the table.) [`lazy`](Self::lazy) leaves
/// the formula, and is faster.
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
/// assert!((parameters.get(x) - expected).abs().max(&[0]).item() < 1e-5);
/// ```
#[derive(Clone, Debug)]
pub struct Adam<T: Scalar = f32> {
    schedule: Schedule,
    betas: [f64; 2],
    epsilon: f64,
    lazy: bool,
    moments: Moments<T, 2>,
    /// Those parameters of which some rows may have been left behind.
    tables: BTreeMap<ParameterId, Table<T>>,
}

impl<T: Scalar> Adam<T> {
    /// Adam with this learning rate or schedule; the paper proposes 0.001.
    ///
    /// # Panics
    /// When the rate is negative or not finite.
    #[track_caller]
    pub fn new(rate: impl Into<Schedule>) -> Self {
        Self {
            schedule: rate.into(),
            betas: [0.9, 0.999],
            epsilon: 1e-8,
            lazy: false,
            moments: Moments::new(["m", "v"]),
            tables: BTreeMap::new(),
        }
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

    /// Lets a table's rows rest while they have no gradient: neither their values move nor their
    /// moments. That is another algorithm than the paper's, and cheaper: TensorFlow Addons calls it
    /// LazyAdam. `t` counts the updates of the table, not those of the row.
    ///
    /// PyTorch's SparseAdam differs in one point. It adds ε to `√v`, before the bias correction, and so
    /// in effect adds `ε / √(1 − β₂ᵗ)` to `√v̂`: 31.6 ε in the first update. Where `√v̂` is far above ε,
    /// both give the same.
    ///
    /// Parameters whose gradient is not [rows](Rows) are updated as ever.
    pub fn lazy(mut self) -> Self {
        self.lazy = true;
        self
    }

    fn kind(&self) -> &'static str {
        if self.lazy { "LazyAdam" } else { "Adam" }
    }

    /// One step that first shrinks each parameter by the factor that `keep` gives for its name and
    /// shape.
    #[track_caller]
    pub(crate) fn step_keeping(
        &mut self,
        parameters: &mut Parameters<T>,
        gradients: &Gradients<T>,
        keep: impl Fn(&str, &[usize]) -> f64,
    ) -> Result<(), GradientError> {
        self.moments.check_store(parameters);
        let own = own_gradients(parameters, gradients);
        for &(id, gradient) in &own {
            self.check_squares(parameters.name(id), gradient)?;
        }
        let rate = self.rate();
        for (id, gradient) in own {
            let keep = keep(parameters.name(id), gradient.shape());
            let t = self.moments.updates(id) + 1;
            let update = Update::new(self.betas, self.epsilon, t, rate, keep);
            match gradient {
                Gradient::Rows(rows) if keep == 1.0 && self.lazy => {
                    self.update_lazily(parameters, id, rows, &update);
                }
                Gradient::Rows(rows) if keep == 1.0 => {
                    self.update_rows(parameters, id, rows, &update);
                }
                gradient => self.update_all(parameters, id, gradient, &update),
            }
        }
        self.moments.steps += 1;
        Ok(())
    }

    #[track_caller]
    fn update_all(
        &mut self,
        parameters: &mut Parameters<T>,
        id: ParameterId,
        gradient: &Gradient<T>,
        update: &Update<T>,
    ) {
        self.settle(parameters, id);
        let [m, v] = self.moments.update(parameters, id);
        let values = parameters.get_mut(id).as_mut_slice();
        let gradient = gradient.dense().contiguous();
        // Light, because it waits for memory: a table that lies in the cache of one core stays there.
        parallel::write(
            parallel::LIGHT,
            [gradient.layout()],
            [values, m, v],
            |[part], [values, m, v]| {
                let gradient = &gradient.storage()[part.offset()..part.offset() + part.len()];
                update.apply(values, gradient, m, v);
            },
        );
    }

    #[track_caller]
    fn update_rows(
        &mut self,
        parameters: &mut Parameters<T>,
        id: ParameterId,
        gradient: &Rows<T>,
        update: &Update<T>,
    ) {
        let table = self.tables.entry(id).or_insert_with(|| {
            let past =
                Past::new(self.betas, self.epsilon, tolerance::<T>(), self.moments.updates(id));
            Table::new(parameters.shape(id)[0], past)
        });
        table.update(parameters, &mut self.moments, id, gradient, update);
    }

    #[track_caller]
    fn update_lazily(
        &mut self,
        parameters: &mut Parameters<T>,
        id: ParameterId,
        gradient: &Rows<T>,
        update: &Update<T>,
    ) {
        self.settle(parameters, id);
        let moments = self.moments.update(parameters, id);
        let mut elements = Elements::new(parameters.get_mut(id), moments);
        elements.update(gradient, update, |_, _| ());
    }

    /// Brings all rows of a parameter up to date.
    fn settle(&mut self, parameters: &mut Parameters<T>, id: ParameterId) {
        if let Some(table) = self.tables.remove(&id) {
            table.settle(parameters, &mut self.moments, id);
        }
    }

    #[track_caller]
    pub(crate) fn state_as(&self, kind: &str, parameters: &Parameters<T>) -> State<T> {
        let mut state = self.moments.state(kind, parameters);
        for (&id, table) in &self.tables {
            table.save(parameters, id, &mut state.tensors);
        }
        state
    }

    pub(crate) fn restore_as(
        &mut self,
        kind: &str,
        parameters: &Parameters<T>,
        mut state: State<T>,
    ) -> Result<(), StateError> {
        state.progress.check(kind, parameters)?;
        let mut tables = BTreeMap::new();
        for id in parameters.ids() {
            let updates = state.progress.updates[parameters.name(id)];
            let past = |start| Past::new(self.betas, self.epsilon, tolerance::<T>(), start);
            let table = Table::restore(parameters, id, updates, &mut state.tensors, past)?;
            tables.extend(table.map(|table| (id, table)));
        }
        self.moments.restore(kind, parameters, state)?;
        self.tables = tables;
        Ok(())
    }
}

/// The numbers of one update that are the same for all elements of a parameter.
struct Update<T> {
    beta: [T; 2],
    /// 1 − β.
    fresh: [T; 2],
    /// 1 / (1 − β₁ᵗ) and 1 / √(1 − β₂ᵗ): times v, the square of the second might overflow.
    correction: [T; 2],
    epsilon: T,
    rate: T,
    keep: T,
}

impl<T: Scalar> Update<T> {
    fn new(betas: [f64; 2], epsilon: f64, t: u64, rate: f64, keep: f64) -> Self {
        let [correction1, correction2] = betas.map(|beta| 1.0 / (1.0 - beta.powf(t as f64)));
        Self {
            beta: betas.map(T::from_f64),
            fresh: betas.map(|beta| T::from_f64(1.0 - beta)),
            correction: [correction1, correction2.sqrt()].map(T::from_f64),
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
        // Copies, because what is behind a reference might change with each number written.
        let &Self { epsilon, rate, keep, .. } = self;
        vectorized(
            #[inline(always)]
            || {
                for (((x, &g), m), v) in values.iter_mut().zip(gradient).zip(&mut *m).zip(&mut *v) {
                    *m = beta1 * *m + fresh1 * g;
                    // In this order g² itself, which may be infinite, is never there.
                    *v = beta2 * *v + (fresh2 * g) * g;
                    let step = *m * correction1 / (v.sqrt() * correction2 + epsilon);
                    *x = *x * keep - rate * step;
                }
            },
        );
    }
}

impl<T: Scalar> Adam<T> {
    /// Refuses a finite gradient whose square is too large for `v`.
    fn check_squares(&self, name: &str, gradient: &Gradient<T>) -> Result<(), GradientError> {
        let fresh = T::from_f64(1.0 - self.betas[1]);
        let is_square_finite = |g: T| ((fresh * g) * g).is_finite();
        let stored = gradient.stored();
        let values = stored.values();
        if is_square_finite(largest_magnitude(&values)) {
            return Ok(());
        }
        // A gradient that is infinite itself is not the optimizer's matter.
        let Some(at) = values.iter().position(|&g| g.is_finite() && !is_square_finite(g)) else {
            return Ok(());
        };
        let position = match gradient {
            Gradient::Rows(rows) => {
                let width = shape::len(&gradient.shape()[1..]);
                rows.ids()[at / width] as usize * width + at % width
            }
            Gradient::Dense(_) => at,
        };
        let value = format!("{:e}", values[at]);
        Err(GradientError { name: name.to_string(), position, value })
    }
}

/// The largest |x|; NaN counts as nothing. In lanes, so that it becomes vector instructions.
fn largest_magnitude<T: Scalar>(values: &[T]) -> T {
    const LANES: usize = 16;
    let larger = |x: T, y: T| if y > x { y } else { x };
    vectorized(
        #[inline(always)]
        || {
            let mut lanes = [T::ZERO; LANES];
            let (chunks, rest) = values.as_chunks::<LANES>();
            for chunk in chunks {
                for (lane, x) in lanes.iter_mut().zip(chunk) {
                    *lane = larger(*lane, x.abs());
                }
            }
            lanes.into_iter().chain(rest.iter().map(|x| x.abs())).fold(T::ZERO, larger)
        },
    )
}

impl<T: Scalar> Optimizer<T> for Adam<T> {
    fn step(&mut self, parameters: &mut Parameters<T>, gradients: &Gradients<T>) {
        if let Err(error) = self.try_step(parameters, gradients) {
            panic!("step: {error}");
        }
    }

    fn try_step(
        &mut self,
        parameters: &mut Parameters<T>,
        gradients: &Gradients<T>,
    ) -> Result<(), GradientError> {
        self.step_keeping(parameters, gradients, |_, _| 1.0)
    }

    fn rate(&self) -> f64 {
        self.schedule.rate(self.moments.steps)
    }

    fn steps(&self) -> u64 {
        self.moments.steps
    }

    fn state(&self, parameters: &Parameters<T>) -> State<T> {
        self.state_as(self.kind(), parameters)
    }

    fn restore(&mut self, parameters: &Parameters<T>, state: State<T>) -> Result<(), StateError> {
        self.restore_as(self.kind(), parameters, state)
    }
}
