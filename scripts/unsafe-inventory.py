#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The inventory of unsafe code in what is shipped, docs/unsafe.md.

  unsafe-inventory.py          fail if the file does not fit the code
  unsafe-inventory.py --write  write it anew: the change shows in the commit
"""

import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
INVENTORY = TOP / "docs/unsafe.md"
KINDS = {
    "blocks": r"\bunsafe\s*\{",
    "impls": r"\bunsafe\s+impl\b",
    "functions": r"\bunsafe\s+(?:extern\s*\"C\"\s*)?fn\s+\w",
    "C items": r"\bextern\s*\"C\"\s*\{|#\[(?:unsafe\()?(?:no_mangle|export_name|link_section)\b",
}
SHIPPED = ("kernel-module/*.rs", "userland/*.rs")
# What is no code: comments, texts, characters (a lifetime is not one).
NOT_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.[^']*|[^'\\])'", re.DOTALL)

INTRODUCTION = """<!-- SPDX-License-Identifier: GPL-2.0-only -->
# Unsafe code

Made by `scripts/unsafe-inventory.py --write` from the sources that are shipped; `make lint` fails when
it no longer fits, so unsafe code cannot come or go without showing in a commit. `scripts/check-unsafe.sh`
sees to it that there is none outside of the files below, and that a `SAFETY` comment stands above every
block and impl and says who guarantees what it relies on.

The layer exists because the kernel has no safe interface for nfnetlink, x_tables, per-CPU memory or
per-namespace state. What its files have in common:

- **blocks** call a C function or read through a pointer that C passed in;
- **impls** promise that a type may be shared or sent between threads, or that a callback table fits its type;
- **functions** are called by C, or ask their caller for what a type cannot express;
- **C items** are symbols that other modules link to, and declarations of such.

"""


def strip(code):
    """Return the code without comments, texts and characters."""
    return NOT_CODE.sub(lambda m: m[0] if m[0] == '"C"' else " ", code)


def count(code):
    """Return how often each kind of unsafe code occurs."""
    bare = strip(code)
    return [len(re.findall(pattern, bare)) for pattern in KINDS.values()]


def purpose(code):
    """Return the first sentence of the file's documentation."""
    lines = []
    for line in code.splitlines():
        if line.startswith("//!"):
            lines.append(line[3:].strip())
            if not lines[-1]:
                break
        elif lines:
            break
    return " ".join(" ".join(lines).split()).partition(". ")[0].rstrip(".")


def sources():
    """Return the shipped Rust files."""
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *SHIPPED],
                          cwd=TOP, capture_output=True, text=True, check=True)
    return sorted(name for name in done.stdout.splitlines() if (TOP / name).exists())


def inventory():
    """Return the text of the file."""
    rows = []
    total = [0] * len(KINDS)
    with_unsafe = 0
    for name in sources():
        code = (TOP / name).read_text()
        found = count(code)
        if any(found):
            with_unsafe += 1
            total = [a + b for a, b in zip(total, found)]
            rows.append(f"| `{name}` | {' | '.join(map(str, found))} | {purpose(code)} |")
    head = f"| file | {' | '.join(KINDS)} | what for |\n|---|{'--:|' * len(KINDS)}---|\n"
    end = f"| {with_unsafe} files | {' | '.join(f'**{n}**' for n in total)} | |\n"
    return INTRODUCTION + head + "".join(row + "\n" for row in rows) + end


def main():
    """Check or write the inventory."""
    now = inventory()
    if sys.argv[1:] == ["--write"]:
        INVENTORY.parent.mkdir(exist_ok=True)
        INVENTORY.write_text(now)
        return 0
    known = INVENTORY.read_text() if INVENTORY.exists() else ""
    if known == now:
        return 0
    print("docs/unsafe.md does not fit the code (run scripts/unsafe-inventory.py --write):")
    old, new = set(known.splitlines()), set(now.splitlines())
    for line in known.splitlines():
        if line not in new:
            print(f"- {line}")
    for line in now.splitlines():
        if line not in old:
            print(f"+ {line}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
