//! A custom optimizer, with a schedule, a group, and a state to resume from.

use wengert::optim::{Optimizer, ParameterStep, RuleOptimizer, Schedule, UpdateRule};
use wengert::{Parameters, Tape, Tensor};

/// AdaGrad (Duchi et al. 2011): s ← s + g², then θ ← θ − η g / (√s + ε).
struct AdaGrad;

impl UpdateRule<f32, 1> for AdaGrad {
    const NAME: &'static str = "AdaGrad";
    const MOMENTS: [&'static str; 1] = ["sum"];

    fn update(&self, step: ParameterStep, x: &mut [f32], g: &[f32], [sum]: [&mut [f32]; 1]) {
        for ((x, g), sum) in x.iter_mut().zip(g).zip(sum) {
            *sum += g * g;
            *x -= step.rate as f32 * g / (sum.sqrt() + 1e-8);
        }
    }
}

#[test]
fn adagrad_in_ten_lines_trains_and_resumes() {
    let make = || {
        let rate = Schedule::exponential(0.5, 0.999);
        RuleOptimizer::of(AdaGrad, rate).group("slow", |group| group.rate_scale(0.2))
    };
    let run = |stop: Option<usize>| {
        let (mut parameters, mut optimizer) = (Parameters::new(0), make());
        let fast = parameters.add("fast", Tensor::from([4.0, -3.0]));
        let slow = parameters.add("slow", Tensor::from([4.0, -3.0]));
        for step in 0..300 {
            if stop == Some(step) {
                let state = optimizer.state(&parameters);
                optimizer = make();
                optimizer.restore(&parameters, state).unwrap();
            }
            let tape = Tape::new();
            let [a, b] = [fast, slow].map(|id| tape.parameter(&parameters, id));
            let gradients = (a * a + b * b).sum_all().backward();
            drop(tape);
            optimizer.step(&mut parameters, &gradients);
        }
        [fast, slow].map(|id| parameters.get(id).to_vec())
    };
    let [fast, slow] = run(None);
    assert!(fast[0].abs() < 0.01 && fast[0].abs() < slow[0].abs(), "{fast:?}, {slow:?}");
    assert_eq!(run(Some(100)), [fast, slow]);
}
