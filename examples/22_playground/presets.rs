//! The formulas that the page offers, each with the inputs at which Rust records its walks.

use serde::Serialize;

/// A formula to start from.
#[derive(Serialize)]
pub struct Preset {
    pub title: &'static str,
    pub text: &'static str,
    /// The value of each input, in the order in which the text names them.
    pub values: &'static [f64],
    /// The range over which the first inputs go in five steps each; the others keep their values.
    pub ranges: &'static [(f64, f64)],
}

pub const PRESETS: &[Preset] = &[
    Preset {
        title: "x·y + sin x, from chapter 1",
        text: "x*y + sin(x)",
        values: &[2.0, 3.0],
        ranges: &[(-3.0, 3.0), (-2.0, 4.0)],
    },
    Preset {
        title: "One input, two paths: x² + x",
        text: "x^2 + x",
        values: &[3.0],
        ranges: &[(-4.0, 4.0)],
    },
    Preset {
        title: "A quotient",
        text: "(x + 1) / (y^2 + 1) - 1/2",
        values: &[1.0, 2.0],
        ranges: &[(-3.0, 3.0), (-2.0, 2.0)],
    },
    Preset {
        title: "Powers: x to the y",
        text: "x^y + 2*x^-3",
        values: &[2.0, 1.5],
        ranges: &[(0.25, 3.0), (-2.0, 2.0)],
    },
    Preset {
        title: "exp and ln: a soft maximum",
        text: "ln(exp(x) + exp(y))",
        values: &[1.0, 2.0],
        ranges: &[(-3.0, 3.0), (-3.0, 3.0)],
    },
    Preset {
        title: "Kinks: relu, max, min, abs",
        text: "relu(x) + max(x, y) - min(x, y) + abs(y)",
        values: &[1.0, -0.5],
        ranges: &[(-2.0, 2.0), (-2.0, 2.0)],
    },
    Preset {
        title: "A choice: leaky ReLU",
        text: "where(x > 0, x, 0.1*x)",
        values: &[-2.0],
        ranges: &[(-3.0, 3.0)],
    },
    Preset {
        title: "Roots and waves",
        text: "r = sqrt(x^2 + y^2); cos(r) / (1 + r)",
        values: &[1.0, 2.0],
        ranges: &[(-3.0, 3.0), (0.5, 4.0)],
    },
    Preset {
        title: "Swish, by hand",
        text: "x * sigmoid(beta*x + gamma)",
        values: &[1.5, 1.0, 0.0],
        ranges: &[(-5.0, 5.0), (-1.0, 2.0)],
    },
    Preset {
        title: "Swish and softplus, as ops",
        text: "swish(x) - softplus(-x)",
        values: &[1.0],
        ranges: &[(-20.0, 20.0)],
    },
    Preset {
        title: "A SwiGLU unit",
        text: "u = a*x + b\ng = c*x + d\nu * g * sigmoid(beta*g + gamma)",
        values: &[0.8, 1.5, 0.1, -0.6, 0.3, 1.0, 0.0],
        ranges: &[(-2.0, 2.0), (-3.0, 3.0)],
    },
    Preset {
        title: "Logistic regression, with its loss",
        text: "p = sigmoid(w1*x1 + w2*x2 + b)\n-(t*ln(p) + (1 - t)*ln(1 - p))",
        values: &[0.5, 2.0, -0.3, 1.0, 0.1, 1.0],
        ranges: &[(-2.0, 2.0), (-2.0, 2.0)],
    },
    Preset {
        title: "A network for XOR: two tanh units, squared error",
        text: "h1 = tanh(a1*x + b1*y + c1)\nh2 = tanh(a2*x + b2*y + c2)\np = sigmoid(v1*h1 + v2*h2 + c)\n\
               (p - t)^2",
        values: &[1.5, 1.0, 1.2, 0.0, -0.5, 1.1, 0.9, -1.5, 2.0, -2.0, -1.0, 1.0],
        ranges: &[(-2.0, 2.0), (0.0, 1.0)],
    },
];
