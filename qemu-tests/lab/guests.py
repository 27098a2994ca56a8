# SPDX-License-Identifier: GPL-2.0-only
"""Runs the functional tests on each stack and compares the stacks."""

import os
import shutil
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import accel
import boot
import compare
import initramfs
import kernels
import results
import verdict
from lab import HERE, hold, say, unused

STACKS = tuple(initramfs.REPLACED)
DEVIATIONS = HERE.parent / "deviations.toml"

# Log directories that are kept for a look afterwards.
KEPT = 8


@dataclass(frozen=True)
class Batch:
    """Guests that have been asked for: one for each stack, on one kernel."""

    kernel: kernels.Kernel
    settings: dict
    runs: dict


def pool():
    """Return what runs guests side by side: each keeps little more than one processor busy."""
    return ThreadPoolExecutor(max_workers=os.cpu_count() or 1)


def start(workers, lab, kernel, stacks, settings):
    """Ask for a guest for each stack; it boots when one of the workers is free.

    The settings TESTS and OPTIONS are what guest-tests is called with.
    """
    accelerator = accel.choose(lab)
    top = new_runs(lab)
    seconds = int(boot.TEST * kernel.slow * boot.slowness())
    inside = dict(settings, OPTIONS=f"--timeout {seconds} {settings['OPTIONS']}")
    # All at once, so that they hold the same build.
    archives = {s: initramfs.build(lab, kernel, s, inside) for s in stacks}
    return Batch(kernel, settings, {
        s: workers.submit(run_one, lab, kernel, accelerator, top / s, archive) for s, archive in archives.items()})


def outcome(tally, name, guest):
    """Wait for a guest and return what came of it; None if the lab could not run it."""
    try:
        return guest.result()
    except Exception as error:  # pylint: disable=broad-except
        tally.record(f"guest of {name}", traceback.format_exception(error)[-12:])
        return None


def finish(tally, batch):
    """Wait for the guests; record every test and every comparison; return what each stack observed."""
    observed, passed, known = {}, {}, set()
    for stack, guest in batch.runs.items():
        name = label(batch.kernel, stack)
        result = outcome(tally, name, guest)
        if not result:
            continue
        found, complaints = result
        record(tally, name, found, complaints)
        observed[stack] = found.observations
        passed[stack] = {t.name for t in found.tests if t.ok and t.skipped is None}
        known |= {t.name for t in found.tests}
    if compare.REFERENCE not in observed or len(observed) < 2:
        return observed
    deviations = compare.load_deviations(DEVIATIONS) if DEVIATIONS.exists() else []
    for group, complaints in compare.compare(observed, passed, deviations).items():
        tally.record(f"comparison of {group}", complaints)
    if not batch.settings["TESTS"]:
        for entry in deviations:
            if entry["test"] not in known and (batch.kernel.debug or "kernel" not in entry):
                tally.record(f"deviation {entry['id']}", [f"there is no test {entry['test']}"])
    return observed


def label(kernel, stack):
    """Return what a guest is called in messages."""
    return f"{stack}, debug kernel" if kernel.debug else stack


def new_runs(lab):
    """Return a new directory for this invocation's logs; a few old ones are kept."""
    top = lab.out / "runs"
    top.mkdir(parents=True, exist_ok=True)
    for old in sorted(top.iterdir())[:-KEPT]:
        if unused(old):
            shutil.rmtree(old, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=top))
    hold(new)
    return new


def run_one(lab, kernel, accelerator, run, initrd):
    """Boot one stack; return its results and what is wrong with the run itself."""
    stack = run.name
    found, complaints, seconds = boot_once(lab, kernel, accelerator, run, initrd)
    complaints += verdict.faults(found, stack, kernel.debug)
    skipped = sum(t.skipped is not None for t in found.tests)
    good = sum(t.ok for t in found.tests) - skipped
    say(f"{label(kernel, stack)}: {good} of {len(found.tests)} tests ok, {skipped} skipped, "
        f"{seconds:.0f}s ({accelerator}); logs in {run}")
    return found, complaints


def boot_once(lab, kernel, accelerator, run, initrd):
    """Boot a guest; return its results, complaints and how long it took."""
    run.mkdir()
    (run / "initramfs.cpio").write_bytes(initrd)
    inside = f"/out/{run.relative_to(lab.out)}"
    command = boot.qemu(lab, kernel, accelerator, f"{inside}/initramfs.cpio", inside)
    log = run / "results.log"
    seconds, stopped = boot.follow(lab, command, log, label(kernel, run.name),
                                   boot.TOTAL * kernel.slow, boot.IDLE * kernel.slow)
    (run / "initramfs.cpio").unlink()
    found = results.parse(log.read_text(errors="replace") if log.exists() else "")
    complaints = [stopped] if stopped else []
    if not found.ended:
        console = run / "console.log"
        tail = console.read_text(errors="replace").splitlines()[-15:] if console.exists() else []
        complaints += [f"console: {line}" for line in tail]
    return found, complaints, seconds


def record(tally, stack, found, complaints):
    """Count the tests of a stack and the health of its run."""
    for test in found.tests:
        if test.skipped is not None:
            say(f"skipped {test.name} on {stack}: {test.skipped}")
        else:
            tally.record(f"{test.name} on {stack}", [] if test.ok else test.notes or ["not ok"])
    tally.record(f"health of {stack}", complaints)
