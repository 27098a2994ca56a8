# SPDX-License-Identifier: GPL-2.0-only
"""Judges one run: what makes it bad, beside tests that say "not ok"."""

import re

import splats

# Only "out-of-tree module" and "unsigned module" may taint the kernel.
TAINT_ALLOWED = (1 << 12) | (1 << 13)

# The provider and the match of each stack: does the loaded module taint the
# kernel because it is not from the kernel's own build?
C, RUST = False, True
PAIR = {"c-c": (C, C), "c-rust": (RUST, C), "rust-rust": (RUST, RUST)}

# How much a gauge of guest-init may grow from before the first test to after
# the modules are unloaded. What the tests were charged for is given back to the
# byte: that finds a lost per-CPU cell. Live objects of one kmalloc cache grow by
# about 120, so 1000 lost ones of any kind are seen. All of per-CPU memory counts
# pages of chunks (2 MB each with two processors), of which the kernel gives none
# back until a whole chunk is nearly empty: a run of all tests adds 110 to 130 kB with C,
# 1160 to 1180 kB with ours. It stands for a leak that is charged to nobody, and the
# suite "leaks" looks for that more closely.
TOLERANCE = {"percpu-charged": 0, "percpu-kB": 2000, "kmalloc-": 400}

# The debug kernel's KASAN keeps freed objects for a while, so there it is the
# leak scanner that looks for lost ones.
DEBUG_TOLERANCE = {"percpu-charged": 0, "percpu-kB": 600}

# What each kernel's own checkers must say at the end: they are on and silent.
CHECKERS = {"kfence": "total bugs: 0"}
DEBUG_CHECKERS = {"lock-checking": "1", "leaks": "0"}


def faults(results, stack, debug=False):
    """Return the reasons why the run of a stack cannot be trusted or is unhealthy."""
    out = []
    if not results.ended:
        out.append("no end marker: the guest died or was stopped")
    if results.bailed:
        out.append(results.bailed)
    if not results.version:
        out.append("no KTAP header")
    if results.plan is None:
        out.append("no KTAP plan")
    elif results.numbers != list(range(1, results.plan + 1)):
        out.append(f"planned 1..{results.plan}, got {len(results.tests)} results"
                   + ("" if len(results.tests) != results.plan else " out of order"))
    elif results.plan == 0:
        out.append("no test was run")
    # The lab makes the guest, so there is nothing that a test may do without.
    out += [f"{t.name} was skipped: {t.skipped}" for t in results.tests if t.skipped is not None]
    names = [t.name for t in results.tests]
    out += [f"test {n} reported twice" for n in sorted({n for n in names if names.count(n) > 1})]
    out += [f"observation {t} {s} made twice" for t, s in results.twice]
    failed = any(not t.ok for t in results.tests)
    if results.health.get("exit-status") not in (("1",) if failed else ("0",)):
        out.append(f"guest-tests exited with {results.health.get('exit-status')}, "
                   f"{'some tests' if failed else 'no test'} failed")
    for module, ours in zip(("nfnetlink_acct", "xt_nfacct"), PAIR[stack]):
        taint = results.health.get(f"taint-of-{module}", "not reported")
        if taint not in ({"O", "OE"} if ours else {"none"}):
            out.append(f"the taint of {module} is {taint}, on {stack} it must be {'ours' if ours else 'the C module'}")
    return out + health(results, debug)


def health(results, debug):
    """Return what is wrong with the kernel after the tests."""
    out = []
    report = results.health
    for key in ("taint-before", "taint-after"):
        value = report.get(key, "")
        if not value.isdigit():
            out.append(f"{key} was not reported")
        elif int(value) & ~TAINT_ALLOWED:
            out.append(f"{key} is {value}: more than out-of-tree and unsigned modules")
    for key, good in (DEBUG_CHECKERS if debug else CHECKERS).items():
        if report.get(key) != good:
            out.append(f"{key}: {report.get(key, 'not reported')}, not {good}")
    if "stuck" in report:
        out.append(f"{report['stuck']} could not be unloaded")
    for prefix, most in (DEBUG_TOLERANCE if debug else TOLERANCE).items():
        gauges = sorted({re.sub("-(before|after)$", "", k) for k in report if k.startswith(prefix)})
        if not gauges:
            out.append(f"{prefix} was not measured")
        for gauge in gauges:
            out += growth(report, gauge, most)
    if results.ended and not any("Linux version" in line for line in results.dmesg[:3]):
        out.append("the kernel log is empty or lacks its beginning")
    out += [f"leak: {line}" for line in results.leaks]
    return out + [f"kernel log: {line}" for line in splats.find(results.dmesg)]


def growth(report, gauge, most):
    """Return the complaint about one gauge, if any."""
    before, after = (report.get(f"{gauge}-{when}", "") for when in ("before", "after"))
    if not (before.isdigit() and after.isdigit()):
        return [f"{gauge} was not measured before and after"]
    if int(after) - int(before) > most:
        return [f"{gauge} grew from {before} to {after}, more than {most}: a leak"]
    return []
