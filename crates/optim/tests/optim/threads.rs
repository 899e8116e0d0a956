//! Large parameters are updated by several threads, which changes no bit.

use autograd::{Parameters, Tape};
use optim::{Adam, Optimizer};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;
use tensor::{Key, Tensor, parallel};

/// The parameter after three steps of Adam, by this many threads.
fn trained(shape: [usize; 2], threads: usize) -> Vec<u32> {
    let mut parameters: Parameters = Parameters::with_seed(0);
    let x = parameters.add("x", Tensor::normal(shape, 0.0, 1.0, Key::new(1)));
    let mut adam = Adam::new(0.01);
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    for _ in 0..3 {
        let gradients = {
            let tape = Tape::default();
            // Transposed, so that the gradient is not in row-major order.
            let slopes = tape.constant(Tensor::normal([shape[1], shape[0]], 0.0, 1.0, Key::new(2)));
            (tape.parameter(&parameters, x).t() * slopes).sum_all().backward()
        };
        pool.install(|| adam.step(&mut parameters, &gradients));
    }
    parameters.get(x).to_vec().into_iter().map(f32::to_bits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn adam_is_the_same_for_any_number(
        rows in prop_oneof![Just(1), 2..100usize, 1000..2000usize],
        parts in 1.9..4.1f64,
    ) {
        let shape = [rows, (parallel::LIGHT as f64 * parts) as usize / rows];
        let one = trained(shape, 1);
        prop_assert!(one == trained(shape, 2) && one == trained(shape, 3));
    }
}
