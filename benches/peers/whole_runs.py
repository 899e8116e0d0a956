#!/usr/bin/env python3
"""Times the whole runs of whole.py, from the start of the process to the accuracy of two models:

    benches/peers/whole_runs.py                                     # 10,000 generated reviews, 1,000 words
    benches/peers/whole_runs.py --train train.csv --test test.csv --vocabulary 20000

wengert reads the same two files as the others: generated reviews are written first.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

from programs import HERE, KEEP_MEMORY, PYTHON, cargo, cores_to_run_on, install_python, processor, run


def main():
    options = parse_options()
    install_python()
    command = ["cargo", "build", "--release", "--package", "wengert-cli", "--bin", "wengert"]
    wengert = cargo(command, HERE.parent.parent, {})["wengert"]
    cores = cores_to_run_on(1)
    with tempfile.TemporaryDirectory() as folder:
        train, test = options.train, options.test
        if not train:
            run([wengert, "train", "--epochs", "1", "--export", folder], cores, {})
            train, test = Path(folder) / "train.csv", Path(folder) / "test.csv"
        files = ["--train", train, "--test", test, "--vocab", options.vocabulary]
        of_peers = [train, test, options.vocabulary]
        programs = {
            "wengert": ([wengert, "train", *files], {}),
            "PyTorch": ([PYTHON, HERE / "whole_pytorch.py", *of_peers], KEEP_MEMORY),
            "Keras": ([PYTHON, HERE / "whole_keras.py", *of_peers], KEEP_MEMORY),
        }
        seconds, reached = {}, {}
        for _ in range(options.rounds):
            for name, (command, environment) in programs.items():
                printed, usage = run(command, cores, environment)
                reached[name] = accuracies(printed)
                if len(reached[name]) != 2:
                    sys.exit(f"error: {name} has not printed the accuracies of two models")
                seconds.setdefault(name, []).append(usage.ru_utime + usage.ru_stime)
    print(f"{processor()}, one core; processor time, best of {options.rounds} rounds\n")
    print("| program | seconds | accuracy with ReLU, with SwiGLU |\n|---|---:|---:|")
    for name, times in seconds.items():
        print(f"| {name} | {min(times):.1f} | {', '.join(reached[name])} |")


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", metavar="FILE", help="a CSV file with the columns text and label")
    parser.add_argument("--test", metavar="FILE")
    parser.add_argument("--vocabulary", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if bool(options.train) != bool(options.test):
        parser.error("--train and --test go together")
    return options


def accuracies(printed):
    """The accuracy of each model, in the order in which all programs train them."""
    return re.findall(r"^(?:ReLU|SwiGLU)\s+([\d.]+)", printed, re.MULTILINE | re.IGNORECASE)


if __name__ == "__main__":
    main()
