//! The optimizers against their papers and PyTorch; schedules, groups, clipping, saved states,
//! custom optimizers, two models, messages.

mod algorithms;
mod clip;
mod groups;
mod messages;
mod own;
mod rates;
mod rows;
mod schedule;
mod state;
mod stores;
mod threads;
mod two_models;

use autograd::{Gradient, Gradients, Parameters, Tape};
use optim::Optimizer;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use tensor::strategy::{shapes, tensors};
use tensor::{Scalar, Tensor};

/// A training run: where each parameter starts, and its gradient in each step, if it has one.
#[derive(Clone, Debug)]
struct Run {
    starts: Vec<Tensor<f64>>,
    /// By parameter, then by step.
    gradients: Vec<Vec<Option<Tensor<f64>>>>,
}

impl Run {
    /// The parameters at the start, named `p0`, `p1` and so on.
    fn parameters<T: Scalar>(&self) -> Parameters<T> {
        let mut parameters = Parameters::with_seed(0);
        for (i, start) in self.starts.iter().enumerate() {
            parameters.add(format!("p{i}"), start.cast());
        }
        parameters
    }

    fn steps(&self) -> usize {
        self.gradients[0].len()
    }

    /// Takes some of the steps.
    fn play<T: Scalar>(
        &self,
        steps: std::ops::Range<usize>,
        optimizer: &mut dyn Optimizer<T>,
        parameters: &mut Parameters<T>,
    ) {
        for step in steps {
            let given: Vec<_> = self.gradients.iter().map(|g| g[step].clone()).collect();
            let gradients = gradients(parameters, &given);
            optimizer.step(parameters, &gradients);
        }
    }
}

/// What a backward pass gives, but with these values and layouts.
fn gradients<T: Scalar>(parameters: &Parameters<T>, given: &[Option<Tensor<f64>>]) -> Gradients<T> {
    let tape = Tape::default();
    let mut loss = tape.variable(Tensor::scalar(T::ZERO));
    for id in parameters.ids().filter(|id| given[id.index()].is_some()) {
        loss += tape.parameter(parameters, id).sum_all();
    }
    let mut gradients = loss.backward();
    for (id, gradient) in gradients.iter_mut() {
        if let Some(given) = &given[id.index()] {
            *gradient = Gradient::Dense(given.cast());
        }
    }
    gradients
}

fn numbers() -> BoxedStrategy<f64> {
    prop_oneof![1 => Just(0.0), 1 => -1e-3..1e-3, 4 => -2.0..2.0].boxed()
}

fn runs() -> impl Strategy<Value = Run> {
    (vec(shapes(3, 4), 1..=3), 1..=6usize).prop_flat_map(|(shapes, steps)| {
        let tensor = |shape: &Vec<usize>| tensors(shape.clone(), numbers());
        let starts: Vec<_> = shapes.iter().map(tensor).collect();
        let gradients: Vec<_> =
            shapes.iter().map(|shape| vec(weighted(0.8, tensor(shape)), steps)).collect();
        (starts, gradients).prop_map(|(starts, gradients)| Run { starts, gradients })
    })
}
