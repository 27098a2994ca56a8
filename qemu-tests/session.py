#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The terminal session of userland/README.md, played in a guest with real packets.

`make session` boots the guest, runs this there and puts what it prints into the
README. Nothing is typed by hand, and a command that fails ends the recording.
"""

import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl

BEGIN, END = "-----begin of the session-----", "-----end of the session-----"
# Here nfacct is ours.
os.environ.update(PATH="/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", TERM="xterm", LC_ALL="C.UTF-8")
WIDTH, HEIGHT = 78, 10


def quiet(command):
    """Run what prepares the scene."""
    subprocess.run(command, shell=True, check=True)


def show(command):
    """Run a command as if it were typed, and print what it prints."""
    print(f"# {command}", flush=True)
    subprocess.run(command, shell=True, check=True, stderr=subprocess.STDOUT, timeout=300)


class Traffic:
    """The peer sends UDP packets at a steady pace until told to stop."""

    SENDER = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    for port, size, count in ((80, 1172, 4), (81, 472, 2), (82, 272, 1)):
        for _ in range(count):
            s.sendto(bytes(size), ("192.0.2.1", port))
    time.sleep(0.1)
"""

    def __enter__(self):
        self.sender = subprocess.Popen(["ip", "netns", "exec", "peer", "python3", "-c", self.SENDER])
        deadline = time.monotonic() + 60
        while "pkts = " + "0" * 20 in subprocess.run(["nfacct", "get", "http"], capture_output=True, text=True,
                                                     check=True).stdout:
            if time.monotonic() > deadline:
                sys.exit("no packet came")
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self.sender.kill()
        self.sender.wait()


def screen(command, seconds):
    """Run a command on a terminal for a while, then press q; return what stood there."""
    print(f"# {command}", flush=True)
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    child = subprocess.Popen(command, shell=True, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    data, end = b"", time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([master], [], [], left)[0]:
            data += os.read(master, 65536)
    os.write(master, b"q")
    if child.wait(timeout=10):
        sys.exit(f"{command}: exit status {child.returncode}")
    os.close(master)
    return render(data.decode())


def render(text):
    """Return the lines that a terminal shows: cursor positions and erasing are obeyed, colours are not."""
    lines = [[" "] * WIDTH for _ in range(HEIGHT)]
    row = column = 0
    for match in re.finditer(r"\x1b\[([?\d;]*)([A-Za-z])|\x1b.|([^\x1b])", text):
        arguments, action, character = match.groups()
        if action == "H":
            numbers = [int(n or 1) for n in (arguments or "1;1").split(";")]
            row, column = numbers[0] - 1, numbers[1] - 1
        elif action == "J":
            lines = [[" "] * WIDTH for _ in range(HEIGHT)]
        elif character in ("\r", "\n"):
            row, column = (row + (character == "\n"), 0 if character == "\r" else column)
        elif character and row < HEIGHT and column < WIDTH:
            lines[row][column] = character
            column += 1
    return "\n".join("".join(line).rstrip() for line in lines).rstrip()


def scene():
    """A peer in another namespace behind a virtual cable."""
    quiet("ip netns add peer && ip link add here type veth peer name there netns peer")
    quiet("ip addr add 192.0.2.1/24 dev here && ip link set here up")
    quiet("ip -n peer addr add 192.0.2.2/24 dev there && ip -n peer link set there up")


def play():
    """The session."""
    show("nfacct add http")
    show("nfacct add guest-ann --quota bytes=256KiB")
    show("nfacct add guest-bob --quota packets=1M")
    for name, port in (("http", 80), ("guest-ann", 81), ("guest-bob", 82)):
        show(f"iptables -A INPUT -p udp --dport {port} -m nfacct --nfacct-name {name}")
    with Traffic():
        show("nfacct watch --once")
        print(screen("nfacct watch --interval 2", 7))
        show("nfacct monitor --count 1 --json --match 'guest-*'")
        show("nfacct list --human")
        show("nfacct get http reset")
    show("nfacct list")
    show("nfacct list --only overquota --json")
    show("nfacct export --prometheus http | grep -v '^#'")
    show("nfacct save --file /run/nfacct.save; cat /run/nfacct.save")
    show("iptables -F; nfacct flush; nfacct list --table")
    show("nfacct restore --file /run/nfacct.save; nfacct list --table")
    show("nfacct doctor")
    show("/usr/sbin/nfacct list    # the C tool, which ours replaces")


def main():
    """Play between two lines by which the recorder finds the session."""
    scene()
    print(BEGIN, flush=True)
    play()
    print(END, flush=True)


if __name__ == "__main__":
    main()
