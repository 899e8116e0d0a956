#!/usr/bin/env python3
"""Measures how a training step grows, with wengert on both instruction sets, PyTorch and JAX, and draws it:

    benches/peers/growth.py                       # measures; then writes growth.json and growth.svg in benches/
    benches/peers/growth.py --only batch,depth --rounds 1 --output /tmp/growth
    benches/peers/growth.py --draw                # growth.svg again from growth.json

The series are those of benches/workloads/growing.rs. All programs take turns at each series, on one core.
"""

import argparse
import datetime
import json
import re
import sys
from math import log2
from pathlib import Path

from growth_drawing import drawing
from programs import HERE, KEEP_MEMORY, PYTHON, build_ours, conditions, cores_to_run_on, has_avx512
from programs import install_python, measure

SIZES = {
    "batch": [1, 4, 16, 64, 256, 1024, 4096],
    "width": [16, 32, 64, 128, 256, 512, 1024, 2048],
    "depth": [1, 2, 4, 8, 16, 32, 64],
    "tape": [10, 100, 1000, 10_000, 100_000],
    "vocabulary": [1000, 4000, 16_000, 64_000, 256_000, 1_000_000],
    "sequence": [16, 32, 64, 128, 256, 512, 1024],
}


def main():
    options = parse_options()
    measured, drawn = (options.output.with_suffix(suffix) for suffix in [".json", ".svg"])
    if not options.draw:
        found = {
            "conditions": conditions(threads=1, avx512=True),
            "date": datetime.date.today().isoformat(),
            "samples": all_samples(options.only, options.rounds),
        }
        measured.write_text(as_json(found))
    try:
        found = json.loads(measured.read_text())
        drawn.write_text(drawing(found))
    except (OSError, ValueError, KeyError) as error:
        print(f"error: {measured}: {error!r}: give the --output of an earlier run", file=sys.stderr)
        sys.exit(2)
    print_slopes(found["samples"])


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=2, help="how often each program runs")
    parser.add_argument("--only", type=series, default=list(SIZES), help="series, such as batch,tape")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="PATH",
        default=HERE.parent / "growth",
        help="writes PATH.json and PATH.svg",
    )
    parser.add_argument("--draw", action="store_true", help="measures nothing: reads PATH.json")
    return parser.parse_args()


def series(text):
    for name in text.split(","):
        if name not in SIZES:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(SIZES)}")
    return text.split(",")


def all_samples(wanted, rounds):
    """Microseconds of every sample, by series, program and size."""
    programs, (core,) = build(), cores_to_run_on(1)
    samples = {}
    for number in range(rounds):
        for name in wanted:
            workloads = [f"{name}_{size}" for size in SIZES[name]]
            for label, (command, environment) in programs.items():
                print(f"round {number + 1}/{rounds}: {name}, {label}", file=sys.stderr, flush=True)
                for workload, times in measure([*command, *workloads], [core], environment).items():
                    size = workload.removeprefix(name + "_")
                    of_program = samples.setdefault(name, {}).setdefault(label, {})
                    of_program.setdefault(size, []).extend(times)
    return samples


def build():
    """The command of each program, and what it wants in its environment."""
    install_python()
    programs = {"wengert": ([build_ours(avx512=True)["steps"]], {})}
    if has_avx512():
        programs["wengert, AVX2"] = ([build_ours(avx512=False)["steps"]], {})
    for label, name in {"PyTorch": "pytorch.py", "JAX": "jax_jit.py"}.items():
        programs[label] = ([PYTHON, HERE / name], KEEP_MEMORY)
    return programs


def as_json(found):
    """JSON with the samples of a size in one line: short enough to be committed."""
    in_lines = json.dumps(found, indent=1)
    return re.sub(r"\[[^\]]*\]", lambda numbers: re.sub(r"\s+", " ", numbers[0]), in_lines) + "\n"


def print_slopes(samples):
    """The times, and how much each grows for a doubling of the size."""
    for name, of_program in samples.items():
        print(f"\n{name}: microseconds, best of all samples, and by how much a doubling multiplies them")
        for label, times in of_program.items():
            best = [(int(size), min(of_size)) for size, of_size in times.items()]
            cells = [f"{size} {best_time:,.1f}" for size, best_time in best]
            for place, ((size, time), (larger, longer)) in enumerate(zip(best, best[1:]), 1):
                cells[place] += f" (×{(longer / time) ** (1 / log2(larger / size)):.2f})"
            print(f"    {label:<14} {'  '.join(cells)}")


if __name__ == "__main__":
    main()
