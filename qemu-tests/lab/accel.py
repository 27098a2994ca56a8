# SPDX-License-Identifier: GPL-2.0-only
"""Chooses the accelerator by booting a tiny guest: /dev/kvm alone proves nothing."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import kernels
from boot import qemu
from cpio import Archive
from lab import open_lab, say

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PROBE_SECONDS = 20


def choose(lab):
    """Return "kvm" or "tcg"; the answer is kept until the host reboots."""
    wanted = os.environ.get("ACCEL")
    if wanted:
        return wanted
    note = lab.out.parent.parent / "accelerator"
    boot_id = BOOT_ID.read_text().strip()
    if note.exists():
        known_id, _, answer = note.read_text().strip().partition(" ")
        if known_id == boot_id:
            return answer
    answer = "kvm" if os.access("/dev/kvm", os.R_OK | os.W_OK) and kvm_boots(lab) else "tcg"
    say(f"accelerator: {answer}" + ("" if answer == "kvm" else " (a guest does not boot under KVM here)"))
    note.write_text(f"{boot_id} {answer}\n")
    return answer


def kvm_boots(lab):
    """Boot a guest that only says hello."""
    archive = Archive()
    archive.file("bin/busybox", (lab.root / "usr/bin/busybox").read_bytes(), 0o755)
    archive.file("init", b"#!/bin/busybox sh\n/bin/busybox mkdir /dev\n"
                 b"/bin/busybox mount -t devtmpfs dev /dev\n"
                 b"echo hello >/dev/vport0p1\n/bin/busybox poweroff -f\n", 0o755)
    run = lab.out / "run-probe"
    run.mkdir(parents=True, exist_ok=True)
    (run / "initramfs.cpio").write_bytes(archive.finish())
    results = run / "results.log"
    results.unlink(missing_ok=True)
    kernel = replace(kernels.stock(lab), command_line="console=ttyS0 quiet panic=-1", memory="256M")
    command = qemu(lab, kernel, "kvm", "/out/run-probe/initramfs.cpio", "/out/run-probe")
    try:
        subprocess.run(command, timeout=PROBE_SECONDS, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                       env=dict(os.environ, SUITE=lab.suite))
    except subprocess.TimeoutExpired:
        return False
    return results.exists() and results.read_text() == "hello\n"


if __name__ == "__main__":
    print(choose(open_lab()))
