//! `config.json` of a `LlamaForCausalLM`: the sizes, and what a decoder here does not compute.
//!
//! Version 5 of transformers writes θ into `rope_parameters`, version 4 wrote `rope_theta` beside the
//! others. Both are read, and both are written. A key that is missing has the value that transformers gives
//! it, except the sizes, without which a file describes no model.

use nn::{DecoderConfig, FeedForwardKind};
use serde_json::{Map, Value, json};

use super::{TextMarks, shown};

/// More layers would need memory for their names before a tensor is found to be missing.
const MOST_LAYERS: usize = 10_000;

/// Returns the config that a `config.json` describes.
pub(super) fn parse(bytes: &[u8]) -> Result<DecoderConfig, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        format!("is not JSON ({error}); it is cut off, or of another kind: save the model again")
    })?;
    let Value::Object(keys) = value else {
        return Err("is not a JSON object of a model's settings: give the folder of a model".into());
    };
    let keys = Keys(&keys);
    keys.refuse_other_models()?;
    let heads = keys.size("num_attention_heads")?;
    let config = DecoderConfig {
        vocabulary: keys.size("vocab_size")?,
        width: keys.size("hidden_size")?,
        layers: keys.size("num_hidden_layers")?,
        heads,
        key_value_heads: keys.size_or("num_key_value_heads", heads)?,
        feed_forward: keys.size("intermediate_size")?,
        context: keys.size_or("max_position_embeddings", 2048)?,
        theta: keys.theta()?,
        epsilon: keys.number("rms_norm_eps")?.unwrap_or(1e-6),
        tied: keys.flag("tie_word_embeddings")?,
        dropout: 0.0,
        kind: FeedForwardKind::SiluGated,
    };
    config.check().map_err(|error| format!("describes no model: {error}"))?;
    keys.refuse_other_heads(&config)?;
    if config.layers > MOST_LAYERS {
        return Err(format!("has {} layers: at most {MOST_LAYERS} can be read", config.layers));
    }
    Ok(config)
}

/// Returns the text of a `config.json`. Its numbers are of the type `dtype`, such as "float32".
pub(super) fn text(config: &DecoderConfig, marks: &TextMarks, dtype: &str) -> String {
    // One token is a number there, and several are a list.
    let end = match marks.end[..] {
        [] => Value::Null,
        [only] => json!(only),
        _ => json!(marks.end),
    };
    let value = json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": config.vocabulary,
        "hidden_size": config.width,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.key_value_heads,
        "head_dim": config.head_width(),
        "intermediate_size": config.feed_forward,
        "max_position_embeddings": config.context,
        "rms_norm_eps": config.epsilon,
        "tie_word_embeddings": config.tied,
        "hidden_act": "silu",
        "attention_bias": false,
        "mlp_bias": false,
        "rope_theta": config.theta,
        "rope_parameters": {"rope_theta": config.theta, "rope_type": "default"},
        "dtype": dtype,
        "torch_dtype": dtype,
        // Without these keys, 1 and 2 would begin and end a text.
        "bos_token_id": marks.begin,
        "eos_token_id": end,
    });
    format!("{value:#}\n")
}

/// The keys of a config. `null` is as good as a missing key.
struct Keys<'a>(&'a Map<String, Value>);

impl<'a> Keys<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    fn size(&self, key: &str) -> Result<usize, String> {
        let value = self.get(key).ok_or_else(|| {
            format!("has no `{key}`: it is not the config of a LlamaForCausalLM, or not whole")
        })?;
        // Larger sizes would overflow where they are multiplied.
        let size = value.as_u64().and_then(|size| u32::try_from(size).ok());
        match size {
            Some(size) if size > 0 => Ok(size as usize),
            _ => Err(unlike(key, value, "a whole number from 1 to 4294967295")),
        }
    }

    fn size_or(&self, key: &str, default: usize) -> Result<usize, String> {
        self.get(key).map_or(Ok(default), |_| self.size(key))
    }

    fn number(&self, key: &str) -> Result<Option<f64>, String> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_f64().map(Some).ok_or_else(|| unlike(key, value, "a number"))
    }

    fn flag(&self, key: &str) -> Result<bool, String> {
        let Some(value) = self.get(key) else { return Ok(false) };
        value.as_bool().ok_or_else(|| unlike(key, value, "true or false"))
    }

    /// Returns θ, from whichever of the three places has it.
    fn theta(&self) -> Result<f64, String> {
        let mut found = self.number("rope_theta")?.map(|theta| ("`rope_theta`".to_string(), theta));
        for key in ["rope_parameters", "rope_scaling"] {
            let theta = self.rope(key)?.map(|rope| rope.number("rope_theta")).transpose()?;
            let Some(theta) = theta.flatten() else { continue };
            match &found {
                Some((other, before)) if *before != theta => {
                    return Err(format!(
                        "{other} is {before}, but in `{key}` it is {theta}: leave one out"
                    ));
                }
                Some(_) => {}
                None => found = Some((format!("`rope_theta` in `{key}`"), theta)),
            }
        }
        Ok(found.map_or(10_000.0, |(_, theta)| theta))
    }

    /// Returns the settings of the rotary positions under this key, if they do not scale them.
    fn rope(&self, key: &str) -> Result<Option<Keys<'a>>, String> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let Value::Object(settings) = value else {
            return Err(unlike(key, value, "an object"));
        };
        let settings = Keys(settings);
        for inner in ["rope_type", "type"] {
            match settings.get(inner) {
                None => {}
                Some(Value::String(kind)) if kind == "default" => {}
                Some(kind) => {
                    return Err(format!(
                        "`{key}` has the `{inner}` {}: expected the type \"default\", as scaled positions \
                         cannot be computed here",
                        shown(kind)
                    ));
                }
            }
        }
        // Without a type, what else is there scales positions in a way of its own.
        const KNOWN: [&str; 2] = ["rope_theta", "partial_rotary_factor"];
        let is_typed = ["rope_type", "type"].iter().any(|inner| settings.get(inner).is_some());
        let mut others = settings.0.iter().filter(|(_, value)| !value.is_null());
        let other = others.find(|(name, _)| !is_typed && !KNOWN.contains(&name.as_str()));
        if let Some((name, value)) = other {
            return Err(format!(
                "`{key}` has the `{name}` {}: scaled positions cannot be computed here; remove it if the model \
                 does not scale them",
                shown(value)
            ));
        }
        settings.refuse_partial_rotation()?;
        Ok(Some(settings))
    }

    fn refuse_partial_rotation(&self) -> Result<(), String> {
        match self.number("partial_rotary_factor")? {
            Some(share) if share != 1.0 => Err(format!(
                "`partial_rotary_factor` is {share}: here all features of a head are rotated, as in LLaMA"
            )),
            _ => Ok(()),
        }
    }

    /// Refuses models that a decoder here would compute differently, and therefore wrongly.
    fn refuse_other_models(&self) -> Result<(), String> {
        self.expect("model_type", "llama")?;
        self.expect("hidden_act", "silu")?;
        for (key, what) in [("attention_bias", "attention"), ("mlp_bias", "the feed-forward part")]
        {
            if self.flag(key)? {
                return Err(format!("`{key}` is true: biases in {what} cannot be computed here"));
            }
        }
        if self.get("quantization_config").is_some() {
            return Err(
                "has a `quantization_config`: only weights in F64, F32, F16 and BF16 can be \
                        read; dequantize the model and save it again"
                    .into(),
            );
        }
        match self.number("attention_dropout")? {
            Some(share) if share != 0.0 => {
                return Err(format!(
                    "`attention_dropout` is {share}: attention is never dropped here; set it to 0, which \
                     changes training only"
                ));
            }
            _ => {}
        }
        self.refuse_partial_rotation()?;
        self.rope("rope_scaling").map(|_| ())
    }

    /// Refuses a text other than `expected`, which is also what a missing key means.
    fn expect(&self, key: &str, expected: &str) -> Result<(), String> {
        match self.get(key) {
            None => Ok(()),
            Some(Value::String(found)) if found == expected => Ok(()),
            Some(found) => Err(format!(
                "`{key}` is {}: only \"{expected}\" can be computed here",
                shown(found)
            )),
        }
    }

    fn refuse_other_heads(&self, config: &DecoderConfig) -> Result<(), String> {
        let width = self.size_or("head_dim", config.head_width())?;
        if width == config.head_width() {
            return Ok(());
        }
        Err(format!(
            "`head_dim` is {width}, but `hidden_size` {} over `num_attention_heads` {} is {}: heads of \
             another width cannot be computed here",
            config.width,
            config.heads,
            config.head_width()
        ))
    }
}

fn unlike(key: &str, value: &Value, expected: &str) -> String {
    format!("`{key}` is {}: it must be {expected}", shown(value))
}
