//! Sums with their results written backwards, so that the digit that is computed first comes first.
//!
//! ```text
//! 47+5=25
//! ```

use tensor::Key;

use super::told::Told;

/// Draws `count` sums of two numbers below `limit`, one a line, with the digits of the result reversed.
/// Sum `i` depends on `key` and `i` alone.
///
/// ```
/// use data::generated::sums;
/// use tensor::Key;
///
/// let told = sums(3, 100, Key::new(1));
/// for line in told.text.lines() {
///     let (sum, result) = line.split_once('=').unwrap();
///     let (a, b) = sum.split_once('+').unwrap();
///     let result: String = result.chars().rev().collect();
///     assert_eq!(a.parse::<u32>().unwrap() + b.parse::<u32>().unwrap(), result.parse::<u32>().unwrap());
/// }
/// ```
///
/// # Panics
/// If `limit` is 0.
#[track_caller]
pub fn sums(count: usize, limit: u32, key: Key) -> Told {
    assert!(limit > 0, "sums: there is no number below 0");
    let end = |last: char| (0..limit).map(move |number| format!("{number}{last}")).collect();
    let (first, second): (Vec<String>, Vec<String>) = (end('+'), end('='));
    let [first, second] =
        [&first, &second].map(|numbers| numbers.iter().map(String::as_str).collect::<Vec<&str>>());
    let mut told = Told::default();
    for number in 0..count as u64 {
        let mut rng = key.fold_in(number).rng();
        let a = told.choose_evenly(&first, &mut rng);
        let b = told.choose_evenly(&second, &mut rng);
        let result: String = (a + b).to_string().chars().rev().collect();
        told.answer(&result);
        told.write("\n");
    }
    told
}
