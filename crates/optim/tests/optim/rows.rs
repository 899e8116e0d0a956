//! Steps with the gradients of a few rows of a table have the same result as dense Adam,
//! no matter what is read in between, and a saved state resumes bit for bit.

use autograd::{Gradient, Gradients, ParameterId, Parameters, Pass, Tape};
use optim::{Adam, AdamW, Optimizer, Schedule, Sgd};
use proptest::prelude::*;
use rand::distr::Distribution;
use rand_distr::Zipf;
use tensor::{Key, Scalar, Tensor};

const ROWS: usize = 50;
const WIDTH: usize = 3;

fn table<T: Scalar>() -> (Parameters<T>, ParameterId) {
    let mut parameters = Parameters::with_seed(0);
    let start: Tensor<f64> = Tensor::normal([ROWS, WIDTH], 0.0, 0.05, Key::new(1));
    let id = parameters.add("table", start.cast());
    (parameters, id)
}

/// The ids of one batch: few are frequent, most are rare.
fn batch(step: usize) -> Tensor<u32> {
    let zipf = Zipf::new(ROWS as f64, 1.0).expect("a distribution");
    let mut rng = Key::new(step as u64).rng();
    Tensor::from(std::array::from_fn::<u32, 4, _>(|_| zipf.sample(&mut rng) as u32 - 1))
}

/// Gradients of a batch's rows, drawn by the number of the step.
fn rows_gradients<T: Scalar>(
    parameters: &Parameters<T>,
    id: ParameterId,
    step: usize,
) -> Gradients<T> {
    let tape = Tape::default();
    let pass = Pass::training(&tape, parameters, Key::new(0));
    let rows = pass.rows(id, &batch(step)).rows;
    let drawn: Tensor<f64> = Tensor::normal(rows.shape(), 0.01, 0.1, Key::new(step as u64));
    (rows * tape.constant(drawn.cast())).sum_all().backward()
}

/// The same, written out for the whole table.
fn dense_gradients<T: Scalar>(
    parameters: &Parameters<T>,
    id: ParameterId,
    step: usize,
) -> Gradients<T> {
    let mut gradients = rows_gradients(parameters, id, step);
    for (_, gradient) in gradients.iter_mut() {
        assert!(matches!(gradient, Gradient::Sparse(_)), "what these tests are about");
        *gradient = Gradient::Dense(gradient.dense().clone());
    }
    gradients
}

/// The largest difference of two entries, relative where they are above 1: updates of m/ε make large
/// weights. It is NaN if one of them is.
fn largest_difference<T: Scalar>(a: &Tensor<T>, b: &Tensor<T>) -> f64 {
    let pairs = a.to_vec().into_iter().zip(b.to_vec());
    let pairs = pairs.map(|(a, b)| (a.to_f64(), b.to_f64()));
    pairs.map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, Scalar::maximum)
}

/// The largest difference of two entries, relative to the largest value that each has had: an entry is
/// a sum of updates, and keeps the rounding errors of the time when it was large. It is NaN if one of them is.
fn largest_difference_in<T: Scalar>(a: &Tensor<T>, b: &Tensor<T>, sizes: &Tensor<f64>) -> f64 {
    let entries = a.to_vec().into_iter().zip(b.to_vec()).zip(sizes.to_vec());
    let differences = entries.map(|((a, b), size)| (a.to_f64() - b.to_f64()).abs() / size);
    differences.fold(0.0, Scalar::maximum)
}

/// What happens between two steps, to both runs where it changes values.
#[derive(Clone, Copy, Debug)]
enum Between {
    Nothing,
    ReadRows,
    ReadAll,
    Clone,
    /// The caller changes a value.
    Write,
    CloneOptimizer,
    /// The next step's gradient is dense.
    Dense,
}

fn between() -> impl Strategy<Value = Between> {
    use Between::*;
    prop_oneof![
        40 => Just(Nothing),
        3 => Just(ReadRows),
        1 => Just(ReadAll),
        1 => Just(Clone),
        1 => Just(Write),
        1 => Just(CloneOptimizer),
        1 => Just(Dense),
    ]
}

/// Compares rows with dense Adam, from which they may differ by the rounding of the scalar type, `precision`.
fn assert_as_dense<T: Scalar>(
    adam: &Adam<T>,
    happens: &[Between],
    precision: f64,
) -> Result<(), TestCaseError> {
    let (mut by_rows, mut dense) = (adam.clone(), adam.clone());
    let (mut parameters, id) = table::<T>();
    let mut expected = parameters.clone();
    let mut sizes = Tensor::ones([ROWS, WIDTH]);
    for (step, happens) in happens.iter().enumerate() {
        let mut gradients = rows_gradients(&parameters, id, step);
        match happens {
            Between::Nothing => (),
            Between::ReadRows => {
                let ids = [0, 7, ROWS as u32 - 1, 7];
                let read = parameters.get_rows(id, &ids);
                let ids = Tensor::from(ids);
                let (rows, sizes) = (expected.get(id).gather_rows(&ids), sizes.gather_rows(&ids));
                let difference = largest_difference_in(&read, &rows, &sizes);
                prop_assert!(difference < precision, "step {}: {}", step, difference);
            }
            Between::ReadAll => {
                let difference =
                    largest_difference_in(parameters.get(id), expected.get(id), &sizes);
                prop_assert!(difference < precision, "step {}: {}", step, difference);
            }
            Between::Clone => parameters = parameters.clone(),
            Between::Write => {
                parameters.get_mut(id).as_mut_slice()[0] = T::ONE;
                expected.get_mut(id).as_mut_slice()[0] = T::ONE;
            }
            Between::CloneOptimizer => by_rows = by_rows.clone(),
            Between::Dense => gradients = dense_gradients(&parameters, id, step),
        }
        by_rows.step(&mut parameters, &gradients);
        let gradients = dense_gradients(&expected, id, step);
        dense.step(&mut expected, &gradients);
        sizes = sizes.zip_map(&expected.get(id).cast(), |size: f64, x: f64| size.max(x.abs()));
    }
    let difference = largest_difference_in(parameters.get(id), expected.get(id), &sizes);
    prop_assert!(difference < precision, "at the end: {}", difference);
    Ok(())
}

/// What rounding in `f64` comes to.
const PRECISION: f64 = 1e-12;

fn adams<T: Scalar>(betas: impl Strategy<Value = [f64; 2]>) -> impl Strategy<Value = Adam<T>> {
    let schedules = prop_oneof![
        Just(Schedule::constant(0.001)),
        Just(Schedule::cosine(0.002, 2000).warm_up(100)),
        Just(Schedule::step_decay(0.002, 0.1, 700)),
    ];
    (schedules, betas, prop_oneof![Just(1e-8), Just(1e-3)]).prop_map(
        |(schedule, [beta1, beta2], epsilon)| {
            let adam = Adam::new(schedule).betas(beta1, beta2).epsilon(epsilon);
            adam.group("table", |group| group.rate_scale(0.7))
        },
    )
}

fn betas() -> impl Strategy<Value = [f64; 2]> {
    prop_oneof![
        3 => Just([0.9, 0.999]),
        1 => Just([0.9, 0.98]),
        1 => Just([0.5, 0.9]),
        1 => Just([0.99, 0.999]),
        1 => Just([0.0, 0.99]),
    ]
}

/// An update without a gradient is β₁/√β₂ of the one before, and so does not fade.
const LASTING: [f64; 2] = [0.95, 0.9];

/// Without memory of the squares, an update without a gradient is m/ε: f32 has no 1e-6 there.
const FORGETFUL: [f64; 2] = [0.9, 0.0];

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 50, ..Default::default() })]

    #[test]
    fn two_thousand_steps_are_those_of_dense_adam_in_f64(
        adam in adams::<f64>(prop_oneof![6 => betas(), 1 => Just(LASTING), 1 => Just(FORGETFUL)]),
        happens in proptest::collection::vec(between(), 2000),
    ) {
        assert_as_dense(&adam, &happens, PRECISION)?;
    }

    #[test]
    fn two_thousand_steps_are_those_of_dense_adam_in_f32(
        adam in adams::<f32>(betas()),
        happens in proptest::collection::vec(between(), 2000),
    ) {
        assert_as_dense(&adam, &happens, 1e-6)?;
    }

    /// Dense Adam rounds each of the updates: 2,000 of them by √2000 · 2⁻²⁵ = 1.3e-6 in the mean.
    #[test]
    fn two_thousand_steps_that_last_are_those_of_dense_adam_in_f32(
        adam in adams::<f32>(Just(LASTING)),
        happens in proptest::collection::vec(between(), 2000),
    ) {
        assert_as_dense(&adam, &happens, 6e-6)?;
    }
}

/// A row that waits longer than the optimizer remembers is brought up to date on the way.
#[test]
fn the_past_may_be_longer_than_the_memory() -> Result<(), TestCaseError> {
    assert_as_dense(&Adam::<f64>::new(0.001), &[Between::Nothing; 9000], PRECISION)
}

fn steps<T: Scalar>(
    optimizer: &mut dyn Optimizer<T>,
    parameters: &mut Parameters<T>,
    id: ParameterId,
    steps: std::ops::Range<usize>,
) {
    for step in steps {
        let gradients = rows_gradients(parameters, id, step);
        optimizer.step(parameters, &gradients);
    }
}

fn bits<T: Scalar>(values: &Tensor<T>) -> Vec<u64> {
    values.to_vec().into_iter().map(|x| x.to_f64().to_bits()).collect()
}

/// The optimizers that treat a table's rows each by itself.
fn optimizers<T: Scalar>() -> [Box<dyn Optimizer<T>>; 5] {
    let schedule = || Schedule::cosine(0.01, 150).warm_up(20);
    [
        Box::new(Adam::new(schedule())),
        Box::new(Adam::new(schedule()).group("table", |group| group.rate_scale(0.3))),
        Box::new(Adam::new(schedule()).lazy()),
        Box::new(AdamW::new(schedule()).decays(|_, _| false)),
        Box::new(Sgd::new(schedule())),
    ]
}

/// Stops after `stop` steps, and resumes with what a file would contain: values that are up to date,
/// and the state.
fn assert_resumes<T: Scalar>(stop: usize, write: bool) -> Result<(), TestCaseError> {
    for (mut whole, mut resumed) in optimizers::<T>().into_iter().zip(optimizers()) {
        let (mut expected, id) = table();
        steps(&mut *whole, &mut expected, id, 0..stop);
        if write {
            expected.get_mut(id).as_mut_slice()[0] = T::ONE;
        }
        let mut parameters: Parameters<T> = expected.clone();
        resumed.restore(&parameters, whole.state(&expected))?;
        prop_assert_eq!(resumed.state(&parameters), whole.state(&expected));

        steps(&mut *whole, &mut expected, id, stop..200);
        steps(&mut *resumed, &mut parameters, id, stop..200);
        prop_assert_eq!(bits(parameters.get(id)), bits(expected.get(id)));
        prop_assert_eq!(resumed.state(&parameters), whole.state(&expected));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_resumed_run_is_bit_for_bit_the_uninterrupted_one(stop in 0..200usize, write: bool) {
        assert_resumes::<f32>(stop, write)?;
        assert_resumes::<f64>(stop, write)?;
    }
}

/// A state goes with the values that were saved with it. Others are not overwritten.
#[test]
fn values_changed_after_restoring_are_kept() {
    let (mut parameters, id) = table::<f64>();
    let mut adam = Adam::new(0.01);
    steps(&mut adam, &mut parameters, id, 0..20);
    let state = adam.state(&parameters);
    adam.restore(&parameters, state).expect("a state");
    *parameters.get_mut(id) = Tensor::full([ROWS, WIDTH], 5.0);
    steps(&mut adam, &mut parameters, id, 20..21);
    assert!(parameters.get(id).to_vec().iter().all(|x| (x - 5.0).abs() < 0.1));
}

/// Two optimizers of one model: each gets the values with all that the other put off.
#[test]
fn optimizers_may_take_turns() {
    let (mut parameters, id) = table::<f64>();
    let mut expected = parameters.clone();
    let make = || [Adam::new(0.01), Adam::new(0.003)];
    let (mut by_rows, mut dense) = (make(), make());
    for step in 0..200 {
        let turn = step / 10 % 2;
        let gradients = rows_gradients(&parameters, id, step);
        by_rows[turn].step(&mut parameters, &gradients);
        let gradients = dense_gradients(&expected, id, step);
        dense[turn].step(&mut expected, &gradients);
    }
    assert!(largest_difference(parameters.get(id), expected.get(id)) < 1e-6);
}

/// An update takes the values of its rows from the last reading, if that was of these rows.
#[test]
fn reading_other_rows_before_an_update_changes_no_bit() {
    let trained = |reads_others: bool| {
        let (mut parameters, id) = table::<f32>();
        let mut adam = Adam::new(0.01);
        for step in 0..300 {
            let gradients = rows_gradients(&parameters, id, step);
            if reads_others {
                parameters.get_rows(id, &[1, 7, 30]);
            }
            adam.step(&mut parameters, &gradients);
        }
        bits(parameters.get(id))
    };
    assert_eq!(trained(false), trained(true));
}

#[test]
fn rows_that_never_had_a_gradient_stay() {
    for mut optimizer in optimizers::<f32>() {
        let (mut parameters, id) = table();
        let start = parameters.get(id).clone();
        let touched: Vec<_> = (0..5).flat_map(|step| batch(step).to_vec()).collect();
        steps(&mut *optimizer, &mut parameters, id, 0..5);
        for row in 0..ROWS {
            let [now, before] = [&parameters.get(id), &&start]
                .map(|values| values.to_vec()[row * WIDTH..][..WIDTH].to_vec());
            assert_eq!(now == before, !touched.contains(&(row as u32)), "row {row}");
        }
    }
}

/// 1 / ε is infinite, and β₁ = 0 leaves nothing to defer.
#[test]
fn deferred_rows_stay_numbers_where_epsilon_is_tiny() {
    for (beta1, epsilon, gradient) in [(0.9, 1e-40, [1.0, 0.0]), (0.0, 1e-30, [1e9, 0.0])] {
        let (mut sparse, mut dense) = (Parameters::<f32>::new(0), Parameters::new(0));
        let [id, of_dense] =
            [&mut sparse, &mut dense].map(|p| p.add("table", Tensor::ones([3, 2])));
        let adam = || Adam::new(0.1).betas(beta1, 0.999).epsilon(epsilon);
        let (mut a, mut b) = (adam(), adam());
        for step in 0..400 {
            let gradients = |parameters: &Parameters<f32>, id| {
                let tape = Tape::default();
                let pass = Pass::training(&tape, parameters, Key::new(0));
                let rows = pass.rows(id, &Tensor::from([if step < 300 { 0 } else { 1 }])).rows;
                (rows * tape.constant(Tensor::from([gradient]))).sum_all().backward()
            };
            let of_rows = gradients(&sparse, id);
            a.step(&mut sparse, &of_rows);
            let mut written_out = gradients(&dense, of_dense);
            for (_, gradient) in written_out.iter_mut() {
                *gradient = Gradient::Dense(gradient.dense().clone());
            }
            b.step(&mut dense, &written_out);
        }
        let difference = largest_difference(sparse.get(id), dense.get(of_dense));
        assert!(difference < 1e-4, "{difference}: {}", sparse.get(id));
    }
}

/// By the definition: where a row has no gradient, nothing of it moves.
#[test]
fn lazy_adam_moves_the_rows_of_the_batch() {
    let (mut parameters, id) = table::<f64>();
    let mut adam = Adam::new(0.01).lazy();
    let (mut theta, mut m, mut v) =
        (parameters.get(id).to_vec(), vec![0.0; ROWS * WIDTH], vec![0.0; ROWS * WIDTH]);
    for step in 0..300 {
        let gradients = rows_gradients(&parameters, id, step);
        let dense = gradients.get(id).expect("a gradient").to_vec();
        adam.step(&mut parameters, &gradients);
        let t = step as i32 + 1;
        for row in batch(step).to_vec().into_iter().collect::<std::collections::BTreeSet<_>>() {
            for k in row as usize * WIDTH..(row as usize + 1) * WIDTH {
                m[k] = 0.9 * m[k] + 0.1 * dense[k];
                v[k] = 0.999 * v[k] + 0.001 * dense[k] * dense[k];
                let (m_hat, v_hat) =
                    (m[k] / (1.0 - 0.9f64.powi(t)), v[k] / (1.0 - 0.999f64.powi(t)));
                theta[k] -= 0.01 * m_hat / (v_hat.sqrt() + 1e-8);
            }
        }
    }
    let theta = Tensor::new([ROWS, WIDTH], theta);
    assert!(largest_difference(parameters.get(id), &theta) < 1e-12);
    assert_eq!(adam.state(&parameters).header.kind, "LazyAdam");
}

/// A dense gradient is one of every row.
#[test]
fn lazy_adam_is_adam_where_gradients_are_dense() {
    let (mut lazy, id) = table::<f32>();
    let mut expected = lazy.clone();
    let (mut lazy_adam, mut adam) = (Adam::new(0.01).lazy(), Adam::new(0.01));
    for step in 0..20 {
        let gradients = dense_gradients(&lazy, id, step);
        lazy_adam.step(&mut lazy, &gradients);
        adam.step(&mut expected, &gradients);
    }
    assert_eq!(bits(lazy.get(id)), bits(expected.get(id)));
}

/// An optimizer that moves all rows in each step makes no difference between the gradients.
#[test]
fn tables_without_rows_or_columns_can_be_trained() {
    for (shape, ids) in [([0, 3], vec![]), ([5, 0], vec![1, 4])] {
        for mut optimizer in optimizers::<f32>() {
            let mut parameters = Parameters::with_seed(0);
            let id = parameters.add("table", Tensor::zeros(shape));
            for _ in 0..2 {
                let tape = Tape::default();
                let rows = tape.parameter_rows(&parameters, id, ids.clone());
                let gradients = rows.sum_all().backward();
                optimizer.step(&mut parameters, &gradients);
            }
            assert_eq!(parameters.get(id), &Tensor::zeros(shape));
        }
    }
}

#[test]
fn decay_and_momentum_move_all_rows() {
    let make = || -> [Box<dyn Optimizer<f64>>; 3] {
        [
            Box::new(AdamW::new(0.01)),
            Box::new(Sgd::new(0.01).momentum(0.9)),
            Box::new(Sgd::new(0.01).decay(0.1)),
        ]
    };
    for (mut by_rows, mut dense) in make().into_iter().zip(make()) {
        let (mut parameters, id) = table();
        let mut expected = parameters.clone();
        steps(&mut *by_rows, &mut parameters, id, 0..50);
        for step in 0..50 {
            let gradients = dense_gradients(&expected, id, step);
            dense.step(&mut expected, &gradients);
        }
        assert_eq!(bits(parameters.get(id)), bits(expected.get(id)));
    }
}

/// A table that is frozen for a while keeps its values, and is updated afterwards like a dense one.
#[test]
fn a_table_can_be_frozen_while_updates_are_pending() {
    let (mut parameters, id) = table::<f64>();
    let mut expected = parameters.clone();
    let (mut by_rows, mut dense) = (Adam::new(0.01), Adam::new(0.01));
    for stage in 0..3 {
        let range = 20 * stage..20 * (stage + 1);
        if stage == 1 {
            parameters.freeze_matching("table");
            let before = parameters.clone();
            steps(&mut by_rows, &mut parameters, id, range);
            assert_eq!(bits(parameters.get(id)), bits(before.get(id)));
            parameters.unfreeze_matching("table");
            continue;
        }
        steps(&mut by_rows, &mut parameters, id, range.clone());
        for step in range {
            let gradients = dense_gradients(&expected, id, step);
            dense.step(&mut expected, &gradients);
        }
    }
    assert!(largest_difference(parameters.get(id), expected.get(id)) < 1e-12);
}

#[test]
fn a_state_names_what_rows_are_owed() {
    let (mut parameters, id) = table::<f32>();
    let mut adam = Adam::new(0.25);
    steps(&mut adam, &mut parameters, id, 0..3);
    let state = adam.state(&parameters);
    let names = ["behind.table", "m.table", "rates.table", "stale.table", "v.table"];
    assert!(state.tensors.keys().eq(names));
    assert_eq!(state.tensors["rates.table"], Tensor::from([0.25, 0.25, 0.25]));
    let behind = |row: u32| {
        let seen = (0..3).rev().find(|&step| batch(step).to_vec().contains(&row));
        seen.map_or(3.0, |step| 2.0 - step as f32)
    };
    let behind: Vec<_> = (0..ROWS as u32).map(behind).collect();
    assert_eq!(state.tensors["behind.table"].to_vec(), behind);
}

/// What restoring says to a state that `spoil` has changed. The optimizer must not change.
fn refusal(spoil: fn(&mut optim::State<f64>)) -> String {
    let (mut parameters, id) = table();
    let mut adam = Adam::new(0.1);
    steps(&mut adam, &mut parameters, id, 0..3);
    let good = adam.state(&parameters);
    let mut bad = good.clone();
    spoil(&mut bad);
    let error = adam.restore(&parameters, bad).expect_err("this is a fault");
    assert_eq!(adam.state(&parameters), good);
    error.to_string()
}

fn spoil(state: &mut optim::State<f64>, name: &str, value: Tensor<f64>) {
    state.tensors.insert(name.to_string(), value);
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    assert_eq!(
        refusal(|state| drop(state.tensors.remove("rates.table"))),
        "the state is damaged: the tensor `rates.table` is missing"
    );
    assert_eq!(
        refusal(|state| drop(state.tensors.remove("behind.table"))),
        "the state is damaged: expected no tensor `rates.table`"
    );
    assert_eq!(
        refusal(|state| spoil(state, "behind.table", Tensor::zeros([3]))),
        "the tensor `behind.table` has shape [3], expected [50]: the state was saved with \
         another model"
    );
    assert_eq!(
        refusal(|state| spoil(state, "stale.table", Tensor::zeros([3, 50]))),
        "the tensor `stale.table` has shape [3, 50], expected [50, 3]: the state was saved \
         with another model"
    );
    assert_eq!(
        refusal(|state| spoil(state, "rates.table", Tensor::zeros([4]))),
        "the state is damaged: the tensor `rates.table` has shape [4], expected one axis of at \
         most 3 rates"
    );
    let refused = |rate| {
        format!(
            "the state is damaged: the rate {rate} was set, expected a finite number of at least 0"
        )
    };
    assert_eq!(
        refusal(|state| spoil(state, "rates.table", Tensor::from([f64::NAN]))),
        refused("NaN")
    );
    assert_eq!(
        refusal(|state| spoil(state, "rates.table", Tensor::from([f64::INFINITY]))),
        refused("inf")
    );
    assert_eq!(refusal(|state| spoil(state, "rates.table", Tensor::from([-0.1]))), refused("-0.1"));
    assert_eq!(
        refusal(|state| spoil(state, "behind.table", Tensor::full([ROWS], 3.5))),
        "the state is damaged: in the tensor `behind.table` a row is 3.5 updates behind, expected \
         a whole number from 0 to 3"
    );
    assert_eq!(
        refusal(|state| spoil(state, "behind.table", Tensor::full([ROWS], 4.0))),
        "the state is damaged: in the tensor `behind.table` a row is 4 updates behind, expected a \
         whole number from 0 to 3"
    );
}
