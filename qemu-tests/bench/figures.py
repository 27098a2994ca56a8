# SPDX-License-Identifier: GPL-2.0-only
"""What follows from measured figures, the limits, and the verdict."""

import math
import statistics
import tomllib
from dataclasses import dataclass
from pathlib import Path

LIMITS = Path(__file__).resolve().parent / "limits.toml"

# Below this many objects the fixed part of a request decides.
EXPONENT_FROM = 3000
# Processors of the guest that memory is measured in.
CPUS = 2


@dataclass
class Limit:
    """One entry of the file of limits."""

    figure: str
    what: str
    check: bool = False
    most: float | None = None
    least: float | None = None
    of_c: float | None = None
    goal: float | None = None

    def __post_init__(self):
        if [self.most, self.least, self.of_c].count(None) != 2:
            raise ValueError(f"{self.figure}: exactly one of most, least, of_c is needed")

    def bound(self):
        """Return the bound as text."""
        if self.most is not None:
            return f"≤ {short(self.most)}"
        return f"≥ {short(self.least)}" if self.least is not None else f"≤ {short(self.of_c)}x C"

    def complaint(self, c, rust):
        """Return why the figures break the limit, or None."""
        value = rust.get(self.figure)
        if value is None:
            return f"{self.figure} was not measured"
        if self.of_c is not None:
            if not c.get(self.figure):
                return f"{self.figure} of the C modules was not measured"
            value = value / c[self.figure]
        if not math.isfinite(value):
            return f"{self.figure} is {value}"
        high = self.most if self.most is not None else self.of_c
        if high is not None and value > high or self.least is not None and value < self.least:
            return f"{self.figure} is {short(value)}{' of C' if self.of_c else ''}, the limit {self.bound()}"
        return None


def load(path=LIMITS):
    """Read the limits."""
    with open(path, "rb") as file:
        return [Limit(**entry) for entry in tomllib.load(file)["limit"]]


def judge(limits, c, rust):
    """Return what is wrong; a figure that is missing is wrong."""
    if not limits:
        return ["there is no limit"]
    return [text for text in (limit.complaint(c, rust) for limit in limits) if text]


def settle(raw):
    """Return the median of what was measured repeatedly, and what follows from it."""
    out = {name: statistics.median(values) for name, values in raw.items()}
    derive(out, "add.exponent", exponent(series(out, "add.prefix"), EXPONENT_FROM))
    derive(out, "dump.exponent", exponent(series(out, "dump.8k"), 0))
    for size in series(out, "get.last"):
        first = out.get(f"get.first.{size}")
        derive(out, f"get.last-of-first.{size}", out[f"get.last.{size}"] / first if first else None)
    if "memory.plain.percpu" in out:
        for kind in ("plain", "quota"):
            out[f"memory.{kind}.percpu-each"] = out[f"memory.{kind}.percpu"] / CPUS
    for name in [n for n in out if n.endswith((".locked", ".loads", ".stores"))]:
        out[name] /= out[name.rpartition(".")[0] + ".calls"]
    return out


def derive(out, name, value):
    """Note a figure that follows from others, if these were there."""
    if value is not None:
        out[name] = value


def series(values, prefix):
    """Return {size: value} of the figures PREFIX.SIZE."""
    found = {}
    for name, value in values.items():
        head, _, tail = name.rpartition(".")
        if head == prefix and tail.isdigit():
            found[int(tail)] = value
    return dict(sorted(found.items()))


def exponent(points, least_size):
    """Return the slope of the line through the points on logarithmic axes."""
    chosen = [(math.log(size), math.log(value)) for size, value in points.items()
              if size >= least_size and value > 0]
    if len(chosen) < 2:
        return None
    return statistics.linear_regression(*zip(*chosen)).slope


def short(value):
    """Return a number as people write it."""
    if value is None:
        return "-"
    for power, unit in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if abs(value) >= power:
            scaled = value / (1e3 if unit == " k" else power)
            return f"{scaled:,.1f}{unit}" if scaled < 1000 else f"{scaled:,.0f}{unit}"
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
