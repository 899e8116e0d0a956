//! Right ops, each with the random inputs on which it must pass.

use std::ops::Range;
use std::rc::Rc;

use autograd::check::Number;
use autograd::{Adjoints, Op};
use proptest::collection::vec;
use proptest::prelude::*;
use tensor::strategy::{broadcastable_shapes, narrower_shape, shapes, tensors};
use tensor::{Scalar, Tensor, Window};

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

/// Each row brought to mean 0 and deviation 1, then scaled and shifted.
pub fn layer_norm() -> Written {
    Written::new(
        "layer_norm",
        |x| normalized(x[0]).0 * x[1] + x[2],
        |x, _, dy, dx| {
            let (unit, deviation) = normalized(x[0]);
            dx.add(0, || {
                let g = dy * x[1];
                let along = &unit * (&g * &unit).mean_keepdim(&[-1]);
                (&g - g.mean_keepdim(&[-1]) - along) / &deviation
            });
            dx.add(1, || (dy * &unit).sum_to(x[1].shape()));
            dx.add(2, || dy.sum_to(x[2].shape()));
        },
    )
}

/// (x − μ) / σ of each row, and σ.
pub fn normalized(x: &Array) -> (Array, Array) {
    let centered = x - x.mean_keepdim(&[-1]);
    let deviation = root(&(&centered * &centered).mean_keepdim(&[-1]));
    (&centered / &deviation, deviation)
}

/// Each row divided by the root of its mean square, then scaled.
pub fn rms_norm() -> Written {
    Written::new(
        "rms_norm",
        |x| x[0] / root(&(x[0] * x[0]).mean_keepdim(&[-1])) * x[1],
        |x, _, dy, dx| {
            let size = root(&(x[0] * x[0]).mean_keepdim(&[-1]));
            let unit = x[0] / &size;
            dx.add(0, || {
                let g = dy * x[1];
                (&g - &unit * (&g * &unit).mean_keepdim(&[-1])) / &size
            });
            dx.add(1, || (dy * &unit).sum_to(x[1].shape()));
        },
    )
}

/// √(x + 0.1).
pub fn root(x: &Array) -> Array {
    x.map(|x| (x + number(0.1)).sqrt())
}

/// The window that `unfold` moves over an image.
pub fn window() -> Window {
    Window::new([2, 2]).padding([1, 0])
}

/// What a window covers at each of its positions.
pub fn unfold() -> Written {
    Written::new(
        "unfold",
        |x| x[0].unfold(window()),
        |x, _, dy, dx| dx.add(0, || dy.fold([x[0].shape()[2], x[0].shape()[3]], window())),
    )
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
    ids().map(|id| number((id != 0).into())).unsqueeze(-1)
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

/// What `pick` takes of each row, one of them twice.
fn picks(x: &Array) -> Tensor<u32> {
    Tensor::from([2, 0, 2]).expand([x.shape()[0], 3])
}

/// Elements of each row, by index.
pub fn pick() -> Written {
    Written::new(
        "pick",
        |x| x[0].gather(1, &picks(x[0])),
        |x, _, dy, dx| dx.add(0, || dy.scatter_add(1, &picks(x[0]), x[0].shape()[1])),
    )
}

/// Each element of `dy` at the place of its index; the last one wins.
pub fn overwritten_picks(x: &Array, dy: &Array) -> Array {
    let (width, picks) = (x.shape()[1], picks(x));
    let mut dx = Tensor::zeros(x.shape());
    for (k, (&dy, &id)) in dy.values().iter().zip(picks.values().iter()).enumerate() {
        dx.as_mut_slice()[k / 3 * width + id as usize] = dy;
    }
    dx
}

/// The running sums of each row.
pub fn cumsum() -> Written {
    Written::new(
        "cumsum",
        |x| x[0].cumsum(1),
        |_, _, dy, dx| dx.add(0, || dy.flip(&[1]).cumsum(1).flip(&[1])),
    )
}

/// Each row in ascending order.
pub fn sort() -> Written {
    Written::new(
        "sort",
        |x| x[0].sort(1, false).0,
        |x, _, dy, dx| {
            dx.add(0, || dy.scatter_add(1, &x[0].argsort(1, false), x[0].shape()[1]));
        },
    )
}

/// The variance of each column, corrected by 1.
pub fn variance() -> Written {
    Written::new(
        "variance",
        |x| x[0].var(&[0], 1),
        |x, _, dy, dx| dx.add(0, || variance_vjp(x[0], dy, 1)),
    )
}

/// 2 (x − x̄) / (n − correction) · ȳ
pub fn variance_vjp(x: &Array, dy: &Array, correction: usize) -> Array {
    let freedom = (x.shape()[0] - correction) as f64;
    (x - x.mean_keepdim(&[0])) * (dy * number(2.0 / freedom))
}

/// a where b is positive, b elsewhere. Through the condition nothing flows.
pub fn choose() -> Written {
    Written::new(
        "choose",
        |x| Tensor::where_(&x[1].gt(number(0.0)), x[0], x[1]),
        |x, _, dy, dx| {
            let (condition, nothing) = (x[1].gt(number(0.0)), Tensor::scalar(number(0.0)));
            dx.add(0, || Tensor::where_(&condition, dy, &nothing));
            dx.add(1, || Tensor::where_(&condition, &nothing, dy));
        },
    )
}

/// x between −1 and 1.
pub fn clamp() -> Written {
    Written::new(
        "clamp",
        |x| x[0].clamp(number(-1.0), number(1.0)),
        |x, _, dy, dx| {
            dx.add(0, || Tensor::where_(&x[0].abs().lt(number(1.0)), dy, number(0.0)));
        },
    )
}

/// aᵇ for positive a.
pub fn pow() -> Written {
    Written::new(
        "pow",
        |x| x[0].pow(x[1]),
        |x, y, dy, dx| {
            dx.add(0, || dy * x[1] * x[0].pow(&(x[1] - number(1.0))));
            dx.add(1, || dy * y * x[0].ln());
        },
    )
}

/// ln Σ eˣ of each row.
pub fn logsumexp() -> Written {
    Written::new(
        "logsumexp",
        |x| x[0].logsumexp_keepdim(&[1]),
        |x, y, dy, dx| dx.add(0, || dy * (x[0] - y).exp()),
    )
}

/// The cross-entropy of a softmax with weights for the classes, Σ q (ln Σ eˣ − x).
pub fn soft_cross_entropy() -> Written {
    Written::new(
        "soft_cross_entropy",
        |x| (x[1] * surprise(x[0])).sum_all(),
        |x, _, dy, dx| {
            let softmax = (-surprise(x[0])).exp();
            dx.add(0, || (softmax * x[1].sum_keepdim(&[1]) - x[1]) * dy);
            dx.add(1, || surprise(x[0]) * dy);
        },
    )
}

/// ln Σ eˣ − x of each element, where the sum is over its row.
pub fn surprise(x: &Array) -> Array {
    x.logsumexp_keepdim(&[1]) - x
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

/// Tables with this many columns.
fn tables_of(columns: Range<usize>) -> impl Strategy<Value = Vec<Vec<usize>>> {
    (0..4usize, columns).prop_map(|(rows, columns)| vec![vec![rows, columns]])
}

/// Tables with this many rows.
fn rows_of(rows: Range<usize>) -> impl Strategy<Value = Vec<Vec<usize>>> {
    (rows, 0..4usize).prop_map(|(rows, columns)| vec![vec![rows, columns]])
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
    let normed = |inputs: usize| {
        (shapes(2, 3), 2..5usize).prop_map(move |(batch, n)| {
            let mut shapes = vec![vec![n]; inputs];
            shapes[0] = [&batch[..], &[n]].concat();
            shapes
        })
    };
    let images = (0..3usize, 0..3usize, 1..4usize, 2..4usize)
        .prop_map(|(batch, channels, height, width)| vec![vec![batch, channels, height, width]]);
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
        Right::new(layer_norm(), normed(3), -2.0..2.0),
        Right::new(rms_norm(), normed(2), -2.0..2.0),
        Right::new(unfold(), images, -2.0..2.0),
        Right::new(gather(), tables(), -2.0..2.0),
        Right::new(embedding(), tables(), -2.0..2.0),
        Right::new(swiglu(), gated, -2.0..2.0),
        Right::new(pick(), tables_of(3..5), -2.0..2.0),
        Right::new(cumsum(), tables_of(0..5), -2.0..2.0),
        Right::new(variance(), rows_of(2..5), -2.0..2.0),
        Right::new(
            choose(),
            tables_of(0..4).prop_map(|a| vec![a[0].clone(), a[0].clone()]),
            -2.0..2.0,
        ),
        Right::new(clamp(), any(), -2.0..2.0),
        Right::new(pow(), tables_of(0..4).prop_map(|a| vec![a[0].clone(), a[0].clone()]), 0.3..2.0),
        Right::new(logsumexp(), tables_of(1..4), -2.0..2.0),
        Right::new(
            soft_cross_entropy(),
            tables_of(2..4).prop_map(|a| vec![a[0].clone(), a[0].clone()]),
            0.3..2.0,
        ),
    ]
}
