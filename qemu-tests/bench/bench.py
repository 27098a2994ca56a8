#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`make bench` and `make bench-check`: measure the C and the Rust modules.

Both boot the stock kernel with the one pair and then with the other. The check
takes the figures that are exact and cheap, and fails if one breaks its limit.
"""

import json
import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lab"))

# pylint: disable=wrong-import-position
import figures  # noqa: E402
import machine  # noqa: E402
import tables  # noqa: E402
from lab import LabError, in_root, open_lab, say  # noqa: E402

# The emulators of other suites do not know the plugin's interface.
SUITES = ("forky",)

# What the C modules do in quadratic time is not asked of them for large tables.
# Rules come first: what nf_tables spends on its own counters depends on how much
# per-CPU memory was used and freed before.
PACKETS = 2000
CHECK = {
    "c": ["control:1000", "dump:1000", "traffic:300"],
    "rust": ["rules:5000", "control:1000,3000,10000,30000", "quadratic:10000", "dump:1000,10000", "traffic:300"],
}
FULL = {
    "c": ["rules:5000", "control:1000,3000,10000", "quadratic:1000,10000", "dump:1000,3000,10000", "traffic:2000"],
    "rust": ["rules:5000", "control:1000,3000,10000,30000,100000", "quadratic:1000,10000",
             "dump:1000,3000,10000,50000,100000", "traffic:2000"],
}
# Guests with two processors, or with more memory: label, jobs, settings.
OTHERS = [("memory-plain", ["memory-plain:10000"], {"machine": machine.PARALLEL}),
          ("memory-quota", ["memory-quota:10000"], {"machine": machine.PARALLEL}),
          ("scaling", ["scaling:5"], {"machine": machine.PARALLEL}),
          ("conserve", ["conserve:20"], {"machine": machine.PARALLEL})]
MANY = ("many", ["many:1000000"], {"memory": "4G"})
# The limits of the commands hold for 10,000 objects.
COMMANDS = ("nfacct-bench /usr/sbin/nfacct /usr/local/bin/nfacct 10000 3 --check; kept=$?; "
            "nfacct-bench /usr/sbin/nfacct /usr/local/bin/nfacct 100000 1 && exit $kept")


def merge(into, report):
    """Add the figures of a guest to those of the others."""
    for name, values in report.figures.items():
        into.setdefault(name, []).extend(values)


def packet_path(lab, top, implementation, jobs=()):
    """Count the packet path, and do other jobs in the same guest."""
    report = machine.measure(lab, top, implementation, "counted", [f"packet:{PACKETS}", *jobs], plugin=True)
    calls = {f"{name.removesuffix('.locked')}.calls": [PACKETS] for name in report.figures if name.endswith(".locked")}
    report.figures.update(calls)
    return report


def check(lab):
    """Return what breaks a limit, of the figures that are exact and cheap."""
    raw = {"c": {}, "rust": {}}
    try:
        machine.build(lab)
        top = machine.new_directory(lab)
        for implementation, jobs in CHECK.items():
            merge(raw[implementation], packet_path(lab, top, implementation, jobs))
    except machine.BenchError as error:
        return str(error).splitlines()
    c, rust = figures.settle(raw["c"]), figures.settle(raw["rust"])
    limits = [limit for limit in figures.load() if limit.check]
    say(tables.limits_table(limits, c, rust))
    return figures.judge(limits, c, rust)


def run_check(lab, tally):
    """Record the check in a longer list of checks."""
    if lab.suite in SUITES:
        tally.record("limits of what packets and requests cost", check(lab))


def measure_all(lab):
    """Measure everything; return {implementation: raw figures}, what was printed, what went wrong."""
    raw = {"c": {}, "rust": {}}
    texts, wrong = [], []
    top = machine.new_directory(lab)

    def attempt(implementation, measure, *arguments, **settings):
        """Take the figures of one guest; one that fails leaves those of the others."""
        try:
            report = measure(lab, top, implementation, *arguments, **settings)
            merge(raw[implementation], report)
            texts.extend(report.text)
            if report.notes.get("commands-exit-status", "0") != "0":
                wrong.append("a limit of the commands is broken")
        except machine.BenchError as error:
            say(str(error))
            wrong.append(str(error).partition("\n")[0])

    for implementation in machine.IMPLEMENTATIONS:
        attempt(implementation, machine.measure, "exact", FULL[implementation])
        attempt(implementation, packet_path)
        for label, jobs, settings in OTHERS + ([MANY] if implementation == "rust" else []):
            attempt(implementation, machine.measure, label, jobs, **settings)
    attempt("rust", machine.measure, "commands", ["control:1000"], commands=COMMANDS, memory="2G")
    return raw, texts, wrong


def conditions(lab):
    """Return what the figures depend on."""
    return {
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "kernel": lab.kernel,
        "emulator": in_root(lab, "qemu-system-x86_64", "--version").stdout.splitlines()[0],
        "host_cpus": os.cpu_count(),
        "host_load": os.getloadavg()[0],
    }


def bench(lab):
    """Measure everything, print it, store it; return what breaks a limit."""
    before = conditions(lab)
    try:
        machine.build(lab, userland=True)
        raw, texts, wrong = measure_all(lab)
    except machine.BenchError as error:
        return str(error).splitlines()
    c, rust = figures.settle(raw["c"]), figures.settle(raw["rust"])
    path = lab.out / "bench" / "results.json"
    path.write_text(json.dumps({"conditions": before, "c": c, "rust": rust, "raw": raw, "commands": texts}, indent=1))
    limits = figures.load()
    text = tables.report(limits, c, rust, texts)
    (path.parent / "report.md").write_text(text)
    print(text)
    say(f"results: {path}")
    return wrong + figures.judge(limits, c, rust)


def main():
    """Do what the first argument says."""
    try:
        lab = open_lab()
    except LabError as error:
        sys.exit(f"error: {error}")
    if lab.suite not in SUITES:
        sys.exit(f"error: figures can be had with SUITE={SUITES[0]} only")
    complaints = check(lab) if sys.argv[1:] == ["check"] else bench(lab)
    for complaint in complaints:
        print(f"FAILED {complaint}")
    print(f"{len(complaints)} failed" if complaints else "all limits are kept")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
