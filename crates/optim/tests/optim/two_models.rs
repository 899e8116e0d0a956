//! Two models and two optimizers, as one writes a GAN or a student with its teacher.

use autograd::{Gradients, Parameters, Pass, Tape, Var};
use nn_free::Network;
use optim::{Adam, Lion, Optimizer, RmsProp, Sgd, clip_global_norm};
use tensor::{Key, Tensor};

/// Two layers, written here: the crate of layers is not below this one.
mod nn_free {
    use autograd::{ParameterId, Parameters, Pass, Var};
    use tensor::Tensor;

    pub struct Network([ParameterId; 3]);

    impl Network {
        pub fn new(
            parameters: &mut Parameters<f64>,
            [inputs, hidden, outputs]: [usize; 3],
        ) -> Self {
            let mut add = |name: &str, shape: &[usize]| {
                let value = Tensor::normal(shape, 0.0, 0.7, parameters.key(name));
                parameters.add(name, value)
            };
            Self([
                add("hidden.weight", &[inputs, hidden]),
                add("hidden.bias", &[hidden]),
                add("output.weight", &[hidden, outputs]),
            ])
        }

        pub fn forward<'t>(&self, pass: Pass<'t, f64>, x: Var<'t, f64>) -> Var<'t, f64> {
            let [weight, bias, output] = self.0.map(|id| pass.parameter(id));
            (x.matmul(weight) + bias).tanh().matmul(output)
        }
    }
}

/// A generator of points in the plane, a discriminator, and their stores.
struct Gan {
    generator: Network,
    discriminator: Network,
    g: Parameters<f64>,
    d: Parameters<f64>,
}

impl Gan {
    fn new() -> Self {
        let (mut g, mut d) = (Parameters::with_seed(1), Parameters::with_seed(2));
        let generator = Network::new(&mut g, [2, 5, 2]);
        let discriminator = Network::new(&mut d, [2, 6, 1]);
        Self { generator, discriminator, g, d }
    }

    fn fake<'t>(&'t self, tape: &'t Tape<f64>, step: u64) -> Var<'t, f64> {
        let noise = tape.constant(Tensor::normal([8, 2], 0.0, 1.0, Key::new(step)));
        self.generator.forward(Pass::training(tape, &self.g, Key::new(step)), noise)
    }

    fn judged<'t>(&'t self, x: Var<'t, f64>) -> Var<'t, f64> {
        self.discriminator.forward(Pass::training(x.tape(), &self.d, Key::new(0)), x)
    }

    /// −ln D(x) − ln(1 − D(G(z))), where G is a constant.
    fn discriminator_gradients(&self, step: u64) -> Gradients<f64> {
        let tape = Tape::default();
        let real = tape.constant(Tensor::normal([8, 2], 2.0, 0.5, Key::new(1000 + step)));
        let of_fake = self.judged(self.fake(&tape, step).detach());
        (log_loss(self.judged(real)) + log_loss(-of_fake)).backward()
    }

    /// −ln D(G(z)), which goes through D.
    fn generator_gradients(&self, step: u64) -> Gradients<f64> {
        let tape = Tape::default();
        log_loss(self.judged(self.fake(&tape, step))).backward()
    }
}

/// −ln σ(logits), on average.
fn log_loss(logits: Var<'_, f64>) -> Var<'_, f64> {
    -logits.sigmoid().ln().mean_all()
}

fn values(parameters: &Parameters<f64>) -> Vec<Vec<f64>> {
    parameters.iter().map(|(_, _, value)| value.to_vec()).collect()
}

type Make = fn() -> Box<dyn Optimizer<f64>>;

const OPTIMIZERS: [Make; 5] = [
    || Box::new(Sgd::new(0.1)),
    || Box::new(Sgd::new(0.1).momentum(0.9)),
    || Box::new(Adam::new(0.01)),
    || Box::new(RmsProp::new(0.01)),
    || Box::new(Lion::new(0.01)),
];

#[test]
fn each_step_of_a_gan_moves_its_own_network() {
    for make in OPTIMIZERS {
        let mut gan = Gan::new();
        let (mut of_g, mut of_d) = (make(), make());
        for step in 0..3 {
            let gradients = gan.discriminator_gradients(step);
            assert!(gradients.iter_of(&gan.g).next().is_none(), "the points are detached");
            let (g_before, d_before) = (values(&gan.g), values(&gan.d));
            of_d.step(&mut gan.d, &gradients);
            assert!(values(&gan.g) == g_before && values(&gan.d) != d_before);

            let gradients = gan.generator_gradients(step);
            assert_eq!(gradients.iter_of(&gan.d).count(), 3, "the loss goes through D");
            let (g_before, d_before) = (values(&gan.g), values(&gan.d));
            of_g.step(&mut gan.g, &gradients);
            assert!(values(&gan.g) != g_before && values(&gan.d) == d_before);
        }
    }
}

/// A frozen discriminator gets no gradient, and the generator gets the same one through it.
#[test]
fn the_generator_learns_the_same_through_a_frozen_discriminator() {
    let mut gan = Gan::new();
    let through_trainable = gan.generator_gradients(0);
    gan.d.freeze_all();
    let through_frozen = gan.generator_gradients(0);
    gan.d.unfreeze_all();
    assert_eq!(through_frozen.iter().count(), 3);
    for (id, gradient) in through_frozen.iter_of(&gan.g) {
        assert_eq!(through_trainable.get(id), Some(gradient.dense()));
    }
    assert_eq!(gan.discriminator_gradients(0).iter_of(&gan.d).count(), 3);
}

/// One walk back for both: each optimizer takes its own gradients, clipped by their own norm.
#[test]
fn gradients_of_two_stores_are_clipped_and_taken_apart() {
    let mut gan = Gan::new();
    let mut all = gan.generator_gradients(0);
    let whole = all.clone();
    let mut of_g = all.take(&gan.g);
    let norm = clip_global_norm(&mut of_g, 1e-3);
    assert!(norm > 1e-3);
    for (id, gradient) in of_g.iter() {
        let scaled = whole.get(id).expect("a gradient").map(|g| g * (1e-3 / norm));
        assert_eq!(gradient.dense(), &scaled);
    }
    assert!(all.iter().all(|(id, gradient)| whole.get(id) == Some(gradient.dense())));
    let mut sgd = Sgd::new(1.0);
    let before = values(&gan.d);
    sgd.step(&mut gan.g, &of_g);
    assert_eq!(values(&gan.d), before);
}

/// The mean squared difference of student and teacher on 16 points.
fn distance<'t>(
    student: (&Network, &'t Parameters<f64>),
    teacher: (&Network, &'t Parameters<f64>),
    tape: &'t Tape<f64>,
    detach: bool,
) -> Var<'t, f64> {
    let x = tape.constant(Tensor::normal([16, 3], 0.0, 1.0, Key::new(5)));
    let output = |(network, parameters): (&Network, &'t Parameters<f64>)| {
        network.forward(Pass::training(tape, parameters, Key::new(0)), x)
    };
    let wanted = output(teacher);
    let error = output(student) - if detach { wanted.detach() } else { wanted };
    (error * error).mean_all()
}

#[test]
fn a_student_learns_from_a_teacher_that_stays_as_it_is() {
    for freeze in [true, false] {
        let (mut t, mut s) = (Parameters::with_seed(3), Parameters::with_seed(4));
        let teacher = Network::new(&mut t, [3, 4, 2]);
        let student = Network::new(&mut s, [3, 12, 2]);
        if freeze {
            t.freeze_all();
        }
        let before = values(&t);
        let mut adam = Adam::new(0.03);
        let mut losses = Vec::new();
        for _ in 0..200 {
            let tape = Tape::default();
            let loss = distance((&student, &s), (&teacher, &t), &tape, !freeze);
            losses.push(loss.item());
            let gradients = loss.backward();
            drop(tape);
            assert!(gradients.iter_of(&t).next().is_none());
            adam.step(&mut s, &gradients);
        }
        assert_eq!(values(&t), before);
        assert!(losses[199] < 0.05 * losses[0], "{} to {}", losses[0], losses[199]);
    }
}

/// A teacher that is a frozen copy of the student, as a target network is: the copy follows by a mean.
#[test]
fn a_copy_of_the_student_can_be_its_teacher() {
    let mut online = Parameters::<f64>::with_seed(6);
    let network = Network::new(&mut online, [3, 4, 2]);
    let mut target = online.map(|_, value| value.map(|x| x + 0.3));
    target.freeze_all();
    let mut sgd = Sgd::new(0.1);
    let gap = |online: &Parameters<f64>, target: &Parameters<f64>| {
        distance((&network, online), (&network, target), &Tape::no_grad(), false).item()
    };
    let first = gap(&online, &target);
    for _ in 0..100 {
        let gradients = {
            let tape = Tape::default();
            distance((&network, &online), (&network, &target), &tape, false).backward()
        };
        sgd.step(&mut online, &gradients);
        target = target.map(|id, value| value.map(|x| 0.9 * x) + online.get(id).map(|x| 0.1 * x));
    }
    assert!(target.ids().all(|id| !target.is_trainable(id)), "a copy is frozen like its original");
    assert!(gap(&online, &target) < 1e-3 * first);
}
