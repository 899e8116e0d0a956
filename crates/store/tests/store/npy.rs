//! `.npy` files: NumPy's are read, ours come back, and each fault has its message.
//!
//! `npy/generate.py` had NumPy write the files of its folder.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use store::{NpyNumber, read_npy, write_npy};
use tempfile::tempdir;
use tensor::Tensor;
use tensor::strategy::{shapes, tensors};

fn numpy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/npy").join(name)
}

/// Returns the message for a file of NumPy's, after the file's name.
fn fault<T: NpyNumber>(name: &str) -> String {
    message::<T>(&numpy(name))
}

/// Returns the message for a file of these bytes, after the file's name.
fn fault_of(bytes: &[u8]) -> String {
    let folder = tempdir().unwrap();
    let path = folder.path().join("array.npy");
    fs::write(&path, bytes).unwrap();
    message::<f32>(&path)
}

fn message<T: NpyNumber>(path: &Path) -> String {
    let message =
        read_npy::<T>(path).map(|tensor| tensor.shape().to_vec()).unwrap_err().to_string();
    let fault = message.strip_prefix(&format!("{}: ", path.display()));
    fault.expect("the file's name first").to_string()
}

/// Returns a file of version 1 with this header and these elements.
fn file_of(header: &str, elements: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), elements].concat()
}

#[test]
fn every_type_order_and_version_of_numpy_reads_alike() {
    let expected = Tensor::from([[0.0f32, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    let kinds = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"];
    let both = kinds.iter().flat_map(|kind| [format!("little_{kind}"), format!("big_{kind}")]);
    let others = ["fortran_f4", "version_1", "version_2", "version_3"].map(String::from);
    for name in both.chain(others) {
        let path = numpy(&format!("{name}.npy"));
        assert_eq!(read_npy::<f32>(&path).unwrap(), expected, "{name}");
        assert_eq!(read_npy::<f64>(&path).unwrap(), expected.cast(), "{name}");
        let ids = Tensor::from([[0, 1, 2], [3, 4, 5]]);
        assert_eq!(read_npy::<u32>(&path).unwrap().to_vec(), ids.to_vec(), "{name}");
    }
}

#[test]
fn signs_truth_values_scalars_and_empty_arrays() {
    let read = |name| read_npy::<f32>(numpy(name)).unwrap();
    assert_eq!(read("negative_i2.npy"), Tensor::from([-1.0, -32768.0]));
    assert_eq!(read("bool.npy"), Tensor::from([1.0, 0.0]));
    assert_eq!(read("scalar.npy"), Tensor::scalar(0.5));
    assert_eq!(read("empty.npy"), Tensor::zeros([2, 0, 3]));
}

#[test]
fn a_file_of_ours_is_numpys_to_the_byte() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("array.npy");
    write_npy(&path, &Tensor::from([[0.0f32, 1.0, 2.0], [3.0, 4.0, 5.0]])).unwrap();
    assert_eq!(fs::read(&path).unwrap(), fs::read(numpy("little_f4.npy")).unwrap());
    write_npy(&path, &Tensor::scalar(0.5f32)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), fs::read(numpy("scalar.npy")).unwrap());
}

#[test]
fn elements_that_are_not_numbers() {
    let fault_of_type = |found| {
        format!(
            "holds elements of type {found}; only whole, real and truth values can be read: convert \
             them with array.astype(\"float32\")"
        )
    };
    assert_eq!(fault::<f32>("text.npy"), fault_of_type("`<U4`"));
    assert_eq!(fault::<f32>("complex.npy"), fault_of_type("`<c16`"));
    assert_eq!(fault::<f32>("records.npy"), fault_of_type("record"));
}

#[test]
fn numbers_that_the_wanted_type_lacks() {
    assert_eq!(
        fault::<u32>("negative_i2.npy"),
        "element 0 (counted as stored, from 0) is -1, which is not a whole number from 0 to 4294967295, \
         as an id must be"
    );
    let folder = tempdir().unwrap();
    let path = folder.path().join("array.npy");
    write_npy(&path, &Tensor::from([0.5, 1e300])).unwrap();
    assert_eq!(
        message::<f32>(&path),
        format!(
            "element 1 (counted as stored, from 0) is {}, which is not a number that f32 can hold: read \
             it as f64",
            1e300
        )
    );
    assert_eq!(read_npy::<f64>(&path).unwrap(), Tensor::from([0.5, 1e300]));
}

#[test]
fn a_file_that_is_missing() {
    assert_eq!(
        fault::<f32>("none.npy"),
        "cannot be read: No such file or directory (os error 2); give the path of a file written by \
         numpy.save"
    );
}

#[test]
fn a_file_of_another_kind_or_cut_off() {
    let format = |what| format!("is not a .npy file: {what}; give a file written by numpy.save");
    let whole = fs::read(numpy("little_f4.npy")).unwrap();
    assert_eq!(fault_of(b""), format("it does not begin with \\x93NUMPY"));
    assert_eq!(fault_of(b"text,label\n"), format("it does not begin with \\x93NUMPY"));
    assert_eq!(fault_of(&whole[..6]), format("it ends before the version"));
    assert_eq!(fault_of(&whole[..9]), format("it ends in the header of version 1"));
    assert_eq!(fault_of(&whole[..100]), format("it ends within the header"));
    assert_eq!(
        fault_of(b"\x93NUMPY\x04\x00\x00\x00"),
        format("its version 4.0 is not 1.0, 2.0 or 3.0")
    );
    let size = |found| {
        format!(
            "needs 24 bytes of elements for shape [2, 3] but holds {found}: it is cut off or damaged, \
             so write it again"
        )
    };
    assert_eq!(fault_of(&whole[..whole.len() - 1]), size(23));
    assert_eq!(fault_of(&[&whole[..], b"!"].concat()), size(25));
}

#[test]
fn a_damaged_header() {
    let format =
        |what: &str| format!("is not a .npy file: {what}; give a file written by numpy.save");
    assert_eq!(
        fault_of(&file_of("{'descr': '<f4', 'shape': (2,)}", &[])),
        format("its header has no usable 'fortran_order'")
    );
    assert_eq!(
        fault_of(&file_of("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", &[])),
        format("its header has no usable 'shape'")
    );
    // The number of elements of the first cannot be counted; nor can the strides of the second.
    for shape in ["4294967296, 4294967296", "0, 18446744073709551615, 2"] {
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape})}}");
        assert_eq!(
            fault_of(&file_of(&header, &[])),
            format(&format!("its header gives the impossible shape [{shape}]"))
        );
    }
}

fn round_trip<T: NpyNumber>(tensor: &Tensor<T>) -> Tensor<T> {
    let folder = tempdir().unwrap();
    let path = folder.path().join("array.npy");
    write_npy(&path, tensor).unwrap();
    read_npy(&path).unwrap()
}

#[test]
fn a_header_too_long_for_version_1() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("array.npy");
    for (rank, version) in [(1_000, 1), (22_000, 2)] {
        write_npy(&path, &Tensor::<f32>::ones(vec![1; rank])).unwrap();
        assert_eq!(fs::read(&path).unwrap()[6], version);
        assert_eq!(read_npy::<f32>(&path).unwrap().rank(), rank);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(
        tensor in shapes(4, 4).prop_flat_map(|shape| tensors(shape, any::<f32>()))
    ) {
        let read = round_trip(&tensor);
        prop_assert_eq!(read.shape(), tensor.shape());
        let bits = |tensor: &Tensor| tensor.to_vec().into_iter().map(f32::to_bits).collect::<Vec<_>>();
        prop_assert_eq!(bits(&read), bits(&tensor));
        prop_assert_eq!(round_trip(&tensor.cast::<f64>()).to_vec(), tensor.cast::<f64>().to_vec());
    }

    /// A changed element cannot be noticed. Anything else must be an error, not a panic.
    #[test]
    fn a_changed_byte_is_an_error_or_an_array(at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = fs::read(numpy("fortran_f4.npy")).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let folder = tempdir().unwrap();
        let path = folder.path().join("array.npy");
        fs::write(&path, bytes).unwrap();
        if let Ok(tensor) = read_npy::<f32>(&path) {
            prop_assert!(tensor.len() <= 24);
        }
    }
}

#[test]
fn an_empty_array_of_absurd_lengths_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 0), }\n";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    fs::write(&path, bytes).unwrap();
    let error = read_npy::<f32>(&path).unwrap_err().to_string();
    assert!(error.contains("the impossible shape [1099511627776, 0]"), "{error}");
}

/// Rounded to `f64` first, it would be rounded down then.
#[test]
fn whole_numbers_are_rounded_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.npy");
    let number = (1_i64 << 60) + (1 << 36) + 1;
    let header = "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend([number, -number].map(i64::to_le_bytes).concat());
    std::fs::write(&path, bytes).unwrap();
    let nearest = (1_u64 << 60) as f32 + (1_u64 << 37) as f32;
    assert_eq!(read_npy::<f32>(&path).unwrap().to_vec(), [nearest, -nearest]);
}

#[test]
fn a_record_with_a_field_called_shape_is_a_record() {
    let record =
        "{'descr': [('shape', '<f4'), ('y', '<f4')], 'fortran_order': False, 'shape': (2,), }";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((record.len() as u16).to_le_bytes());
    bytes.extend(record.bytes());
    assert_eq!(fault_of(&bytes), fault::<f32>("records.npy"));
}
