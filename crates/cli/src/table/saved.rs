//! Saves a model of a table, and loads it again.

use std::collections::HashMap;
use std::path::Path;

use autograd::Parameters;
use data::{FrameEncoder, Labels, Mixed, NumberForm, TargetEncoder};
use nn::{ActivationKind, Model};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use store::{LoadError, LoadFault, Saved};
use tensor::Tensor;
use train::Calibrated;

use super::model::{TableLoss, build, count, dropout};
use crate::calibrating::{UNCALIBRATED, is_temperature, uncalibrated};
use crate::contents::{TABLE_MODEL, told};
use crate::sentiment::sizes::Sizes;

/// Everything except the parameters that is needed to use the model. The name of its only field tells such a
/// file from the files of other models.
#[derive(Deserialize, Serialize)]
pub struct TableDescription {
    pub table: TableModel,
}

/// What a model of a table reads, and what it answers.
#[derive(Clone, Deserialize, Serialize)]
pub struct TableModel {
    activation: String,
    sizes: Sizes,
    pub encoder: FrameEncoder,
    pub target: TargetEncoder,
    /// The name of the column that is predicted.
    pub answers: String,
    /// `false` if the columns are named by their places.
    pub has_header: bool,
    /// The number by which logits are divided; 1 for numbers.
    #[serde(default = "uncalibrated")]
    pub temperature: f64,
}

impl TableModel {
    /// Describes a model.
    pub fn new(
        activation: ActivationKind,
        sizes: &Sizes,
        encoder: &FrameEncoder,
        target: &TargetEncoder,
        answers: &str,
        has_header: bool,
    ) -> Self {
        // The dropout in use is saved, so that a run can be resumed whether it was given or the default.
        let rate = dropout(sizes, !encoder.texts().is_empty());
        Self {
            activation: activation.to_string(),
            sizes: Sizes { dropout: Some(rate), ..sizes.clone() },
            encoder: encoder.clone(),
            target: target.clone(),
            answers: answers.to_owned(),
            has_header,
            temperature: UNCALIBRATED,
        }
    }

    /// Sets the temperature.
    pub fn with_temperature(self, temperature: f64) -> Self {
        Self { temperature, ..self }
    }

    /// Returns how the numbers of each column are written, also of the column with the answers.
    pub fn number_forms(&self) -> HashMap<String, NumberForm> {
        let answers = self.target.number_form().map(|form| (self.answers.as_str(), form));
        let all = self.encoder.number_forms().chain(answers);
        all.map(|(name, form)| (name.to_owned(), form)).collect()
    }

    /// Returns the loss of the model's answers, with its temperature.
    pub fn loss(&self) -> Calibrated<TableLoss> {
        Calibrated::new(TableLoss::of_target(&self.target), self.temperature)
    }

    /// Builds the model, with initial parameters.
    pub fn network(
        &self,
        activation: ActivationKind,
    ) -> (impl Model<Input = Mixed<Tensor<u32>>> + use<>, Parameters) {
        let mut parameters = Parameters::new(0);
        let outputs = self.target.outputs();
        let model = build(&mut parameters, activation, &self.sizes, &self.encoder, outputs);
        (model, parameters)
    }

    /// Returns the names of the classes or labels; none for numbers.
    pub fn names(&self) -> &[String] {
        match &self.target {
            TargetEncoder::Classes { labels } | TargetEncoder::Labels { labels } => labels.names(),
            TargetEncoder::Number { .. } => &[],
        }
    }

    /// Checks what a file describes, which may be anything, before a model of it is built.
    fn check(&self, saved: &Saved) -> Result<ActivationKind, LoadFault> {
        const SMALL: usize = 1_000_000;
        let foreign = |why: &str| LoadFault::Foreign(why.to_owned());
        let activation = self.activation.parse();
        let activation = activation.map_err(|error| LoadFault::Foreign(format!("{error}")))?;
        let Sizes { embedding, hidden, dropout, .. } = self.sizes;
        let has_answers = match &self.target {
            TargetEncoder::Classes { labels } => labels.len() >= 2,
            TargetEncoder::Labels { labels } => !Labels::is_empty(labels),
            TargetEncoder::Number { scale, .. } => scale.columns() == 1,
        };
        let has_inputs = self.encoder.columns().next().is_some() && self.encoder.is_whole();
        let is_model = embedding > 0
            && hidden > 0
            && (0.0..1.0).contains(&dropout.unwrap_or(0.0))
            && is_temperature(self.temperature);
        if !(has_answers && has_inputs && is_model) {
            return Err(foreign("it describes a model that cannot exist"));
        }
        let described = count(&self.sizes, &self.encoder, self.target.outputs());
        match described <= saved.count().saturating_mul(2).max(SMALL) {
            true => Ok(activation),
            false => Err(LoadFault::Mismatch(format!(
                "it describes {described} numbers but holds {}",
                saved.count()
            ))),
        }
    }
}

/// Returns `true` if a file holds a model of `train FILE`. A file that cannot be read holds none.
pub fn holds_table_model(path: &Path) -> bool {
    #[derive(Deserialize)]
    struct Peek {
        #[serde(rename = "table")]
        _table: IgnoredAny,
    }
    // A pipe could not be read again.
    path.is_file() && Saved::read(path).is_ok_and(|saved| saved.description::<Peek>().is_ok())
}

/// Returns the model of a file that `train FILE --save` wrote, its parameters and its description. The error says which
/// option writes such a file, if this is another.
pub fn load(
    path: &Path,
) -> Result<(impl Model<Input = Mixed<Tensor<u32>>> + use<>, Parameters, TableModel), String> {
    read_model(path).map_err(|error| told(&error, TABLE_MODEL, "wengert train FILE --save"))
}

fn read_model(
    path: &Path,
) -> Result<(impl Model<Input = Mixed<Tensor<u32>>> + use<>, Parameters, TableModel), LoadError> {
    let saved = Saved::read(path)?;
    let TableDescription { table } = saved.description()?;
    let activation =
        table.check(&saved).map_err(|fault| LoadError { path: path.to_path_buf(), fault })?;
    let (model, mut parameters) = table.network(activation);
    saved.load_into(&mut parameters)?;
    Ok((model, parameters, table))
}
