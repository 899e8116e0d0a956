/// Random numbers from a seed: SplitMix64.
pub struct Random {
    /// Any number; the same seed gives the same numbers.
    pub seed: u64,
}

impl Random {
    /// Returns a number from 0 up to 1.
    pub fn uniform(&mut self) -> f64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.seed;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        // The 53 highest bits are as many as an f64 has.
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Returns an array of numbers from `-size` up to `size`.
    pub fn array(&mut self, shape: &[usize], size: f64) -> Array {
        let count = shape.iter().product();
        let numbers = (0..count).map(|_| size * (2.0 * self.uniform() - 1.0));
        Array::new(shape, numbers.collect())
    }
}
