# SPDX-License-Identifier: GPL-2.0-only
"""Boots a guest under plain QEMU and follows its results until it ends."""

import functools
import os
import subprocess
import threading
import time

from lab import door, say

# Seconds on an idle machine like REFERENCE: for a whole guest, for one test, and
# without a result line. guest-tests ends a test itself, so that the others still
# run; a guest that is silent for longer than that is stuck.
TOTAL = 3600
TEST = 600
IDLE = 900

# Set when this program is told to end.
stopping = threading.Event()

# What is said of a guest then.
STOPPED = "stopped from outside"

# The guests that run now.
running = set()


def stop_all():
    """End every guest at once, and start no other."""
    stopping.set()
    for guest in list(running):
        guest.kill()


# Processor seconds that loop() takes where the time-outs were chosen.
REFERENCE = 0.025


@functools.cache
def machine():
    """Return by how much this machine is slower than where the time-outs were chosen."""
    best = min(loop() for _ in range(5))
    return max(1.0, best / REFERENCE)


def loop():
    """Return the processor time that a fixed piece of work takes: the load is not in it."""
    begin = time.thread_time()
    total = 0
    for number in range(1_000_000):
        total += number
    return time.thread_time() - begin


def slowness():
    """Return by how much time-outs must grow on this machine, now."""
    return machine() * min(8.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


class Patience:
    """What a guest has left of its time, which passes slower while the machine is busy."""

    def __init__(self, total, idle):
        self.total = total
        self.idle = idle
        self.used = 0.0
        self.quiet = 0.0

    def spend(self, seconds, news):
        """Note that time has passed, with or without news of the guest."""
        spent = seconds / slowness()
        self.used += spent
        self.quiet = 0.0 if news else self.quiet + spent

    def over(self):
        """Return why the guest must be stopped, if it must."""
        if self.used > self.total:
            return f"not finished after the time of {self.total} idle seconds"
        if self.quiet > self.idle:
            return f"no result in the time of {self.idle} idle seconds"
        return None


def qemu(lab, kernel, accel, initrd, run):
    """Return the command line of QEMU; paths are those inside the root."""
    return door(
        lab, "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
        "-no-reboot", "-accel", accel, "-cpu", "host" if accel == "kvm" else "max",
        "-smp", "2", "-m", kernel.memory, "-kernel", kernel.image,
        "-initrd", str(initrd), "-append", kernel.command_line,
        "-chardev", f"file,id=console,path={run}/console.log", "-serial", "chardev:console",
        "-device", "virtio-serial-pci", "-chardev", f"file,id=results,path={run}/results.log",
        "-device", "virtserialport,chardev=results,nr=1")


def follow(lab, command, results, label, total=TOTAL, idle=IDLE):
    """Run QEMU to its end; return how long it took and why it was stopped, if it was."""
    if stopping.is_set():
        return 0.0, STOPPED
    begin = last = last_shown = time.monotonic()
    patience = Patience(total, idle)
    size = 0
    reason = None
    guest = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                             env=dict(os.environ, SUITE=lab.suite))
    running.add(guest)
    try:
        while guest.poll() is None and not reason:
            time.sleep(0.1)
            now = time.monotonic()
            grown = results.stat().st_size if results.exists() else 0
            patience.spend(now - last, grown != size)
            size, last = grown, now
            if now - last_shown > 15:
                last_shown = now
                say(f"{label}: {now - begin:.0f}s, {tests_done(results)} tests done")
            reason = STOPPED if stopping.is_set() else patience.over()
    finally:
        if guest.poll() is None:
            # The door's namespaces end with it, and QEMU with them.
            guest.kill()
            guest.wait()
        running.discard(guest)
    return time.monotonic() - begin, reason


def tests_done(results):
    """Count the result lines written so far."""
    if not results.exists():
        return 0
    with results.open(errors="replace") as lines:
        return sum(line.startswith(("ok ", "not ok ")) for line in lines)
