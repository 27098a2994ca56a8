#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Puts a recorded session into a document:  splice.py DOCUMENT < OUTPUT-OF-THE-GUEST"""

import re
import sys
from pathlib import Path

SESSION = re.compile(r"-----begin of the session-----\n(.*?)-----end of the session-----", re.DOTALL)
BLOCK = re.compile(r"(<!-- make session -->\n```console\n).*?(```\n)", re.DOTALL)


def splice(document, output):
    """Return the document with the session in its block."""
    session = SESSION.search(output.replace("\r", ""))
    if not session:
        raise ValueError("the guest did not play the session to its end")
    text, count = BLOCK.subn(lambda block: block[1] + session[1] + block[2], document)
    if count != 1:
        raise ValueError(f"{count} places for a session in the document")
    return text


def main():
    """Splice, or leave the document as it is."""
    path = Path(sys.argv[1])
    output = sys.stdin.read()
    try:
        path.write_text(splice(path.read_text(), output))
    except ValueError as error:
        sys.exit(f"{output}\nerror: {error}")
    print(f"recorded into {path}")


if __name__ == "__main__":
    main()
