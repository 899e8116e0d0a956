"""The work of benches/reading.rs in pandas, Polars, Keras and Hugging Face's tokenizers, on one core:

    cargo bench --bench reading -- 500 /tmp/reading.csv
    pip install pandas polars tokenizers
    RAYON_NUM_THREADS=1 POLARS_MAX_THREADS=1 taskset -c 0 python reading.py /tmp/reading.csv
"""

import os
import sys
import time
from pathlib import Path

import pandas
import polars
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.trainers import WordLevelTrainer

RUNS = 5


def timed(what, size, run):
    """Prints the best rate of several runs, and returns the last result."""
    best = float("inf")
    for _ in range(RUNS):
        start = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - start)
    print(f"{what:<36} {size / 1e6 / best:>6.0f} MB/s", flush=True)
    return result


def hugging_face(texts):
    tokenizer = Tokenizer(WordLevel(unk_token="<oov>"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    trainer = WordLevelTrainer(vocab_size=20_000, special_tokens=["<oov>"], show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def keras_vectorization(texts):
    from keras.layers import TextVectorization

    layer = TextVectorization(max_tokens=20_000)
    layer.adapt(texts, batch_size=1024)
    return layer


path = Path(sys.argv[1])
size = path.stat().st_size
timed("pandas: read_csv", size, lambda: pandas.read_csv(path))
timed("Polars: read_csv", size, lambda: polars.read_csv(path))
texts = pandas.read_csv(path)["text"].tolist()
size = sum(len(text) for text in texts)
tokenizer = timed("Hugging Face: train", size, lambda: hugging_face(texts))
timed("Hugging Face: encode_batch", size, lambda: tokenizer.encode_batch_fast(texts))
if os.environ.get("KERAS_BACKEND"):
    layer = timed("Keras: TextVectorization.adapt", size, lambda: keras_vectorization(texts))
    parts = [texts[start : start + 10_000] for start in range(0, len(texts), 10_000)]
    timed("Keras: TextVectorization", size, lambda: [layer(part) for part in parts])
