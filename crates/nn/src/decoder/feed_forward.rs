//! The feed-forward part of a block: two or three matrices that treat each place by itself.

use autograd::{Parameters, Pass, Var};
use tensor::Scalar;

use super::{DecoderConfig, FeedForwardKind, scale_for_residual};
use crate::{Activation, Dense, Layer, SwiGLU, gated_swiglu};

/// The feed-forward part of a decoder's block: `[…, width]` keeps its shape. See [`FeedForwardKind`] for the
/// formulas.
///
/// Its parameters are `name.up.weight` `[width, hidden]` and `name.down.weight` `[hidden, width]`; if it is
/// gated also `name.gate.weight` `[width, hidden]`, and the numbers `name.swiglu.beta` and
/// `name.swiglu.gamma`.
#[derive(Clone, Debug)]
pub struct FeedForward {
    up: Dense,
    between: Between,
    down: Dense,
}

/// What is between the matrices.
#[derive(Clone, Debug)]
enum Between {
    Activation(Activation),
    Gate { gate: Dense, swiglu: SwiGLU },
}

impl FeedForward {
    #[track_caller]
    pub(super) fn new<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        config: &DecoderConfig,
    ) -> Self {
        let (width, hidden) = (config.width, config.feed_forward);
        let up = Dense::without_bias(parameters, &format!("{name}.up"), width, hidden);
        let mut gate = || {
            let gate = Dense::without_bias(parameters, &format!("{name}.gate"), width, hidden);
            (gate, SwiGLU::new(parameters, &format!("{name}.swiglu")))
        };
        let between = match config.kind {
            FeedForwardKind::Relu => Between::Activation(Activation::Relu),
            FeedForwardKind::Gelu => Between::Activation(Activation::Gelu),
            FeedForwardKind::SwiGLU => {
                let (gate, swiglu) = gate();
                Between::Gate { gate, swiglu }
            }
            FeedForwardKind::SiluGated => {
                let (gate, swiglu) = gate();
                Between::Gate { gate, swiglu: swiglu.frozen(parameters) }
            }
        };
        let down = Dense::without_bias(parameters, &format!("{name}.down"), hidden, width);
        scale_for_residual(parameters, &down, config.layers);
        Self { up, between, down }
    }

    /// Returns the gate's activation, if the part is gated.
    pub fn swiglu(&self) -> Option<&SwiGLU> {
        match &self.between {
            Between::Gate { swiglu, .. } => Some(swiglu),
            Between::Activation(_) => None,
        }
    }

    pub(super) fn dense_layers(&self) -> impl Iterator<Item = &Dense> {
        let gate = match &self.between {
            Between::Gate { gate, .. } => Some(gate),
            Between::Activation(_) => None,
        };
        [&self.up, &self.down].into_iter().chain(gate)
    }

    #[track_caller]
    pub(super) fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let up = self.up.forward(pass, x);
        let hidden = match &self.between {
            Between::Activation(activation) => activation.forward(pass, up),
            Between::Gate { gate, swiglu } => {
                let gate = gate.forward(pass, x);
                let [beta, gamma] = [swiglu.beta(), swiglu.gamma()];
                gated_swiglu(up, gate, pass.parameter(beta), pass.parameter(gamma))
            }
        };
        self.down.forward(pass, hidden)
    }
}
