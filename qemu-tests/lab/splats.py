# SPDX-License-Identifier: GPL-2.0-only
"""Finds lines in a kernel log that a healthy run does not have."""

import re
from pathlib import Path

LISTS = Path(__file__).resolve().parent


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
    return [line for line in log
            if any(p.search(line) for p in denied) and not any(p.search(line) for p in allowed)]
