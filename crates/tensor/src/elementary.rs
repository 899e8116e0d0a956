//! `exp`, `ln`, `ln_1p` and `tanh` for `f32` without branches or table look-ups.
//!
//! The standard library calls a function for each number. These are straight-line code, so a loop
//! over them becomes vector instructions. They are within 2 units in the last place of the
//! correctly rounded result (`exp`, `ln`) and 4 (`tanh`, `ln_1p`); the tests sweep the whole range.

/// 1.5 · 2²³: adding it to a small number leaves that number rounded to a whole one in the low bits.
const ROUND: f32 = 12_582_912.0;

/// Returns eˣ, from `x = n·ln 2 + r` with `|r| ≤ ln 2 / 2` as `2ⁿ · eʳ`, and a polynomial for `eʳ`.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Beyond these the result is infinite or zero. A comparison with NaN is false, so NaN stays.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };

    let Reduced { shifted, r } = reduced(x);
    let series = polynomial(r, &SERIES);

    // 2ⁿ as two factors, because n ranges from -150 to 128, beyond what one exponent holds. They
    // share the sum of their biased exponents, n + 2 · 127. For a NaN the factors are arbitrary, but
    // the series is NaN, and so is its product with them. Adding n to the exponent bits would lose
    // the NaN.
    let biased = shifted.to_bits().wrapping_sub(ROUND.to_bits() - 2 * 127) as i32;
    let half = biased >> 1;
    series * power_of_two(half) * power_of_two(biased.wrapping_sub(half))
}

/// Returns 1 + eˣ, the same number as with [`exp`], in fewer steps. It stops at x = -86, below which eˣ is lost in the
/// sum. So one exponent holds 2ⁿ⁻¹, and the other factor 2 is in the series.
#[inline(always)]
pub(crate) fn one_plus_exp(x: f32) -> f32 {
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -86.0 { -86.0 } else { x };
    let Reduced { shifted, r } = reduced(x);
    let biased = shifted.to_bits().wrapping_sub(ROUND.to_bits() - 126) as i32;
    polynomial(r, &TWICE_SERIES).mul_add(power_of_two(biased), 1.0)
}

/// x as `n·ln 2 + r` with `|r| ≤ ln 2 / 2`; the low bits of `shifted` are n.
struct Reduced {
    shifted: f32,
    r: f32,
}

#[inline(always)]
fn reduced(x: f32) -> Reduced {
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    // ln 2 in two parts: n times the first is exact, so r keeps all its digits.
    let r = n.mul_add(2.121_944_4e-4, n.mul_add(-0.693_359_4, x));
    Reduced { shifted, r }
}

/// The coefficients of eʳ.
const SERIES: [f32; 8] =
    [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];

/// The coefficients of 2 eʳ.
const TWICE_SERIES: [f32; 8] =
    [2.0 / 5040.0, 2.0 / 720.0, 2.0 / 120.0, 2.0 / 24.0, 2.0 / 6.0, 1.0, 2.0, 2.0];

/// Returns ln x, from `x = 2ⁿ · (1 + z)` with 1 + z between √½ and √2 as `n·ln 2 + ln(1 + z)`, and
/// a polynomial for the latter (Moshier's Cephes library).
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    // A subnormal number has no exponent of its own; times 2²³ it is a normal one.
    let subnormal = x < f32::MIN_POSITIVE;
    let normal = if subnormal { x * 8_388_608.0 } else { x };
    // Counted from √½, the exponent bits are n, and what is left is 1 + z.
    let bits = normal.to_bits().wrapping_sub(SQRT_HALF_BITS);
    let n = (bits as i32 >> 23) as f32 - if subnormal { 23.0 } else { 0.0 };
    let z = f32::from_bits((bits & 0x007f_ffff).wrapping_add(SQRT_HALF_BITS)) - 1.0;

    let tail = polynomial(
        z,
        &[
            7.037_683_6e-2,
            -1.151_461e-1,
            1.167_699_84e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_7e-1,
            2.000_071_4e-1,
            -2.499_999_4e-1,
            3.333_333e-1,
        ],
    );
    // ln 2 in two parts, the smaller ones added first.
    let small = z * z * (z * tail - 0.5) + n * -2.121_944_4e-4;
    let logarithm = n * 0.693_359_4 + (z + small);
    let logarithm = if x == f32::INFINITY { x } else { logarithm };
    let logarithm = if x == 0.0 { f32::NEG_INFINITY } else { logarithm };
    // A negative number does not have a logarithm. The comparison is false for NaN, too.
    if x >= 0.0 { logarithm } else { f32::NAN }
}

/// The bits of √½.
const SQRT_HALF_BITS: u32 = 0x3f35_04f3;

/// Returns ln(1 + x). The sum 1 + x loses digits of x; the factor `x / ((1 + x) − 1)` corrects for them
/// (Kahan).
#[inline(always)]
pub(crate) fn ln_1p(x: f32) -> f32 {
    let sum = 1.0 + x;
    let correction = x / (sum - 1.0);
    let logarithm = ln(sum) * correction;
    let logarithm = if sum == f32::INFINITY { sum } else { logarithm };
    let logarithm = if sum == 0.0 { f32::NEG_INFINITY } else { logarithm };
    if sum == 1.0 { x } else { logarithm }
}

/// Returns tanh x, near 0 by its Taylor series, where `(1 − e⁻²ˣ)/(1 + e⁻²ˣ)` would lose digits.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let decay = exp(-2.0 * size);
    let far = ((1.0 - decay) / (1.0 + decay)).copysign(x);
    let near = x * polynomial(
        x * x,
        &[-1382.0 / 155_925.0, 62.0 / 2835.0, -17.0 / 315.0, 2.0 / 15.0, -1.0 / 3.0, 1.0],
    );
    if size < 0.35 { near } else { far }
}

/// Evaluates a polynomial by Horner's rule, highest power first. Inside
/// [`vectorized`](crate::vectorized) each step is one instruction with one rounding; outside, it
/// may be a call into a library.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: &[f32; N]) -> f32 {
    coefficients[1..].iter().fold(coefficients[0], |sum, &c| sum.mul_add(x, c))
}

/// Returns 2ⁿ for -126 ≤ n ≤ 127, by writing the exponent n + 127.
#[inline(always)]
fn power_of_two(biased: i32) -> f32 {
    f32::from_bits((biased as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error in units in the last place: in distances from the exact result, rounded, to its
    /// neighbor.
    fn ulps(found: f32, exact: f64) -> f64 {
        let size = exact.abs() as f32;
        let unit = f64::from(size.next_up()) - f64::from(size);
        (f64::from(found) - exact).abs() / unit
    }

    fn sweep(low: f32, high: f32) -> impl Iterator<Item = f32> {
        (0..=400_000).map(move |i| low + (high - low) * i as f32 / 400_000.0)
    }

    #[test]
    fn exp_is_accurate_over_its_whole_range() {
        for x in sweep(-103.9, 88.7) {
            let error = ulps(exp(x), f64::from(x).exp());
            assert!(error <= 2.0, "exp({x}) = {} is {error} ulps off", exp(x));
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
    fn one_plus_exp_is_1_plus_exp_bit_for_bit() {
        for x in sweep(-120.0, 100.0).chain([1e4, -1e4, f32::INFINITY, f32::NEG_INFINITY]) {
            assert_eq!(one_plus_exp(x).to_bits(), (1.0 + exp(x)).to_bits(), "x is {x}");
        }
        assert!(one_plus_exp(f32::NAN).is_nan());
    }

    #[test]
    fn ln_is_accurate_over_its_whole_range() {
        for exponent in sweep(-126.0, 127.9) {
            let x = exponent.exp2();
            let error = ulps(ln(x), f64::from(x).ln());
            assert!(error <= 2.0, "ln({x}) = {} is {error} ulps off", ln(x));
        }
        for x in sweep(0.5, 2.0) {
            let error = ulps(ln(x), f64::from(x).ln());
            assert!(error <= 2.0, "ln({x}) = {} is {error} ulps off", ln(x));
        }
    }

    #[test]
    fn ln_at_the_ends() {
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(0.0), f32::NEG_INFINITY);
        assert_eq!(ln(f32::INFINITY), f32::INFINITY);
        assert!(ln(-1.0).is_nan() && ln(f32::NEG_INFINITY).is_nan() && ln(f32::NAN).is_nan());
        let smallest = f32::from_bits(1);
        assert!((ln(smallest) - smallest.ln()).abs() < 1e-5);
    }

    #[test]
    fn ln_1p_is_accurate_over_its_whole_range() {
        let tiny = sweep(-30.0, -1.0).flat_map(|exponent| [exponent.exp2(), -exponent.exp2()]);
        let large = sweep(1.0, 127.9).map(f32::exp2);
        for x in sweep(-0.99, 4.0).chain(tiny).chain(large) {
            let error = ulps(ln_1p(x), f64::from(x).ln_1p());
            assert!(error <= 4.0, "ln_1p({x}) = {} is {error} ulps off", ln_1p(x));
        }
    }

    #[test]
    fn ln_1p_at_the_ends() {
        assert_eq!(ln_1p(0.0), 0.0);
        assert!(ln_1p(-0.0).is_sign_negative());
        assert_eq!(ln_1p(-1.0), f32::NEG_INFINITY);
        assert_eq!(ln_1p(f32::INFINITY), f32::INFINITY);
        assert!(ln_1p(-1.5).is_nan() && ln_1p(f32::NAN).is_nan());
    }

    #[test]
    fn tanh_is_accurate_over_its_whole_range() {
        for x in sweep(-10.0, 10.0).chain(sweep(-1e-3, 1e-3)) {
            let error = ulps(tanh(x), f64::from(x).tanh());
            assert!(error <= 4.0, "tanh({x}) = {} is {error} ulps off", tanh(x));
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
