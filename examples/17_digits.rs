//! Images: a convolutional network that reads drawn digits.
//!
//!     cargo run --release --example digits
//!
//! Each image has 8 × 8 gray pixels. The digit on it is shifted, slanted, thick or thin and covered with
//! noise (`data::generated::digits`), so that a pixel by itself says little: the nearest of the ten mean
//! images is wrong for every third digit. A convolution looks for the same small shape at every place,
//! and pooling forgets where exactly it was found.
//!
//! It prints the parameters, the loss and the accuracy on held-out images after each epoch, the accuracy
//! on test images that were not looked at before, and some of those images with what the network sees.

mod ending;

use std::error::Error;
use std::process::ExitCode;

use wengert::data::generated::{DIGIT_SIZE, digits};
use wengert::nn::{
    Activation, Conv2d, Dense, Features, Flatten, MaxPool2d, Model, SoftmaxCrossEntropy,
};
use wengert::optim::Adam;
use wengert::train::{Fit, Trainer};
use wengert::{Key, Parameters, Tensor};

/// The images printed at the end.
const SHOWN: usize = 5;

/// [batch, 1, 8, 8] → 8 maps of 8 × 8 → 16 maps of 4 × 4 → 10 logits.
fn network(parameters: &mut Parameters) -> impl Model<Input = Tensor> + use<> {
    Features::of([1, DIGIT_SIZE, DIGIT_SIZE])
        .then(Conv2d::new(parameters, "strokes", 1, 8, [3, 3]).padding([1, 1]))
        .then(Activation::Relu)
        .then(Conv2d::new(parameters, "shapes", 8, 16, [3, 3]).padding([1, 1]))
        .then(Activation::Relu)
        .then(MaxPool2d::new([2, 2]))
        .then(Flatten)
        .then(Dense::new(parameters, "hidden", 16 * 4 * 4, 64))
        .then(Activation::Relu)
        .then(Dense::new(parameters, "logits", 64, 10))
}

/// Prints images `[n, 1, 8, 8]` side by side, the darker a pixel the more ink it gets.
fn print(images: &Tensor) {
    const INK: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];
    for y in 0..DIGIT_SIZE {
        let row = |image: usize| -> String {
            let ink = (0..DIGIT_SIZE).map(|x| images.get([image, 0, y, x]));
            ink.map(|ink| INK[(ink * 4.0).round() as usize]).collect()
        };
        println!("{}", (0..images.shape()[0]).map(row).collect::<Vec<_>>().join("  "));
    }
}

fn read() -> Result<ExitCode, Box<dyn Error>> {
    let key = Key::new(0);
    let (train, test) = (digits(5_000, key.stream("train")), digits(1_000, key.stream("test")));

    let mut parameters = Parameters::new(0);
    let model = network(&mut parameters);
    println!("{parameters}\n");

    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let fit = Fit { epochs: 6, validation_split: 0.1, ..Fit::default() };
    let history = trainer.fit(&mut parameters, &mut Adam::new(0.002), &train, &fit)?;
    for epoch in &history.epochs {
        let held_out = epoch.validation.as_ref().expect("a tenth is held out");
        let accuracy = 100.0 * held_out.metrics["accuracy"];
        println!("epoch {}: loss {:.3}, {accuracy:.1} % right", epoch.number, held_out.loss);
    }
    println!("\ntest accuracy {:.1} %\n", 100.0 * trainer.evaluate(&parameters, &test).accuracy());

    let some = test.slice(0..SHOWN);
    print(some.inputs());
    let predicted = trainer.predict(&parameters, some.inputs()).argmax(-1);
    for (digit, truth) in predicted.to_vec().iter().zip(some.targets().to_vec()) {
        let seen = format!("a {digit}");
        let seen = if *digit == truth { seen } else { format!("{seen}, wrong: {truth}") };
        print!("{seen:<18}");
    }
    println!();
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    ending::run(read)
}
