# SPDX-License-Identifier: GPL-2.0-only
"""Compares what the stacks observed; only declared differences may differ."""

import re
import tomllib
from fnmatch import fnmatchcase

REFERENCE = "c-c"
KEYS = {"id", "test", "step", "stacks", "c", "rust", "reason"}


def load_deviations(path):
    """Read deviations.toml and refuse entries that are not complete."""
    with open(path, "rb") as file:
        entries = tomllib.load(file).get("deviation", [])
    for entry in entries:
        if set(entry) - {"kernel"} != KEYS or entry.get("kernel", "debug") != "debug":
            raise ValueError(f"deviation {entry.get('id')}: needs exactly {sorted(KEYS)}, and may have kernel = \"debug\"")
        if not str(entry["reason"]).strip():
            raise ValueError(f"deviation {entry['id']}: no reason")
        if REFERENCE in entry["stacks"] or not entry["stacks"]:
            raise ValueError(f"deviation {entry['id']}: bad stacks")
    ids = [entry["id"] for entry in entries]
    if len(ids) != len(set(ids)):
        raise ValueError("two deviations have the same id")
    return entries


def compare(observed, tests, deviations):
    """Compare stacks; return {group name: [complaints]}.

    observed: {stack: {(test, step): value}}, with the reference among them
    tests: {stack: names of the tests that were run and passed there}
    A group is a test, or a deviation entry ("deviation ID").
    """
    reference = observed[REFERENCE]
    stacks = [s for s in observed if s != REFERENCE]
    common = set.intersection(*(set(names) for names in tests.values()))
    groups = {test: [] for test, _ in sorted(reference) if test in common}
    matched = {}
    for stack in stacks:
        for key in sorted(set(reference) | set(observed[stack])):
            test, step = key
            if test not in common:
                continue
            entry = find(deviations, test, step, stack)
            if entry is not None:
                matched.setdefault(entry["id"], set()).add(stack)
                complaint = judge(entry, key, stack, reference.get(key), observed[stack].get(key))
                if complaint:
                    groups.setdefault(f"deviation {entry['id']}", []).append(complaint)
                else:
                    groups.setdefault(f"deviation {entry['id']}", [])
            elif reference.get(key) != observed[stack].get(key):
                groups.setdefault(test, []).append(
                    f"{step}: {REFERENCE} {show(reference.get(key))}, "
                    f"{stack} {show(observed[stack].get(key))}")
    for entry in deviations:
        missing = set(entry["stacks"]) & set(stacks) - matched.get(entry["id"], set())
        if missing and entry["test"] in common:
            groups.setdefault(f"deviation {entry['id']}", []).append(
                f"no such step in {entry['test']}: {entry['step']}")
    return groups


def across(reference, observed, tests, steps):
    """Compare a guest with the reference on another kernel; return complaints.

    Only the steps of the tests that match are compared, and no more of them than
    the guest has observed: the reference may have gone on for longer.
    """
    chosen = [key for key in sorted(observed) if fnmatchcase(key[0], tests) and fnmatchcase(key[1], steps)]
    if not chosen:
        return [f"no step {steps} of {tests} was observed"]
    return [f"{test} {step}: {REFERENCE} {show(reference.get((test, step)))}, here {show(observed[test, step])}"
            for test, step in chosen if reference.get((test, step)) != observed[test, step]]


def find(deviations, test, step, stack):
    """Return the entry that speaks about this step on this stack."""
    for entry in deviations:
        if entry["test"] == test and stack in entry["stacks"] and fnmatchcase(step, entry["step"]):
            return entry
    return None


def judge(entry, key, stack, theirs, ours):
    """Return what is wrong with a declared difference, or None."""
    if theirs is None or ours is None:
        return f"{key[1]}: not observed on {REFERENCE if theirs is None else stack}"
    if theirs == ours:
        return f"{key[1]}: the difference is gone, {stack} also has {show(ours)}"
    if not re.fullmatch(entry["c"], theirs):
        return f"{key[1]}: {REFERENCE} has {show(theirs)}, expected {entry['c']!r}"
    if not re.fullmatch(entry["rust"], ours):
        return f"{key[1]}: {stack} has {show(ours)}, expected {entry['rust']!r}"
    return None


def show(value):
    """Return a value for a message."""
    return "nothing" if value is None else repr(value)
