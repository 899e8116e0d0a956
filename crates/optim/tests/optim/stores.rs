//! Optimizers of two models: each steps with the gradients of its own store.

use autograd::{Gradients, ParameterId, Parameters, Tape};
use optim::{Adam, AdamW, Lion, Optimizer, RmsProp, Sgd, clip_global_norm, global_norm};
use tensor::Tensor;

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
        let (mut a, in_a) = model([1.0, 2.0]);
        let mut optimizer = make();
        for _ in 0..2 {
            let gradients = Tape::default().parameter(&a, in_a).sum_all().backward();
            optimizer.step(&mut a, &gradients);
            a = a.clone();
        }
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
