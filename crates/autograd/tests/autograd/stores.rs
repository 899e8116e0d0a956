//! Two stores of parameters on one tape: each gets its own gradients, and two copies of one store
//! are told apart or refused.

use autograd::functional::parameters::value_and_grad;
use autograd::{Gradient, ParameterId, Parameters, Pass, Tape, Var, check};
use mistakes::message;
use tensor::{Key, Scalar, Tensor};

/// A store of one number.
fn store(name: &str, value: f64) -> (Parameters<f64>, ParameterId) {
    let mut parameters = Parameters::with_seed(0);
    let id = parameters.add(name, Tensor::scalar(value));
    (parameters, id)
}

#[test]
fn parameters_of_two_stores_have_gradients_of_their_own() {
    let ((a, in_a), (b, in_b)) = (store("a", 3.0), store("b", 5.0));
    let tape = Tape::default();
    let gradients =
        (tape.parameter(&a, in_a) * 10.0 + tape.parameter(&b, in_b) * 1000.0).backward();
    assert_eq!(gradients.get(in_a).map(Tensor::item), Some(10.0));
    assert_eq!(gradients.get(in_b).map(Tensor::item), Some(1000.0));
    assert!(gradients.iter().map(|(id, _)| id).eq([in_a, in_b]));
    assert!(gradients.iter_of(&b).map(|(id, _)| id).eq([in_b]));
}

#[test]
fn sums_of_gradients_keep_the_stores_apart() {
    let ((a, in_a), (b, in_b)) = (store("a", 3.0), store("b", 5.0));
    let (first, second) = (Tape::default(), Tape::default());
    let of_a = (first.parameter(&a, in_a) * 10.0).backward();
    let of_both = (second.parameter(&a, in_a) * second.parameter(&b, in_b)).backward();
    let mut sum = of_a.plus(&of_both);
    assert_eq!(sum.get(in_a).map(Tensor::item), Some(15.0));
    assert_eq!(sum.get(in_b).map(Tensor::item), Some(3.0));

    let taken = sum.take(&b);
    assert!(taken.iter().map(|(id, _)| id).eq([in_b]));
    assert!(sum.iter().map(|(id, _)| id).eq([in_a]));
}

#[test]
fn rows_of_two_tables_have_gradients_of_their_own() {
    let table = |name| {
        let mut parameters = Parameters::<f64>::with_seed(0);
        let id = parameters.add(name, Tensor::ones([9, 2]));
        (parameters, id)
    };
    let ((a, in_a), (b, in_b)) = (table("a"), table("b"));
    let tape = Tape::default();
    let rows =
        tape.parameter_rows(&a, in_a, vec![1]) + tape.parameter_rows(&b, in_b, vec![7]) * 2.0;
    let gradients = rows.sum_all().backward();
    let ids = gradients.iter().map(|(id, gradient)| match gradient {
        Gradient::Sparse(rows) => (id, rows.ids()[0]),
        Gradient::Dense(_) => panic!("the gradient of rows is rows"),
    });
    assert!(ids.eq([(in_a, 1), (in_b, 7)]));
}

#[test]
fn an_id_of_another_store_is_refused() {
    let ((a, in_a), (mut b, _)) = (store("a", 3.0), store("b", 5.0));
    let expected = "parameters: the id of parameter number 0 was made by another store: use the \
                    store that the layer was built with, or a clone() or cast() of it";
    let tape = Tape::default();
    assert_eq!(message(|| tape.parameter(&b, in_a)), expected);
    assert_eq!(message(|| b.get(in_a).clone()), expected);
    assert_eq!(message(|| b.get_mut(in_a).clone()), expected);
    assert_eq!(message(|| b.freeze(in_a)), expected);

    let (mut larger, before) = (a.clone(), a);
    let added = larger.add("added", Tensor::scalar(1.0));
    assert_eq!(
        message(|| before.get(added).clone()),
        "parameters: parameter number 1 does not exist here: it was added to the store after this copy was \
         made; copy it again"
    );
}

#[test]
fn an_id_that_was_added_to_one_copy_is_refused_by_another() {
    let (mut a, _) = store("body", 3.0);
    let mut b = a.clone();
    let in_a = a.add("head a", Tensor::scalar(10.0));
    let in_b = b.add("head b", Tensor::scalar(20.0));
    assert_ne!(in_a, in_b);
    let expected = "parameters: the id does not name parameter number 1, `head b`, but one that was added to \
                    another copy of this store: use the copy that the layer was built with, or a clone() or \
                    cast() of it";
    assert_eq!(message(|| b.get(in_a).clone()), expected);
    assert_eq!(message(|| b.cast::<f32>().get(in_a).clone()), expected);
    let tape = Tape::default();
    assert_eq!(message(|| tape.parameter(&b, in_a)), expected);
    assert_eq!(a.clone().get(in_a).item(), 10.0);
    assert_eq!(b.cast::<f32>().get(in_b).item(), 20.0);
}

#[test]
fn the_checker_refuses_a_parameter_that_was_added_after_the_copy_that_it_is_given() {
    let (mut a, _) = store("body", 3.0);
    let copy = a.clone();
    let later = a.add("later", Tensor::scalar(2.0));
    let of_copy = message(|| {
        check::layer(&copy, &[Tensor::scalar(5.0)], |pass, [x]| x * pass.parameter(later))
    });
    assert!(
        of_copy.contains("number 1, `input 0`, but one that was added to another copy"),
        "{of_copy}"
    );
}

#[test]
fn copies_understand_the_ids_of_their_store() {
    let (a, id) = store("a", 3.0);
    assert_eq!(a.clone().get(id).item(), 3.0);
    assert_eq!(a.cast::<f32>().get(id).item(), 3.0);
    assert_eq!(a.map(|_, value| value + value).get(id).item(), 6.0);
    assert_eq!(a.clone().store(), id.store());
}

#[test]
fn two_trainable_copies_of_a_store_on_one_tape_are_refused() {
    let (online, id) = store("weight", 3.0);
    let target = online.clone();
    let mut tape = Tape::default();
    tape.parameter(&online, id);
    assert_eq!(
        message(|| tape.parameter(&target, id)),
        "parameter: `weight` is read from a second copy of its store, and both are trainable: their \
         gradients would be added up; call freeze_all() on the copy that is not to be trained, or \
         build the second model in a Parameters::new of its own"
    );
    tape.clear();
    tape.parameter(&target, id);
}

#[test]
fn a_frozen_copy_such_as_a_target_network_gets_no_gradient() {
    let (online, id) = store("weight", 3.0);
    let mut target = online.map(|_, value| value + value);
    target.freeze_all();
    let tape = Tape::default();
    let gradients = (tape.parameter(&online, id) * tape.parameter(&target, id)).backward();
    assert_eq!(gradients.get(id).map(Tensor::item), Some(6.0));
}

/// Two layers: x ↦ tanh(x W + b) V.
struct Network {
    weight: ParameterId,
    bias: ParameterId,
    output: ParameterId,
}

impl Network {
    fn new(parameters: &mut Parameters<f64>, [inputs, hidden, outputs]: [usize; 3]) -> Self {
        let mut add = |name: &str, shape: &[usize], key: Key| {
            parameters.add(name, Tensor::normal(shape, 0.0, 0.7, key))
        };
        let key = Key::new(hidden as u64);
        Self {
            weight: add("weight", &[inputs, hidden], key.stream("weight")),
            bias: add("bias", &[hidden], key.stream("bias")),
            output: add("output", &[hidden, outputs], key.stream("output")),
        }
    }

    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let hidden = x.matmul(pass.parameter(self.weight)) + pass.parameter(self.bias);
        hidden.tanh().matmul(pass.parameter(self.output))
    }
}

/// A generator of points in the plane, a discriminator of them, and what they learn from.
struct Gan {
    generator: Network,
    discriminator: Network,
    noise: Tensor<f64>,
    real: Tensor<f64>,
}

impl Gan {
    fn new() -> (Self, Parameters<f64>, Parameters<f64>) {
        let (mut g, mut d) = (Parameters::with_seed(1), Parameters::with_seed(2));
        let gan = Self {
            generator: Network::new(&mut g, [2, 3, 2]),
            discriminator: Network::new(&mut d, [2, 4, 1]),
            noise: Tensor::normal([5, 2], 0.0, 1.0, Key::new(3)),
            real: Tensor::normal([5, 2], 2.0, 0.5, Key::new(4)),
        };
        (gan, g, d)
    }

    /// The losses of discriminator and generator, by Goodfellow et al. 2014 with the generator's
    /// not saturating: −ln D(x) − ln(1 − D(G(z))) and −ln D(G(z)).
    fn losses<'t, T: Scalar>(&self, g: Pass<'t, T>, d: Pass<'t, T>) -> [Var<'t, T>; 2] {
        let fake = self.generator.forward(g, g.constant(self.noise.cast()));
        let of_fake = self.discriminator.forward(d, fake);
        let of_real = self.discriminator.forward(d, d.constant(self.real.cast()));
        let loss = |logits: Var<'t, T>| -logits.sigmoid().ln().mean_all();
        [loss(of_real) + loss(-of_fake), loss(of_fake)]
    }
}

#[test]
fn a_gan_of_two_stores_has_the_gradients_of_finite_differences() {
    let (gan, g, d) = Gan::new();
    let loss_at = |which: usize, g: &Parameters<f64>, d: &Parameters<f64>| {
        let tape = Tape::no_grad();
        gan.losses(Pass::eval(&tape, g), Pass::eval(&tape, d))[which].item()
    };
    for which in 0..2 {
        let tape = Tape::default();
        let losses = gan.losses(Pass::eval(&tape, &g), Pass::eval(&tape, &d));
        let gradients = losses[which].backward();
        assert_eq!(gradients.iter().count(), 6);
        let step = 1e-6;
        for (id, gradient) in gradients.iter() {
            let of_generator = id.store() == g.store();
            for k in 0..gradient.dense().len() {
                let moved = |step: f64| {
                    let (mut g, mut d) = (g.clone(), d.clone());
                    let moved = if of_generator { &mut g } else { &mut d };
                    moved.get_mut(id).as_mut_slice()[k] += step;
                    loss_at(which, &g, &d)
                };
                let slope = (moved(step) - moved(-step)) / (2.0 * step);
                let found = gradient.dense().values()[k];
                assert!((found - slope).abs() < 1e-8, "{id:?} at {k}: {found}, not {slope}");
            }
        }
    }
}

/// A frozen copy to be read inside a checked function, where a pass must outlive every tape.
fn frozen(parameters: &Parameters<f64>) -> &'static Parameters<check::Number> {
    let mut still = parameters.cast();
    still.freeze_all();
    Box::leak(Box::new(still))
}

#[test]
fn each_network_of_a_gan_is_checked_while_the_other_is_frozen() {
    let (gan, g, d) = Gan::new();
    let (still_g, still_d) = (frozen(&g), frozen(&d));
    for which in 0..2 {
        let of_generator =
            check::parameters(&g, |pass| gan.losses(pass, Pass::eval(pass.tape, still_d))[which]);
        of_generator.assert();
        let of_discriminator =
            check::parameters(&d, |pass| gan.losses(Pass::eval(pass.tape, still_g), pass)[which]);
        of_discriminator.assert();
    }
}

#[test]
fn the_checker_refuses_a_trainable_parameter_that_it_cannot_move() {
    let ((a, in_a), (b, in_b)) = (store("a", 3.0), store("b", 5.0));
    let other = b.cast::<check::Number>();
    assert_eq!(
        message(|| check::parameters(&a, |pass| {
            pass.parameter(in_a) * pass.tape.parameter(&other, in_b)
        })),
        "check: the function reads the trainable parameter `b` of another store or copy than the \
         one to be checked: freeze that store and check it in a call of its own, or build both \
         models in one Parameters"
    );
    let copy = a.cast::<check::Number>();
    assert!(
        message(|| check::parameters(&a, |pass| pass.tape.parameter(&copy, in_a)))
            .starts_with("check: the function reads the trainable parameter `a` of another store")
    );
}

#[test]
fn the_checker_reads_a_frozen_copy_that_has_parameters_of_its_own() {
    let (mut a, in_a) = store("a", 3.0);
    let mut copy = a.clone();
    a.add("table", Tensor::ones([9, 2]));
    let extra = [copy.add("extra", Tensor::ones([9, 2])), copy.add("more", Tensor::scalar(2.0))];
    let copy = frozen(&copy);
    let report = check::parameters(&a, |pass| {
        let [extra, more] = extra.map(|id| pass.tape.parameter(copy, id));
        pass.parameter(in_a) * extra.sum_all() * more
    });
    report.assert();
    assert_eq!(report.findings[1].rows, Some(0));
}

#[test]
fn functional_gradients_are_those_of_one_store() {
    let ((a, in_a), (b, in_b)) = (store("a", 3.0), store("b", 5.0));
    let (value, gradient) =
        value_and_grad(|pass| pass.parameter(in_a) * pass.tape.parameter(&b, in_b), &a);
    assert_eq!((value, gradient.get(in_a).item()), (15.0, 5.0));
}
