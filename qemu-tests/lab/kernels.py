# SPDX-License-Identifier: GPL-2.0-only
"""The kernels that guests boot: the packaged one, and the debug one."""

import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from lab import HERE, LabError, hold

# Runs must notice memory errors: KFENCE samples allocations, SLUB poisons and
# red-zones them. Watchdogs are slow to bark, for the host may be busy.
# no_timer_check: an emulated timer that the host delays looks broken to the kernel, which panics.
COMMON = "console=ttyS0 quiet no_timer_check log_buf_len=4M panic=-1 oops=panic mitigations=off "
STOCK = COMMON + ("kfence.sample_interval=100 slab_debug=FZP "
                  "rcupdate.rcu_cpu_stall_timeout=90 watchdog_thresh=60")
# KASAN reports only the first mistake unless told otherwise, and it accuses
# timers that fire while a processor with five page levels is being identified.
DEBUG = COMMON + ("kasan_multi_shot no5lvl workqueue.watchdog_thresh=300 "
                  "rcupdate.rcu_cpu_stall_timeout=300 watchdog_thresh=60")


@dataclass(frozen=True)
class Kernel:
    """A kernel, its modules and how to run it."""

    debug: bool
    release: str
    # Inside the root; the other paths are those of the host.
    image: str
    modules: Path
    # Where our modules built for it lie.
    ours: Path
    command_line: str
    memory: str
    # By how much everything may take longer than on the packaged kernel.
    slow: int


def stock(lab):
    """Return the packaged kernel."""
    return Kernel(False, lab.kernel, f"/boot/vmlinuz-{lab.kernel}",
                  lab.root / "usr/lib/modules" / lab.kernel,
                  lab.out / "modules/kernel-module", STOCK, "1G", 1)


def for_hours(lab):
    """Return the packaged kernel, with as much time as a long campaign takes."""
    return replace(stock(lab), slow=1000)


def debug(lab):
    """Return the debug kernel, which is built if need be."""
    done = subprocess.run([HERE / "debug-kernel.sh", lab.root], env=dict(os.environ, SUITE=lab.suite),
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise LabError("the debug kernel cannot be built")
    top = Path(done.stdout.strip())
    hold(top)
    # From here on the door shows it inside the root.
    os.environ["LAB_DEBUG_KERNEL"] = str(top)
    modules = next((top / "modules/lib/modules").iterdir())
    return Kernel(True, modules.name, "/build/debug/bzImage", modules,
                  lab.out / "modules-debug/kernel-module", DEBUG, "2G", 12)
