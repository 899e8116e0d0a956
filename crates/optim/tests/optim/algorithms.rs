//! Each optimizer against its paper, written down for a single number, and against PyTorch.

use approx::{assert_relative_eq, relative_eq};
use autograd::{Parameters, Tape};
use optim::{Adam, AdamW, GradientError, Lion, Optimizer, RmsProp, Schedule, Sgd};
use proptest::prelude::*;
use tensor::{Key, Tensor};

use crate::{Run, gradients, runs};

/// The optimizers below follow this schedule, and the papers' algorithms [`eta`].
fn schedule() -> Schedule {
    Schedule::linear(0.1, 8)
}

fn eta(step: usize) -> f64 {
    0.1 * (1.0 - step as f64 / 8.0)
}

/// The gradients that one number gets, each with the number of the step.
type Given<'a> = &'a mut dyn Iterator<Item = (usize, f64)>;

/// Kingma and Ba (2015), Algorithm 1; with `lambda`, Loshchilov and Hutter (2019), Algorithm 2.
fn adam([beta1, beta2]: [f64; 2], epsilon: f64, lambda: f64, mut theta: f64, given: Given) -> f64 {
    let (mut m, mut v, mut t) = (0.0, 0.0, 0);
    for (step, g) in given {
        t += 1;
        m = beta1 * m + (1.0 - beta1) * g;
        v = beta2 * v + (1.0 - beta2) * g.powi(2);
        let m_hat = m / (1.0 - beta1.powi(t));
        let v_hat = v / (1.0 - beta2.powi(t));
        theta -= eta(step) * (m_hat / (v_hat.sqrt() + epsilon) + lambda * theta);
    }
    theta
}

/// Descent with decoupled decay.
fn plain(lambda: f64, mut theta: f64, given: Given) -> f64 {
    for (step, g) in given {
        theta -= eta(step) * (g + lambda * theta);
    }
    theta
}

/// As the PyTorch manual has it; the first `b` is `g`. With decoupled decay.
fn momentum(mu: f64, nesterov: bool, lambda: f64, mut theta: f64, given: Given) -> f64 {
    let mut b = None;
    for (step, g) in given {
        let next = b.map_or(g, |b| mu * b + g);
        let direction = if nesterov { g + mu * next } else { next };
        theta -= eta(step) * (direction + lambda * theta);
        b = Some(next);
    }
    theta
}

/// As the PyTorch manual has it, without momentum and not centered; with decoupled decay.
fn rmsprop(alpha: f64, epsilon: f64, lambda: f64, mut theta: f64, given: Given) -> f64 {
    let mut v = 0.0;
    for (step, g) in given {
        v = alpha * v + (1.0 - alpha) * g.powi(2);
        theta -= eta(step) * lambda * theta;
        theta -= eta(step) * g / (v.sqrt() + epsilon);
    }
    theta
}

/// Chen et al. (2023), Algorithm 2.
fn lion([beta1, beta2]: [f64; 2], lambda: f64, mut theta: f64, given: Given) -> f64 {
    let mut m = 0.0;
    for (step, g) in given {
        let c: f64 = beta1 * m + (1.0 - beta1) * g;
        let sign = if c == 0.0 { 0.0 } else { c.signum() };
        theta -= eta(step) * (sign + lambda * theta);
        m = beta2 * m + (1.0 - beta2) * g;
    }
    theta
}

/// Runs the optimizer, and the algorithm on every number by itself. The algorithm gets the number
/// of the parameter, the start and the gradients.
fn assert_follows(
    run: &Run,
    mut optimizer: impl Optimizer<f64>,
    algorithm: impl Fn(usize, f64, Given) -> f64,
) -> Result<(), TestCaseError> {
    let mut parameters = run.parameters();
    run.play(0..run.steps(), &mut optimizer, &mut parameters);
    prop_assert_eq!(optimizer.steps(), run.steps() as u64);
    for (id, name, found) in parameters.iter() {
        let start = run.starts[id.index()].to_vec();
        let given: Vec<_> =
            run.gradients[id.index()].iter().map(|g| g.as_ref().map(Tensor::to_vec)).collect();
        for (k, &found) in found.values().iter().enumerate() {
            let mut of_this =
                given.iter().enumerate().filter_map(|(s, g)| Some((s, g.as_ref()?[k])));
            let expected = algorithm(id.index(), start[k], &mut of_this);
            prop_assert!(
                relative_eq!(found, expected, epsilon = 1e-12, max_relative = 1e-12),
                "{name}, element {k}: {found}, not {expected}"
            );
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn adam_is_algorithm_1(
        run in runs(),
        betas in [0.0..0.99, 0.0..0.9999],
        epsilon in 1e-8..1e-2,
    ) {
        let optimizer = Adam::new(schedule()).betas(betas[0], betas[1]).epsilon(epsilon);
        assert_follows(&run, optimizer, |_, theta, given| adam(betas, epsilon, 0.0, theta, given))?;
    }

    #[test]
    fn the_defaults_of_adam_are_the_papers(run in runs()) {
        assert_follows(&run, Adam::new(schedule()), |_, theta, given| {
            adam([0.9, 0.999], 1e-8, 0.0, theta, given)
        })?;
    }

    #[test]
    fn adamw_decays_what_the_rule_says(run in runs(), lambda in 0.0..0.5, odd in any::<bool>()) {
        let decayed = if odd { "p1" } else { "p0" };
        let optimizer = AdamW::new(schedule()).decay(lambda).decays(move |name, _| name == decayed);
        assert_follows(&run, optimizer, |parameter, theta, given| {
            let lambda = if parameter == usize::from(odd) { lambda } else { 0.0 };
            adam([0.9, 0.999], 1e-8, lambda, theta, given)
        })?;
    }

    #[test]
    fn without_decay_adamw_is_adam(run in runs()) {
        let mut with = run.parameters::<f32>();
        let mut without = with.clone();
        let mut adamw = AdamW::new(0.1).decay(0.0).betas(0.8, 0.9).epsilon(1e-6);
        run.play(0..run.steps(), &mut adamw, &mut with);
        let mut adam = Adam::new(0.1).betas(0.8, 0.9).epsilon(1e-6);
        run.play(0..run.steps(), &mut adam, &mut without);
        for id in with.ids() {
            prop_assert_eq!(with.get(id), without.get(id));
        }
    }

    #[test]
    fn rmsprop_divides_by_the_root_of_a_mean_of_squares(
        run in runs(),
        alpha in 0.0..0.999,
        epsilon in 1e-8..1e-2,
        lambda in 0.0..0.5,
    ) {
        let optimizer =
            RmsProp::new(schedule()).alpha(alpha).epsilon(epsilon).decay(lambda).decays(|_, _| true);
        assert_follows(&run, optimizer, |_, theta, given| {
            rmsprop(alpha, epsilon, lambda, theta, given)
        })?;
    }

    #[test]
    fn lion_is_algorithm_2(run in runs(), betas in [0.0..0.99, 0.0..0.999], lambda in 0.0..0.5) {
        let optimizer =
            Lion::new(schedule()).betas(betas[0], betas[1]).decay(lambda).decays(|_, _| true);
        assert_follows(&run, optimizer, |_, theta, given| lion(betas, lambda, theta, given))?;
    }

    #[test]
    fn the_defaults_of_rmsprop_are_pytorchs_and_those_of_lion_the_papers(run in runs()) {
        assert_follows(&run, RmsProp::new(schedule()), |_, theta, given| {
            rmsprop(0.99, 1e-8, 0.0, theta, given)
        })?;
        assert_follows(&run, Lion::new(schedule()), |_, theta, given| {
            lion([0.9, 0.99], 0.0, theta, given)
        })?;
    }

    #[test]
    fn sgd_descends(run in runs(), lambda in prop_oneof![Just(0.0), 0.0..0.5]) {
        let optimizer = Sgd::new(schedule()).decay(lambda).decays(|_, _| true);
        assert_follows(&run, optimizer, |_, theta, given| plain(lambda, theta, given))?;
    }

    #[test]
    fn sgd_with_momentum_keeps_going(run in runs(), mu in 0.01..0.99, lambda in prop_oneof![Just(0.0), 0.0..0.5]) {
        let optimizer = Sgd::new(schedule()).momentum(mu).decay(lambda).decays(|_, _| true);
        assert_follows(&run, optimizer, |_, theta, given| momentum(mu, false, lambda, theta, given))?;
    }

    #[test]
    fn sgd_with_nesterov_momentum_looks_ahead(run in runs(), mu in 0.01..0.99) {
        let optimizer = Sgd::new(schedule()).momentum(mu).nesterov();
        assert_follows(&run, optimizer, |_, theta, given| momentum(mu, true, 0.0, theta, given))?;
    }

    /// Sutskever et al. (2013), equations 3 and 4, whose gradient is taken at θ + μ v: for a
    /// constant rate our parameters are that point.
    #[test]
    fn nesterov_is_that_of_sutskever_et_al(mu in 0.01..0.99, start in -2.0..2.0) {
        let slope = |x: f64| 2.0 * x;
        let mut parameters = Parameters::with_seed(0);
        let x = parameters.add("x", Tensor::scalar(start));
        let mut sgd = Sgd::new(0.1).momentum(mu).nesterov();
        let (mut theta, mut v) = (start, 0.0);
        for _ in 0..5 {
            let g = Tensor::scalar(slope(parameters.get(x).item()));
            let gradients = gradients(&parameters, &[Some(g)]);
            sgd.step(&mut parameters, &gradients);
            v = mu * v - 0.1 * slope(theta + mu * v);
            theta += v;
            assert_relative_eq!(parameters.get(x).item(), theta + mu * v, epsilon = 1e-12);
        }
    }
}

#[test]
fn weights_decay_by_default_and_biases_do_not() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let weight = parameters.add("hidden.weight", Tensor::ones([1, 2]));
    let bias = parameters.add("hidden.bias", Tensor::ones([2]));
    let unused = parameters.add("unused.weight", Tensor::ones([2, 2]));
    let zeros = [Some(Tensor::zeros([1, 2])), Some(Tensor::zeros([2])), None];
    let gradients = gradients(&parameters, &zeros);
    AdamW::new(0.5).step(&mut parameters, &gradients);
    assert_eq!(parameters.get(weight), &Tensor::full([1, 2], 1.0 - 0.5 * 0.01));
    assert_eq!(parameters.get(bias), &Tensor::ones([2]));
    assert_eq!(parameters.get(unused), &Tensor::ones([2, 2]));
}

#[test]
fn a_parameter_counts_its_own_updates() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let (early, late) =
        (parameters.add("a", Tensor::scalar(0.0)), parameters.add("b", Tensor::scalar(0.0)));
    let mut adam = Adam::new(0.1);
    for given in [[Some(Tensor::scalar(2.0)), None], [None, Some(Tensor::scalar(2.0))]] {
        let gradients = gradients(&parameters, &given);
        adam.step(&mut parameters, &gradients);
    }
    assert_eq!(parameters.get(early), parameters.get(late));
}

/// Five steps from [1, −2] on these gradients. The numbers are from PyTorch 2.15, in `float64`:
///
/// ```python
/// def run(make):
///     x = torch.nn.Parameter(torch.tensor([1.0, -2.0])); o = make([x])
///     for g in G: x.grad = torch.tensor(g); o.step()
///     print(x.tolist())
/// run(lambda p: torch.optim.Adam(p, lr=0.1))
/// run(lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.8, 0.95), eps=1e-3))
/// run(lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.2))
/// run(lambda p: torch.optim.AdamW([{"params": p, "lr": 0.01, "weight_decay": 0.3}], lr=0.1))
/// run(lambda p: torch.optim.RMSprop(p, lr=0.1))
/// run(lambda p: torch.optim.RMSprop(p, lr=0.1, alpha=0.9, eps=1e-3))
/// run(lambda p: torch.optim.SGD(p, lr=0.1))
/// run(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9))
/// run(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True))
/// ```
#[test]
fn five_steps_are_those_of_pytorch() {
    let grouped = AdamW::new(0.1).group("p*", |group| group.rate_scale(0.1).decay(0.3));
    let optimizers: [(Box<dyn Optimizer<f64>>, [f64; 2]); 9] = [
        (Box::new(Adam::new(0.1)), [0.7582399153602003, -1.9799381681283121]),
        (
            Box::new(Adam::new(0.1).betas(0.8, 0.95).epsilon(1e-3)),
            [0.7709122706890821, -1.984231132763891],
        ),
        (
            Box::new(AdamW::new(0.1).decay(0.2).decays(|_, _| true)),
            [0.675331018191361, -1.792198158853683],
        ),
        (Box::new(grouped), [0.9611150361771856, -1.9682418665790808]),
        (Box::new(RmsProp::new(0.1)), [0.21579164559989394, -1.7339349179053516]),
        (
            Box::new(RmsProp::new(0.1).alpha(0.9).epsilon(1e-3)),
            [0.7641778243892483, -1.9166220231214794],
        ),
        (Box::new(Sgd::new(0.1)), [1.0125, -2.0626]),
        (Box::new(Sgd::new(0.1).momentum(0.9)), [0.6509699999999999, -2.173561]),
        (Box::new(Sgd::new(0.1).momentum(0.9).nesterov()), [0.698373, -2.2188049000000003]),
    ];
    let given = [[0.5, -1.0], [-0.25, 2.0], [1.5, 1e-3], [0.125, -0.75], [-2.0, 0.375]];
    let run = Run {
        starts: vec![Tensor::from([1.0, -2.0])],
        gradients: vec![given.map(|g| Some(Tensor::from(g))).to_vec()],
    };
    for (mut optimizer, expected) in optimizers {
        let mut parameters = run.parameters();
        run.play(0..5, &mut *optimizer, &mut parameters);
        let (_, _, found) = parameters.iter().next().expect("one parameter");
        assert_relative_eq!(*found, Tensor::from(expected), epsilon = 1e-14, max_relative = 1e-14);
    }
}

#[test]
fn all_find_the_bottom_of_a_bowl() {
    let optimizers: [Box<dyn Optimizer<f32>>; 7] = [
        Box::new(RmsProp::new(Schedule::linear(0.1, 400))),
        Box::new(Lion::new(Schedule::linear(0.1, 400))),
        Box::new(Sgd::new(0.02)),
        Box::new(Sgd::new(0.01).momentum(0.9)),
        Box::new(Sgd::new(0.01).momentum(0.9).nesterov()),
        Box::new(Adam::new(Schedule::cosine(0.1, 400))),
        Box::new(AdamW::new(Schedule::linear(0.1, 400).warm_up(20)).decay(1e-4)),
    ];
    let bottom = Tensor::from([[1.0, -2.0, 0.5]]);
    for mut optimizer in optimizers {
        let mut parameters = Parameters::with_seed(0);
        let x = parameters.add("x", Tensor::zeros([1, 3]));
        for _ in 0..500 {
            let gradients = {
                let tape = Tape::default();
                let error = tape.parameter(&parameters, x) - tape.constant(bottom.clone());
                let steepness = tape.constant(Tensor::from([1.0, 5.0, 20.0]));
                (error * error * steepness).sum_all().backward()
            };
            optimizer.step(&mut parameters, &gradients);
        }
        assert_relative_eq!(*parameters.get(x), bottom, epsilon = 1e-3);
    }
}

/// The sign of zero is zero.
#[test]
fn lion_does_not_move_where_the_gradient_is_zero() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let x = parameters.add("x", Tensor::from([1.0, 1.0]));
    let gradients = gradients(&parameters, &[Some(Tensor::from([0.0, -0.0]))]);
    Lion::new(0.1).step(&mut parameters, &gradients);
    assert_eq!(parameters.get(x).to_vec(), [1.0, 1.0]);
}

/// 1 − η λ would be rounded to 1 − 1.19e-7, so that the weights decay a fifth too fast.
#[test]
fn a_small_decay_is_not_rounded_in_f32() {
    const STEPS: u64 = 20_000;
    let mut parameters = Parameters::new(0);
    let x = parameters.add("x", Tensor::uniform([8, 8], 0.5..1.0, Key::new(0)));
    let before = parameters.get(x).clone();
    let mut adam = AdamW::new(1e-5);
    for step in 0..STEPS {
        let tape = Tape::new();
        let slopes = tape.constant(Tensor::normal([8, 8], 0.0, 1.0, Key::new(step)));
        let gradients = (tape.parameter(&parameters, x) * slopes).sum_all().backward();
        drop(tape);
        adam.step(&mut parameters, &gradients);
    }
    let mut exact = Parameters::<f64>::with_seed(0);
    let y = exact.add("x", before.cast());
    let mut adam = AdamW::new(1e-5);
    for step in 0..STEPS {
        let tape = Tape::default();
        let slopes = Tensor::<f32>::normal([8, 8], 0.0, 1.0, Key::new(step));
        let slopes = tape.constant(slopes.cast());
        let gradients = (tape.parameter(&exact, y) * slopes).sum_all().backward();
        drop(tape);
        adam.step(&mut exact, &gradients);
    }
    let change = |x: &Tensor<f64>| (x - before.cast::<f64>()).mean_all().item();
    assert_relative_eq!(
        change(&parameters.get(x).cast()),
        change(exact.get(y)),
        max_relative = 0.02
    );
}

/// The weight after steps with these gradients, at a rate of 0.1.
fn steps_of_adam(gradients: &[f32]) -> f32 {
    let mut parameters = Parameters::new(0);
    let x = parameters.add("x", Tensor::from([0.0]));
    let mut adam = Adam::new(0.1);
    for &g in gradients {
        let tape = Tape::new();
        let slope = tape.constant(Tensor::from([g]));
        let gradients = (tape.parameter(&parameters, x) * slope).sum_all().backward();
        drop(tape);
        adam.step(&mut parameters, &gradients);
    }
    parameters.get(x).item()
}

/// The values are PyTorch's.
#[test]
fn adam_goes_on_after_a_huge_gradient() {
    let gradients = [1.0, 1e19, 1.0, 1.0];
    for (steps, expected) in [(1, -0.1), (2, -0.1744), (3, -0.2319), (4, -0.2791)] {
        let found = steps_of_adam(&gradients[..steps]);
        assert!((found - expected).abs() < 1e-4, "{steps} steps: {found}, not {expected}");
    }
}

/// The largest gradient whose square is finite, again and again, and the next larger number.
#[test]
fn the_mean_of_squares_stays_finite_after_any_number_of_huge_gradients() {
    let largest = f32::MAX.sqrt();
    assert!(
        (largest * largest).is_finite() && (largest.next_up() * largest.next_up()).is_infinite()
    );
    let optimizers: [Box<dyn Optimizer<f32>>; 2] =
        [Box::new(Adam::new(0.1).betas(0.9, 0.99)), Box::new(RmsProp::new(0.1))];
    for mut optimizer in optimizers {
        let mut parameters = Parameters::new(0);
        parameters.add("x", Tensor::from([0.0]));
        let mut step = |g: f32| {
            let gradients = gradients(&parameters, &[Some(Tensor::from([f64::from(g)]))]);
            optimizer.try_step(&mut parameters, &gradients)
        };
        // After this many steps they do not change the mean any more.
        (0..2_000).for_each(|_| step(largest).unwrap());
        step(largest.next_up()).unwrap_err();
        let mean = optimizer.state(&parameters).tensors["v.x"].item();
        assert!(mean > 0.99 * f32::MAX && mean.is_finite(), "{mean}");
    }
}

#[test]
fn adam_refuses_a_gradient_whose_square_is_infinite() {
    let mut parameters = Parameters::new(0);
    let small = parameters.add("small", Tensor::from([1.0]));
    let large = parameters.add("large", Tensor::from([1.0, 2.0]));
    let gradients = {
        let tape = Tape::new();
        let slopes = tape.constant(Tensor::from([1.0, -1e22]));
        let large = tape.parameter(&parameters, large);
        ((large * slopes).sum_all() + tape.parameter(&parameters, small).sum_all()).backward()
    };
    for mut adam in [Adam::new(0.1), Adam::new(0.1).lazy()] {
        let error = adam.try_step(&mut parameters, &gradients).unwrap_err().to_string();
        assert_eq!(
            error,
            "the gradient of the parameter `large` is -1e22 at position 1, and its square is too \
             large for this scalar type: clip the gradients or lower the learning rate"
        );
        let step = std::panic::AssertUnwindSafe(|| adam.step(&mut parameters, &gradients));
        assert!(std::panic::catch_unwind(step).is_err());
        assert_eq!(parameters.get(small), &Tensor::from([1.0]));
        assert_eq!(parameters.get(large), &Tensor::from([1.0, 2.0]));
        assert_eq!(adam.steps(), 0);
    }
    assert!(AdamW::new(0.1).try_step(&mut parameters, &gradients).is_err());
    let rmsprop = RmsProp::new(0.1).try_step(&mut parameters, &gradients).unwrap_err();
    let GradientError::TooLarge { name, position, .. } = rmsprop else { panic!("{rmsprop}") };
    assert_eq!((name.as_str(), position), ("large", 1));
    assert!(Lion::new(0.1).try_step(&mut parameters.clone(), &gradients).is_ok());
    assert!(Sgd::new(0.1).try_step(&mut parameters, &gradients).is_ok());
}
