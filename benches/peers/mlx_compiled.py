"""The workloads in MLX, on its CPU backend: one compiled function a step, which takes and returns its state."""

from functools import partial

import mlx.core as mx
from mlx import nn, optimizers

from measure import BATCH, CLASSES, DIM, LARGE_VOCABULARY, VOCABULARY
from measure import measure_all, normal, options, table, texts

arguments = options("--check")
mx.set_default_device(mx.cpu)


class SwiGLU(nn.Module):
    def __init__(self):
        super().__init__()
        self.beta, self.gamma = mx.ones(()), mx.zeros(())

    def __call__(self, x):
        return swiglu(x, self.beta, self.gamma)


def swiglu(x, beta, gamma):
    return x * mx.sigmoid(beta * x + gamma)


class MeanOfRows(nn.Module):
    """The mean over the tokens that are not padding."""

    def __init__(self, vocabulary):
        super().__init__()
        self.table = nn.Embedding(vocabulary, DIM)

    def __call__(self, ids):
        real = (ids != 0)[..., None]
        return (self.table(ids) * real).sum(1) / real.sum(1)


class GatedFeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate, self.up = nn.Linear(512, 1376, bias=False), nn.Linear(512, 1376, bias=False)
        self.down = nn.Linear(1376, 512, bias=False)

    def __call__(self, x):
        return self.down(nn.silu(self.gate(x)) * self.up(x))


def adam():
    return optimizers.Adam(0.001, bias_correction=True)


def training(model, loss, x):
    optimizer = adam()
    mx.eval(model.parameters())
    state = [model.state, optimizer.state, mx.random.state]
    value_and_gradients = nn.value_and_grad(model, lambda x: loss(model(x)))

    @partial(mx.compile, inputs=state, outputs=state)
    def step(x):
        value, gradients = value_and_gradients(x)
        optimizer.update(model, gradients)
        return value

    def next_step():
        value = step(x)
        mx.eval(value, state)
        return value

    return next_step


def mlp(activation):
    hidden = [nn.Linear(10, 50), activation(), nn.Linear(50, 25), activation()]
    x, y = map(mx.array, table())
    loss = lambda logits: nn.losses.binary_cross_entropy(logits, y, with_logits=True)
    return training(nn.Sequential(*hidden, nn.Linear(25, 1)), loss, x)


def text(vocabulary=VOCABULARY, **sizes):
    ids, labels = map(mx.array, texts(vocabulary=vocabulary, **sizes))
    head = [nn.Dropout(0.2), nn.Linear(DIM, 64), SwiGLU(), nn.Dropout(0.2), nn.Linear(64, CLASSES)]
    loss = lambda logits: nn.losses.cross_entropy(logits, labels, reduction="mean")
    return training(nn.Sequential(MeanOfRows(vocabulary), *head), loss, ids)


def ffn():
    return training(GatedFeedForward(), lambda y: mx.square(y).mean(), mx.array(normal(256, 512)))


def swiglu_kernel():
    x = mx.array(normal(1024, 1024))
    gradients = mx.compile(mx.grad(lambda *inputs: swiglu(*inputs).sum(), (0, 1, 2)))
    return lambda: mx.eval(gradients(x, mx.ones(()), mx.zeros(())))


def matmul():
    x = mx.array(normal(1024, 1024))
    return lambda: mx.eval(x @ x)


def adam_update():
    weights, gradient = mx.array(normal(10_000_000)), mx.array(normal(10_000_000))
    optimizer, held = adam(), {"weights": weights}
    optimizer.init(held)
    state = [held, optimizer.state]

    @partial(mx.compile, inputs=state, outputs=state)
    def update():
        held.update(optimizer.apply_gradients({"weights": gradient}, held))

    def next_update():
        update()
        mx.eval(state)

    return next_update


WORKLOADS = {
    "mlp": lambda: mlp(SwiGLU),
    "mlp_relu": lambda: mlp(nn.ReLU),
    "text": text,
    "text_b256": lambda: text(batch=256),
    "text_v50k": lambda: text(vocabulary=LARGE_VOCABULARY),
    "ffn": ffn,
    "swiglu": swiglu_kernel,
    "matmul": matmul,
    "adam": adam_update,
}

# There is no `lm` here to compare.
if not arguments.check:
    measure_all(WORKLOADS, arguments.workloads)
