//! All plots of a report, each under a name of its own.

use std::collections::{HashMap, HashSet};

use super::canvas::Plot;
use super::error::ReportError;
use super::figures::TrainingReport;
use super::{
    activations, curves, dependence, heat_map, importance, inside, reliability, residuals, search,
};

impl TrainingReport {
    /// Returns the plots that the page shows, with the first hundred tracked parameters of each model
    /// and the first operations inside the best one.
    ///
    /// # Errors
    /// If a plot cannot be drawn.
    pub fn plots(&self) -> Result<Vec<Plot>, ReportError> {
        let mut plots = curves::training(self)?;
        plots.extend(curves::parameters(self)?);
        plots.extend(activations::plot(self)?);
        plots.extend(inside::plots(self)?);
        plots.extend(heat_map::plot(&self.best)?);
        if let Some(residuals) = &self.best.residuals {
            plots.extend(residuals::plots(residuals)?);
        }
        plots.extend(importance::plot(self)?);
        plots.extend(dependence::plots(&self.best)?);
        plots.extend(reliability::plot(&self.best)?);
        plots.extend(search::plot(&self.best)?);
        Ok(with_names_of_their_own(plots))
    }
}

/// Numbers the plots whose name equals an earlier one for a file system: `a.b` and `a_b` differ
/// only in punctuation, `Relu` and `relu` only in case.
fn with_names_of_their_own(plots: Vec<Plot>) -> Vec<Plot> {
    let mut taken = HashSet::new();
    let mut next: HashMap<String, usize> = HashMap::new();
    let renamed = plots.into_iter().map(|plot| {
        let mut name = plot.name().to_string();
        while !taken.insert(name.to_lowercase()) {
            let number = next.entry(plot.name().to_lowercase()).or_insert(2);
            name = format!("{}-{number}", plot.name());
            *number += 1;
        }
        plot.named(name)
    });
    renamed.collect()
}
