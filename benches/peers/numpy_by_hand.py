"""The workloads in NumPy alone: forward pass, backward pass and Adam by hand.

All weights of a model are in one row of memory, and their gradients in another, so that Adam takes one
pass over all. `--gradients` compares them with finite differences in f64.
"""

import sys
from itertools import cycle

import numpy

from measure import BATCH, CLASSES, DIM, LARGE_VOCABULARY, VOCABULARY
from measure import measure_all, normal, options, table, texts

arguments = options("--check", "--gradients")
RATE, BETA1, BETA2, EPSILON = 0.001, 0.9, 0.999, 1e-8
KEPT = 0.8  # the share of numbers that dropout keeps
# Weights that Adam updates at once: enough to outweigh the calls, few enough to stay in the caches.
BLOCK = 1 << 16


class Weights:
    """Arrays by name: `w` the values, `g` the gradients, both views of one row each."""

    def __init__(self, dtype, **arrays):
        self.values = numpy.concatenate([numpy.ravel(array) for array in arrays.values()]).astype(dtype)
        self.gradients = numpy.zeros_like(self.values)
        self.w, self.g, end = {}, {}, 0
        for name, array in arrays.items():
            start, end = end, end + numpy.size(array)
            for views, row in [(self.w, self.values), (self.g, self.gradients)]:
                views[name] = row[start:end].reshape(numpy.shape(array))


def adam(values, gradients):
    """An update of the values, in place."""
    first, second = numpy.zeros_like(values), numpy.zeros_like(values)
    memory, steps = numpy.empty(BLOCK, values.dtype), 0

    def update():
        nonlocal steps
        steps += 1
        correction = (1 - BETA2**steps) ** 0.5
        rate, epsilon = RATE * correction / (1 - BETA1**steps), EPSILON * correction
        for start in range(0, values.size, BLOCK):
            part = slice(start, start + BLOCK)
            w, g, m, v = values[part], gradients[part], first[part], second[part]
            scratch = memory[: w.size]
            m *= BETA1
            m += numpy.multiply(g, 1 - BETA1, out=scratch)
            v *= BETA2
            numpy.multiply(g, g, out=scratch)
            scratch *= 1 - BETA2
            v += scratch
            numpy.sqrt(v, out=scratch)
            scratch += epsilon
            numpy.divide(m, scratch, out=scratch)
            scratch *= rate
            w -= scratch

    return update


def training(weights, loss):
    """A step: `loss` computes the loss, and the gradients on its way."""
    update = adam(weights.values, weights.gradients)

    def step():
        value = loss()
        update()
        return value

    return step


# Layers. A forward function returns what its backward function needs; a backward function writes the
# gradients of the weights, and returns the gradient of the input.


def dense(x, p, name):
    y = x @ p.w[name]
    y += p.w[name + "_bias"]
    return y


def dense_back(dy, x, p, name, input_is_data=False):
    numpy.matmul(x.T, dy, out=p.g[name])
    numpy.sum(dy, 0, out=p.g[name + "_bias"])
    return None if input_is_data else dy @ p.w[name].T


def dense_arrays(name, inputs, outputs):
    return {name: normal(inputs, outputs) / inputs**0.5, name + "_bias": numpy.zeros(outputs)}


def sigmoid(x):
    """Overwrites x."""
    numpy.negative(x, out=x)
    numpy.exp(x, out=x)
    x += 1
    return numpy.reciprocal(x, out=x)


def swiglu(x, p, name):
    """x·σ(βx + γ), and the gate σ."""
    gate = p.w[name + "_beta"] * x
    gate += p.w[name + "_gamma"]
    gate = sigmoid(gate)
    return x * gate, gate


def swiglu_back(dy, x, gate, p, name):
    # Of βx + γ: dy·x·σ(1 − σ).
    inner = 1 - gate
    inner *= gate
    inner *= x
    inner *= dy
    p.g[name + "_beta"][...] = numpy.vdot(inner, x)
    p.g[name + "_gamma"][...] = inner.sum()
    inner *= p.w[name + "_beta"]
    inner += dy * gate
    return inner


def swiglu_arrays(name):
    return {name + "_beta": numpy.ones(()), name + "_gamma": numpy.zeros(())}


def relu(x, p, name):
    y = numpy.maximum(x, 0)
    return y, y


def relu_back(dy, x, y, p, name):
    return dy * (y > 0)


RANDOM = numpy.random.Generator(numpy.random.SFC64(0))


def dropout(x):
    """What is left of x, and the mask, which holds 0 and 1 / KEPT."""
    mask = (RANDOM.random(x.shape, "float32") < KEPT).astype(x.dtype)
    mask *= 1 / KEPT
    return x * mask, mask


def cross_entropy(logits, labels):
    """The mean, and its gradient."""
    rows = numpy.arange(len(labels))
    logits = logits - logits.max(1, keepdims=True)
    shares = numpy.exp(logits)
    sums = shares.sum(1, keepdims=True)
    loss = (numpy.log(sums[:, 0]) - logits[rows, labels]).mean()
    shares /= sums
    shares[rows, labels] -= 1
    shares /= len(labels)
    return loss, shares


# Models: their weights, and what computes the loss and the gradients.


def mlp(dtype, forward, back):
    x, targets = (array.astype(dtype) for array in table())
    sizes = {"first": (10, 50), "second": (50, 25), "output": (25, 1)}
    arrays = {}
    for name, size in sizes.items():
        arrays |= dense_arrays(name, *size)
        if forward is swiglu and name != "output":
            arrays |= swiglu_arrays(name)
    p = Weights(dtype, **arrays)

    def loss():
        first = dense(x, p, "first")
        hidden1, gate1 = forward(first, p, "first")
        second = dense(hidden1, p, "second")
        hidden2, gate2 = forward(second, p, "second")
        logits = dense(hidden2, p, "output")
        # Binary cross-entropy, in a form that does not overflow for large logits.
        value = (numpy.maximum(logits, 0) - logits * targets + numpy.log1p(numpy.exp(-abs(logits)))).mean()
        back_to = sigmoid(logits)
        back_to -= targets
        back_to /= targets.size
        back_to = dense_back(back_to, hidden2, p, "output")
        back_to = dense_back(back(back_to, second, gate2, p, "second"), hidden1, p, "second")
        dense_back(back(back_to, first, gate1, p, "first"), x, p, "first", input_is_data=True)
        return value

    return p, loss


def text(dtype, vocabulary=VOCABULARY, **sizes):
    seeds = range(64) if vocabulary == LARGE_VOCABULARY else [3]
    batches = cycle([texts(vocabulary=vocabulary, seed=seed, **sizes) for seed in seeds])
    mean, mean_back = (mean_of_rows, rows_back) if vocabulary == LARGE_VOCABULARY else (bag, bag_back)
    arrays = {"table": normal(vocabulary, DIM) / 20, **dense_arrays("hidden", DIM, 64)}
    p = Weights(dtype, **arrays, **swiglu_arrays("hidden"), **dense_arrays("output", 64, CLASSES))

    def loss():
        ids, labels = next(batches)
        means, words = mean(ids, p.w["table"])
        dropped, mask1 = dropout(means)
        hidden = dense(dropped, p, "hidden")
        gated, gate = swiglu(hidden, p, "hidden")
        gated, mask2 = dropout(gated)
        value, back = cross_entropy(dense(gated, p, "output"), labels)
        back = dense_back(back, gated, p, "output") * mask2
        back = dense_back(swiglu_back(back, hidden, gate, p, "hidden"), dropped, p, "hidden") * mask1
        mean_back(back, words, p.g["table"])
        return value

    return p, loss


def bag(ids, table):
    """The mean of the rows of each text, as a product with how often each text has each word: for a
    small vocabulary faster than reading the rows."""
    shape = len(ids), len(table)
    places = ids + len(table) * numpy.arange(len(ids))[:, None]
    counts = numpy.bincount(places.ravel(), minlength=shape[0] * shape[1]).reshape(shape)
    counts = counts.astype(table.dtype)
    counts[:, 0] = 0  # The padding.
    counts /= counts.sum(1, keepdims=True)
    return counts @ table, counts


def bag_back(dy, counts, gradient):
    numpy.matmul(counts.T, dy, out=gradient)


def mean_of_rows(ids, table):
    """The mean of the rows of each text; reads these rows alone."""
    real = ids != 0
    lengths = real.sum(1)
    starts = numpy.concatenate([[0], lengths[:-1].cumsum()])
    words = ids[real]
    sums = numpy.add.reduceat(table[words], starts, 0)
    return sums / lengths[:, None].astype(table.dtype), (words, lengths)


def rows_back(dy, read, gradient):
    """Adds up the gradients of equal words, which sorting puts side by side."""
    words, lengths = read
    order = words.argsort(kind="stable")
    sorted_words = words[order]
    firsts = numpy.flatnonzero(numpy.diff(sorted_words, prepend=-1))
    texts_of_words = numpy.repeat(numpy.arange(len(lengths)), lengths)[order]
    dy = dy / lengths[:, None].astype(dy.dtype)
    gradient.fill(0)
    gradient[sorted_words[firsts]] = numpy.add.reduceat(dy[texts_of_words], firsts, 0)


def ffn(dtype):
    x = normal(256, 512).astype(dtype)
    shapes = {"gate": (512, 1376), "up": (512, 1376), "down": (1376, 512)}
    p = Weights(dtype, **{name: normal(*shape) / shape[0] ** 0.5 for name, shape in shapes.items()})

    def loss():
        gate, up = x @ p.w["gate"], x @ p.w["up"]
        open = sigmoid(gate.copy())
        silu = gate * open
        hidden = silu * up
        output = hidden @ p.w["down"]
        value = numpy.vdot(output, output) / output.size
        output *= 2 / output.size
        numpy.matmul(hidden.T, output, out=p.g["down"])
        back = output @ p.w["down"].T
        numpy.multiply(back, silu, out=hidden)
        numpy.matmul(x.T, hidden, out=p.g["up"])
        # silu' = σ + silu·(1 − σ)
        back *= up
        back *= open + silu * (1 - open)
        numpy.matmul(x.T, back, out=p.g["gate"])
        return value

    return p, loss


def swiglu_kernel(dtype):
    """Here x is a weight too: its gradient is wanted."""
    p = Weights(dtype, x=normal(1024, 1024), **swiglu_arrays("of"))
    ones = numpy.ones_like(p.w["x"])

    def loss():
        y, gate = swiglu(p.w["x"], p, "of")
        p.g["x"][...] = swiglu_back(ones, p.w["x"], gate, p, "of")
        return y.sum()

    return p, loss


def matmul():
    x = normal(1024, 1024)
    return lambda: x @ x


def adam_update():
    values = normal(10_000_000)
    return adam(values, values.copy())


MODELS = {
    "mlp": lambda dtype: mlp(dtype, swiglu, swiglu_back),
    "mlp_relu": lambda dtype: mlp(dtype, relu, relu_back),
    "text": text,
    "text_b256": lambda dtype: text(dtype, batch=256),
    "text_v50k": lambda dtype: text(dtype, vocabulary=LARGE_VOCABULARY),
    "ffn": ffn,
    "swiglu": swiglu_kernel,
}
WORKLOADS = {
    **{name: lambda make=make: training(*make("float32")) for name, make in MODELS.items()},
    "swiglu": lambda: swiglu_kernel("float32")[1],
    "matmul": matmul,
    "adam": adam_update,
}


def check(name, make):
    """Compares some gradients, the largest among them, with finite differences; prints the largest
    difference relative to the largest gradient."""
    p, loss = make("float64")
    if name == "text_v50k":
        return  # Its batches differ from step to step; the parts are those of `text` and `mean_of_rows`.

    def with_same_masks():
        global RANDOM
        RANDOM = numpy.random.Generator(numpy.random.SFC64(0))
        return loss()

    with_same_masks()
    gradients, worst = p.gradients.copy(), 0
    largest = abs(gradients).argsort()[-20:]
    some = numpy.random.default_rng(0).integers(gradients.size, size=100)
    for place in [*largest, *some]:
        value, sides = p.values[place], []
        for step in [1e-5, -1e-5]:
            p.values[place] = value + step
            sides.append(with_same_masks())
        p.values[place] = value
        worst = max(worst, abs((sides[0] - sides[1]) / 2e-5 - gradients[place]))
    relative = worst / abs(gradients).max()
    print(f"{name:<10} {gradients.size:>9} gradients, {len(some) + 20} compared: {relative:.1e}")
    return relative > 1e-6


if arguments.gradients:
    sys.exit(any([check(name, make) for name, make in MODELS.items()]))
# There is no `lm` here to compare.
if not arguments.check:
    measure_all(WORKLOADS, arguments.workloads)
