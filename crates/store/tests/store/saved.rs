//! Saved models: a file reads back as it was written, and every fault of a file has its message.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use autograd::Parameters;
use proptest::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};
use store::{Saved, save};
use tempfile::{TempDir, tempdir};
use tensor::Tensor;

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct About {
    hidden: usize,
    words: Vec<String>,
}

fn about() -> About {
    About { hidden: 2, words: vec!["naïve".to_string(), "\"quoted\"\n".to_string()] }
}

/// Numbers that a text format or a careless conversion would change.
const NUMBERS: [f32; 6] = [-0.0, 1e-45, f32::MIN_POSITIVE, f32::MAX, -1.0 / 3.0, 16_777_217.0];

fn parameters() -> Parameters {
    let mut parameters = Parameters::with_seed(1);
    parameters.add("weight", Tensor::new([2, 3], NUMBERS.to_vec()));
    parameters.add("beta", Tensor::scalar(0.5));
    parameters
}

/// Returns the same names and shapes, with other values.
fn untrained() -> Parameters {
    let mut parameters = Parameters::with_seed(1);
    parameters.add("weight", Tensor::zeros([2, 3]));
    parameters.add("beta", Tensor::zeros([]));
    parameters
}

/// Returns the bytes of a saved model.
fn saved_bytes() -> Vec<u8> {
    let folder = tempdir().unwrap();
    let path = folder.path().join("model.st");
    save(&path, &parameters(), &about()).unwrap();
    fs::read(path).unwrap()
}

/// Returns a folder with a file `model.st` of this content.
fn file(content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("model.st");
    fs::write(&path, content).unwrap();
    (folder, path)
}

/// Reads a model as a program does: the file, its description, its parameters.
fn load(path: &Path) -> Result<(About, Parameters), store::LoadError> {
    let saved = Saved::read(path)?;
    let about = saved.description()?;
    let mut parameters = untrained();
    saved.load_into(&mut parameters)?;
    Ok((about, parameters))
}

/// Returns the message of [`load`] after the file's name.
fn fault(path: &Path) -> String {
    let message = load(path).unwrap_err().to_string();
    let (name, fault) = message.split_once("model.st: ").unwrap();
    assert_eq!(Path::new(name), path.parent().unwrap().join(""));
    fault.to_string()
}

/// Returns the fault of a safetensors file with this metadata and one tensor.
fn fault_of(
    metadata: Option<(&str, &str)>,
    name: &str,
    dtype: Dtype,
    shape: &[usize],
    data: &[u8],
) -> String {
    let tensor = TensorView::new(dtype, shape.to_vec(), data).unwrap();
    let metadata = metadata.map(|(key, value)| HashMap::from([(key.into(), value.into())]));
    let (_folder, path) = file(&serialize([(name, tensor)], metadata).unwrap());
    fault(&path)
}

const ABOUT: Option<(&str, &str)> = Some(("wengert", r#"{"hidden":2,"words":[]}"#));

#[test]
fn a_model_comes_back_bit_by_bit() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("model.st");
    save(&path, &parameters(), &about()).unwrap();
    let (description, loaded) = load(&path).unwrap();
    assert_eq!(description, about());
    let bits = |parameters: &Parameters| -> Vec<u32> {
        let numbers = parameters.iter().flat_map(|(_, _, value)| value.to_vec());
        numbers.map(f32::to_bits).collect()
    };
    assert_eq!(bits(&loaded), bits(&parameters()));
}

#[test]
fn the_same_model_is_the_same_bytes() {
    assert_eq!(saved_bytes(), saved_bytes());
}

#[test]
fn a_view_is_saved_in_row_major_order() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("model.st");
    let mut transposed = Parameters::with_seed(1);
    let weight = Tensor::new([3, 2], vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    transposed.add("weight", weight.t());
    transposed.add("beta", Tensor::scalar(0.5));
    save(&path, &transposed, &about()).unwrap();
    let (_, loaded) = load(&path).unwrap();
    let weight = loaded.get(loaded.find("weight").unwrap());
    assert_eq!(weight.to_vec(), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
}

#[test]
fn a_file_that_cannot_be_read() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("model.st");
    assert_eq!(
        fault(&path),
        "cannot be read: No such file or directory (os error 2); give the path of a saved \
         model"
    );
    fs::create_dir(&path).unwrap();
    assert_eq!(
        fault(&path),
        "cannot be read: Is a directory (os error 21); give the path of a saved model"
    );
}

#[test]
fn a_file_of_another_format() {
    let other = |reason| {
        format!(
            "is not a whole safetensors file ({reason}); it is of another kind, empty or cut off: save \
             the model again"
        )
    };
    assert_eq!(fault(&file(b"").1), other("header too small"));
    assert_eq!(fault(&file(b"text,label\nhello,joy\n").1), other("header too large"));
    let whole = saved_bytes();
    assert_eq!(
        fault(&file(&whole[..whole.len() - 1]).1),
        other("incomplete metadata, file not fully covered")
    );
    assert_eq!(
        fault(&file(&[&whole[..], b"!"].concat()).1),
        other("incomplete metadata, file not fully covered")
    );
}

#[test]
fn a_safetensors_file_of_another_program() {
    let numbers = [0; 24];
    assert_eq!(
        fault_of(None, "weight", Dtype::F32, &[2, 3], &numbers),
        "holds no model of this program (the metadata `wengert` is missing); give a saved \
         model"
    );
    assert_eq!(
        fault_of(Some(("format", "pt")), "weight", Dtype::F32, &[2, 3], &numbers),
        "holds no model of this program (the metadata `wengert` is missing); give a saved \
         model"
    );
    assert_eq!(
        fault_of(Some(("wengert", "{}")), "weight", Dtype::F32, &[2, 3], &numbers),
        "holds no model of this program (missing field `hidden` at line 1 column 2); give a \
         saved model"
    );
}

#[test]
fn parameters_of_another_model() {
    let numbers = [0; 24];
    let mismatch =
        |what| format!("does not fit the model it describes: {what}; save the model again");
    assert_eq!(
        fault_of(ABOUT, "other", Dtype::F32, &[2, 3], &numbers),
        mismatch("the parameter `weight` is missing")
    );
    assert_eq!(
        fault_of(ABOUT, "weight", Dtype::F32, &[3, 2], &numbers),
        mismatch("the parameter `weight` has shape [3, 2] instead of [2, 3]")
    );
    assert_eq!(
        fault_of(ABOUT, "weight", Dtype::F64, &[3], &numbers),
        mismatch("the tensor `weight` is of type F64 instead of F32: convert all to F32")
    );
    assert_eq!(
        fault_of(ABOUT, "weight", Dtype::F32, &[1], &f32::NAN.to_le_bytes()),
        "cannot be used: the parameter `weight` holds a number that is infinite or NaN; use an earlier checkpoint, or \
         train again with a lower learning rate"
    );
    assert_eq!(
        fault_of(ABOUT, "weight", Dtype::F32, &[1], &f32::NEG_INFINITY.to_le_bytes()),
        "cannot be used: the parameter `weight` holds a number that is infinite or NaN; use an earlier checkpoint, or \
         train again with a lower learning rate"
    );
}

#[test]
fn of_several_parameters_of_another_type_the_first_by_name_is_told() {
    for dtype in [Dtype::BF16, Dtype::F16] {
        let names = ["d.weight", "b.weight", "e.weight", "a.weight", "c.weight"];
        let tensor = || TensorView::new(dtype, vec![1], &[0; 2]).unwrap();
        let metadata = ABOUT.map(|(key, value)| HashMap::from([(key.into(), value.into())]));
        let bytes = serialize(names.map(|name| (name, tensor())), metadata).unwrap();
        let (_folder, path) = file(&bytes);
        let expected = format!(
            "the tensor `a.weight` is of type {dtype:?} instead of F32: convert all to F32"
        );
        assert!((0..10).all(|_| fault(&path).contains(&expected)), "{}", fault(&path));
    }
}

#[test]
fn a_parameter_too_many_replaces_nothing() {
    let (_folder, path) = file(&saved_bytes());
    let mut smaller = Parameters::with_seed(1);
    let weight = smaller.add("weight", Tensor::zeros([2, 3]));
    assert_eq!(
        Saved::read(&path).unwrap().load_into(&mut smaller).unwrap_err().to_string(),
        format!(
            "{}: does not fit the model it describes: there is a parameter `beta` too many; save \
             the model again",
            path.display()
        )
    );
    assert_eq!(smaller.get(weight), &Tensor::zeros([2, 3]));
}

// Its size is 0, but the strides of such a shape cannot be computed.
#[test]
fn an_empty_tensor_of_absurd_lengths() {
    assert_eq!(
        fault_of(ABOUT, "weight", Dtype::F32, &[0, usize::MAX, 2], &[]),
        "does not fit the model it describes: the tensor `weight` has the impossible shape \
         [0, 18446744073709551615, 2]; save the model again"
    );
}

#[test]
fn a_model_that_cannot_be_written_leaves_no_trace() {
    let folder = tempdir().unwrap();
    let missing = folder.path().join("none").join("model.st");
    assert_eq!(
        save(&missing, &parameters(), &about()).unwrap_err().to_string(),
        format!(
            "{}: cannot be written: No such file or directory (os error 2); check that the \
             directory exists and that you may write to it",
            missing.display()
        )
    );
    let occupied = folder.path().join("model.st");
    fs::create_dir(&occupied).unwrap();
    assert_eq!(
        save(&occupied, &parameters(), &about()).unwrap_err().to_string(),
        format!(
            "{}: cannot be written: Is a directory (os error 21); check that the directory exists \
             and that you may write to it",
            occupied.display()
        )
    );
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["model.st"]);
}

#[test]
fn a_description_that_cannot_be_written_leaves_the_old_model() {
    let (_folder, path) = file(b"the old model");
    let not_json = HashMap::from([((1, 2), "a key of JSON must be a string")]);
    assert_eq!(
        save(&path, &parameters(), &not_json).unwrap_err().to_string(),
        "the model cannot be saved: key must be a string"
    );
    assert_eq!(fs::read(&path).unwrap(), b"the old model");
}

#[test]
fn a_saved_model_takes_the_place_of_the_old_one() {
    let (folder, path) = file(b"the old model");
    save(&path, &parameters(), &about()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), saved_bytes());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_cut_off_anywhere_is_an_error() {
    let whole = saved_bytes();
    let (_folder, path) = file(&whole);
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(load(&path).is_err(), "the first {length} bytes were taken for a model");
    }
}

static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(saved_bytes);

proptest! {
    /// Without the name of the checksum there is none; then the model must be the same.
    #[test]
    fn a_changed_byte_is_noticed(at in any::<prop::sample::Index>(), change in 1..=u8::MAX) {
        let mut bytes = WHOLE.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        let (_folder, path) = file(&bytes);
        if let Ok((found, parameters)) = load(&path) {
            let name = WHOLE.windows(5).position(|window| window == b"crc32").unwrap();
            prop_assert!((name..name + 5).contains(&at), "byte {} is not checked", at);
            prop_assert_eq!(found, about());
            let values = |model: &Parameters| -> Vec<_> {
                model.iter().map(|(_, _, value)| value.clone()).collect()
            };
            prop_assert_eq!(values(&parameters), values(&self::parameters()));
        }
    }

    /// Files of earlier versions and those that another program has written have none.
    #[test]
    fn a_model_without_a_checksum_is_read(at in any::<prop::sample::Index>(), byte: u8) {
        let (_, metadata) = SafeTensors::read_metadata(&WHOLE).unwrap();
        let mut texts = metadata.metadata().clone().unwrap();
        prop_assert!(texts.remove("crc32").is_some());
        let whole = SafeTensors::deserialize(&WHOLE).unwrap();
        let mut bytes = serialize(whole.iter(), Some(texts)).unwrap();
        prop_assert!(load(&file(&bytes).1).is_ok());
        // A changed number cannot be noticed then. Anything else must be an error or the same model.
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok((_, parameters)) = load(&file(&bytes).1) {
            prop_assert!(parameters.iter().all(|(_, _, value)| value.is_finite()));
            prop_assert!(parameters.iter().map(|(_, _, value)| value.shape()).eq(
                untrained().iter().map(|(_, _, value)| value.shape())
            ));
        }
    }

    #[test]
    fn random_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(load(&file(&bytes).1).is_err());
    }
}
