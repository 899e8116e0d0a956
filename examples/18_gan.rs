//! Two models with two optimizers: a GAN (Goodfellow et al. 2014) that learns to draw a ring.
//!
//!     cargo run --release --example gan
//!
//! The generator turns noise into points of the plane. The discriminator tells them from points of a
//! ring. Each has a store of parameters and an optimizer of its own. The discriminator learns from
//! detached points, so that no gradient goes back to the generator. The generator's loss goes through
//! the discriminator, which gets gradients too; each optimizer uses only the gradients of its own store.
//!
//! It prints the mean distance of the points from the center, its standard deviation, and how many of 12
//! sectors of the ring have at least half of their fair share of points; at the end, a picture.

mod ending;

use std::f32::consts::TAU;

use wengert::nn::{Activation, Dense, Layer, bce_with_logits};
use wengert::optim::{Adam, Optimizer, Schedule};
use wengert::{Key, Parameters, Pass, Tape, Tensor};

const BATCH: usize = 128;
const NOISE: usize = 4;
const STEPS: u64 = 3000;

fn network(parameters: &mut Parameters, inputs: usize, outputs: usize) -> impl Layer + use<> {
    Dense::new(parameters, "first", inputs, 32)
        .then(Activation::LeakyRelu(0.2))
        .then(Dense::new(parameters, "second", 32, 32))
        .then(Activation::LeakyRelu(0.2))
        .then(Dense::new(parameters, "output", 32, outputs))
}

/// Returns points around a circle of radius 1, `[n, 2]`.
fn ring(n: usize, key: Key) -> Tensor {
    let angles = Tensor::uniform([n, 1], 0.0..f64::from(TAU), key.stream("angle"));
    let radii: Tensor = Tensor::normal([n, 1], 1.0, 0.05, key.stream("radius"));
    radii * Tensor::concat(&[&angles.cos(), &angles.sin()], 1)
}

/// Prints the mean distance from the center, its deviation, and the number of sectors.
fn describe(points: &Tensor) {
    let radii = (points * points).sum(&[1]).sqrt();
    let mean = radii.mean_all().item();
    let deviation = (radii - mean).map(|x| x * x).mean_all().item().sqrt();
    let mut counts = [0; 12];
    for point in points.values().chunks(2) {
        counts[((point[1].atan2(point[0]) / TAU + 0.5) * 12.0) as usize % 12] += 1;
    }
    let sectors = counts.iter().filter(|&&count| count >= points.shape()[0] / 24).count();
    println!("radius {mean:.3}, deviation {deviation:.3}, sectors {sectors}");
}

/// Prints a dot for each point within 1.5 of the center, on lines of 48 characters.
fn draw(points: &Tensor) {
    let mut lines = [[' '; 48]; 24];
    for point in points.values().chunks(2).filter(|point| point.iter().all(|x| x.abs() < 1.5)) {
        lines[((1.5 - point[1]) * 8.0) as usize][((1.5 + point[0]) * 16.0) as usize] = '.';
    }
    lines.iter().for_each(|line| println!("{}", line.iter().collect::<String>().trim_end()));
}

fn main() {
    ending::quietly();
    let (mut g, mut d) = (Parameters::new(1), Parameters::new(2));
    let (generator, discriminator) = (network(&mut g, NOISE, 2), network(&mut d, 2, 1));
    let adam = || Adam::new(Schedule::linear(0.002, STEPS).floor(0.0002)).betas(0.5, 0.99);
    let (mut adam_g, mut adam_d) = (adam(), adam());
    let (real, fake) = (Tensor::ones([BATCH, 1]), Tensor::zeros([BATCH, 1]));
    for step in 0..=STEPS {
        let key = Key::new(step);
        let noise = |n| Tensor::normal([n, NOISE], 0.0, 1.0, key);
        if step % 500 == 0 {
            let tape = Tape::no_grad();
            let points = generator.forward(Pass::eval(&tape, &g), tape.constant(noise(2400)));
            print!("step {step:>4}: ");
            describe(&points.value());
            if step == STEPS {
                draw(&points.value());
            }
        }

        let tape = Tape::new();
        let (of_g, of_d) = (Pass::training(&tape, &g, key), Pass::training(&tape, &d, key));
        let points = generator.forward(of_g, tape.constant(noise(BATCH)));
        let judge = |points| discriminator.forward(of_d, points);
        let loss_d = bce_with_logits(judge(tape.constant(ring(BATCH, key))), &real)
            + bce_with_logits(judge(points.detach()), &fake);
        let loss_g = bce_with_logits(judge(points), &real);
        let (gradients_d, gradients_g) = (loss_d.backward(), loss_g.backward());
        drop(tape);
        adam_d.step(&mut d, &gradients_d);
        adam_g.step(&mut g, &gradients_g);
    }
}
