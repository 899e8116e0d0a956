//! Dual numbers: a value and its derivative along one direction, carried side by side.
//!
//! ```text
//! x = v + t ε   with ε² = 0,   so   f(x) = f(v) + f'(v) t ε
//! ```
//!
//! Each operation on duals is its derivative rule, so any code that is generic over [`Scalar`], run
//! on duals, computes an exact directional derivative along with its result (Clifford 1873; Wengert
//! 1964). A dual of duals carries second derivatives.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use tensor::{Matrix, MatrixKernel, Scalar, Target, Tensor, Triangle};

/// A number `value + tangent · ε` with ε² = 0.
///
/// Two duals are compared by their values, as the branches of a program are.
///
/// ```
/// use autograd::functional::Dual;
/// use tensor::Scalar;
///
/// // d/dx x² sin x at 2, along 1.
/// let x = Dual::new(2.0, 1.0);
/// let y: Dual<f64> = x * x * x.sin();
/// assert_eq!(y.tangent, 4.0 * 2f64.sin() + 4.0 * 2f64.cos());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dual<S> {
    /// The number itself.
    pub value: S,
    /// Its derivative along the direction.
    pub tangent: S,
}

impl<S> Dual<S> {
    /// Creates `value + tangent · ε`.
    #[inline(always)]
    pub fn new(value: S, tangent: S) -> Self {
        Self { value, tangent }
    }
}

impl<S: Scalar> Dual<S> {
    /// Returns f(x), given f(v) and f'(v): the chain rule.
    #[inline(always)]
    fn chain(self, value: S, slope: S) -> Self {
        Self::new(value, along(slope, self.tangent))
    }

    /// Returns values and tangents of one shape as a tensor of duals.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn tensor(values: &Tensor<S>, tangents: &Tensor<S>) -> Tensor<Self> {
        values.zip_map(tangents, Self::new)
    }

    /// Returns numbers that do not move as a tensor of duals. [`Tensor::cast`] does the same for plain numbers; if the
    /// numbers are duals themselves, it drops their tangents.
    pub fn still(values: &Tensor<S>) -> Tensor<Self> {
        values.map(|value| Self::new(value, S::ZERO))
    }

    /// Returns the values of a tensor of duals.
    pub fn values(duals: &Tensor<Self>) -> Tensor<S> {
        duals.map(|dual| dual.value)
    }

    /// Returns the tangents of a tensor of duals.
    pub fn tangents(duals: &Tensor<Self>) -> Tensor<S> {
        duals.map(|dual| dual.tangent)
    }
}

impl<S: PartialEq> PartialEq for Dual<S> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<S: PartialOrd> PartialOrd for Dual<S> {
    #[inline(always)]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<S: Scalar> Add for Dual<S> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self::new(self.value + other.value, self.tangent + other.tangent)
    }
}

impl<S: Scalar> Sub for Dual<S> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self::new(self.value - other.value, self.tangent - other.tangent)
    }
}

impl<S: Scalar> Mul for Dual<S> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let tangent = along(other.value, self.tangent) + along(self.value, other.tangent);
        Self::new(self.value * other.value, tangent)
    }
}

impl<S: Scalar> Div for Dual<S> {
    type Output = Self;

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        let quotient = self.value / other.value;
        let change = self.tangent - along(quotient, other.tangent);
        // A number that does not move has the tangent 0, even at 0 / 0.
        let tangent = if change.is_zero() { S::ZERO } else { change / other.value };
        Self::new(quotient, tangent)
    }
}

impl<S: Scalar> Neg for Dual<S> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self::new(-self.value, -self.tangent)
    }
}

impl<S: Scalar> AddAssign for Dual<S> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// Writes `value+tangentε`, both parts with the precision of the format.
impl<S: Scalar> fmt::Display for Dual<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [self.value, self.tangent].map(|part| match f.precision() {
            Some(digits) => format!("{part:.digits$}"),
            None => part.to_string(),
        });
        f.write_str(&joined(words))
    }
}

impl<S: Scalar> fmt::LowerExp for Dual<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [self.value, self.tangent].map(|part| match f.precision() {
            Some(digits) => format!("{part:.digits$e}"),
            None => format!("{part:e}"),
        });
        f.write_str(&joined(words))
    }
}

/// Returns the text of a sum, with one sign, and with parentheses around parts that are sums themselves.
fn joined([value, tangent]: [String; 2]) -> String {
    let part = |word: String| if word.contains('ε') { format!("({word})") } else { word };
    let (value, tangent) = (part(value), part(tangent));
    let sign = if tangent.starts_with('-') { "" } else { "+" };
    format!("{value}{sign}{tangent}ε")
}

impl<S: Scalar> Scalar for Dual<S> {
    const ZERO: Self = Dual { value: S::ZERO, tangent: S::ZERO };
    const ONE: Self = Dual { value: S::ONE, tangent: S::ZERO };

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        Self::new(S::from_f64(value), S::ZERO)
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self.value.to_f64()
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        self.value.is_finite() && self.tangent.is_finite()
    }
    #[inline(always)]
    fn without_tangent(self) -> Self {
        Self::new(self.value.without_tangent(), S::ZERO)
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        self.value.is_zero() && self.tangent.is_zero()
    }
    #[inline(always)]
    fn abs(self) -> Self {
        let slope = match self.value.partial_cmp(&S::ZERO) {
            Some(Ordering::Greater) => S::ONE,
            Some(Ordering::Less) => -S::ONE,
            _ => S::ZERO,
        };
        self.chain(self.value.abs(), slope)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        let root = self.value.sqrt();
        self.chain(root, S::ONE / (root + root))
    }
    #[inline(always)]
    fn exp(self) -> Self {
        let exp = self.value.exp();
        self.chain(exp, exp)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        self.chain(self.value.ln(), S::ONE / self.value)
    }
    #[inline(always)]
    fn ln_1p(self) -> Self {
        self.chain(self.value.ln_1p(), S::ONE / (S::ONE + self.value))
    }
    #[inline(always)]
    fn sin(self) -> Self {
        self.chain(self.value.sin(), self.value.cos())
    }
    #[inline(always)]
    fn cos(self) -> Self {
        self.chain(self.value.cos(), -self.value.sin())
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        let tanh = self.value.tanh();
        self.chain(tanh, S::ONE - tanh * tanh)
    }
    #[inline(always)]
    fn erf(self) -> Self {
        let scale = S::from_f64(std::f64::consts::FRAC_2_SQRT_PI);
        self.chain(self.value.erf(), scale * (-(self.value * self.value)).exp())
    }
    #[inline(always)]
    fn powi(self, n: i32) -> Self {
        // n = 0 on its own: 0 · x⁻¹ would be NaN at x = 0.
        let lower = n.saturating_sub(1);
        let slope = if n == 0 { S::ZERO } else { S::from_f64(n.into()) * self.value.powi(lower) };
        self.chain(self.value.powi(n), slope)
    }
    /// Returns xᵖ. Where the formulas of the slopes have no value, the slopes follow the
    /// conventions of the op `pow`.
    #[inline(always)]
    fn powf(self, exponent: Self) -> Self {
        let (x, p) = (self.value, exponent.value);
        let power = x.powf(p);
        let lower = x.powf(p - S::ONE);
        let is_flat = p == S::ZERO && !lower.to_f64().is_finite();
        // The tangent of the lower power overflows before its value does, and p = 0 would be multiplied by ∞.
        let lower =
            if p == S::ZERO && !lower.is_finite() { lower.without_tangent() } else { lower };
        let by_base = if is_flat { S::ZERO } else { p * lower };
        let by_exponent = if x == S::ZERO && p >= S::ZERO { S::ZERO } else { power * x.ln() };
        Self::new(power, along(by_base, self.tangent) + along(by_exponent, exponent.tangent))
    }
    #[inline(always)]
    fn sigmoid(self) -> Self {
        let sigmoid = self.value.sigmoid();
        self.chain(sigmoid, sigmoid * (S::ONE - sigmoid))
    }
    /// Returns the larger of two. Where both are equal, the tangent is the mean of both, as in the
    /// VJP of `maximum`.
    #[inline(always)]
    fn maximum(self, other: Self) -> Self {
        if self.value == other.value {
            let half = S::from_f64(0.5);
            let value = self.value.maximum(other.value);
            return Self::new(value, (self.tangent + other.tangent) * half);
        }
        if other > self || other.is_nan() { other } else { self }
    }
    #[inline(always)]
    fn minimum(self, other: Self) -> Self {
        -(-self).maximum(-other)
    }
}

/// Returns a slope times a tangent. The slope does not matter where nothing moves: it may be infinite, as at the
/// edge of √x, or not exist, as along the exponent at a negative base.
#[inline(always)]
fn along<S: Scalar>(slope: S, tangent: S) -> S {
    if tangent.is_zero() { S::ZERO } else { slope * tangent }
}

impl<S: Scalar> MatrixKernel for Dual<S> {
    /// Writes (A + A'ε)(B + B'ε) = AB + (A'B + AB')ε, by products of the scalar's own fast kernel.
    /// Products with the tangents of a factor that does not move are left out.
    fn multiply(left: Matrix<'_, Self>, right: Matrix<'_, Self>, product: &mut [Self]) {
        let (a, b) = (Parts::of(&left), Parts::of(&right));
        let mut numbers = vec![S::ZERO; product.len()];
        S::multiply(a.values(), b.values(), &mut numbers);
        for (x, &value) in product.iter_mut().zip(&numbers) {
            *x = Self::new(value, S::ZERO);
        }
        let mut add_to_tangents = |left: Matrix<'_, S>, right: Matrix<'_, S>| {
            S::multiply(left, right, &mut numbers);
            for (x, &tangent) in product.iter_mut().zip(&numbers) {
                x.tangent += tangent;
            }
        };
        if a.moves() {
            add_to_tangents(a.tangents(), b.values());
        }
        if b.moves() {
            add_to_tangents(a.values(), b.tangents());
        }
    }

    fn multiply_triangular(
        left: Matrix<'_, Self>,
        right: Matrix<'_, Self>,
        triangle: Triangle,
        target: Target<'_, Self>,
    ) {
        tensor::multiply_triangular_by_loops(left, right, triangle, target);
    }

    fn multiply_row_bf16(row: &[Self], words: &[u32], product: &mut [Self]) {
        tensor::multiply_row_by_loops(row, words, product);
    }
}

/// The values and the tangents of a matrix.
struct Parts<S> {
    /// Line by line: by row, or by column if the numbers of a column are closer together in memory.
    values: Vec<S>,
    tangents: Vec<S>,
    rows: usize,
    columns: usize,
    is_by_column: bool,
}

impl<S: Scalar> Parts<S> {
    fn of(matrix: &Matrix<'_, Dual<S>>) -> Self {
        let Matrix { rows, columns, row_stride, column_stride, .. } = *matrix;
        let is_by_column = row_stride < column_stride;
        let (lines, length, stride, step) = match is_by_column {
            true => (columns, rows, column_stride, row_stride),
            false => (rows, columns, row_stride, column_stride),
        };
        let (mut values, mut tangents) =
            (Vec::with_capacity(rows * columns), Vec::with_capacity(rows * columns));
        for line in 0..lines {
            let line = &matrix.values[line * stride..];
            for k in 0..length {
                let dual = line[k * step];
                values.push(dual.value);
                tangents.push(dual.tangent);
            }
        }
        Self { values, tangents, rows, columns, is_by_column }
    }

    /// Returns `true` if a tangent is not 0.
    fn moves(&self) -> bool {
        self.tangents.iter().any(|tangent| !tangent.is_zero())
    }

    fn values(&self) -> Matrix<'_, S> {
        self.matrix(&self.values)
    }

    fn tangents(&self) -> Matrix<'_, S> {
        self.matrix(&self.tangents)
    }

    fn matrix<'a>(&self, values: &'a [S]) -> Matrix<'a, S> {
        let Self { rows, columns, .. } = *self;
        let (row_stride, column_stride) = if self.is_by_column { (1, rows) } else { (columns, 1) };
        Matrix { values, rows, columns, row_stride, column_stride }
    }
}
