//! Checks gradients by independent methods, each of which can fail.
//!
//! A backward pass computes a vector–Jacobian product Jᵀu. Four methods compute the same number, or a
//! number that must be equal to it, without the backward pass:
//!
//! | method | compares | agreement |
//! |---|---|---|
//! | differences | ⟨Jᵀu, v⟩ with (L(θ + hv) − L(θ − hv)) / 2h, L = ⟨u, f⟩ | 1e-6 |
//! | forward mode | ⟨Jᵀu, v⟩ with ⟨u, Jv⟩, where Jv comes from dual numbers | 1e-12 |
//! | second order | Hv from the tape run over duals with differences of gradients and of Jv | 1e-5 |
//! | symmetry | ⟨w, Hv⟩ with ⟨v, Hw⟩ | 1e-10 |
//!
//! Agreement is relative to the size of the sums. Differences need no calculus at all but are good to
//! about ten digits; forward mode is exact but shares the op's forward formula. Each catches what the
//! other can miss. The cotangent u is random: with all ones, a softmax gradient that is doubled or
//! zeroed would go unseen, because its rows sum to zero.
//!
//! The difference step is the smallest from 1e-3 to 1e-7 at which rounding does not spoil the
//! difference. If the result contradicts the backward pass, the function may be steep there, as 1/x is at
//! 0.001: then steps down to 1e-13 are tried, and how much the slope changes from one step to the next says
//! how certain it is. A difference that is too uncertain to contradict is counted and reported, and forward mode
//! decides. Small tensors are checked entry by entry. Large ones are checked in a sample of their entries, half
//! of them where the gradient is not zero, and in random directions through all entries. If input and output are
//! small, forward mode confirms every entry of J.
//!
//! At a kink, such as ReLU's at 0, a function has no derivative that differences could measure. Forward
//! mode takes the slope that the conventions give, so it must agree there too. If differences
//! disagree and the ops along the path show why (see `kinks.rs`), differences are taken at nearby
//! points, in pairs on opposite sides, so that both sides of the kink are covered. Points near another
//! kink are skipped; comparisons without a usable point are counted and reported.
//!
//! A table that is read by rows is checked in those rows; see `compact.rs`. So the cost of a check
//! depends on its samples, not on the length of the table.
//!
//! Some laws must hold for any VJP; see `laws.rs`. If something fails, each op of the tape is checked
//! by itself, and the wrong one is named with the line of your program that recorded it; see
//! `wrong_ops.rs`.
//!
//! ```
//! use tensor::Tensor;
//!
//! let x = Tensor::from([0.5, -1.0]);
//! let report = autograd::check::inputs(&[x], |[x]| (x * x).sum_all());
//! report.assert();
//! println!("{report}");
//! ```
//!
//! The function runs over [`Number`], a dual number, so an op of your own must be generic over
//! [`Scalar`].

mod case;
mod compact;
mod influence;
mod kinks;
mod laws;
mod methods;
mod recorded;
mod report;
mod slopes;
#[cfg(any(test, feature = "proptest"))]
pub mod strategy;
mod wrong_ops;

use std::cell::OnceCell;
use std::panic::Location;

pub use case::Case;
use compact::RowsUnderCheck;
pub use report::{Comparison, Finding, Law, Method, Report};
use tensor::{Key, Scalar, Tensor, shape};

use crate::NodeView;
use crate::functional::parameters::of_inputs;
use crate::functional::{Dual, array};
use crate::{Op, ParameterId, Parameters, Pass, Tape, Var};

/// The number that a checked function computes with.
pub type Number = Dual<f64>;

/// Checks the gradients of `function` with respect to all its inputs.
///
/// # Panics
/// If `function` or its backward pass panics.
#[track_caller]
pub fn inputs<const N: usize, F>(inputs: &[Tensor<f64>; N], function: F) -> Report
where
    F: for<'t> Fn([Var<'t, Number>; N]) -> Var<'t, Number>,
{
    of_slice(inputs, &|x| function(array(x.to_vec())))
}

#[track_caller]
fn of_slice(inputs: &[Tensor<f64>], function: &laws::FunctionOfInputs<'_>) -> Report {
    let repeated = laws::repeated_input(inputs, function);
    report(&of_inputs(inputs), &|pass| function(&pass.all_parameters()), repeated)
}

/// Checks an op on these inputs; `make` creates it for each run.
///
/// # Panics
/// If the inputs do not fit the op.
#[track_caller]
pub fn op<O: Op<Number>>(make: impl Fn() -> O, inputs: &[Tensor<f64>]) -> Report {
    let at = Location::caller();
    of_slice(inputs, &|x| x[0].tape().apply_at(at, make(), x))
}

/// Checks the gradients of `function`, such as a layer, with respect to all trainable parameters
/// and all inputs. Dropout is off. Tables are checked as [`parameters`] checks them.
///
/// ```
/// use autograd::{Parameters, check};
/// use tensor::{Key, Tensor};
///
/// let mut parameters = Parameters::with_seed(0);
/// let weight = parameters.add("weight", Tensor::normal([3, 2], 0.0, 1.0, Key::new(1)));
/// let x = Tensor::normal([4, 3], 0.0, 1.0, Key::new(2));
/// let report = check::layer(&parameters, &[x], |pass, [x]| x.matmul(pass.parameter(weight)).tanh());
/// report.assert();
/// ```
///
/// # Panics
/// If `function` or its backward pass panics.
#[track_caller]
pub fn layer<const N: usize, F>(
    parameters: &Parameters<f64>,
    inputs: &[Tensor<f64>; N],
    function: F,
) -> Report
where
    F: for<'t> Fn(Pass<'t, Number>, [Var<'t, Number>; N]) -> Var<'t, Number>,
{
    let mut all = parameters.clone();
    let ids: [ParameterId; N] = std::array::from_fn(|i| {
        // A store of the inputs of a function has parameters of this name.
        let mut name = format!("input {i}");
        while all.find(&name).is_some() {
            name.push('\'');
        }
        all.add(name, inputs[i].clone())
    });
    self::parameters(&all, |pass| function(pass, ids.map(|id| pass.parameter(id))))
}

/// Checks the gradients of `function`, such as a model's loss on a few samples, with respect to
/// all trainable parameters, in `f64` whatever their scalar type. Dropout is off. If a table is read
/// by rows ([`Pass::rows`]), only the rows that `function` reads are cast and checked: the gradient of
/// the others is zero by construction. Parameters of another store that the function reads
/// must be frozen: to check two models that share a loss, check each while the other is frozen.
///
/// # Panics
/// If `function` or its backward pass panics, or if it reads a trainable parameter of another store.
#[track_caller]
pub fn parameters<T: Scalar, F>(parameters: &Parameters<T>, function: F) -> Report
where
    F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
{
    report(parameters, &function, None)
}

/// Checks everything except the law that the caller has `checked`, if there is one.
#[track_caller]
fn report<T: Scalar>(
    at: &Parameters<T>,
    function: &CheckedFunction<'_>,
    checked: Option<Law>,
) -> Report {
    let subject = Subject::new(at, function);
    let mut report = subject.compare(checked);
    if !report.passes() {
        report.wrong_ops = wrong_ops::find(&subject);
    }
    report
}

/// The distance to go from a point on a kink, relative for entries above 1.
const ASIDE: f64 = 1e-3;
/// The number of pairs of points beside it that are tried.
const PAIRS: usize = 2;

/// A checked function. It is called through a pointer, so that the check is compiled once, and not again
/// for each function.
type CheckedFunction<'a> = dyn for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number> + 'a;

/// A function, the point at which it is checked, and the cotangent.
struct Subject<'a> {
    /// The parts of its parameters that the function reads: of a table, perhaps only some rows.
    reading: RowsUnderCheck,
    at: Parameters<f64>,
    /// The point, as duals that do not move.
    still: Parameters<Number>,
    function: &'a CheckedFunction<'a>,
    cotangent: Tensor<Number>,
    key: Key,
    projection_here: OnceCell<f64>,
    analytic: OnceCell<Parameters<Number>>,
    beside: OnceCell<Vec<Self>>,
}

impl<'a> Subject<'a> {
    #[track_caller]
    fn new<T: Scalar>(parameters: &Parameters<T>, function: &'a CheckedFunction<'a>) -> Self {
        let (reading, at, output) = RowsUnderCheck::of(parameters, function);
        let key = Key::new(0).stream("gradient check");
        let cotangent = Tensor::normal(output, 0.0, 1.0, key.stream("cotangent"));
        Self::at(reading, at, function, cotangent)
    }

    fn at(
        reading: RowsUnderCheck,
        at: Parameters<f64>,
        function: &'a CheckedFunction<'a>,
        cotangent: Tensor<Number>,
    ) -> Self {
        let key = Key::new(0).stream("gradient check");
        Self {
            reading,
            still: at.cast(),
            at,
            function,
            cotangent,
            key,
            projection_here: OnceCell::new(),
            analytic: OnceCell::new(),
            beside: OnceCell::new(),
        }
    }

    /// Compares by all methods and checks all laws, except the one that the caller has `checked`.
    fn compare(&self, checked: Option<Law>) -> Report {
        let findings = match self.trainable().any(|id| self.reading.reads(id)) {
            true => self.trainable().map(|id| methods::compare_all(self, id)).collect(),
            false => Vec::new(),
        };
        let laws = laws::check_all(self).into_iter().chain(checked).collect();
        Report { findings, laws, wrong_ops: Vec::new() }
    }

    fn trainable(&self) -> impl Iterator<Item = ParameterId> {
        self.at.ids().filter(|&id| self.at.is_trainable(id))
    }

    /// Returns f at some point.
    fn value(&self, at: &Parameters<Number>) -> Tensor<Number> {
        let tape = Tape::no_grad();
        (self.function)(Pass::eval(&tape, &self.reading.written_out(at))).value()
    }

    /// Returns ⟨u, f⟩ at some point, as a dual number.
    fn projection(&self, at: &Parameters<Number>) -> Number {
        (&self.value(at) * &self.cotangent).sum_all().item()
    }

    /// Returns ⟨u, f⟩ at the point itself.
    fn projection_here(&self) -> f64 {
        *self.projection_here.get_or_init(|| self.projection(&self.still).value)
    }

    /// Returns the gradient of ⟨u, f⟩ at some point, for any u.
    fn gradient(&self, at: &Parameters<Number>, u: &Tensor<Number>) -> Parameters<Number> {
        let [gradient] = self.gradients_of_walks(at, u);
        gradient
    }

    /// Returns the gradients of several walks back over one tape.
    fn gradients_of_walks<const WALKS: usize>(
        &self,
        at: &Parameters<Number>,
        u: &Tensor<Number>,
    ) -> [Parameters<Number>; WALKS] {
        let tape = Tape::default();
        let all = self.reading.written_out(at);
        let result = (self.function)(Pass::eval(&tape, &all));
        [(); WALKS].map(|()| self.reading.collect(at, &result.vjp(u.clone())))
    }

    /// Returns the gradient of ⟨u, f⟩ at the point itself.
    fn analytic(&self) -> &Parameters<Number> {
        self.analytic.get_or_init(|| self.gradient(&self.still, &self.cotangent))
    }

    /// Returns the point itself, as duals that do not move.
    fn still(&self) -> Parameters<Number> {
        self.still.clone()
    }

    /// Returns the same function at points nearby, in pairs on opposite sides of this one.
    fn beside(&self) -> &[Self] {
        self.beside.get_or_init(|| {
            let sides = (0..PAIRS).flat_map(|pair| [(pair, ASIDE), (pair, -ASIDE)]);
            sides.map(|(pair, step)| self.moved_aside(pair, step)).collect()
        })
    }

    fn moved_aside(&self, pair: usize, step: f64) -> Self {
        let at = self.at.map(|id, at| match self.at.is_trainable(id) {
            true => {
                let direction = self.direction(id, &format!("aside {pair}"));
                at.zip_map(&direction, |x, d| x + d * step * x.abs().max(1.0))
            }
            false => at.clone(),
        });
        Self::at(self.reading.clone(), at, self.function, self.cotangent.clone())
    }
}

impl Subject<'_> {
    /// Returns a random direction for one parameter.
    fn direction(&self, id: ParameterId, name: &str) -> Tensor<f64> {
        let key = self.key.stream(name).fold_in(id.index() as u64);
        Tensor::normal(self.at.get(id).shape(), 0.0, 1.0, key)
    }

    /// Returns the index in the parameter of an entry that the function reads, by its position.
    fn index_of(&self, id: ParameterId, position: usize) -> Vec<usize> {
        let mut index = shape::index_of(position, self.at.get(id).shape());
        if let Some(rows) = self.reading.rows(id) {
            index[0] = rows[index[0]] as usize;
        }
        index
    }
}

/// Panics if the tape has a trainable parameter of another store or copy than these parameters.
#[track_caller]
fn assert_no_other_store(tape: &Tape<Number>, parameters: &Parameters<Number>) {
    let Some(store) = tape.copies.borrow().other_than(parameters) else { return };
    let nodes = tape.nodes();
    let other = nodes.iter().filter(|node| node.needs_gradient()).filter_map(NodeView::parameter);
    if let Some((_, name)) = other.into_iter().find(|(id, _)| id.store() == store) {
        panic!(
            "check: the function reads the trainable parameter `{name}` of another store or copy \
             than the one to be checked: freeze that store and check it in a call of its own, or \
             build both models in one Parameters"
        );
    }
}

/// Returns the point with another value of one parameter.
fn with(mut at: Parameters<Number>, id: ParameterId, value: Tensor<Number>) -> Parameters<Number> {
    *at.get_mut(id) = value;
    at
}

/// Returns ⟨a, b⟩.
fn inner(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    (a * b).sum_all().item()
}

/// Returns Σ |a · b|: the size of the terms of ⟨a, b⟩, against which rounding must be judged.
fn inner_size(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    a.zip_map(b, |a, b| (a * b).abs()).sum_all().item()
}
