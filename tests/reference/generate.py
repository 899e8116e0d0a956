"""Reference values from PyTorch, for tests/reference.rs.

    python -m venv /tmp/reference && /tmp/reference/bin/pip install -r requirements.txt
    /tmp/reference/bin/python generate.py

writes, beside this script and over what is there:

    functions.json    every op, layer and loss: inputs, output, cotangent, gradients
    optimizers.json   every optimizer, a few steps with a changing rate; clipping by the global norm
    tabular.json      200 training steps of the tabular model: every loss, and the final weights
    text.json         200 training steps of the text model

The files are committed, so the tests need neither Python nor PyTorch. Run this after adding a case
to a table below; the test has a table with the same names, which says what we compute for each.

Conventions
  - All is computed in float64 on the CPU, and printed so that reading gives back the same bits.
  - A tensor is {"shape": [...], "values": [...]}, row-major.
  - What is drawn at random, from a seed made of the case's name, is a multiple of 1/64 (initial
    weights 1/1024). These are exact in float32 too, so that a test in f32 begins with the same
    numbers. Cotangents are random and never all ones.
  - A gradient is null where the input is a constant.
  - What PyTorch has a function for, that function computes, fused where it fuses. The formula is
    spelled out only for what it lacks (SwiGLU), or does otherwise (clipping).
"""

import json
import math
import zlib
from pathlib import Path

import torch
import torch.nn.functional as F

FOLDER = Path(__file__).parent
PADDING = 0


# Inputs: a function from a generator to a tensor.


def rounded(x, step=1 / 64):
    return (x / step).round() * step


def normal(*shape):
    return lambda generator: rounded(torch.randn(shape, generator=generator))


def shifted(by, *shape):
    return lambda generator: rounded(torch.randn(shape, generator=generator)) + by


def positive(*shape):
    return lambda generator: rounded(torch.randn(shape, generator=generator).abs() + 0.25)


def distinct(*shape):
    """Distinct numbers, because PyTorch's max_pool2d gives the gradient to the first of equal ones."""

    def draw(generator):
        order = torch.randperm(math.prod(shape), generator=generator)
        return (order.double() / 8 - 1).reshape(shape)

    return draw


def given(*values):
    return lambda _: torch.tensor(values, dtype=torch.float64)


def table_with_padding(*shape):
    """A table whose padding row is zero, as torch.nn.Embedding begins."""

    def draw(generator):
        table = normal(*shape)(generator)
        table[PADDING] = 0
        return table

    return draw


class Constant:
    """An input whose gradient is not asked for."""

    def __init__(self, draw):
        self.draw = draw


def generator_for(name):
    return torch.Generator().manual_seed(zlib.crc32(name.encode()))


# Functions: name, what it computes, its inputs, and the whole numbers it takes besides.


def swiglu(x, beta, gamma):
    return x * torch.sigmoid(beta * x + gamma)


def gated_swiglu(x, beta, gamma, axis):
    out, gate = x.chunk(2, dim=axis)
    return out * swiglu(gate, beta, gamma)


def dense(x, weight, bias):
    return F.linear(x, weight.T, bias)


def layer_norm(epsilon):
    return lambda x, weight, bias: F.layer_norm(x, x.shape[-1:], weight, bias, epsilon)


FLOAT32_EPSILON = torch.finfo(torch.float32).eps


def rope(head_width, first, theta):
    """As Hugging Face's LLaMA: the first half of a head's features pairs with the second."""

    def turn(x):
        batch, time, features = x.shape
        powers = torch.arange(0, head_width, 2, dtype=torch.float64) / head_width
        angles = torch.arange(first, first + time, dtype=torch.float64)[:, None] / theta**powers
        cos, sin = (torch.cat([f(angles)] * 2, -1)[:, None] for f in (torch.cos, torch.sin))
        x = x.reshape(batch, time, features // head_width, head_width)
        a, b = x.chunk(2, -1)
        return (x * cos + torch.cat([-b, a], -1) * sin).reshape(batch, time, features)

    return turn


def causal_attention(heads, groups):
    """The queries are at the last steps; heads share keys and values."""

    def attend(query, key, value):
        split = lambda x, count: x.reshape(*x.shape[:2], count, -1).transpose(1, 2)
        query, key, value = split(query, heads), split(key, groups), split(value, groups)
        time, steps = query.shape[2], key.shape[2]
        seen = torch.ones(time, steps, dtype=torch.bool).tril(steps - time)
        y = F.scaled_dot_product_attention(query, key, value, attn_mask=seen, enable_gqa=True)
        return y.transpose(1, 2).reshape(y.shape[0], time, -1)

    return attend


def rms_norm(epsilon):
    return lambda x, weight: F.rms_norm(x, x.shape[-1:], weight, epsilon)


def recurrent(kind):
    """All states, by torch.nn.GRU or torch.nn.LSTM."""

    def states(x, *parameters):
        module = kind(x.shape[-1], parameters[1].shape[-1], batch_first=True)
        names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
        states, _ = torch.func.functional_call(module, dict(zip(names, parameters)), (x,))
        return states

    return states


def halved(*shape):
    """Halved, so that gates are not all open or closed, and scores of attention not far apart."""
    return lambda generator: normal(*shape)(generator) / 2


def recurrent_parameters(gates, inputs, units):
    rows = gates * units
    shapes = [(rows, inputs), (rows, units), (rows,), (rows,)]
    return [halved(*shape) for shape in shapes]


def self_attention(heads, causal=False):
    """torch.nn.MultiheadAttention with our weights, which are its own transposed."""

    def attend(x, qkv_weight, qkv_bias, output_weight, output_bias):
        _, time, features = x.shape
        module = torch.nn.MultiheadAttention(features, heads, batch_first=True)
        state = {
            "in_proj_weight": qkv_weight.T,
            "in_proj_bias": qkv_bias,
            "out_proj.weight": output_weight.T,
            "out_proj.bias": output_bias,
        }
        mask = torch.ones(time, time, dtype=torch.bool).triu(1) if causal else None
        arguments = {"need_weights": False, "attn_mask": mask}
        return torch.func.functional_call(module, state, (x, x, x), arguments)[0]

    return attend


def attention_parameters(features):
    shapes = [(features, 3 * features), (3 * features,), (features, features), (features,)]
    return [halved(*shape) for shape in shapes]


def embedding_mean(padding):
    return lambda table, ids: F.embedding_bag(ids, table, mode="mean", padding_idx=padding)


def scatter_add_rows(count):
    def scatter(x, ids):
        return torch.zeros(count, x.shape[-1]).index_add(0, ids.flatten(), x.flatten(0, 1))

    return scatter


IDS = [[3, 0, 3], [1, 4, 3]]
TEXTS = [[3, 1, 3, 0], [2, 0, 0, 0], [0, 0, 0, 0], [4, 1, 2, 5]]
LARGE = given([1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [1e4, 9999.0, -1e4], [0.0, 1e4, -1e4])

FUNCTIONS = [
    ("abs", torch.abs, [given(-1.5, 0.0, 0.25, 2.0)]),
    ("add", torch.add, [normal(2, 3), normal(2, 3)]),
    ("add with broadcasting", torch.add, [normal(2, 1, 3), normal(4, 1)]),
    ("clamp", lambda x: x.clamp(-1.0, 0.5), [given(-1.5, -1.0, 0.25, 0.5, 2.0)]),
    ("clamp of one side", lambda x: x.clamp(min=0.25), [normal(2, 3)]),
    ("concat", lambda *x: torch.cat(x, 1), [normal(2, 3), normal(2, 1), normal(2, 2)]),
    ("cos", torch.cos, [normal(2, 3)]),
    ("cos of large angles", torch.cos, [given(-1000.0, 31.5, 100000.0)]),
    ("cumsum", lambda x: x.cumsum(1), [normal(2, 4, 3)]),
    ("div", torch.div, [normal(2, 3), positive(2, 3)]),
    ("div with broadcasting", torch.div, [normal(2, 1, 3), positive(4, 1)]),
    ("exp", torch.exp, [normal(2, 3)]),
    ("exp of large numbers", torch.exp, [given(-80.0, -20.0, 20.0, 80.0)]),
    ("expand", lambda x: x.expand(2, 3, 4), [normal(3, 1)]),
    ("flip", lambda x: x.flip((0, 2)), [normal(2, 3, 4)]),
    ("gather", lambda x, ids: x.gather(1, ids), [normal(2, 5)], IDS),
    (
        "fold",
        lambda x: F.fold(x, (4, 5), (3, 2), padding=(1, 0), stride=(1, 2)),
        [normal(2, 12, 8)],
    ),
    (
        "fold with dilation",
        lambda x: F.fold(x, (5, 4), (2, 2), dilation=(2, 3)),
        [normal(1, 8, 3)],
    ),
    ("gather_rows", lambda x, ids: x[ids], [normal(5, 2)], IDS),
    ("ln", torch.log, [positive(2, 3)]),
    ("logsumexp", lambda x: x.logsumexp((0, 2)), [normal(2, 3, 4)]),
    ("logsumexp of large numbers", lambda x: x.logsumexp(1, keepdim=True), [LARGE]),
    ("matmul", torch.matmul, [normal(3, 4), normal(4, 2)]),
    ("matmul of two batches", torch.matmul, [normal(2, 3, 4), normal(2, 4, 2)]),
    ("matmul with broadcasting", torch.matmul, [normal(2, 1, 3, 4), normal(3, 4, 2)]),
    ("max", lambda x: torch.amax(x, 1), [normal(2, 4, 3)]),
    ("max over all axes", torch.amax, [normal(2, 3)]),
    ("max with ties", lambda x: torch.amax(x, 1), [given([1.0, 3.0, 3.0], [2.0, 2.0, 2.0])]),
    ("maximum", torch.maximum, [normal(2, 3), normal(3)]),
    ("maximum with ties", torch.maximum, [given(1.0, 2.0, 3.0), given(3.0, 2.0, 1.0)]),
    ("mean", lambda x: x.mean((0, 2)), [normal(2, 3, 4)]),
    ("mean over all axes", torch.mean, [normal(2, 3)]),
    ("min", lambda x: torch.amin(x, 1), [normal(2, 4, 3)]),
    ("minimum", torch.minimum, [normal(2, 3), normal(3)]),
    ("minimum with ties", torch.minimum, [given(1.0, 2.0, 3.0), given(3.0, 2.0, 1.0)]),
    ("mul", torch.mul, [normal(2, 3), normal(2, 3)]),
    ("mul of a number by itself", lambda x: x * x, [normal(2, 3)]),
    ("mul with broadcasting", torch.mul, [normal(2, 1, 3), normal(4, 1)]),
    ("neg", torch.neg, [normal(2, 3)]),
    ("permute", lambda x: x.permute(2, 0, 1), [normal(2, 3, 4)]),
    ("pad", lambda x: F.pad(x, (0, 3, 1, 2), value=-1.5), [normal(2, 3, 4)]),
    ("pow", torch.pow, [positive(2, 3), normal(2, 3)]),
    ("pow of negative numbers", lambda x: x.pow(3.0), [given(-1.5, 0.0, 0.5, 2.0)]),
    ("pow with exponent 0.5", lambda x: x.pow(0.5), [positive(2, 3)]),
    ("pow with broadcasting", torch.pow, [positive(2, 1, 3), normal(4, 1)]),
    ("pow at zero", torch.pow, [given(0.0, 0.0, 0.0, 2.0), given(0.0, 1.0, 2.5, 0.0)]),
    ("powi", lambda x: x**3, [given(-1.5, 0.0, 0.5, 2.0)]),
    ("powi with exponent 0", lambda x: x**0, [given(-1.5, 0.0, 0.5, 2.0)]),
    ("powi with exponent -2", lambda x: x**-2, [given(-1.5, 0.5, 2.0)]),
    ("reshape", lambda x: x.reshape(3, 4), [normal(2, 6)]),
    ("scatter_add_rows", scatter_add_rows(6), [normal(2, 3, 2)], IDS),
    ("sigmoid", torch.sigmoid, [normal(2, 3)]),
    ("sigmoid of large numbers", torch.sigmoid, [given(-1e4, -80.0, -20.0, 20.0, 1e4)]),
    ("sin", torch.sin, [normal(2, 3)]),
    ("sin of large angles", torch.sin, [given(-1000.0, 31.5, 100000.0)]),
    ("slice", lambda x: x[:, 1:3], [normal(2, 4, 2)]),
    ("softplus", F.softplus, [normal(2, 3)]),
    ("softplus of large numbers", F.softplus, [given(-1e4, -80.0, -20.0, 30.0, 1e4)]),
    ("sort", lambda x: x.sort(1).values, [normal(2, 4, 3)]),
    ("sort descending", lambda x: x.sort(0, descending=True).values, [normal(4, 3)]),
    ("stack", lambda *x: torch.stack(x, 1), [normal(2, 3), normal(2, 3), normal(2, 3)]),
    ("std", lambda x: x.std((0, 2), correction=1), [normal(2, 3, 4)]),
    (
        "std of equal numbers",
        lambda x: x.std(1, correction=0, keepdim=True),
        [given([0.5, 0.5, 0.5], [1.0, 2.0, 4.0])],
    ),
    ("sqrt", torch.sqrt, [positive(2, 3)]),
    ("sub", torch.sub, [normal(2, 3), normal(2, 3)]),
    ("sub with broadcasting", torch.sub, [normal(2, 1, 3), normal(4, 1)]),
    ("sum", lambda x: x.sum((0, 2)), [normal(2, 3, 4)]),
    ("sum over all axes", torch.sum, [normal(2, 3)]),
    ("tanh", torch.tanh, [normal(2, 3)]),
    ("tanh of large numbers", torch.tanh, [given(-1e4, -20.0, 1 / 1024, 20.0, 1e4)]),
    ("topk", lambda x: x.topk(2, 1).values, [normal(2, 4, 3)]),
    ("var", lambda x: x.var(1, correction=0), [normal(2, 4, 3)]),
    ("var over all axes", lambda x: x.var(correction=1), [normal(2, 3)]),
    ("where_", lambda a, b: torch.where(a > 0.25, a, b), [normal(2, 3), normal(3)]),
    (
        "unfold",
        lambda x: F.unfold(x, (3, 2), padding=(1, 0), stride=(1, 2)),
        [normal(2, 2, 4, 5)],
    ),
    (
        "unfold with dilation",
        lambda x: F.unfold(x, (2, 2), dilation=(2, 3)),
        [normal(1, 2, 5, 4)],
    ),
    # Layers and activations.
    ("avg_pool2d", lambda x: F.avg_pool2d(x, (2, 2)), [normal(2, 2, 5, 4)]),
    ("avg_pool2d with stride", lambda x: F.avg_pool2d(x, (3, 2), (1, 2)), [normal(2, 2, 5, 4)]),
    (
        "causal_attention",
        causal_attention(4, 2),
        [normal(2, 5, 12), normal(2, 5, 6), normal(2, 5, 6)],
    ),
    (
        "causal_attention at the last steps",
        causal_attention(2, 1),
        [normal(1, 3, 8), normal(1, 7, 4), normal(1, 7, 4)],
    ),
    ("conv2d", F.conv2d, [normal(2, 3, 4, 5), normal(2, 3, 3, 2), normal(2)]),
    (
        "conv2d with stride and padding",
        lambda *x: F.conv2d(*x, stride=(2, 1), padding=(1, 2)),
        [normal(2, 1, 4, 5), normal(3, 1, 3, 3), normal(3)],
    ),
    (
        "conv2d with dilation and without bias",
        lambda *x: F.conv2d(*x, dilation=(2, 1)),
        [normal(1, 2, 5, 4), normal(2, 2, 2, 3)],
    ),
    ("dense", dense, [normal(3, 4), normal(4, 2), normal(2)]),
    ("dense without bias", torch.matmul, [normal(2, 3, 4), normal(4, 2)]),
    ("dense on three axes", dense, [normal(2, 3, 4), normal(4, 2), normal(2)]),
    ("embedding", lambda table, ids: F.embedding(ids, table), [normal(5, 2)], IDS),
    (
        "embedding with padding",
        lambda table, ids: F.embedding(ids, table, padding_idx=PADDING),
        [table_with_padding(5, 2)],
        IDS,
    ),
    ("embedding_mean", embedding_mean(None), [normal(6, 3)], TEXTS),
    ("embedding_mean with padding", embedding_mean(PADDING), [normal(6, 3)], TEXTS),
    ("gated_swiglu", lambda *x: gated_swiglu(*x, -1), [normal(3, 8), normal(), normal()]),
    ("gated_swiglu along rows", lambda *x: gated_swiglu(*x, 0), [normal(4, 3), normal(), normal()]),
    (
        "gated_swiglu of two tensors",
        lambda up, gate, beta, gamma: up * swiglu(gate, beta, gamma),
        [normal(3, 4), normal(3, 4), normal(), normal()],
    ),
    ("gelu", F.gelu, [normal(3, 4)]),
    ("gelu of large numbers", F.gelu, [given(-1e4, -20.0, -6.0, 0.0, 6.0, 1e4)]),
    (
        "gru",
        recurrent(torch.nn.GRU),
        [normal(2, 3, 2), normal(12, 2), normal(12, 4), normal(12), normal(12)],
    ),
    (
        "gru over 20 steps",
        recurrent(torch.nn.GRU),
        [normal(1, 20, 3), *recurrent_parameters(3, 3, 5)],
    ),
    ("layer_norm", layer_norm(1e-5), [normal(3, 4), normal(4), normal(4)]),
    ("layer_norm on three axes", layer_norm(0.25), [normal(2, 3, 4), normal(4), normal(4)]),
    ("layer_norm of a large mean", layer_norm(1e-5), [shifted(1e4, 2, 8), normal(8), normal(8)]),
    ("leaky_relu", lambda x: F.leaky_relu(x, 0.1), [given(-1.5, 0.0, 0.25, 2.0)]),
    ("log_softmax", lambda x: F.log_softmax(x, -1), [normal(3, 4)]),
    ("log_softmax along rows", lambda x: F.log_softmax(x, 0), [normal(3, 4)]),
    ("log_softmax of large numbers", lambda x: F.log_softmax(x, -1), [LARGE]),
    (
        "lstm",
        recurrent(torch.nn.LSTM),
        [normal(2, 3, 2), *recurrent_parameters(4, 2, 3)],
    ),
    (
        "lstm over 20 steps",
        recurrent(torch.nn.LSTM),
        [normal(1, 20, 3), *recurrent_parameters(4, 3, 5)],
    ),
    ("max_pool2d", lambda x: F.max_pool2d(x, (2, 2)), [distinct(2, 2, 5, 4)]),
    ("max_pool2d with stride", lambda x: F.max_pool2d(x, (3, 2), (1, 2)), [distinct(2, 2, 5, 4)]),
    ("relu", F.relu, [given(-1.5, 0.0, 0.25, 2.0)]),
    ("rms_norm", rms_norm(1e-5), [normal(3, 4), normal(4)]),
    ("rms_norm with PyTorch's epsilon", rms_norm(FLOAT32_EPSILON), [normal(2, 3, 4), normal(4)]),
    ("rope", rope(6, 0, 10_000.0), [normal(2, 5, 12)]),
    ("rope from a later position", rope(4, 100, 500.0), [normal(1, 3, 8)]),
    ("self_attention", self_attention(2), [normal(2, 3, 4), *attention_parameters(4)]),
    (
        "self_attention, causal",
        self_attention(2, causal=True),
        [normal(2, 5, 6), *attention_parameters(6)],
    ),
    (
        "scaled_dot_product_attention",
        F.scaled_dot_product_attention,
        [normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 2)],
    ),
    (
        "scaled_dot_product_attention, causal",
        lambda *x: F.scaled_dot_product_attention(*x, is_causal=True),
        [normal(2, 4, 2), normal(2, 4, 2), normal(2, 4, 3)],
    ),
    ("silu", F.silu, [normal(3, 4)]),
    ("silu of large numbers", F.silu, [given(-1e4, -20.0, 0.0, 20.0, 1e4)]),
    ("softmax", lambda x: F.softmax(x, -1), [normal(3, 4)]),
    ("softmax along rows", lambda x: F.softmax(x, 0), [normal(3, 4)]),
    ("softmax of large numbers", lambda x: F.softmax(x, -1), [LARGE]),
    ("swiglu", swiglu, [normal(3, 4), normal(), normal()]),
    ("swiglu per feature", swiglu, [normal(3, 4), normal(4), normal(4)]),
    # Losses.
    (
        "bce_with_logits",
        F.binary_cross_entropy_with_logits,
        [normal(4, 1), Constant(given([0.0], [1.0], [0.25], [1.0]))],
    ),
    (
        "bce_with_logits of large logits",
        F.binary_cross_entropy_with_logits,
        [given(1e4, -1e4, 1e4, -1e4), Constant(given(0.0, 1.0, 1.0, 0.25))],
    ),
    ("huber", lambda x, y: F.huber_loss(x, y, delta=0.5), [normal(3, 2), normal(3, 2)]),
    ("mean_absolute_error", F.l1_loss, [normal(3, 2), normal(3, 2)]),
    ("mean_squared_error", F.mse_loss, [normal(3, 2), normal(3, 2)]),
    (
        "weighted_bce_with_logits of smoothed labels",
        lambda x, t: F.binary_cross_entropy_with_logits(
            x, 0.9 * t + 0.05, pos_weight=torch.tensor([3.0, 0.5]).double()
        ),
        [normal(3, 2), Constant(given([0.0, 1.0], [1.0, 0.0], [0.25, 1.0]))],
    ),
    (
        "soft_cross_entropy",
        lambda x, q: F.cross_entropy(x, q, reduction="sum"),
        [normal(2, 3), Constant(given([0.2, 0.0, 0.8], [2.0, 1.0, 0.5]))],
    ),
    ("softmax_cross_entropy", F.cross_entropy, [normal(4, 3)], [2, 0, 1, 2]),
    ("softmax_cross_entropy of large logits", F.cross_entropy, [LARGE], [0, 0, 1, 2]),
    (
        "softmax_cross_entropy with an ignored label",
        lambda x, ids: F.cross_entropy(x, ids, ignore_index=1),
        [normal(4, 3)],
        [2, 1, 0, 2],
    ),
    (
        "softmax_cross_entropy with weights, smoothing and an ignored label",
        lambda x, ids: F.cross_entropy(
            x,
            ids,
            weight=torch.tensor([1.0, 5.0, 0.5]).double(),
            label_smoothing=0.1,
            ignore_index=1,
        ),
        [normal(4, 3)],
        [2, 1, 0, 2],
    ),
]


def cotangent(shape, generator):
    """Random, with no element near zero, which would hide a wrong gradient."""
    x = normal(*shape)(generator)
    return torch.where(x < 0, x - 0.25, x + 0.25)


def evaluate(name, compute, draws, ids=None):
    """The fixture of one function."""
    generator = generator_for(name)
    inputs = []
    for draw in draws:
        constant = isinstance(draw, Constant)
        value = draw.draw(generator) if constant else draw(generator)
        inputs.append(value.requires_grad_(not constant))
    whole_numbers = [] if ids is None else [torch.tensor(ids)]
    output = compute(*inputs, *whole_numbers)
    adjoint = cotangent(output.shape, generator)
    # x**0 has a gradient of zero, of which PyTorch says that there is none.
    differentiable = [x for x in inputs if x.requires_grad]
    found = iter(torch.autograd.grad(output, differentiable, adjoint, materialize_grads=True))
    return {
        "inputs": inputs,
        "ids": whole_numbers[0] if whole_numbers else None,
        "output": output,
        "cotangent": adjoint,
        "gradients": [next(found) if x.requires_grad else None for x in inputs],
    }


def functions():
    return {name: evaluate(name, *case) for name, *case in FUNCTIONS}


# Optimizers: name, how it is made from a list of parameters, and the schedule of its rate.


def adamw(parameters):
    """AdamW, with decay for weights (two axes or more) alone."""
    weights = [p for p in parameters if p.dim() >= 2]
    others = [p for p in parameters if p.dim() < 2]
    groups = [{"params": weights}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.25)


def halved_every_second_step(optimizer):
    return torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)


def cosine(optimizer):
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10, eta_min=0.0625)


def exponential(optimizer):
    return torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.75)


def linear(optimizer):
    return torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, end_factor=0.25, total_iters=6)


OPTIMIZERS = [
    ("Adam", lambda p: torch.optim.Adam(p, lr=0.25), halved_every_second_step),
    (
        "Adam with other settings",
        lambda p: torch.optim.Adam(p, lr=0.25, betas=(0.75, 0.9), eps=0.01),
        cosine,
    ),
    ("AdamW", adamw, cosine),
    ("Sgd", lambda p: torch.optim.SGD(p, lr=0.25), linear),
    ("Sgd with momentum", lambda p: torch.optim.SGD(p, lr=0.25, momentum=0.9), linear),
    (
        "Sgd with Nesterov momentum",
        lambda p: torch.optim.SGD(p, lr=0.25, momentum=0.9, nesterov=True),
        halved_every_second_step,
    ),
    ("RmsProp", lambda p: torch.optim.RMSprop(p, lr=0.25), linear),
    (
        "RmsProp with other settings",
        lambda p: torch.optim.RMSprop(p, lr=0.25, alpha=0.75, eps=0.01),
        exponential,
    ),
]


def step_by_step(name, make, schedule):
    """The fixture of one optimizer: eight steps.

    One number's gradient is always zero; in step 3 the bias has none and is left alone.
    """
    generator = generator_for(name)
    parameters = {"weight": normal(3, 2)(generator), "bias": normal(2)(generator)}
    fixture = {"parameters": {key: value.clone() for key, value in parameters.items()}}
    optimizer = make(list(parameters.values()))
    scheduler = schedule(optimizer)
    steps = []
    for step in range(8):
        gradients = {"weight": normal(3, 2)(generator), "bias": normal(2)(generator)}
        gradients["weight"][0, 0] = 0
        if step == 3:
            gradients["bias"] = None
        for key, parameter in parameters.items():
            parameter.grad = gradients[key]
        rate = optimizer.param_groups[0]["lr"]
        optimizer.step()
        scheduler.step()
        after = {key: value.clone() for key, value in parameters.items()}
        steps.append({"rate": rate, "gradients": gradients, "parameters": after})
    return fixture | {"steps": steps}


def clipped(name, bound):
    """Clipping by the global norm.

    torch.nn.utils.clip_grad_norm_ divides by the norm + 1e-6; here the factor is exact.
    """
    generator = generator_for(name)
    gradients = {"weight": normal(3, 2)(generator), "bias": normal(2)(generator)}
    norm = torch.nn.utils.get_total_norm(gradients.values())
    factor = min(1.0, bound / norm.item())
    return {
        "bound": bound,
        "gradients": gradients,
        "norm": norm.item(),
        "clipped": {name: gradient * factor for name, gradient in gradients.items()},
    }


def optimizers():
    clip = {name: clipped(name, bound) for name, bound in [("above", 0.5), ("within", 100.0)]}
    return {
        "optimizers": {name: step_by_step(name, *case) for name, *case in OPTIMIZERS},
        "clip_global_norm": clip,
    }


# Training: 200 steps of Adam from given weights on given batches.

STEPS = 200
RATE = 0.01


def glorot(inputs, outputs, generator):
    limit = math.sqrt(6 / (inputs + outputs))
    draws = torch.rand((inputs, outputs), generator=generator) * 2 - 1
    return rounded(draws * limit, step=1 / 1024)


def dense_parameters(name, inputs, outputs, generator):
    weight = glorot(inputs, outputs, generator)
    return {f"{name}.weight": weight, f"{name}.bias": torch.zeros(outputs)}


def swiglu_parameters(name):
    return {f"{name}.beta": torch.tensor(1.0), f"{name}.gamma": torch.tensor(0.0)}


def through(parameters, layer, x):
    return dense(x, parameters[f"{layer}.weight"], parameters[f"{layer}.bias"])


def activated(parameters, layer, x):
    return swiglu(x, parameters[f"{layer}.beta"], parameters[f"{layer}.gamma"])


def train(parameters, loss_of, inputs, labels, batches):
    """The fixture of one training run. `loss_of` gives the loss of a batch."""
    initial = {name: value.clone() for name, value in parameters.items()}
    for value in parameters.values():
        value.requires_grad_()
    adam = torch.optim.Adam(parameters.values(), lr=RATE)
    losses = []
    for batch in batches:
        adam.zero_grad()
        loss = loss_of(inputs[batch], labels[batch])
        loss.backward()
        adam.step()
        losses.append(loss.item())
    assert sum(losses[-20:]) < 0.5 * sum(losses[:20]), "a run that does not learn shows nothing"
    return {
        "rate": RATE,
        "initial": initial,
        "inputs": inputs,
        "labels": labels,
        "batches": batches,
        "losses": torch.tensor(losses),
        "trained": parameters,
    }


def tabular():
    """10 → 50 → 25 → 1 with SwiGLU between, binary cross-entropy, batches of 32."""
    generator = generator_for("tabular")
    features = normal(256, 10)(generator)
    labels = (features[:, 0] * features[:, 1] + features[:, 2] > 0).long()
    batches = torch.randint(256, (STEPS, 32), generator=generator)
    parameters = (
        dense_parameters("first", 10, 50, generator)
        | swiglu_parameters("first.activation")
        | dense_parameters("second", 50, 25, generator)
        | swiglu_parameters("second.activation")
        | dense_parameters("output", 25, 1, generator)
    )

    def loss_of(x, labels):
        x = activated(parameters, "first.activation", through(parameters, "first", x))
        x = activated(parameters, "second.activation", through(parameters, "second", x))
        logits = through(parameters, "output", x).squeeze(-1)
        return F.binary_cross_entropy_with_logits(logits, labels.double())

    return train(parameters, loss_of, features, labels, batches)


def text():
    """Mean of embeddings (50, 8) → 16 with SwiGLU → 4 classes, cross-entropy, batches of 16.

    Texts of up to 12 tokens, padded with 0; the first holds nothing but padding.
    """
    generator = generator_for("text")
    tokens = torch.randint(1, 50, (64, 12), generator=generator)
    lengths = torch.randint(3, 13, (64, 1), generator=generator)
    lengths[0] = 0
    texts = torch.where(torch.arange(12) < lengths, tokens, PADDING)
    opinions = torch.randn((50, 4), generator=generator)
    labels = opinions[texts].sum(1).argmax(-1)
    batches = torch.randint(64, (STEPS, 16), generator=generator)
    table = rounded(torch.rand((50, 8), generator=generator) * 0.1 - 0.05, step=1 / 1024)
    parameters = (
        {"embedding.weight": table}
        | dense_parameters("hidden", 8, 16, generator)
        | swiglu_parameters("activation")
        | dense_parameters("output", 16, 4, generator)
    )

    def loss_of(texts, labels):
        x = embedding_mean(PADDING)(parameters["embedding.weight"], texts)
        x = activated(parameters, "activation", through(parameters, "hidden", x))
        return F.cross_entropy(through(parameters, "output", x), labels)

    return train(parameters, loss_of, texts, labels, batches)


# Rows: dense Adam on a table of which each step reads a few rows, so that most have no gradient.

ROW_STEPS = 60


def rows():
    """A table [40, 3]; in each of 60 steps four ids, which may repeat, and the slope of each."""
    generator = generator_for("rows")
    table = rounded(torch.randn((40, 3), generator=generator)).requires_grad_()
    fixture = {"rate": RATE, "table": table.detach().clone()}
    adam = torch.optim.Adam([table], lr=RATE)
    ids, slopes, tables = [], [], []
    for _ in range(ROW_STEPS):
        # Squared, because some words are frequent and most are rare.
        ids.append((torch.rand(4, generator=generator) ** 2 * 40).long())
        slopes.append(normal(4, 3)(generator))
        adam.zero_grad()
        (F.embedding(ids[-1], table) * slopes[-1]).sum().backward()
        adam.step()
        tables.append(table.detach().clone())
    return fixture | {
        "ids": torch.stack(ids),
        "slopes": torch.stack(slopes),
        "tables": {str(step): tables[step - 1] for step in [1, 20, 40, ROW_STEPS]},
    }


# Writing: one line for each tensor, so that a person can read the file and a diff is short.


def as_json(value, indent=""):
    if isinstance(value, torch.Tensor):
        value = {"shape": list(value.shape), "values": value.flatten().tolist()}
        return json.dumps(value, allow_nan=False)
    deeper = indent + "  "
    if isinstance(value, dict):
        lines = [f"{json.dumps(key)}: {as_json(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(deeper + line for line in lines) + f"\n{indent}}}"
    if isinstance(value, list):
        lines = [deeper + as_json(item, deeper) for item in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return json.dumps(value, allow_nan=False)


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    for make in [functions, optimizers, tabular, text, rows]:
        path = FOLDER / f"{make.__name__}.json"
        path.write_text(as_json(make()) + "\n")
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
