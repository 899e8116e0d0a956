//! Calls the functions of tensors once for each scalar type, so that this crate holds their machine code.
//!
//! Generic code is compiled by the crate that calls it, so each test program would compile the kernels
//! again, for every scalar that it names. At low optimization levels, such as the tests', rustc reuses
//! what a dependency has already compiled, and the calls here make this crate compile it. They are never
//! run. In release builds, where each program is optimized together with everything it uses, the module
//! does not exist.

use crate::{Scalar, Tensor, Window};

/// Calls every operation for the scalars that programs and tests use most.
#[doc(hidden)]
pub fn of_all_scalars(x: (&Tensor<f32>, &Tensor<f64>), ids: &Tensor<u32>) {
    of_scalar(x.0, ids);
    of_scalar(x.1, ids);
}

fn of_scalar<T: Scalar>(x: &Tensor<T>, ids: &Tensor<u32>) {
    arithmetic(x);
    functions(x);
    reductions(x);
    rearranged(x, ids);
    views(x);
}

fn arithmetic<T: Scalar>(x: &Tensor<T>) -> [Tensor<T>; 10] {
    let (y, one) = (&x.clone(), T::ONE);
    [x + y, x - y, x * y, x / y, -x, x + one, x - one, x * one, x / one, x.matmul(x)]
}

fn functions<T: Scalar>(x: &Tensor<T>) -> [Tensor<T>; 16] {
    let condition = x.eq(x);
    [
        x.abs(),
        x.sqrt(),
        x.exp(),
        x.ln(),
        x.sin(),
        x.cos(),
        x.tanh(),
        x.sigmoid(),
        x.softplus(),
        x.powi(2),
        x.pow(x),
        x.clamp(T::ZERO, T::ONE),
        x.maximum(x),
        x.minimum(x),
        x.mask(x),
        Tensor::where_(&condition, x, x),
    ]
}

fn reductions<T: Scalar>(x: &Tensor<T>) -> [Tensor<T>; 10] {
    [
        x.sum(&[0]),
        x.sum_all(),
        x.sum_to(&[1]),
        x.mean(&[0]),
        x.max(&[0]),
        x.min(&[0]),
        x.var(&[0], 1),
        x.std(&[0], 1),
        x.logsumexp(&[0]),
        x.cumsum(0),
    ]
}

fn rearranged<T: Scalar>(x: &Tensor<T>, ids: &Tensor<u32>) -> [Tensor<T>; 9] {
    let window = Window::new([1, 1]);
    [
        x.flip(&[0]),
        x.sort(0, false).0,
        x.topk(1, 0).0,
        x.gather(0, ids),
        x.gather_rows(ids),
        x.scatter_add_rows(ids, 1),
        x.unfold(window),
        x.fold([1, 1], window),
        Tensor::concat(&[x, x], 0).pad(&[(1, 1)], T::ZERO),
    ]
}

fn views<T: Scalar>(x: &Tensor<T>) -> [Tensor<T>; 6] {
    [
        x.reshape([1]),
        x.expand([1]),
        x.permute(&[0]),
        x.transpose(0, 1),
        x.slice(0, ..),
        x.contiguous(),
    ]
}
