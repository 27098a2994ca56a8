# SPDX-License-Identifier: GPL-2.0-only
"""Runs the functional tests on each stack and compares the stacks."""

import re
import shutil
import tempfile
import time
from pathlib import Path

import accel
import boot
import compare
import initramfs
import results
import verdict
from lab import HERE, say

STACKS = ("c-c", "c-rust", "rust-rust")
DEVIATIONS = HERE.parent / "deviations.toml"

# Log directories that are kept for a look afterwards.
KEPT = 8


def run_all(lab, tally, stacks, tests):
    """Boot each stack once; record every test and every comparison."""
    if not re.fullmatch(r"[\w.*?\[\] -]*", tests):
        raise SystemExit(f"error: SUITE_TESTS={tests!r} has a character that no test name has")
    accelerator = accel.choose(lab)
    runs = new_runs(lab)
    observed, passed, known = {}, {}, set()
    for stack in stacks:
        found = run_one(lab, tally, accelerator, runs / stack, tests)
        observed[stack] = found.observations
        passed[stack] = {t.name for t in found.tests if t.ok and t.skipped is None}
        known |= {t.name for t in found.tests}
    if compare.REFERENCE not in stacks or len(stacks) < 2:
        return
    deviations = compare.load_deviations(DEVIATIONS) if DEVIATIONS.exists() else []
    for group, complaints in compare.compare(observed, passed, deviations).items():
        tally.record(f"comparison of {group}", complaints)
    if not tests:
        for entry in deviations:
            if entry["test"] not in known:
                tally.record(f"deviation {entry['id']}", [f"there is no test {entry['test']}"])


def new_runs(lab):
    """Return a new directory for this invocation's logs; a few old ones are kept."""
    top = lab.out / "runs"
    top.mkdir(parents=True, exist_ok=True)
    for old in sorted(top.iterdir())[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=top))


def run_one(lab, tally, accelerator, run, tests):
    """Boot one stack and record its tests and the guest's health."""
    stack = run.name
    run.mkdir()
    initrd = run / "initramfs.cpio"
    initrd.write_bytes(initramfs.build(lab, stack, tests))
    inside = f"/out/{run.relative_to(lab.out)}"
    command = boot.qemu(lab, accelerator, f"{inside}/{initrd.name}", inside)
    log = run / "results.log"
    seconds, stopped = boot.follow(lab, command, log, stack)
    initrd.unlink()
    found = results.parse(log.read_text(errors="replace") if log.exists() else "")
    skipped = 0
    for test in found.tests:
        if test.skipped is not None:
            skipped += 1
            say(f"skipped {test.name} on {stack}: {test.skipped}")
        else:
            tally.record(f"{test.name} on {stack}", [] if test.ok else test.notes or ["not ok"])
    complaints = ([stopped] if stopped else []) + verdict.faults(found, stack)
    if not found.ended:
        console = run / "console.log"
        tail = console.read_text(errors="replace").splitlines()[-15:] if console.exists() else []
        complaints += [f"console: {line}" for line in tail]
    tally.record(f"health of {stack}", complaints)
    good = sum(t.ok for t in found.tests) - skipped
    say(f"{stack}: {good} of {len(found.tests)} tests ok, {skipped} skipped, "
        f"{seconds:.0f}s ({accelerator}); logs in {run}")
    return found
