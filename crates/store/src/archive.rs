//! Named tensors and named texts as the bytes of a safetensors file, and their names in saved
//! models and checkpoints.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use data::quoted;
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use tensor::{Scalar, Tensor};

use crate::little_endian::{LittleEndian, little_endian};

/// The metadata entry that marks a file as ours and holds the description.
pub(crate) const DESCRIPTION: &str = "wengert";

/// The metadata entry that makes a saved model a checkpoint.
pub(crate) const RECORD: &str = "checkpoint";

/// The metadata entry of a file's checksum. A file need not have one.
pub(crate) const CHECKSUM: &str = "crc32";

/// What the format calls the texts.
const METADATA: &str = "__metadata__";

/// The value of that entry while the checksum is computed.
const NO_CHECKSUM: &str = "00000000";

/// The prefix of a tensor that training continues with.
pub(crate) const TRAINING: &str = "training/";

/// The prefix of a tensor that belongs to the optimizer's memory.
pub(crate) const OPTIMIZER: &str = "optimizer/";

/// Returns `true` if the tensor of this name is needed only to continue training.
pub(crate) fn is_memory(name: &str) -> bool {
    name.starts_with(TRAINING) || name.starts_with(OPTIMIZER)
}

/// The types that a file is written in: `f32` and `f64`.
pub trait Float: Scalar + LittleEndian {
    /// Its name in the format.
    const DTYPE: Dtype;
}

impl Float for f32 {
    const DTYPE: Dtype = Dtype::F32;
}

impl Float for f64 {
    const DTYPE: Dtype = Dtype::F64;
}

/// The content of a file. The texts are its metadata.
pub(crate) struct Archive {
    pub(crate) texts: HashMap<String, String>,
    pub(crate) tensors: HashMap<String, Tensor<f32>>,
}

/// The faults of bytes that are not such a file.
pub(crate) enum ArchiveError {
    /// They are not a whole safetensors file.
    Format(String),
    /// A tensor, given by name, has a type or a shape that it cannot have here.
    Tensor(String),
    /// They are not what was written: the checksum differs.
    Checksum(String),
}

/// Returns the bytes of a file of these tensors and texts, whose names differ; the error says what the format
/// cannot hold.
pub(crate) fn encode<'a, T: Float>(
    tensors: impl IntoIterator<Item = (impl Into<String>, &'a Tensor<T>)>,
    texts: HashMap<String, String>,
) -> Result<Vec<u8>, String> {
    let buffers: Vec<(String, &[usize], Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, value)| (name.into(), value.shape(), little_endian(value)))
        .collect();
    let mut names = BTreeSet::from([METADATA]);
    if let Some((name, ..)) = buffers.iter().find(|(name, ..)| !names.insert(name)) {
        return Err(format!("the name {} stands for two things in its file", quoted(name)));
    }
    let views = buffers
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(T::DTYPE, shape.to_vec(), bytes)?)))
        .collect::<Result<Vec<_>, SafeTensorError>>();
    let sorted: BTreeMap<String, String> =
        texts.iter().map(|(name, text)| (name.clone(), text.clone())).collect();
    let bytes = views.and_then(|views| serialize(views, Some(texts)));
    let mut bytes = bytes.map_err(|error| match error {
        SafeTensorError::HeaderTooLarge => {
            "its names and its description have more than 100,000,000 bytes, and could not be read again".to_string()
        }
        error => error.to_string(),
    })?;
    sort_texts(&mut bytes, &sorted)?;
    Ok(bytes)
}

/// Sorts the texts of a file by name. The format's library writes them in the order of a `HashMap`, which differs
/// from run to run, and equal models must give equal files.
fn sort_texts(file: &mut [u8], texts: &BTreeMap<String, String>) -> Result<(), String> {
    // Behind the length of the header, which has eight bytes. The order does not change the length of the texts.
    const BEFORE: &[u8] = b"{\"__metadata__\":";
    let start = 8 + BEFORE.len();
    let sorted = serde_json::to_string(texts).map_err(|error| error.to_string())?;
    let place = file.get(8..start).filter(|before| *before == BEFORE).map(|_| start);
    let place = place.and_then(|start| file.get_mut(start..start + sorted.len()));
    place.ok_or("the place of the texts is missing")?.copy_from_slice(sorted.as_bytes());
    Ok(())
}

/// Does the same for a file with a checksum.
pub(crate) fn encode_with_checksum<'a, T: Float>(
    tensors: impl IntoIterator<Item = (impl Into<String>, &'a Tensor<T>)>,
    mut texts: HashMap<String, String>,
) -> Result<Vec<u8>, String> {
    texts.insert(CHECKSUM.to_string(), NO_CHECKSUM.to_string());
    let mut bytes = encode(tensors, texts)?;
    let checksum = format!("{:08x}", crc32fast::hash(&bytes));
    let place = checksum_place(&bytes).ok_or("the place of the checksum is missing")?;
    bytes[place..place + checksum.len()].copy_from_slice(checksum.as_bytes());
    Ok(bytes)
}

/// Returns the offset of the checksum. In another text a backslash would precede each quote, so the pattern is unique.
fn checksum_place(bytes: &[u8]) -> Option<usize> {
    let before = format!("\"{CHECKSUM}\":\"");
    let start = bytes.windows(before.len()).position(|window| window == before.as_bytes())?;
    Some(start + before.len())
}

/// Compares the checksum that a file states with the checksum of its bytes.
fn check(bytes: &[u8], stated: &str) -> Result<(), ArchiveError> {
    let mut hasher = crc32fast::Hasher::new();
    match checksum_place(bytes).and_then(|at| bytes.split_at_checked(at)) {
        Some((before, behind)) if behind.len() >= NO_CHECKSUM.len() => {
            hasher.update(before);
            hasher.update(NO_CHECKSUM.as_bytes());
            hasher.update(&behind[NO_CHECKSUM.len()..]);
        }
        _ => hasher.update(bytes),
    }
    let found = format!("{:08x}", hasher.finalize());
    match found == stated {
        true => Ok(()),
        false => {
            Err(ArchiveError::Checksum(format!("its checksum is {found}, but should be {stated}")))
        }
    }
}

impl Archive {
    /// Decodes the bytes of a file, and checks them if it has a checksum.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let format = |error: SafeTensorError| ArchiveError::Format(error.to_string());
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(format)?;
        let file = SafeTensors::deserialize(bytes).map_err(format)?;
        // In the order of their names, so that of several faults the same one is told each time.
        let views: BTreeMap<&str, TensorView<'_>> = file.iter().collect();
        let tensors =
            views.iter().map(|(name, view)| Ok((name.to_string(), tensor_of(name, view)?)));
        let tensors = tensors.collect::<Result<_, ArchiveError>>()?;
        let texts = metadata.metadata().clone().unwrap_or_default();
        match texts.get(CHECKSUM) {
            Some(stated) => check(bytes, stated)?,
            None if texts.contains_key(RECORD) => {
                return Err(ArchiveError::Checksum("its checksum is missing".to_string()));
            }
            None => {}
        }
        Ok(Self { tensors, texts })
    }
}

fn tensor_of(name: &str, view: &TensorView<'_>) -> Result<Tensor<f32>, ArchiveError> {
    if view.dtype() != Dtype::F32 {
        let what = format!(
            "{} is of type {:?} instead of F32: convert all to F32",
            quoted(name),
            view.dtype()
        );
        return Err(ArchiveError::Tensor(what));
    }
    // Empty tensors are checked too: a length of 0 must not hide that the product of the others overflows.
    let lengths = view.shape().iter().try_fold(1usize, |size, &n| size.checked_mul(n.max(1)));
    if lengths.is_none() {
        let what = format!("{} has the impossible shape {:?}", quoted(name), view.shape());
        return Err(ArchiveError::Tensor(what));
    }
    let numbers = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    Ok(Tensor::new(view.shape(), numbers.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_in_the_order_of_their_names_and_equal_contents_are_equal_files() {
        let names = ["b", "a", DESCRIPTION, "\"quoted\"", "ä\n", RECORD];
        let texts = || names.map(|name| (name.to_string(), format!("the text of {name}")));
        let file = || {
            let tensors = [("x", &Tensor::<f32>::ones([3])), ("w", &Tensor::zeros([2]))];
            encode_with_checksum(tensors, HashMap::from(texts())).unwrap()
        };
        let first = file();
        for _ in 0..20 {
            assert_eq!(file(), first);
        }
        let Ok(Archive { texts: mut read, tensors }) = Archive::decode(&first) else { panic!() };
        assert!(read.remove(CHECKSUM).is_some());
        assert_eq!(read, HashMap::from(texts()));
        assert_eq!(tensors["x"], Tensor::ones([3]));
    }

    #[test]
    fn a_header_that_could_not_be_read_again_is_refused() {
        let texts = HashMap::from([(DESCRIPTION.to_string(), "x".repeat(100_000_000))]);
        let error = encode([("a", &Tensor::<f32>::zeros([1]))], texts).unwrap_err();
        assert!(error.contains("more than 100,000,000 bytes"), "{error}");
    }

    #[test]
    fn names_that_stand_for_two_things_are_refused() {
        for name in ["a", METADATA] {
            let tensors = [("a", &Tensor::<f32>::zeros([1])), (name, &Tensor::zeros([2]))];
            let error = encode(tensors, HashMap::new()).unwrap_err();
            assert!(error.contains(&quoted(name)), "{error}");
        }
    }
}
