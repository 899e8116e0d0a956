//! Calls every operation once for each scalar type, so that this crate holds their machine code: see
//! `instances.rs` of `tensor`.

use tensor::{Scalar, Tensor, Window};

use crate::functional::Dual;
use crate::{Gradients, Parameters, Pass, Tape, Var};

/// Calls every operation for the scalars that programs and tests use most.
#[doc(hidden)]
pub fn of_all_scalars(x: OfAllScalars<'_>, ids: &Tensor<u32>) {
    of_scalar(x.0, ids);
    of_scalar(x.1, ids);
    of_scalar(x.2, ids);
    of_scalar(x.3, ids);
}

/// A variable of each.
#[doc(hidden)]
pub type OfAllScalars<'t> = (Var<'t, f32>, Var<'t, f64>, Var<'t, Dual<f32>>, Var<'t, Dual<f64>>);

fn of_scalar<T: Scalar>(x: Var<'_, T>, ids: &Tensor<u32>) {
    arithmetic(x);
    functions(x);
    reductions(x);
    shapes(x, ids);
    tapes(x);
}

fn arithmetic<'t, T: Scalar>(x: Var<'t, T>) -> [Var<'t, T>; 16] {
    let (y, condition) = (x.detach(), x.eq(x));
    [
        x + x,
        x + 1.0,
        1.0 + x,
        x - y,
        x - 1.0,
        1.0 - x,
        x * x,
        x * 2.0,
        2.0 * x,
        x / y,
        x / 2.0,
        2.0 / x,
        -x,
        x.matmul(x),
        x.maximum(x),
        Var::where_(&condition, x, x),
    ]
}

fn functions<'t, T: Scalar>(x: Var<'t, T>) -> [Var<'t, T>; 14] {
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
        x.pow(2.0),
        x.pow(x),
        x.clamp(0.0, 1.0),
        x.detach(),
    ]
}

fn reductions<'t, T: Scalar>(x: Var<'t, T>) -> [Var<'t, T>; 10] {
    [
        x.sum(&[0]),
        x.sum_all(),
        x.mean(&[0]),
        x.mean_all(),
        x.max(&[0]),
        x.min(&[0]),
        x.logsumexp(&[0]),
        x.var(&[0], 1),
        x.std(&[0], 1),
        x.cumsum(0),
    ]
}

fn shapes<'t, T: Scalar>(x: Var<'t, T>, ids: &Tensor<u32>) -> [Var<'t, T>; 14] {
    let window = Window::new([1, 1]);
    [
        x.reshape([1]),
        x.expand([1]),
        x.permute(&[0]),
        x.transpose(0, 1),
        x.slice(0, ..),
        x.flip(&[0]),
        x.sort(0, false).0,
        x.topk(1, 0).0,
        x.gather(0, ids),
        x.gather_rows(ids),
        x.scatter_add_rows(ids, 1),
        x.unfold(window),
        x.fold([1, 1], window),
        Var::concat(&[x, x], 0).pad(&[(1, 1)], 0.0),
    ]
}

fn tapes<T: Scalar>(x: Var<'_, T>) -> (Gradients<T>, Parameters<T>) {
    let mut tape = Tape::<T>::no_grad();
    let mut parameters = Parameters::<T>::with_seed(0);
    let id = parameters.add("x", x.value());
    let result = Pass::eval(&tape, &parameters).parameter(id).id();
    let gradients = tape.backward_freeing(result).plus(&x.backward());
    (gradients, parameters.cast())
}
