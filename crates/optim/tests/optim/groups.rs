//! Settings of their own for parameters whose names match a pattern.

use autograd::Parameters;
use mistakes::message;
use optim::{Adam, AdamW, Lion, Optimizer, RmsProp, RuleOptimizer, Sgd, StateError};
use tensor::Tensor;

use crate::gradients;
use crate::own::HeavyBall;

/// Four matrices, so that all decay unless a group says otherwise.
fn parameters() -> Parameters<f64> {
    let mut parameters = Parameters::with_seed(0);
    for name in ["body.weight", "body.bias", "head.weight", "head.bias"] {
        parameters.add(name, Tensor::full([1, 2], 2.0));
    }
    parameters
}

/// What three steps make of each parameter, all with the same gradients.
fn trained(mut optimizer: impl Optimizer<f64>) -> [Tensor<f64>; 4] {
    let mut parameters = parameters();
    for g in [1.0, -0.5, 0.25] {
        let gradients = gradients(&parameters, &[0; 4].map(|_| Some(Tensor::full([1, 2], g))));
        optimizer.step(&mut parameters, &gradients);
    }
    let mut values = parameters.iter().map(|(_, _, value)| value.clone());
    std::array::from_fn(|_| values.next().expect("four parameters"))
}

/// Trains with an optimizer made for this rate and decay, and checks that groups are the same as the
/// other rate and the other decay for all.
fn assert_groups<O: Optimizer<f64>>(make: impl Fn(f64, f64) -> O, grouped: impl Fn(O) -> O) {
    let [weight, bias, head_weight, head_bias] = trained(grouped(make(0.1, 0.3)));
    let [both, scaled, plain, still] =
        [(0.01, 0.3), (0.01, 0.0), (0.1, 0.3), (0.1, 0.0)].map(|(rate, decay)| {
            let [value, ..] = trained(make(rate, decay));
            value
        });
    assert_eq!(weight, both);
    assert_eq!(bias, scaled);
    assert_eq!(head_weight, plain);
    assert_eq!(head_bias, still);
    assert!(weight != head_weight && bias != head_bias && weight != bias);
}

#[test]
fn a_group_is_the_same_as_an_optimizer_with_its_settings() {
    let body = "body.*";
    assert_groups(
        |rate, decay| AdamW::new(rate).decay(decay),
        |o| o.group(body, |g| g.rate_scale(0.1)).group("*.bias", |g| g.no_decay()),
    );
    assert_groups(
        |rate, decay| RmsProp::new(rate).decay(decay),
        |o| o.group(body, |g| g.rate_scale(0.1)).group("*.bias", |g| g.no_decay()),
    );
    assert_groups(
        |rate, decay| Lion::new(rate).decay(decay),
        |o| o.group("*.bias", |g| g.no_decay()).group(body, |g| g.rate_scale(0.1)),
    );
    assert_groups(
        |rate, decay| RuleOptimizer::of(HeavyBall, rate).decay(decay),
        |o| o.group("*.bias", |g| g.no_decay()).group(body, |g| g.rate_scale(0.1)),
    );
}

#[test]
fn optimizers_without_decay_scale_the_rate() {
    let check = |small: [Tensor<f64>; 4], grouped: [Tensor<f64>; 4], large: [Tensor<f64>; 4]| {
        assert_eq!(grouped[..2], small[..2]);
        assert_eq!(grouped[2..], large[2..]);
        assert!(small != large);
    };
    let adam = || Adam::new(0.1);
    let grouped = trained(adam().group("body.*", |group| group.rate_scale(0.1)));
    check(trained(Adam::new(0.01)), grouped, trained(adam()));
    for momentum in [0.0, 0.9] {
        let sgd = |rate| Sgd::new(rate).momentum(momentum);
        let grouped = trained(sgd(0.1).group("body.*", |group| group.rate_scale(0.1)));
        check(trained(sgd(0.01)), grouped, trained(sgd(0.1)));
    }
}

#[test]
fn of_each_setting_the_last_group_that_sets_it_counts() {
    let adamw = || AdamW::new(0.1).decay(0.3);
    let layered = trained(
        adamw()
            .group("*", |group| group.rate_scale(0.1).decay(0.5))
            .group("body.*", |group| group.rate_scale(1.0))
            .group("*.bias", |group| group.decay(0.3)),
    );
    let [of_weight, ..] = trained(AdamW::new(0.1).decay(0.5));
    let [of_bias, ..] = trained(AdamW::new(0.1).decay(0.3));
    assert_eq!(layered[..2], [of_weight, of_bias]);
}

#[test]
fn a_decay_of_a_group_counts_for_any_shape_and_any_rule() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let bias = parameters.add("bias", Tensor::ones([2]));
    let zeros = gradients(&parameters, &[Some(Tensor::zeros([2]))]);
    let mut adamw = AdamW::new(0.5).decays(|_, _| false).group("bias", |group| group.decay(0.1));
    adamw.step(&mut parameters, &zeros);
    assert_eq!(parameters.get(bias), &Tensor::full([2], 0.95));
}

#[test]
fn the_rate_that_is_set_is_scaled_too() {
    let mut adam = Adam::new(7.0).group("body.*", |group| group.rate_scale(0.1));
    adam.set_rate(0.1);
    assert_eq!(adam.rate(), 0.1);
    assert_eq!(
        trained(adam),
        trained(Adam::new(0.1).group("body.*", |group| group.rate_scale(0.1)))
    );
}

#[test]
fn a_group_that_matches_nothing_is_an_error_at_the_step() {
    let mut optimizers: [Box<dyn Optimizer<f64>>; 5] = [
        Box::new(Sgd::new(0.1).group("*.bais", |group| group.rate_scale(0.1))),
        Box::new(Adam::new(0.1).group("*.bais", |group| group.rate_scale(0.1))),
        Box::new(AdamW::new(0.1).group("*.bais", |group| group.no_decay())),
        Box::new(RmsProp::new(0.1).group("*.bais", |group| group.no_decay())),
        Box::new(Lion::new(0.1).group("body.*", |g| g).group("*.bais", |group| group.no_decay())),
    ];
    let mut parameters = parameters();
    let ones = gradients(&parameters, &[0; 4].map(|_| Some(Tensor::ones([1, 2]))));
    for optimizer in &mut optimizers {
        assert_eq!(
            message(|| optimizer.step(&mut parameters, &ones)),
            "step: a group of the optimizer is empty: no name matches the pattern `*.bais`: there are \
             `body.weight`, `body.bias`, `head.weight`, `head.bias`"
        );
    }
    assert!(parameters.iter().all(|(_, _, value)| value == &Tensor::full([1, 2], 2.0)));
}

#[test]
fn settings_of_a_group_must_make_sense() {
    assert_eq!(
        message(|| Adam::<f32>::new(0.1).group("*", |group| group.rate_scale(-1.0))),
        "rate_scale: -1 is negative or not finite"
    );
    assert_eq!(
        message(|| AdamW::<f32>::new(0.1).group("*", |group| group.decay(f64::NAN))),
        "decay: NaN is negative or not finite"
    );
    assert_eq!(
        message(|| Adam::<f32>::new(0.1).group("*.bias", |group| group.no_decay())),
        "group: `*.bias` with decay 0 is given to Adam, which has no decay: take AdamW, or leave out \
         the decay"
    );
    assert_eq!(
        message(|| Adam::<f32>::new(0.1).group("*", |group| group.rate_scale(0.5).decay(0.1))),
        "group: `*` with rate_scale 0.5 and decay 0.1 is given to Adam, which has no decay: take AdamW, \
         or leave out the decay"
    );
}

#[test]
fn a_state_of_other_groups_is_refused() {
    let grouped = || AdamW::<f64>::new(0.1).group("*.bias", |group| group.no_decay());
    let parameters = parameters();
    let state = grouped().state(&parameters);
    let text = serde_json::to_string(&state.header).expect("JSON");
    assert!(text.contains(r#""groups":[{"pattern":"*.bias","decay":0.0}]"#), "{text}");
    assert_eq!(serde_json::from_str::<optim::StateHeader>(&text).expect("a header"), state.header);

    grouped().restore(&parameters, state.clone()).expect("the same groups");
    let refusal = |mut optimizer: AdamW<f64>| -> StateError {
        optimizer.restore(&parameters, state.clone()).expect_err("other groups")
    };
    assert_eq!(
        refusal(AdamW::new(0.1)).to_string(),
        "the state was saved with `*.bias` with decay 0, but this optimizer has no groups: build it with \
         the groups of the state"
    );
    assert_eq!(
        refusal(grouped().group("body.*", |group| group.rate_scale(0.1))).to_string(),
        "the state was saved with `*.bias` with decay 0, but this optimizer has `*.bias` with decay 0, \
         `body.*` with rate_scale 0.1: build it with the groups of the state"
    );
}
