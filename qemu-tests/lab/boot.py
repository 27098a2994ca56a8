# SPDX-License-Identifier: GPL-2.0-only
"""Boots a guest under plain QEMU and follows its results until it ends."""

import os
import subprocess
import threading
import time

from lab import door, say

# Seconds on an idle machine; both grow with the load. A guest that writes no
# result line for IDLE is stuck, whatever it has left of TOTAL.
TOTAL = 900
IDLE = 180

# Runs must notice memory errors: KFENCE samples allocations, SLUB poisons and
# red-zones them. Watchdogs are slow to bark, for the host may be busy.
# no_timer_check: an emulated timer that the host delays looks broken to the kernel, which panics.
COMMAND_LINE = ("console=ttyS0 quiet no_timer_check log_buf_len=4M panic=-1 oops=panic mitigations=off "
                "kfence.sample_interval=100 slab_debug=FZP "
                "rcupdate.rcu_cpu_stall_timeout=90 watchdog_thresh=60")


# Set when this program is told to end: guests are stopped then.
stopping = threading.Event()


def slowness():
    """Return by how much time-outs must grow on this machine, now."""
    return min(8.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


def qemu(lab, accel, initrd, run, command_line=COMMAND_LINE, memory="1G"):
    """Return the command line of QEMU; paths are those inside the root."""
    return door(
        lab, "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
        "-no-reboot", "-accel", accel, "-cpu", "host" if accel == "kvm" else "max",
        "-smp", "2", "-m", memory, "-kernel", f"/boot/vmlinuz-{lab.kernel}",
        "-initrd", str(initrd), "-append", command_line,
        "-chardev", f"file,id=console,path={run}/console.log", "-serial", "chardev:console",
        "-device", "virtio-serial-pci", "-chardev", f"file,id=results,path={run}/results.log",
        "-device", "virtserialport,chardev=results,nr=1")


def follow(lab, command, results, label, total=TOTAL, idle=IDLE):
    """Run QEMU to its end; return how long it took and why it was stopped, if it was."""
    begin = last_news = last_shown = time.monotonic()
    size = 0
    reason = None
    guest = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                             env=dict(os.environ, SUITE=lab.suite))
    try:
        while guest.poll() is None:
            time.sleep(0.1)
            now = time.monotonic()
            grown = results.stat().st_size if results.exists() else 0
            if grown != size:
                size, last_news = grown, now
            if now - last_shown > 15:
                last_shown = now
                say(f"{label}: {now - begin:.0f}s, {tests_done(results)} tests done")
            scale = slowness()
            if stopping.is_set():
                reason = "stopped from outside"
            elif now - begin > total * scale:
                reason = f"not finished after {now - begin:.0f}s"
            elif now - last_news > idle * scale:
                reason = f"no result for {now - last_news:.0f}s"
            if reason:
                break
    finally:
        if guest.poll() is None:
            # The door's namespaces end with it, and QEMU with them.
            guest.kill()
            guest.wait()
    return time.monotonic() - begin, reason


def tests_done(results):
    """Count the result lines written so far."""
    if not results.exists():
        return 0
    with results.open(errors="replace") as lines:
        return sum(line.startswith(("ok ", "not ok ")) for line in lines)
