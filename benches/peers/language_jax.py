"""The language model in JAX: one product for queries, keys and values, one for gate and up."""

import jax
import jax.numpy as jnp
import optax

import language
from language import DECAY, EPSILON, HEAD, HEADS, LAYERS, RATE, WIDTH

OPTIMIZER = optax.adamw(RATE, weight_decay=DECAY)


def parameters():
    blocks = [
        {
            "attention_norm": jnp.ones(WIDTH),
            "qkv": jnp.asarray(language.matrix(number, "query", "key", "value")),
            "output": jnp.asarray(language.matrix(number, "output")),
            "feed_forward_norm": jnp.ones(WIDTH),
            "gate_up": jnp.asarray(language.matrix(number, "gate", "up")),
            "down": jnp.asarray(language.matrix(number, "down")),
        }
        for number in range(LAYERS)
    ]
    return {"table": jnp.asarray(language.table()), "blocks": blocks, "norm": jnp.ones(WIDTH)}


def rms_norm(x, gain):
    return gain * x * jax.lax.rsqrt(jnp.square(x).mean(-1, keepdims=True) + EPSILON)


def rope(x, cos, sin):
    a, b = jnp.split(x, 2, -1)
    return jnp.concatenate([a * cos - b * sin, b * cos + a * sin], -1)


def attention(p, x, cos, sin):
    qkv = (rms_norm(x, p["attention_norm"]) @ p["qkv"]).reshape(*x.shape[:2], 3, HEADS, HEAD)
    qk, v = rope(qkv[:, :, :2], cos, sin), qkv[:, :, 2]
    seen = jax.nn.dot_product_attention(qk[:, :, 0], qk[:, :, 1], v, is_causal=True)
    return seen.reshape(x.shape) @ p["output"]


def feed_forward(p, x):
    gate, up = jnp.split(rms_norm(x, p["feed_forward_norm"]) @ p["gate_up"], 2, -1)
    return (jax.nn.silu(gate) * up) @ p["down"]


def logits(p, ids):
    cos, sin = (jnp.asarray(part)[:, None, None] for part in language.rotations(ids.shape[1]))
    x = p["table"][ids]
    for block in p["blocks"]:
        x = x + attention(block, x, cos, sin)
        x = x + feed_forward(block, x)
    return rms_norm(x, p["norm"]) @ p["table"].T


def lm(**sizes):
    """A training step, which gives the loss."""
    ids, targets = map(jnp.asarray, language.batch(**sizes))

    def loss(p):
        return optax.softmax_cross_entropy_with_integer_labels(logits(p, ids), targets).mean()

    @jax.jit(donate_argnums=0)
    def step(state):
        p, moments = state
        value, gradients = jax.value_and_grad(loss)(p)
        updates, moments = OPTIMIZER.update(gradients, moments, p)
        return (optax.apply_updates(p, updates), moments), value

    start = parameters()
    state = (start, OPTIMIZER.init(start))

    def next_step():
        nonlocal state
        state, value = step(state)
        return value

    return next_step
