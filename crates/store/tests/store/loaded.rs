//! A part of a saved model, loaded into another model: what is loaded, and what the report says.

use autograd::{Parameters, Pass, Tape};
use mistakes::message;
use nn::{Activation, Dense, Features, Model};
use store::{Loaded, Module, PyTorch, Reshaped, Saved, save};
use tempfile::{TempDir, tempdir};
use tensor::{Key, Tensor};

/// A body and a head for this many classes.
fn model(parameters: &mut Parameters, classes: usize) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(2)
        .then(Dense::new(parameters, "body", 2, 3))
        .then(Activation::Tanh)
        .then(Dense::new(parameters, "head", 3, classes))
}

/// A saved model of two classes, in a folder that exists as long as the first result.
fn trained() -> (TempDir, Saved, Parameters) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("model.st");
    let mut parameters = Parameters::new(1);
    let _ = model(&mut parameters, 2);
    save(&path, &parameters, &"two classes").unwrap();
    (folder, Saved::read(&path).unwrap(), parameters)
}

fn value<'a>(parameters: &'a Parameters, name: &str) -> &'a Tensor {
    parameters.get(parameters.find(name).unwrap())
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

#[test]
fn a_new_head_on_a_trained_body_trains_alone() {
    let (_folder, saved, source) = trained();
    let mut parameters = Parameters::new(7);
    let tuned = model(&mut parameters, 5);
    let before = parameters.clone();
    let loaded = saved.load_matching("body.*", &mut parameters).unwrap();
    parameters.freeze_matching("body.*");

    let expected = Loaded {
        loaded: owned(&["body.bias", "body.weight"]),
        missing: owned(&["head.bias", "head.weight"]),
        left_over: owned(&["head.bias", "head.weight"]),
        reshaped: vec![],
    };
    assert_eq!(loaded, expected);
    assert_eq!(value(&parameters, "body.weight"), value(&source, "body.weight"));
    assert_eq!(value(&parameters, "head.weight"), value(&before, "head.weight"));

    let tape = Tape::new();
    let inputs = Tensor::from([[0.5, -1.0], [2.0, 0.25]]);
    let output = tuned.forward(Pass::training(&tape, &parameters, Key::new(0)), &inputs);
    let gradients = output.sum_all().backward();
    let names: Vec<_> = gradients.iter().map(|(id, _)| parameters.name(id)).collect();
    assert_eq!(names, ["head.weight", "head.bias"]);
}

#[test]
fn all_that_fits_is_loaded_and_the_rest_is_reported() {
    let (_folder, saved, source) = trained();
    let mut parameters = Parameters::new(7);
    let _ = model(&mut parameters, 5);
    parameters.add("extra.gain", Tensor::scalar(0.5));
    let before = parameters.clone();
    let loaded = saved.load_matching("*", &mut parameters).unwrap();
    assert_eq!(
        loaded.reshaped,
        [
            Reshaped { name: "head.bias".into(), in_file: vec![2], in_model: vec![5] },
            Reshaped { name: "head.weight".into(), in_file: vec![3, 2], in_model: vec![3, 5] },
        ]
    );
    assert_eq!(
        loaded.to_string(),
        "loaded (2): `body.bias`, `body.weight`\n\
         not loaded (1): `extra.gain`\n\
         of another shape (2): `head.bias` [2] in the file, [5] in the model, `head.weight` [3, 2] in \
         the file, [3, 5] in the model"
    );
    assert_eq!(value(&parameters, "body.bias"), value(&source, "body.bias"));
    assert_eq!(value(&parameters, "head.weight"), value(&before, "head.weight"));
    assert_eq!(value(&parameters, "extra.gain").item(), 0.5);
}

/// Every parameter and every tensor is in exactly one list.
#[test]
fn a_report_accounts_for_each_parameter_and_each_tensor() {
    let (_folder, saved, source) = trained();
    for pattern in ["*", "body.*", "*.bias", "*.weight", "body.weight"] {
        let mut parameters = Parameters::new(7);
        let _ = model(&mut parameters, 5);
        parameters.add("extra.bias", Tensor::scalar(0.5));
        let loaded = saved.load_matching(pattern, &mut parameters).unwrap();
        let reshaped: Vec<_> = loaded.reshaped.iter().map(|shape| shape.name.clone()).collect();
        let sorted = |lists: [&Vec<String>; 3]| {
            let mut names: Vec<_> = lists.into_iter().flatten().cloned().collect();
            names.sort();
            names
        };
        let all = |parameters: &Parameters| {
            let mut names: Vec<_> =
                parameters.iter().map(|(_, name, _)| name.to_string()).collect();
            names.sort();
            names
        };
        assert_eq!(sorted([&loaded.loaded, &loaded.missing, &reshaped]), all(&parameters));
        assert_eq!(sorted([&loaded.loaded, &loaded.left_over, &reshaped]), all(&source));
    }
}

#[test]
fn a_file_with_nothing_for_the_model_is_an_error() {
    let (folder, saved, _) = trained();
    let mut parameters = Parameters::new(7);
    let _ = model(&mut parameters, 5);
    let before = parameters.clone();
    let mut message = |pattern: &str| {
        let error = saved.load_matching(pattern, &mut parameters).unwrap_err().to_string();
        error
            .strip_prefix(&format!("{}: ", folder.path().join("model.st").display()))
            .unwrap()
            .to_string()
    };
    assert_eq!(
        message("boddy.*"),
        "has nothing for this model: no tensor matches `boddy.*`; it holds `body.bias`, \
         `body.weight`, `head.bias`, `head.weight`"
    );
    assert_eq!(
        message("head.bias"),
        "has nothing for this model: no tensor that matches `head.bias` has the name and the shape of \
         a parameter; not loaded (3): `body.bias`, `body.weight`, `head.weight`; left over \
         (3): `body.bias`, `body.weight`, `head.weight`; of another shape (1): `head.bias` [2] in \
         the file, [5] in the model"
    );
    for name in ["body.weight", "head.bias"] {
        assert_eq!(value(&parameters, name), value(&before, name));
    }
}

/// A file as PyTorch writes it, of a model of two classes; its head is called `fc`.
fn from_pytorch() -> (TempDir, std::path::PathBuf, Parameters) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("torch.st");
    let mut parameters = Parameters::new(1);
    let _ = model(&mut parameters, 2);
    let modules = [Module::dense("body"), Module::dense("head").called("fc")];
    PyTorch::new(modules).save(&path, &parameters).unwrap();
    (folder, path, parameters)
}

#[test]
fn a_part_of_a_pytorch_file_is_loaded_in_our_layout() {
    let (_folder, path, source) = from_pytorch();
    let mut parameters = Parameters::new(7);
    let _ = model(&mut parameters, 5);
    let before = parameters.clone();
    let body = PyTorch::new([Module::dense("body")]);
    let loaded = body.load_matching(&path, "body.*", &mut parameters).unwrap();
    assert_eq!(
        loaded.to_string(),
        "loaded (2): `body.bias`, `body.weight`\n\
         not loaded (2): `head.bias`, `head.weight`\n\
         left over (2): `fc.bias`, `fc.weight`"
    );
    assert_eq!(value(&parameters, "body.weight"), value(&source, "body.weight"));
    assert_eq!(value(&parameters, "head.weight"), value(&before, "head.weight"));

    let all = PyTorch::new([Module::dense("body"), Module::dense("head").called("fc")]);
    let loaded = all.load_matching(&path, "*", &mut parameters).unwrap();
    assert!(loaded.missing.is_empty() && loaded.left_over.is_empty());
    let head = Reshaped { name: "head.weight".into(), in_file: vec![3, 2], in_model: vec![3, 5] };
    assert_eq!(loaded.reshaped[1], head);
}

#[test]
fn a_pytorch_file_with_nothing_for_the_model_is_an_error() {
    let (_folder, path, _) = from_pytorch();
    let mut parameters = Parameters::new(7);
    let _ = model(&mut parameters, 5);
    let head = PyTorch::new([Module::dense("head").called("fc")]);
    let error = head.load_matching(&path, "head.bias", &mut parameters).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "torch.st: has nothing for this model: no tensor has the name and the shape of a parameter; \
             not loaded (3): `body.bias`, `body.weight`, `head.weight`; left over (3): \
             `body.bias`, `body.weight`, `fc.weight`; of another shape (1): `head.bias` [2] in the file, \
             [5] in the model"
        ),
        "{error}"
    );
    assert_eq!(
        message(|| head.load_matching(&path, "fc.*", &mut parameters)),
        "load_matching: no name matches the pattern `fc.*`: there are `body.weight`, `body.bias`, \
         `head.weight`, `head.bias`"
    );
}
