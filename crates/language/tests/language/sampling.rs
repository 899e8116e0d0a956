//! Draws against their definitions.

use language::{Sampling, SamplingError};
use proptest::prelude::*;

fn softmax(logits: &[f64], temperature: f64) -> Vec<f64> {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> =
        logits.iter().map(|logit| ((logit - highest) / temperature).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

fn logits() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-6.0..6.0f64, 1..12)
}

fn assert_close(found: &[f64], expected: &[f64]) {
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < 1e-12, "{found:?} {expected:?}");
    }
    assert_eq!(found.len(), expected.len());
}

proptest! {
    #[test]
    fn temperature_divides_the_logits(logits in logits(), temperature in 0.05..5.0f64) {
        let sampling = Sampling { temperature, ..Sampling::default() };
        assert_close(&sampling.probabilities(&logits), &softmax(&logits, temperature));
    }

    #[test]
    fn keeping_all_tokens_changes_nothing(logits in logits(), temperature in 0.05..5.0f64) {
        let plain = Sampling { temperature, ..Sampling::default() };
        let all = Sampling { top_k: Some(logits.len()), top_p: 1.0, ..plain.clone() };
        prop_assert_eq!(all.probabilities(&logits), plain.probabilities(&logits));
        for number in 0..5 {
            prop_assert_eq!(all.draw(&logits, number), plain.draw(&logits, number));
        }
    }

    #[test]
    fn top_k_keeps_the_most_probable_tokens_in_proportion(logits in logits(), k in 1..12usize) {
        let kept = Sampling { top_k: Some(k), ..Sampling::default() }.probabilities(&logits);
        let all = softmax(&logits, 1.0);
        let above = |token: usize| logits.iter().filter(|logit| **logit > logits[token]).count();
        let sum: f64 = (0..logits.len()).filter(|&token| above(token) < k).map(|token| all[token]).sum();
        for token in 0..logits.len() {
            let expected = if above(token) < k { all[token] / sum } else { 0.0 };
            prop_assert!((kept[token] - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn top_p_keeps_the_fewest_tokens_that_reach_it(logits in logits(), top_p in 0.01..0.99f64) {
        let kept = Sampling { top_p, ..Sampling::default() }.probabilities(&logits);
        let all = softmax(&logits, 1.0);
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|&a, &b| all[b].total_cmp(&all[a]));
        let mut before = 0.0;
        let mut expected = vec![0.0; logits.len()];
        for &token in &order {
            if before < top_p {
                expected[token] = all[token];
            }
            before += all[token];
        }
        let sum: f64 = expected.iter().sum();
        expected.iter_mut().for_each(|probability| *probability /= sum);
        assert_close(&kept, &expected);
    }

    #[test]
    fn a_low_temperature_becomes_greedy(logits in logits(), number: u64, seed: u64) {
        let greedy = Sampling { seed, ..Sampling::greedy() }.draw(&logits, number);
        let best = (0..logits.len()).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
        prop_assert_eq!(greedy as usize, best);
        let mut sorted = logits.clone();
        sorted.sort_by(f64::total_cmp);
        let is_clear = sorted.len() < 2 || sorted[sorted.len() - 1] - sorted[sorted.len() - 2] > 1e-3;
        let cold = Sampling { temperature: 1e-6, seed, ..Sampling::default() };
        prop_assert!(!is_clear || cold.draw(&logits, number) == greedy);
    }
}

#[test]
fn frequencies_of_many_draws_are_the_probabilities() {
    let logits = [0.3, -1.0, 2.0, 0.5, 1.4];
    let plain = Sampling { seed: 4, ..Sampling::default() };
    for sampling in [
        plain.clone(),
        Sampling { temperature: 0.5, ..plain.clone() },
        Sampling { top_k: Some(3), ..plain.clone() },
        Sampling { top_p: 0.7, temperature: 2.0, ..plain },
    ] {
        let draws = 20_000;
        let mut counts = [0.0; 5];
        (0..draws).for_each(|number| counts[sampling.draw(&logits, number) as usize] += 1.0);
        for (count, p) in counts.into_iter().zip(sampling.probabilities(&logits)) {
            let deviation = (p * (1.0 - p) / draws as f64).sqrt();
            assert!((count / draws as f64 - p).abs() <= 4.5 * deviation, "{sampling:?} {counts:?}");
        }
    }
}

#[test]
fn ties_go_to_the_first_token() {
    let logits = [1.0, 3.0, 3.0, 3.0];
    assert_eq!(Sampling::greedy().draw(&logits, 9), 1);
    let two = Sampling { top_k: Some(2), ..Sampling::default() };
    assert_close(&two.probabilities(&logits), &[0.0, 0.5, 0.5, 0.0]);
}

#[test]
fn what_has_no_logit_is_never_drawn() {
    let logits = [f64::NEG_INFINITY, 0.0, f64::NEG_INFINITY];
    for sampling in [Sampling::default(), Sampling::greedy()] {
        assert_eq!(sampling.probabilities(&logits), [0.0, 1.0, 0.0]);
    }
}

#[test]
fn settings_outside_of_their_range_are_refused() {
    let default = Sampling::default();
    for (sampling, error) in [
        (Sampling { temperature: -1.0, ..default.clone() }, SamplingError::Temperature(-1.0)),
        (Sampling { top_k: Some(0), ..default.clone() }, SamplingError::TopK),
        (Sampling { top_p: 0.0, ..default.clone() }, SamplingError::TopP(0.0)),
        (Sampling { top_p: 1.5, ..default.clone() }, SamplingError::TopP(1.5)),
    ] {
        assert_eq!(sampling.check(), Err(error));
    }
    assert!(Sampling { temperature: f64::NAN, ..default }.check().is_err());
}
