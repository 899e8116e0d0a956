"""What scikit-learn's LogisticRegression and MLPClassifier reach on a table or on texts.

The same rows are trained and tested on as with `wengert train TRAIN --test TEST --target label`. Texts become TF-IDF
weights of words and pairs of words, the 20,000 most frequent; numbers are standardized. Both models have scikit-learn's
defaults, but more iterations for the regression, and for the MLP early stopping on a tenth of the training rows.

    python scikit_learn.py train.csv test.csv [--label NAME] [--seeds N]
"""

import argparse
import csv
import sys
import time

import numpy
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler


def read(path, label):
    """Returns the rows without their label, and the labels."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = [row.pop(label) for row in rows]
    return [list(row.values()) for row in rows], numpy.array(labels)


def is_number(cell):
    try:
        float(cell)
        return True
    except ValueError:
        return False


def features(train, test):
    """Returns both parts as matrices: of numbers, or of the words of a single column of texts."""
    if all(is_number(cell) for row in train[:100] for cell in row):
        train, test = (numpy.array(rows, dtype=float) for rows in (train, test))
        scaler = StandardScaler().fit(train)
        return scaler.transform(train), scaler.transform(test)
    if len(train[0]) != 1:
        sys.exit("either all columns must be numbers, or there must be one column of texts")
    vectorizer = TfidfVectorizer(max_features=20_000, ngram_range=(1, 2))
    train, test = ([row[0] for row in rows] for rows in (train, test))
    return vectorizer.fit_transform(train), vectorizer.transform(test)


def main():
    arguments = argparse.ArgumentParser(description="Trains scikit-learn's models, and prints their accuracies.")
    arguments.add_argument("train")
    arguments.add_argument("test")
    arguments.add_argument("--label", default="label")
    arguments.add_argument("--seeds", type=int, default=3)
    options = arguments.parse_args()
    train, train_labels = read(options.train, options.label)
    test, test_labels = read(options.test, options.label)
    train, test = features(train, test)
    print(f"scikit-learn {sklearn.__version__}, {train.shape[0]} rows of {train.shape[1]} features, {test.shape[0]} to test on")
    for name, model in [
        ("LogisticRegression", lambda seed: LogisticRegression(max_iter=1000)),
        ("MLPClassifier", lambda seed: MLPClassifier(early_stopping=True, random_state=seed)),
    ]:
        # The regression has no seed: each run would give the same.
        runs = 1 if name == "LogisticRegression" else options.seeds
        for seed in range(runs):
            start = time.perf_counter()
            fitted = model(seed).fit(train, train_labels)
            accuracy = 100 * fitted.score(test, test_labels)
            print(f"{name:20} seed {seed}: accuracy {accuracy:.1f} %, {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
