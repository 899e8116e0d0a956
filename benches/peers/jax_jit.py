"""The workloads in JAX: one jitted function a step, with Optax's Adam, its state given back in place."""

from itertools import cycle

import jax
import jax.numpy as jnp
import optax

import language_jax
from language import print_check
from measure import BATCH, CLASSES, DIM, LARGE_VOCABULARY, VOCABULARY
from measure import measure_all, measure_growing, normal, options, table, texts, zipf_texts

arguments = options("--check")
# Dropout's masks from the processor's own way of drawing bits: faster than the default.
jax.config.update("jax_default_prng_impl", "rbg")
OPTIMIZER = optax.adam(0.001)


def training(loss, parameters, batches=(None,)):
    """A step on each batch in turn. It passes parameters, optimizer state and random key on to the next."""

    @jax.jit(donate_argnums=0)
    def step(state, batch):
        parameters, moments, key = state
        key, dropout_key = jax.random.split(key)
        gradients = jax.grad(loss)(parameters, dropout_key, batch)
        updates, moments = OPTIMIZER.update(gradients, moments)
        return optax.apply_updates(parameters, updates), moments, key

    state, batches = (parameters, OPTIMIZER.init(parameters), jax.random.key(0)), cycle(batches)

    def next_step():
        nonlocal state
        state = step(state, next(batches))
        return state

    return next_step


def swiglu(x, p):
    return x * jax.nn.sigmoid(p["beta"] * x + p["gamma"])


def dense(x, p):
    return x @ p["weight"] + p["bias"]


def dense_parameters(inputs, outputs):
    return {"weight": normal(inputs, outputs) / inputs**0.5, "bias": jnp.zeros(outputs)}


def swiglu_parameters():
    return {"beta": jnp.ones(()), "gamma": jnp.zeros(())}


def dropout(x, key):
    return jnp.where(jax.random.bernoulli(key, 0.8, x.shape), x / 0.8, 0)


def mlp(activation):
    x, y = map(jnp.asarray, table())
    parameters = {
        "dense": [dense_parameters(*sizes) for sizes in [(10, 50), (50, 25), (25, 1)]],
        "swiglu": [swiglu_parameters() for _ in range(2)] if activation is swiglu else [None] * 2,
    }

    def loss(p, *_):
        hidden = x
        for layer, gate in zip(p["dense"], p["swiglu"]):
            hidden = activation(dense(hidden, layer), gate)
        return optax.sigmoid_binary_cross_entropy(dense(hidden, p["dense"][2]), y).mean()

    return training(loss, parameters)


def text(vocabulary=VOCABULARY, **sizes):
    ids, labels = map(jnp.asarray, texts(vocabulary=vocabulary, **sizes))
    parameters, loss = text_model(vocabulary, labels)
    return training(lambda p, key, _: loss(p, key, ids), parameters)


def text_model(vocabulary, labels):
    """The weights, and the loss of token ids."""
    parameters = {
        "table": normal(vocabulary, DIM) / 20,
        "hidden": dense_parameters(DIM, 64),
        "swiglu": swiglu_parameters(),
        "output": dense_parameters(64, CLASSES),
    }

    def loss(p, key, ids):
        first, second = jax.random.split(key)
        real = (ids != 0)[..., None]
        mean = (p["table"][ids] * real).sum(1) / real.sum(1)
        hidden = swiglu(dense(dropout(mean, first), p["hidden"]), p["swiglu"])
        logits = dense(dropout(hidden, second), p["output"])
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    return parameters, loss


def ffn():
    x = jnp.asarray(normal(256, 512))
    parameters = {
        "gate": normal(512, 1376) / 23,
        "up": normal(512, 1376) / 23,
        "down": normal(1376, 512) / 37,
    }

    def loss(p, *_):
        hidden = jax.nn.silu(x @ p["gate"]) * (x @ p["up"])
        return jnp.square(hidden @ p["down"]).mean()

    return training(loss, parameters)


def swiglu_kernel():
    x = jnp.asarray(normal(1024, 1024))
    parameters = swiglu_parameters()
    gradients = jax.jit(jax.grad(lambda x, p: swiglu(x, p).sum(), (0, 1)))
    return lambda: gradients(x, parameters)


def matmul():
    x = jnp.asarray(normal(1024, 1024))
    product = jax.jit(jnp.matmul)
    return lambda: product(x, x)


def adam():
    gradient = jnp.asarray(normal(10_000_000))

    @jax.jit(donate_argnums=0)
    def update(state, gradient):
        weights, moments = state
        updates, moments = OPTIMIZER.update(gradient, moments)
        return optax.apply_updates(weights, updates), moments

    weights = jnp.array(gradient)
    state = (weights, OPTIMIZER.init(weights))

    def next_update():
        nonlocal state
        state = update(state, gradient)
        return state

    return next_update


def network(batch=32, width=64, depth=2):
    x = jnp.asarray(normal(batch, width))

    def loss(p, *_):
        hidden = x
        for layer in p:
            hidden = jax.nn.relu(dense(hidden, layer))
        return jnp.square(hidden).mean()

    return training(loss, [dense_parameters(width, width) for _ in range(depth)])


def chain(nodes):
    """Products of one number, forward and backward: as a loop, because a long chain of operations would
    compile for minutes."""

    def power(start):
        return jax.lax.scan(lambda x, _: (x * start, None), start, length=nodes - 1)[0]

    gradient, start = jax.jit(jax.grad(power)), jnp.ones(())
    return lambda: gradient(start)


def text_of(vocabulary):
    parameters, loss = text_model(vocabulary, jnp.arange(BATCH) % CLASSES)
    batches = [jnp.asarray(zipf_texts(vocabulary, seed)) for seed in range(64)]
    return training(loss, parameters, batches)


WORKLOADS = {
    "mlp": lambda: mlp(swiglu),
    "mlp_relu": lambda: mlp(lambda x, _: jax.nn.relu(x)),
    "text": text,
    "text_b256": lambda: text(batch=256),
    "text_v50k": lambda: text(vocabulary=LARGE_VOCABULARY),
    "ffn": ffn,
    "lm": language_jax.lm,
    "swiglu": swiglu_kernel,
    "matmul": matmul,
    "adam": adam,
}
SERIES = {
    "batch": lambda batch: network(batch=batch),
    "width": lambda width: network(width=width),
    "depth": lambda depth: network(depth=depth),
    "tape": chain,
    "vocabulary": text_of,
    "sequence": lambda tokens: language_jax.lm(samples=1, context=tokens),
}

if arguments.check:
    print_check(WORKLOADS["lm"]())
else:
    measure_all(WORKLOADS, arguments.workloads, jax.block_until_ready)
    measure_growing(SERIES, arguments.workloads, jax.block_until_ready)
