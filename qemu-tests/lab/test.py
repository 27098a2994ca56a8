#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What `make test` and its kin run, ending with "N passed, N failed".

  test.py          everything that must hold on the packaged kernel
  test.py debug    the guest tests on the debug kernel, and proof of its checkers
  test.py long     the guest tests as campaigns of hours, on the packaged kernel
  test.py ci       lints, fuzzing and Miri, then all of the first two that fits
With SUITE_TESTS only the modules, their checks and the chosen tests are run.
"""

import os
import re
import signal
import subprocess
import sys

import boot
import compare
import crimes
import guests
import kernels
import layout
import lint
import machine_code
import nightly
import unit
from lab import HERE, LabError, open_lab, say
from tally import counted

sys.path.append(str(HERE.parent / "bench"))
import bench  # noqa: E402

GUEST = ("guest-tests", "cargo", "guest", "qemu-tests/guest")
USERLAND = ("userland", "cargo", "userland", "userland")
MODULES = ("modules", "modules")
DEBUG_MODULES = ("modules for the debug kernel", "debug_modules")

# Fuzzing of requests, each block of which is the same sends at every scale.
FUZZ = "fuzz.*_seed"

# What continuous integration runs on the debug kernel: life times, locks, failing
# allocations and the paths through unsafe code. The rest takes as long again.
CI_DEBUG_TESTS = ("lifecycle netlink names dump_changes reset quota events races xtables nft netns memory "
                  f"{FUZZ} faults")

# Options of guest-tests.
DEBUG_OPTIONS = "--scale debug"
CI_DEBUG_OPTIONS = f"{DEBUG_OPTIONS} --stride 16"
LONG_OPTIONS = "--scale long"


def setting(name, allowed, default=""):
    """Return an environment variable; what ends up in the guest's shell is checked."""
    value = os.environ.get(name) or default
    if not re.fullmatch(allowed, value):
        raise LabError(f"{name}={value!r} has a character that does not belong there")
    return value


def stacks(default):
    """Return the stacks to run."""
    chosen = (os.environ.get("STACKS") or " ".join(default)).split()
    for stack in chosen:
        if stack not in guests.STACKS:
            raise LabError(f"STACKS={stack} is not known; use {' '.join(guests.STACKS)}")
    return chosen


def settings(options="", tests=""):
    """Return what /init passes to guest-tests."""
    more = setting("TEST_ARGS", r"[\w.=, -]*")
    return {"TESTS": setting("SUITE_TESTS", r"[\w.*?\[\] -]*", tests), "OPTIONS": f"{options} {more}".strip()}


def build(lab, tally, *parts):
    """Build the parts; return whether all could be built."""
    return all([tally.record(f"build of {part[0]}", build_one(lab, *part)) for part in parts])


def build_one(lab, label, *arguments):
    """Build one part; return the complaints."""
    log = lab.out / "logs" / f"{label.replace(' ', '-')}.log"
    say(f"building {label}")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        done = subprocess.run([HERE / "build.sh", *arguments], stdout=file, stderr=file,
                              env=dict(os.environ, SUITE=lab.suite), check=False)
    if done.returncode == 0:
        return []
    return [f"build failed, see {log}", *log.read_text(errors="replace").splitlines()[-15:]]


def check_stock(lab, tally):
    """Build and check what needs no guest; return whether guests can follow."""
    ours = stacks(guests.STACKS) != ["c-c"]
    if not settings()["TESTS"]:
        unit.run(tally, lab)
    if not build(lab, tally, *([MODULES] if ours else []), GUEST, USERLAND):
        return False
    if ours:
        machine_code.run(lab, tally)
        layout.run(lab, tally)
    return True


def on_stock(lab, tally, workers):
    """Test everything on the packaged kernel."""
    if check_stock(lab, tally):
        guests.finish(tally, guests.start(workers, lab, kernels.stock(lab), stacks(guests.STACKS), settings()))


def on_debug(lab, tally, workers):
    """Run the guest tests on the debug kernel and prove its checkers."""
    kernel = kernels.debug(lab)
    if not build(lab, tally, DEBUG_MODULES, GUEST, USERLAND):
        return
    wanted = settings(DEBUG_OPTIONS)
    batch = guests.start(workers, lab, kernel, stacks(["c-c", "rust-rust"]), wanted)
    proof = None if wanted["TESTS"] else crimes.start(workers, lab, kernel)
    guests.finish(tally, batch)
    if proof:
        crimes.finish(tally, proof)


def for_hours(lab, tally, workers):
    """Run the guest tests at full length."""
    options = [LONG_OPTIONS, "--times", setting("TIMES", r"[1-9]\d*", "10"), "--seed", setting("SEED", r"\d+", "1")]
    if build(lab, tally, MODULES, GUEST, USERLAND):
        guests.finish(tally, guests.start(workers, lab, kernels.for_hours(lab), stacks(["c-c", "rust-rust"]),
                                          settings(" ".join(options))))


def integration(lab, tally, workers):
    """Run what continuous integration does; the guests of both kernels keep each other company."""
    lint.run(lab, tally)
    nightly.fuzz(tally)
    nightly.miri(tally)
    debug = kernels.debug(lab)
    if not check_stock(lab, tally) or not build(lab, tally, DEBUG_MODULES):
        return
    bench.run_check(lab, tally)
    on_packaged = guests.start(workers, lab, kernels.stock(lab), stacks(guests.STACKS), settings())
    on_checked = guests.start(workers, lab, debug, ["rust-rust"], settings(CI_DEBUG_OPTIONS, CI_DEBUG_TESTS))
    proof = crimes.start(workers, lab, debug)
    theirs = guests.finish(tally, on_packaged)
    ours = guests.finish(tally, on_checked)
    if not settings()["TESTS"] and compare.REFERENCE in on_packaged.runs:
        compare_fuzz(tally, theirs, ours)
    crimes.finish(tally, proof)


def compare_fuzz(tally, packaged, checked):
    """Record whether our modules answer the fuzz on the debug kernel as C does on the packaged one."""
    tally.record("comparison of the debug kernel's fuzz with c-c", compare.across(
        packaged.get(compare.REFERENCE, {}), checked.get("rust-rust", {}), FUZZ, "block-*"))


# What the command line may ask for.
MODES = {"": on_stock, "debug": on_debug, "long": for_hours, "ci": integration}


def terminate(*_):
    """End, and the guests with us."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    boot.stop_all()
    raise LabError("stopped from outside")


def main(tally):
    """Do what the command line says."""
    signal.signal(signal.SIGTERM, terminate)
    with guests.pool() as workers:
        try:
            MODES["".join(sys.argv[1:])](open_lab(), tally, workers)
        except BaseException:
            boot.stop_all()
            raise


if __name__ == "__main__":
    sys.exit(counted(main))
