# SPDX-License-Identifier: GPL-2.0-only
"""Reads what a guest wrote on its results port (see guest-init)."""

import re
from dataclasses import dataclass, field

RESULT = re.compile(r"^(ok|not ok) (\d+) - (\S+)(?: # SKIP ?(.*))?$")
PLAN = re.compile(r"^1\.\.(\d+)")


@dataclass
class Test:
    """One test: its verdict and what it said before it."""

    name: str
    ok: bool
    skipped: str | None
    notes: list


@dataclass
class Results:
    """Everything a run reported."""

    version: bool = False
    plan: int | None = None
    bailed: str | None = None
    tests: list = field(default_factory=list)
    numbers: list = field(default_factory=list)
    observations: dict = field(default_factory=dict)
    twice: list = field(default_factory=list)
    health: dict = field(default_factory=dict)
    leaks: list = field(default_factory=list)
    dmesg: list = field(default_factory=list)
    ended: bool = False


def parse(text):
    """Parse a results stream; what is missing stays at its default."""
    out = Results()
    notes = []
    # A line without its end may be half a line.
    for line in text[:text.rfind("\n") + 1].splitlines():
        match = RESULT.match(line)
        if match:
            word, number, name, skipped = match.groups()
            out.tests.append(Test(name, word == "ok", skipped, notes))
            out.numbers.append(int(number))
            notes = []
        elif line.startswith("#obs "):
            observe(out, line)
        elif line.startswith("#health "):
            key, _, value = line[len("#health "):].partition(" ")
            out.health[key] = value
        elif line.startswith("#leak "):
            out.leaks.append(line[len("#leak "):])
        elif line == "#dmesg begin":
            out.dmesg = []
        elif line.startswith("#dmesg "):
            out.dmesg.append(line[len("#dmesg "):])
        elif line == "#end":
            out.ended = True
        elif line == "KTAP version 1":
            out.version = True
        elif line.startswith("Bail out!"):
            out.bailed = line
        elif PLAN.match(line) and out.plan is None:
            out.plan = int(PLAN.match(line)[1])
        elif line:
            notes.append(line)
    return out


def observe(out, line):
    """Note an observation; the same step must not be observed twice."""
    parts = line.split(" ", 3)
    key = (parts[1], parts[2] if len(parts) > 2 else "")
    if key in out.observations:
        out.twice.append(key)
    out.observations[key] = parts[3] if len(parts) > 3 else ""
