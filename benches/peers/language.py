"""What the Python peers share of `lm` and `generate`, the workloads of a language model.

Tokens and weights are hashes of their places, which benches/workloads/language_data.rs computes alike.
So all programs begin with the same model, and `run --agree` compares their first losses.
"""

import numpy

VOCABULARY, WIDTH, LAYERS, HEADS, HIDDEN = 256, 128, 4, 4, 344
BATCH, CONTEXT, HEAD = 8, 128, WIDTH // HEADS
THETA, EPSILON = 10_000, 1e-5
RATE, DECAY = 0.001, 0.01  # of AdamW; everything decays
PROMPT, GENERATED = 16, 100  # tokens of `generate`

# Of each block, [inputs, outputs].
MATRICES = {
    "query": (WIDTH, WIDTH),
    "key": (WIDTH, WIDTH),
    "value": (WIDTH, WIDTH),
    "output": (WIDTH, WIDTH),
    "gate": (WIDTH, HIDDEN),
    "up": (WIDTH, HIDDEN),
    "down": (HIDDEN, WIDTH),
}


def hashes(seed, count):
    """`count` numbers below 2³², hashed by Wellons' lowbias32."""
    x = numpy.arange(count, dtype="uint32") + numpy.uint32(seed * 0x9E3779B9 % 2**32)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x7FEB352D)
    x ^= x >> numpy.uint32(15)
    x *= numpy.uint32(0x846CA68B)
    return x ^ (x >> numpy.uint32(16))


def uniform(seed, scale, *shape):
    """Numbers from −scale to scale."""
    numbers = hashes(seed, numpy.prod(shape)) / 2**31 - 1
    return (scale * numbers).astype("float32").reshape(shape)


def batch(samples=BATCH, context=CONTEXT):
    """Tokens, and those one place later, [samples, context] each."""
    tokens = (hashes(0, samples * (context + 1)) % VOCABULARY).reshape(samples, context + 1)
    tokens = tokens.astype("int32")
    return tokens[:, :-1].copy(), tokens[:, 1:].copy()


def prompt():
    """Tokens [1, PROMPT]."""
    return batch()[0][:1, :PROMPT].copy()


def table():
    return uniform(1, 0.05, VOCABULARY, WIDTH)


def matrix(block, *names):
    """Matrices of a block, side by side: [inputs, all outputs]."""
    numbers = {name: number for number, name in enumerate(MATRICES)}
    found = [
        uniform(10 * (block + 1) + numbers[name], MATRICES[name][0] ** -0.5, *MATRICES[name])
        for name in names
    ]
    return numpy.concatenate(found, 1)


def rotations(context=CONTEXT):
    """Cosines and sines of RoPE's angles, [context, HEAD / 2] each."""
    rates = THETA ** (-2.0 * numpy.arange(HEAD // 2) / HEAD)
    angles = numpy.arange(context)[:, None] * rates
    return numpy.cos(angles).astype("float32"), numpy.sin(angles).astype("float32")


def print_check(step, generate=None):
    """Prints what `run --agree` compares: the losses of the first steps of `lm`, and the tokens of
    `generate`."""
    for _ in range(3):
        print(f"loss {float(step()):.7f}")
    for token in generate() if generate else []:
        print(f"token {token}")
