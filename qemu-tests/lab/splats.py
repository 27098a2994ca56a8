# SPDX-License-Identifier: GPL-2.0-only
"""Finds lines in a kernel log that a healthy run does not have."""

import re
from pathlib import Path

LISTS = Path(__file__).resolve().parent

# What the kernel says, with a stack, when a test fills its memory control group
# with objects, for only a process that must not be killed is in it; and when a
# test makes the small allocation fail that x_tables' counters begin with.
PROVOKED = re.compile(r"guest-tests invoked oom-killer: .*GFP_KERNEL_ACCOUNT.* oom_score_adj=-1000$"
                      r"|guest-tests: vmalloc error: size \d+, vm_struct allocation failed,")
PROVOKED_END = "</TASK>"

# It ends at the latest where something else is reported, or when it grows too long.
OTHER = re.compile(r"\b(KASAN|UBSAN|KFENCE|BUG|WARNING|INFO|Oops)\b")
PROVOKED_LINES = 120


def patterns(path):
    """Read a list of regular expressions; '#' starts a comment line.

    In the allow list every pattern must have its reason in the comment above it.
    """
    out = []
    reason = False
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            reason = True
        elif not line.strip():
            reason = False
        else:
            if path.name == "dmesg-allow" and not reason:
                raise ValueError(f"{path.name}: no reason given for {line!r}")
            out.append(re.compile(line))
    return out


def find(log, deny=LISTS / "dmesg-deny", allow=LISTS / "dmesg-allow"):
    """Return the denied lines of a log, except the allowed ones."""
    denied, allowed = patterns(deny), patterns(allow)
    return [line for line in unprovoked(log)
            if any(p.search(line) for p in denied) and not any(p.search(line) for p in allowed)]


def unprovoked(log):
    """Return the lines of a log without the reports that a test asked for."""
    out, left = [], 0
    for line in log:
        if PROVOKED.search(line):
            left = PROVOKED_LINES
        elif OTHER.search(line):
            left = 0
        if not left:
            out.append(line)
        left = 0 if PROVOKED_END in line else max(0, left - 1)
    return out
