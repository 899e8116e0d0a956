"""The language model in PyTorch: one product for queries, keys and values, one for gate and up, and
`scaled_dot_product_attention`."""

import torch
import torch.nn.functional as F
from torch import nn

import language
from language import CONTEXT, DECAY, EPSILON, GENERATED, HEAD, HEADS, HIDDEN, LAYERS
from language import PROMPT, RATE, VOCABULARY, WIDTH


class Block(nn.Module):
    def __init__(self, number):
        super().__init__()
        self.attention_norm = nn.RMSNorm(WIDTH, eps=EPSILON)
        self.qkv = linear(number, "query", "key", "value")
        self.output = linear(number, "output")
        self.feed_forward_norm = nn.RMSNorm(WIDTH, eps=EPSILON)
        self.gate_up = linear(number, "gate", "up")
        self.down = linear(number, "down")

    def forward(self, x, cos, sin, cache=None):
        qkv = self.qkv(self.attention_norm(x)).view(*x.shape[:2], 3, HEADS, HEAD)
        qk, v = rope(qkv[:, :, :2], cos, sin), qkv[:, :, 2].transpose(1, 2)
        q, k = (part.transpose(1, 2) for part in qk.unbind(2))
        if cache is None:
            seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            seen = cache.attention(q, k, v)
        x = x + self.output(seen.transpose(1, 2).reshape(x.shape))
        gate, up = self.gate_up(self.feed_forward_norm(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Model(nn.Module):
    def __init__(self, context=CONTEXT):
        super().__init__()
        self.table = nn.Embedding.from_pretrained(torch.from_numpy(language.table()), freeze=False)
        self.blocks = nn.ModuleList(Block(number) for number in range(LAYERS))
        self.norm = nn.RMSNorm(WIDTH, eps=EPSILON)
        for name, rotations in zip(["cos", "sin"], language.rotations(context)):
            self.register_buffer(name, torch.from_numpy(rotations)[:, None, None])

    def forward(self, ids, places=slice(None), caches=(None,) * LAYERS):
        x, cos, sin = self.table(ids), self.cos[places], self.sin[places]
        for block, cache in zip(self.blocks, caches):
            x = block(x, cos, sin, cache)
        return F.linear(self.norm(x), self.table.weight)


def linear(number, *names):
    weight = torch.from_numpy(language.matrix(number, *names).T.copy())
    layer = nn.Linear(*reversed(weight.shape), bias=False)
    layer.weight = nn.Parameter(weight)
    return layer


def rope(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def lm(compiled, **sizes):
    """A training step, which gives the loss."""
    ids, targets = (torch.from_numpy(part).long() for part in language.batch(**sizes))
    model, targets = Model(ids.shape[1]), targets.flatten()
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=DECAY, fused=True)

    @compiled
    def loss():
        return F.cross_entropy(model(ids).view(-1, VOCABULARY), targets)

    def step():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        return value.detach()

    return step


class Growing:
    """Keys and values of the places so far, in memory for all: attention reads these places alone."""

    def __init__(self):
        self.kept = torch.empty(2, 1, HEADS, CONTEXT, HEAD)
        self.length = 0

    def attention(self, q, k, v):
        first, self.length = self.length, self.length + q.shape[2]
        self.kept[0, :, :, first : self.length] = k
        self.kept[1, :, :, first : self.length] = v
        k, v = self.kept[:, :, :, : self.length]
        return F.scaled_dot_product_attention(q, k, v, is_causal=first == 0)


def generate():
    """Generates, and gives the tokens."""
    model, ids = Model(), torch.from_numpy(language.prompt()).long()

    @torch.inference_mode()
    def run():
        caches = [Growing() for _ in range(LAYERS)]
        tokens, next_ids, first = [], ids, 0
        for _ in range(GENERATED):
            places = slice(first, first + next_ids.shape[1])
            next_ids = model(next_ids, places, caches)[:, -1].argmax(-1, keepdim=True)
            tokens.append(next_ids.item())
            first = places.stop
        return tokens

    return run


class Fixed:
    """Keys and values of all places, those to come masked: one shape, which is compiled once."""

    def __init__(self):
        self.keys, self.values = torch.zeros(2, 1, HEADS, CONTEXT, HEAD)

    def at(self, places, mask):
        self.places, self.mask = places, mask
        return self

    def attention(self, q, k, v):
        self.keys.index_copy_(2, self.places, k)
        self.values.index_copy_(2, self.places, v)
        return F.scaled_dot_product_attention(q, self.keys, self.values, attn_mask=self.mask)


def generate_compiled():
    model, ids = Model(), torch.from_numpy(language.prompt()).long()
    caches = [Fixed() for _ in range(LAYERS)]
    causal = torch.ones(CONTEXT, CONTEXT, dtype=torch.bool).tril()

    def next_token(ids, places):
        here = [cache.at(places, causal[places]) for cache in caches]
        return model(ids, places, here)[:, -1].argmax(-1, keepdim=True)

    one_more = torch.compile(next_token)
    all_places = torch.arange(CONTEXT)

    @torch.inference_mode()
    def run():
        next_ids = next_token(ids, all_places[:PROMPT])
        tokens = [next_ids.item()]
        for place in range(PROMPT, PROMPT + GENERATED - 1):
            next_ids = one_more(next_ids, all_places[place : place + 1])
            tokens.append(next_ids.item())
        return tokens

    return run
