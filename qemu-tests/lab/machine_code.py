# SPDX-License-Identifier: GPL-2.0-only
"""What the built modules must look like as machine code.

The match runs for every packet: no call, no locked instruction, but where it
leaves to find out about a quota. A Rust panic is a BUG in the kernel: no panic
may be linked. That covers arithmetic, for where the compiler cannot rule out
an overflow it links a panic, as long as the kernel is configured so.
"""

import re
from dataclasses import dataclass

from lab import in_root, say

MODULES = ("nfnetlink_acct", "xt_nfacct")
MATCH = "match_callback"
ASK = "nfacct_match3ask"
RETURN_THUNK = "__x86_return_thunk"
PANIC = re.compile(r"panic|rust_begin_unwind|rust_helper_BUG")


@dataclass
class Instruction:
    """One line of a disassembly."""

    text: str
    target: int | None = None
    symbol: str | None = None


@dataclass
class Path:
    """One way through a function, from its entry to where it leaves."""

    instructions: list
    leaves_to: str


def parse(listing, name):
    """Return {address: Instruction} of the functions whose name holds `name`."""
    found = {}
    inside = False
    last = None
    for line in listing.splitlines():
        head = re.match(r"^[0-9a-f]+ <(.*)>:$", line)
        if head:
            inside = name in head[1] and not head[1].startswith("__pfx_")
            if inside:
                found[head[1]] = {}
                current = found[head[1]]
            continue
        if not inside:
            continue
        code = re.match(r"^\s*([0-9a-f]+):\t(.*\S)", line)
        relocation = re.match(r"^\s+[0-9a-f]+: R_X86_64_(?:PLT32|PC32)\s+(\S+?)(?:[-+]0x[0-9a-f]+)?$", line)
        if relocation and last is not None:
            last.symbol = relocation[1]
        elif code and "R_X86_64" not in line:
            jump = re.match(r"^(?:j\w+|call)\s+([0-9a-f]+)", code[2])
            last = Instruction(code[2], int(jump[1], 16) if jump else None)
            current[int(code[1], 16)] = last
    return found


def paths(code):
    """Return every way through a function; a loop ends a way as "loop"."""
    addresses = sorted(code)
    following = dict(zip(addresses, addresses[1:]))
    out = []
    todo = [(addresses[0], [])]
    while todo:
        at, done = todo.pop()
        if at not in code or at in [a for a, _ in done]:
            out.append(Path([i for _, i in done], "loop" if at in code else "nowhere"))
            continue
        instruction = code[at]
        done = done + [(at, instruction)]
        word = instruction.text.split()[0]
        if word.startswith("ret"):
            out.append(Path([i for _, i in done], "return"))
        elif word.startswith("jmp") and (instruction.symbol or instruction.target is None):
            leaves_to = "return" if instruction.symbol == RETURN_THUNK else instruction.symbol or "indirect"
            out.append(Path([i for _, i in done], leaves_to))
        elif word.startswith("jmp"):
            todo.append((instruction.target, done))
        else:
            if word.startswith("j") and instruction.symbol:
                out.append(Path([i for _, i in done], instruction.symbol))
            elif word.startswith("j"):
                todo.append((instruction.target, done))
            todo.append((following.get(at), done))
    return out


def is_locked(instruction):
    """Return whether an instruction locks the bus; xchg with memory always does."""
    return instruction.text.startswith("lock") or re.match(r"^xchg\w?\s.*\(", instruction.text)


def packet_paths(listing):
    """Judge the ways of a packet; return complaints and the lengths of those that return.

    The shortest is that without a quota, the longest that where the answer is known.
    """
    functions = parse(listing, MATCH)
    if not functions:
        return [f"no function called {MATCH}"], []
    lengths = []
    out = []
    for name, code in functions.items():
        for path in paths(code):
            texts = [i.text for i in path.instructions]
            if not any("%gs:" in text for text in texts):
                out.append(f"{name}: a path does not count per CPU")
            if path.leaves_to == "return":
                lengths.append(len(texts))
            elif ASK not in path.leaves_to:
                out.append(f"{name}: a path leaves to {path.leaves_to}")
            out += [f"{name}: {i.text}" for i in path.instructions
                    if i.text.startswith("call") or is_locked(i)]
    if not lengths:
        out.append("no path returns")
    return out, sorted(lengths)


def overflow_checks(config):
    """Judge the configuration that the modules were built with."""
    if "CONFIG_RUST_OVERFLOW_CHECKS=y" in config.splitlines():
        return []
    return ["CONFIG_RUST_OVERFLOW_CHECKS is off: linked symbols say nothing about arithmetic"]


def run(lab, tally):
    """Record the checks of machine code."""
    listing = in_root(lab, "objdump", "-dr", "--no-show-raw-insn",
                      "/out/modules/kernel-module/xt_nfacct.ko").stdout
    complaints, lengths = packet_paths(listing)
    tally.record("match: no call, no LOCK", complaints)
    if lengths:
        say(f"match: {lengths[0]} instructions without quota, {lengths[-1]} with one")
    tally.record("arithmetic that can overflow would link a panic",
                 overflow_checks((lab.root / "build/linux/.config").read_text()))
    for module in MODULES:
        symbols = in_root(lab, "nm", f"/out/modules/kernel-module/{module}.ko").stdout.splitlines()
        tally.record(f"{module}.ko: no panic is linked",
                     [line for line in symbols if PANIC.search(line)] if symbols else ["no symbols"])
