"""Draws what growth.py has measured: a panel for each series, both axes logarithmic, as SVG.

Colors are of medium lightness, and text changes with the reader's scheme, so that the picture reads on
light and on dark pages. The same figures give the same file.
"""

from math import ceil, floor, log10

COLORS = {
    "wengert": "#d9480f",
    "wengert, AVX2": "#d9480f",
    "PyTorch": "#4c6ef5",
    "JAX": "#2b9348",
}
DASHED = {"wengert, AVX2"}

# What is in the title of a panel, and under its axis.
TITLES = {
    "batch": ("Batch: 2 layers of 64", "samples in a step"),
    "width": ("Width: 2 layers, batch of 32", "features of a layer"),
    "depth": ("Depth: width 64, batch of 32", "layers"),
    "tape": ("Tape: single numbers, without an update", "operations"),
    "vocabulary": ("Vocabulary: text classifier, batch of 32", "words, by Zipf’s law"),
    "sequence": ("Sequence: language model, one text", "tokens of the text"),
}

COLUMNS = 2
PANEL, GAP, TOP, BOTTOM = (440, 290), 20, 10, 44
# Of the plot in its panel: left, top, right, bottom.
MARGINS = (56, 30, 106, 44)
LABEL_HEIGHT = 14
# By how much the axis of times goes beyond the least and the greatest.
ROOM = 1.5

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #4b5563 }
.title { font-weight: 600; fill: #1f2937 }
.grid { stroke: #9ca3af; stroke-opacity: 0.35 }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round }
@media (prefers-color-scheme: dark) { text { fill: #aab2bd } .title { fill: #e5e7eb } }
"""


def drawing(found):
    """The picture, as text."""
    panels = [name for name in TITLES if name in found["samples"]]
    rows = ceil(len(panels) / COLUMNS)
    width = COLUMNS * PANEL[0] + (COLUMNS - 1) * GAP
    height = TOP + rows * (PANEL[1] + GAP) + BOTTOM - GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">',
        "<title>How a training step grows</title>",
        f"<style>{STYLE}</style>",
    ]
    for place, name in enumerate(panels):
        x = place % COLUMNS * (PANEL[0] + GAP)
        y = TOP + place // COLUMNS * (PANEL[1] + GAP)
        parts += [f'<g transform="translate({x} {y})">', *panel(name, found["samples"][name]), "</g>"]
    for line, text in enumerate(caption(found)):
        parts.append(f'<text x="{MARGINS[0]}" y="{height - BOTTOM + 20 + 16 * line}">{text}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def caption(found):
    conditions, date = found["conditions"], found["date"]
    yield "Time of a training step, best of all samples, f32, one core; both axes logarithmic."
    yield f"{conditions['processor']}, {date}, commit {conditions['commit']}."


def panel(name, of_program):
    best = {
        label: [(int(size), min(times)) for size, times in times_of_size.items()]
        for label, times_of_size in of_program.items()
    }
    sizes = sorted({size for points in best.values() for size, _ in points})
    times = [time for points in best.values() for _, time in points]
    left, top = MARGINS[:2]
    right, bottom = PANEL[0] - MARGINS[2], PANEL[1] - MARGINS[3]
    place_x = scale(sizes[0], sizes[-1], left, right)
    least, most = min(times) / ROOM, max(times) * ROOM
    place_y = scale(least, most, bottom, top)
    title, under = TITLES[name]
    yield f'<rect class="grid" fill="none" x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"/>'
    yield f'<text class="title" x="{left}" y="16">{title}</text>'
    for size in ticks(sizes):
        x = place_x(size)
        yield line(x, top, x, bottom)
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{in_short(size)}</text>'
    middle = (left + right) / 2
    yield f'<text x="{middle:.1f}" y="{bottom + 36}" text-anchor="middle">{under}</text>'
    for power in range(ceil(log10(least)), floor(log10(most)) + 1):
        y = place_y(10**power)
        yield line(left, y, right, y)
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{time_in_short(power)}</text>'
    for label, points in best.items():
        yield from curve(label, [(place_x(size), place_y(time)) for size, time in points])
    ends = {label: place_y(points[-1][1]) for label, points in best.items()}
    for label, y in spread(ends, top, bottom).items():
        yield f'<text x="{right + 8}" y="{y + 4:.1f}" style="fill: {COLORS[label]}">{label}</text>'


def curve(label, points):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    color, dashes = COLORS[label], ' stroke-dasharray="5 4"' if label in DASHED else ""
    yield f'<polyline class="curve" stroke="{color}"{dashes} points="{path}"/>'
    if not dashes:
        for x, y in points:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{color}"/>'


def scale(least, most, start, end):
    """Where a value lies between `start` and `end`, on a logarithmic axis from `least` to `most`."""
    return lambda value: start + (end - start) * log10(value / least) / log10(most / least)


def spread(ends, top, bottom):
    """Moves the labels of curves that end side by side apart."""
    in_order = sorted(ends, key=ends.get)
    places = [ends[label] for label in in_order]
    for place in range(1, len(places)):
        places[place] = max(places[place], places[place - 1] + LABEL_HEIGHT)
    below = max(0, places[-1] - bottom)
    places[-1] -= below
    for place in range(len(places) - 2, -1, -1):
        places[place] = max(top, min(places[place], places[place + 1] - LABEL_HEIGHT))
    return dict(zip(in_order, places))


def ticks(sizes):
    """The sizes, every second one where there are many, and always the last."""
    step = 2 if len(sizes) > 6 else 1
    return sizes[::-step][::-1]


def line(x1, y1, x2, y2):
    return f'<line class="grid" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def in_short(size):
    for least, unit, letter in [(1_000_000, 1_000_000, "M"), (10_000, 1000, "k")]:
        if size >= least:
            return f"{size / unit:.3g}{letter}"
    return f"{size:,}"


def time_in_short(power):
    """A power of ten of microseconds."""
    unit = "µs" if power < 3 else "ms" if power < 6 else "s"
    return f"{10 ** (power % 3) if power >= 0 else 10**power} {unit}"
