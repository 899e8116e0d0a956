//! Elementwise functions of one input: y = f(x), so x̄ = f′(x) ȳ.
//!
//! Each is one [`Unary`]: its name, f and the VJP, both in mathematics and in code. Where f′ is simple
//! in terms of y, as eˣ is, the VJP reads y instead of computing the function again. Functions with a
//! parameter, such as `powi`, have files of their own.

use std::ops::Neg;

use tensor::{Scalar, Tensor};

use crate::{Adjoints, Formulas, Op, Var};

struct Unary<T: Scalar> {
    name: &'static str,
    /// The formulas of y and x̄.
    formulas: [&'static str; 2],
    forward: fn(x: &Tensor<T>) -> Tensor<T>,
    vjp: Vjp<T>,
}

type Vjp<T> = fn(x: &Tensor<T>, y: &Tensor<T>, dy: &Tensor<T>) -> Tensor<T>;

impl<T: Scalar> Op<T> for Unary<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new(self.formulas[0]).vjp(self.formulas[1]))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        (self.forward)(x[0])
    }

    fn vjp(&self, x: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || (self.vjp)(x[0], y, dy));
    }
}

impl<T: Scalar> Neg for Var<'_, T> {
    type Output = Self;

    #[track_caller]
    fn neg(self) -> Self {
        let neg = Unary {
            name: "neg",
            formulas: ["y = −x", "x̄ = −ȳ"],
            forward: |x| -x,
            vjp: |_, _, dy| -dy,
        };
        self.tape().apply(neg, &[self])
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records |x| of each element. The derivative at the kink x = 0 is taken as 0.
    #[track_caller]
    pub fn abs(self) -> Self {
        let abs = Unary {
            name: "abs",
            formulas: ["y = |x|", "x̄ = sign(x) ȳ"],
            forward: Tensor::abs,
            vjp: |x, _, dy| dy.zip_map(x, times_sign),
        };
        self.tape().apply(abs, &[self])
    }

    /// Records √x of each element.
    #[track_caller]
    pub fn sqrt(self) -> Self {
        let sqrt = Unary {
            name: "sqrt",
            formulas: ["y = √x", "x̄ = ȳ / (2y)"],
            forward: Tensor::sqrt,
            vjp: |_, y, dy| dy.zip_map(y, |dy, y| dy / (y + y)),
        };
        self.tape().apply(sqrt, &[self])
    }

    /// Records eˣ of each element.
    #[track_caller]
    pub fn exp(self) -> Self {
        let exp = Unary {
            name: "exp",
            formulas: ["y = eˣ", "x̄ = y ȳ"],
            forward: Tensor::exp,
            vjp: |_, y, dy| dy * y,
        };
        self.tape().apply(exp, &[self])
    }

    /// Records the natural logarithm of each element.
    #[track_caller]
    pub fn ln(self) -> Self {
        let ln = Unary {
            name: "ln",
            formulas: ["y = ln x", "x̄ = ȳ / x"],
            forward: Tensor::ln,
            vjp: |x, _, dy| dy / x,
        };
        self.tape().apply(ln, &[self])
    }

    /// Records sin x of each element, x in radians.
    #[track_caller]
    pub fn sin(self) -> Self {
        let sin = Unary {
            name: "sin",
            formulas: ["y = sin x", "x̄ = cos x · ȳ"],
            forward: Tensor::sin,
            vjp: |x, _, dy| dy.zip_map(x, |dy, x: T| dy * x.cos()),
        };
        self.tape().apply(sin, &[self])
    }

    /// Records cos x of each element, x in radians.
    #[track_caller]
    pub fn cos(self) -> Self {
        let cos = Unary {
            name: "cos",
            formulas: ["y = cos x", "x̄ = −sin x · ȳ"],
            forward: Tensor::cos,
            vjp: |x, _, dy| dy.zip_map(x, |dy, x: T| -(dy * x.sin())),
        };
        self.tape().apply(cos, &[self])
    }

    /// Records the hyperbolic tangent of each element.
    #[track_caller]
    pub fn tanh(self) -> Self {
        let tanh = Unary {
            name: "tanh",
            formulas: ["y = tanh x", "x̄ = (1 − y²) ȳ"],
            forward: Tensor::tanh,
            vjp: |_, y, dy| dy.zip_map(y, |dy, y| dy * (T::ONE - y * y)),
        };
        self.tape().apply(tanh, &[self])
    }

    /// Records the logistic function σ(x) = 1 / (1 + e⁻ˣ) of each element.
    #[track_caller]
    pub fn sigmoid(self) -> Self {
        let sigmoid = Unary {
            name: "sigmoid",
            formulas: ["y = σ(x) = 1 / (1 + e⁻ˣ)", "x̄ = y (1 − y) ȳ"],
            forward: Tensor::sigmoid,
            vjp: |_, y, dy| dy.zip_map(y, |dy, y| dy * y * (T::ONE - y)),
        };
        self.tape().apply(sigmoid, &[self])
    }

    /// Records ln(1 + eˣ) of each element, without overflow.
    #[track_caller]
    pub fn softplus(self) -> Self {
        let softplus = Unary {
            name: "softplus",
            formulas: ["y = ln(1 + eˣ)", "x̄ = σ(x) ȳ"],
            forward: Tensor::softplus,
            vjp: |x, _, dy| dy.zip_map(x, |dy, x: T| dy * x.sigmoid()),
        };
        self.tape().apply(softplus, &[self])
    }
}

/// Returns ȳ times the sign of x, by a choice and not a product: where x = 0 the adjoint is 0 even
/// if `dy` is infinite.
fn times_sign<T: Scalar>(dy: T, x: T) -> T {
    if x > T::ZERO {
        dy
    } else if x < T::ZERO {
        -dy
    } else {
        T::ZERO
    }
}

/// The cases on which each gradient is checked, inside the domain of f.
#[cfg(test)]
pub(super) mod cases {
    use proptest::strategy::BoxedStrategy;

    use crate::check::{Case, strategy::unary};

    pub(crate) fn abs() -> BoxedStrategy<Case> {
        unary("abs", -2.0..2.0, |x| x.abs())
    }

    pub(crate) fn cos() -> BoxedStrategy<Case> {
        unary("cos", -4.0..4.0, |x| x.cos())
    }

    pub(crate) fn exp() -> BoxedStrategy<Case> {
        unary("exp", -2.0..2.0, |x| x.exp())
    }

    pub(crate) fn ln() -> BoxedStrategy<Case> {
        unary("ln", 0.2..4.0, |x| x.ln())
    }

    pub(crate) fn neg() -> BoxedStrategy<Case> {
        unary("neg", -2.0..2.0, |x| -x)
    }

    pub(crate) fn sigmoid() -> BoxedStrategy<Case> {
        unary("sigmoid", -4.0..4.0, |x| x.sigmoid())
    }

    pub(crate) fn sin() -> BoxedStrategy<Case> {
        unary("sin", -4.0..4.0, |x| x.sin())
    }

    pub(crate) fn softplus() -> BoxedStrategy<Case> {
        unary("softplus", -4.0..4.0, |x| x.softplus())
    }

    pub(crate) fn sqrt() -> BoxedStrategy<Case> {
        unary("sqrt", 0.2..4.0, |x| x.sqrt())
    }

    pub(crate) fn tanh() -> BoxedStrategy<Case> {
        unary("tanh", -3.0..3.0, |x| x.tanh())
    }
}
