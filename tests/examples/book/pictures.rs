//! The pictures of the book, drawn from what the book's own programs compute.

use super::plot::{
    self, Axis, BLUE, Drawn, GREEN, Line, ORANGE, TEXT, chart, draw, power_of_ten, px, text,
};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

/// Chapters 1 and 2: derivatives of numbers. No picture needs all of their program.
#[allow(dead_code)]
mod numbers {
    include!("../../../crates/wengert/src/book/code/01_tape.rs");
    include!("../../../crates/wengert/src/book/code/01_operations.rs");
    include!("../../../crates/wengert/src/book/code/01_backward.rs");
    include!("../../../crates/wengert/src/book/code/02_heat.rs");

    /// A step of a tape that has been walked back.
    pub struct Step {
        pub value: f64,
        pub inputs: Vec<(usize, f64)>,
        pub adjoint: f64,
    }

    /// Returns the steps of x·y + sin x at (2, 3).
    pub fn steps() -> Vec<Step> {
        let tape = Tape::default();
        let (x, y) = (tape.variable(2.0), tape.variable(3.0));
        let adjoints = (x * y + x.sin()).backward();
        let step =
            |(node, adjoint): (Node, f64)| Step { value: node.value, inputs: node.inputs, adjoint };
        tape.nodes.take().into_iter().zip(adjoints).map(step).collect()
    }

    /// Returns how many multiplications a walk takes over the heat flow in a rod of `cells`.
    pub fn multiplications(cells: usize) -> usize {
        let tape = Tape::default();
        let start: Vec<_> = (0..cells).map(|_| tape.variable(0.0)).collect();
        squared_error(&tape, &flow(&tape, &start, 12), &vec![0.0; cells]);
        tape.nodes.borrow().iter().map(|node| node.inputs.len()).sum()
    }
}

/// Chapter 5: the errors of differences.
#[allow(dead_code)]
mod differences {
    include!("../../../crates/wengert/src/book/code/errors_of_differences.rs");

    /// Returns the errors of the one-sided and of the central difference.
    pub fn both(h: f64) -> [f64; 2] {
        errors(h)
    }

    /// Returns the error of the central difference in `f32`, at the same point.
    pub fn single(h: f64) -> f64 {
        let (x, h) = (0.6f32, h as f32);
        let f = |x: f32| x / (1.0 + x * x);
        let slope = (1.0 - 0.36) / 1.36f64.powi(2);
        (f64::from((f(x + h) - f(x - h)) / (2.0 * h)) - slope).abs()
    }
}

/// Chapter 7: the first steps of Adam.
mod adam {
    include!("../../../crates/wengert/src/book/code/first_steps.rs");

    /// Returns the lengths of the first steps, without and with correction.
    pub fn lengths() -> Vec<[f64; 2]> {
        first_steps(3000)
    }
}

/// Chapter 9: the gated activation.
#[allow(dead_code)]
mod gated {
    include!("../../../crates/wengert/src/book/code/09.rs");

    /// Returns the values of x · σ(βx).
    pub fn values(x: &[f64], beta: f64) -> Vec<f64> {
        let number = |number| Array::filled(&[], number);
        let tape = Tape::default();
        let x = tape.variable(Array::new(&[x.len()], x.to_vec()));
        x.swiglu(tape.variable(number(beta)), tape.variable(number(0.0))).value().to_vec()
    }
}

/// Returns all pictures, with the names of their files.
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("tape.svg", tape()),
        ("cost.svg", cost()),
        ("differences.svg", differences()),
        ("first-steps.svg", first_steps()),
        ("swiglu.svg", swiglu()),
    ]
}

/// Chapter 1: the steps of x·y + sin x, the derivatives on the arrows, the adjoints below.
fn tape() -> String {
    let steps = numbers::steps();
    let names = ["%0  x", "%1  y", "%2  %0 · %1", "%3  sin %0", "%4  %2 + %3"];
    let title = "Five boxes in a row, one for each step of x·y + sin x. Arcs above lead from each step to \
                 the steps that it read, and carry the derivatives. Below each box is its adjoint: \
                 2.584, 2, 1, 1, 1.";
    draw(title, (640.0, 250.0), |area| {
        let middle = |index: usize| 64.0 + 128.0 * index as f64;
        for (index, step) in steps.iter().enumerate() {
            for &(input, derivative) in &step.inputs {
                arc(area, middle(index), middle(input), derivative)?;
            }
        }
        for (index, (name, step)) in names.iter().zip(&steps).enumerate() {
            let x = middle(index);
            let corners = [(px(x - 52.0), px(160.0)), (px(x + 52.0), px(206.0))];
            area.draw(&Rectangle::new(corners, TEXT.stroke_width(2)))?;
            let label = text(13.0, TEXT, HPos::Center);
            area.draw(&Text::new(name.to_string(), (px(x), px(174.0)), label.clone()))?;
            area.draw(&Text::new(format!("{:.3}", step.value), (px(x), px(193.0)), label))?;
            let adjoint = format!("adjoint {:.3}", step.adjoint);
            area.draw(&Text::new(adjoint, (px(x), px(224.0)), text(13.0, ORANGE, HPos::Center)))?;
        }
        Ok(())
    })
}

/// Draws an arrow over the boxes, from a step to one that it read.
fn arc(area: &plot::Area<'_>, from: f64, to: f64, derivative: f64) -> Drawn {
    let (center, radius) = ((from + to) / 2.0, (from - to) / 2.0);
    let height = 0.5 * radius + 6.0;
    let point = |turn: f64| (px(center + radius * turn.cos()), px(158.0 - height * turn.sin()));
    let points: Vec<_> =
        (0..=40).map(|i| point(f64::from(i) / 40.0 * std::f64::consts::PI)).collect();
    area.draw(&PathElement::new(points, BLUE.stroke_width(3)))?;
    let (x, y) = (px(to), px(158.0));
    let head = vec![(x, y), (x - px(3.5), y - px(8.0)), (x + px(5.0), y - px(7.0))];
    area.draw(&Polygon::new(head, BLUE))?;
    let label = Text::new(
        format!("{derivative:.3}"),
        (px(center), px(158.0 - height - 8.0)),
        text(12.0, BLUE, HPos::Center),
    );
    area.draw(&label)
}

/// Chapter 2: what all derivatives of the error of the heat flow cost.
fn cost() -> String {
    let cells = [10, 20, 50, 100, 200, 500, 1000];
    let logarithms = |count: fn(usize) -> usize| {
        cells.map(|cells| ((cells as f64).log10(), (count(cells) as f64).log10())).to_vec()
    };
    let line = |label, color, count| {
        let points = logarithms(count);
        Line { label: (label, points[points.len() - 1]), color, points }
    };
    let lines = [
        line("forward", ORANGE, |cells| cells * numbers::multiplications(cells)),
        line("backward", BLUE, numbers::multiplications),
    ];
    let cells = Axis { name: "cells of the rod", range: 1.0..3.0, labels: 3, number: power_of_ten };
    let range = 2.0..8.0;
    let counts = Axis {
        name: "multiplications for all derivatives",
        range,
        labels: 7,
        number: power_of_ten,
    };
    let title = "Multiplications for all derivatives over the number of cells, both axes logarithmic. \
                 Backward rises from 10 to the power of 3 to 10 to the power of 5, forward from 10 to the \
                 power of 4 to 10 to the power of 8.";
    chart(title, &cells, &counts, &lines)
}

/// Chapter 5: the errors of differences over their step.
fn differences() -> String {
    let line = |label, at, color, error: &dyn Fn(f64) -> f64| {
        // A step of f32 below 10⁻⁷ does not move x.
        let smallest = if color == GREEN { -14 } else { -30 };
        let point = |halves| {
            let exponent = f64::from(halves) / 2.0;
            (exponent, error(10f64.powf(exponent)).max(1e-12).log10())
        };
        Line { label: (label, at), color, points: (smallest..=-2).map(point).collect() }
    };
    let lines = [
        line("one-sided", (-8.6, -6.0), ORANGE, &|h| differences::both(h)[0]),
        line("central", (-4.3, -9.8), BLUE, &|h| differences::both(h)[1]),
        line("central, in f32", (-5.4, -1.4), GREEN, &|h| differences::single(h)),
    ];
    let h = Axis { name: "step h", range: -15.0..-1.0, labels: 14, number: power_of_ten };
    let range = -12.0..0.0;
    let error = Axis { name: "error of the derivative", range, labels: 12, number: power_of_ten };
    let title = "Errors of differences over the step h, both axes logarithmic. From a large step down the \
                 one-sided error falls to 10 to the power of minus 8 at h of 10 to the minus 8, the central \
                 one to 10 to the minus 11 at h of 10 to the minus 5; then rounding makes both rise again. \
                 In f32 the central error is never below 10 to the minus 5.";
    chart(title, &h, &error, &lines)
}

/// Chapter 7: the lengths of Adam's first steps, if all slopes are equal.
fn first_steps() -> String {
    let lengths = adam::lengths();
    let line = |which: usize, label, at, color| {
        let point =
            |(index, lengths): (usize, &[f64; 2])| ((index as f64 + 1.0).log10(), lengths[which]);
        // Every step of the first hundred, then each tenth: the curve is smooth.
        let shown = lengths.iter().enumerate().filter(|(index, _)| *index < 100 || index % 10 == 9);
        Line { label: (label, at), color, points: shown.map(point).collect() }
    };
    let lines = [
        line(0, "without correction", (1.45, 6.3), ORANGE),
        line(1, "with correction", (0.15, 0.6), BLUE),
    ];
    let step = Axis { name: "step", range: 0.0..3.5, labels: 4, number: power_of_ten };
    let number = |length: &f64| format!("{length:.0}");
    let length = Axis { name: "length of the step, in rates", range: 0.0..7.0, labels: 7, number };
    let title = "Lengths of Adam's steps over their number, the latter logarithmic. With correction they are \
                 1. Without, they begin at 3.2, rise to 6.6 at step 12, and are above 1.2 for a thousand steps.";
    chart(title, &step, &length, &lines)
}

/// Chapter 9: x · σ(βx) for some slopes β of the gate.
fn swiglu() -> String {
    let x: Vec<f64> = (-80..=80).map(|i| f64::from(i) / 20.0).collect();
    let line = |label, at, beta, color| {
        let points = x.iter().copied().zip(gated::values(&x, beta)).collect();
        Line { label: (label, at), color, points }
    };
    let lines = [
        line("β = 0", (4.0, 2.0), 0.0, GREEN),
        line("β = 1", (-2.3, -0.6), 1.0, BLUE),
        line("β = 5", (1.4, 2.4), 5.0, ORANGE),
    ];
    let number = |number: &f64| format!("{number:.0}");
    let x = Axis { name: "x", range: -4.0..4.0, labels: 9, number };
    let y = Axis { name: "x · σ(βx)", range: -2.0..4.0, labels: 7, number };
    let title = "x times the sigmoid of βx. For β = 0 it is the straight line x / 2. For β = 1 it dips to \
                 minus 0.28 left of zero and approaches x on the right. For β = 5 it is close to ReLU.";
    chart(title, &x, &y, &lines)
}
