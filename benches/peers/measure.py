"""What the Python peers share: options, data, and the measuring loop.

A program prints `workload microseconds` lines, one for each sample. The loop is that of
benches/steps/measure.rs.
"""

import argparse
import time

import numpy

WARM_UP = 0.5  # seconds, and at least three steps
SAMPLES = 5
SAMPLE = 0.1  # seconds, and at least one step

BATCH, LONGEST, DIM, CLASSES = 32, 100, 128, 8
VOCABULARY, LARGE_VOCABULARY, RAGGED_VOCABULARY = 1_000, 50_000, 20_000
LONGEST_RAGGED = 1_000


def options(*flags):
    parser = argparse.ArgumentParser()
    parser.add_argument("workloads", nargs="*", help="all of the program's when none is named")
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    return parser.parse_args()


def measure_all(workloads, wanted, finish=lambda result: None):
    """Measures the wanted workloads, or all if `wanted` is empty.

    `workloads` maps a name to a function that makes a step.

    `finish` waits for a step's result, where a framework computes in the background.
    """
    for name, make in workloads.items():
        if not wanted or name in wanted:
            print_samples(name, make(), finish)


def measure_growing(series, wanted, finish=lambda result: None):
    """The same for the names in `wanted` that are a series and a size, such as `batch_64`."""
    for name in wanted:
        of_series, _, size = name.partition("_")
        if of_series in series and size.isdigit():
            print_samples(name, series[of_series](int(size)), finish)


def print_samples(name, step, finish):
    for seconds in samples(step, finish):
        print(f"{name} {1e6 * seconds:.3f}", flush=True)


def samples(step, finish):
    """The seconds that a step takes, once for each sample."""

    def seconds_for(steps):
        start = time.perf_counter()
        for _ in range(steps):
            result = step()
        finish(result)
        return time.perf_counter() - start

    seconds_for(2)  # Traces, compiles, allocates.
    done, elapsed = 0, 0.0
    while elapsed < WARM_UP or done < 3:
        elapsed += seconds_for(1)
        done += 1
    steps = max(1, round(SAMPLE * done / elapsed))
    for _ in range(SAMPLES):
        yield seconds_for(steps) / steps


def normal(*shape):
    return numpy.random.default_rng(1).standard_normal(shape, "float32")


def table():
    """Features [32, 10] and targets [32, 1] of `mlp`."""
    targets = numpy.random.default_rng(2).integers(2, size=(BATCH, 1))
    return normal(BATCH, 10), targets.astype("float32")


def texts(batch=BATCH, vocabulary=VOCABULARY, seed=3):
    """Token ids [batch, 100], 20 to 100 of them followed by padding 0, and labels [batch]."""
    rng = numpy.random.default_rng(seed)
    ids = rng.integers(1, vocabulary, size=(batch, LONGEST))
    lengths = rng.integers(20, LONGEST + 1, size=(batch, 1))
    return numpy.where(numpy.arange(LONGEST) < lengths, ids, 0), numpy.arange(batch) % CLASSES


def zipf_texts(vocabulary, seed):
    """Token ids [32, 100] as `texts`, but by Zipf's law: few words are frequent and most are rare."""
    rng = numpy.random.default_rng(seed)
    ids = zipf(vocabulary, rng.random((BATCH, LONGEST)))
    lengths = rng.integers(20, LONGEST + 1, size=(BATCH, 1))
    return numpy.where(numpy.arange(LONGEST) < lengths, ids, 0)


def zipf(vocabulary, uniform):
    """Words from 1 to below `vocabulary`, their frequencies as 1 / word, from numbers in [0, 1)."""
    weights = 1 / numpy.arange(1, vocabulary)
    shares = numpy.cumsum(weights / weights.sum())
    return numpy.searchsorted(shares, uniform).clip(0, shares.size - 1) + 1


def ragged_texts(seed):
    """A batch of `text_ragged`: a list of arrays of token ids, without padding."""
    rng = numpy.random.default_rng(seed)
    # The mean of a log-normal distribution is e^(μ + σ²/2).
    lengths = rng.lognormal(numpy.log(100) - 0.5, 1.0, size=BATCH).astype(int)
    draw = lambda length: zipf(RAGGED_VOCABULARY, rng.random(length))
    return [draw(length) for length in lengths.clip(1, LONGEST_RAGGED)]
