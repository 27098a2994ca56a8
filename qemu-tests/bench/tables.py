# SPDX-License-Identifier: GPL-2.0-only
"""The results of `make bench` as Markdown tables."""

from figures import series, short

KINDS = [("plain", "no quota"), ("packets-far", "packet quota far away"), ("bytes-far", "byte quota far away"),
         ("packets-over", "over packet quota"), ("bytes-over", "over byte quota")]
GROWTH = [("add.prefix", "add all, common prefix"), ("add.hash", "add all, hash"), ("get.first", "get the first"),
          ("get.last", "get the last"), ("rule.first", "rule on the first"), ("rule.last", "rule on the last"),
          ("delete.oldest", "delete all, oldest first"), ("delete.newest", "delete all, newest first"),
          ("dump.8k", "dump, 8 KiB reads"), ("dump.32k", "dump, 32 KiB reads"),
          ("dump.reset", "dump with reset, 32 KiB"), ("dump.filtered", "dump, filter without a hit"),
          ("flush", "flush")]
SCALING = [("plain", "no quota"), ("far", "byte quota far away"), ("over", "over byte quota")]
CONSERVE = [(f"conserve.{kind}.{what}", f"{title}: {text}")
            for kind, title in (("plain", "no quota"), ("far", "byte quota far away"), ("near", "quota of 50,000 packets"))
            for what, text in (("packets", "packets"), ("resets", "resets meanwhile"),
                               ("wrong", "packets and bytes not found again"))]
OTHERS = [
    ("restore.legacy.bare.5000", "iptables-legacy-restore, 5k rules without a match"),
    ("restore.legacy.share.5000", "what 5k matches add to it"),
    ("restore.nft.bare.5000", "iptables-nft-restore, 5k rules without a match"),
    ("restore.nft.share.5000", "what 5k matches add to it"),
    *((f"traffic.{kind}.{count}", f"a packet through {text}, {kind}") for kind in ("legacy", "nft")
      for count, text in ((0, "no rule"), (1, "1 rule"), (10, "10 rules"), (100, "100 rules"),
                          ("bare.100", "100 rules without a match"))),
    ("load", "load of both modules"),
    ("load.bytes", "bytes of both module files"),
    *((f"memory.{kind}.{part}", f"memory of an object, {kind}: {part}")
      for kind in ("plain", "quota") for part in ("slab", "percpu-each", "vmalloc")),
]
MANY = [("many.add", "add"), ("many.dump", "dump"), ("many.reset-dump", "dump with reset"),
        ("many.delete-half", "delete half by name"), ("many.flush-rest", "flush the other half"),
        ("memory.many.slab", "slab of an object, bytes"), ("memory.many.percpu", "per CPU of an object, bytes"),
        ("memory.many.vmalloc", "vmalloc of an object, bytes")]


def markdown(head, rows):
    """Return a table; the first column is text."""
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def limits_table(limits, c, rust):
    """Return the comparison with the limits."""
    rows = []
    for limit in limits:
        theirs, ours = c.get(limit.figure), rust.get(limit.figure)
        ratio = f"{ours / theirs:.3g}" if theirs and ours is not None else "-"
        goal = f" (wanted {short(limit.goal)})" if limit.goal is not None else ""
        verdict = "ok" if limit.complaint(c, rust) is None else "**missed**"
        rows.append([limit.what, short(theirs), short(ours), ratio, limit.bound() + goal, verdict])
    return markdown(["figure", "C", "Rust", "Rust / C", "limit", ""], rows)


def packet_table(c, rust):
    """Return what the match executes for a packet."""
    columns = ("instructions", "locked", "loads", "stores")
    rows = []
    for kind, title in KINDS:
        cells = [" / ".join(short(side.get(f"match.{kind}.{what}")) for side in (c, rust)) for what in columns]
        rows.append([title, *cells])
    return markdown(["match, C / Rust", *columns], rows)


def growth_table(c, rust):
    """Return costs against the number of objects."""
    sizes = sorted({size for prefix, _ in GROWTH for side in (c, rust) for size in series(side, prefix)})
    rows = []
    for prefix, title in GROWTH:
        theirs, ours = series(c, prefix), series(rust, prefix)
        if theirs or ours:
            rows.append([title, *(f"{short(theirs.get(size))} / {short(ours.get(size))}" for size in sizes)])
    return markdown(["instructions, C / Rust", *(f"{size:,}" for size in sizes)], rows)


def pairs_table(head, names, c, rust):
    """Return single figures side by side."""
    rows = [[title, short(c.get(name)), short(rust.get(name))] for name, title in names
            if name in c or name in rust]
    return markdown([head, "C", "Rust"], rows)


def report(limits, c, rust, texts):
    """Return everything."""
    scaling = [(f"scaling.{kind}.{way}", f"{title}, {where}") for kind, title in SCALING
               for way, where in (("shared", "one object"), ("apart", "two objects"))]
    parts = [
        ("Limits", limits_table(limits, c, rust)),
        ("Packet path", packet_table(c, rust)),
        ("Two processors against one", pairs_table("throughput", scaling, c, rust)),
        ("Conservation", pairs_table("two processors count, one object is reset", CONSERVE, c, rust)),
        ("Requests", growth_table(c, rust)),
        ("Rules, traffic, loading, memory", pairs_table("instructions or bytes", OTHERS, c, rust)),
        ("1,000,000 objects", pairs_table("instructions or bytes", MANY, c, rust)),
        ("Commands", "\n".join(["```", *texts, "```"])),
    ]
    return "\n\n".join(f"## {title}\n\n{body}" for title, body in parts) + "\n"
