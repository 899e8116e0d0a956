//! The name of the layer that an op belongs to, from the names of the parameters that the op reads.

/// Returns the layer of an op that reads parameters of these names: the part before the last dot of the first.
pub(crate) fn layer<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    parameters.find_map(|name| Some(name.rsplit_once('.')?.0))
}

/// Returns the name of an op for messages, with its layer, if it has one.
pub(crate) fn in_layer<'a>(op: &str, parameters: impl Iterator<Item = &'a str>) -> String {
    match layer(parameters) {
        Some(layer) => format!("{op} in layer `{layer}`"),
        None => op.to_string(),
    }
}
