//! Forward mode and what is built on it, against closed forms and against each other.

use approx::assert_relative_eq;
use autograd::check;
use autograd::functional::{
    Dual, grad, hessian, hvp, jacobian, jvp, parameters, value_and_grad, vjp,
};
use autograd::{ParameterId, Parameters, Pass, Var};
use proptest::prelude::*;
use tensor::strategy::tensors;
use tensor::{Key, Scalar, Tensor};

/// Carries a second derivative, and by nesting once more a third.
type Second = Dual<Dual<f64>>;
type Third = Dual<Second>;

/// x as a number whose derivative along itself is 1, at every level.
fn second(x: f64) -> Second {
    Dual::new(Dual::new(x, 1.0), Dual::new(1.0, 0.0))
}

fn third(x: f64) -> Third {
    Dual::new(second(x), Dual::ONE)
}

fn assert_close(found: f64, expected: f64) {
    assert_relative_eq!(found, expected, epsilon = 1e-12, max_relative = 1e-12);
}

fn assert_same(found: &Tensor<f64>, expected: &Tensor<f64>) {
    assert_relative_eq!(*found, *expected, epsilon = 1e-12, max_relative = 1e-12);
}

/// A smooth function with an output of shape `[3]`, that mixes all entries of `x` `[3]` and `a`
/// `[2, 3]`.
fn mixing<'t, T: Scalar>([x, a]: [Var<'t, T>; 2]) -> Var<'t, T> {
    (x * a).tanh().sum(&[0]) + x.exp() * a.powi(2).sum_all()
}

fn mixing_inputs() -> [Tensor<f64>; 2] {
    [drawn([3], "x"), drawn([2, 3], "a")]
}

fn drawn(shape: impl AsRef<[usize]>, name: &str) -> Tensor<f64> {
    Tensor::normal(shape, 0.0, 1.0, Key::new(0).stream(name))
}

/// The mean is taken of all that the two carry, whichever of them comes first.
#[test]
fn the_larger_of_two_equal_duals_of_duals_moves_by_the_mean() {
    let x = Dual::new(Dual::new(1.0, 2.0), Dual::new(3.0, 5.0));
    let y = Dual::<Dual<f64>>::from_f64(1.0);
    for larger in [x.maximum(y), y.maximum(x), x.minimum(y), y.minimum(x)] {
        let Dual { value, tangent } = larger;
        let parts = [value.value, value.tangent, tangent.value, tangent.tangent];
        assert_eq!(parts, [1.0, 1.0, 1.5, 2.5]);
    }
}

#[test]
fn the_slope_and_curvature_of_exp_of_a_cube() {
    let x = [Tensor::scalar(0.5)];
    let one = [Tensor::scalar(1.0)];
    let (value, slope) = value_and_grad(|[x]| (x * x * x).exp(), &x);
    assert_eq!(value, 0.125f64.exp());
    assert_relative_eq!(slope[0].item(), 0.849861, epsilon = 1e-6);
    let (same_value, same_slope) = jvp(|[x]| (x * x * x).exp(), &x, &one);
    assert_eq!((same_value.item(), same_slope.item()), (value, slope[0].item()));
    let curvature = hvp(|[x]| (x * x * x).exp(), &x, &one);
    assert_relative_eq!(curvature[0].item(), 4.036841, epsilon = 1e-6);
    assert_eq!(hessian(|[x]| (x * x * x).exp(), &x)[0][0], curvature[0]);
}

/// f(x) = ½ xᵀ A x + bᵀ x, so ∇f = ½ (A + Aᵀ) x + b and H = ½ (A + Aᵀ).
#[test]
fn a_quadratic_form_has_its_matrix_for_a_hessian() {
    fn form<'t, T: Scalar>(x: Var<'t, T>, a: &Tensor<f64>, b: &Tensor<f64>) -> Var<'t, T> {
        let (a, b) = (x.tape().constant(a.cast()), x.tape().constant(b.cast()));
        let column = x.reshape([4, 1]);
        (column.t().matmul(a).matmul(column) * 0.5 + b.matmul(column)).sum_all()
    }
    let (a, b) = (drawn([4, 4], "A"), drawn([1, 4], "b"));
    let (x, v) = ([drawn([4], "x")], [drawn([4], "v")]);
    let symmetric = (&a + a.t()) * 0.5;
    let times = |v: &Tensor<f64>| symmetric.matmul(&v.reshape([4, 1])).reshape([4]);
    assert_same(&grad(|[x]| form(x, &a, &b), &x)[0], &(times(&x[0]) + b.reshape([4])));
    assert_same(&hvp(|[x]| form(x, &a, &b), &x, &v)[0], &times(&v[0]));
    assert_same(&hessian(|[x]| form(x, &a, &b), &x)[0][0], &symmetric);
}

/// The rule n xⁿ⁻¹ would give 0 · ∞ there.
#[test]
fn the_power_0_is_flat_at_0_too() {
    let at = [Tensor::from([0.0, 2.0])];
    assert_eq!(grad(|[x]| x.powi(0).sum_all(), &at)[0], Tensor::zeros([2]));
    assert_eq!(jacobian(|[x]| x.powi(0), &at)[0], Tensor::zeros([2, 2]));
    assert_eq!(Dual::new(0.0, 1.0).powi(0), Dual::new(1.0, 0.0));
}

#[test]
fn a_linear_map_is_its_own_jacobian() {
    let (a, x, v) = (drawn([3, 4], "A"), [drawn([4, 1], "x")], [drawn([4, 1], "v")]);
    let j = jacobian(|[x]| x.tape().constant(a.clone()).matmul(x), &x);
    assert_eq!(j[0].shape(), [3, 1, 4, 1]);
    assert_same(&j[0].reshape([3, 4]), &a);
    let (value, derivative) = jvp(|[x]| x.tape().constant(a.cast()).matmul(x), &x, &v);
    assert_same(&value, &a.matmul(&x[0]));
    assert_same(&derivative, &a.matmul(&v[0]));
}

/// ⟨u, J v⟩ = ⟨Jᵀ u, v⟩: one sums over the inputs first, the other over the outputs.
#[test]
fn reverse_mode_is_the_transpose_of_forward_mode() {
    let inputs = mixing_inputs();
    let (u, v) = (drawn([3], "u"), [drawn([3], "v"), drawn([2, 3], "w")]);
    let dot = |a: &Tensor<f64>, b: &Tensor<f64>| (a * b).sum_all().item();
    let (value, jv) = jvp(mixing, &inputs, &v);
    let (same_value, [of_x, of_a]) = vjp(mixing, &inputs, &u);
    assert_same(&value, &same_value);
    assert_close(dot(&u, &jv), dot(&of_x, &v[0]) + dot(&of_a, &v[1]));
}

#[test]
fn the_vjp_of_the_cotangent_1_is_the_gradient() {
    let inputs = mixing_inputs();
    let one = Tensor::scalar(1.0);
    let (value, gradient) = vjp(|x| mixing(x).sum_all(), &inputs, &one);
    assert_eq!((value.item(), gradient), value_and_grad(|x| mixing(x).sum_all(), &inputs));
}

/// Reverse mode gives the rows of the Jacobian, forward mode its columns.
#[test]
fn rows_by_reverse_mode_are_columns_by_forward_mode() {
    let inputs = mixing_inputs();
    let rows = jacobian(mixing, &inputs);
    for (i, input) in inputs.iter().enumerate() {
        let matrix = rows[i].reshape([3, input.len()]);
        for k in 0..input.len() {
            let mut tangents = inputs.each_ref().map(|input| Tensor::zeros(input.shape()));
            tangents[i].as_mut_slice()[k] = 1.0;
            let (_, column) = jvp(mixing, &inputs, &tangents);
            assert_same(&column, &matrix.slice(1, k..k + 1).reshape([3]));
        }
    }
}

#[test]
fn hessians_are_symmetric_and_made_of_hessian_vector_products() {
    fn f<'t, T: Scalar>(x: [Var<'t, T>; 2]) -> Var<'t, T> {
        mixing(x).powi(2).sum_all()
    }
    let inputs = mixing_inputs();
    let blocks = hessian(f, &inputs);
    for i in 0..2 {
        for j in 0..2 {
            let (rows, columns) = (inputs[i].len(), inputs[j].len());
            let block = blocks[i][j].reshape([rows, columns]);
            assert_same(&block, &blocks[j][i].reshape([columns, rows]).t());
        }
    }
    let v = [drawn([3], "v"), drawn([2, 3], "w")];
    let product = hvp(f, &inputs, &v);
    for i in 0..2 {
        let by_block = |j: usize| {
            let block = blocks[i][j].reshape([inputs[i].len(), inputs[j].len()]);
            block.matmul(&v[j].reshape([v[j].len(), 1])).reshape(inputs[i].shape())
        };
        assert_same(&product[i], &(by_block(0) + by_block(1)));
    }
    // And differences of gradients agree.
    let gradient = |x: &Tensor<f64>| {
        let [dx, _] = grad(f, &[x.clone(), inputs[1].clone()]);
        dx
    };
    let step = &v[0] * 1e-5;
    let change = gradient(&(&inputs[0] + &step)) - gradient(&(&inputs[0] - &step));
    let along = hvp(f, &inputs, &[v[0].clone(), Tensor::zeros([2, 3])]);
    assert_relative_eq!(change * 0.5e5, along[0], max_relative = 1e-6, epsilon = 1e-6);
}

/// The model forms, with one parameter frozen: y = w³ · s, s fixed.
#[test]
fn parameters_have_the_same_and_frozen_ones_do_not_move() {
    let mut at = Parameters::with_seed(0);
    let w = at.add("w", Tensor::from([1.0, 2.0, -0.5]));
    let s = at.add("s", Tensor::from([3.0, -1.0, 4.0]));
    at.freeze(s);
    fn cubes<T: Scalar>(pass: Pass<'_, T>, w: ParameterId, s: ParameterId) -> Var<'_, T> {
        pass.parameter(w).powi(3) * pass.parameter(s)
    }
    let direction = at.map(|_, _| Tensor::ones([3]));

    let (value, gradient) = parameters::value_and_grad(|pass| cubes(pass, w, s).sum_all(), &at);
    assert_eq!(value, 3.0 - 8.0 - 0.5);
    assert_eq!(*gradient.get(w), Tensor::from([9.0, -12.0, 3.0]));
    assert_eq!(*gradient.get(s), Tensor::zeros([3]));

    let cotangent = Tensor::from([1.0, 0.0, 2.0]);
    let (value, gradient) = parameters::vjp(|pass| cubes(pass, w, s), &at, &cotangent);
    assert_eq!(value, Tensor::from([3.0, -8.0, -0.5]));
    assert_eq!(*gradient.get(w), Tensor::from([9.0, 0.0, 6.0]));
    assert_eq!(*gradient.get(s), Tensor::zeros([3]));

    let (value, derivative) = parameters::jvp(|pass| cubes(pass, w, s), &at, &direction);
    assert_eq!(value, Tensor::from([3.0, -8.0, -0.5]));
    assert_eq!(derivative, Tensor::from([9.0, -12.0, 3.0]));

    let product = parameters::hvp(|pass| cubes(pass, w, s).sum_all(), &at, &direction);
    assert_eq!(*product.get(w), Tensor::from([18.0, -12.0, -12.0]));
    assert_eq!(*product.get(s), Tensor::zeros([3]));

    let rows = parameters::jacobian(|pass| cubes(pass, w, s), &at);
    assert_eq!(rows[0], Tensor::from([[9.0, 0.0, 0.0], [0.0, -12.0, 0.0], [0.0, 0.0, 3.0]]));
    assert_eq!(rows[1], Tensor::zeros([3, 3]));

    let blocks = parameters::hessian(|pass| cubes(pass, w, s).sum_all(), &at);
    assert_eq!(
        blocks[0][0],
        Tensor::from([[18.0, 0.0, 0.0], [0.0, -12.0, 0.0], [0.0, 0.0, -12.0]])
    );
    for frozen in [&blocks[0][1], &blocks[1][0], &blocks[1][1]] {
        assert_eq!(*frozen, Tensor::zeros([3, 3]));
    }
}

#[test]
fn empty_tensors_have_empty_derivatives() {
    let inputs = [Tensor::<f64>::zeros([0, 2]), Tensor::from([1.0])];
    let tangents = [Tensor::zeros([0, 2]), Tensor::from([1.0])];
    let (value, derivative) = jvp(|[x, y]| x * y, &inputs, &tangents);
    assert_eq!((value.shape(), derivative.shape()), ([0, 2].as_slice(), [0, 2].as_slice()));
    let rows = jacobian(|[x, y]| x * y, &inputs);
    assert_eq!((rows[0].shape(), rows[1].shape()), ([0, 2, 0, 2].as_slice(), [0, 2, 1].as_slice()));
    let (sum, gradient) = value_and_grad(|[x, y]| (x * y).sum_all(), &inputs);
    assert_eq!((sum, gradient[0].shape(), gradient[1].item()), (0.0, [0, 2].as_slice(), 0.0));
    let blocks = hessian(|[x, y]| (x * y).sum_all(), &inputs);
    assert_eq!((blocks[0][1].shape(), blocks[1][1].item()), ([0, 2, 1].as_slice(), 0.0));
    assert_eq!(hvp(|[x, y]| (x * y).sum_all(), &inputs, &tangents)[1].item(), 0.0);
}

/// d/dx (∂/∂y x y² at y = 1) = 2: inside, x does not move along y, but along itself it does.
#[test]
fn a_number_that_is_held_still_keeps_the_tangents_it_has() {
    let slope_in_y = |[x]: [Var<'_, Dual<f64>>; 1]| {
        let x = Dual::still(&x.value());
        let along_y = [Tensor::scalar(Dual::ONE)];
        let (_, slope) = jvp(|[y]| y.powi(2) * y.tape().constant(x.clone()), &along_y, &along_y);
        slope
    };
    let x = tensor::Tensor::scalar(Dual::new(3.0, 1.0));
    let tape = autograd::Tape::no_grad();
    let slope = slope_in_y([tape.constant(x)]).item();
    assert_eq!((slope.value, slope.tangent), (6.0, 2.0));
}

#[test]
fn an_unused_input_has_derivative_zero() {
    let inputs = [Tensor::scalar(2.0), Tensor::from([1.0, 2.0])];
    assert_eq!(grad(|[x, _]| x.powi(2), &inputs)[1], Tensor::zeros([2]));
    assert_eq!(jacobian(|[x, _]| x.powi(2), &inputs)[1], Tensor::zeros([2]));
    assert_eq!(hessian(|[x, _]| x.powi(2), &inputs)[1][1], Tensor::zeros([2, 2]));
}

#[test]
#[should_panic(
    expected = "the direction has shapes [[2]], the parameters [[3]]: they must be equal"
)]
fn a_direction_of_another_shape_is_refused() {
    jvp(|[x]| x.exp(), &[Tensor::<f64>::zeros([3])], &[Tensor::zeros([2])]);
}

#[test]
#[should_panic(expected = "vjp: the cotangent has shape [2], the result [3]: they must be equal")]
fn a_cotangent_of_another_shape_is_refused() {
    vjp(|[x]| x.exp(), &[Tensor::<f64>::zeros([3])], &Tensor::zeros([2]));
}

#[test]
#[should_panic(
    expected = "if functional::jvp made it for your function, differentiate twice with functional::hvp"
)]
fn a_walk_back_inside_of_jvp_is_sent_to_hvp() {
    let (at, direction) = ([Tensor::<f64>::scalar(2.0)], [Tensor::scalar(1.0)]);
    jvp(|[x]| x.tape().constant(x.powi(3).backward().of(x)), &at, &direction);
}

/// Reverse mode over duals of duals: ∇f with its first and second derivative along a direction.
#[test]
fn the_tape_over_nested_duals_gives_third_derivatives() {
    // f = x⁴ sin x, f' = 4x³ sin x + x⁴ cos x, and so on by Leibniz.
    let x = 0.7f64;
    let (sin, cos) = x.sin_cos();
    let first = 4.0 * x.powi(3) * sin + x.powi(4) * cos;
    let f2 = 12.0 * x.powi(2) * sin + 8.0 * x.powi(3) * cos - x.powi(4) * sin;
    let f3 = 24.0 * x * sin + 36.0 * x.powi(2) * cos - 12.0 * x.powi(3) * sin - x.powi(4) * cos;
    let slope = grad(|[x]| x.powi(4) * x.sin(), &[Tensor::scalar(second(x))])[0].item();
    assert_close(slope.value.value, first);
    assert_close(slope.value.tangent, f2);
    assert_close(slope.tangent.value, f2);
    assert_close(slope.tangent.tangent, f3);
}

#[test]
fn duals_of_duals_of_duals_give_third_derivatives() {
    // d³/dx³ x⁵ = 60 x².
    let y: Third = third(1.5).powi(5);
    assert_close(y.tangent.tangent.tangent, 60.0 * 2.25);
    // d³/dx³ e^(2x) = 8 e^(2x).
    let y: Third = (third(0.3) + third(0.3)).exp();
    assert_close(y.tangent.tangent.tangent, 8.0 * 0.6f64.exp());
}

/// A function of [`Scalar`], where it is smooth, and its first and second derivative.
struct Known {
    name: &'static str,
    function: fn(Second) -> Second,
    domain: std::ops::Range<f64>,
    derivatives: fn(f64) -> [f64; 2],
}

const KNOWN: &[Known] = &[
    Known {
        name: "abs",
        function: Scalar::abs,
        domain: -9.0..9.0,
        derivatives: |x| [x.signum(), 0.0],
    },
    Known {
        name: "sqrt",
        function: Scalar::sqrt,
        domain: 0.01..9.0,
        derivatives: |x| [0.5 / x.sqrt(), -0.25 / (x * x.sqrt())],
    },
    Known {
        name: "exp",
        function: Scalar::exp,
        domain: -30.0..30.0,
        derivatives: |x| [x.exp(), x.exp()],
    },
    Known {
        name: "ln",
        function: Scalar::ln,
        domain: 0.01..99.0,
        derivatives: |x| [1.0 / x, -1.0 / (x * x)],
    },
    Known {
        name: "ln_1p",
        function: Scalar::ln_1p,
        domain: -0.99..99.0,
        derivatives: |x| [1.0 / (1.0 + x), -1.0 / (1.0 + x).powi(2)],
    },
    Known {
        name: "sin",
        function: Scalar::sin,
        domain: -30.0..30.0,
        derivatives: |x| [x.cos(), -x.sin()],
    },
    Known {
        name: "cos",
        function: Scalar::cos,
        domain: -30.0..30.0,
        derivatives: |x| [-x.sin(), -x.cos()],
    },
    Known {
        name: "tanh",
        function: Scalar::tanh,
        domain: -30.0..30.0,
        derivatives: |x| {
            let slope = 1.0 / x.cosh().powi(2);
            [slope, -2.0 * x.tanh() * slope]
        },
    },
    Known {
        name: "erf",
        function: Scalar::erf,
        domain: -6.0..6.0,
        derivatives: |x| {
            let slope = std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp();
            [slope, -2.0 * x * slope]
        },
    },
    Known {
        name: "sigmoid",
        function: Scalar::sigmoid,
        domain: -30.0..30.0,
        derivatives: |x| {
            let slope = 0.25 / (0.5 * x).cosh().powi(2);
            [slope, -(0.5 * x).tanh() * slope]
        },
    },
    Known {
        name: "powi 3",
        function: |x| x.powi(3),
        domain: -9.0..9.0,
        derivatives: |x| [3.0 * x * x, 6.0 * x],
    },
    Known {
        name: "powi 1",
        function: |x| x.powi(1),
        domain: -9.0..9.0,
        derivatives: |_| [1.0, 0.0],
    },
    Known {
        name: "powi 0",
        function: |x| x.powi(0),
        domain: -9.0..9.0,
        derivatives: |_| [0.0, 0.0],
    },
    Known {
        name: "powi -2",
        function: |x| x.powi(-2),
        domain: 0.1..9.0,
        derivatives: |x| [-2.0 * x.powi(-3), 6.0 * x.powi(-4)],
    },
    Known { name: "negation", function: |x| -x, domain: -9.0..9.0, derivatives: |_| [-1.0, 0.0] },
    Known {
        name: "the reciprocal",
        function: |x| Second::ONE / x,
        domain: 0.1..9.0,
        derivatives: |x| [-1.0 / (x * x), 2.0 / x.powi(3)],
    },
    Known {
        name: "x² − x / (x + 2)",
        function: |x| x * x - x / (x + Second::from_f64(2.0)),
        domain: -1.0..9.0,
        derivatives: |x| [2.0 * x - 2.0 / (x + 2.0).powi(2), 2.0 + 4.0 / (x + 2.0).powi(3)],
    },
];

proptest! {
    #[test]
    fn every_function_of_a_dual_has_its_analytic_derivatives(place in 0.0..1.0f64) {
        for Known { name, function, domain, derivatives } in KNOWN {
            let x = domain.start + place * (domain.end - domain.start);
            let found = function(second(x));
            let [first, second] = derivatives(x);
            for (found, expected) in [
                (found.value.tangent, first),
                (found.tangent.value, first),
                (found.tangent.tangent, second),
            ] {
                prop_assert!(
                    (found - expected).abs() <= 1e-13 * expected.abs().max(1.0),
                    "{name} at {x}: {found}, not {expected}"
                );
            }
        }
    }

    /// Branches of a program are taken by value; the tangent follows the branch.
    #[test]
    fn duals_compare_by_value_and_choose_with_their_tangents(
        (a, b) in (-2..3i32, -2..3i32), (da, db) in (-9.0..9.0f64, -9.0..9.0f64)
    ) {
        let (a, b) = (f64::from(a), f64::from(b));
        let (x, y) = (Dual::new(a, da), Dual::new(b, db));
        prop_assert_eq!(x.partial_cmp(&y), a.partial_cmp(&b));
        prop_assert_eq!(x == y, a == b);
        let (larger, smaller) = (x.maximum(y), x.minimum(y));
        prop_assert_eq!((larger.value, smaller.value), (a.max(b), a.min(b)));
        let expected = match a.total_cmp(&b) {
            std::cmp::Ordering::Less => (db, da),
            std::cmp::Ordering::Equal => ((da + db) / 2.0, (da + db) / 2.0),
            std::cmp::Ordering::Greater => (da, db),
        };
        prop_assert_eq!((larger.tangent, smaller.tangent), expected);
    }

    /// The products by the fast kernel, against the definition by the rules of a dual. A factor may not move, or
    /// move in its second derivative alone.
    #[test]
    fn a_product_of_dual_matrices_is_its_definition(
        (a, b, da, db) in (0..4usize, 0..4usize, 0..4usize).prop_flat_map(
            |(m, k, n)| {
                let draw = |shape: [usize; 2]| tensors(shape.to_vec(), -2.0..2.0);
                (draw([m, k]), draw([k, n]), draw([m, k]), draw([k, n]))
            }
        ),
        moves in any::<[bool; 2]>(),
        is_transposed in any::<[bool; 2]>(),
    ) {
        let moving = |x: &Tensor<f64>, which: usize| x * f64::from(u8::from(moves[which]));
        let (x, y) = (Dual::tensor(&a, &moving(&da, 0)), Dual::tensor(&b, &moving(&db, 1)));
        let product = laid_out(&x, is_transposed[0]).matmul(&laid_out(&y, is_transposed[1]));
        let expected = by_loops(&x, &y);
        assert_same(&Dual::values(&product), &Dual::values(&expected));
        assert_same(&Dual::tangents(&product), &Dual::tangents(&expected));

        let still = |x: &Tensor<f64>| Tensor::zeros(x.shape());
        let second = |dx: &Tensor<f64>| Dual::tensor(&still(dx), dx);
        let parts = |x: &Tensor<Second>| -> Vec<Tensor<f64>> {
            let (value, tangent) = (Dual::values(x), Dual::tangents(x));
            [&value, &tangent].iter().flat_map(|x| [Dual::values(x), Dual::tangents(x)]).collect()
        };
        for (dx, dy) in [(x.powi(2), y.sin()), (second(&da), second(&moving(&db, 1)))] {
            let (x, y) = (Dual::tensor(&x, &dx), Dual::tensor(&y, &dy));
            for (found, expected) in parts(&x.matmul(&y)).iter().zip(&parts(&by_loops(&x, &y))) {
                assert_same(found, expected);
            }
        }
    }
}

/// The same matrix, by column in memory if it is to be transposed.
fn laid_out<T: Scalar>(x: &Tensor<T>, is_transposed: bool) -> Tensor<T> {
    if is_transposed { x.t().contiguous().t() } else { x.clone() }
}

fn by_loops<T: Scalar>(a: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
    let (m, k, n) = (a.shape()[0], a.shape()[1], b.shape()[1]);
    let mut product = Tensor::zeros([m, n]);
    for i in 0..m {
        for j in 0..n {
            for l in 0..k {
                product.as_mut_slice()[i * n + j] += a.get([i, l]) * b.get([l, j]);
            }
        }
    }
    product
}

#[test]
fn nan_is_never_lost() {
    let (nan, one) = (Dual::new(f64::NAN, 0.0), Dual::new(1.0, 0.0));
    for x in [nan.maximum(one), one.maximum(nan), nan.minimum(one), one.minimum(nan)] {
        assert!(x.value.is_nan());
    }
    assert!(!Dual::new(1.0, f64::INFINITY).is_finite() && !nan.is_finite() && one.is_finite());
}

#[test]
fn a_dual_prints_value_and_tangent() {
    assert_eq!(Dual::new(1.5, -2.0).to_string(), "1.5-2ε");
    assert_eq!(format!("{:.2}", Dual::new(1.0, 0.125)), "1.00+0.12ε");
    assert_eq!(format!("{:.1e}", Dual::new(1500.0, 1.0)), "1.5e3+1.0e0ε");
    let nested = Dual::new(Dual::new(1.0, 2.0), Dual::new(-3.0, 4.0));
    assert_eq!(nested.to_string(), "(1+2ε)+(-3+4ε)ε");
}

/// PyTorch's conventions, in forward mode as in the VJP of `pow`. The mixed second derivative is not
/// lost where the exponent is 0.
#[test]
fn powers_at_zero_have_the_slopes_of_their_conventions() {
    let one = |x: f64| Dual::new(x, 1.0);
    let slope = |x: Dual<f64>, p: Dual<f64>| x.powf(p).tangent;
    let still = Dual::from_f64;
    assert_eq!(slope(one(0.0), still(0.0)), 0.0);
    assert_eq!(slope(one(0.0), still(1.0)), 1.0);
    assert_eq!(slope(still(0.0), one(2.0)), 0.0);
    assert_eq!(slope(still(0.0), one(0.0)), 0.0);
    assert_eq!(slope(one(-2.0), still(3.0)), 12.0);
    assert!(slope(one(-2.0), one(3.0)).is_nan());
    fn power<'t, T: Scalar>([x, p]: [Var<'t, T>; 2]) -> Var<'t, T> {
        x.pow(p).sum_all()
    }
    let second = hessian(power, &[Tensor::from([2.0]), Tensor::from([0.0])]);
    assert_close(second[0][1].item(), 0.5);
    assert_close(second[1][1].item(), 2f64.ln().powi(2));
}

/// At the edge of its domain a function may have an infinite slope, and ∞ · 0 is NaN. A constant there does
/// not move, so neither does what is computed from it.
#[test]
fn a_constant_at_the_edge_of_a_function_does_not_move() {
    fn edges<T: Scalar>(zero: T) -> [(&'static str, T); 10] {
        let infinite = T::ONE / zero;
        [
            ("sqrt", zero.sqrt()),
            ("ln", zero.ln()),
            ("ln_1p", (zero - T::ONE).ln_1p()),
            ("powi", zero.powi(-1)),
            ("powf", zero.powf(T::from_f64(-0.5))),
            ("the quotient 1/0", infinite),
            ("the quotient 0/0", zero / zero),
            ("the product ∞ · 0", zero.ln() * zero),
            ("sin", infinite.sin()),
            ("exp", infinite.exp()),
        ]
    }
    for (name, y) in edges(Dual::<f64>::ZERO) {
        assert_eq!(y.tangent, 0.0, "{name}");
    }
    for (name, y) in edges(Second::ZERO) {
        let tangents = [y.value.tangent, y.tangent.value, y.tangent.tangent];
        assert_eq!(tangents, [0.0; 3], "{name}");
    }
    let moving = Dual::new(1.0, 2.0);
    assert_eq!((moving / Dual::ZERO).tangent, f64::INFINITY, "what moves still does");
    assert_eq!(Dual::new(0.0, 2.0).sqrt().tangent, f64::INFINITY);
}

#[test]
fn derivatives_through_constants_at_the_edge_of_a_function_are_finite() {
    fn roots<'t, T: Scalar>(x: Var<'t, T>) -> Var<'t, T> {
        x * x.tape().constant(Tensor::from([0.0, 4.0]).cast()).sqrt()
    }
    let (x, v) = ([Tensor::from([3.0, 3.0])], [Tensor::ones([2])]);
    assert_eq!(jvp(|[x]| roots(x), &x, &v).1, Tensor::from([0.0, 2.0]));
    assert_eq!(hvp(|[x]| (x * roots(x)).sum_all(), &x, &v)[0], Tensor::from([0.0, 4.0]));

    // A mask of ones and zeros, as logarithms.
    fn masked<'t, T: Scalar>(x: Var<'t, T>) -> Var<'t, T> {
        let mask = x.tape().constant(Tensor::from([0.0, 1.0]).cast());
        (x + mask.ln()).logsumexp(&[0])
    }
    assert_eq!(jvp(|[x]| masked(x), &x, &v).1.item(), 1.0);
    check::inputs(&x, |[x]| masked(x)).assert();
}

/// The base 0 is not the only one where xᵖ⁻¹ is not finite.
#[test]
fn the_exponent_0_is_flat_whatever_the_base_is() {
    fn bases<T: Scalar>(tiny: T) -> Tensor<T> {
        let others = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -2.0, 2.0];
        Tensor::concat(&[&Tensor::from([tiny, -tiny]), &Tensor::from(others).cast()], 0)
    }
    fn assert_flat<T: Scalar>(x: &Tensor<T>) {
        let still = Tensor::zeros(x.shape());
        let x = std::array::from_ref(x);
        let slopes = grad(|[x]| x.pow(0.0).sum_all(), x);
        assert_eq!(slopes[0], still);
        let ones = [Tensor::ones(still.shape())];
        assert_eq!(jvp(|[x]| x.pow(0.0), x, &ones).1, still);
        assert_eq!(hvp(|[x]| x.pow(0.0).sum_all(), x, &ones)[0], still);
    }
    assert_flat(&bases(f32::from_bits(1)));
    assert_flat(&bases(f64::from_bits(1)));
    // The reciprocal of these is finite, but its square is not.
    assert_flat(&bases(1e-20f32));
    assert_flat(&bases(1e-160f64));

    // ∂²(xᵖ)/∂x∂p = 1/x at p = 0, by the tangent of p, for every base that has a reciprocal.
    let p = Dual::new(0.0, 1.0);
    let mixed = grad(
        |[x]| x.pow(x.tape().constant(Tensor::scalar(p))).sum_all(),
        &[Tensor::from([4.0, 0.5]).cast::<Dual<f64>>()],
    );
    assert_eq!(Dual::values(&mixed[0]), Tensor::zeros([2]));
    assert_eq!(Dual::tangents(&mixed[0]), Tensor::from([0.25, 2.0]));
}

/// What is chosen by a comparison with 0 may be 0 now and move.
#[test]
fn a_factor_of_0_that_moves_is_not_passed_over() {
    let moving = |value: f64| Dual::new(value, 3.0);
    let x = Tensor::from([2.0, 5.0]).cast::<Dual<f64>>();
    let mask = Tensor::from([moving(0.0), Dual::ZERO]);
    assert_eq!(Dual::tangents(&x.mask(&mask)), Tensor::from([6.0, 0.0]));

    // By an angle of 0 that grows: (a, b) moves along (−b, a).
    let pair = x.reshape([1, 1, 2]);
    let (cos, sin) = (Tensor::from([[Dual::ONE]]), Tensor::from([[moving(0.0)]]));
    let rotated = pair.rotate_halves(&cos, &sin);
    assert_eq!(Dual::tangents(&rotated).to_vec(), [-15.0, 6.0]);
}

/// Where the largest of all is −∞ no element stands out from a start of −∞.
#[test]
fn the_tangent_of_an_infinite_extreme_is_shared_as_its_gradient_is() {
    fn check<'f>(
        f: impl for<'t> Fn(Var<'t, Dual<f64>>) -> Var<'t, Dual<f64>> + 'f,
        x: Tensor<f64>,
    ) {
        let still = x.cast::<Dual<f64>>();
        let [gradient] = grad(|[x]| f(x).sum_all(), &[still]);
        for k in 0..x.len() {
            let mut along = Tensor::zeros(x.shape());
            along.as_mut_slice()[k] = 1.0;
            let (value, tangent) = jvp(|[x]| f(x), std::array::from_ref(&x), &[along]);
            assert!(value.item().is_infinite());
            assert_close(tangent.item(), gradient.to_vec()[k].value);
        }
    }
    for infinite in [f64::INFINITY, f64::NEG_INFINITY] {
        for equal in 1..40 {
            let x = Tensor::full([equal], infinite);
            check(|x| x.max(&[0]), x.clone());
            check(|x| x.min(&[0]), x);
        }
    }
    check(|x| x.max(&[0]), Tensor::from([1.0, f64::INFINITY, f64::INFINITY, f64::INFINITY]));
    check(|x| x.min(&[0]), Tensor::from([1.0, f64::NEG_INFINITY, 2.0]));
}

/// Its second derivative is σ′(0) = ¼, where a formula with |x| would have 0.
#[test]
fn softplus_is_smooth_at_zero() {
    let y = second(0.0).softplus();
    assert_close(y.value.value, 2f64.ln());
    assert_close(y.value.tangent, 0.5);
    assert_close(y.tangent.tangent, 0.25);
}

/// ∂/∂w |∇ₓf|² by a walk over duals, against differences of |∇ₓf|².
#[test]
fn a_walk_over_duals_differentiates_through_a_gradient() {
    fn f<'t, T: Scalar>(x: Var<'t, T>, w: Var<'t, T>) -> Var<'t, T> {
        ((w * x).tanh() * w).sum_all()
    }
    let (x, w) = (drawn([3], "x"), drawn([3], "w"));
    let slopes = |w: &Tensor<f64>| {
        let [slopes] = grad(|[x]| f(x, x.tape().constant(w.clone())), std::array::from_ref(&x));
        slopes
    };
    let moving = Dual::tensor(&x, &(slopes(&w) * 2.0));
    let tape = autograd::Tape::default();
    let weight = tape.variable(w.cast());
    let gradient = Dual::tangents(&f(tape.constant(moving), weight).backward().of(weight));
    for k in 0..3 {
        let penalty = |step: f64| {
            let mut w = w.clone();
            w.as_mut_slice()[k] += step;
            slopes(&w).powi(2).sum_all().item()
        };
        let difference = (penalty(1e-5) - penalty(-1e-5)) / 2e-5;
        assert_relative_eq!(gradient.get([k]), difference, max_relative = 1e-7, epsilon = 1e-9);
    }
}

/// ∂/∂w of a loss of u″ by a walk over duals of duals, against differences of the loss.
#[test]
fn a_walk_over_duals_of_duals_differentiates_a_second_derivative() {
    fn u<'t, T: Scalar>(x: Var<'t, T>, w: Var<'t, T>) -> Var<'t, T> {
        (w * x).sin() * x
    }
    let (x, w) = (drawn([3], "x"), drawn([3], "w"));
    let walk = |w: &Tensor<f64>| {
        let mut parameters = Parameters::with_seed(0);
        let id = parameters.add("w", w.clone());
        let (tape, in_duals) = (autograd::Tape::default(), parameters.cast());
        let u = u(tape.constant(x.map(second)), tape.parameter(&in_duals, id));
        let curvature = u.value().map(|u| u.tangent.tangent);
        let gradients = u.vjp((&curvature * 2.0).cast()).map(|slope| slope.tangent.tangent);
        (curvature.powi(2).sum_all().item(), gradients.get(id).expect("a gradient").clone())
    };
    let (_, gradient) = walk(&w);
    for k in 0..3 {
        let loss = |step: f64| {
            let mut w = w.clone();
            w.as_mut_slice()[k] += step;
            walk(&w).0
        };
        let difference = (loss(1e-5) - loss(-1e-5)) / 2e-5;
        assert_relative_eq!(gradient.get([k]), difference, max_relative = 1e-6, epsilon = 1e-8);
    }
}
