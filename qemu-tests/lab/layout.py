# SPDX-License-Identifier: GPL-2.0-only
"""Checks that our bindings describe C structs as the running kernel has them.

The type information of the stock modules and of the kernel gives offsets and
sizes. From it a Rust file of compile-time assertions is made, which is compiled
against our generated bindings with the kernel's own flags.
"""

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from lab import in_root

# Struct, and the stock module whose type information has it. One that no stock
# module keeps is taken from the kernel's own header, through its C compiler.
HEADER_ONLY = "linux/netfilter/xt_nfacct.h"
STRUCTS = {
    "xt_match": "xt_nfacct",
    "xt_mtchk_param": "xt_nfacct",
    "xt_mtdtor_param": "xt_nfacct",
    "xt_action_param": "xt_nfacct",
    "xt_nfacct_match_info": "xt_nfacct",
    "xt_nfacct_match_info_v1": HEADER_ONLY,
    "nfnl_callback": "nfnetlink_acct",
    "nfnetlink_subsystem": "nfnetlink_acct",
    "nfnl_info": "nfnetlink_acct",
    "nla_policy": "nfnetlink_acct",
    "pernet_operations": "nfnetlink_acct",
    "nf_hook_state": "xt_nfacct",
}
# Constants of our bindings that are offsets in structs opaque to Rust.
OFFSETS = {
    "OFFSETOF_NET_GEN": ("net", "gen"),
    "OFFSETOF_SOCK_NET": ("sock_common", "skc_net"),
    "OFFSETOF_SKB_SK": ("sk_buff", "sk"),
}
RUST_KEYWORDS = {"match", "type", "in", "ref", "use", "move", "mod", "fn", "where", "priv"}
VMLINUX = "/build/linux/vmlinux"


@dataclass
class Struct:
    """A struct as pahole prints it: members with path, offset and size."""

    size: int | None = None
    members: list = field(default_factory=list)


def parse(text):
    """Read one struct printed by pahole."""
    out = Struct()
    path = []
    anonymous = [0]
    for line in text.splitlines():
        total = re.match(r"^\t/\* size: (\d+),", line)
        place = re.search(r"/\*\s+(\d+)(?::\s*\d+)?\s+(\d+) \*/\s*$", line)
        if total:
            out.size = int(total[1])
        elif re.match(r"^\s+(struct|union) \{$", line):
            anonymous[-1] += 1
            path.append(f"__bindgen_anon_{anonymous[-1]}")
            anonymous.append(0)
        elif re.match(r"^\s+\}\s*;", line):
            path.pop()
            anonymous.pop()
        elif place:
            name = re.search(r"\(\*\s*(\w+)\)", line) or re.search(r"(\w+)(?:\[\d*\])*\s*(?:__attribute__.*)?;", line)
            rust = name[1] + "_" if name[1] in RUST_KEYWORDS else name[1]
            out.members.append((".".join([*path, rust]), int(place[1]), int(place[2])))
    return out


def assertions(name, struct):
    """Return the compile-time assertions for one struct."""
    out = [f'const _: () = assert!(size_of::<b::{name}>() == {struct.size}, "{name}: size");']
    for member, offset, size in struct.members:
        out.append(f'const _: () = assert!(core::mem::offset_of!(b::{name}, {member}) == {offset}, '
                   f'"{name}: offset of {member}");')
        out.append(f'const _: () = assert!(field_size(|p: *const b::{name}| unsafe {{ &raw const (*p).{member} }})'
                   f' == {size}, "{name}: size of {member}");')
    return out


HEADER = """// SPDX-License-Identifier: GPL-2.0-only
//! Generated: what the stock kernel says about the structs in our bindings.
#[allow(unused)]
#[path = "/checkout/kernel-module/netfilter/bindings.rs"]
mod b;
/// The closure is never called; it only names a place.
const fn field_size<T, F>(_: fn(*const T) -> *const F) -> usize {
    size_of::<F>()
}
"""


def run(lab, tally):
    """Record the check of each struct."""
    with tempfile.TemporaryDirectory(prefix="layout-", dir=lab.out) as work:
        run_in(lab, tally, Path(work))


def run_in(lab, tally, work):
    """Do the work of run() in a directory of its own."""
    (work / "Kbuild").write_text("obj-m += layout.o\n")
    lines = [HEADER]
    problems = {}
    for name, module in STRUCTS.items():
        text = pahole(lab, work, name, module)
        struct = parse(text)
        if struct.size is None or not struct.members:
            problems[name] = [f"no type information: {text.strip()[:200]}"]
            continue
        lines += assertions(name, struct)
    for constant, (name, member) in OFFSETS.items():
        found = [o for m, o, _ in parse(pahole(lab, work, name, "")).members if m.split(".")[-1] == member]
        if len(found) != 1:
            problems[constant] = [f"struct {name}: {len(found)} members called {member}"]
            continue
        lines.append(f'const _: () = assert!(b::{constant} as usize == {found[0]}, "{constant}: value");')
    (work / "layout.rs").write_text("\n".join(lines) + "\n")
    log = compile_it(lab, work, "layout.o", "NFACCT_BINDINGS=/out/modules/kernel-module/bindings/bindings_generated.rs")
    found = False
    for name in [*STRUCTS, *OFFSETS]:
        said = re.findall(rf"(?:evaluation panicked: |the evaluated program panicked at ')({name}: [\w. ]+)", log)
        found = found or bool(said)
        tally.record(f"layout of {name}", problems.get(name, []) + said)
    if log and not found:
        tally.record("layout check compiles", log.splitlines()[-30:])


def pahole(lab, work, name, module):
    """Return what pahole prints for a struct, from a stock module or the kernel."""
    if not module:
        return in_root(lab, "pahole", "-C", name, VMLINUX).stdout
    if module == HEADER_ONLY:
        source = work / "from_header.c"
        source.write_text(f"#include <{HEADER_ONLY}>\nstruct {name} of_header;\n")
        return compile_it(lab, work, "from_header.o") or in_root(
            lab, "pahole", "-F", "dwarf", "-C", name, f"/out/{work.name}/from_header.o").stdout
    packed = f"/usr/lib/modules/{lab.kernel}/kernel/net/netfilter/{module}.ko.xz"
    return in_root(lab, "sh", "-c", f"xz -dc {packed} >/tmp/m.ko && pahole --btf_base {VMLINUX} -C {name} /tmp/m.ko").stdout


def compile_it(lab, work, target, *more):
    """Compile one file like part of a kernel module; return the log if that fails."""
    arguments = (lab.root / "build/linux/.make-arguments").read_text().split()
    done = in_root(lab, "make", "-C", "/build/linux", *arguments, f"M=/out/{work.name}", *more, target)
    return "" if done.returncode == 0 else done.stdout + done.stderr
