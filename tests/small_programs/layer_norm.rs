//! Layer normalization, written from operations as in the paper, checked, and equal to the one in the
//! box.

use wengert::nn::{Layer, LayerNorm};
use wengert::{Key, Parameters, Pass, Scalar, Tape, Tensor, Var, check};

/// (x − mean x) / √(var x + ε) ⊙ gain + bias, over the last axis.
fn layer_norm<'t, T: Scalar>(x: Var<'t, T>, gain: Var<'t, T>, bias: Var<'t, T>) -> Var<'t, T> {
    let centered = x - x.mean_keepdim(&[-1]);
    let variance = (centered * centered).mean_keepdim(&[-1]);
    centered / (variance + 1e-5).sqrt() * gain + bias
}

#[test]
fn layer_norm_of_ones_own_has_right_gradients_and_equals_the_one_in_the_box() {
    let x = Tensor::<f64>::normal([3, 4], 0.0, 1.0, Key::new(1));
    let [gain, bias] = [2, 3].map(|seed| Tensor::normal([4], 1.0, 0.2, Key::new(seed)));
    check::inputs(&[x.clone(), gain, bias], |[x, gain, bias]| layer_norm(x, gain, bias)).assert();

    let mut parameters = Parameters::with_seed(0);
    let in_the_box = LayerNorm::new(&mut parameters, "norm", 4);
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let (ones, zeros) = (Tensor::ones([4]), Tensor::zeros([4]));
    let own = layer_norm(pass.constant(x.clone()), pass.constant(ones), pass.constant(zeros));
    let theirs = in_the_box.forward(pass, pass.constant(x));
    let difference = (own.value() - theirs.value()).abs().max_all().item();
    assert!(difference < 1e-12, "{difference}");
}
