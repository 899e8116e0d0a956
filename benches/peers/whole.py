"""What the two whole runs share: reading, tokens, and the protocol of `wengert train`.

A run reads two CSV files, counts the words, and trains the article's classifier twice, with ReLU and with
SwiGLU: 10 epochs of batches of 32, a fifth of the texts for validation, the epoch best on them kept. Then it
prints the accuracy on the test texts. whole_runs.py times all, with the start of the process.
"""

import csv
import sys
from collections import Counter
from itertools import chain

import numpy

DIM, HIDDEN, DROPOUT = 128, 64, 0.2
BATCH, EPOCHS, RATE, VALIDATION = 32, 10, 0.001, 0.2


def tables():
    """Lists of token ids and arrays of labels of the training and the test file, the size of the
    vocabulary, and the number of classes."""
    train_path, test_path, vocabulary = sys.argv[1:]
    (texts, labels), (test_texts, test_labels) = map(read, [train_path, test_path])
    names = {name: number for number, name in enumerate(sorted(set(labels)))}
    counts = Counter(chain.from_iterable(map(words, texts)))
    # Id 0 is for padding.
    ids = {word: 1 + rank for rank, (word, _) in enumerate(counts.most_common(int(vocabulary) - 1))}
    encode = lambda texts: [[ids[word] for word in words(text) if word in ids] for text in texts]
    number = lambda labels: numpy.array([names[label] for label in labels])
    train, test = (encode(texts), number(labels)), (encode(test_texts), number(test_labels))
    return train, test, int(vocabulary), len(names)


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["label"] for row in rows]


PUNCTUATION = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', " "))


def words(text):
    """As Keras' former Tokenizer."""
    return text.lower().translate(PUNCTUATION).split()


def padded(texts):
    longest = max(1, max(map(len, texts)))
    ids = numpy.zeros((len(texts), longest), "int64")
    for row, text in zip(ids, texts):
        row[: len(text)] = text
    return ids
