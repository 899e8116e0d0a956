//! Weights in PyTorch's names and layouts: a file reads back as it was written, and each mismatch
//! of a file and a model has its message. `tests/cli/interop.rs` shows that PyTorch agrees.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use autograd::Parameters;
use half::{bf16, f16};
use mistakes::message;
use proptest::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use store::{Float, Module, PyTorch};
use tempfile::{TempDir, tempdir};
use tensor::Tensor;

fn pytorch() -> PyTorch {
    PyTorch::new([
        Module::embedding("embedding").padding(0),
        Module::dense("hidden").called("body.0"),
        Module::as_is("activation"),
    ])
}

/// Returns an embedding of 3 × 2, a square dense layer with a bias, and a scalar.
fn parameters<T: Float>() -> Parameters<T> {
    let mut parameters = Parameters::with_seed(1);
    let tensor = |shape: &[usize], values: &[f64]| {
        Tensor::new(shape, values.iter().map(|&x| T::from_f64(x)).collect())
    };
    parameters.add("embedding.weight", tensor(&[3, 2], &[9.0, 9.0, 1.0, 2.0, 3.0, 4.0]));
    parameters.add("hidden.weight", tensor(&[2, 2], &[1.0, 2.0, 3.0, 4.0]));
    parameters.add("hidden.bias", tensor(&[2], &[-0.5, 0.5]));
    parameters.add("activation.beta", tensor(&[], &[1.5]));
    parameters
}

fn zeros<T: Float>() -> Parameters<T> {
    parameters::<T>().map(|_, value| Tensor::zeros(value.shape()))
}

fn values<T: Float>(parameters: &Parameters<T>) -> Vec<Vec<f64>> {
    parameters.iter().map(|(_, _, value)| value.cast::<f64>().to_vec()).collect()
}

/// Returns a folder with a file `weights.st` of this content.
fn file(content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("weights.st");
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn saved_bytes<T: Float>() -> Vec<u8> {
    let (_folder, path) = file(b"");
    pytorch().save(&path, &parameters::<T>()).unwrap();
    fs::read(path).unwrap()
}

/// A tensor in a file: its type, shape and bytes.
type Stored = (Dtype, Vec<usize>, Vec<u8>);

/// Returns the tensors of [`saved_bytes`], to be changed.
fn stored() -> BTreeMap<String, Stored> {
    let bytes = saved_bytes::<f32>();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |view: TensorView<'_>| (view.dtype(), view.shape().to_vec(), view.data().to_vec());
    file.iter().map(|(name, view)| (name.to_string(), tensor(view))).collect()
}

fn bytes_of(tensors: &BTreeMap<String, Stored>) -> Vec<u8> {
    let views = tensors.iter().map(|(name, (dtype, shape, data))| {
        (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    serialize(views, None).unwrap()
}

/// Returns the message of loading this file, after the file's name. Nothing may be loaded.
fn fault(path: &Path) -> String {
    let mut loaded = zeros::<f32>();
    let message = pytorch().load(path, &mut loaded).unwrap_err().to_string();
    assert_eq!(values(&loaded), values(&zeros::<f32>()));
    message.strip_prefix(&format!("{}: ", path.display())).unwrap().to_string()
}

/// Returns the message of loading the saved file after a change.
fn fault_after(change: impl FnOnce(&mut BTreeMap<String, Stored>)) -> String {
    let mut tensors = stored();
    change(&mut tensors);
    fault(&file(&bytes_of(&tensors)).1)
}

#[test]
fn a_module_without_a_parameter_and_one_listed_twice_are_refused() {
    let parameters = parameters::<f32>();
    let entries = |modules: Vec<Module>| {
        let all = [Module::embedding("embedding"), Module::as_is("activation")];
        message(|| PyTorch::new(all.into_iter().chain(modules)).save("none", &parameters))
    };
    // Without the check, the second would export the square weight of `hidden` untransposed.
    let mistyped = entries(vec![Module::dense("hiden"), Module::as_is("hidden")]);
    assert_eq!(
        mistyped,
        "there is no parameter of the module `hiden`: correct its name, or leave it out"
    );
    let twice = entries(vec![Module::dense("hidden").called("a"), Module::dense("hidden")]);
    assert_eq!(twice, "the module `hidden` is listed twice: leave one out");
}

#[test]
fn names_and_layouts_are_pytorchs() {
    let numbers = |(_, shape, bytes): &Stored| {
        let (numbers, _) = bytes.as_chunks();
        (shape.clone(), numbers.iter().map(|&b| f32::from_le_bytes(b)).collect::<Vec<_>>())
    };
    let tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)> =
        stored().iter().map(|(name, tensor)| (name.clone(), numbers(tensor))).collect();
    let expected = [
        ("activation.beta", vec![], vec![1.5]),
        ("body.0.bias", vec![2], vec![-0.5, 0.5]),
        // Transposed.
        ("body.0.weight", vec![2, 2], vec![1.0, 3.0, 2.0, 4.0]),
        // Row 0 is the padding's.
        ("embedding.weight", vec![3, 2], vec![0.0, 0.0, 1.0, 2.0, 3.0, 4.0]),
    ];
    let expected = expected.map(|(name, shape, numbers)| (name.to_string(), (shape, numbers)));
    assert_eq!(tensors, BTreeMap::from(expected));
}

#[test]
fn what_is_saved_is_loaded_in_either_type() {
    let mut expected = values(&parameters::<f64>());
    expected[0][..2].fill(0.0);
    for bytes in [saved_bytes::<f32>(), saved_bytes::<f64>()] {
        let (_folder, path) = file(&bytes);
        let (mut singles, mut doubles) = (zeros::<f32>(), zeros::<f64>());
        pytorch().load(&path, &mut singles).unwrap();
        pytorch().load(&path, &mut doubles).unwrap();
        assert_eq!(values(&singles), expected);
        assert_eq!(values(&doubles), expected);
    }
    assert_ne!(saved_bytes::<f32>(), saved_bytes::<f64>());
}

#[test]
fn half_precision_is_read() {
    let halves = |dtype, number: fn(f32) -> [u8; 2]| {
        let mut tensors = stored();
        let bias = [-0.5, 0.5].map(number).concat();
        tensors.insert("body.0.bias".into(), (dtype, vec![2], bias));
        let (_folder, path) = file(&bytes_of(&tensors));
        let mut loaded = zeros::<f32>();
        pytorch().load(&path, &mut loaded).unwrap();
        values(&loaded)[2].clone()
    };
    assert_eq!(halves(Dtype::F16, |x| f16::from_f32(x).to_le_bytes()), [-0.5, 0.5]);
    assert_eq!(halves(Dtype::BF16, |x| bf16::from_f32(x).to_le_bytes()), [-0.5, 0.5]);
}

#[test]
fn a_single_module_has_no_prefix() {
    let mut dense = Parameters::new(1);
    dense.add("dense.bias", Tensor::from([1.0, 2.0]));
    let (_folder, path) = file(b"");
    PyTorch::new([Module::dense("dense").called("")]).save(&path, &dense).unwrap();
    let bytes = fs::read(&path).unwrap();
    assert_eq!(SafeTensors::deserialize(&bytes).unwrap().names(), ["bias"]);
}

#[test]
fn a_parameter_belongs_to_the_layer_with_the_longest_name() {
    let mut block = Parameters::new(1);
    block.add("block.scale", Tensor::scalar(1.0));
    block.add("block.dense.weight", Tensor::zeros([2, 3]));
    let modules = [Module::as_is("block"), Module::dense("block.dense")];
    let (_folder, path) = file(b"");
    PyTorch::new(modules).save(&path, &block).unwrap();
    let bytes = fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("block.dense.weight").unwrap().shape(), [3, 2]);
    assert_eq!(file.tensor("block.scale").unwrap().shape(), [0; 0]);
}

#[test]
fn a_tensor_that_is_missing() {
    assert_eq!(
        fault_after(|tensors| drop(tensors.remove("body.0.weight"))),
        "holds no tensor `body.0.weight`, which `hidden.weight` needs; it holds `activation.beta`, \
         `body.0.bias`, `embedding.weight`: give the module its name in the file with Module::called"
    );
}

#[test]
fn a_tensor_too_many() {
    assert_eq!(
        fault_after(|tensors| {
            tensors.insert("running_mean".into(), (Dtype::F32, vec![2, 1], vec![0; 8]));
        }),
        "holds a tensor `running_mean` [2, 1] for which this model has no parameter: it is of another \
         model, or leave that tensor out of the file"
    );
}

#[test]
fn a_tensor_of_another_shape() {
    let reshaped = |name: &str, shape: &[usize]| {
        fault_after(|tensors| {
            let size = 4 * shape.iter().product::<usize>();
            tensors.insert(name.into(), (Dtype::F32, shape.to_vec(), vec![0; size]));
        })
    };
    assert_eq!(
        reshaped("body.0.weight", &[2, 5]),
        "tensor `body.0.weight` has shape [2, 5], but `hidden.weight` needs [2, 2], that is [outputs, \
         inputs]: the models differ in size"
    );
    assert_eq!(
        reshaped("embedding.weight", &[2, 3]),
        "tensor `embedding.weight` has shape [2, 3], but `embedding.weight` needs [3, 2], that is \
         [vocabulary, dim]: the models differ in size"
    );
    assert_eq!(
        reshaped("activation.beta", &[1]),
        "tensor `activation.beta` has shape [1], but `activation.beta` needs []: the models differ in \
         size"
    );
}

#[test]
fn a_weight_that_is_transposed_wrongly() {
    let mut oblong = Parameters::new(1);
    oblong.add("dense.weight", Tensor::zeros([2, 3]));
    let (_folder, path) = file(b"");
    let as_is = PyTorch::new([Module::as_is("dense")]);
    let dense = PyTorch::new([Module::dense("dense")]);
    as_is.save(&path, &oblong).unwrap();
    assert_eq!(
        dense.load(&path, &mut oblong).unwrap_err().fault.to_string(),
        "tensor `dense.weight` has shape [2, 3], but `dense.weight` needs [3, 2], that is [outputs, \
         inputs]: write the weight transposed, as PyTorch does"
    );
    dense.save(&path, &oblong).unwrap();
    assert_eq!(
        as_is.load(&path, &mut oblong).unwrap_err().fault.to_string(),
        "tensor `dense.weight` has shape [3, 2], but `dense.weight` needs [2, 3]: if it is of a dense \
         layer, list it with Module::dense"
    );
}

#[test]
fn a_tensor_of_another_type() {
    assert_eq!(
        fault_after(|tensors| {
            tensors.insert("body.0.bias".into(), (Dtype::I64, vec![2], vec![0; 16]));
        }),
        "tensor `body.0.bias` is of type I64; only F64, F32, F16 and BF16 can be read: convert it with \
         tensor.float()"
    );
}

#[test]
fn numbers_that_are_not_finite() {
    let bias = |numbers: [f64; 2]| {
        fault_after(|tensors| {
            let bytes = numbers.map(f64::to_le_bytes).concat();
            tensors.insert("body.0.bias".into(), (Dtype::F64, vec![2], bytes));
        })
    };
    for number in [f64::NAN, f64::INFINITY, 1e300] {
        assert_eq!(
            bias([0.0, number]),
            "tensor `body.0.bias` holds a number that is infinite, NaN or too large for the \
             parameters' type: look for where its training went wrong"
        );
    }
}

#[test]
fn a_file_that_is_missing_or_of_another_kind() {
    let folder = tempdir().unwrap();
    assert_eq!(
        fault(&folder.path().join("none.st")),
        "cannot be read: No such file or directory (os error 2); give the path of a safetensors file"
    );
    assert_eq!(
        fault(&file(b"PK\x03\x04").1),
        "is not a whole safetensors file (header too small); it is of another kind, empty or cut off: \
         write it again with safetensors.torch.save_file"
    );
}

#[test]
#[should_panic(
    expected = "the parameter `activation.beta` [] belongs to no module: list its layer \
                           with Module::dense, embedding or as_is"
)]
fn a_parameter_that_is_not_listed() {
    let modules = [Module::embedding("embedding"), Module::dense("hidden")];
    let _ = PyTorch::new(modules).load("weights.st", &mut parameters::<f32>());
}

/// Its square weight would be written as it is, though PyTorch's is transposed.
#[test]
fn a_dense_layer_inside_a_layer_listed_as_dense_is_not_taken_for_a_part_of_it() {
    for (module, parameter) in [
        (Module::dense("body"), "body.hidden.weight"),
        (Module::dense("body.hidden.weight"), "body.hidden.weight"),
        (Module::embedding("body"), "body.table.weight"),
    ] {
        let mut inner = Parameters::new(1);
        inner.add(parameter, Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
        let pytorch = PyTorch::new([module]);
        let expected =
            format!("the parameter `{parameter}` [2, 2] belongs to no module: list its layer");
        let saved = message(|| drop(pytorch.save("weights.st", &inner)));
        assert!(saved.starts_with(&expected), "{saved}");
        let loaded = message(|| drop(pytorch.load("weights.st", &mut inner.clone())));
        assert!(loaded.starts_with(&expected), "{loaded}");
    }
}

fn two_layers_of_one_name() -> PyTorch {
    PyTorch::new([
        Module::embedding("embedding").called("body"),
        Module::dense("hidden").called("body"),
        Module::as_is("activation"),
    ])
}

#[test]
#[should_panic(expected = "two parameters would be called `body.weight`")]
fn saving_two_layers_of_one_name() {
    let _ = two_layers_of_one_name().save("weights.st", &parameters::<f32>());
}

#[test]
#[should_panic(expected = "two parameters would be called `body.weight`")]
fn loading_two_layers_of_one_name() {
    let _ = two_layers_of_one_name().load("weights.st", &mut parameters::<f32>());
}

#[test]
#[should_panic(
    expected = "the parameter `embedding.weight` [3, 2] is listed as Embedding { padding: \
                           Some(3) }, which it is not"
)]
fn a_padding_outside_the_vocabulary() {
    let modules = [Module::embedding("embedding").padding(3)];
    let _ = PyTorch::new(modules).save("weights.st", &parameters::<f32>());
}

proptest! {
    /// A changed number cannot be noticed. Anything else must be an error or the same model.
    #[test]
    fn a_changed_byte_is_an_error_or_a_number(at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = saved_bytes::<f32>();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let (_folder, path) = file(&bytes);
        let mut loaded = zeros::<f32>();
        if pytorch().load(path, &mut loaded).is_ok() {
            prop_assert!(loaded.iter().all(|(_, _, value)| value.is_finite()));
        }
    }
}
