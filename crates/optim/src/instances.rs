//! Makes every optimizer once for each scalar type, so that this crate holds their machine code: see
//! `instances.rs` of `tensor`.

use tensor::Scalar;

use crate::{Adam, AdamW, Lion, Optimizer, RmsProp, Sgd};

/// Makes the optimizers of the scalars that programs and tests use most.
#[doc(hidden)]
pub fn of_all_scalars() -> (Optimizers<f32>, Optimizers<f64>) {
    (of_scalar(), of_scalar())
}

/// One of each kind.
type Optimizers<T> = Vec<Box<dyn Optimizer<T>>>;

fn of_scalar<T: Scalar>() -> Optimizers<T> {
    vec![
        Box::new(Sgd::new(0.1).momentum(0.9)),
        Box::new(Adam::new(0.1)),
        Box::new(Adam::new(0.1).lazy()),
        Box::new(AdamW::new(0.1)),
        Box::new(RmsProp::new(0.1)),
        Box::new(Lion::new(0.1)),
    ]
}
