//! Exercise 28, chapter 11: deferred updates of a row.
//!
//! A word was not in the batches of the last k steps, so its weights had the gradient 0. Adam still moves them
//! (chapter 8). Its state is [w, m, v] after step t; make up for the k steps t + 1, …, t + k that it missed:
//!
//! ```text
//! m ← 0.9 m,  v ← 0.999 v,  w ← w − rate · m̂ / (√v̂ + 1e-8)
//! ```
//!
//! with the bias corrections of *those* steps, as in exercise 15. A loop over the k steps will do. (The library replaces
//! the loop by a power series.)
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 28

/// Returns [w, m, v] after step t + k.
pub fn deferred([w, m, v]: [f64; 3], t: i32, k: i32, rate: f64) -> [f64; 3] {
    todo!()
}
