# SPDX-License-Identifier: GPL-2.0-only
"""Boots a guest under plain QEMU and follows its results until it ends."""

import functools
import os
import subprocess
import threading
import time

from lab import door, say

# Seconds on an idle machine like REFERENCE; both grow with the load, and on a
# slower machine. A guest that writes no
# result line for IDLE is stuck, whatever it has left of TOTAL. guest-tests ends
# a test itself before that.
TOTAL = 1800
IDLE = 600

# Set when this program is told to end.
stopping = threading.Event()

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
    begin = time.process_time()
    total = 0
    for number in range(1_000_000):
        total += number
    return time.process_time() - begin


def slowness():
    """Return by how much time-outs must grow on this machine, now."""
    return machine() * min(8.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


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
    begin = last_news = last_shown = time.monotonic()
    size = 0
    reason = None
    guest = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                             env=dict(os.environ, SUITE=lab.suite))
    running.add(guest)
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
        running.discard(guest)
    return time.monotonic() - begin, reason


def tests_done(results):
    """Count the result lines written so far."""
    if not results.exists():
        return 0
    with results.open(errors="replace") as lines:
        return sum(line.startswith(("ok ", "not ok ")) for line in lines)
