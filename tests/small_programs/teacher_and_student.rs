//! Distillation: a small network learns the answers of a larger one, which stays as it is.

use wengert::nn::{Activation, Dense, Layer};
use wengert::optim::{Adam, Optimizer};
use wengert::{Key, Parameters, Pass, Tape, Tensor};

fn network(parameters: &mut Parameters, hidden: usize) -> impl Layer + use<> {
    Dense::new(parameters, "hidden", 3, hidden)
        .then(Activation::Tanh)
        .then(Dense::new(parameters, "output", hidden, 2))
}

#[test]
fn a_student_comes_close_to_its_frozen_teacher() {
    let (mut of_teacher, mut of_student) = (Parameters::new(1), Parameters::new(2));
    let (teacher, student) = (network(&mut of_teacher, 32), network(&mut of_student, 8));
    of_teacher.freeze_all();
    let mut adam = Adam::new(0.01);
    let mut losses = Vec::new();
    for step in 0..500 {
        let tape = Tape::new();
        let x = tape.constant(Tensor::normal([64, 3], 0.0, 1.0, Key::new(step)));
        let wanted = teacher.forward(Pass::eval(&tape, &of_teacher), x);
        let found = student.forward(Pass::training(&tape, &of_student, Key::new(step)), x);
        let loss = ((found - wanted) * (found - wanted)).mean_all();
        losses.push(loss.item());
        let gradients = loss.backward();
        drop(tape);
        adam.step(&mut of_student, &gradients);
    }
    assert!(losses[499] < 0.1 * losses[0], "{} at first, {} at last", losses[0], losses[499]);
}
