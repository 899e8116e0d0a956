//! Parameters chosen by a pattern of their names: to freeze the body of a model, or to give its biases
//! settings of their own.

use std::error::Error;
use std::fmt;

use tensor::Scalar;

use crate::identity::ParameterId;
use crate::parameters::Parameters;

/// A pattern for the names of parameters. Each `*` matches any characters, dots included, or none.
///
/// ```
/// use autograd::Pattern;
///
/// let biases = Pattern::new("*.bias");
/// assert!(biases.matches("hidden.bias") && biases.matches("body.0.bias"));
/// assert!(!biases.matches("hidden.bias.scale"));
/// assert!(Pattern::new("body.*.weight").matches("body.0.weight"));
/// assert!(Pattern::new("head.weight").matches("head.weight"));
/// assert!(Pattern::new("*").matches("anything"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern<'a>(&'a str);

impl<'a> Pattern<'a> {
    /// Creates a pattern. Every character but `*` means itself.
    pub fn new(pattern: &'a str) -> Self {
        Self(pattern)
    }

    /// Returns `true` if the whole name matches.
    pub fn matches(self, name: &str) -> bool {
        let Some((start, rest)) = self.0.split_once('*') else { return self.0 == name };
        let (between, end) = rest.rsplit_once('*').unwrap_or(("", rest));
        let inner = name.strip_prefix(start).and_then(|name| name.strip_suffix(end));
        let Some(mut inner) = inner else { return false };
        // The first place that fits a part leaves the most for the parts after it.
        between.split('*').all(|part| match inner.split_once(part) {
            Some((_, behind)) => {
                inner = behind;
                true
            }
            None => false,
        })
    }

    /// Returns the parameters whose names match, in order.
    ///
    /// # Errors
    /// If no name matches.
    pub fn find<T: Scalar>(
        self,
        parameters: &Parameters<T>,
    ) -> Result<Vec<ParameterId>, PatternError> {
        let ids: Vec<_> =
            parameters.ids().filter(|&id| self.matches(parameters.name(id))).collect();
        match ids.is_empty() {
            true => Err(self.error(parameters.ids().map(|id| parameters.name(id)))),
            false => Ok(ids),
        }
    }

    /// Returns the error for a pattern that matches none of these names.
    pub fn error<'n>(self, names: impl IntoIterator<Item = &'n str>) -> PatternError {
        let names = names.into_iter().map(str::to_string).collect();
        PatternError { pattern: self.0.to_string(), names }
    }
}

impl fmt::Display for Pattern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A pattern that matches no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
    /// The names that exist.
    pub names: Vec<String>,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 12;
        write!(f, "no name matches the pattern `{}`: ", self.pattern.escape_debug())?;
        if self.names.is_empty() {
            return f.write_str("there are no parameters yet");
        }
        let shown: Vec<_> = self.names.iter().take(SHOWN).collect();
        let shown: Vec<_> = shown.iter().map(|name| format!("`{}`", name.escape_debug())).collect();
        write!(f, "there are {}", shown.join(", "))?;
        match self.names.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl Error for PatternError {}

/// Freezing, by id and by name. A frozen parameter gets no gradient, so an optimizer leaves it alone; gradients
/// still flow through the layer to what comes before it.
///
/// ```
/// use autograd::{Parameters, Tape};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let body = parameters.add("body.weight", Tensor::scalar(2.0));
/// let head = parameters.add("head.weight", Tensor::scalar(3.0));
/// let gradients = |parameters: &Parameters| {
///     let tape = Tape::new();
///     (tape.parameter(parameters, body) * tape.parameter(parameters, head)).backward()
/// };
///
/// parameters.freeze_matching("body.*");
/// assert!(gradients(&parameters).get(body).is_none());
/// assert_eq!(gradients(&parameters).get(head).unwrap().item(), 2.0);
///
/// parameters.unfreeze_all();
/// assert_eq!(gradients(&parameters).get(body).unwrap().item(), 3.0);
/// ```
impl<T: Scalar> Parameters<T> {
    /// Freezes the parameters whose names match a [`Pattern`]: from now on they keep their values.
    ///
    /// # Panics
    /// If no name matches.
    #[track_caller]
    pub fn freeze_matching(&mut self, pattern: &str) {
        self.set_trainable("freeze_matching", pattern, false);
    }

    /// Lets the parameters whose names match a [`Pattern`] be trained again.
    ///
    /// # Panics
    /// If no name matches.
    #[track_caller]
    pub fn unfreeze_matching(&mut self, pattern: &str) {
        self.set_trainable("unfreeze_matching", pattern, true);
    }

    /// Freezes a parameter: from now on it keeps its value, and does not get a gradient.
    #[track_caller]
    pub fn freeze(&mut self, id: ParameterId) {
        self.entry_mut(id).trainable = false;
    }

    /// Freezes all parameters: from now on they keep their values. Freeze a copy, such as a target
    /// network, that is on one tape with its original.
    pub fn freeze_all(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.trainable = false);
    }

    /// Lets a parameter be trained again.
    #[track_caller]
    pub fn unfreeze(&mut self, id: ParameterId) {
        self.entry_mut(id).trainable = true;
    }

    /// Lets all parameters be trained again.
    pub fn unfreeze_all(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.trainable = true);
    }

    #[track_caller]
    fn set_trainable(&mut self, function: &str, pattern: &str, trainable: bool) {
        match Pattern::new(pattern).find(self) {
            Ok(ids) => ids.into_iter().for_each(|id| self.entry_mut(id).trainable = trainable),
            Err(error) => panic!("{function}: {error}"),
        }
    }
}
