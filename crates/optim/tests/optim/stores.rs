//! Optimizers of two models: each steps with the gradients of its own store.

use autograd::{Gradient, Gradients, ParameterId, Parameters, Pass, SparseGradient, Tape};
use optim::{
    Adam, AdamW, GradientError, Lion, Optimizer, RmsProp, Sgd, State, clip_global_norm, global_norm,
};
use tensor::{Key, Tensor};

use mistakes::message;

type Make = fn() -> Box<dyn Optimizer<f64>>;

const OPTIMIZERS: [Make; 8] = [
    || Box::new(Sgd::new(0.1)),
    || Box::new(Sgd::new(0.1).momentum(0.9)),
    || Box::new(Sgd::new(0.1).momentum(0.9).nesterov()),
    || Box::new(Adam::new(0.1)),
    || Box::new(Adam::new(0.1).lazy()),
    || Box::new(AdamW::new(0.1)),
    || Box::new(RmsProp::new(0.1)),
    || Box::new(Lion::new(0.1)),
];

/// A model of one vector, and its id.
fn model(value: [f64; 2]) -> (Parameters<f64>, ParameterId) {
    let mut parameters = Parameters::with_seed(0);
    let id = parameters.add("weight", Tensor::from(value));
    (parameters, id)
}

type Model<'a> = (&'a Parameters<f64>, ParameterId);

/// The gradients of Σ a b with respect to the weights a and b of two models.
fn gradients_of_product((a, in_a): Model<'_>, (b, in_b): Model<'_>) -> Gradients<f64> {
    let tape = Tape::default();
    (tape.parameter(a, in_a) * tape.parameter(b, in_b)).sum_all().backward()
}

#[test]
fn a_step_moves_its_own_store_as_if_the_other_were_not_there() {
    for make in OPTIMIZERS {
        let ((mut a, in_a), (mut b, in_b)) = (model([1.0, 2.0]), model([-3.0, 0.5]));
        let (mut alone, in_alone) = model([1.0, 2.0]);
        let (mut of_a, mut of_b, mut of_alone) = (make(), make(), make());
        for _ in 0..3 {
            let constant = b.get(in_b).clone();
            let of_product = gradients_of_product((&a, in_a), (&b, in_b));
            let untouched = b.get(in_b).to_vec();
            of_a.step(&mut a, &of_product);
            assert_eq!(b.get(in_b).to_vec(), untouched);
            of_b.step(&mut b, &of_product);

            let tape = Tape::default();
            let product = tape.parameter(&alone, in_alone) * tape.constant(constant);
            of_alone.step(&mut alone, &product.sum_all().backward());
            assert_eq!(a.get(in_a).to_vec(), alone.get(in_alone).to_vec());
        }
        assert_ne!(b.get(in_b).to_vec(), [-3.0, 0.5]);
    }
}

/// The root of 0 has no slope, so a loss that is finite may have gradients that are not.
#[test]
fn gradients_that_are_not_finite_are_refused_before_anything_changes() {
    for make in OPTIMIZERS {
        let (mut parameters, id) = model([0.0, 0.0]);
        let table = parameters.add("table", Tensor::ones([3, 2]));
        let mut optimizer = make();
        for spoilt in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let tape = Tape::default();
            let norm = tape.parameter(&parameters, id).powi(2).sum_all().sqrt();
            let rows =
                Pass::training(&tape, &parameters, Key::new(0)).rows(table, &Tensor::from([2]));
            let of_norm = (norm + rows.rows.sum_all()).backward();
            let of_table = (rows.rows.sum_all() * spoilt).backward();
            drop(tape);
            let error = optimizer.try_step(&mut parameters, &of_norm).unwrap_err().to_string();
            let beginning = "the gradient of the parameter `weight` is NaN at position 0: an op has no finite slope";
            assert!(error.starts_with(beginning), "{error}");
            let error = optimizer.try_step(&mut parameters, &of_table).unwrap_err();
            let GradientError::NotFinite { name, position, value } = &error else {
                panic!("{error}")
            };
            let expected = ("table", 4, format!("{spoilt:e}"));
            assert_eq!((name.as_str(), *position, value.clone()), expected);
            assert!(
                message(|| optimizer.step(&mut parameters, &of_norm))
                    .starts_with("step: the gradient")
            );
        }
        assert_eq!(parameters.get(id), &Tensor::zeros([2]));
        assert_eq!(parameters.get(table), &Tensor::ones([3, 2]));
        assert_eq!(optimizer.steps(), 0);
        assert!(optimizer.state(&parameters).tensors.is_empty());
    }
}

#[test]
fn parameters_added_to_two_copies_of_a_store_have_moments_of_their_own() {
    let (base, shared) = model([1.0, 2.0]);
    let [(mut a, in_a), (mut b, in_b)] = [(); 2].map(|()| {
        let mut copy = base.clone();
        let head = copy.add("head", Tensor::ones([2]));
        (copy, head)
    });
    let of = |parameters: &Parameters<f64>, head| {
        let tape = Tape::default();
        (tape.parameter(parameters, shared) + tape.parameter(parameters, head)).sum_all().backward()
    };
    let mut adam = Adam::new(0.1);
    let gradients = of(&a, in_a);
    adam.step(&mut a, &gradients);
    let gradients = of(&b, in_b);
    assert_eq!(
        message(|| adam.step(&mut b, &gradients)),
        "optimizer: the parameter `head` was added to another copy of the store than the one at its place in the \
         steps before: give each copy an optimizer of its own"
    );
    assert_eq!(b.get(shared), base.get(shared));
}

#[test]
fn restoring_a_state_without_moments_binds_to_no_store() {
    let ((a, _), (mut b, in_b)) = (model([1.0, 2.0]), model([-3.0, 0.5]));
    for make in OPTIMIZERS {
        let mut optimizer = make();
        let state = optimizer.state(&a);
        optimizer.restore(&a, state).unwrap();
        let gradients = Tape::default().parameter(&b, in_b).sum_all().backward();
        optimizer.step(&mut b, &gradients);
    }
}

#[test]
fn a_step_with_gradients_of_another_store_alone_is_refused() {
    let ((a, in_a), (mut b, _)) = (model([1.0, 2.0]), model([-3.0, 0.5]));
    let of_a = Tape::default().parameter(&a, in_a).sum_all().backward();
    for make in OPTIMIZERS {
        let mut optimizer = make();
        assert_eq!(
            message(|| optimizer.step(&mut b, &of_a)),
            "step: all gradients are of parameters of another store: give this optimizer the store \
             that the loss was computed with"
        );
    }
}

#[test]
fn an_optimizer_that_remembers_one_store_refuses_another_of_the_same_shapes() {
    let ((mut a, in_a), (mut b, in_b)) = (model([1.0, 2.0]), model([-3.0, 0.5]));
    let gradients = gradients_of_product((&a, in_a), (&b, in_b));
    for make in &OPTIMIZERS[1..] {
        let mut optimizer = make();
        optimizer.step(&mut a, &gradients);
        let refused = "optimizer: the parameters belong to another store than in the steps \
                       before: give each model an optimizer of its own";
        assert_eq!(message(|| optimizer.step(&mut b, &gradients)), refused);
        assert_eq!(message(|| optimizer.state(&b)), refused);
    }
}

#[test]
fn a_copy_of_the_store_goes_on_with_the_moments() {
    for make in OPTIMIZERS {
        let ((mut copied, in_copied), (mut kept, in_kept)) = (model([1.0, 2.0]), model([1.0, 2.0]));
        let (mut of_copied, mut of_kept) = (make(), make());
        for _ in 0..4 {
            step_on_a_cube(&mut *of_copied, &mut copied, in_copied);
            step_on_a_cube(&mut *of_kept, &mut kept, in_kept);
            copied = copied.clone();
            assert_eq!(copied.get(in_copied).to_vec(), kept.get(in_kept).to_vec());
            assert_eq!(of_copied.state(&copied), of_kept.state(&kept));
        }
    }
}

/// Takes a step down Σ x³, whose gradient changes from step to step.
fn step_on_a_cube(
    optimizer: &mut dyn Optimizer<f64>,
    parameters: &mut Parameters<f64>,
    id: ParameterId,
) {
    let gradients = Tape::default().parameter(parameters, id).powi(3).sum_all().backward();
    optimizer.step(parameters, &gradients);
}

/// A program may insert the gradient, or freeze the parameter after the walk back.
#[test]
fn a_frozen_parameter_keeps_its_value_though_there_is_a_gradient_of_it() {
    for make in OPTIMIZERS {
        for is_table in [false, true] {
            let mut parameters = Parameters::with_seed(0);
            let [trained, frozen] =
                ["trained", "frozen"].map(|name| parameters.add(name, Tensor::ones([3, 2])));
            let gradient = || match is_table {
                false => Gradient::from(Tensor::ones([3, 2])),
                true => SparseGradient::from_rows(&[3, 2], &[1], Tensor::ones([1, 2])).into(),
            };
            let mut gradients = Gradients::new();
            gradients.insert(&parameters, trained, gradient());
            gradients.insert(&parameters, frozen, gradient());
            let mut optimizer = make();
            optimizer.step(&mut parameters, &gradients);
            let before = [trained, frozen].map(|id| parameters.get(id).to_vec());
            let state = optimizer.state(&parameters);

            parameters.freeze(frozen);
            optimizer.step(&mut parameters, &gradients);
            optimizer.step(&mut parameters, &gradients);
            assert_ne!(parameters.get(trained).to_vec(), before[0]);
            assert_eq!(parameters.get(frozen).to_vec(), before[1]);
            // Nor does a step count for its moments.
            let after = optimizer.state(&parameters);
            assert_eq!(after.header.updates["frozen"], state.header.updates["frozen"]);
            let of_frozen = |state: &State<f64>| -> Vec<_> {
                let tensors = state.tensors.iter().filter(|(name, _)| name.ends_with(".frozen"));
                tensors.map(|(name, tensor)| (name.clone(), tensor.to_vec())).collect()
            };
            assert_eq!(of_frozen(&after), of_frozen(&state));
        }
    }
}

/// That no gradient is left does not mean that all were of another store.
#[test]
fn a_step_of_a_store_that_is_frozen_as_a_whole_changes_nothing() {
    for make in OPTIMIZERS {
        let (mut parameters, id) = model([1.0, 2.0]);
        let gradients = Tape::default().parameter(&parameters, id).sum_all().backward();
        parameters.freeze_all();
        make().step(&mut parameters, &gradients);
        assert_eq!(parameters.get(id).to_vec(), [1.0, 2.0]);
    }
}

#[test]
fn the_global_norm_is_that_of_all_stores_unless_one_is_taken_out() {
    let ((a, in_a), (b, in_b)) = (model([3.0, 0.0]), model([0.0, 4.0]));
    let mut gradients = gradients_of_product((&a, in_a), (&b, in_b));
    assert_eq!(global_norm(&gradients), 5.0);
    let mut of_a = gradients.take(&a);
    assert_eq!(clip_global_norm(&mut of_a, 2.0), 4.0);
    assert_eq!(of_a.get(in_a), Some(&Tensor::from([0.0, 2.0])));
    assert_eq!(gradients.get(in_b), Some(&Tensor::from([3.0, 0.0])));
}
