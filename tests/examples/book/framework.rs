//! The small framework of the book beside the crates: equal gradients, in the last digits.

use autograd::{ParameterId, Parameters, Pass, Tape, Var};
use nn::{Activation, Dense, Layer};
use optim::{Adam, Optimizer};
use tensor::{Key, Tensor};

/// The framework, as chapters 3 to 7 of the book show it.
#[allow(dead_code)]
mod small {
    include!("../../../crates/wengert/src/book/code/07.rs");
}

use small::{Array, Random};

fn tensor(array: &Array) -> Tensor<f64> {
    Tensor::new(array.shape(), array.to_vec())
}

#[track_caller]
fn assert_equal(what: &str, small: &Array, crates: &Tensor<f64>) {
    assert_eq!(small.shape(), crates.shape(), "{what}");
    for (ours, theirs) in small.to_vec().into_iter().zip(crates.to_vec()) {
        let size = ours.abs().max(theirs.abs()).max(1.0);
        assert!((ours - theirs).abs() <= 1e-12 * size, "{what}: {ours} and {theirs}");
    }
}

type Small = for<'a, 't> fn(&'a [small::Var<'t>]) -> small::Var<'t>;
type Crates = for<'a, 't> fn(&'a [Var<'t, f64>]) -> Var<'t, f64>;

/// The operations of the framework, and the same of the crates.
const OPERATIONS: [(&str, Small, Crates); 11] = [
    ("add", |x| x[0] + x[1], |x| x[0] + x[1]),
    ("mul", |x| x[0] * x[1], |x| x[0] * x[1]),
    ("mul of a number", |x| x[0] * -2.5, |x| x[0] * -2.5),
    ("matmul", |x| x[0].matmul(x[2]), |x| x[0].matmul(x[2])),
    ("sum of rows", |x| x[0].sum_to(&[4, 1]), |x| x[0].sum_keepdim(&[1])),
    ("sum of all", |x| x[0].sum_to(&[]), |x| x[0].sum_all()),
    ("exp", |x| x[0].exp(), |x| x[0].exp()),
    ("ln", |x| x[0].exp().ln(), |x| x[0].exp().ln()),
    ("tanh", |x| x[0].tanh(), |x| x[0].tanh()),
    ("max", |x| x[3].max(), |x| x[3].max_keepdim(&[1])),
    ("log_softmax", |x| x[0].log_softmax(), |x| nn::log_softmax(x[0], 1)),
];

#[test]
fn each_operation_of_the_small_framework_has_the_gradients_of_the_crates() {
    let mut random = Random { seed: 1 };
    let shapes: [&[usize]; 3] = [&[4, 3], &[3], &[3, 5]];
    let mut inputs = shapes.map(|shape| random.array(shape, 2.0)).to_vec();
    // For the maximum, with ties.
    inputs.push(Array::new(&[2, 3], vec![1.0, 3.0, 3.0, -1.0, -1.0, -1.0]));
    for (name, operation, same) in OPERATIONS {
        let (tape, crates) = (small::Tape::default(), Tape::<f64>::default());
        let x: Vec<_> = inputs.iter().map(|input| tape.variable(input.clone())).collect();
        let variables: Vec<_> = inputs.iter().map(|x| crates.variable(tensor(x))).collect();
        let (y, same) = (operation(&x), same(&variables));
        assert_equal(name, &y.value(), &same.value());

        let dy = random.array(y.value().shape(), 1.0);
        let (gradients, expected) = (y.vjp(dy.clone()), same.vjp(tensor(&dy)));
        for (&x, &variable) in x.iter().zip(&variables) {
            assert_equal(name, &gradients.of(x), &expected.of(variable));
        }
    }
}

/// A network of the framework and one of the crates, with the same parameters.
struct Pair<M> {
    network: small::Network,
    numbers: small::Parameters,
    model: M,
    parameters: Parameters<f64>,
    ids: Vec<ParameterId>,
}

fn pair() -> Pair<impl Layer> {
    let mut numbers = small::Parameters::default();
    let network = small::Network::new(&mut numbers, &[3, 7, 5, 4], &mut Random { seed: 2 });
    let mut parameters = Parameters::<f64>::with_seed(0);
    let model = Dense::new(&mut parameters, "first", 3, 7)
        .then(Activation::Tanh)
        .then(Dense::new(&mut parameters, "second", 7, 5))
        .then(Activation::Tanh)
        .then(Dense::new(&mut parameters, "output", 5, 4));
    let ids: Vec<_> = parameters.ids().collect();
    for (&id, (_, value)) in ids.iter().zip(&numbers.entries) {
        *parameters.get_mut(id) = tensor(value);
    }
    Pair { network, numbers, model, parameters, ids }
}

#[test]
fn networks_of_the_small_framework_train_like_networks_of_the_crates() {
    let Pair { network, mut numbers, model, mut parameters, ids } = pair();
    let mut random = Random { seed: 3 };
    let (samples, targets) = (random.array(&[6, 3], 2.0), random.array(&[6, 4], 1.0));
    let classes = [0, 3, 1, 1, 2, 0];
    let mut adam = small::Adam::new(&numbers, 0.05);
    let mut same_adam = Adam::new(0.05);
    for step in 0..20 {
        let tape = small::Tape::default();
        let recorded = numbers.record(&tape);
        let outputs = network.forward(&recorded, tape.variable(samples.clone()));
        let loss = small::cross_entropy(outputs, &classes)
            + small::mean_squared_error(outputs, &targets) * 0.5;
        let gradients = loss.backward();

        let crates = Tape::<f64>::default();
        let pass = Pass::training(&crates, &parameters, Key::new(step));
        let same = model.forward(pass, crates.constant(tensor(&samples)));
        let labels = Tensor::from(classes.map(|class| class as u32));
        let same_loss = nn::softmax_cross_entropy(same, &labels)
            + nn::mean_squared_error(same, crates.constant(tensor(&targets))) * 0.5;
        let expected = same_loss.backward();

        assert_equal("loss", &loss.value(), &same_loss.value());
        for ((&id, &variable), (name, _)) in ids.iter().zip(&recorded).zip(&numbers.entries) {
            let gradient = expected.get(id).expect("each parameter is used");
            assert_equal(name, &gradients.of(variable), gradient);
        }
        drop(crates);
        adam.step(&mut numbers, &recorded, &gradients);
        same_adam.step(&mut parameters, &expected);
        for (&id, (name, value)) in ids.iter().zip(&numbers.entries) {
            assert_equal(name, value, parameters.get(id));
        }
    }
}
