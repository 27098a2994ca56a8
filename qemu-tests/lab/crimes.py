# SPDX-License-Identifier: GPL-2.0-only
"""Proves that the debug kernel's checkers see what a Rust module does wrong.

A guest commits each crime of qemu-tests/debug/ once; a checker that stays
silent about its crime fails the run, for then its silence elsewhere says nothing.
"""

import re
import tomllib
from dataclasses import replace

import accel
import guests
import initramfs
import splats
from cpio import Archive
from lab import HERE

DEBUG = HERE.parent / "debug"
KEYS = {"number", "name", "reports"}
MARK = re.compile(r"\bcrime (\d+) (begins|ends)$")


def load(path=DEBUG / "crimes.toml"):
    """Read the list of crimes and refuse one that is not complete."""
    with open(path, "rb") as file:
        crimes = tomllib.load(file)["crime"]
    for crime in crimes:
        if set(crime) != KEYS:
            raise ValueError(f"crime {crime.get('number')}: needs exactly {sorted(KEYS)}")
    if len({crime["number"] for crime in crimes}) != len(crimes):
        raise ValueError("two crimes have the same number")
    return crimes


def sections(log):
    """Return {number: lines of the kernel log between its two marks}."""
    out = {}
    current = None
    for line in log:
        mark = MARK.search(line)
        if mark:
            current = out.setdefault(int(mark[1]), []) if mark[2] == "begins" else None
        elif current is not None:
            current.append(line)
    return out


def judge(crime, lines):
    """Return what is missing about one crime; lines is None if it was not committed."""
    if lines is None:
        return ["it was not committed"]
    if not crime["reports"]:
        return [f"kernel log: {line}" for line in splats.find(lines)]
    missing = [r for r in crime["reports"] if not any(re.search(r, line) for line in lines)]
    return [f"no checker reported: {r}" for r in missing] + (lines if missing else [])


def start(workers, lab, kernel):
    """Ask for the guest that commits the crimes."""
    # The panic that is one of them must not end the guest.
    kernel = replace(kernel, command_line=kernel.command_line.replace("oops=panic ", ""))
    crimes = load()
    archive = Archive()
    archive.file("init", (DEBUG / "crimes-init").read_bytes(), 0o755)
    archive.file("run.conf", initramfs.run_conf(
        CRIMES=" ".join(str(c["number"]) for c in crimes),
        LEAKS=" ".join(str(c["number"]) for c in crimes if "kmemleak" in "".join(c["reports"]))))
    archive.file("nfacct_crimes.ko", (lab.out / "crimes/nfacct_crimes.ko").read_bytes())
    initrd = initramfs.base(lab, kernel).read_bytes() + archive.finish()
    return workers.submit(guests.boot_once, lab, kernel, accel.choose(lab),
                          guests.new_runs(lab) / "crimes", initrd)


def finish(tally, guest):
    """Wait for that guest and record each crime."""
    result = guests.outcome(tally, "the crimes", guest)
    if not result:
        return
    found, complaints, _ = result
    if not found.ended:
        complaints.append("no end marker: the guest died or was stopped")
    tally.record("the guest with the crimes ends", complaints)
    committed = sections(found.dmesg)
    for crime in load():
        tally.record(f"checkers about {crime['name']}", judge(crime, committed.get(crime["number"])))
