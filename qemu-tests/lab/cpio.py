# SPDX-License-Identifier: GPL-2.0-only
"""Writes archives in the format the kernel unpacks as initramfs (newc)."""


class Archive:
    """An archive that grows in memory. Archives can be concatenated."""

    def __init__(self):
        self._data = bytearray()
        self._inode = 0
        self._directories = set()

    def _entry(self, name, mode, body=b""):
        self._inode += 1
        encoded = name.encode() + b"\0"
        fields = [self._inode, mode, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(encoded), 0]
        self._data += b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self._pad()
        self._data += body
        self._pad()

    def _pad(self):
        self._data += b"\0" * (-len(self._data) % 4)

    def directory(self, path):
        """Add a directory and those above it, once."""
        path = path.strip("/")
        if not path or path in self._directories:
            return
        self.directory(path.rpartition("/")[0])
        self._directories.add(path)
        self._entry(path, 0o040755)

    def file(self, path, body, mode=0o644):
        """Add a regular file."""
        path = path.strip("/")
        self.directory(path.rpartition("/")[0])
        self._entry(path, 0o100000 | mode, body)

    def symlink(self, path, target):
        """Add a symbolic link."""
        path = path.strip("/")
        self.directory(path.rpartition("/")[0])
        self._entry(path, 0o120777, target.encode())

    def finish(self):
        """Return the whole archive, closed by the trailer."""
        self._inode = -1
        self._entry("TRAILER!!!", 0)
        return bytes(self._data)
