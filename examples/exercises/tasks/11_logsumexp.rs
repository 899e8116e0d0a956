//! Exercise 11, chapter 4: the logarithm of a sum of exponentials.
//!
//! ```text
//! y = ln Σᵢ exp(xᵢ)
//! ```
//!
//! The answer must also be right for numbers such as 1000, whose exponential overflows. For any m
//!
//! ```text
//! ln Σᵢ exp(xᵢ) = m + ln Σᵢ exp(xᵢ − m)
//! ```
//!
//! Choose m so that nothing overflows. For [0, 0] the answer is ln 2; for [1000, 1000] it is 1000 + ln 2.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 11

/// Returns ln Σ exp(xᵢ).
pub fn logsumexp(x: &[f64]) -> f64 {
    todo!()
}
