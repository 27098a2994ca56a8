# SPDX-License-Identifier: GPL-2.0-only
"""Builds what a measurement needs and boots the guest that makes it."""

import lzma
import os
import subprocess
import time
from dataclasses import dataclass, field

import boot
import initramfs
import splats
from cpio import Archive
from lab import HERE as LAB
from lab import door, in_root, say

BENCH = LAB.parent / "bench"
PAIR = ("nfnetlink_acct", "xt_nfacct")
IMPLEMENTATIONS = ("c", "rust")

# One tick of the guest's clock is one instruction; time in which it idles is
# skipped. On a single processor the kernel would patch LOCK prefixes out.
EXACT = ("-accel", "tcg,thread=single", "-smp", "1", "-icount", "shift=0,sleep=off")
PARALLEL = ("-accel", "tcg,thread=multi", "-smp", "2")
# Huge pages and random addresses make the same program cost now more, now less.
COMMAND_LINE = ("console=ttyS0 quiet no_timer_check panic=-1 oops=panic mitigations=off "
                "noreplace-smp log_buf_len=1M transparent_hugepage=never norandmaps")


@dataclass
class Run:
    """What one guest reported."""

    figures: dict = field(default_factory=dict)
    order: list = field(default_factory=list)
    jobs: list = field(default_factory=list)
    notes: dict = field(default_factory=dict)
    text: list = field(default_factory=list)
    dmesg: list = field(default_factory=list)
    ended: bool = False


class BenchError(Exception):
    """A guest whose figures mean nothing."""


def build(lab, userland=False):
    """Build the driver, the guest's program, the plugin and our modules; the userland if wanted."""
    env = dict(os.environ, SUITE=lab.suite)
    commands = [[LAB / "build.sh", "cargo", "bench-guest", "qemu-tests/bench/guest"],
                [LAB / "build.sh", "bench"], [LAB / "build.sh", "modules"]]
    if userland:
        commands.append([LAB / "build.sh", "cargo", "userland", "userland"])
    for command in commands:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError("\n".join([f"{command[1]} failed:", *(done.stdout + done.stderr).splitlines()[-20:]]))
    for name in PAIR:
        # As distributions install modules, the C ones too: without debug information.
        in_root(lab, "strip", "--strip-debug", "-o", f"/out/bench/{name}.ko",
                f"/out/modules/kernel-module/{name}.ko")


def pair_image(lab, implementation, name):
    """Return one module of the pair, as the kernel loads it."""
    if implementation == "rust":
        return (lab.out / "bench" / f"{name}.ko").read_bytes()
    top = lab.root / "usr/lib/modules" / lab.kernel / "kernel/net/netfilter"
    return lzma.decompress((top / f"{name}.ko.xz").read_bytes())


def image(lab, implementation, jobs, commands):
    """Return the initramfs."""
    archive = Archive()
    archive.file("init", (BENCH / "guest-init").read_bytes(), 0o755)
    archive.file("run.conf", f"JOBS='{' '.join(jobs)}'\nCOMMANDS='{commands}'\n".encode())
    program = lab.out / "target-bench-guest/release/bench-guest"
    archive.file("usr/local/bin/bench-guest", program.read_bytes(), 0o755)
    for name in ("nfacct", "nfacct-bench"):
        program = lab.out / "target-userland/release" / name
        if commands and program.exists():
            archive.file(f"usr/local/bin/{name}", program.read_bytes(), 0o755)
    for name in PAIR:
        archive.file(f"pair/{name}.ko", pair_image(lab, implementation, name))
    archive.file("pair/nfacct_bench.ko", (lab.out / "bench/driver/nfacct_bench.ko").read_bytes())
    return initramfs.base(lab).read_bytes() + archive.finish()


def measure(lab, top, implementation, label, jobs, machine=EXACT, memory="1G", plugin=False, commands=""):
    """Boot a guest, have it do the jobs, and return its report."""
    run = top / f"{implementation}-{label}"
    run.mkdir(parents=True)
    inside = f"/out/{run.relative_to(lab.out)}"
    initrd = run / "initramfs.cpio"
    initrd.write_bytes(image(lab, implementation, jobs, commands))
    extra = ["-plugin", f"/out/bench/count.so,out={inside}/counts"] if plugin else []
    command = door(
        lab, "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        *machine, "-cpu", "max", "-m", memory, "-kernel", f"/boot/vmlinuz-{lab.kernel}",
        "-initrd", f"{inside}/{initrd.name}", "-append", COMMAND_LINE, *extra,
        "-chardev", f"file,id=console,path={inside}/console.log", "-serial", "chardev:console",
        "-device", "virtio-serial-pci", "-chardev", f"file,id=results,path={inside}/results.log",
        "-device", "virtserialport,chardev=results,nr=1")
    log = run / "results.log"
    say(f"{implementation}: {label} ...")
    seconds, stopped = boot.follow(lab, command, log, f"{implementation} {label}", total=3600, idle=1200)
    initrd.unlink()
    report = parse(log.read_text(errors="replace") if log.exists() else "")
    wrong = ([stopped] if stopped else []) + faults(report, implementation, jobs)
    if wrong:
        console = run / "console.log"
        tail = console.read_text(errors="replace").splitlines()[-10:] if console.exists() else []
        raise BenchError("\n".join([f"{implementation} {label}, see {run}:", *wrong[:10], *tail]))
    if plugin:
        report.figures.update(counted(report, (run / "counts").read_text()))
    if machine is not EXACT:
        # In real time this says more about the host than about the modules.
        report.figures.pop("load", None)
    say(f"{implementation}: {label}: {len(report.figures)} figures, {seconds:.0f}s")
    return report


def parse(text):
    """Parse what the guest wrote."""
    out = Run()
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "figure":
            name, _, value = rest.partition(" ")
            out.figures.setdefault(name, []).append(float(value))
            if name not in out.order:
                out.order.append(name)
        elif word == "done":
            out.jobs.append(rest)
        elif word == "#dmesg":
            out.dmesg.append(rest)
        elif line == "#end":
            out.ended = True
        elif word.startswith(("exit-status", "commands-exit-status", "taint-of-")):
            out.notes[word] = rest
        elif line:
            out.text.append(line)
    return out


def faults(report, implementation, jobs):
    """Return why the figures of a run mean nothing, if so."""
    out = []
    if not report.ended:
        out.append("no end marker: the guest died or was stopped")
    if report.notes.get("exit-status") != "0":
        out.append(f"a job failed: {report.notes.get('exit-status', 'no exit status')}")
    missing = [job for job in jobs if job not in report.jobs]
    if missing:
        out.append(f"not done: {' '.join(missing)}")
    # Both kinds are loaded without signature; only ours is built out of tree.
    wanted = {"c": "E", "rust": "OE"}[implementation]
    for name in PAIR:
        taint = report.notes.get(f"taint-of-{name}")
        if taint != wanted:
            out.append(f"{name} has the taint {taint}, not {wanted}: another one was measured")
    return out + [f"kernel log: {line}" for line in splats.find(report.dmesg)]


def counted(report, text):
    """Attribute the plugin's lines to what was called: first the empty match, then this one."""
    names = [n.removesuffix(".instructions") for n in report.order if n.endswith(".instructions")]
    lines = [[int(n) for n in line.split()] for line in text.splitlines()]
    # Each kind calls an empty match once, then both in turn, as often as the others.
    each, rest = divmod(len(lines), len(names) or 1)
    if rest or each % 3:
        raise BenchError(f"the plugin wrote {len(lines)} lines for {len(names)} kinds")
    out = {}
    for index, name in enumerate(names):
        _, empty, full = lines[index * each:index * each + 3]
        for column, what in enumerate(("plugin", "locked", "loads", "stores")):
            out[f"{name}.{what}"] = [float(full[column] - empty[column])]
    return out


def new_directory(lab):
    """Return a new directory for the logs of one invocation; a few old ones are kept."""
    top = lab.out / "bench-runs"
    top.mkdir(parents=True, exist_ok=True)
    for old in sorted(top.iterdir())[:-8]:
        subprocess.run(["rm", "-rf", str(old)], check=False)
    path = top / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    path.mkdir()
    return path
