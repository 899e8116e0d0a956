//! `exp` and `tanh` for `f32` without branches or table look-ups.
//!
//! The standard library calls a function for each number. These are straight lines of arithmetic,
//! so a loop over them becomes vector instructions. They agree with the correctly rounded result
//! to 2 units in the last place (`exp`) and 4 (`tanh`); the tests sweep the whole range.

/// 1.5 · 2²³: adding it to a small number leaves that number rounded to a whole one in the low bits.
const ROUND: f32 = 12_582_912.0;

/// eˣ, from `x = n·ln 2 + r` with `|r| ≤ ln 2 / 2` as `2ⁿ · eʳ`, and a polynomial for `eʳ`.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Beyond these the result is infinite or zero. A comparison with NaN is false, so NaN stays.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };

    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two parts: n times the first is exact, so r keeps all its digits.
    let r = (x - n * 0.693_359_4) - n * -2.121_944_4e-4;
    let polynomial =
        taylor(r, &[1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0]);

    // 2ⁿ in two factors: n reaches from -150 to 128, further than one exponent can.
    let n = shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
    let half = n >> 1;
    polynomial * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// tanh x: the Taylor series near 0, where `(1 − e⁻²ˣ)/(1 + e⁻²ˣ)` would lose digits.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let decay = exp(-2.0 * size);
    let far = ((1.0 - decay) / (1.0 + decay)).copysign(x);
    let near = x * taylor(
        x * x,
        &[-1382.0 / 155_925.0, 62.0 / 2835.0, -17.0 / 315.0, 2.0 / 15.0, -1.0 / 3.0, 1.0],
    );
    if size < 0.35 { near } else { far }
}

/// A polynomial by Horner's rule, highest power first.
#[inline(always)]
fn taylor<const N: usize>(x: f32, coefficients: &[f32; N]) -> f32 {
    coefficients.iter().fold(0.0, |sum, &c| sum * x + c)
}

/// 2ⁿ for -126 ≤ n ≤ 127, by writing the exponent.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error in units in the last place of the correctly rounded result.
    fn ulps(found: f32, exact: f64) -> f64 {
        let rounded = exact as f32;
        let unit = f64::from(rounded.abs().max(f32::MIN_POSITIVE)) * f64::from(f32::EPSILON) / 2.0;
        (f64::from(found) - exact).abs() / unit
    }

    fn sweep(low: f32, high: f32) -> impl Iterator<Item = f32> {
        (0..=400_000).map(move |i| low + (high - low) * i as f32 / 400_000.0)
    }

    #[test]
    fn exp_is_accurate_over_its_whole_range() {
        for x in sweep(-87.0, 88.7) {
            let error = ulps(exp(x), f64::from(x).exp());
            assert!(error <= 4.0, "exp({x}) = {} is {error} half-ulps off", exp(x));
        }
    }

    #[test]
    fn exp_at_the_ends() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(1e4), f32::INFINITY);
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp(-1e4), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(f32::NAN).is_nan());
        // Subnormal results keep their leading digits.
        assert!((f64::from(exp(-95.0)) - (-95f64).exp()).abs() < 1.5e-45);
    }

    #[test]
    fn tanh_is_accurate_over_its_whole_range() {
        for x in sweep(-10.0, 10.0).chain(sweep(-1e-3, 1e-3)) {
            let error = ulps(tanh(x), f64::from(x).tanh());
            assert!(error <= 8.0, "tanh({x}) = {} is {error} half-ulps off", tanh(x));
        }
    }

    #[test]
    fn tanh_at_the_ends() {
        assert_eq!(tanh(f32::INFINITY), 1.0);
        assert_eq!(tanh(-1e4), -1.0);
        assert_eq!(tanh(0.0), 0.0);
        assert!(tanh(-0.0).is_sign_negative());
        assert!(tanh(f32::NAN).is_nan());
    }
}
