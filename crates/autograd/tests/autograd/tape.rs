//! What the tape records, prints and refuses.

use std::cell::Cell;
use std::rc::Rc;

use autograd::functional::{Dual, hessian, hvp, jvp};
use autograd::{Adjoints, Op, Parameters, Pass, Tape, Var};
use mistakes::message;
use tensor::{Key, Scalar, Tensor};

#[test]
fn a_formula_reads_like_mathematics() {
    let tape = Tape::default();
    let (x, y) = (tape.variable(Tensor::scalar(2.0)), tape.variable(Tensor::scalar(3.0)));
    let z = x * y + x.sin() / y - x * 0.5;
    let gradients = z.backward();
    assert_eq!(z.item(), 6.0 + 2f64.sin() / 3.0 - 1.0);
    assert_eq!(gradients.of(x).item(), 3.0 + 2f64.cos() / 3.0 - 0.5);
    assert_eq!(gradients.of(y).item(), 2.0 - 2f64.sin() / 9.0);
}

#[test]
fn a_variable_that_is_assigned_to_is_a_new_one_with_the_same_shape() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::from([2.0, 3.0]));
    let mut y = x;
    y += 1.0;
    y *= x;
    y -= x.sum_all();
    y /= 2.0;
    assert_eq!(y.value(), ((x + 1.0) * x - x.sum_all()).value() / 2.0);
    assert_eq!(y.sum_all().backward().of(x), Tensor::from([1.5, 2.5]));
    let mut total = x.sum_all();
    assert_eq!(
        message(|| total += x),
        "x += y: x has shape [], and the result [2]: x keeps its shape, so reduce y first"
    );
}

#[test]
fn the_printed_tape_is_the_wengert_list_with_the_users_lines() {
    let mut parameters = Parameters::new(0);
    let weight = parameters.add("w", Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]));
    let tape = Tape::default();
    let x = tape.constant(Tensor::from([[1.0, 1.0]]));
    let line = line!() + 1;
    let y = x.matmul(tape.parameter(&parameters, weight)).sum_all();
    let printed = tape.to_string();
    let words: Vec<Vec<&str>> = printed
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|word| !word.is_empty()).collect())
        .collect();
    let at = |line| format!("{}:{line}", file!());
    assert_eq!(words[0], ["node", "op", "inputs", "shape", "recorded at"]);
    assert_eq!(words[1][..3], ["%0", "constant", "[1, 2]"]);
    assert_eq!(words[2][..4], ["%1", "parameter", "w", "[2, 2]"]);
    assert_eq!(words[3][..4], ["%2", "matmul", "%0 %1", "[1, 2]"]);
    assert_eq!(words[4][..4], ["%3", "sum", "%2", "[]"]);
    for row in &words[2..] {
        let place = row.last().expect("a place");
        assert!(place.starts_with(&at(line)), "{place} is not {}", at(line));
    }
    assert_eq!(y.index(), 3);
}

#[test]
fn a_repeated_input_collects_both_contributions() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::from([2.0, -3.0]));
    assert_eq!((x * x).sum_all().backward().of(x), Tensor::from([4.0, -6.0]));
    assert_eq!((x - x).sum_all().backward().of(x), Tensor::from([0.0, 0.0]));
}

/// The adjoint of a sum's input is one number, expanded: a factor with strides of 0.
#[test]
fn a_sum_of_a_product_has_gradients_in_single_precision_too() {
    let tape = Tape::new();
    let x = tape.variable(Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    let w = tape.variable(Tensor::from([[1.0, -1.0], [2.0, -2.0], [3.0, -3.0]]));
    let gradients = x.matmul(w).sum_all().backward();
    assert_eq!(gradients.of(x), Tensor::zeros([2, 3]));
    assert_eq!(gradients.of(w), Tensor::from([[5.0, 5.0], [7.0, 7.0], [9.0, 9.0]]));
}

#[test]
fn an_unused_variable_has_gradient_zero() {
    let tape = Tape::default();
    let (x, unused) = (tape.variable(Tensor::scalar(1.0)), tape.variable(Tensor::zeros([2, 3])));
    let gradients = (x * 2.0).backward();
    assert_eq!(gradients.of(unused), Tensor::zeros([2, 3]));
}

#[test]
fn a_detached_value_passes_no_gradient() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::scalar(3.0));
    let y = x * x.detach();
    assert_eq!(y.backward().of(x).item(), 3.0);
}

#[test]
fn a_detached_value_passes_no_tangent() {
    // x · c with c = x, held still: its slope is c, and it has no curvature.
    let (at, along) = ([Tensor::<f64>::scalar(3.0)], [Tensor::scalar(1.0)]);
    assert_eq!(jvp(|[x]| x * x.detach(), &at, &along).1.item(), 3.0);
    assert_eq!(hvp(|[x]| x * x.detach(), &at, &along)[0].item(), 0.0);
    // ½ (x − c)², whose curvature is 1 although its slope is 0.
    assert_eq!(hessian(|[x]| (x - x.detach()).powi(2) * 0.5, &at)[0][0].item(), 1.0);
    // A dual of duals loses both tangents.
    let moving = Dual::new(Dual::new(2.0, 1.0), Dual::new(1.0, 0.0));
    let still = moving.without_tangent();
    assert_eq!((still.value.value, still.value.tangent), (2.0, 0.0));
    assert_eq!((still.tangent.value, still.tangent.tangent), (0.0, 0.0));
}

/// The walk back adds the second part to where the first has left its adjoint.
#[test]
fn parts_that_overlap_add_up() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::<f64>::arange(0.0, 4.0, 1.0));
    let y = x.slice(0, ..3) * 10.0;
    let z = x.slice(0, 1..) * 100.0;
    let gradients = (y.sum_all() + z.sum_all() + x.slice(0, 2..2).sum_all()).backward();
    assert_eq!(gradients.of(x), Tensor::from([10.0, 110.0, 110.0, 100.0]));
}

#[test]
fn the_largest_of_equals_share_the_gradient_and_infinities_stay() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::from([[1.0, 3.0, 3.0], [f64::INFINITY, 0.0, f64::NEG_INFINITY]]));
    let y = x.max(&[1]);
    assert_eq!(y.value(), Tensor::from([3.0, f64::INFINITY]));
    assert_eq!(y.sum_all().backward().of(x), Tensor::from([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]]));
    let (a, b) = (tape.variable(Tensor::from([1.0, 2.0])), tape.variable(Tensor::from([1.0, 5.0])));
    assert_eq!(a.maximum(b).sum_all().backward().of(a), Tensor::from([0.5, 0.0]));
    assert_eq!(a.minimum(b).sum_all().backward().of(a), Tensor::from([0.5, 1.0]));
}

#[test]
fn a_shared_parameter_collects_all_its_uses() {
    let mut parameters = Parameters::new(0);
    let id = parameters.add("tied", Tensor::scalar(5.0));
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let y = pass.parameter(id) * pass.parameter(id) + pass.parameter(id);
    assert_eq!(y.backward().get(id).expect("it was used").item(), 11.0);
}

#[test]
fn a_frozen_parameter_gets_no_gradient() {
    let mut parameters = Parameters::new(0);
    let (free, frozen) =
        (parameters.add("a", Tensor::scalar(5.0)), parameters.add("b", Tensor::scalar(2.0)));
    parameters.freeze(frozen);
    let tape = Tape::default();
    let gradients =
        (tape.parameter(&parameters, free) * tape.parameter(&parameters, frozen)).backward();
    assert_eq!(gradients.get(free).expect("trainable").item(), 2.0);
    assert!(gradients.get(frozen).is_none());
}

#[test]
fn gradients_hold_the_adjoint_of_every_value_in_between() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::scalar(2.0));
    let square = x * x;
    let unread = x.exp();
    let y = square * square;
    let gradients = y.backward();
    assert_eq!(gradients.of(square).item(), 8.0);
    assert_eq!(gradients.of(unread).item(), 0.0);
    assert_eq!(gradients.of(x).item(), 32.0);
}

#[test]
fn a_no_grad_tape_computes_but_does_not_record() {
    let tape = Tape::no_grad();
    let x = tape.variable(Tensor::scalar(3.0));
    let y = x * x;
    assert_eq!(y.item(), 9.0);
    assert_eq!(
        message(|| y.backward()),
        "backward: this tape was made with Tape::no_grad() and recorded nothing: use Tape::default(); if \
         functional::jvp made it for your function, differentiate twice with functional::hvp"
    );
}

#[test]
fn a_cleared_tape_is_empty_and_records_again() {
    let mut tape = Tape::default();
    tape.variable(Tensor::scalar(1.0f32));
    tape.clear();
    assert!(tape.is_empty());
    let x = tape.variable(Tensor::scalar(4.0));
    assert_eq!(x.sqrt().backward().of(x).item(), 0.25);
}

/// y = x, counting how often its VJP computes a contribution.
struct Counting(Rc<Cell<usize>>);

impl Op<f64> for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }
    fn forward(&mut self, x: &[&Tensor<f64>]) -> Tensor<f64> {
        x[0].clone()
    }
    fn vjp(&self, _: &[&Tensor<f64>], _: &Tensor<f64>, dy: &Tensor<f64>, dx: &mut Adjoints<f64>) {
        dx.add(0, || {
            self.0.set(self.0.get() + 1);
            dy.clone()
        });
    }
}

#[test]
fn no_gradient_is_computed_for_constants() {
    let count = Rc::new(Cell::new(0));
    let tape = Tape::default();
    let counted = tape.apply(Counting(count.clone()), &[tape.constant(Tensor::scalar(2.0))]);
    let x = tape.variable(Tensor::scalar(3.0));
    assert_eq!((counted * x).backward().of(x).item(), 2.0);
    assert_eq!(count.get(), 0);
    tape.apply(Counting(count.clone()), &[x]).backward();
    assert_eq!(count.get(), 1);
}

#[test]
fn a_mistake_is_explained() {
    let tape: Tape<f64> = Tape::default();
    let x = tape.variable(Tensor::zeros([2, 3]));
    assert_eq!(
        message(|| x.backward()),
        "backward: only a single number has a gradient, but this has shape [2, 3]: reduce it with \
         sum_all() or mean_all(), or give a cotangent to vjp(cotangent)"
    );
    assert_eq!(
        message(|| x.vjp(Tensor::zeros([3, 2]))),
        "vjp: the cotangent has shape [3, 2], the result [2, 3]: they must be equal"
    );
    assert_eq!(
        message(|| x.matmul(x)),
        "matmul: shapes [2, 3] and [2, 3] do not fit: [m, k] · [k, n] needs equal inner lengths, \
         but 3 is not 2; the right one transposed would fit"
    );
    assert_eq!(
        message(|| x.slice(1, ..=usize::MAX)),
        format!("slice: range 0..{} is not within axis 1 of shape [2, 3]", usize::MAX)
    );
    fn join<'t>(x: Var<'t, f64>, y: Var<'t, f64>) -> Var<'t, f64> {
        Var::concat(&[x, y], 0)
    }
    let other = Tape::default();
    let y = other.variable(Tensor::zeros([2, 3]));
    assert_eq!(
        message(|| join(x, y)),
        "concat: the inputs belong to different tapes: record all of them on one"
    );
    let mut parameters = Parameters::new(0);
    parameters.add("w", Tensor::zeros([1]));
    assert_eq!(
        message(|| parameters.add("w", Tensor::zeros([1]))),
        "there is a parameter `w` already: give each layer a name of its own"
    );
}

#[test]
fn a_node_that_is_not_on_the_tape_is_refused() {
    let tape: Tape<f64> = Tape::default();
    let words = "%3 is not on this tape, which has 0 nodes";
    assert_eq!(message(|| _ = tape.var_at(3)), format!("var_at: {words}"));
    assert_eq!(message(|| _ = tape.nodes().get(3)), format!("nodes: {words}"));
    assert_eq!(message(|| _ = tape.recompute(3)), format!("recompute: {words}"));
}

#[test]
fn a_tape_that_is_being_viewed_cannot_change() {
    let tape: Tape<f64> = Tape::default();
    let x = tape.variable(Tensor::ones([2]));
    let y = x * x;
    let view = tape.nodes();
    let changes: [&dyn Fn(); 5] = [
        &|| _ = x + y,
        &|| _ = tape.constant(Tensor::ones([2])),
        &|| _ = tape.variable(Tensor::ones([2])),
        &|| _ = tape.recompute(y.index()),
        &|| tape.give_callers_line("layer.rs", 0),
    ];
    for change in changes {
        assert_eq!(
            message(change),
            "a view of this tape's nodes is held, so the tape cannot change: drop what \
             `Tape::nodes` returned first"
        );
    }
    assert_eq!(view.iter().len(), 2);
    drop(view);
    assert_eq!(tape.recompute(y.index()), Some(Tensor::ones([2])));
    assert_eq!((x + y).value(), Tensor::full([2], 2.0));
}

#[test]
fn mistakes_in_choosing_and_joining_are_explained() {
    let tape: Tape<f64> = Tape::default();
    let x = tape.variable(Tensor::zeros([2, 3]));
    let y = tape.variable(Tensor::zeros([4, 3]));
    let ids = Tensor::full([2, 1], 3);
    let mistakes: [(&dyn Fn(), &str); 14] = [
        (&|| _ = x.gt(y), "gt: shapes [2, 3] and [4, 3] do not broadcast"),
        (&|| _ = x.pow(y), "pow: shapes [2, 3] and [4, 3] do not broadcast"),
        (&|| _ = Var::where_(&y.gt(0.0), x, 0.0), "where_: shapes [4, 3] and [2, 3] do not"),
        (&|| _ = x.clamp(1.0, f64::NAN), "clamp: the bounds are 1 and NaN: the first must be at"),
        (&|| _ = x.gather(1, &ids), "gather: index 3 is not within axis 1 of shape [2, 3]"),
        (&|| _ = x.sort(2, true), "sort: axis 2 does not exist: with 2 axes it must be"),
        (&|| _ = x.topk(4, 1), "topk: k is 4, but axis 1 of shape [2, 3] has 3 elements"),
        (&|| _ = x.cumsum(-3), "cumsum: axis -3 does not exist: with 2 axes it must be"),
        (&|| _ = x.flip(&[0, -2]), "flip: axis 0 is named twice in [0, -2]"),
        (&|| _ = x.std(&[1], 3), "std: shape [2, 3] has 3 elements along axes [1]: with the cor"),
        (&|| _ = x.logsumexp(&[5]), "logsumexp: axis 5 does not exist: with 2 axes it must be"),
        (&|| _ = Var::stack(&[x, y], 0), "stack: shapes [2, 3] and [4, 3] cannot be stacked"),
        (&|| _ = x.split(&[1, 1], 1), "split: the lengths [1, 1] add up to 2, but axis 1 of"),
        (&|| _ = x.pad(&[(1, 1)], 0.0), "pad: there are 1 pairs of widths for the 2 axes of"),
    ];
    for (mistake, expected) in mistakes {
        let found = message(mistake);
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn operations_that_are_composed_of_several_are_recorded_at_the_users_line() {
    let tape: Tape<f64> = Tape::default();
    let x = tape.variable(Tensor::ones([2, 3]));
    x.std(&[0], 1);
    x.var_keepdim(&[0], 0);
    x.pad(&[(1, 0), (2, 2)], 0.0);
    x.split(&[1, 2], 1);
    x.minimum(0.0);
    Var::stack(&[x, x], -1);
    for node in tape.nodes().iter() {
        assert_eq!(node.at().file(), file!(), "{node}");
    }
}

/// An op whose VJP forgets to sum over the broadcast axis.
struct BadScale;

impl Op<f64> for BadScale {
    fn name(&self) -> &'static str {
        "bad_scale"
    }
    fn forward(&mut self, x: &[&Tensor<f64>]) -> Tensor<f64> {
        x[0] * x[1]
    }
    fn vjp(&self, x: &[&Tensor<f64>], _: &Tensor<f64>, dy: &Tensor<f64>, dx: &mut Adjoints<f64>) {
        dx.add(1, || dy * x[0]);
    }
}

#[test]
fn a_vjp_of_the_wrong_shape_names_op_and_line() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::zeros([4, 2]));
    let factor = tape.variable(Tensor::zeros([2]));
    let line = line!() + 1;
    let y = tape.apply(BadScale, &[x, factor]).sum_all();
    let text = message(|| y.backward());
    assert!(text.starts_with(&format!(
        "backward: the VJP of `bad_scale`, recorded at {}:{line}:",
        file!()
    )));
    assert!(
        text.ends_with(
            "gave a gradient of shape [4, 2] for input 1 of shape [2]: they must be equal"
        )
    );
}

/// An op of one input whose VJP adds to a second one.
struct OneTooMany;

impl Op<f64> for OneTooMany {
    fn name(&self) -> &'static str {
        "one_too_many"
    }
    fn forward(&mut self, x: &[&Tensor<f64>]) -> Tensor<f64> {
        x[0].clone()
    }
    fn vjp(&self, _: &[&Tensor<f64>], _: &Tensor<f64>, dy: &Tensor<f64>, dx: &mut Adjoints<f64>) {
        dx.add(0, || dy.clone());
        dx.add(1, || dy.clone());
    }
}

#[test]
fn a_vjp_of_an_input_that_does_not_exist_names_op_and_line() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::from([1.0, 2.0]));
    let line = line!() + 1;
    let y = tape.apply(OneTooMany, &[x]).sum_all();
    let text = message(|| y.backward());
    let start = format!("backward: the VJP of `one_too_many`, recorded at {}:{line}:", file!());
    assert!(text.starts_with(&start), "{text}");
    assert!(text.ends_with(", names input 1, but the op has the inputs 0..1"), "{text}");
}

#[test]
fn contributions_are_those_of_an_adjoint_of_the_nodes_shape() {
    let tape = Tape::default();
    let x = tape.variable(Tensor::from([1.0, 2.0]));
    let y = x * 3.0;
    assert_eq!(
        message(|| tape.nodes().get(y.index()).contributions(&Tensor::scalar(1.0))),
        "contributions: dy has shape [], the value of %2 = mul [2]: they must be equal"
    );
}

#[test]
fn a_freed_tape_is_empty_and_records_again() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let id = parameters.add("x", Tensor::from([1.0, 2.0]));
    let mut tape = Tape::default();
    let loss = {
        let x = tape.parameter(&parameters, id);
        (x * x).sum_all().id()
    };
    let gradients = tape.backward_freeing(loss);
    assert_eq!(gradients.get(id), Some(&Tensor::from([2.0, 4.0])));
    assert!(tape.is_empty());
    assert_eq!(
        message(|| tape.backward_freeing(loss)),
        "backward_freeing: %2 is not a node of this tape, or was one before the tape was cleared"
    );
    let x = tape.variable(Tensor::scalar(3.0));
    assert_eq!(message(|| gradients.of(x))[..30], *"of: these gradients belong to ");
    assert_eq!((x * x).backward().of(x).item(), 6.0);
}

#[test]
fn gradients_answer_for_variables_of_their_own_tape() {
    let (tape, other) = (Tape::<f64>::default(), Tape::default());
    let (x, y) = (tape.variable(Tensor::scalar(2.0)), other.variable(Tensor::scalar(3.0)));
    let (of_x, of_y) = ((x * x).backward(), (y * y).backward());
    let foreign = "of: these gradients belong to another tape than %0: ask the gradients of its own \
                   tape; a sum of gradients knows parameters only";
    assert_eq!(message(|| of_x.of(y)), foreign);
    assert_eq!(message(|| of_x.plus(&of_y).of(x)), foreign);

    let mut tape = tape;
    tape.clear();
    let x = tape.variable(Tensor::scalar(2.0));
    assert_eq!(message(|| of_x.of(x)), foreign);
}

#[test]
fn the_first_op_that_is_not_finite_is_named() {
    let mut parameters = Parameters::new(0);
    let weight = parameters.add("w", Tensor::from([1.0, 0.0]));
    let tape = Tape::default();
    let line = line!() + 1;
    let loss = tape.parameter(&parameters, weight).ln().sum_all();
    assert_eq!(loss.item(), f32::NEG_INFINITY);
    let words = tape.first_non_finite().expect("ln 0");
    assert!(words.starts_with(&format!("%1 = ln [2], at {}:{line}:", file!())), "{words}");
    assert!(words.ends_with("from %0 = parameter `w` [2]"), "{words}");
}

/// A softmax turns the −∞ of a mask into 0, so it is not what made a later value infinite.
#[test]
fn a_mask_is_not_named_as_what_is_not_finite() {
    let tape = Tape::<f64>::default();
    let x = tape.variable(Tensor::from([1.0, 2.0]));
    let seen = Tensor::from([true, false]);
    let weights = Var::where_(&seen, x, f64::NEG_INFINITY).exp();
    let loss = weights.ln().sum_all();
    assert_eq!(loss.item(), f64::NEG_INFINITY);
    let words = tape.first_non_finite().expect("ln 0");
    assert!(words.contains(" = ln [2], at "), "{words}");
    let from_mask = x - f64::INFINITY;
    assert!(!from_mask.value().is_finite());
    let words = tape.first_non_finite().expect("x - inf");
    assert!(words.contains("= constant []"), "{words}");

    let tape = Tape::<f64>::no_grad();
    tape.constant(Tensor::from([0.0, 1.0])).ln().sum_all();
    let words = tape.first_non_finite().expect("ln 0");
    assert!(words.contains(" = ln [2], at "), "{words}");
}

#[test]
fn after_a_vjp_that_panics_no_id_names_a_node_of_another_recording() {
    struct Broken;

    impl<T: Scalar> Op<T> for Broken {
        fn name(&self) -> &'static str {
            "broken"
        }
        fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
            x[0].clone()
        }
        fn vjp(&self, _: &[&Tensor<T>], _: &Tensor<T>, _: &Tensor<T>, _: &mut Adjoints<'_, T>) {
            panic!("a broken VJP")
        }
    }

    let mut tape = Tape::<f64>::default();
    let (first, loss) = {
        let x = tape.variable(Tensor::scalar(1.0));
        (x.id(), tape.apply(Broken, &[x]).id())
    };
    let broken =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tape.backward_freeing(loss)));
    assert!(broken.is_err());
    tape.variable(Tensor::scalar(7.0));
    assert!(message(|| tape.var(first)).contains("is not a node of this tape"));
}

#[test]
fn errors_name_the_operation_that_was_called() {
    let tape = Tape::<f64>::default();
    let x = tape.variable(Tensor::zeros([2, 3]));
    let y = tape.variable(Tensor::zeros([4]));
    let none = tape.variable(Tensor::zeros([0]));
    for (name, run) in [
        ("mean", &(|| drop(x.mean(&[5]).value())) as &dyn Fn()),
        ("mean_keepdim", &|| drop(x.mean_keepdim(&[5]).value())),
        ("min", &|| drop(x.min(&[5]).value())),
        ("min", &|| drop(none.min(&[0]).value())),
        ("min_keepdim", &|| drop(x.min_keepdim(&[5]).value())),
        ("minimum", &|| drop(x.minimum(y).value())),
    ] {
        let told = message(run);
        assert!(told.starts_with(&format!("{name}: ")), "{told}");
    }
}

/// At least half of the rows: the table is read as a whole, at the caller's line all the same.
#[test]
fn a_table_that_is_read_as_a_whole_is_recorded_at_the_callers_line() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let table = parameters.add("table", Tensor::zeros([3, 2]));
    let tape = Tape::default();
    Pass::eval(&tape, &parameters).rows(table, &Tensor::from([0, 1]));
    let line = line!() - 1;
    let at = tape.nodes().get(0).at();
    assert_eq!((at.file(), at.line()), (file!(), line));
}

#[test]
fn the_hessian_of_several_numbers_is_refused_at_the_callers_line() {
    let told = message(|| hessian(|[x]| x * x, &[Tensor::from([1.0, 2.0])]));
    assert!(told.contains("a single number"), "{told}");
}

#[test]
fn parameters_print_as_a_summary_table() {
    let mut parameters = Parameters::new(0);
    parameters.add("hidden.weight", Tensor::zeros([10, 50]));
    let beta = parameters.add("swiglu.beta", Tensor::scalar(1.0));
    parameters.freeze(beta);
    assert_eq!(
        parameters.to_string(),
        "parameter      shape                count\n\
         hidden.weight  [10, 50]               500\n\
         swiglu.beta    []                       1  frozen\n\
         total                                 501"
    );
}

#[test]
fn initial_values_depend_on_seed_and_name_alone() {
    let draw = |seed, name| Tensor::<f32>::normal([4], 0.0, 1.0, Parameters::new(seed).key(name));
    assert_eq!(draw(1, "a"), draw(1, "a"));
    assert_ne!(draw(1, "a"), draw(1, "b"));
    assert_ne!(draw(1, "a"), draw(2, "a"));
    assert_ne!(Key::new(1).fold_in(2), Key::new(2).fold_in(1));
}

#[test]
fn a_number_that_the_scalar_type_cannot_hold_is_refused() {
    let tape = Tape::<f32>::default();
    let x = tape.variable(Tensor::from([0.0, 1.0]));
    let tiny = "1e-50 would be 0 in this scalar type";
    let refused: [(&dyn Fn(), &str); 7] = [
        (&|| _ = x + 1e-50, tiny),
        (&|| _ = x.maximum(1e-50), tiny),
        (&|| _ = x.gt(1e-50), tiny),
        (&|| _ = x.clamp(1e-50, 1.0), tiny),
        (&|| _ = x.pad(&[(1, 0)], 1e-50), tiny),
        (&|| _ = x * 1e300, "1e300 would be inf in this scalar type"),
        (&|| _ = x * -1e300, "-1e300 would be -inf in this scalar type"),
    ];
    for (operation, expected) in refused {
        let found = message(operation);
        assert!(found.starts_with(expected), "{found}");
    }
    // What the type can say itself is taken as it is.
    let edges = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-45, 3.4e38];
    edges.into_iter().for_each(|number| assert!((x + number).value().len() == 2));
}
