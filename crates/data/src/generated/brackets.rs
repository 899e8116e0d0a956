//! Lines of nested brackets.
//!
//! ```text
//! ([]())[]
//! ```
//!
//! A closing bracket is of the kind of the one that was opened last, so a model has to keep a stack.
//!
//! Inside `k` brackets, a bracket of either kind is opened with probability ¼, and with ½ the innermost one is
//! closed (or the line ends): a surprise of 1½ ln 2 in the mean, and none at the greatest depth `d`. What is
//! written until that end has the surprise `Sₖ = 1½ ln 2 + ½ (Sₖ₊₁ + Sₖ)` with `S_d = 0`, and as many characters as
//! `Lₖ = 1 + ½ (Lₖ₊₁ + Lₖ)` with `L_d = 1`. So a line has 3d ln 2 nats in 2d + 1 characters, in the mean.

use tensor::Key;

use super::told::Told;

/// Draws `count` lines of brackets of two kinds, each closed by its own kind, at most `deepest` deep.
/// Line `i` depends on `key` and `i` alone.
///
/// ```
/// use data::generated::brackets;
/// use tensor::Key;
///
/// let told = brackets(2, 4, Key::new(1));
/// assert!(told.text.chars().all(|c| "()[]\n".contains(c)));
/// ```
///
/// # Panics
/// If `deepest` is 0.
#[track_caller]
pub fn brackets(count: usize, deepest: usize, key: Key) -> Told {
    assert!(deepest > 0, "brackets: a depth of 0 leaves no brackets");
    let mut told = Told::default();
    for number in 0..count as u64 {
        let mut rng = key.fold_in(number).rng();
        let mut open: Vec<&str> = Vec::new();
        loop {
            let end = open.last().copied().unwrap_or("\n");
            let can_open = if open.len() < deepest { 1.0 } else { 0.0 };
            let options = [("(", can_open), ("[", can_open), (end, 2.0)];
            match told.choose(&options, &mut rng) {
                0 => open.push(")"),
                1 => open.push("]"),
                _ if open.pop().is_none() => break,
                _ => {}
            }
        }
    }
    told
}
