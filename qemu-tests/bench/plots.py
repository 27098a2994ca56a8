#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Draws the results of `make bench`:  plots.py RESULTS.json DIRECTORY

growth.svg has costs against the number of objects, scaling.svg what a second
processor brings.
"""

import json
import math
import sys
from pathlib import Path

from figures import series, short

COLOURS = {"c": "#b5541c", "rust": "#1c5fb5"}
NAMES = {"c": "C", "rust": "Rust"}
WIDTH, HEIGHT = 340, 260
LEFT, RIGHT, TOP, BOTTOM = 62, 28, 30, 34

GROWTH = [("add.prefix", "add all objects"), ("delete.newest", "delete all, the newest first"),
          ("get.last", "get the last object"), ("rule.last", "rule on the last object"),
          ("dump.8k", "dump, 8 KiB reads"), ("dump.reset", "dump with reset, 32 KiB reads")]
SCALING = [("plain", "no quota"), ("far", "byte quota far"), ("over", "over byte quota")]


def text(x, y, content, anchor="middle", size=11, colour="#333"):
    """Return a text element."""
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'fill="{colour}">{content}</text>')


def line(x1, y1, x2, y2, colour="#ccc"):
    """Return a thin line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def document(width, height, parts):
    """Return a whole drawing."""
    return ("<!-- SPDX-License-Identifier: GPL-2.0-only -->\n"
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="sans-serif">\n'
            f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n")


def decades(values):
    """Return the powers of ten that enclose the values."""
    return range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)


def panel(title, curves, left, top):
    """Return one panel: curves are {implementation: {size: cost}}, axes logarithmic."""
    sizes = decades([s for points in curves.values() for s in points])
    costs = decades([c for points in curves.values() for c in points.values()])

    def place(size, cost):
        across = (math.log10(size) - sizes[0]) / max(1, sizes[-1] - sizes[0])
        up = (math.log10(cost) - costs[0]) / max(1, costs[-1] - costs[0])
        return (left + LEFT + across * (WIDTH - LEFT - RIGHT),
                top + HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))

    parts = [text(left + WIDTH / 2, top + 18, title, size=13)]
    for power in costs:
        x, y = place(10 ** sizes[0], 10 ** power)
        parts += [line(x, y, left + WIDTH - RIGHT, y), text(x - 6, y + 4, short(10 ** power), "end")]
    for power in sizes:
        x, y = place(10 ** power, 10 ** costs[0])
        parts += [line(x, top + TOP, x, y), text(x, y + 16, f"{10 ** power:,}")]
    for implementation, points in curves.items():
        colour = COLOURS[implementation]
        at = [place(size, cost) for size, cost in points.items()]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in at]
        if at:
            parts.append(text(at[-1][0] - 4, at[-1][1] - 8, NAMES[implementation], "end", 12, colour))
    return parts


def growth(results):
    """Draw costs against the number of objects."""
    parts = []
    for index, (prefix, title) in enumerate(GROWTH):
        curves = {name: series(results[name], prefix) for name in NAMES}
        parts += panel(title, curves, index % 2 * WIDTH, index // 2 * HEIGHT)
    rows = (len(GROWTH) + 1) // 2
    foot = rows * HEIGHT + 16
    parts.append(text(WIDTH, foot, "instructions against objects in the table, both axes logarithmic"))
    return document(2 * WIDTH, foot + 12, parts)


def scaling(results):
    """Draw the throughput of two processors, in that of one."""
    base, height, step, bar = 250, 100, 110, 18
    left = 50
    width = left + 2 * len(SCALING) * step + 20
    parts = [text(width / 2, 20, "throughput of two processors, one alone = 1", size=13)]
    for value in (0, 0.5, 1, 1.5, 2):
        y = base - value * height
        parts += [line(left, y, width - 20, y), text(left - 6, y + 4, f"{value:g}", "end")]
    for row, (way, where) in enumerate((("shared", "one object"), ("apart", "two objects"))):
        for column, (kind, title) in enumerate(SCALING):
            middle = left + (row * len(SCALING) + column + 0.5) * step
            parts += [text(middle, base + 18, title), text(middle, base + 33, where, colour="#777")]
            for side, name in ((-1, "c"), (1, "rust")):
                value = results[name][f"scaling.{kind}.{way}"]
                x = middle + side * (bar / 2 + 2) - bar / 2
                parts.append(f'<rect x="{x:.1f}" y="{base - value * height:.1f}" width="{bar}" '
                             f'height="{value * height:.1f}" fill="{COLOURS[name]}"/>')
                parts.append(text(x + bar / 2, base - value * height - 4, f"{value:.2f}", size=9))
    parts += [text(width - 120, 20, "C", "start", 12, COLOURS["c"]),
              text(width - 90, 20, "Rust", "start", 12, COLOURS["rust"])]
    return document(width, base + 45, parts)


def main():
    """Draw both."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    results = json.loads(Path(sys.argv[1]).read_text())
    for name, draw in (("growth.svg", growth), ("scaling.svg", scaling)):
        (Path(sys.argv[2]) / name).write_text(draw(results))


if __name__ == "__main__":
    main()
