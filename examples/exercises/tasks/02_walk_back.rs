//! Exercise 2, chapter 1: the walk back over a tape.
//!
//! A tape is a list of steps. Step i has read the steps `nodes[i]`: for each, its index and the derivative of
//! step i with respect to it. A step reads only steps before it. The last step is the result.
//!
//! ```text
//! adjoint of the result = 1
//! adjoint of j          = Σ over all steps i that read j:  adjoint of i · ∂i/∂j
//! ```
//!
//! For x at index 0 and x · x at index 1, with x = 5, `nodes` is [[], [(0, 5.0), (0, 5.0)]], and the answer is
//! [10, 1].
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 2

/// Returns the adjoint of each step.
pub fn walk_back(nodes: &[Vec<(usize, f64)>]) -> Vec<f64> {
    todo!()
}
