//! Right ops, each with the random inputs on which it must pass.

use std::ops::Range;
use std::rc::Rc;

use autograd::check::Number;
use autograd::{Adjoints, Op};
use proptest::collection::vec;
use proptest::prelude::*;
use tensor::strategy::{broadcastable_shapes, narrower_shape, shapes, tensors};
use tensor::{Scalar, Tensor};

pub type Array = Tensor<Number>;
type Forward = fn(&[&Array]) -> Array;
type Vjp = dyn Fn(&[&Array], &Array, &Array, &mut Adjoints<Number>);

/// An op written on the spot: its name, its value and its VJP.
#[derive(Clone)]
pub struct Written {
    pub name: &'static str,
    forward: Forward,
    vjp: Rc<Vjp>,
}

impl Written {
    fn new<F>(name: &'static str, forward: Forward, vjp: F) -> Self
    where
        F: Fn(&[&Array], &Array, &Array, &mut Adjoints<Number>) + 'static,
    {
        Self { name, forward, vjp: Rc::new(vjp) }
    }

    /// The same op with another VJP, given x, y, dy and dx.
    pub fn with_vjp<F>(self, vjp: F) -> Self
    where
        F: Fn(&[&Array], &Array, &Array, &mut Adjoints<Number>) + 'static,
    {
        Self { vjp: Rc::new(vjp), ..self }
    }
}

impl Op<Number> for Written {
    fn name(&self) -> &'static str {
        self.name
    }
    fn forward(&mut self, x: &[&Array]) -> Array {
        (self.forward)(x)
    }
    fn vjp(&self, x: &[&Array], y: &Array, dy: &Array, dx: &mut Adjoints<Number>) {
        (self.vjp)(x, y, dy, dx);
    }
}

/// A constant.
pub fn number(x: f64) -> Number {
    Number::from_f64(x)
}

/// y = x².
pub fn square() -> Written {
    Written::new("square", |x| x[0] * x[0], |x, _, dy, dx| dx.add(0, || dy * x[0] * number(2.0)))
}

/// y = eˣ.
pub fn exp() -> Written {
    Written::new("exp", |x| x[0].map(Number::exp), |_, y, dy, dx| dx.add(0, || dy * y))
}

/// y = sin x.
pub fn sin() -> Written {
    Written::new("sin", |x| x[0].map(Number::sin), |x, _, dy, dx| dx.add(0, || dy * x[0].cos()))
}

/// y = σ(x).
pub fn sigmoid() -> Written {
    Written::new(
        "sigmoid",
        |x| x[0].map(Number::sigmoid),
        |_, y, dy, dx| dx.add(0, || dy * y.map(|y| y * (number(1.0) - y))),
    )
}

/// y = max(x, 0).
pub fn relu() -> Written {
    Written::new(
        "relu",
        |x| x[0].mask(&is_positive(x[0])),
        |x, _, dy, dx| dx.add(0, || dy.mask(&is_positive(x[0]))),
    )
}

/// 1 where x > 0, 0 elsewhere.
pub fn is_positive(x: &Array) -> Array {
    x.map(|x| number((x > number(0.0)).into()))
}

/// y = a b, broadcast.
pub fn mul() -> Written {
    Written::new(
        "mul",
        |x| x[0] * x[1],
        |x, _, dy, dx| {
            dx.add(0, || (dy * x[1]).sum_to(x[0].shape()));
            dx.add(1, || (dy * x[0]).sum_to(x[1].shape()));
        },
    )
}

/// y = a / b, broadcast.
pub fn div() -> Written {
    Written::new(
        "div",
        |x| x[0] / x[1],
        |x, y, dy, dx| {
            dx.add(0, || (dy / x[1]).sum_to(x[0].shape()));
            dx.add(1, || -(dy * y / x[1]).sum_to(x[1].shape()));
        },
    )
}

/// Y = A B.
pub fn matmul() -> Written {
    Written::new(
        "matmul",
        |x| x[0].matmul(x[1]),
        |x, _, dy, dx| {
            dx.add(0, || dy.matmul(&x[1].t()));
            dx.add(1, || x[0].t().matmul(dy));
        },
    )
}

/// y = eˣ / Σ eˣ along the last axis.
pub fn softmax() -> Written {
    Written::new(
        "softmax",
        |x| {
            let exponentials = x[0].map(Number::exp);
            &exponentials / exponentials.sum_keepdim(&[-1])
        },
        |_, y, dy, dx| dx.add(0, || softmax_vjp(y, dy)),
    )
}

/// y (ȳ − ⟨ȳ, y⟩). One class has probability 1 whatever x is.
pub fn softmax_vjp(y: &Array, dy: &Array) -> Array {
    if y.shape().last() == Some(&1) {
        return Tensor::zeros(y.shape());
    }
    y * (dy - (dy * y).sum_keepdim(&[-1]))
}

/// The mean of the rows.
pub fn mean() -> Written {
    Written::new(
        "mean",
        |x| x[0].mean(&[0]),
        |x, _, dy, dx| {
            let share = number(1.0 / x[0].shape()[0] as f64);
            dx.add(0, || (dy * share).expand(x[0].shape()));
        },
    )
}

/// y = √Σ x².
pub fn norm() -> Written {
    Written::new(
        "norm",
        |x| (x[0] * x[0]).sum_all().map(Number::sqrt),
        |x, y, dy, dx| dx.add(0, || x[0] * (dy / y)),
    )
}

/// The rows that `gather` takes, one of them twice.
pub fn ids() -> Tensor<u32> {
    Tensor::from([2, 0, 2, 1])
}

/// Rows of a table.
pub fn gather() -> Written {
    Written::new(
        "gather",
        |x| x[0].gather_rows(&ids()),
        |x, _, dy, dx| dx.add(0, || dy.scatter_add_rows(&ids(), x[0].shape()[0])),
    )
}

/// Rows of a table, but zeros for the padding id 0.
pub fn embedding() -> Written {
    Written::new(
        "embedding",
        |x| x[0].gather_rows(&ids()).mask(&are_tokens()),
        |x, _, dy, dx| {
            dx.add(0, || dy.mask(&are_tokens()).scatter_add_rows(&ids(), x[0].shape()[0]));
        },
    )
}

/// 1 for each id but 0, as a column.
fn are_tokens() -> Array {
    ids().map(|id| number((id != 0).into())).insert_axis(-1)
}

/// y = x σ(βx + γ).
pub fn swiglu() -> Written {
    Written::new(
        "swiglu",
        |x| x[0] * gate(x[0], x[1], x[2]),
        |x, _, dy, dx| {
            let (g, inner) = swiglu_parts(x, dy);
            dx.add(0, || dy * &g + &inner * x[1]);
            dx.add(1, || (&inner * x[0]).sum_to(x[1].shape()));
            dx.add(2, || inner.sum_to(x[2].shape()));
        },
    )
}

/// σ(βx + γ).
pub fn gate(x: &Array, beta: &Array, gamma: &Array) -> Array {
    (x * beta + gamma).sigmoid()
}

/// The gate g, and ȳ x g(1 − g), the adjoint of βx + γ.
pub fn swiglu_parts(x: &[&Array], dy: &Array) -> (Array, Array) {
    let g = gate(x[0], x[1], x[2]);
    let inner = dy * x[0] * g.map(|g| g * (number(1.0) - g));
    (g, inner)
}

/// A right op and the inputs to check it on.
pub struct Right {
    pub op: Written,
    pub cases: BoxedStrategy<Vec<Tensor<f64>>>,
}

impl Right {
    /// Inputs of these shapes, in any layout, with elements from a range.
    fn new(
        op: Written,
        shapes: impl Strategy<Value = Vec<Vec<usize>>> + 'static,
        elements: Range<f64>,
    ) -> Self {
        let inputs = move |shapes: Vec<Vec<usize>>| -> Vec<_> {
            shapes.into_iter().map(|shape| tensors(shape, elements.clone())).collect()
        };
        Self { op, cases: shapes.prop_flat_map(inputs).boxed() }
    }
}

/// All of them, on every shape that fits.
pub fn right_ops() -> Vec<Right> {
    let any = || shapes(3, 3).prop_map(|shape| vec![shape]);
    let pairs = || broadcastable_shapes(3, 3).prop_map(|(a, b)| vec![a, b]);
    let matrices =
        (0..4usize, 0..4usize, 0..4usize).prop_map(|(m, k, n)| vec![vec![m, k], vec![k, n]]);
    let rows = (1..4usize, shapes(2, 3)).prop_map(|(n, row)| vec![[&[n], &row[..]].concat()]);
    let lines = (shapes(2, 3), 1..4usize).prop_map(|(batch, n)| vec![[&batch[..], &[n]].concat()]);
    let filled = vec(1..4usize, 0..3).prop_map(|shape| vec![shape]);
    let tables = || (3..5usize, 0..3usize).prop_map(|(rows, width)| vec![vec![rows, width]]);
    let gated = shapes(3, 3).prop_flat_map(|shape| {
        let [beta, gamma] = [(); 2].map(|()| narrower_shape(shape.clone()));
        (Just(shape), beta, gamma).prop_map(|(x, beta, gamma)| vec![x, beta, gamma])
    });
    vec![
        Right::new(square(), any(), -2.0..2.0),
        Right::new(exp(), any(), -2.0..2.0),
        Right::new(sin(), any(), -20.0..20.0),
        Right::new(sigmoid(), any(), -4.0..4.0),
        Right::new(relu(), any(), -1.0..1.0),
        Right::new(mul(), pairs(), -2.0..2.0),
        Right::new(div(), pairs(), 0.5..2.0),
        Right::new(matmul(), matrices, -2.0..2.0),
        Right::new(softmax(), lines, -2.0..2.0),
        Right::new(mean(), rows, -2.0..2.0),
        Right::new(norm(), filled, 0.5..2.0),
        Right::new(gather(), tables(), -2.0..2.0),
        Right::new(embedding(), tables(), -2.0..2.0),
        Right::new(swiglu(), gated, -2.0..2.0),
    ]
}
