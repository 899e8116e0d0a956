//! Loads the part of a saved model that another model shares with it, and reports the rest.
//!
//! To fine-tune, a model takes over the layers of a trained one, and gets a new head. A tensor of the file
//! fits by its name and shape, and nothing is left out silently: each parameter of the model and each
//! tensor of the file is in one of the report's lists.

use std::fmt;

use autograd::{Parameters, Pattern};
use data::{excerpts, quoted};

use crate::saved::{LoadError, LoadFault, Saved};

/// The part of a file that was loaded, and what was not. Names are in alphabetical order.
///
/// ```text
/// parameters   loaded ∪ missing ∪ reshaped
/// tensors      loaded ∪ left over ∪ reshaped
/// ```
///
/// Printed, it has a line for each list that is not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "it says which parameters have kept their initial values"]
pub struct Loaded {
    /// The parameters that have the values of the file.
    pub loaded: Vec<String>,
    /// The parameters that keep their values because the file lacks them or the pattern does not choose
    /// them.
    pub missing: Vec<String>,
    /// The tensors of the file that no parameter has taken.
    pub left_over: Vec<String>,
    /// The parameters that have another shape in the file. They keep their values.
    pub reshaped: Vec<Reshaped>,
}

/// A parameter that has another shape in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reshaped {
    /// The parameter.
    pub name: String,
    /// Its shape in the file, in the layout of the model.
    pub in_file: Vec<usize>,
    /// Its shape in the model.
    pub in_model: Vec<usize>,
}

impl Saved {
    /// Replaces the values of the parameters that the file has a tensor for, of the same name and
    /// shape, if the name matches a [`Pattern`]; `*` chooses all. The others keep their values.
    ///
    /// A new head on a trained body takes three lines:
    ///
    /// ```
    /// # use autograd::Parameters;
    /// # use nn::{Activation, Dense, Features, Model};
    /// # use store::Saved;
    /// # use tensor::Tensor;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.safetensors");
    /// fn model(parameters: &mut Parameters, classes: usize) -> impl Model<Input = Tensor<f32>> + use<> {
    ///     Features::new(4)
    ///         .then(Dense::new(parameters, "body", 4, 8))
    ///         .then(Activation::Relu)
    ///         .then(Dense::new(parameters, "head", 8, classes))
    /// }
    /// # let mut trained = Parameters::new(1);
    /// # let _ = model(&mut trained, 2);
    /// # store::save(&path, &trained, &"two classes")?;
    ///
    /// let mut parameters = Parameters::new(7);
    /// let tuned = model(&mut parameters, 3);
    /// let loaded = Saved::read(&path)?.load_matching("body.*", &mut parameters)?;
    ///
    /// println!("{loaded}");
    /// assert_eq!(loaded.loaded, ["body.bias", "body.weight"]);
    /// assert_eq!(loaded.missing, ["head.bias", "head.weight"]);
    /// parameters.freeze_matching("body.*"); // at first
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the pattern matches no tensor of the file, or no parameter has the name and the shape of one
    /// that it matches. Then no value is replaced.
    pub fn load_matching(
        &self,
        pattern: &str,
        parameters: &mut Parameters<f32>,
    ) -> Result<Loaded, LoadError> {
        let pattern = Pattern::new(pattern);
        let nothing = |why: String| Err(self.error(LoadFault::Nothing(why)));
        let mut names: Vec<String> = self.tensors.keys().cloned().collect();
        names.sort();
        if !names.iter().any(|name| pattern.matches(name)) {
            let held = excerpts(&names);
            return nothing(format!("no tensor matches `{pattern}`; it holds {held}"));
        }
        let loaded = self.compared(pattern, parameters);
        if loaded.loaded.is_empty() {
            return nothing(format!(
                "no tensor that matches `{pattern}` has the name and the shape of a parameter; {}",
                loaded.in_one_line()
            ));
        }
        for name in &loaded.loaded {
            let id = parameters.find(name).expect("a parameter of the report");
            parameters.set(id, self.tensors[name].clone());
        }
        Ok(loaded)
    }

    /// Returns the report of what can be loaded.
    fn compared(&self, pattern: Pattern<'_>, parameters: &Parameters<f32>) -> Loaded {
        let mut report = Loaded::default();
        for id in parameters.ids() {
            let (name, in_model) = (parameters.name(id).to_string(), parameters.shape(id).to_vec());
            match self.tensors.get(&name).filter(|_| pattern.matches(&name)) {
                None => report.missing.push(name),
                Some(tensor) if tensor.shape() == in_model => report.loaded.push(name),
                Some(tensor) => {
                    let in_file = tensor.shape().to_vec();
                    report.reshaped.push(Reshaped { name, in_file, in_model });
                }
            }
        }
        let is_left = |name: &&String| !pattern.matches(name) || parameters.find(name).is_none();
        report.left_over = self.tensors.keys().filter(is_left).cloned().collect();
        report.sorted()
    }
}

impl Loaded {
    /// Puts each list in alphabetical order.
    pub(crate) fn sorted(mut self) -> Self {
        self.loaded.sort();
        self.missing.sort();
        self.left_over.sort();
        self.reshaped.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }

    /// Returns the report, for a message.
    pub(crate) fn in_one_line(&self) -> String {
        self.to_string().replace('\n', "; ")
    }
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |names: &[String]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>();
        let reshaped = self.reshaped.iter().map(|Reshaped { name, in_file, in_model }| {
            format!("{} {in_file:?} in the file, {in_model:?} in the model", quoted(name))
        });
        let lists = [
            ("loaded", names(&self.loaded)),
            ("not loaded", names(&self.missing)),
            ("left over", names(&self.left_over)),
            ("of another shape", reshaped.collect()),
        ];
        let lines = lists.iter().filter(|(_, list)| !list.is_empty());
        for (at, (title, list)) in lines.enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{title} ({}): {}", list.len(), list.join(", "))?;
        }
        Ok(())
    }
}
