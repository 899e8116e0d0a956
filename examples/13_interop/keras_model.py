"""The model of interop.rs in Keras. (A script called keras.py would hide the library.)

    pip install -r requirements.txt
    python keras_model.py train FOLDER
    python keras_model.py run FOLDER

Keras has no safetensors of its own. `save` and `load` show what it takes to exchange them: another
name for each array, and `kernel` transposed.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
from safetensors.numpy import load_file, save_file

from exchange import LONGEST, PADDING, TOPICS, VOCABULARY, main, texts


class MaskedMean(keras.layers.Layer):
    """The mean over the tokens that are not padding."""

    def call(self, x, ids):
        real = keras.ops.cast(keras.ops.expand_dims(ids != PADDING, -1), x.dtype)
        count = keras.ops.maximum(keras.ops.sum(real, 1), 1)
        return keras.ops.sum(x * real, 1) / count


class SwiGLU(keras.layers.Layer):
    """x · σ(βx + γ), β and γ learned."""

    def build(self, _):
        self.beta = self.add_weight(name="beta", shape=(), initializer="ones")
        self.gamma = self.add_weight(name="gamma", shape=(), initializer="zeros")

    def call(self, x):
        return x * keras.ops.sigmoid(self.beta * x + self.gamma)


def topics_model():
    ids = keras.Input((LONGEST,), dtype="int32")
    x = keras.layers.Embedding(VOCABULARY, 8, name="embedding")(ids)
    x = MaskedMean()(x, ids)
    x = keras.layers.Dense(16, name="hidden")(x)
    x = SwiGLU(name="activation")(x)
    return keras.Model(ids, keras.layers.Dense(TOPICS, name="output")(x))


def arrays(model):
    """The variables of the model under the names that they have in a file."""
    names = {"kernel": "weight", "embeddings": "weight"}
    for layer in model.layers:
        for variable in layer.weights:
            yield f"{layer.name}.{names.get(variable.name, variable.name)}", variable


def save(model, path):
    tensors = {}
    for name, variable in arrays(model):
        value = variable.numpy()
        if variable.name == "embeddings":
            value[PADDING] = 0  # So that other embeddings need not know the padding.
        tensors[name] = (value.T if variable.name == "kernel" else value).copy()
    save_file(tensors, path)


def load(model, path):
    tensors = load_file(path)
    for name, variable in arrays(model):
        value = tensors.pop(name)
        variable.assign(value.T if variable.name == "kernel" else value)
    assert not tensors, f"{path} holds more: {list(tensors)}"


def function(model):
    """From NumPy to NumPy."""
    return lambda ids: model.predict(ids.astype("int32"), verbose=0)


def train(path):
    keras.utils.set_random_seed(0)
    model = topics_model()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    model.fit(*texts(600, seed=1), batch_size=32, epochs=20, verbose=0)
    save(model, path)
    return function(model)


def run(path):
    model = topics_model()
    load(model, path)
    return function(model)


if __name__ == "__main__":
    main("keras", train, run)
