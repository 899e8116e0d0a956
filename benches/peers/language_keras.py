"""The language model in Keras on TensorFlow: one product for queries, keys and values, one for gate and
up."""

import keras
import tensorflow as tf
from keras import layers

import language
from language import CONTEXT, DECAY, EPSILON, HEAD, HEADS, HIDDEN, LAYERS, RATE, VOCABULARY, WIDTH


class Block(layers.Layer):
    def __init__(self):
        super().__init__()
        self.attention_norm = layers.RMSNormalization(epsilon=EPSILON)
        self.qkv = layers.Dense(3 * WIDTH, use_bias=False)
        self.output_layer = layers.Dense(WIDTH, use_bias=False)
        self.feed_forward_norm = layers.RMSNormalization(epsilon=EPSILON)
        self.gate_up = layers.Dense(2 * HIDDEN, use_bias=False)
        self.down = layers.Dense(WIDTH, use_bias=False)
        self.cos, self.sin = (tf.constant(part[:, None]) for part in language.rotations())
        seen = tf.linalg.band_part(tf.ones((CONTEXT, CONTEXT)), -1, 0)
        self.mask = tf.where(seen == 1, 0.0, -float("inf"))

    def build(self, shape):
        for layer in [self.attention_norm, self.qkv, self.feed_forward_norm, self.gate_up]:
            layer.build(shape)
        self.output_layer.build(shape)
        self.down.build((*shape[:-1], HIDDEN))

    def call(self, x):
        x = x + self.attention(self.attention_norm(x))
        gate, up = tf.split(self.gate_up(self.feed_forward_norm(x)), 2, -1)
        return x + self.down(tf.nn.silu(gate) * up)

    def attention(self, x):
        qkv = tf.reshape(self.qkv(x), (-1, CONTEXT, 3, HEADS, HEAD))
        q, k, v = tf.unstack(qkv, axis=2)
        q, k = self.rope(q), self.rope(k)
        scores = tf.einsum("bqhd,bkhd->bhqk", q * HEAD**-0.5, k) + self.mask
        seen = tf.einsum("bhqk,bkhd->bqhd", tf.nn.softmax(scores), v)
        return self.output_layer(tf.reshape(seen, (-1, CONTEXT, WIDTH)))

    def rope(self, x):
        a, b = tf.split(x, 2, -1)
        return tf.concat([a * self.cos - b * self.sin, b * self.cos + a * self.sin], -1)


class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.table = layers.Embedding(VOCABULARY, WIDTH)
        self.blocks = [Block() for _ in range(LAYERS)]
        self.norm = layers.RMSNormalization(epsilon=EPSILON)

    def call(self, ids):
        x = self.table(ids)
        for block in self.blocks:
            x = block(x)
        return tf.matmul(self.norm(x), self.table.embeddings, transpose_b=True)

    def load(self):
        """Makes the weights, and gives them their shared values."""
        self(language.batch()[0])
        self.table.embeddings.assign(language.table())
        for number, block in enumerate(self.blocks):
            block.qkv.kernel.assign(language.matrix(number, "query", "key", "value"))
            block.output_layer.kernel.assign(language.matrix(number, "output"))
            block.gate_up.kernel.assign(language.matrix(number, "gate", "up"))
            block.down.kernel.assign(language.matrix(number, "down"))
        return self


def optimizer():
    return keras.optimizers.AdamW(RATE, weight_decay=DECAY, epsilon=1e-8)
