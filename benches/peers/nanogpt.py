"""nanoGPT's model and training on the characters of a text, in its setting for processors.

    WENGERT_TEXT=input.txt OMP_NUM_THREADS=2 python nanogpt.py

The model is that of Karpathy's nanoGPT (GPT-2's without biases), written from its published
architecture: learned positions, LayerNorm, GELU, tied embeddings. The setting is its README's: context
64, 4 layers, 4 heads, width 128, batch 12, 2,000 steps, rate 1e-3 to 1e-4 by a cosine after a warm-up of
100, β₂ 0.99, decay 0.1 of matrices, clipping at 1, no dropout. nanoGPT reports a loss of 1.88 with it.

`--fused` takes the fused AdamW, which nanoGPT has on graphics cards alone; `--compile` compiles the model.
`cargo bench --bench characters` is the same with LLaMA's parts in wengert.
"""

import argparse
import math
import os
import sys
import time
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from torch import nn

CONTEXT, LAYERS, HEADS, WIDTH, BATCH = 64, 4, 4, 128, 12
STEPS, WARM_UP, RATE, LOWEST_RATE = 2_000, 100, 1e-3, 1e-4
BETAS, DECAY, CLIP = (0.9, 0.99), 0.1, 1.0
ESTIMATE = 200  # batches


def main():
    options = parse_options()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", len(os.sched_getaffinity(0)))))
    text = read_text()
    known = sorted(set(text))
    numbers = {character: number for number, character in enumerate(known)}
    ids = numpy.array([numbers[character] for character in text], dtype=numpy.int64)
    training, validation = numpy.split(ids, [int(0.9 * len(ids))])
    print(f"{len(text)} characters, {len(known)} different; {len(validation)} for validation")

    losses = []
    for seed in range(1, options.seeds + 1):
        loss = run(seed, training, validation, len(known), options)
        losses.append(loss)
    print(f"mean of {len(losses)} seeds: {numpy.mean(losses):.4f} nats a character")


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--fused", action="store_true")
    parser.add_argument("--compile", action="store_true")
    return parser.parse_args()


def read_text():
    path = os.environ.get("WENGERT_TEXT")
    if not path:
        sys.exit("error: WENGERT_TEXT must name a text file, such as tinyshakespeare's input.txt")
    return Path(path).read_text(encoding="utf-8")


def run(seed, training, validation, vocabulary, options):
    torch.manual_seed(seed)
    model = GPT(vocabulary)
    optimizer = model.optimizer(options.fused)
    loss_of = torch.compile(model) if options.compile else model
    times = []
    for step in range(options.steps):
        start = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        loss_of(*batch(training))[1].backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        times.append(time.perf_counter() - start)
    loss = whole_loss(model, validation)
    print(
        f"seed {seed}: loss {loss:.4f} on all of the validation text, {estimate(model, validation):.4f}"
        f" by nanoGPT's estimate; {1e3 * numpy.median(times):.2f} ms a step (median), "
        f"{sum(times):.1f} s in all",
        flush=True,
    )
    return loss


def rate(step):
    if step < WARM_UP:
        return RATE * (step + 1) / (WARM_UP + 1)
    progress = (step - WARM_UP) / (STEPS - WARM_UP)
    return LOWEST_RATE + 0.5 * (1 + math.cos(math.pi * progress)) * (RATE - LOWEST_RATE)


def batch(ids):
    """Inputs and targets [BATCH, CONTEXT] of windows at random places."""
    starts = torch.randint(len(ids) - CONTEXT, (BATCH,))
    x = torch.stack([torch.from_numpy(ids[start : start + CONTEXT]) for start in starts])
    y = torch.stack([torch.from_numpy(ids[start + 1 : start + 1 + CONTEXT]) for start in starts])
    return x, y


@torch.no_grad()
def estimate(model, ids):
    """nanoGPT's own figure: the mean loss of some random batches."""
    return float(numpy.mean([model(*batch(ids))[1].item() for _ in range(ESTIMATE)]))


@torch.no_grad()
def whole_loss(model, ids):
    """The mean loss of all targets, in consecutive windows."""
    total, starts = 0.0, range(0, len(ids) - 1, CONTEXT)
    for start in starts:
        window = torch.from_numpy(ids[start : start + CONTEXT + 1])[None]
        loss = model(window[:, :-1], window[:, 1:])[1]
        total += loss.item() * (window.shape[1] - 1)
    return total / (len(ids) - 1)


class LayerNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, None, 1e-5)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_attn = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.c_proj = nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x):
        b, t, _ = x.shape
        parts = self.c_attn(x).split(WIDTH, dim=2)
        q, k, v = (part.view(b, t, HEADS, WIDTH // HEADS).transpose(1, 2) for part in parts)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).contiguous().view(b, t, WIDTH))


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_fc = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.c_proj = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.attn, self.ln_2, self.mlp = LayerNorm(), Attention(), LayerNorm(), MLP()

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.h = nn.ModuleList(Block() for _ in range(LAYERS))
        self.ln_f = LayerNorm()
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                residual = name.endswith("c_proj.weight")
                scale = (2 * LAYERS) ** -0.5 if residual else 1.0
                nn.init.normal_(weight, 0.0, 0.02 * scale)

    def forward(self, ids, targets):
        x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1]))
        for block in self.h:
            x = block(x)
        logits = F.linear(self.ln_f(x), self.wte.weight)
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    def optimizer(self, fused):
        matrices = [weight for weight in self.parameters() if weight.dim() >= 2]
        vectors = [weight for weight in self.parameters() if weight.dim() < 2]
        groups = [
            {"params": matrices, "weight_decay": DECAY},
            {"params": vectors, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=RATE, betas=BETAS, fused=fused)


if __name__ == "__main__":
    main()
