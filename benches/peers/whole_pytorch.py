"""The whole run of whole.py in PyTorch: `EmbeddingBag` with offsets, fused Adam, eager."""

import copy
import itertools

import numpy
import torch
import torch.nn.functional as F
from torch import nn

from whole import BATCH, DIM, DROPOUT, EPOCHS, HIDDEN, RATE, VALIDATION, tables


class SwiGLU(nn.Module):
    def __init__(self):
        super().__init__()
        self.beta, self.gamma = nn.Parameter(torch.ones(())), nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x + self.gamma)


class Classifier(nn.Module):
    def __init__(self, vocabulary, classes, activation):
        super().__init__()
        self.embedding = nn.EmbeddingBag(vocabulary, DIM, mode="mean")
        hidden, output = nn.Linear(DIM, HIDDEN), nn.Linear(HIDDEN, classes)
        dropouts = nn.Dropout(DROPOUT), nn.Dropout(DROPOUT)
        self.head = nn.Sequential(dropouts[0], hidden, activation(), dropouts[1], output)

    def forward(self, ids, starts):
        return self.head(self.embedding(ids, starts))


def batches(texts, labels, order):
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        chosen = [texts[row] for row in rows]
        starts = [0, *itertools.accumulate(map(len, chosen[:-1]))]
        ids = torch.tensor(list(itertools.chain.from_iterable(chosen)))
        yield ids, torch.tensor(starts), torch.from_numpy(labels[rows])


@torch.no_grad()
def accuracy(model, texts, labels, order):
    model.eval()
    right = sum(
        (model(ids, starts).argmax(1) == expected).sum().item()
        for ids, starts, expected in batches(texts, labels, order)
    )
    return right / len(order)


def train(activation, texts, labels, vocabulary, classes):
    torch.manual_seed(0)
    rng = numpy.random.default_rng(0)
    order = rng.permutation(len(texts))
    held = int(len(order) * VALIDATION)
    validation, order = order[:held], order[held:]
    model = Classifier(vocabulary, classes, activation)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
    best, kept = -1, None
    for _ in range(EPOCHS):
        model.train()
        for ids, starts, expected in batches(texts, labels, rng.permutation(order)):
            optimizer.zero_grad()
            F.cross_entropy(model(ids, starts), expected).backward()
            optimizer.step()
        reached = accuracy(model, texts, labels, validation)
        if reached > best:
            best, kept = reached, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return model


(texts, labels), (test_texts, test_labels), vocabulary, classes = tables()
for activation in [nn.ReLU, SwiGLU]:
    model = train(activation, texts, labels, vocabulary, classes)
    reached = accuracy(model, test_texts, test_labels, numpy.arange(len(test_texts)))
    print(f"{activation.__name__:<8} {100 * reached:.1f} %")
