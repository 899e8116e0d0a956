//! Figures as JSON, which has neither NaN nor infinity: these are written as strings, so that a resumed run continues
//! with the figures that it had.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A figure, for the types of `serde` that cannot name a module.
#[derive(Serialize, Deserialize)]
struct Figure(#[serde(with = "figure")] f64);

/// One figure.
pub(super) mod figure {
    use serde::de::{Error, Unexpected};

    use super::*;

    /// A figure as it is found in a file.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Finite(f64),
        Other(String),
        /// Earlier versions of the program wrote this for NaN and both infinities.
        Null(()),
    }

    pub(in super::super) fn serialize<S: Serializer>(
        figure: &f64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match figure.is_finite() {
            true => serializer.serialize_f64(*figure),
            false => serializer.collect_str(figure),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<f64, D::Error> {
        let text = match Written::deserialize(deserializer)? {
            Written::Finite(figure) => return Ok(figure),
            Written::Null(()) => return Ok(f64::NAN),
            Written::Other(text) => text,
        };
        match text.as_str() {
            "NaN" => Ok(f64::NAN),
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            other => Err(D::Error::invalid_value(
                Unexpected::Str(other),
                &"a number, \"NaN\", \"inf\" or \"-inf\"",
            )),
        }
    }
}

/// Pairs of figures, by name.
pub(super) mod pairs {
    use super::*;

    pub(in super::super) fn serialize<S: Serializer>(
        pairs: &BTreeMap<String, (f64, f64)>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(pairs.iter().map(|(name, &(a, b))| (name, (Figure(a), Figure(b)))))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, (f64, f64)>, D::Error> {
        let pairs = BTreeMap::<String, (Figure, Figure)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().map(|(name, (Figure(a), Figure(b)))| (name, (a, b))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tally;

    #[test]
    fn figures_of_any_value_are_read_as_they_were_written() {
        let figures = [1.5, -0.0, 3.0, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        for pair in figures.iter().flat_map(|&a| figures.map(|b| (a, b))) {
            let json =
                serde_json::to_string(&Tally::Means([("m".to_string(), pair)].into())).unwrap();
            let Tally::Means(read) = serde_json::from_str(&json).unwrap() else { panic!("{json}") };
            assert_eq!(format!("{:?}", read["m"]), format!("{pair:?}"), "{json}");
        }
        let earlier = r#"{"means":{"m":[null,2]}}"#;
        let Tally::Means(read) = serde_json::from_str(earlier).unwrap() else {
            panic!("{earlier}")
        };
        assert!(read["m"].0.is_nan() && read["m"].1 == 2.0);
        let error = serde_json::from_str::<Tally>(r#"{"means":{"m":[0,"many"]}}"#).unwrap_err();
        let expected = r#"invalid value: string "many", expected a number, "NaN", "inf" or "-inf""#;
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
