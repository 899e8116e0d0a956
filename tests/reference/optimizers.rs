//! The optimizers of `optimizers.json`: given gradients in, parameters out, step by step.

use std::collections::BTreeMap;

use autograd::{Gradients, Parameters, Tape};
use optim::{Adam, AdamW, Optimizer, RmsProp, Schedule, Sgd, clip_global_norm};
use serde::Deserialize;
use tensor::Scalar;

use super::fixture::{Array, Worst, named};

#[derive(Deserialize)]
pub struct Optimizers {
    pub optimizers: BTreeMap<String, Run>,
    clip_global_norm: BTreeMap<String, Clip>,
}

/// Tensors by the names of their parameters.
type ByName<A = Array> = BTreeMap<String, A>;

/// The steps of one optimizer.
#[derive(Deserialize)]
pub struct Run {
    parameters: ByName,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    rate: f64,
    /// `None` for a parameter that has no gradient in this step.
    gradients: ByName<Option<Array>>,
    /// After the step.
    parameters: ByName,
}

#[derive(Deserialize)]
struct Clip {
    bound: f64,
    gradients: ByName<Option<Array>>,
    norm: f64,
    clipped: ByName,
}

/// The optimizers by the names of their fixtures, in the order of `generate.py`.
pub fn optimizers<T: Scalar>() -> Vec<(&'static str, Box<dyn Optimizer<T>>)> {
    let halved_every_second_step = || Schedule::step_decay(0.25, 0.5, 2);
    let cosine = || Schedule::cosine(0.25, 10).floor(0.0625);
    let linear = || Schedule::linear(0.25, 6).floor(0.0625);
    let exponential = Schedule::exponential(0.25, 0.75);
    let other_settings = Adam::new(cosine()).betas(0.75, 0.9).epsilon(0.01);
    let nesterov = Sgd::new(halved_every_second_step()).momentum(0.9).nesterov();
    let other_rmsprop = RmsProp::new(exponential).alpha(0.75).epsilon(0.01);
    vec![
        ("Adam", Box::new(Adam::new(halved_every_second_step()))),
        ("Adam with other settings", Box::new(other_settings)),
        ("AdamW", Box::new(AdamW::new(cosine()))),
        ("Sgd", Box::new(Sgd::new(linear()))),
        ("Sgd with momentum", Box::new(Sgd::new(linear()).momentum(0.9))),
        ("Sgd with Nesterov momentum", Box::new(nesterov)),
        ("RmsProp", Box::new(RmsProp::new(linear()))),
        ("RmsProp with other settings", Box::new(other_rmsprop)),
    ]
}

/// Takes the steps of one fixture and compares rates and parameters.
pub fn replay<T: Scalar>(
    name: &str,
    run: &Run,
    optimizer: &mut dyn Optimizer<T>,
    worst: &mut Worst,
) {
    let mut parameters = store(&run.parameters);
    for (number, step) in run.steps.iter().enumerate() {
        worst.compare_relative(format!("{name}, step {number}, rate"), optimizer.rate(), step.rate);
        let gradients = given(&step.gradients, &parameters);
        optimizer.step(&mut parameters, &gradients);
        for (_, parameter, value) in parameters.iter() {
            let place = format!("{name}, step {number}, {parameter}");
            worst.compare(place, value, named(&step.parameters, parameter));
        }
    }
}

/// Clips the gradients of each fixture and compares the norm and what is left of them.
pub fn replay_clipping<T: Scalar>(fixtures: &Optimizers, worst: &mut Worst) {
    for (name, clip) in &fixtures.clip_global_norm {
        let parameters = store(&clip.clipped);
        let mut gradients = given::<T>(&clip.gradients, &parameters);
        let norm = clip_global_norm(&mut gradients, clip.bound);
        worst.compare_relative(format!("clipping, {name}, norm"), norm, clip.norm);
        for (id, gradient) in gradients.iter() {
            let parameter = parameters.name(id);
            let place = format!("clipping, {name}, {parameter}");
            worst.compare(place, gradient.dense(), named(&clip.clipped, parameter));
        }
    }
}

fn store<T: Scalar>(values: &ByName) -> Parameters<T> {
    let mut parameters = Parameters::with_seed(0);
    for (name, value) in values {
        parameters.add(name, value.tensor());
    }
    parameters
}

/// Gradients with given values, as the gradients of Σ ⟨gradient, parameter⟩.
fn given<T: Scalar>(gradients: &ByName<Option<Array>>, parameters: &Parameters<T>) -> Gradients<T> {
    let tape = Tape::default();
    let terms = gradients.iter().filter_map(|(name, gradient)| {
        let id = parameters.find(name).expect("a parameter of this name");
        let gradient = tape.constant(gradient.as_ref()?.tensor());
        Some((tape.parameter(parameters, id) * gradient).sum_all())
    });
    terms.reduce(|sum, term| sum + term).expect("a gradient").backward()
}
