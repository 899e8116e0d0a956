//! Language models of Hugging Face and of llama2.c: those that transformers made compute here what they
//! compute there, a model is written as it was read, and what does not fit has its message.
//! `tests/reference/llama.py` says how the references were made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use autograd::{Parameters, Pass, Tape};
use half::{bf16, f16};
use nn::{Decoder, DecoderConfig, FeedForwardKind, Model, TokenCrossEntropy};
use optim::{AdamW, Optimizer};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Float, read_llama, read_llama2c, write_llama};
use tempfile::{TempDir, tempdir};
use tensor::Tensor;

/// The models of the references.
const MODELS: [&str; 2] = ["untied", "tied"];

fn reference(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/llama").join(model)
}

/// What transformers computed.
#[derive(Deserialize)]
struct Expected {
    adamw: Settings,
    /// Tokens, of which all but the last are inputs and all but the first are targets.
    batches: Vec<Vec<Vec<u32>>>,
    logits: Vec<Vec<Vec<f64>>>,
    /// Before each step.
    losses: Vec<f64>,
    continuation: Vec<u32>,
}

#[derive(Deserialize)]
struct Settings {
    lr: f64,
    betas: [f64; 2],
    eps: f64,
    weight_decay: f64,
}

fn expected(model: &str) -> Expected {
    serde_json::from_slice(&fs::read(reference(model).join("expected.json")).unwrap()).unwrap()
}

/// Reads a file of a reference whose tensors have the names and the shapes of the weights.
fn like_weights(model: &str, file: &str) -> Parameters<f64> {
    let folder = tempdir().unwrap();
    fs::copy(reference(model).join("config.json"), folder.path().join("config.json")).unwrap();
    fs::copy(reference(model).join(file), folder.path().join("model.safetensors")).unwrap();
    read_llama(folder.path()).unwrap().1
}

/// Returns inputs and targets.
fn split(batch: &[Vec<u32>]) -> [Tensor<u32>; 2] {
    let (texts, time) = (batch.len(), batch[0].len() - 1);
    let part = |first: usize| batch.iter().flat_map(move |text| text[first..first + time].to_vec());
    [0, 1].map(|first| Tensor::new([texts, time], part(first).collect()))
}

fn logits<T: Float>(model: &Decoder, parameters: &Parameters<T>, ids: &Tensor<u32>) -> Tensor<f64> {
    let tape = Tape::no_grad();
    model.forward(Pass::eval(&tape, parameters), ids).value().cast()
}

/// Returns the largest |found − reference| / (1 + |reference|).
fn worst<'a>(pairs: impl IntoIterator<Item = (&'a f64, &'a f64)>) -> f64 {
    let error =
        |(found, reference): (&f64, &f64)| (found - reference).abs() / (1.0 + reference.abs());
    pairs
        .into_iter()
        .map(error)
        .fold(0.0, |worst, error| if error <= worst { worst } else { error })
}

fn worst_logit<T: Float>(model: &str) -> f64 {
    let (decoder, parameters) = read_llama::<T>(reference(model)).unwrap();
    let expected = expected(model);
    let found = logits(&decoder, &parameters, &split(&expected.batches[0])[0]).to_vec();
    let reference: Vec<f64> = expected.logits.into_iter().flatten().flatten().collect();
    assert_eq!(found.len(), reference.len());
    worst(found.iter().zip(&reference))
}

/// Compares all trainable parameters with those of a reference, by name.
#[track_caller]
fn assert_close(what: &str, found: &BTreeMap<String, Tensor<f64>>, reference: &Parameters<f64>) {
    for (id, name, reference) in reference.iter() {
        let is_gate = name.contains("swiglu");
        assert_eq!(found.contains_key(name), !is_gate, "{what} of {name}");
        if !is_gate {
            let found = found[name].to_vec();
            let error = worst(found.iter().zip(&reference.to_vec()));
            assert!(error < 1e-10, "{what} of {name} ({id:?}): {error:e}");
        }
    }
}

#[test]
fn logits_are_those_of_transformers() {
    for model in MODELS {
        let (double, single) = (worst_logit::<f64>(model), worst_logit::<f32>(model));
        println!("{model}: logits in f64 {double:.1e}, in f32 {single:.1e}");
        assert!(double < 1e-10, "{model} in f64: {double:e}");
        assert!(single < 1e-5, "{model} in f32: {single:e}");
    }
}

#[test]
fn gradients_are_those_of_transformers() {
    for model in MODELS {
        let (decoder, parameters) = read_llama::<f64>(reference(model)).unwrap();
        let [inputs, targets] = split(&expected(model).batches[0]);
        let tape = Tape::default();
        let logits = decoder.forward(Pass::eval(&tape, &parameters), &inputs);
        let gradients = TokenCrossEntropy.of(logits, &targets).backward();
        let found = gradients
            .iter()
            .map(|(id, gradient)| (parameters.name(id).to_string(), gradient.dense().clone()));
        let reference = like_weights(model, "gradients.safetensors");
        assert_close("the gradient", &found.collect(), &reference);
    }
}

#[test]
fn twenty_steps_of_adamw_are_those_of_transformers() {
    for model in MODELS {
        let (decoder, mut parameters) = read_llama::<f64>(reference(model)).unwrap();
        let Expected { adamw, batches, losses, .. } = expected(model);
        let [beta1, beta2] = adamw.betas;
        let mut optimizer =
            AdamW::new(adamw.lr).betas(beta1, beta2).epsilon(adamw.eps).decay(adamw.weight_decay);
        for (step, (batch, reference)) in batches.iter().zip(&losses).enumerate() {
            let [inputs, targets] = split(batch);
            let tape = Tape::default();
            let logits = decoder.forward(Pass::eval(&tape, &parameters), &inputs);
            let loss = TokenCrossEntropy.of(logits, &targets);
            assert!((loss.item() - reference).abs() < 1e-10, "{model}, step {step}");
            let gradients = loss.backward();
            optimizer.step(&mut parameters, &gradients);
        }
        let trainable = parameters.iter().filter(|(id, ..)| parameters.is_trainable(*id));
        let found = trainable.map(|(_, name, value)| (name.to_string(), value.clone())).collect();
        assert_close("the trained value", &found, &like_weights(model, "trained.safetensors"));
    }
}

#[test]
fn the_greedy_continuation_is_that_of_transformers() {
    for model in MODELS {
        let (decoder, parameters) = read_llama::<f64>(reference(model)).unwrap();
        let Expected { batches, continuation, .. } = expected(model);
        let mut tokens = batches[0][0][..3].to_vec();
        let mut cache = decoder.cache();
        let mut last = decoder.extend(&parameters, &mut cache, &tokens);
        while tokens.len() < continuation.len() {
            let next = last.slice(0, last.shape()[0] - 1..).argmax(-1).item();
            tokens.push(next);
            last = decoder.extend(&parameters, &mut cache, &[next]);
        }
        assert_eq!(tokens, continuation, "{model}");
    }
}

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
        write_llama(folder.path(), &model, &parameters).unwrap();
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
        write_llama(&folder, &model, &parameters).unwrap();
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
        let error = write_llama(&path, &model, &parameters).unwrap_err().to_string();
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

/// Returns a decoder with grouped heads, and random weights everywhere.
fn decoder(tied: bool) -> (Decoder, Parameters<f32>) {
    let mut parameters = Parameters::new(5);
    let config = DecoderConfig {
        width: 24,
        key_value_heads: 2,
        feed_forward: 20,
        context: 9,
        tied,
        kind: FeedForwardKind::SiluGated,
        ..DecoderConfig::small(11)
    };
    let model = Decoder::new(&mut parameters, config);
    for id in parameters.ids().collect::<Vec<_>>() {
        if parameters.is_trainable(id) {
            let (shape, key) = (parameters.shape(id).to_vec(), parameters.key(parameters.name(id)));
            *parameters.get_mut(id) = Tensor::normal(shape, 0.1, 0.4, key);
        }
    }
    (model, parameters)
}

/// Returns a checkpoint of llama2.c with the weights of a decoder.
fn llama2c(model: &Decoder, parameters: &Parameters<f32>) -> Vec<u8> {
    let config = model.config();
    let value = |name: &str| parameters.get(parameters.find(name).unwrap()).clone();
    let vocabulary = if config.tied { 11 } else { -11 };
    let mut bytes: Vec<u8> =
        [24, 20, 2, 4, 2, vocabulary, 9i32].into_iter().flat_map(i32::to_le_bytes).collect();
    let mut write = |numbers: &[f32]| bytes.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
    write(&value("embedding.weight").to_vec());
    for part in [
        "attention_norm",
        "attention.query",
        "attention.key",
        "attention.value",
        "attention.output",
        "feed_forward_norm",
        "feed_forward.gate",
        "feed_forward.down",
        "feed_forward.up",
    ] {
        for block in 0..2 {
            let value = value(&format!("blocks.{block}.{part}.weight"));
            match part {
                "attention_norm" | "feed_forward_norm" => write(&value.to_vec()),
                // Heads of 6: the neighbors there are three features apart here.
                "attention.query" | "attention.key" => {
                    for head in 0..value.shape()[1] / 6 {
                        for feature in [0, 3, 1, 4, 2, 5] {
                            let column = head * 6 + feature;
                            write(&value.slice(1, column..column + 1).to_vec());
                        }
                    }
                }
                _ => write(&value.t().to_vec()),
            }
        }
    }
    write(&value("norm.weight").to_vec());
    // Cosines and sines, which are passed over.
    write(&[f32::NAN; 9 * 6]);
    if !config.tied {
        write(&value("output.weight").t().to_vec());
    }
    bytes
}

fn read_bytes(bytes: &[u8]) -> Result<(Decoder, Parameters<f32>), String> {
    let folder = tempdir().unwrap();
    let path = folder.path().join("model.bin");
    fs::write(&path, bytes).unwrap();
    read_llama2c(&path).map_err(|error| error.fault.to_string())
}

#[test]
fn a_checkpoint_of_llama2c_is_read() {
    for tied in [false, true] {
        let (model, parameters) = decoder(tied);
        let (read, values) = read_bytes(&llama2c(&model, &parameters)).unwrap();
        assert_eq!(read.config(), model.config());
        assert_eq!(values.len(), parameters.len());
        for (_, name, value) in parameters.iter() {
            assert_eq!(values.get(values.find(name).unwrap()), value, "{name}");
        }
        let ids = Tensor::from([[3, 1, 4, 1, 5, 9, 2, 6, 10]]);
        assert_eq!(logits(&read, &values, &ids), logits(&model, &parameters, &ids));
    }
}

#[test]
fn a_checkpoint_of_llama2c_computes_what_neighbors_rotated_compute() {
    let folder = reference("llama2c");
    let (model, parameters) = read_llama2c::<f64>(folder.join("model.bin")).unwrap();
    let (tokens, reference): (Vec<u32>, Vec<Vec<f64>>) =
        serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let found = logits(&model, &parameters, &Tensor::new([1, tokens.len()], tokens)).to_vec();
    let reference: Vec<f64> = reference.into_iter().flatten().collect();
    assert_eq!(found.len(), reference.len());
    let error = worst(found.iter().zip(&reference));
    assert!(error < 1e-10, "{error:e}");
}

#[test]
fn damaged_checkpoints_of_llama2c_are_refused() {
    let (model, parameters) = decoder(true);
    let bytes = llama2c(&model, &parameters);
    let error = |bytes: &[u8]| read_bytes(bytes).unwrap_err();
    assert!(error(&bytes[..27]).starts_with("is not a checkpoint of llama2.c: it has 27 bytes"));
    let cut = error(&bytes[..bytes.len() - 1]);
    let (found, whole) = (bytes.len() - 1, bytes.len());
    assert!(cut.starts_with(&format!("has {found} bytes, but a checkpoint")), "{cut}");
    assert!(cut.contains(&format!("has {whole}: it is cut off")), "{cut}");
    assert!(error(&[&bytes[..], &[0]].concat()).starts_with(&format!("has {} bytes", whole + 1)));

    let with_header = |field: usize, value: i32| {
        let mut bytes = bytes.clone();
        bytes[4 * field..4 * field + 4].copy_from_slice(&value.to_le_bytes());
        error(&bytes)
    };
    assert!(with_header(0, 0x616b_3432).contains("in version 1 or later"));
    assert!(with_header(2, -2).contains("all but the vocabulary must be above 0"));
    assert!(with_header(5, i32::MIN).contains("it is cut off"));
    assert!(with_header(4, 3).contains("4 heads cannot share 3 heads"));

    let mut bytes = bytes.clone();
    bytes[28..32].copy_from_slice(&f32::INFINITY.to_le_bytes());
    assert!(error(&bytes).contains("infinite or NaN where `embedding.weight` should be"));
}
