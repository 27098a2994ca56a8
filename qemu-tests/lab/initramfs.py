# SPDX-License-Identifier: GPL-2.0-only
"""Makes the lean guest's initramfs: a cached base and a small part per run."""

import hashlib
import lzma
import os
import re
import shlex
import subprocess
import time
from pathlib import Path

import guest_files
import kernels
from cpio import Archive
from lab import in_root

HERE = Path(__file__).resolve().parent

# Other checkouts may still use what their recipe made.
DAY = 24 * 60 * 60

# Stock modules that give way to ours, stack by stack (match on provider).
REPLACED = {
    "c-c": (),
    "c-rust": ("nfnetlink_acct",),
    "rust-rust": ("nfnetlink_acct", "xt_nfacct"),
}


def build(lab, kernel, stack, settings):
    """Return the initramfs for a stack; the settings are variables for /init."""
    return base(lab, kernel).read_bytes() + per_run(lab, kernel, stack, settings)


def base(lab, kernel=None):
    """Return the cached part that only depends on the root and the kernel."""
    kernel = kernel or kernels.stock(lab)
    recipe = b"".join((HERE / n).read_bytes() for n in ("initramfs.py", "cpio.py", "guest_files.py"))
    key = hashlib.sha256(recipe + str(kernel.modules).encode()).hexdigest()[:12]
    path = lab.root / ".lab" / f"base-{kernel.release}-{key}.cpio"
    if path.exists():
        return path
    for old in path.parent.glob(f"base-{kernel.release}-*.cpio"):
        if old.stat().st_mtime < time.time() - DAY:
            old.unlink(missing_ok=True)
    archive = Archive()
    for name in ("bin", "sbin", "lib", "lib64"):
        archive.directory(f"usr/{name}")
        archive.symlink(name, f"usr/{name}")
    for name in ("dev", "proc", "sys", "tmp", "run", "root", "var/lib", "mnt"):
        archive.directory(name)
    add_programs(lab, archive)
    add_kernel_modules(kernel, archive)
    for name, text in guest_files.FILES.items():
        archive.file(name, text.encode())
    for name in guest_files.COPIED:
        if (lab.root / name).exists():
            archive.file(name, (lab.root / name).read_bytes())
    # Under a name of its own, for another checkout may do the same.
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(archive.finish())
    part.rename(path)
    return path


def add_programs(lab, archive):
    """Add the programs, their libraries, their plug-ins and their other names."""
    plugins = ["/" + str(p.relative_to(lab.root)) for d in guest_files.PLUGINS
               for p in sorted((lab.root / d).rglob("*.so"))]
    programs = [p for p in guest_files.PROGRAMS if (lab.root / p.lstrip("/")).exists()]
    done = set()
    for name in programs + plugins + guest_files.RUNTIME + libraries(lab, programs + plugins):
        # Directories are merged: the archive links bin, sbin and lib into usr.
        name = re.sub(r"^/(bin|sbin|lib|lib64)/", r"/usr/\1/", name)
        if name not in done:
            done.add(name)
            archive.file(name, (lab.root / name.lstrip("/")).read_bytes(), 0o755)
    archive.symlink("usr/bin/sh", "dash")
    for name in guest_files.KMOD_LINKS:
        archive.symlink(f"usr/sbin/{name}", "../bin/kmod")
    for name in guest_files.XTABLES_LINKS:
        archive.symlink(f"usr/sbin/{name}", f"xtables-{'nft' if '-nft' in name else 'legacy'}-multi")
    applets = subprocess.run([lab.root / "usr/bin/busybox", "--list-full"],
                             capture_output=True, text=True, check=True).stdout.split()
    taken = {Path(p).name for p in programs} | {"sh"} | set(guest_files.KMOD_LINKS)
    for applet in applets:
        if Path(applet).name not in taken:
            target = re.sub(r"^(bin|sbin)/", r"usr/\1/", applet)
            archive.symlink(target, "/usr/bin/busybox")


def libraries(lab, names):
    """Return the shared libraries that the named files need, in the root."""
    found = in_root(lab, "ldd", *names).stdout
    return sorted(set(re.findall(r"(/\S+\.so\S*) \(0x", found)))


def add_kernel_modules(kernel, archive):
    """Add kernel modules, unpacked: the guest is small and in a hurry."""
    top = kernel.modules
    paths = {}
    depends = {}
    for line in (top / "modules.dep").read_text().splitlines():
        file, _, needed = line.partition(":")
        name = Path(file).name.split(".ko")[0].replace("-", "_")
        paths[name] = file
        depends[file] = needed.split()
    wanted = set()
    for name in guest_files.MODULES:
        if name in paths:
            wanted |= {paths[name], *depends[paths[name]]}
    folder = f"usr/lib/modules/{kernel.release}"
    for file in sorted(wanted):
        body = (top / file).read_bytes()
        if file.endswith(".xz"):
            body = lzma.decompress(body)
        archive.file(f"{folder}/{file.removesuffix('.xz')}", body)
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        archive.file(f"{folder}/{name}", (top / name).read_bytes())


def per_run(lab, kernel, stack, settings):
    """Return the archive with /init, what was built, and what to run."""
    archive = Archive()
    archive.file("init", (HERE / "guest-init").read_bytes(), 0o755)
    archive.file("run.conf", run_conf(STACK=stack, **settings))
    guest_tests = lab.out / "target-guest/release/guest-tests"
    archive.file("usr/local/bin/guest-tests", guest_tests.read_bytes(), 0o755)
    for name in ("nfacct", "nfacct-bench"):
        program = lab.out / "target-userland/release" / name
        if program.exists():
            archive.file(f"usr/local/bin/{name}", program.read_bytes(), 0o755)
    for name in ("nfnetlink_acct", "xt_nfacct"):
        module = kernel.ours / f"{name}.ko"
        if name in REPLACED[stack]:
            archive.file(f"usr/lib/modules/{kernel.release}/updates/{name}.ko", module.read_bytes())
        if module.exists():
            archive.file(f"modules-rust/{name}.ko", module.read_bytes())
    return archive.finish()


def run_conf(**settings):
    """Return the file with what /init reads, as the shell's assignments."""
    return "".join(f"{key}={shlex.quote(value)}\n" for key, value in settings.items()).encode()
