# SPDX-License-Identifier: GPL-2.0-only
"""Runs the functional tests on each stack and compares the stacks."""

import os
import re
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import accel
import boot
import compare
import initramfs
import results
import verdict
from lab import HERE, say

STACKS = tuple(initramfs.REPLACED)
DEVIATIONS = HERE.parent / "deviations.toml"

# Log directories that are kept for a look afterwards.
KEPT = 8


def run_all(lab, tally, stacks, tests):
    """Boot each stack once; record every test and every comparison."""
    if not re.fullmatch(r"[\w.*?\[\] -]*", tests):
        raise SystemExit(f"error: SUITE_TESTS={tests!r} has a character that no test name has")
    accelerator = accel.choose(lab)
    runs = new_runs(lab)
    initramfs.base(lab)
    observed, passed, known = {}, {}, set()
    # A guest keeps little more than one processor busy.
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        guests = {s: pool.submit(run_one, lab, accelerator, runs / s, tests) for s in stacks}
    for stack, guest in guests.items():
        found, complaints = guest.result()
        record(tally, stack, found, complaints)
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


def run_one(lab, accelerator, run, tests):
    """Boot one stack; return its results and what is wrong with the run itself."""
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
    complaints = ([stopped] if stopped else []) + verdict.faults(found, stack)
    if not found.ended:
        console = run / "console.log"
        tail = console.read_text(errors="replace").splitlines()[-15:] if console.exists() else []
        complaints += [f"console: {line}" for line in tail]
    skipped = sum(t.skipped is not None for t in found.tests)
    good = sum(t.ok for t in found.tests) - skipped
    say(f"{stack}: {good} of {len(found.tests)} tests ok, {skipped} skipped, "
        f"{seconds:.0f}s ({accelerator}); logs in {run}")
    return found, complaints


def record(tally, stack, found, complaints):
    """Count the tests of a stack and the health of its run."""
    for test in found.tests:
        if test.skipped is not None:
            say(f"skipped {test.name} on {stack}: {test.skipped}")
        else:
            tally.record(f"{test.name} on {stack}", [] if test.ok else test.notes or ["not ok"])
    tally.record(f"health of {stack}", complaints)
