"""The model of interop.rs in PyTorch.

    pip install -r requirements.txt
    python pytorch.py train FOLDER
    python pytorch.py run FOLDER
"""

import torch
from safetensors.torch import load_file, save_file

from exchange import PADDING, TOPICS, VOCABULARY, main, texts


class SwiGLU(torch.nn.Module):
    """x · σ(βx + γ), β and γ learned."""

    def __init__(self):
        super().__init__()
        self.beta = torch.nn.Parameter(torch.tensor(1.0))
        self.gamma = torch.nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x + self.gamma)


class Topics(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.EmbeddingBag(VOCABULARY, 8, mode="mean", padding_idx=PADDING)
        self.hidden = torch.nn.Linear(8, 16)
        self.activation = SwiGLU()
        self.output = torch.nn.Linear(16, TOPICS)

    def forward(self, ids):
        return self.output(self.activation(self.hidden(self.embedding(ids))))


def function(model):
    """From NumPy to NumPy."""

    def outputs(ids):
        with torch.no_grad():
            return model(torch.from_numpy(ids.astype("int64"))).numpy()

    return outputs


def train(path):
    torch.manual_seed(0)
    model = Topics()
    adam = torch.optim.Adam(model.parameters(), lr=0.01)
    ids, topics = (torch.from_numpy(array) for array in texts(600, seed=1))
    for _ in range(20):
        for batch in torch.randperm(len(ids)).split(32):
            adam.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(ids[batch]), topics[batch])
            loss.backward()
            adam.step()
    save_file(model.state_dict(), path)
    return function(model)


def run(path):
    model = Topics()
    model.load_state_dict(load_file(path))
    return function(model)


if __name__ == "__main__":
    main("pytorch", train, run)
