"""What both scripts share: the folder that is exchanged, the texts, and the two commands.

The folder, the data and the commands are those of interop.rs.
"""

import sys
from pathlib import Path

import numpy

PADDING, VOCABULARY, TOPICS, LONGEST = 0, 49, 3, 12
TOLERANCE = 1e-5


def texts(count, seed):
    """Token ids [count, 12], 0 is padding, and topics [count]."""
    rng = numpy.random.default_rng(seed)
    ids = numpy.zeros((count, LONGEST), "int32")
    topics = rng.integers(TOPICS, size=count)
    for text, topic in zip(ids, topics):
        length = rng.integers(4, LONGEST + 1)
        of_word = numpy.where(rng.random(length) < 0.7, topic, rng.integers(TOPICS, size=length))
        text[:length] = 1 + 16 * of_word + rng.integers(16, size=length)
    return ids, topics


def main(name, train, run):
    """The command line: `train()` gives weights and a function from inputs to outputs; `run(weights)`
    gives that function. Both are told where the weights lie."""
    if len(sys.argv) != 3 or sys.argv[1] not in ["train", "run"]:
        sys.exit(f"usage: {sys.argv[0]} train|run FOLDER")
    folder = Path(sys.argv[2])
    weights = folder / "weights.safetensors"
    if sys.argv[1] == "train":
        folder.mkdir(parents=True, exist_ok=True)
        model = train(weights)
        inputs, topics = texts(32, seed=2)
        numpy.save(folder / "inputs.npy", inputs)
        print(f"accuracy {100 * (model(inputs).argmax(1) == topics).mean():.1f} %")
    else:
        model = run(weights)
        inputs = numpy.load(folder / "inputs.npy")
    outputs = model(inputs)
    numpy.save(folder / f"outputs.{name}.npy", outputs)
    for path in sorted(folder.glob("outputs.*.npy")) if sys.argv[1] == "run" else []:
        other = path.suffixes[0][1:]
        if other != name:
            difference = abs(numpy.load(path) - outputs).max()
            print(f"largest difference from {other}: {difference:.1e}")
            if not difference <= TOLERANCE:
                sys.exit(f"error: that is more than {TOLERANCE}: the two models are not the same")
