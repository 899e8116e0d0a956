//! Exercise 16, chapter 7: weight decay beside Adam.
//!
//! AdamW (Loshchilov and Hutter 2019) is exercise 15 with a weight that also decays in each step:
//!
//! ```text
//! w ← w − rate · ( m̂ / (√v̂ + 1e-8) + decay · w )
//! ```
//!
//! The w on the right is the weight before the step. m and v do not include the decay.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 16

/// Returns the weight after all steps.
pub fn weight_decay(w: f64, gradients: &[f64], rate: f64, decay: f64) -> f64 {
    todo!()
}
