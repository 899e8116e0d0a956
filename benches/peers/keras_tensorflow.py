"""The workloads in Keras on TensorFlow.

By default `train_on_batch`, the step of Keras' own loop. With `--function` a custom loop in one
`tf.function`. With `--xla` either is compiled by XLA.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy
import tensorflow as tf
from keras import layers

import language
import language_keras
from measure import BATCH, CLASSES, DIM, LARGE_VOCABULARY, LONGEST, LONGEST_RAGGED, RAGGED_VOCABULARY, VOCABULARY
from measure import measure_all, normal, options, ragged_texts, table, texts

arguments = options("--function", "--xla", "--check")
keras.utils.set_random_seed(0)


class SwiGLU(layers.Layer):
    def build(self, _):
        self.beta = self.add_weight(shape=(), initializer="ones")
        self.gamma = self.add_weight(shape=(), initializer="zeros")

    def call(self, x):
        return swiglu(x, self.beta, self.gamma)


class MaskedMean(layers.Layer):
    """The mean over the tokens that are not padding."""

    def call(self, x, ids):
        real = tf.cast(ids != 0, x.dtype)
        return tf.einsum("btd,bt->bd", x, real) / tf.reduce_sum(real, 1, keepdims=True)


class GatedFeedForward(layers.Layer):
    def build(self, _):
        self.gate = self.add_weight(shape=(512, 1376))
        self.up = self.add_weight(shape=(512, 1376))
        self.down = self.add_weight(shape=(1376, 512))

    def call(self, x):
        return (tf.nn.silu(x @ self.gate) * (x @ self.up)) @ self.down


def swiglu(x, beta, gamma):
    return x * tf.sigmoid(beta * x + gamma)


def function(step):
    return tf.function(step, jit_compile=arguments.xla)


def training(model, loss, x, y, optimizer=None):
    x, y = tf.constant(x), tf.constant(y)
    optimizer = optimizer or keras.optimizers.Adam(0.001)
    if not arguments.function:
        model.compile(optimizer, loss, jit_compile=arguments.xla)
        return lambda: model.train_on_batch(x, y)
    optimizer.build(model.trainable_variables)

    @function
    def step():
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(value, variables), variables))
        return value

    return step


def mlp(activation):
    x, y = table()
    hidden = [layers.Dense(50), activation(), layers.Dense(25), activation()]
    model = keras.Sequential([keras.Input((10,)), *hidden, layers.Dense(1)])
    return training(model, keras.losses.BinaryCrossentropy(from_logits=True), x, y)


def text_model(vocabulary, longest):
    tokens = keras.Input((longest,), dtype="int32")
    x = MaskedMean()(layers.Embedding(vocabulary, DIM)(tokens), tokens)
    x = SwiGLU()(layers.Dense(64)(layers.Dropout(0.2)(x)))
    return keras.Model(tokens, layers.Dense(CLASSES)(layers.Dropout(0.2)(x)))


def text(vocabulary=VOCABULARY, **sizes):
    ids, labels = texts(vocabulary=vocabulary, **sizes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return training(text_model(vocabulary, LONGEST), loss, ids.astype("int32"), labels)


def text_ragged():
    """Padded to the longest text of the batch; where each shape is compiled, to the longest of all.
    It repeats one batch of the 64, that whose longest text has the median length."""
    batches = [ragged_texts(seed) for seed in range(64)]
    texts = sorted(batches, key=lambda texts: max(map(len, texts)))[len(batches) // 2]
    longest = LONGEST_RAGGED if arguments.xla else max(map(len, texts))
    ids = numpy.zeros((BATCH, longest), "int32")
    for row, text in zip(ids, texts):
        row[: len(text)] = text
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    labels = numpy.arange(BATCH) % CLASSES
    return training(text_model(RAGGED_VOCABULARY, longest), loss, ids, labels)


def ffn():
    model = keras.Sequential([keras.Input((512,)), GatedFeedForward()])
    zeros = tf.zeros((256, 512))
    return training(model, keras.losses.MeanSquaredError(), normal(256, 512), zeros)


def lm():
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model, optimizer = language_keras.Model().load(), language_keras.optimizer()
    return training(model, loss, *language.batch(), optimizer)


def swiglu_kernel():
    x = tf.Variable(normal(1024, 1024))
    beta, gamma = tf.Variable(1.0), tf.Variable(0.0)

    @function
    def gradients():
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(swiglu(x, beta, gamma))
        return tape.gradient(value, [x, beta, gamma])

    return gradients


def matmul():
    x = tf.constant(normal(1024, 1024))
    return function(lambda: x @ x)


def adam():
    weights, gradient = tf.Variable(normal(10_000_000)), tf.constant(normal(10_000_000))
    optimizer = keras.optimizers.Adam(0.001)
    optimizer.build([weights])
    return function(lambda: optimizer.apply_gradients([(gradient, weights)]))


MODELS = {
    "mlp": lambda: mlp(SwiGLU),
    "mlp_relu": lambda: mlp(layers.ReLU),
    "text": text,
    "text_b256": lambda: text(batch=256),
    "text_v50k": lambda: text(vocabulary=LARGE_VOCABULARY),
    "text_ragged": text_ragged,
    "ffn": ffn,
    "lm": lm,
}
# There is no layer of Keras in these: only a tf.function does them.
KERNELS = {"swiglu": swiglu_kernel, "matmul": matmul, "adam": adam}

if arguments.check:
    language.print_check(lm())
else:
    measure_all(MODELS | (KERNELS if arguments.function else {}), arguments.workloads)
