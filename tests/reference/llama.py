"""Reference values from transformers' LlamaForCausalLM, for crates/store/tests/store/llama.rs.

    python -m venv /tmp/reference && /tmp/reference/bin/pip install -r requirements.txt
    /tmp/reference/bin/python llama.py generate

writes, for a model with a table of its own for the logits and for a tied one, a folder in llama/:

    config.json, model.safetensors    the initial model, in float32, as save_pretrained writes it
    gradients.safetensors             the gradient of each weight, for the first batch
    trained.safetensors               the weights after 20 steps of AdamW
    expected.json                     the batches, the first one's logits, the losses, a greedy continuation

The settings of AdamW are in expected.json too. Matrices decay, the weights of norms do not. For llama2.c it
writes the folder llama2c: model.bin, a checkpoint with random weights, and in expected.json the tokens of a
text and its logits, from the formulas of llama2.c's model.py, which rotates neighbors as complex numbers.

    /tmp/reference/bin/python llama.py check FOLDER llama/untied/expected.json

loads a folder that wengert exported and prints how far its logits are from the expected ones.

All is computed in float64. transformers itself does not: its norms, the angles of its rotary positions
and its eager attention compute in float32, whatever the type of the weights. So attention is `sdpa`,
and the other two are replaced below by the same formulas in the type of their input.
"""

import json
import struct
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama import modeling_llama

FOLDER = Path(__file__).parent / "llama"
SIZES = dict(
    vocab_size=32,
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=24,
    rms_norm_eps=1e-5,
)
ADAMW = dict(lr=0.01, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1)
STEPS, BATCH, TIME = 20, 2, 8


def norm(self, x):
    return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon)


def rotary(self, x, position_ids):
    width = self.config.hidden_size // self.config.num_attention_heads
    pairs = torch.arange(0, width, 2, dtype=x.dtype)
    theta = self.config.rope_parameters["rope_theta"]
    angles = position_ids[..., None].to(x.dtype) * theta ** (-pairs / width)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


modeling_llama.LlamaRMSNorm.forward = norm
modeling_llama.LlamaRotaryEmbedding.forward = rotary


def loss_of(model, batch):
    logits = model(batch[:, :-1]).logits
    return logits, F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())


def save(path, tensors):
    save_file({name: tensor.detach().clone().contiguous() for name, tensor in tensors}, path)


def train(model, batches):
    """Takes the steps, and returns the loss before each."""
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decayed}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, **ADAMW)
    losses = []
    for batch in batches:
        optimizer.zero_grad()
        _, loss = loss_of(model, batch)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses


@torch.no_grad()
def continuation(model, tokens, count):
    tokens = tokens[None]
    for _ in range(count):
        best = model(tokens).logits[:, -1].argmax(-1, keepdim=True)
        tokens = torch.cat([tokens, best], dim=1)
    return tokens[0].tolist()


def generate(name, tied, theta):
    torch.manual_seed(13)
    # A deviation above the usual 0.02, so that the layers matter beside the embedding.
    config = LlamaConfig(
        **SIZES, tie_word_embeddings=tied, rope_theta=theta, initializer_range=0.2, attn_implementation="sdpa"
    )
    assert config.rope_parameters["rope_theta"] == theta
    model = LlamaForCausalLM(config)
    for parameter in model.parameters():
        if parameter.dim() == 1:  # A norm of ones would not notice a weight that is left out.
            parameter.data += 0.1 * torch.randn(parameter.shape)
    folder = FOLDER / name
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink()
    model = model.double()

    batches = torch.randint(0, SIZES["vocab_size"], (STEPS, BATCH, TIME + 1))
    logits, loss = loss_of(model, batches[0])
    loss.backward()
    save(folder / "gradients.safetensors", ((n, p.grad) for n, p in model.named_parameters()))
    greedy = continuation(model, batches[0, 0, :3], 12)
    losses = train(model, batches)
    save(folder / "trained.safetensors", model.named_parameters())
    expected = dict(
        adamw=ADAMW,
        batches=batches.tolist(),
        logits=logits.tolist(),
        losses=losses,
        continuation=greedy,
    )
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


@torch.no_grad()
def generate_llama2c():
    """The weights are drawn in the order of the file, so writing them is appending them."""
    torch.manual_seed(14)
    width, hidden, layers, heads, shared, vocabulary, context = 16, 24, 2, 4, 2, 32, 10
    head = width // heads
    written = []

    def draw(*shape, mean=0.0):
        weights = [torch.randn(shape) * 0.25 + mean for _ in range(layers)]
        written.extend(weights)
        return [weight.double() for weight in weights]

    def draw_one(*shape, mean=0.0):
        written.append(torch.randn(shape) * 0.25 + mean)
        return written[-1].double()

    table = draw_one(vocabulary, width)
    attention_norm = draw(width, mean=1.0)
    query, key = draw(heads * head, width), draw(shared * head, width)
    value, output = draw(shared * head, width), draw(width, heads * head)
    feed_forward_norm = draw(width, mean=1.0)
    gate, down, up = draw(hidden, width), draw(width, hidden), draw(hidden, width)
    last_norm = draw_one(width, mean=1.0)
    angles = torch.outer(
        torch.arange(context).double(), 10_000.0 ** (-torch.arange(0, head, 2).double() / head)
    )
    written.extend([angles.cos().float(), angles.sin().float()])
    classifier = draw_one(vocabulary, width)

    def normed(x, weight):
        return weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)

    def rotated(x):
        pairs = torch.view_as_complex(x.unflatten(-1, (head // 2, 2)))
        turns = torch.polar(torch.ones_like(angles), angles)[: len(x), None]
        return torch.view_as_real(pairs * turns).flatten(-2)

    tokens = torch.randint(0, vocabulary, (context,))
    x = table[tokens]
    mask = torch.full((context, context), -torch.inf, dtype=torch.float64).triu(1)
    for n in range(layers):
        h = normed(x, attention_norm[n])
        q = rotated((h @ query[n].T).unflatten(-1, (heads, head)))
        k = rotated((h @ key[n].T).unflatten(-1, (shared, head))).repeat_interleave(heads // shared, 1)
        v = (h @ value[n].T).unflatten(-1, (shared, head)).repeat_interleave(heads // shared, 1)
        scores = torch.einsum("qhd,khd->hqk", q, k) / head**0.5 + mask
        seen = torch.einsum("hqk,khd->qhd", scores.softmax(-1), v)
        x = x + seen.flatten(-2) @ output[n].T
        h = normed(x, feed_forward_norm[n])
        x = x + (F.silu(h @ gate[n].T) * (h @ up[n].T)) @ down[n].T
    logits = normed(x, last_norm) @ classifier.T

    folder = FOLDER / "llama2c"
    folder.mkdir(exist_ok=True)
    header = struct.pack("<7i", width, hidden, layers, heads, shared, -vocabulary, context)
    weights = b"".join(weight.numpy().astype("<f4").tobytes() for weight in written)
    (folder / "model.bin").write_bytes(header + weights)
    (folder / "expected.json").write_text(json.dumps([tokens.tolist(), logits.tolist()]) + "\n")


@torch.no_grad()
def check(folder, expected):
    expected = json.loads(Path(expected).read_text())
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="sdpa")
    logits, loss = loss_of(model, torch.tensor(expected["batches"][0]))
    difference = (logits - torch.tensor(expected["logits"], dtype=torch.float64)).abs().max()
    print(f"{folder}: largest difference of a logit {difference:.1e}, loss {loss:.15f}")
    assert difference < 1e-10


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["generate"]:
            generate("untied", tied=False, theta=10_000.0)
            generate("tied", tied=True, theta=500.0)
            generate_llama2c()
        case ["check", folder, expected]:
            check(folder, expected)
        case _:
            sys.exit(__doc__)
