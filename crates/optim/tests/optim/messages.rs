//! A programmer's mistake panics at their line, and says what to do.

use autograd::Parameters;
use mistakes::message;
use optim::{Adam, AdamW, Lion, Optimizer, RmsProp, Schedule, Sgd, clip_global_norm};
use tensor::Tensor;

use crate::gradients;

#[test]
fn a_rate_must_make_sense() {
    let refused = |rate| format!("schedule: the rate must be finite and not negative, not {rate}");
    assert_eq!(message(|| Adam::<f32>::new(-0.5)), refused("-0.5"));
    assert_eq!(message(|| AdamW::<f32>::new(f64::INFINITY)), refused("inf"));
    assert_eq!(message(|| Sgd::<f32>::new(f64::NAN)), refused("NaN"));
    assert_eq!(message(|| Schedule::from(-0.5)), refused("-0.5"));
    assert_eq!(message(|| Schedule::constant(-0.5)), refused("-0.5"));
    assert_eq!(message(|| Schedule::linear(-0.5, 3)), refused("-0.5"));
}

#[test]
fn a_schedule_must_make_sense() {
    let period = "schedule: the period must be at least one step, not 0";
    assert_eq!(message(|| Schedule::cosine(0.1, 0)), period);
    assert_eq!(message(|| Schedule::linear(0.1, 0)), period);
    assert_eq!(message(|| Schedule::step_decay(0.1, 0.5, 0)), period);
    assert_eq!(
        message(|| Schedule::step_decay(0.1, 1.5, 3)),
        "schedule: the factor must be between 0 and 1, not 1.5"
    );
    assert_eq!(
        message(|| Schedule::cosine(0.1, 3).floor(0.2)),
        "schedule: the floor must be between 0 and the rate 0.1, not 0.2"
    );
}

#[test]
fn settings_must_make_sense() {
    assert_eq!(message(|| Adam::<f32>::new(0.1).betas(0.9, 1.0)), "betas: 1 is not in [0, 1)");
    assert_eq!(message(|| AdamW::<f32>::new(0.1).betas(-0.1, 0.9)), "betas: -0.1 is not in [0, 1)");
    assert_eq!(
        message(|| Adam::<f32>::new(0.1).epsilon(0.0)),
        "epsilon: 0 is not positive and finite"
    );
    assert_eq!(
        message(|| AdamW::<f32>::new(0.1).epsilon(f64::NAN)),
        "epsilon: NaN is not positive and finite"
    );
    assert_eq!(
        message(|| AdamW::<f32>::new(0.1).decay(-0.1)),
        "decay: -0.1 is negative or not finite"
    );
    assert_eq!(message(|| Sgd::<f32>::new(0.1).momentum(1.0)), "momentum: 1 is not in [0, 1)");
    assert_eq!(message(|| RmsProp::<f32>::new(0.1).alpha(1.0)), "alpha: 1 is not in [0, 1)");
    assert_eq!(
        message(|| RmsProp::<f32>::new(0.1).epsilon(-1.0)),
        "epsilon: -1 is not positive and finite"
    );
    // 0 / 0 where all gradients were 0.
    let rounded_away =
        "epsilon: 1e-46 is 0 in this scalar type, but must be positive and finite there, too";
    assert_eq!(message(|| Adam::<f32>::new(0.1).epsilon(1e-46)), rounded_away);
    assert_eq!(message(|| AdamW::<f32>::new(0.1).epsilon(1e-46)), rounded_away);
    assert_eq!(message(|| RmsProp::<f32>::new(0.1).epsilon(1e-46)), rounded_away);
    assert_eq!(
        message(|| Adam::<f32>::new(0.1).epsilon(1e39)),
        "epsilon: 1e39 is inf in this scalar type, but must be positive and finite there, too"
    );
    let _ = Adam::<f64>::new(0.1).epsilon(1e-46);
    assert_eq!(message(|| Lion::<f32>::new(0.1).betas(0.9, 1.5)), "betas: 1.5 is not in [0, 1)");
    assert_eq!(
        message(|| Lion::<f32>::new(0.1).decay(-0.1)),
        "decay: -0.1 is negative or not finite"
    );
}

/// Pending updates of a table are applied later, and with the settings of their own step.
#[test]
fn the_settings_of_adam_do_not_change_between_steps() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    parameters.add("x", Tensor::zeros([2]));
    let gradients = gradients(&parameters, &[Some(Tensor::ones([2]))]);
    let mut adam = Adam::new(0.1);
    adam.step(&mut parameters, &gradients);
    let refused = |setting| {
        format!(
            "{setting}: this optimizer has taken a step with other settings: set it on a new one"
        )
    };
    assert_eq!(message(|| adam.clone().betas(0.5, 0.9)), refused("betas"));
    assert_eq!(message(|| adam.clone().epsilon(1e-3)), refused("epsilon"));
    assert_eq!(message(|| adam.clone().lazy()), refused("lazy"));
}

#[test]
fn nesterov_needs_momentum() {
    assert_eq!(
        message(|| Sgd::<f32>::new(0.1).nesterov()),
        "nesterov: the momentum is 0: call momentum(0.9) first"
    );
}

#[test]
fn a_bound_must_be_positive() {
    let mut none = gradients(&Parameters::new(0), &[]);
    assert_eq!(
        message(|| clip_global_norm(&mut none, 0.0)),
        "clip_global_norm: the largest norm must be positive, but it is 0"
    );
}

fn parameters(shapes: &[&[usize]]) -> Parameters {
    let mut parameters = Parameters::with_seed(0);
    for (i, shape) in shapes.iter().enumerate() {
        parameters.add(format!("p{i}"), Tensor::zeros(shape));
    }
    parameters
}

#[test]
fn gradients_and_parameters_must_belong_together() {
    let mut model = parameters(&[&[2, 3]]);
    let ones = Some(Tensor::ones([3]));
    let (mut reshaped, mut larger) = (model.clone(), model.clone());
    let first = reshaped.ids().next().expect("there is one");
    *reshaped.get_mut(first) = Tensor::zeros([3]);
    larger.add("p1", Tensor::zeros([3]));
    let fewer_elements = gradients(&reshaped, std::slice::from_ref(&ones));
    let more_parameters = gradients(&larger, &[None, ones]);
    let mut optimizers: [Box<dyn Optimizer<f32>>; 4] = [
        Box::new(Sgd::new(0.1)),
        Box::new(Adam::new(0.1)),
        Box::new(AdamW::new(0.1)),
        Box::new(Lion::new(0.1)),
    ];
    for optimizer in &mut optimizers {
        assert_eq!(
            message(|| optimizer.step(&mut model, &fewer_elements)),
            "step: the parameter `p0` has shape [2, 3], its gradient [3]: the gradients belong \
             to another model"
        );
        assert_eq!(
            message(|| optimizer.step(&mut model, &more_parameters)),
            "step: there is a gradient of parameter number 1, but only 1 parameters: the gradients \
             belong to another model"
        );
    }
}

#[test]
fn an_optimizer_serves_one_model() {
    let mut adam = Adam::new(0.1);
    let mut one = parameters(&[&[2]]);
    let mut other = one.clone();
    let first = other.ids().next().expect("there is one");
    *other.get_mut(first) = Tensor::zeros([3]);
    let of_one = gradients(&one, &[Some(Tensor::ones([2]))]);
    let of_other = gradients(&other, &[Some(Tensor::ones([3]))]);
    adam.step(&mut one, &of_one);
    assert_eq!(
        message(|| adam.step(&mut other, &of_other)),
        "step: the parameter `p0` has shape [3], but had [2] in a step before, and its moments have \
         that shape: give each model, and a model with a changed parameter, an optimizer of its own"
    );
}
