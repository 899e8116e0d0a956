"""The whole run of whole.py in Keras on TensorFlow: `fit`, with a mask over the padding."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy
from keras import layers

from whole import BATCH, DIM, DROPOUT, EPOCHS, HIDDEN, RATE, VALIDATION, padded, tables


class SwiGLU(layers.Layer):
    def build(self, _):
        self.beta = self.add_weight(shape=(), initializer="ones")
        self.gamma = self.add_weight(shape=(), initializer="zeros")

    def call(self, x):
        return x * keras.ops.sigmoid(self.beta * x + self.gamma)


def train(activation, ids, labels, vocabulary, classes):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            layers.Embedding(vocabulary, DIM, mask_zero=True),
            layers.GlobalAveragePooling1D(),
            layers.Dropout(DROPOUT),
            layers.Dense(HIDDEN),
            activation(),
            layers.Dropout(DROPOUT),
            layers.Dense(classes),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), loss, metrics=["accuracy"])
    best = keras.callbacks.EarlyStopping(
        "val_accuracy", patience=EPOCHS, restore_best_weights=True
    )
    fit = dict(batch_size=BATCH, epochs=EPOCHS, validation_split=VALIDATION, verbose=0)
    model.fit(ids, labels, callbacks=[best], **fit)
    return model


(texts, labels), (test_texts, test_labels), vocabulary, classes = tables()
# Keras takes the last fifth for validation: without this it might hold one class alone.
order = numpy.random.default_rng(0).permutation(len(texts))
ids, labels = padded(texts)[order], labels[order]
test_ids = padded(test_texts)
for activation in [layers.ReLU, SwiGLU]:
    model = train(activation, ids, labels, vocabulary, classes)
    _, reached = model.evaluate(test_ids, test_labels, verbose=0)
    print(f"{activation.__name__:<8} {100 * reached:.1f} %")
