//! Laws of differentiation, for all shapes and layouts.
//!
//! The laws that a single VJP obeys, such as that it is linear, are part of every gradient check;
//! see `check/laws.rs`. Those below relate several functions, or several tapes.

use approx::assert_relative_eq;
use autograd::functional::{Dual, grad, jacobian, value_and_grad};
use autograd::{Gradients, Parameters, Tape, Var};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use tensor::strategy::{broadcastable_shapes, narrower_shape, shapes, tensors};
use tensor::{Key, Scalar, Tensor, shape};

fn assert_same(found: &Tensor<f64>, expected: &Tensor<f64>) {
    assert_relative_eq!(*found, *expected, epsilon = 1e-12, max_relative = 1e-12);
}

fn numbers(shape: Vec<usize>) -> impl Strategy<Value = Tensor<f64>> {
    tensors(shape, -2.0..2.0)
}

fn any_tensor() -> impl Strategy<Value = Tensor<f64>> {
    shapes(3, 3).prop_flat_map(numbers)
}

fn matrix(rows: usize, columns: usize) -> impl Strategy<Value = Tensor<f64>> {
    numbers(vec![rows, columns])
}

/// A random cotangent for `y`.
fn cotangent(y: Var<'_, f64>) -> Tensor<f64> {
    Tensor::normal(y.shape(), 0.0, 1.0, Key::new(1))
}

/// The value of a function, and its VJP with a random cotangent.
fn value_and_vjp<const N: usize, F>(
    inputs: &[Tensor<f64>; N],
    function: F,
) -> (Tensor<f64>, [Tensor<f64>; N])
where
    F: for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
{
    let tape = Tape::default();
    let x = inputs.each_ref().map(|x| tape.variable(x.clone()));
    let y = function(x);
    let gradients = y.vjp(cotangent(y));
    (y.value(), x.map(|x| gradients.of(x)))
}

/// Asserts that two functions agree in value and in the gradients of all inputs.
fn assert_same_function<const N: usize, F, G>(inputs: &[Tensor<f64>; N], found: F, expected: G)
where
    F: for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
    G: for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
{
    let (found, expected) = (value_and_vjp(inputs, found), value_and_vjp(inputs, expected));
    assert_same(&found.0, &expected.0);
    found.1.iter().zip(&expected.1).for_each(|(found, expected)| assert_same(found, expected));
}

// Rules of calculus.

proptest! {
    /// J(g ∘ f)(x) = J g(f(x)) · J f(x), for f: [2, 3] → [2, 2], g: [2, 2] → [3].
    #[test]
    fn the_jacobian_of_a_composition_is_the_product_of_jacobians(
        (x, w, a) in (matrix(2, 3), matrix(3, 2), matrix(4, 3))
    ) {
        let tape = Tape::no_grad();
        let (at, middle) = ([x.clone()], [inner(tape.constant(x), &w).value()]);
        let [of_f] = jacobian(|[x]| inner(x, &w), &at).map(|j| j.reshape([4, 6]));
        let [of_g] = jacobian(|[x]| outer(x, &a), &middle).map(|j| j.reshape([3, 4]));
        let [of_both] = jacobian(|[x]| outer(inner(x, &w), &a), &at);
        assert_same(&of_both.reshape([3, 6]), &of_g.matmul(&of_f));
    }

    /// ∇(f g) = f ∇g + g ∇f, ∇(f + g) = ∇f + ∇g.
    #[test]
    fn sums_and_products_of_functions_have_leibniz_gradients(x in any_tensor()) {
        fn f<'t>([x]: [Var<'t, f64>; 1]) -> Var<'t, f64> {
            x.sin().sum_all()
        }
        fn g<'t>([x]: [Var<'t, f64>; 1]) -> Var<'t, f64> {
            x.powi(3).sum_all()
        }
        let at = [x];
        let (f_value, df) = value_and_grad(f, &at);
        let (g_value, dg) = value_and_grad(g, &at);
        assert_same(&grad(|x| f(x) + g(x), &at)[0], &(&df[0] + &dg[0]));
        assert_same(
            &grad(|x| f(x) * g(x), &at)[0],
            &(&dg[0] * f_value + &df[0] * g_value),
        );
    }

    #[test]
    fn inverse_functions_cancel_in_value_and_gradient(x in shapes(3, 3).prop_flat_map(
        |shape| tensors(shape, 0.1..3.0)
    )) {
        let at = [x];
        assert_same_function(&at, |[x]| x.exp().ln(), |[x]| x);
        assert_same_function(&at, |[x]| x.ln().exp(), |[x]| x);
        assert_same_function(&at, |[x]| x.powi(2).sqrt(), |[x]| x.abs());
        assert_same_function(&at, |[x]| -(-x), |[x]| x.powi(-1).powi(-1));
    }

    #[test]
    fn the_gradient_of_a_sum_is_ones_and_of_a_mean_its_share(x in any_tensor()) {
        let at = [x.clone()];
        prop_assert_eq!(&grad(|[x]| x.sum_all(), &at)[0], &Tensor::ones(x.shape()));
        prop_assume!(!x.is_empty());
        let share = Tensor::full(x.shape(), 1.0 / x.len() as f64);
        prop_assert_eq!(&grad(|[x]| x.mean_all(), &at)[0], &share);
    }
}

fn inner<'t>(x: Var<'t, f64>, w: &Tensor<f64>) -> Var<'t, f64> {
    x.matmul(x.tape().constant(w.clone())).tanh()
}

fn outer<'t>(x: Var<'t, f64>, a: &Tensor<f64>) -> Var<'t, f64> {
    x.reshape([1, 4]).matmul(x.tape().constant(a.clone())).reshape([3]).exp()
}

// Moves and their adjoints: the VJP of a move is the move back.

proptest! {
    #[test]
    fn broadcasting_is_explicit_expansion((a, b) in broadcastable_shapes(3, 3).prop_flat_map(
        |(a, b)| (tensors(a, 0.5..2.0), tensors(b, 0.5..2.0))
    )) {
        let wide = shape::broadcast(a.shape(), b.shape()).expect("drawn to broadcast");
        let inputs = [a, b];
        for op in [
            |a, b| a + b,
            |a, b| a - b,
            |a, b| a * b,
            |a, b| a / b,
            |a, b| Var::maximum(a, b),
        ] as [for<'t> fn(Var<'t, f64>, Var<'t, f64>) -> Var<'t, f64>; 5]
        {
            assert_same_function(
                &inputs,
                |[x, y]| op(x, y),
                |[x, y]| op(x.expand(&wide), y.expand(&wide)),
            );
        }
    }

    #[test]
    fn expand_and_sum_are_each_others_adjoint(
        (narrow, wide) in shapes(3, 3).prop_flat_map(|wide| {
            let narrow = narrower_shape(wide.clone()).prop_flat_map(numbers);
            (narrow, numbers(wide))
        })
    ) {
        let tape = Tape::default();
        let x = tape.variable(narrow.clone());
        let expanded = x.expand(wide.shape());
        prop_assert_eq!(&expanded.vjp(wide.clone()).of(x), &wide.sum_to(narrow.shape()));

        let y = tape.variable(wide.clone());
        let rank = wide.rank() as isize;
        let missing: Vec<isize> = (0..rank - narrow.rank() as isize).collect();
        let summed = y.sum(&missing);
        let u = cotangent(summed);
        prop_assert_eq!(&summed.vjp(u.clone()).of(y), &u.expand(wide.shape()));
    }

    #[test]
    fn gather_and_scatter_are_each_others_adjoint(
        (table, rows, ids) in (1..5usize, shapes(2, 3), shapes(2, 4)).prop_flat_map(
            |(count, row, batch)| {
                let ids = vec(0..count as u32, shape::len(&batch));
                let rows = [batch.as_slice(), row.as_slice()].concat();
                let ids = ids.prop_map(move |ids| Tensor::new(&batch, ids));
                (numbers([&[count], row.as_slice()].concat()), numbers(rows), ids)
            }
        )
    ) {
        let tape = Tape::default();
        let (x, y) = (tape.variable(table.clone()), tape.variable(rows.clone()));
        let count = table.shape()[0];
        let of_gather = x.gather_rows(&ids).vjp(rows.clone()).of(x);
        prop_assert_eq!(&of_gather, &rows.scatter_add_rows(&ids, count));
        let of_scatter = y.scatter_add_rows(&ids, count).vjp(table.clone()).of(y);
        prop_assert_eq!(&of_scatter, &table.gather_rows(&ids));
    }

    #[test]
    fn the_gradient_of_a_view_is_the_cotangent_moved_back(
        (x, order) in any_tensor().prop_flat_map(|x| {
            let order: Vec<isize> = (0..x.rank() as isize).collect();
            (Just(x), Just(order).prop_shuffle())
        })
    ) {
        let tape = Tape::default();
        let v = tape.variable(x.clone());
        let (flat, permuted) = (v.reshape([x.len()]), v.permute(&order));
        let u = cotangent(flat);
        prop_assert_eq!(&flat.vjp(u.clone()).of(v), &u.reshape(x.shape()));
        let back: Vec<isize> = (0..x.rank() as isize)
            .map(|axis| order.iter().position(|&k| k == axis).expect("a permutation") as isize)
            .collect();
        let u = cotangent(permuted);
        prop_assert_eq!(&permuted.vjp(u.clone()).of(v), &u.permute(&back));
    }

    #[test]
    fn parts_and_their_union_exchange_their_gradients(
        (x, pick) in (any_tensor(), any::<[Index; 2]>())
    ) {
        prop_assume!(x.rank() > 0);
        let at = pick[0].index(x.rank());
        let (axis, length) = (at as isize, x.shape()[at]);
        let cut = pick[1].index(length + 1);
        let tape = Tape::default();
        let v = tape.variable(x.clone());
        let (head, tail) = (v.slice(axis, 0..cut), v.slice(axis, cut..length));
        let u = Tensor::normal(x.shape(), 0.0, 1.0, Key::new(1));
        // A slice alone: zeros outside.
        let (inside, outside) = (u.slice(axis, ..cut), u.slice(axis, cut..));
        let padded = Tensor::concat(&[inside.clone(), Tensor::zeros(outside.shape())], axis);
        prop_assert_eq!(&head.vjp(inside).of(v), &padded);
        // Cut and joined again: as if nothing had been done.
        let joined = Var::concat(&[head, tail], axis);
        prop_assert_eq!(&joined.vjp(u.clone()).of(v), &u);
        // Each part of a union gets its own.
        let [a, b] = [x.slice(axis, ..cut), x.slice(axis, cut..)].map(|part| tape.variable(part));
        let gradients = Var::concat(&[a, b], axis).vjp(u.clone());
        prop_assert_eq!(&gradients.of(a), &u.slice(axis, ..cut));
        prop_assert_eq!(&gradients.of(b), &u.slice(axis, cut..));
    }
}

// The matrix product.

proptest! {
    /// Ā[i, k] = Σⱼ Ȳ[i, j] B[k, j], B̄[k, j] = Σᵢ A[i, k] Ȳ[i, j].
    #[test]
    fn the_gradients_of_a_matrix_product_are_its_sums_by_index(
        (a, b, u) in (1..5usize, 0..5usize, 1..5usize).prop_flat_map(
            |(m, k, n)| (matrix(m, k), matrix(k, n), matrix(m, n))
        )
    ) {
        let tape = Tape::default();
        let (x, y) = (tape.variable(a.clone()), tape.variable(b.clone()));
        let gradients = x.matmul(y).vjp(u.clone());
        let (m, k, n) = (a.shape()[0], a.shape()[1], b.shape()[1]);
        let (of_a, of_b) = (gradients.of(x), gradients.of(y));
        for l in 0..k {
            for i in 0..m {
                let sum: f64 = (0..n).map(|j| u.get([i, j]) * b.get([l, j])).sum();
                assert_relative_eq!(of_a.get([i, l]), sum, epsilon = 1e-12);
            }
            for j in 0..n {
                let sum: f64 = (0..m).map(|i| a.get([i, l]) * u.get([i, j])).sum();
                assert_relative_eq!(of_b.get([l, j]), sum, epsilon = 1e-12);
            }
        }
    }

    #[test]
    fn the_matrix_product_is_associative_distributive_and_transposes_in_reverse(
        (a, b, c, d) in vec(0..4usize, 4).prop_flat_map(|n| {
            (matrix(n[0], n[1]), matrix(n[1], n[2]), matrix(n[2], n[3]), matrix(n[1], n[2]))
        })
    ) {
        assert_same_function(
            &[a.clone(), b.clone(), c],
            |[a, b, c]| a.matmul(b).matmul(c),
            |[a, b, c]| a.matmul(b.matmul(c)),
        );
        assert_same_function(
            &[a.clone(), b.clone(), d],
            |[a, b, d]| a.matmul(b + d),
            |[a, b, d]| a.matmul(b) + a.matmul(d),
        );
        assert_same_function(
            &[a, b],
            |[a, b]| a.matmul(b).t(),
            |[a, b]| b.t().matmul(a.t()),
        );
    }
}

// Programs: random sequences of ops on 3×3 matrices, each on results of earlier ones.

/// An op, and the two earlier results that it reads.
type Step = (usize, Index, Index);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec((0..10usize, any::<Index>(), any::<Index>()), 1..12)
}

fn two_matrices() -> impl Strategy<Value = [Tensor<f64>; 2]> {
    (matrix(3, 3), matrix(3, 3)).prop_map(|(a, b)| [a, b])
}

/// The sum of all results of a program, which none of its steps lets grow.
fn run<'t, T: Scalar>(steps: &[Step], x: &[Var<'t, T>]) -> Var<'t, T> {
    let mut results = x.to_vec();
    for (op, first, second) in steps {
        let (a, b) = (*first.get(&results), *second.get(&results));
        results.push(match op {
            0 => (a + b) * 0.5,
            1 => a - b.tanh(),
            2 => a.sin() * b.sigmoid(),
            3 => a.matmul(b).tanh(),
            4 => a / (b.powi(2) + b.tape().number(1.0)),
            5 => (-a.abs()).exp(),
            6 => a.t().maximum(b),
            7 => Var::concat(&[b.slice(0, 1..3), a.slice(0, 0..1)], 0),
            8 => a.sum(&[0]).cos() * b,
            _ => a.gather_rows(&Tensor::from([2, 0, 2])) * b.max(&[1]).reshape([3, 1]).sigmoid(),
        });
    }
    results.into_iter().reduce(|sum, result| sum + result).expect("the inputs at least")
}

/// The gradients of a program on a tape that may have been used before.
fn gradients_on(tape: &Tape<f64>, steps: &[Step], inputs: &[Tensor<f64>]) -> Vec<Tensor<f64>> {
    let x: Vec<Var<f64>> = inputs.iter().map(|x| tape.variable(x.clone())).collect();
    let y = run(steps, &x);
    let gradients = y.vjp(cotangent(y));
    x.iter().map(|&x| gradients.of(x)).collect()
}

proptest! {
    /// ⟨u, J v⟩ = ⟨Jᵀ u, v⟩.
    #[test]
    fn forward_and_reverse_mode_agree_on_any_program(steps in steps(), inputs in two_matrices()) {
        let v = ["v", "w"].map(|name| Tensor::normal([3, 3], 0.0, 1.0, Key::new(2).stream(name)));
        let tape = Tape::default();
        let moving = [0, 1].map(|i| tape.variable(Dual::tensor(&inputs[i], &v[i])));
        let jv = Dual::tangents(&run(&steps, &moving).value());
        let u = Tensor::normal(jv.shape(), 0.0, 1.0, Key::new(1));
        let forward = (&u * &jv).sum_all().item();
        let gradients = gradients_on(&Tape::default(), &steps, &inputs);
        let products = [0, 1].map(|i| &gradients[i] * &v[i]);
        let reverse: f64 = products.iter().map(|product| product.sum_all().item()).sum();
        let size: f64 = products.iter().map(|p| p.abs().sum_all().item()).sum();
        prop_assert!((forward - reverse).abs() <= 1e-12 * size.max(1.0), "{forward} {reverse}");
    }

    #[test]
    fn a_no_grad_tape_gives_bitwise_the_values_of_a_recording_one(
        steps in steps(), inputs in two_matrices()
    ) {
        let value_on = |tape: Tape<f64>| {
            let x = inputs.each_ref().map(|x| tape.variable(x.clone()));
            run(&steps, &x).value().to_vec()
        };
        prop_assert_eq!(value_on(Tape::no_grad()), value_on(Tape::default()));
    }

    #[test]
    fn gradients_are_bitwise_the_same_on_a_tape_used_before(
        steps in steps(), inputs in two_matrices(), before in two_matrices()
    ) {
        let mut used = Tape::default();
        gradients_on(&used, &steps, &before);
        used.clear();
        let fresh = gradients_on(&Tape::default(), &steps, &inputs);
        prop_assert_eq!(gradients_on(&used, &steps, &inputs), fresh.clone());
        // And after other nodes, which are not part of the result.
        prop_assert_eq!(gradients_on(&used, &steps, &inputs), fresh);
    }

    #[test]
    fn freeing_the_nodes_changes_no_bit(steps in steps(), inputs in two_matrices()) {
        let mut parameters = Parameters::<f64>::with_seed(0);
        let mut add = |name, value: &Tensor<f64>| parameters.add(name, value.clone());
        let ids = [add("a", &inputs[0]), add("b", &inputs[1])];
        let bits = |gradients: &Gradients<f64>| ids.map(|id| gradients.get(id).cloned());
        let mut tape = Tape::default();
        let kept = {
            let x = ids.map(|id| tape.parameter(&parameters, id));
            bits(&run(&steps, &x).sum_all().backward())
        };
        for _ in 0..2 {
            tape.clear();
            let result = {
                let x = ids.map(|id| tape.parameter(&parameters, id));
                run(&steps, &x).sum_all().id()
            };
            prop_assert_eq!(&bits(&tape.backward_freeing(result)), &kept);
        }
    }

    /// Two programs on one tape: which one is recorded first does not matter.
    #[test]
    fn the_order_of_recording_does_not_matter(
        f in steps(), g in steps(), inputs in two_matrices()
    ) {
        assert_same_function(
            &inputs,
            |x| {
                let (first, second) = (run(&f, &x), run(&g, &x));
                first + second
            },
            |x| {
                let (second, first) = (run(&g, &x), run(&f, &x));
                first + second
            },
        );
    }
}
