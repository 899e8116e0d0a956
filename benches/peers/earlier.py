"""Compares a run's ratios with an earlier run's, and tells a fall from noise.

A ratio is the median time of the fastest peer over ours: above 1 we are faster. An absolute time says
little on a machine that other people share; the ratio of two programs in one run says more.

Each ratio has an interval of 95 %: the medians are computed again from rounds drawn with replacement, and
from samples drawn within each (Efron 1979), since the samples of a round share a process. A ratio has
fallen if its whole interval is below the earlier one. More rounds make the intervals narrower.
"""

import json
import random
import statistics

DRAWS = 1000
SAMPLES = 5  # of a round, as measure.py and benches/steps/measure.rs take them


def read(path):
    """The samples of a file of `run --json`, by workload and program, and what it says of the machine."""
    found = json.loads(path.read_text())
    return found["samples"], found.get("conditions", {})


def times_of_peers(of_program, ours):
    """The samples of each program but ours."""
    return {label: times for label, times in of_program.items() if label != ours and times}


def ratio(peers, own):
    return min(map(statistics.median, peers.values())) / statistics.median(own)


def interval(peers, own, rng):
    """The interval that holds 95 % of the ratios of redrawn samples."""

    def redrawn(times):
        rounds = [times[start : start + SAMPLES] for start in range(0, len(times), SAMPLES)]
        drawn = rng.choices(rounds, k=len(rounds))
        return [time for of_round in drawn for time in rng.choices(of_round, k=len(of_round))]

    ratios = sorted(
        ratio({label: redrawn(times) for label, times in peers.items()}, redrawn(own))
        for _ in range(DRAWS)
    )
    return ratios[DRAWS // 40], ratios[-1 - DRAWS // 40]


def compare(before, now, ours):
    """A line for each workload of the earlier run: the ratio then and now with their intervals, by the
    programs that both runs have, and `True` if it has fallen. Without a ratio now the line is the name
    alone."""
    rng = random.Random(0)
    for workload, old in before.items():
        new = now.get(workload, {})
        old_peers, new_peers = times_of_peers(old, ours), times_of_peers(new, ours)
        common = [label for label in old_peers if label in new_peers]
        if not common or not old.get(ours) or not new.get(ours):
            yield (workload,)
            continue
        line = [workload]
        for peers, own in [(old_peers, old[ours]), (new_peers, new[ours])]:
            peers = {label: peers[label] for label in common}
            line.append((ratio(peers, own), *interval(peers, own, rng)))
        yield (*line, line[2][2] < line[1][1])
