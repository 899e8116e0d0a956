//! The functions that an exercise asks for: one set is the reader's, another the solutions.

use tensor::Tensor;

use crate::reader;

type T = Tensor<f64>;

/// One function for each exercise. The form of a function is the same in `tasks/` and in `solutions/`.
#[derive(Clone, Copy)]
#[allow(missing_docs)] // Each is described in its file of `tasks/`.
#[allow(clippy::type_complexity)] // The forms are what a reader writes.
pub struct Answers {
    pub division: fn(f64, f64, f64) -> [f64; 2],
    pub walk_back: fn(&[Vec<(usize, f64)>]) -> Vec<f64>,
    pub quotient_of_duals: fn([f64; 2], [f64; 2]) -> [f64; 2],
    pub matmul_forward: fn(&T, &T, &T, &T) -> T,
    pub broadcast: fn(&[usize], &[usize]) -> Option<Vec<usize>>,
    pub sum_to: fn(&T, &[usize]) -> T,
    pub product: fn(&T, &T, &T) -> [T; 2],
    pub matmul: fn(&T, &T, &T) -> [T; 2],
    pub max: fn(&[f64], f64) -> Vec<f64>,
    pub softmax: fn(&[f64], &[f64]) -> Vec<f64>,
    pub logsumexp: fn(&[f64]) -> f64,
    pub difference: fn(&dyn Fn(f64) -> f64, f64) -> f64,
    pub dense: fn(&T, &T, &T) -> [T; 3],
    pub cross_entropy: fn(&T, &[usize]) -> T,
    pub adam: fn(f64, &[f64], f64) -> f64,
    pub weight_decay: fn(f64, &[f64], f64, f64) -> f64,
    pub clip: fn(&[T], f64) -> Vec<T>,
    pub merge: fn(&[u32], [u32; 2], u32) -> Vec<u32>,
    pub embedding: fn(&[usize], usize, &T) -> T,
    pub swish: fn(f64, f64) -> f64,
    pub swiglu: fn(&T, f64, f64, &T) -> (T, f64, f64),
    pub interval: fn(&[f64], &[f64], f64) -> [f64; 2],
    pub rms_norm: fn(&[f64], &[f64], f64) -> Vec<f64>,
    pub layer_norm: fn(&[f64], &[f64]) -> Vec<f64>,
    pub rope: fn(&[f64], usize) -> Vec<f64>,
    pub attention: fn(&T, &T, &T, &T) -> [T; 3],
    pub cache: fn(&mut T, &mut T, [&T; 3]) -> T,
    pub deferred: fn([f64; 3], i32, i32, f64) -> [f64; 3],
    pub sum: fn(&[f64], usize) -> f64,
    pub second: fn(f64, f64, f64) -> [f64; 2],
}

impl Answers {
    /// Returns what the reader has written.
    pub const READER: Self = Self {
        division: reader::division::division,
        walk_back: reader::walk_back::walk_back,
        quotient_of_duals: reader::quotient_of_duals::quotient_of_duals,
        matmul_forward: reader::matmul_forward::matmul_forward,
        broadcast: reader::broadcast::broadcast,
        sum_to: reader::sum_to::sum_to,
        product: reader::product::product,
        matmul: reader::matmul::matmul,
        max: reader::max::max,
        softmax: reader::softmax::softmax,
        logsumexp: reader::logsumexp::logsumexp,
        difference: reader::difference::difference,
        dense: reader::dense::dense,
        cross_entropy: reader::cross_entropy::cross_entropy,
        adam: reader::adam::adam,
        weight_decay: reader::weight_decay::weight_decay,
        clip: reader::clip::clip,
        merge: reader::merge::merge,
        embedding: reader::embedding::embedding,
        swish: reader::swish::swish,
        swiglu: reader::swiglu::swiglu,
        interval: reader::interval::interval,
        rms_norm: reader::rms_norm::rms_norm,
        layer_norm: reader::layer_norm::layer_norm,
        rope: reader::rope::rope,
        attention: reader::attention::attention,
        cache: reader::cache::cache,
        deferred: reader::deferred::deferred,
        sum: reader::sum::sum,
        second: reader::second::second,
    };
}
