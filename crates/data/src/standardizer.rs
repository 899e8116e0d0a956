//! Scales features to zero mean and unit deviation per column, as measured on the training part.
//!
//! The computation uses 64 bits. Only its result is rounded to the 32 bits of a model. If the input
//! were rounded, a column of points in time (1700000029, 1700000034, …) would hold one number in
//! all rows.

use serde::{Deserialize, Serialize};
use tensor::{Element, Tensor};

/// The mean μ and the standard deviation σ of each column, so that `z = (x − μ) / σ`.
///
/// Fit it on the training rows only and apply it to all rows. Otherwise the test set leaks into
/// training.
///
/// ```
/// use data::Standardizer;
/// use tensor::Tensor;
///
/// let train = Tensor::new([2, 2], vec![1.0, 5.0, 3.0, 5.0]);
/// let standardizer = Standardizer::fit(&train);
/// assert_eq!(standardizer.transform(&train).to_vec(), [-1.0, 0.0, 1.0, 0.0]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Standardizer {
    columns: Vec<Column>,
}

/// `z = ((x − origin) / range − mean) / deviation`.
///
/// `x − origin` is exact for numbers that are close together, so a shift of a whole column changes
/// nothing. The division by the range keeps squares from overflowing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Column {
    /// The column's first number.
    origin: f64,
    /// The largest number less the smallest, divided by [`SHRINK`]; 1 for a constant column.
    range: f64,
    /// The mean of `(x − origin) / range`.
    mean: f64,
    /// The standard deviation of `(x − origin) / range`; 1 for a constant column.
    deviation: f64,
}

/// Numbers are divided by this before they are subtracted, so that 1e308 − (−1e308) stays finite.
const SHRINK: f64 = 4.0;

impl Standardizer {
    /// Measures each column of `[rows, columns]`, with the population's standard deviation (divided
    /// by the number of rows). A constant column is only shifted to 0.
    ///
    /// # Panics
    ///
    /// If the features do not have two axes, or have no rows.
    #[track_caller]
    pub fn fit<T: Element + Into<f64>>(features: &Tensor<T>) -> Standardizer {
        let &[rows, columns] = features.shape() else {
            panic!("Standardizer::fit: expected [rows, columns], found {:?}", features.shape());
        };
        assert!(rows > 0, "Standardizer::fit: no rows to measure, found {:?}", features.shape());
        let values: Vec<f64> = features.to_vec().into_iter().map(T::into).collect();
        let column = |j| values.iter().skip(j).step_by(columns).copied();
        Standardizer { columns: (0..columns).map(|j| Column::fit(column(j))).collect() }
    }

    /// Returns the features on the scale of the training rows, `[rows, columns]`. A number too
    /// large for 32 bits becomes infinite.
    ///
    /// # Panics
    ///
    /// If the number of columns differs from [`Standardizer::fit`].
    #[track_caller]
    pub fn transform<T: Element + Into<f64>>(&self, features: &Tensor<T>) -> Tensor<f32> {
        assert!(
            features.shape().len() == 2 && features.shape()[1] == self.columns.len(),
            "Standardizer::transform: fitted on {} columns, found features of shape {:?}",
            self.columns.len(),
            features.shape()
        );
        let values = features.to_vec();
        let scaled = values.iter().zip(self.columns.iter().cycle());
        let scaled = scaled.map(|(&x, column)| column.scale(x.into())).collect();
        Tensor::new(features.shape(), scaled)
    }
}

impl Standardizer {
    /// Returns the number of columns it was fitted on.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Returns one number of a column on the scale of the training rows.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    #[track_caller]
    pub fn scale(&self, column: usize, x: f64) -> f32 {
        match self.columns.get(column) {
            Some(column) => column.scale(x),
            None => panic!("Standardizer::scale: column {column} of {}", self.columns.len()),
        }
    }

    /// Returns numbers on the scale of the training rows in their own unit again, `[rows, columns]`: what
    /// scikit-learn calls `inverse_transform`.
    ///
    /// # Panics
    ///
    /// If the number of columns differs from [`Standardizer::fit`].
    #[track_caller]
    pub fn inverse_transform(&self, scaled: &Tensor<f32>) -> Tensor<f64> {
        assert!(
            scaled.shape().len() == 2 && scaled.shape()[1] == self.columns.len(),
            "Standardizer::inverse_transform: fitted on {} columns, found numbers of shape {:?}",
            self.columns.len(),
            scaled.shape()
        );
        let values = scaled.to_vec();
        let numbers = values.iter().zip(self.columns.iter().cycle());
        let numbers = numbers.map(|(&z, column)| column.unscale(z)).collect();
        Tensor::new(scaled.shape(), numbers)
    }
}

impl Column {
    fn fit(values: impl Iterator<Item = f64> + Clone) -> Column {
        let origin = values.clone().next().unwrap_or(0.0);
        let shrunk = |x: f64| x / SHRINK;
        let least = values.clone().map(shrunk).fold(f64::INFINITY, f64::min);
        let most = values.clone().map(shrunk).fold(f64::NEG_INFINITY, f64::max);
        let range = most - least;
        if range == 0.0 {
            return Column { origin, range: 1.0 / SHRINK, mean: 0.0, deviation: 1.0 };
        }
        let column = Column { origin, range, mean: 0.0, deviation: 1.0 };
        let count = values.clone().count() as f64;
        let mean = values.clone().map(|x| column.place(x)).sum::<f64>() / count;
        let squares: f64 = values.map(|x| (column.place(x) - mean).powi(2)).sum();
        Column { mean, deviation: (squares / count).sqrt(), ..column }
    }

    /// Returns `(x − origin) / range`, which is from −1 to 1 in training.
    fn place(&self, x: f64) -> f64 {
        (x / SHRINK - self.origin / SHRINK) / self.range
    }

    fn scale(&self, x: f64) -> f32 {
        ((self.place(x) - self.mean) / self.deviation) as f32
    }

    fn unscale(&self, z: f32) -> f64 {
        let place = f64::from(z) * self.deviation + self.mean;
        (place * self.range + self.origin / SHRINK) * SHRINK
    }
}

/// Returns notes for the user on columns that are constant, or keep fewer than half of their different numbers
/// when scaled. `names` has a name for each column of `features`, `[rows, columns]`. `scaled` is the result of
/// [`Standardizer::transform`].
pub fn flat_columns(
    names: &[impl AsRef<str>],
    features: &Tensor<f64>,
    scaled: &Tensor<f32>,
) -> Vec<String> {
    let (before, after) = (features.to_vec(), scaled.to_vec());
    let columns = names.len();
    let mut notes = Vec::new();
    for (j, name) in names.iter().enumerate() {
        let name = crate::excerpt(name.as_ref());
        let different = |bits: &dyn Fn(usize) -> u64| {
            let mut all: Vec<u64> = (j..before.len()).step_by(columns).map(bits).collect();
            all.sort_unstable();
            all.dedup();
            all.len()
        };
        // Adding zero turns −0 into 0.
        let found = different(&|i| (before[i] + 0.0).to_bits());
        let left = different(&|i| u64::from((after[i] + 0.0).to_bits()));
        if found == 1 {
            notes.push(format!("column {name} is {} in every row, so it tells nothing", before[j]));
        } else if 2 * left < found {
            notes.push(format!(
                "column {name} has {found} different numbers, but on one scale only {left}: a few are so \
                 far away that the others become one; take the logarithm, or remove those rows"
            ));
        }
    }
    notes
}
