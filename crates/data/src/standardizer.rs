//! Features on one scale: zero mean and unit deviation per column, as measured on the training
//! half.

use serde::{Deserialize, Serialize};
use tensor::Tensor;

/// The mean μ and the standard deviation σ of each column, so that `z = (x − μ) / σ`.
///
/// Fit it on the training rows only and apply it to all: a test set that takes part in its own
/// scaling has leaked into training.
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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Column {
    // f32 as the features and a saved model's weights are.
    mean: f32,
    deviation: f32,
}

impl Standardizer {
    /// Measures each column of `[rows, columns]`. The deviation is that of the population (divided
    /// by the number of rows); a column that is constant gets 1, so that it becomes 0.
    ///
    /// # Panics
    ///
    /// When there are not two axes, or no rows.
    #[track_caller]
    pub fn fit(features: &Tensor<f32>) -> Standardizer {
        let &[rows, columns] = features.shape() else {
            panic!("Standardizer::fit: expected [rows, columns], found {:?}", features.shape());
        };
        assert!(rows > 0, "Standardizer::fit: no rows to measure, found {:?}", features.shape());
        let values = features.to_vec();
        let column = |j| values.iter().skip(j).step_by(columns).copied();
        Standardizer { columns: (0..columns).map(|j| Column::fit(column(j))).collect() }
    }

    /// The features on the scale of the training rows, `[rows, columns]` as given.
    ///
    /// # Panics
    ///
    /// When the number of columns is not that of [`Standardizer::fit`].
    #[track_caller]
    pub fn transform(&self, features: &Tensor<f32>) -> Tensor<f32> {
        assert!(
            features.shape().len() == 2 && features.shape()[1] == self.columns.len(),
            "Standardizer::transform: fitted on {} columns, found features of shape {:?}",
            self.columns.len(),
            features.shape()
        );
        let values = features.to_vec();
        let scaled = values.iter().zip(self.columns.iter().cycle());
        let scaled = scaled.map(|(&x, column)| column.scale(x)).collect();
        Tensor::new(features.shape(), scaled)
    }
}

impl Column {
    fn fit(values: impl Iterator<Item = f32> + Clone) -> Column {
        let count = values.clone().count() as f64;
        let mean = values.clone().map(f64::from).sum::<f64>() / count;
        let squares: f64 = values.clone().map(|x| (f64::from(x) - mean).powi(2)).sum();
        let deviation = (squares / count).sqrt() as f32;
        // The mean of equal numbers may be rounded, and then their deviation is not quite 0.
        let constant = values.clone().min_by(f32::total_cmp) == values.max_by(f32::total_cmp);
        let unscaled = constant || deviation == 0.0;
        Column { mean: mean as f32, deviation: if unscaled { 1.0 } else { deviation } }
    }

    fn scale(&self, x: f32) -> f32 {
        ((f64::from(x) - f64::from(self.mean)) / f64::from(self.deviation)) as f32
    }
}
