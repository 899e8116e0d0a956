"""The least time that a workload can take on a machine: what must be computed, and what must be moved.

A workload is a list of phases, one after the other because each needs what the one before has
computed. A phase takes at least the time of its floating-point operations at the peak rate, and at
least the time of its bytes at the bandwidth of the level of memory that holds them; the larger of the
two counts. What can stay in registers or in the L1 cache is not counted, nor is anything that an
implementation could leave out.

    matrix product of m×k by k×n    2mkn operations
    dense layer, backward           as much again for the weight; and for the input, unless it is data
    x·σ(βx+γ)                       30 operations an element forward and backward, 16 of them for e^x
    Adam                            16 operations a weight; weight and two moments read and written,
                                    24 bytes, and 4 of gradient, where there is one
"""

from dataclasses import dataclass
from math import exp
from pathlib import Path

FLOAT = 4  # bytes
SWIGLU = 30  # operations
DIM, HIDDEN, CLASSES = 128, 64, 8
MEAN_LENGTH = 60  # tokens of a text


@dataclass
class Phase:
    flops: float = 0
    bytes: float = 0
    # How many bytes are in use again and again: that decides where they lie.
    working_set: float = 0


def least_time(phases, machine):
    """Microseconds, for rates in GFLOP/s and GB/s."""
    nanoseconds = (
        max(phase.flops / machine["gflops"], phase.bytes / machine[level(phase.working_set)])
        for phase in phases
    )
    return sum(nanoseconds) / 1e3


def level(working_set):
    if working_set <= cache_size(2):
        return "l2"
    return "l3" if working_set <= min(cache_size(3), LARGEST_IN_L3) else "memory"


# A larger L3 cache belongs to many cores, and other programs use it too. Its rate is measured on 8 MiB.
LARGEST_IN_L3 = 64 << 20


def cache_size(number):
    """Bytes of a core's L2 or of the L3 cache; a common size where the system does not tell."""
    for index in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        if (index / "level").read_text().strip() == str(number):
            return int((index / "size").read_text().strip().removesuffix("K")) << 10
    return {2: 1 << 20, 3: 32 << 20}[number]


def dense(batch, inputs, outputs, input_is_data=False):
    return (2 if input_is_data else 3) * 2 * batch * inputs * outputs


def adam_phase(weights, with_gradient=None):
    with_gradient = weights if with_gradient is None else with_gradient
    return Phase(
        flops=16 * weights,
        bytes=(6 * weights + with_gradient) * FLOAT,
        working_set=(3 * weights + with_gradient) * FLOAT,
    )


def mlp(gated):
    batch, sizes = 32, [(10, 50), (50, 25), (25, 1)]
    products = sum(dense(batch, *size, input_is_data=size == sizes[0]) for size in sizes)
    activations = batch * (50 + 25) * (SWIGLU if gated else 2)
    weights = sum(inputs * outputs + outputs for inputs, outputs in sizes)
    return [Phase(flops=products + activations), adam_phase(weights)]


def text(batch=32, vocabulary=1_000, few_rows=False, mean_length=MEAN_LENGTH, distinct=None):
    """Looking up and adding the rows of all tokens, the layers after them, adding to the rows' gradients
    (read and written), Adam. With `few_rows` only for rows that the batch touches: what Adam does to the
    others can wait until they are read, to the same result."""
    moved = batch * mean_length * DIM
    distinct = distinct or vocabulary * (1 - exp(-batch * mean_length / vocabulary))
    touched = distinct * DIM
    table = vocabulary * DIM
    head = DIM * HIDDEN + HIDDEN + HIDDEN * CLASSES + CLASSES + 2
    layers = dense(batch, DIM, HIDDEN) + dense(batch, HIDDEN, CLASSES) + batch * HIDDEN * SWIGLU
    # In use from step to step: weights and moments of the whole table, or of what is touched.
    state = (3 * table + touched) * FLOAT
    rows = touched if few_rows else table
    adam = adam_phase(rows + head, with_gradient=touched + head)
    adam.working_set = state
    return [
        Phase(flops=moved, bytes=moved * FLOAT, working_set=state),
        Phase(flops=layers),
        Phase(flops=moved, bytes=2 * moved * FLOAT, working_set=touched * FLOAT),
        adam,
    ]


def zipf_distinct(vocabulary, tokens):
    """The expected number of different words among these tokens, by Zipf's law."""
    total = sum(1 / rank for rank in range(1, vocabulary))
    return sum(1 - exp(-tokens / rank / total) for rank in range(1, vocabulary))


def ffn():
    """Seven products of one size: three forward, three for the weights, one for the hidden layer."""
    batch, width, hidden = 256, 512, 1376
    product = 2 * batch * width * hidden
    gates = batch * hidden * (SWIGLU + 4)
    return [Phase(flops=7 * product + gates), adam_phase(3 * width * hidden)]


# Of the language model of `lm` and `generate`: tokens, features, layers, and hidden features.
TOKENS, WIDTH, LAYERS, GATED = 256, 128, 4, 344
BLOCK = 4 * WIDTH**2 + 3 * WIDTH * GATED + 2 * WIDTH
PROMPT, GENERATED = 16, 100
LANGUAGE_WEIGHTS = TOKENS * WIDTH + LAYERS * BLOCK + WIDTH


def read_tokens(batch, time):
    """A forward pass: two operations a weight for each token, and for each pair of a token and one that
    it sees two products of its features. 5 operations an element of a norm, SWIGLU / 2 of a gate."""
    tokens, pairs = batch * time, batch * time * (time + 1) / 2
    products = 2 * tokens * LANGUAGE_WEIGHTS + LAYERS * 2 * 2 * pairs * WIDTH
    return products + tokens * (5 * (2 * LAYERS + 1) * WIDTH + LAYERS * GATED * SWIGLU / 2)


def lm():
    return [Phase(flops=3 * read_tokens(8, 128)), adam_phase(LANGUAGE_WEIGHTS)]


def generate(weight=FLOAT):
    """Reads the prompt, then all tokens but the last, one by one. Each needs all weights, of `weight` bytes each."""
    size = LANGUAGE_WEIGHTS * weight
    one = Phase(flops=2 * LANGUAGE_WEIGHTS, bytes=size, working_set=size)
    return [Phase(flops=read_tokens(1, PROMPT)), *[one] * (GENERATED - 1)]


def swiglu():
    """Reads x and writes its gradient; the output itself is only summed."""
    elements = 1024 * 1024
    moved = 2 * elements * FLOAT
    return [Phase(flops=SWIGLU * elements, bytes=moved, working_set=moved)]


WORKLOADS = {
    "mlp": lambda: mlp(gated=True),
    "mlp_relu": lambda: mlp(gated=False),
    "text": text,
    "text_b256": lambda: text(batch=256),
    "text_v50k": lambda: text(vocabulary=50_000, few_rows=True),
    "text_v50k_lazy": lambda: text(vocabulary=50_000, few_rows=True),
    "text_ragged": lambda: text(
        vocabulary=20_000, few_rows=True, mean_length=100, distinct=zipf_distinct(20_000, 32 * 100)
    ),
    "ffn": ffn,
    "lm": lm,
    "generate": generate,
    "generate_bf16": lambda: generate(weight=2),
    "swiglu": swiglu,
    "matmul": lambda: [Phase(flops=2 * 1024**3)],
    "adam": lambda: [adam_phase(10_000_000)],
}

SMALL = (
    "The limit counts multiply-adds alone. Nearly half of a step goes into making about forty small tensors;"
    " products with 50 and 25 columns fill whole vectors only in part."
)
TEXT = (
    "The limit counts additions and bytes. Adam's square roots and divisions take a third of `text`,"
    " dropout's random bits, the zeros of the gradient's table and gathering rows out of order the rest."
)

GENERATE = (
    "The limit is reading the weights from L3 as fast as Adam reads and writes. The products of one row read them"
    " at a third of that rate and take about half of a token; some seventy small tensors take the rest."
)

ROWS = (
    "The limit reads memory in order. The rows of a batch lie each on a page of its own, in 31 or 77 MB of values"
    " and moments, so that most cost a miss of the caches and of the page tables."
)

# Why a workload takes more than twice its limit.
WHY = {
    "mlp": SMALL,
    "mlp_relu": SMALL,
    "text": TEXT,
    "text_b256": TEXT,
    "text_v50k": ROWS,
    "text_v50k_lazy": ROWS,
    "text_ragged": ROWS,
    "generate": GENERATE,
    "generate_bf16": GENERATE,
    "swiglu": "The limit reads x and writes its gradient. A tape keeps the output, and the gate for the"
    " backward pass, which come from memory again.",
}
