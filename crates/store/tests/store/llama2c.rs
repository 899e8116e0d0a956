//! The checkpoints of llama2.c: what they compute, and what is said of damaged ones.

use std::fs;
use std::panic::catch_unwind;

use autograd::Parameters;
use nn::{Decoder, DecoderConfig, FeedForwardKind};
use store::read_llama2c;
use tempfile::tempdir;
use tensor::Tensor;

use crate::llama::{logits, reference, worst};

/// Returns a decoder with grouped heads, and random weights everywhere.
fn decoder(tied: bool) -> (Decoder, Parameters<f32>) {
    let mut parameters = Parameters::new(5);
    let config = DecoderConfig {
        width: 24,
        key_value_heads: 2,
        feed_forward: 20,
        context: 9,
        theta: 10_000.0,
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

/// Returns a checkpoint of a few hundred bytes.
fn smallest() -> Vec<u8> {
    let header = [2i32, 1, 1, 1, 1, -2, 3];
    // Two tables, two norms and attention of 16 numbers, a feed-forward part of 6, a norm, and 3 positions.
    let numbers = 4 + 4 + 4 + 16 + 6 + 2 + 6;
    let numbers = (0..numbers).map(|number| number as f32 / 8.0);
    let header = header.into_iter().flat_map(i32::to_le_bytes);
    header.chain(numbers.flat_map(f32::to_le_bytes)).collect()
}

#[test]
fn a_checkpoint_that_is_cut_anywhere_is_refused() {
    let bytes = smallest();
    read_bytes(&bytes).unwrap();
    for length in 0..bytes.len() {
        let error = read_bytes(&bytes[..length]).unwrap_err();
        assert!(error.contains(&format!("has {length} bytes")), "{length}: {error}");
    }
}

/// A false size must not take memory, and a false number of heads must not be used.
#[test]
fn a_checkpoint_with_a_false_byte_is_refused_or_read() {
    let bytes = smallest();
    for place in 0..bytes.len() {
        for value in [0, 1, 2, 0x7f, 0x80, 0xff, bytes[place] ^ 1] {
            let mut bytes = bytes.clone();
            bytes[place] = value;
            let read = catch_unwind(|| read_bytes(&bytes).map(|(model, _)| model.config().check()));
            match read {
                Err(_) => panic!("byte {place} = {value}: panicked"),
                Ok(Ok(checked)) => assert_eq!(checked, Ok(()), "byte {place} = {value}"),
                Ok(Err(error)) => assert!(error.len() < 400, "byte {place} = {value}: {error}"),
            }
        }
    }
}
