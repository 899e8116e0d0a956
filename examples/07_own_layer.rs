//! A custom layer and a custom optimizer, in a model with the library's layers.
//!
//!     cargo run --release --example own_layer
//!
//! The layer is RMSNorm (Zhang and Sennrich 2019): it divides each row by its root mean square and
//! scales each column by a learned gain. A layer holds the ids of its parameters; their values are in
//! the store, and a pass puts them on the tape. It has no backward pass of its own: the tape has one.
//! (`nn::RMSNorm` is the same as a single operation, with a backward pass that is faster.)
//!
//! The optimizer is Signum (Bernstein et al. 2018): each weight moves by the same step, in the direction
//! of a mean of its gradients. A rule is the formula; schedule, groups, decay and a state that can be
//! saved come with `RuleOptimizer`.
//!
//! It prints the parameters, the gradient check of the whole model, and the loss on two spirals that a
//! straight line cannot separate.

mod ending;

use std::error::Error;
use std::process::ExitCode;

use wengert::data::Dataset;
use wengert::nn::{Activation, BinaryCrossEntropy, Dense, Features, Layer, Model};
use wengert::optim::{ParameterStep, RuleOptimizer, UpdateRule};
use wengert::train::{Fit, Trainer};
use wengert::{ParameterId, Parameters, Pass, Scalar, Tensor, Var, check};

/// y = gain · x / √(mean of x² over the row + ε).
struct RmsNorm {
    gain: ParameterId,
}

impl RmsNorm {
    const EPSILON: f64 = 1e-6;

    fn new<T: Scalar>(parameters: &mut Parameters<T>, name: &str, width: usize) -> Self {
        Self { gain: parameters.add(format!("{name}.gain"), Tensor::ones([width])) }
    }
}

impl Layer for RmsNorm {
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let mean_square = (x * x).mean_keepdim(&[-1]);
        pass.parameter(self.gain) * x / (mean_square + Self::EPSILON).sqrt()
    }
}

/// m ← 0.9 m + 0.1 g, then θ ← θ − η sign(m).
struct Signum;

impl UpdateRule<f32, 1> for Signum {
    const NAME: &'static str = "Signum";
    const MOMENTS: [&'static str; 1] = ["m"];

    fn update(&self, step: ParameterStep, x: &mut [f32], g: &[f32], [m]: [&mut [f32]; 1]) {
        for ((x, g), m) in x.iter_mut().zip(g).zip(m) {
            *m = 0.9 * *m + 0.1 * g;
            *x -= step.rate as f32 * m.signum();
        }
    }
}

/// Returns points on two intertwined spirals, `[2 n, 2]`, and the spiral of each point, `[2 n]`.
fn spirals(n: usize) -> Dataset<Tensor> {
    let (mut points, mut arms) = (Vec::new(), Vec::new());
    for i in 0..2 * n {
        let (along, arm) = ((i / 2) as f32 / n as f32, (i % 2) as u32);
        let angle = 4.0 * along + std::f32::consts::PI * arm as f32;
        points.extend([along * angle.cos(), along * angle.sin()]);
        arms.push(arm);
    }
    Dataset::new(Tensor::new([2 * n, 2], points), Tensor::new([2 * n], arms))
}

fn train() -> Result<ExitCode, Box<dyn Error>> {
    let mut parameters = Parameters::new(0);
    let model = Features::new(2)
        .then(Dense::new(&mut parameters, "hidden", 2, 32))
        .then(RmsNorm::new(&mut parameters, "norm", 32))
        .then(Activation::Tanh)
        .then(Dense::new(&mut parameters, "output", 32, 1));
    println!("{parameters}\n");

    let spirals = spirals(100);
    let few = spirals.slice(10..14);
    let report = check::parameters(&parameters, |pass| model.forward(pass, few.inputs()));
    println!("The gradient check {}\n", report.summary());

    let trainer = Trainer::new(&model, BinaryCrossEntropy);
    let mut signum = RuleOptimizer::of(Signum, 0.002);
    let options = Fit { epochs: 500, batch_size: 200, validation_split: 0.0, ..Fit::default() };
    let history = trainer.fit(&mut parameters, &mut signum, &spirals, &options)?;
    for epoch in history.epochs.iter().filter(|epoch| epoch.number % 100 == 0) {
        println!("epoch {}: loss {:.4}", epoch.number, epoch.training.loss);
    }
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    ending::run(train)
}
