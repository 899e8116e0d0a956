//! Approximate equality, element by element, by the measures of the crate `approx`.

use approx::{AbsDiffEq, RelativeEq, UlpsEq};

use crate::Tensor;

impl<T: Copy + AbsDiffEq<Epsilon: Copy>> AbsDiffEq for Tensor<T> {
    type Epsilon = T::Epsilon;

    fn default_epsilon() -> T::Epsilon {
        T::default_epsilon()
    }

    fn abs_diff_eq(&self, other: &Self, epsilon: T::Epsilon) -> bool {
        self.all_pairs(other, |x, y| x.abs_diff_eq(y, epsilon))
    }
}

impl<T: Copy + RelativeEq<Epsilon: Copy>> RelativeEq for Tensor<T> {
    fn default_max_relative() -> T::Epsilon {
        T::default_max_relative()
    }

    fn relative_eq(&self, other: &Self, epsilon: T::Epsilon, max_relative: T::Epsilon) -> bool {
        self.all_pairs(other, |x, y| x.relative_eq(y, epsilon, max_relative))
    }
}

impl<T: Copy + UlpsEq<Epsilon: Copy>> UlpsEq for Tensor<T> {
    fn default_max_ulps() -> u32 {
        T::default_max_ulps()
    }

    fn ulps_eq(&self, other: &Self, epsilon: T::Epsilon, max_ulps: u32) -> bool {
        self.all_pairs(other, |x, y| x.ulps_eq(y, epsilon, max_ulps))
    }
}
