//! What a property test prints that fails: the report for the smallest case, once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use autograd::check::strategy::{Cases, assert_each, assert_gradients, unary};
use autograd::{Adjoints, Op, check};
use proptest::test_runner::Config;
use tensor::{Scalar, Tensor};

/// x² with half of its gradient.
struct HalfSquare;

impl<T: Scalar> Op<T> for HalfSquare {
    fn name(&self) -> &'static str {
        "half_square"
    }
    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(|x| x * x)
    }
    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy * x[0]);
    }
}

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// The message with which `test` panics, and how many panics were printed on the way.
fn failure(test: impl FnOnce()) -> (String, usize) {
    let before = PANICS.load(Ordering::SeqCst);
    let panic = catch_unwind(AssertUnwindSafe(test)).expect_err("the test fails");
    let message = panic.downcast::<String>().expect("a formatted message");
    (*message, PANICS.load(Ordering::SeqCst) - before)
}

#[test]
fn a_failing_property_prints_the_report_of_its_smallest_case_once() {
    std::panic::set_hook(Box::new(|_| {
        PANICS.fetch_add(1, Ordering::SeqCst);
    }));

    let cases: Cases = || unary("half_square", -2.0..2.0, |x| x.tape().apply(HalfSquare, &[x]));
    let (message, printed) = failure(|| assert_gradients(&[("half_square", cases)]));
    assert_eq!(printed, 1);
    assert!(message.contains("WRONG"), "{message}");
    assert!(message.contains("wrong op: %1 = half_square"), "{message}");
    assert!(message.contains("minimal failing input: half_square of [Tensor<f64>"), "{message}");
    assert!(message.lines().count() < 30, "{message}");

    // So does one that panics by itself, such as for shapes that do not fit.
    let (message, printed) = failure(|| {
        assert_each(Config::default(), &(1..100usize), "lengths", |length| {
            let x = Tensor::zeros([length]);
            Ok(check::inputs(&[x], |[x]| x.reshape([length.min(7)])).result()?)
        });
    });
    assert_eq!(printed, 1);
    assert!(message.contains("minimal failing input: 8"), "{message}");
    assert!(message.lines().count() < 30, "{message}");
}
