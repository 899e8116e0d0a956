//! The folder of a language model of Hugging Face: a model is written as it was read, and what does not fit has its
//! message.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use autograd::Parameters;
use half::{bf16, f16};
use nn::{Decoder, DecoderConfig, FeedForwardKind};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde_json::{Value, json};
use store::{TextMarks, read_llama, read_llama_marks, write_llama};
use tempfile::{TempDir, tempdir};
use tensor::Tensor;

use crate::llama::{MODELS, expected, logits, reference, split, worst};

/// A tensor in a file: its type, shape and bytes.
type Stored = (Dtype, Vec<usize>, Vec<u8>);

fn stored(path: &Path) -> BTreeMap<String, Stored> {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |view: TensorView<'_>| (view.dtype(), view.shape().to_vec(), view.data().to_vec());
    file.iter().map(|(name, view)| (name.to_string(), tensor(view))).collect()
}

fn write_stored(path: &Path, tensors: &BTreeMap<String, Stored>) {
    let views = tensors.iter().map(|(name, (dtype, shape, data))| {
        (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    fs::write(path, serialize(views, None).unwrap()).unwrap();
}

#[test]
fn a_model_is_written_as_transformers_wrote_it() {
    for name in MODELS {
        let (model, parameters) = read_llama::<f32>(reference(name)).unwrap();
        let folder = tempdir().unwrap();
        write_llama(folder.path(), &model, &parameters, &TextMarks::default()).unwrap();
        let [ours, theirs] = [folder.path().to_path_buf(), reference(name)];
        let weights = |folder: &Path| stored(&folder.join("model.safetensors"));
        assert_eq!(weights(&ours), weights(&theirs));
        let bytes = fs::read(ours.join("model.safetensors")).unwrap();
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(metadata.metadata().as_ref().unwrap()["format"], "pt");

        let config = |folder: &Path| -> Value {
            serde_json::from_slice(&fs::read(folder.join("config.json")).unwrap()).unwrap()
        };
        let (ours, theirs) = (config(&ours), config(&theirs));
        for key in ["architectures", "dtype", "head_dim", "hidden_act", "model_type"] {
            assert_eq!(ours[key], theirs[key], "{key}");
        }
        assert_eq!(ours["rope_parameters"], theirs["rope_parameters"]);
        assert_eq!(ours["rope_theta"], theirs["rope_parameters"]["rope_theta"]);
        let (again, _) = read_llama::<f32>(folder.path()).unwrap();
        assert_eq!(again.config(), model.config());
    }
}

/// Writes both models to `target/tmp`, for the command `check` of `tests/reference/llama.py`.
#[test]
#[ignore = "for a run of transformers by hand"]
fn exports_to_check_in_transformers() {
    for name in MODELS {
        let (model, parameters) = read_llama::<f32>(reference(name)).unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("llama").join(name);
        write_llama(&folder, &model, &parameters, &TextMarks::default()).unwrap();
        println!("{}", folder.display());
    }
}

/// A copy of a reference that a test changes.
struct Changed(TempDir);

impl Changed {
    fn new(model: &str) -> Self {
        let folder = tempdir().unwrap();
        for file in ["config.json", "model.safetensors"] {
            fs::copy(reference(model).join(file), folder.path().join(file)).unwrap();
        }
        Self(folder)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn config(self, change: impl FnOnce(&mut Value)) -> Self {
        let path = self.path("config.json");
        let mut config = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut config);
        fs::write(path, config.to_string()).unwrap();
        self
    }

    fn weights(self, change: impl FnOnce(&mut BTreeMap<String, Stored>)) -> Self {
        let path = self.path("model.safetensors");
        let mut tensors = stored(&path);
        change(&mut tensors);
        write_stored(&path, &tensors);
        self
    }

    /// Returns the values of the first batch's logits.
    fn logits(&self) -> Vec<f64> {
        let (model, parameters) = read_llama::<f64>(self.0.path()).unwrap();
        logits(&model, &parameters, &split(&expected("tied").batches[0])[0]).to_vec()
    }

    /// Returns the error's message, whose paths begin at the folder.
    fn error(&self) -> String {
        let error = read_llama::<f32>(self.0.path()).unwrap_err().to_string();
        error.replace(&*self.0.path().to_string_lossy(), "folder")
    }
}

#[test]
fn theta_is_read_from_the_place_of_either_version() {
    let theta = |change: fn(&mut Value)| {
        let changed = Changed::new("tied").config(change);
        read_llama::<f32>(changed.0.path()).map(|(model, _)| model.config().theta)
    };
    let old = |config: &mut Value| {
        config["rope_theta"] = json!(250.0);
        config.as_object_mut().unwrap().remove("rope_parameters");
    };
    assert_eq!(theta(|_| {}).unwrap(), 500.0);
    assert_eq!(theta(old).unwrap(), 250.0);
    assert_eq!(theta(|config| config["rope_theta"] = json!(500)).unwrap(), 500.0);
    let both = theta(|config| config["rope_theta"] = json!(250.0)).unwrap_err().to_string();
    assert!(
        both.ends_with("`rope_theta` is 250, but in `rope_parameters` it is 500: leave one out")
    );
}

#[test]
fn sixteen_bits_are_read() {
    let halves = |dtype, number: fn(f32) -> [u8; 2]| {
        let changed = Changed::new("tied").weights(|tensors| {
            for (kind, _, bytes) in tensors.values_mut() {
                let (numbers, _) = bytes.as_chunks();
                *bytes = numbers.iter().flat_map(|&b| number(f32::from_le_bytes(b))).collect();
                *kind = dtype;
            }
        });
        worst(changed.logits().iter().zip(&Changed::new("tied").logits()))
    };
    let (f16, bf16) = (
        halves(Dtype::F16, |x| f16::from_f32(x).to_le_bytes()),
        halves(Dtype::BF16, |x| bf16::from_f32(x).to_le_bytes()),
    );
    assert!(f16 > 0.0 && f16 < 5e-3, "{f16:e}");
    assert!(bf16 > f16 && bf16 < 5e-2, "{bf16:e}");
}

#[test]
fn weights_in_several_files_are_read_by_their_index() {
    let changed = Changed::new("tied");
    let whole = changed.logits();
    let single = changed.path("model.safetensors");
    let (mut first, mut map) = (stored(&single), BTreeMap::new());
    let second = first.split_off("model.layers.1");
    for (file, tensors) in [("model-1.safetensors", &first), ("model-2.safetensors", &second)] {
        write_stored(&changed.path(file), tensors);
        map.extend(tensors.keys().map(|name| (name.clone(), file)));
    }
    fs::remove_file(single).unwrap();
    let index = |map: &BTreeMap<String, &str>| {
        let text = json!({"metadata": {}, "weight_map": map}).to_string();
        fs::write(changed.path("model.safetensors.index.json"), text).unwrap();
    };
    index(&map);
    assert_eq!(changed.logits(), whole);

    map.insert("lm_head.weight".into(), "../other.safetensors");
    index(&map);
    let outside =
        "names the file `../other.safetensors`, which is not the name of a file in this folder";
    assert_eq!(changed.error(), format!("folder/model.safetensors.index.json: {outside}"));

    map.retain(|_, file| *file == "model-1.safetensors");
    index(&map);
    let error = changed.error();
    assert!(
        error.starts_with("folder/model-1.safetensors: holds no tensor `model.layers.1."),
        "{error}"
    );

    fs::remove_file(changed.path("model.safetensors.index.json")).unwrap();
    assert!(changed.error().starts_with("folder: has neither model.safetensors nor"));
}

#[test]
fn a_head_of_a_tied_model_and_old_buffers_are_tolerated() {
    let head = |tensors: &mut BTreeMap<String, Stored>| {
        let embedding = tensors["model.embed_tokens.weight"].clone();
        tensors.insert("lm_head.weight".into(), embedding);
        let buffer = (Dtype::F32, vec![2], vec![0; 8]);
        tensors.insert("model.layers.0.self_attn.rotary_emb.inv_freq".into(), buffer);
    };
    let changed = Changed::new("tied").weights(head);
    assert_eq!(changed.logits(), Changed::new("tied").logits());

    let error =
        changed.weights(|tensors| tensors.get_mut("lm_head.weight").unwrap().2[2] ^= 1).error();
    let differs =
        "folder/model.safetensors: holds a `lm_head.weight` that differs from the embedding";
    assert!(error.starts_with(differs), "{error}");
}

#[test]
fn what_a_decoder_does_not_compute_is_refused() {
    let refused = [
        ("model_type", json!("gpt2"), r#"`model_type` is `gpt2`: only "llama" can be"#),
        ("hidden_act", json!("gelu"), r#"`hidden_act` is `gelu`: only "silu" can be"#),
        ("attention_bias", json!(true), "`attention_bias` is true: biases in attention cannot"),
        ("mlp_bias", json!(true), "`mlp_bias` is true: biases in the feed-forward part cannot"),
        (
            "head_dim",
            json!(8),
            "`head_dim` is 8, but `hidden_size` 16 over `num_attention_heads` 4 is 4",
        ),
        ("rope_scaling", json!({"type": "linear", "factor": 2.0}), "`rope_scaling` has the `type`"),
        ("rope_scaling", json!({"factor": 2.0}), "`rope_scaling` has the `factor` `2.0`"),
        (
            "rope_parameters",
            json!({"rope_type": "llama3"}),
            "`rope_parameters` has the `rope_type`",
        ),
        ("partial_rotary_factor", json!(0.5), "`partial_rotary_factor` is 0.5: here all features"),
        ("attention_dropout", json!(0.1), "`attention_dropout` is 0.1: attention is never dropped"),
        ("quantization_config", json!({}), "has a `quantization_config`: only weights in F64, F32"),
        (
            "vocab_size",
            Value::Null,
            "has no `vocab_size`: it is not the config of a LlamaForCausalLM",
        ),
        ("hidden_size", json!(-1), "`hidden_size` is `-1`: it must be a whole number from 1"),
        ("num_hidden_layers", json!(4_000_000_000u32), "has 4000000000 layers: at most 10000 can"),
        ("num_key_value_heads", json!(3), "describes no model: 4 heads cannot share 3 heads"),
        ("rms_norm_eps", json!("small"), "`rms_norm_eps` is `small`: it must be a number"),
        ("tie_word_embeddings", json!(1), "`tie_word_embeddings` is `1`: it must be true or false"),
    ];
    for (key, value, message) in refused {
        let error = Changed::new("untied").config(|config| config[key] = value).error();
        assert!(error.starts_with(&format!("folder/config.json: {message}")), "{key}: {error}");
    }
}

#[test]
fn weights_that_do_not_fit_their_config_are_refused() {
    let wider =
        Changed::new("untied").config(|config| config["vocab_size"] = json!(4_000_000_000u32));
    let error = wider.error();
    assert!(error.contains("has shape [32, 16], but `"), "{error}");
    assert!(error.contains("needs [4000000000, 16]"), "{error}");

    let error = Changed::new("untied").weights(|tensors| {
        tensors.remove("model.layers.1.mlp.up_proj.weight");
    });
    let missing = "folder/model.safetensors: holds no tensor `model.layers.1.mlp.up_proj.weight`";
    assert!(error.error().starts_with(missing), "{}", error.error());

    let error = Changed::new("untied").weights(|tensors| {
        let bias = (Dtype::F32, vec![16], vec![0; 64]);
        tensors.insert("model.layers.0.self_attn.q_proj.bias".into(), bias);
    });
    let extra = "holds a tensor `model.layers.0.self_attn.q_proj.bias` [16] for which the model of";
    assert!(error.error().contains(extra), "{}", error.error());

    let cut = Changed::new("untied");
    let bytes = fs::read(cut.path("model.safetensors")).unwrap();
    fs::write(cut.path("model.safetensors"), &bytes[..bytes.len() - 1]).unwrap();
    let error = cut.error();
    assert!(
        error.starts_with("folder/model.safetensors: is not a whole safetensors file"),
        "{error}"
    );

    let cut = Changed::new("untied");
    fs::write(cut.path("config.json"), "{\"model_type\"").unwrap();
    assert!(cut.error().starts_with("folder/config.json: is not JSON"));
    fs::remove_file(cut.path("config.json")).unwrap();
    assert!(cut.error().starts_with("folder/config.json: cannot be read"));
}

#[test]
fn only_models_that_llama_has_are_written() {
    let folder = tempdir().unwrap();
    let refusal = |kind, beta: Option<f32>| {
        let mut parameters = Parameters::new(1);
        let config = DecoderConfig { kind, width: 8, ..DecoderConfig::small(5) };
        let model = Decoder::new(&mut parameters, config);
        if let Some(beta) = beta {
            let id = parameters.find("blocks.1.feed_forward.swiglu.beta").unwrap();
            *parameters.get_mut(id) = Tensor::scalar(beta);
        }
        let path = folder.path().join("new");
        let error =
            write_llama(&path, &model, &parameters, &TextMarks::default()).unwrap_err().to_string();
        assert!(!path.exists());
        error
    };
    assert!(
        refusal(FeedForwardKind::SwiGLU, None).contains("has learned β and γ, and LLaMA's gate")
    );
    assert!(
        refusal(FeedForwardKind::Gelu, None).contains("its feed-forward part is Gelu, and LLaMA's")
    );
    let changed = refusal(FeedForwardKind::SiluGated, Some(2.0));
    assert!(
        changed.contains("`blocks.1.feed_forward.swiglu.beta` is 2 and its shift 0"),
        "{changed}"
    );
}

#[test]
fn the_tokens_around_a_text_are_read_and_written() {
    let (model, parameters) = read_llama::<f32>(reference("tied")).unwrap();
    let folder = tempdir().unwrap();
    let none = TextMarks::default();
    for marks in [
        none.clone(),
        TextMarks { begin: Some(1), end: vec![2] },
        TextMarks { begin: Some(0), end: vec![0, 7] },
    ] {
        write_llama(folder.path(), &model, &parameters, &marks).unwrap();
        assert_eq!(read_llama_marks(folder.path()).unwrap(), marks);
    }
    // The settings of generation go first.
    let write = |text: &str| fs::write(folder.path().join("generation_config.json"), text).unwrap();
    write(r#"{"eos_token_id": [3, 4]}"#);
    let marks = read_llama_marks(folder.path()).unwrap();
    assert_eq!(marks, TextMarks { begin: Some(0), end: vec![3, 4] });
    for (text, expected) in [
        (r#"{"eos_token_id": [3, -4]}"#, "`eos_token_id` is `-4`: it must be the id of a token"),
        (r#"{"bos_token_id": "<s>"}"#, "`bos_token_id` is `<s>`: it must be"),
        (r#"{"bos_token_id": [1, 5]}"#, "`bos_token_id` is a list of several tokens"),
        ("[]", "is not a JSON object"),
    ] {
        write(text);
        let error = read_llama_marks(folder.path()).unwrap_err().to_string();
        assert!(error.contains("generation_config.json: ") && error.contains(expected), "{error}");
    }
}
