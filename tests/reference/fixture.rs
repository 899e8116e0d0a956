//! The reference files, and how far we are from them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tensor::{Scalar, Tensor};

/// Reads one of the files that `generate.py` wrote.
pub fn read<F: DeserializeOwned>(name: &str) -> F {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The entry of this name.
pub fn named<'a, F>(entries: &'a BTreeMap<String, F>, name: &str) -> &'a F {
    entries.get(name).unwrap_or_else(|| {
        panic!("there is no reference for `{name}`: add it to generate.py and run that")
    })
}

/// A tensor in a file.
#[derive(Clone, Deserialize)]
pub struct Array<N = f64> {
    shape: Vec<usize>,
    values: Vec<N>,
}

impl<N: Copy> Array<N> {
    /// Its numbers as they are.
    pub fn exact(&self) -> Tensor<N> {
        Tensor::new(&self.shape, self.values.clone())
    }
}

impl Array {
    /// Its numbers, rounded to another type.
    pub fn tensor<T: Scalar>(&self) -> Tensor<T> {
        self.exact().cast()
    }
}

/// The largest error of many comparisons, and where it is.
#[derive(Default)]
pub struct Worst {
    error: f64,
    place: String,
}

impl Worst {
    /// Compares all elements by |found − reference| / (1 + |reference|): the absolute error for
    /// small numbers, the relative one for large numbers.
    pub fn compare<T: Scalar>(
        &mut self,
        place: impl fmt::Display,
        found: &Tensor<T>,
        reference: &Array,
    ) {
        assert_eq!(found.shape(), reference.shape, "{place}: the shape is not the reference's");
        for (&found, &reference) in found.values().iter().zip(&reference.values) {
            self.compare_within(1.0, &place, found.to_f64(), reference);
        }
    }

    /// Compares two numbers by their relative error.
    pub fn compare_relative(&mut self, place: impl fmt::Display, found: f64, reference: f64) {
        self.compare_within(0.0, place, found, reference);
    }

    fn compare_within(&mut self, floor: f64, place: impl fmt::Display, found: f64, reference: f64) {
        let error = (found - reference).abs() / (floor + reference.abs());
        if error > self.error || error.is_nan() {
            let place = format!("{place}: {found:e} where the reference is {reference:e}");
            *self = Self { error: if error.is_nan() { f64::INFINITY } else { error }, place };
        }
    }

    /// Prints the worst error, and fails if it is above the bound.
    #[track_caller]
    pub fn assert(&self, what: &str, bound: f64) {
        println!("{what}: worst error {:.1e}, bound {bound:.0e}; {}", self.error, self.place);
        assert!(self.error <= bound, "{what}: error {:e} at {}", self.error, self.place);
    }
}
