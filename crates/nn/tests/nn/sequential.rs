//! Layers put together at run time are what the same layers are when the compiler knows them.

use autograd::functional::Dual;
use autograd::{Parameters, Pass, Tape, Var, check};
use mistakes::told;
use nn::{
    Activation, AvgPool2d, Decoder, DecoderConfig, Dense, DynLayer, Features, Layer, LayerNorm,
    MaxPool2d, Model, Residual, SelfAttention, Sequential,
};
use tensor::{Key, Scalar, Tensor};

/// The same stack, known to the compiler and not, with parameters that both read.
fn stacks(parameters: &mut Parameters<f64>) -> (impl Layer + use<>, Sequential) {
    let first = Dense::new(parameters, "first", 3, 4);
    let norm = LayerNorm::new(parameters, "norm", 4);
    let last = Dense::new(parameters, "last", 4, 2);
    let mut layers = Sequential::new();
    layers.push(first.clone());
    layers.push(Residual(norm.clone().then(Activation::Gelu)));
    layers.push(last.clone());
    (first.then(Residual(norm.then(Activation::Gelu))).then(last), layers)
}

/// The output of a layer and the gradients of its parameters in some scalar, as text, which shows all
/// parts of a dual.
fn results<T: Scalar>(parameters: &Parameters<f64>, layer: &impl Layer) -> String {
    let parameters: Parameters<T> = parameters.cast();
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let x = Tensor::<f64>::normal([2, 3], 0.0, 1.0, Key::new(2));
    let y = layer.forward(pass, pass.constant(x.cast()));
    let gradients = y.sum_all().backward();
    let gradients: Vec<_> =
        gradients.iter().map(|(_, gradient)| gradient.dense().to_vec()).collect();
    format!("{:?} {gradients:?}", y.value().to_vec())
}

#[test]
fn a_sequential_computes_the_same_bits_in_every_scalar_of_its_list() {
    fn compare<T: Scalar>(parameters: &Parameters<f64>, known: &impl Layer, chosen: &Sequential) {
        assert_eq!(results::<T>(parameters, chosen), results::<T>(parameters, known));
    }
    let mut parameters = Parameters::with_seed(1);
    let (known, chosen) = stacks(&mut parameters);
    compare::<f32>(&parameters, &known, &chosen);
    compare::<f64>(&parameters, &known, &chosen);
    compare::<Dual<f32>>(&parameters, &known, &chosen);
    compare::<Dual<f64>>(&parameters, &known, &chosen);
    compare::<Dual<Dual<f64>>>(&parameters, &known, &chosen);
}

#[test]
fn a_list_of_boxed_layers_is_a_layer_and_can_be_checked() {
    let mut parameters = Parameters::<f64>::with_seed(1);
    let layers: Vec<Box<dyn DynLayer>> = vec![
        Dense::new(&mut parameters, "first", 3, 4).boxed(),
        Activation::Tanh.boxed(),
        vec![Activation::Silu.boxed(), Dense::new(&mut parameters, "last", 4, 2).boxed()].boxed(),
    ];
    assert!(format!("{layers:?}").contains("Tanh"));
    let model = Features::new(3).then(layers);
    let batch = Tensor::normal([2, 3], 0.0, 1.0, Key::new(2));
    check::parameters(&parameters, |pass| model.forward(pass, &batch)).assert();
    let of_list: Sequential = vec![Activation::Relu.boxed()].into();
    assert_eq!(of_list.layers().len(), 1);
}

#[test]
fn an_empty_sequential_gives_back_its_input() {
    let (tape, parameters) = (Tape::new(), Parameters::new(0));
    let x = tape.constant(Tensor::scalar(1.0));
    assert_eq!(Sequential::new().forward(Pass::eval(&tape, &parameters), x).id(), x.id());
}

#[test]
fn nodes_of_boxed_layers_bear_the_line_that_called_the_stack() {
    let mut parameters = Parameters::with_seed(1);
    let (_, layers) = stacks(&mut parameters);
    let tape = Tape::default();
    let x = tape.constant(Tensor::zeros([2, 3]));
    let line = line!() + 1;
    layers.forward(Pass::eval(&tape, &parameters), x);
    for node in tape.nodes().iter().skip(1) {
        assert_eq!((node.at().file(), node.at().line()), (file!(), line), "{node}");
    }
}

#[test]
fn nodes_of_attention_and_pooling_bear_the_line_that_called_the_layer() {
    let mut parameters = Parameters::<f64>::with_seed(1);
    let attention = SelfAttention::new(&mut parameters, "attention", 4, 2).causal();
    let decoder = Decoder::new(&mut parameters, DecoderConfig::small(10));
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let x = tape.constant(Tensor::zeros([1, 3, 4]));
    let (image, ids) = (tape.constant(Tensor::zeros([1, 1, 2, 2])), Tensor::from([[1, 2]]));
    let first = line!() + 1;
    attention.forward(pass, x);
    decoder.forward(pass, &ids);
    MaxPool2d::new([2, 2]).forward(pass, image);
    AvgPool2d::new([2, 2]).forward(pass, image);
    for node in tape.nodes().iter().skip(2) {
        let is_here = (first..first + 4).contains(&node.at().line());
        assert!(node.at().file() == file!() && is_here, "{node}, {}", node.at());
    }
}

/// A layer as a user writes it.
#[derive(Debug)]
struct Doubled {
    dense: Dense,
}

/// The line of the call inside it.
const INSIDE: u32 = line!() + 4;

impl Layer for Doubled {
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        self.dense.forward(pass, x) * 2.0
    }
}

#[test]
fn a_boxed_layer_of_ones_own_keeps_its_own_lines() {
    let mut parameters = Parameters::<f64>::with_seed(1);
    let layer = Doubled { dense: Dense::new(&mut parameters, "dense", 3, 2) }.boxed();
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    layer.forward(pass, tape.constant(Tensor::zeros([2, 3])));
    let nodes = tape.nodes();
    let dense = nodes.iter().find(|node| node.name() == "dense").expect("it is recorded");
    assert_eq!((dense.at().file(), dense.at().line()), (file!(), INSIDE));
    drop(nodes);

    let mistake = told(|| layer.forward(pass, tape.constant(Tensor::zeros([2, 5]))).value());
    assert!(mistake.message.starts_with("dense in layer `dense`: x [2, 5]"), "{mistake:?}");
    assert_eq!((mistake.file.as_str(), mistake.line), (file!(), INSIDE));
}

#[test]
fn a_scalar_that_is_not_on_the_list_is_refused() {
    let parameters = Parameters::<Dual<Dual<f32>>>::with_seed(1);
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let layer = Activation::Relu.boxed();
    let message =
        mistakes::message(|| layer.forward(pass, tape.constant(Tensor::zeros([2]))).value());
    let expected =
        "a boxed layer computes in f32, f64, their duals and duals of duals of f64, not in ";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_mistake_in_a_boxed_layer_names_the_layer() {
    let mut parameters = Parameters::<f64>::with_seed(1);
    let (_, layers) = stacks(&mut parameters);
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let mistake = told(|| layers.forward(pass, tape.constant(Tensor::zeros([2, 5]))).value());
    assert_eq!(
        mistake.message,
        "dense in layer `first`: x [2, 5], weight [3, 4], bias [4] do not fit: they must be [..., \
         inputs], [inputs, outputs], [outputs]"
    );
}
