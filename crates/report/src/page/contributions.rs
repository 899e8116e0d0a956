//! Finds the words that a prediction depends on: gradient × input, by one backward pass.
//!
//! Let s be the difference of the logits of two classes, and eₜ the embedding of the word at place
//! t. To first order s changes by `∂s/∂eₜ · d` when eₜ moves by d. Removing the word moves eₜ to
//! zero, the vector of padding. So
//!
//! ```text
//! contribution of word t = eₜ · ∂s/∂eₜ
//! ```
//!
//! is the part of s from this word, as far as the model is linear there. For a linear model it is
//! exact: the contributions and the biases sum to s. (Shrikumar et al. 2016; Denil et al. 2014 use
//! it on words.)

use autograd::{ParameterId, Parameters, Pass, Tape};
use nn::Model;
use tensor::{Scalar, Tensor};

/// Returns the contribution of each of a text's tokens to `logit[toward] − logit[against]`, in
/// evaluation mode.
///
/// `table` is the model's embedding, `[vocabulary, dim]`, and `ids` the text without padding. The
/// backward pass sums over all places of a word, so these share their sum evenly. In a model that
/// ignores order this is the contribution of each. A frozen table has contributions like any other.
///
/// # Panics
/// If the ids do not fit the model, or a class is not one of its outputs.
#[track_caller]
pub fn contributions<M: Model<Input = Tensor<u32>>, T: Scalar>(
    model: &M,
    parameters: &Parameters<T>,
    table: ParameterId,
    ids: &[u32],
    toward: usize,
    against: usize,
) -> Vec<f64> {
    // A frozen parameter has no gradient.
    let mut unfrozen = parameters.clone();
    unfrozen.unfreeze(table);
    let parameters = &unfrozen;
    let tape = Tape::default();
    let batch = Tensor::new([1, ids.len()], ids.to_vec());
    let logits = model.forward(Pass::eval(&tape, parameters), &batch);
    let shape = logits.shape();
    let &[1, classes] = shape.as_slice() else {
        panic!("contributions: the model's outputs {shape:?} must be [1, classes] for one text");
    };
    for class in [toward, against] {
        assert!(
            class < classes,
            "contributions: class {class} is not one of the {classes} outputs"
        );
    }
    let cotangent = (0..classes).map(|class| {
        T::from_f64(f64::from(u8::from(class == toward)) - f64::from(u8::from(class == against)))
    });
    let gradients = logits.vjp(Tensor::new(shape, cotangent.collect()));
    let Some(gradient) = gradients.get(table) else { return vec![0.0; ids.len()] };
    let (gradient, table) = (gradient.values(), parameters.get(table));
    let (dim, table) = (table.shape()[1], table.values());
    let contribution = |&id: &u32| {
        let row = id as usize * dim..(id as usize + 1) * dim;
        let product = |(&e, &de): (&T, &T)| e.to_f64() * de.to_f64();
        let sum: f64 = table[row.clone()].iter().zip(&gradient[row]).map(product).sum();
        sum / ids.iter().filter(|&&other| other == id).count() as f64
    };
    ids.iter().map(contribution).collect()
}
