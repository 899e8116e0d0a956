"""The workloads in PyTorch: eager with fused Adam, or `--compile`d forward and backward passes."""

import itertools
from itertools import cycle

import numpy
import torch
import torch.nn.functional as F
from torch import nn

import language_pytorch
from language import print_check
from measure import BATCH, CLASSES, DIM, LARGE_VOCABULARY, RAGGED_VOCABULARY, VOCABULARY
from measure import measure_all, measure_growing, normal, options, ragged_texts, table, texts
from measure import zipf_texts

arguments = options("--compile", "--check")
torch.manual_seed(0)


class SwiGLU(nn.Module):
    def __init__(self):
        super().__init__()
        self.beta = nn.Parameter(torch.ones(()))
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return swiglu(x, self.beta, self.gamma)


def swiglu(x, beta, gamma):
    return x * torch.sigmoid(beta * x + gamma)


def compiled(function):
    return torch.compile(function) if arguments.compile else function


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.001, fused=True)


def training(loss, *optimizers):
    loss = compiled(loss)

    def step():
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss().backward()
        for optimizer in optimizers:
            optimizer.step()

    return step


def mlp(activation):
    model = nn.Sequential(
        nn.Linear(10, 50), activation(), nn.Linear(50, 25), activation(), nn.Linear(25, 1)
    )
    x, y = (torch.from_numpy(array) for array in table())
    return training(
        lambda: F.binary_cross_entropy_with_logits(model(x), y), adam(model.parameters())
    )


def text_layers(vocabulary, sparse=False):
    embedding = nn.EmbeddingBag(vocabulary, DIM, mode="mean", padding_idx=0, sparse=sparse)
    head = nn.Sequential(
        nn.Dropout(0.2), nn.Linear(DIM, 64), SwiGLU(), nn.Dropout(0.2), nn.Linear(64, CLASSES)
    )
    return embedding, head


def text(sparse=False, **sizes):
    ids, labels = (torch.from_numpy(array) for array in texts(**sizes))
    vocabulary = sizes.get("vocabulary", VOCABULARY)
    embedding, head = text_layers(vocabulary, sparse)
    model = nn.Sequential(embedding, head)
    if sparse:
        # Moves the moments of touched rows only.
        rows = torch.optim.SparseAdam(embedding.parameters(), lr=0.001)
        optimizers = [rows, adam(head.parameters())]
    else:
        optimizers = [adam(model.parameters())]
    step = training(lambda: F.cross_entropy(model(ids), labels), *optimizers)
    if vocabulary != LARGE_VOCABULARY:
        return step
    return with_other_texts(step, ids, [texts(seed=seed, **sizes)[0] for seed in range(64)])


def with_other_texts(step, ids, batches):
    """The step on each of these batches in turn, which are copied to `ids`, where it reads them."""
    batches = cycle([torch.from_numpy(batch) for batch in batches])

    def next_step():
        ids.copy_(next(batches))
        step()

    return next_step


def text_ragged():
    """The tokens of all texts in one row, and where each text begins: nothing is padded."""

    def batch(seed):
        rows = ragged_texts(seed)
        starts = [0, *itertools.accumulate(map(len, rows[:-1]))]
        return torch.from_numpy(numpy.concatenate(rows)), torch.tensor(starts)

    embedding, head = text_layers(RAGGED_VOCABULARY)
    labels = torch.arange(BATCH) % CLASSES
    batches = cycle([batch(seed) for seed in range(64)])
    # A compiled pass would be compiled again for each number of tokens.
    loss = torch.compiler.disable(lambda: F.cross_entropy(head(embedding(*next(batches))), labels))
    return training(loss, adam([*embedding.parameters(), *head.parameters()]))


def ffn():
    gate, up = nn.Linear(512, 1376, bias=False), nn.Linear(512, 1376, bias=False)
    down = nn.Linear(1376, 512, bias=False)
    x = torch.from_numpy(normal(256, 512))
    parameters = [layer.weight for layer in (gate, up, down)]
    return training(lambda: down(F.silu(gate(x)) * up(x)).square().mean(), adam(parameters))


def swiglu_kernel():
    x = torch.from_numpy(normal(1024, 1024)).requires_grad_()
    beta, gamma = torch.ones((), requires_grad=True), torch.zeros((), requires_grad=True)
    loss = compiled(lambda: swiglu(x, beta, gamma).sum())
    return lambda: torch.autograd.grad(loss(), [x, beta, gamma])


def matmul():
    x = torch.from_numpy(normal(1024, 1024))
    return lambda: x @ x


def adam_update():
    weights = nn.Parameter(torch.from_numpy(normal(10_000_000)))
    weights.grad = weights.detach().clone()
    return adam([weights]).step


def network(batch=32, width=64, depth=2):
    layers = [module for _ in range(depth) for module in (nn.Linear(width, width), nn.ReLU())]
    model, x = nn.Sequential(*layers), torch.from_numpy(normal(batch, width))
    return training(lambda: model(x).square().mean(), adam(model.parameters()))


def chain(nodes):
    """Products of one number, forward and backward."""
    start = torch.ones((), requires_grad=True)

    def step():
        product = start
        for _ in range(1, nodes):
            product = product * start
        return torch.autograd.grad(product, start)

    return step


def text_of(vocabulary):
    batches = [zipf_texts(vocabulary, seed) for seed in range(64)]
    ids, labels = torch.from_numpy(batches[0].copy()), torch.arange(BATCH) % CLASSES
    model = nn.Sequential(*text_layers(vocabulary))
    step = training(lambda: F.cross_entropy(model(ids), labels), adam(model.parameters()))
    return with_other_texts(step, ids, batches)


WORKLOADS = {
    "mlp": lambda: mlp(SwiGLU),
    "mlp_relu": lambda: mlp(nn.ReLU),
    "text": text,
    "text_b256": lambda: text(batch=256),
    "text_v50k": lambda: text(vocabulary=LARGE_VOCABULARY),
    "text_v50k_lazy": lambda: text(vocabulary=LARGE_VOCABULARY, sparse=True),
    "text_ragged": text_ragged,
    "ffn": ffn,
    "lm": lambda: language_pytorch.lm(compiled),
    "generate": language_pytorch.generate_compiled
    if arguments.compile
    else language_pytorch.generate,
    "swiglu": swiglu_kernel,
    "matmul": matmul,
    "adam": adam_update,
}
SERIES = {
    "batch": lambda batch: network(batch=batch),
    "width": lambda width: network(width=width),
    "depth": lambda depth: network(depth=depth),
    "tape": chain,
    "vocabulary": text_of,
    "sequence": lambda tokens: language_pytorch.lm(compiled, samples=1, context=tokens),
}

if arguments.check:
    print_check(WORKLOADS["lm"](), WORKLOADS["generate"]())
else:
    measure_all(WORKLOADS, arguments.workloads)
    measure_growing(SERIES, arguments.workloads)
