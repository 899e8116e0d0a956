//! Fine-tuning: a body that is trained for one task gets a new head for another.
//!
//!     cargo run --release --example fine_tuning
//!
//! The first task has 2,000 samples: in which of eight cells is a point, by quadrant and distance from
//! the center? The second asks for the parity of the cell, and has 48 samples, too few to find cells.
//!
//! It prints what of the file was loaded, and the accuracy on new points: of a model that begins from
//! nothing, of a new head on the frozen body, and of both after the body was unfrozen.

#[path = "../ending.rs"]
mod ending;

use std::error::Error;
use std::process::ExitCode;

use store::{Saved, save};
use wengert::data::Dataset;
use wengert::nn::{Activation, Dense, Features, Model, SoftmaxCrossEntropy};
use wengert::optim::Adam;
use wengert::train::{Fit, Trainer};
use wengert::{Key, Parameters, Tensor};

fn network(parameters: &mut Parameters, classes: usize) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(2)
        .then(Dense::new(parameters, "body.0", 2, 32))
        .then(Activation::Tanh)
        .then(Dense::new(parameters, "body.1", 32, 32))
        .then(Activation::Tanh)
        .then(Dense::new(parameters, "head", 32, classes))
}

/// Points, and the numbers of their cells; with two classes, the parity of the cell.
fn samples(n: usize, classes: u32, seed: u64) -> Dataset<Tensor<f32>> {
    let points = Tensor::normal([n, 2], 0.0, 1.0, Key::new(seed));
    let label = |point: &[f32]| {
        let bits = [point[0].hypot(point[1]) > 1.2, point[0] > 0.0, point[1] > 0.0].map(u32::from);
        (4 * bits[0] + 2 * bits[1] + bits[2], bits.iter().sum::<u32>() % 2)
    };
    let select = |(cell, parity)| if classes == 8 { cell } else { parity };
    let labels = points.values().chunks(2).map(label).map(select).collect();
    Dataset::new(points, Tensor::new([n], labels))
}

fn fine_tune() -> Result<ExitCode, Box<dyn Error>> {
    let options = Fit { epochs: 100, validation_split: 0.0, ..Fit::default() };
    let (many, few, new) = (samples(2000, 8, 1), samples(48, 2, 2), samples(1000, 2, 3));
    let file = tempfile::NamedTempFile::new()?;

    let mut parameters = Parameters::new(1);
    let model = network(&mut parameters, 8);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    trainer.fit(&mut parameters, &mut Adam::new(0.01), &many, &options)?;
    save(file.path(), &parameters, &"eight cells")?;

    let mut scratch = Parameters::new(2);
    let model = network(&mut scratch, 2);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let mut tuned = scratch.clone();
    let tell = |what: &str, parameters: &Parameters| {
        println!("{what} {:.1} %", 100.0 * trainer.evaluate(parameters, &new).accuracy());
    };
    println!("{}\n", Saved::read(file.path())?.load_matching("body.*", &mut tuned)?);
    trainer.fit(&mut scratch, &mut Adam::new(0.01), &few, &options)?;
    tell("from nothing:         ", &scratch);

    tuned.freeze_matching("body.*");
    trainer.fit(&mut tuned, &mut Adam::new(0.01), &few, &options)?;
    tell("with the frozen body: ", &tuned);

    tuned.unfreeze_all();
    let mut slow = Adam::new(0.003).group("body.*", |group| group.rate_scale(0.1));
    trainer.fit(&mut tuned, &mut slow, &few, &options)?;
    tell("with the body, slowly:", &tuned);
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    ending::run(fine_tune)
}
