"""A disk that fails at the n-th call that changes it, and clocks that jump.

What changes a file system passes here: opening for writing, each write, fsync, rename, link,
unlink, mkdir, rmdir, utime. Reading does not.
"""

import builtins
import errno
import io
import os
import random
import time
from contextlib import contextmanager
from pathlib import Path


class PowerLossError(BaseException):
    """The machine is gone: nothing that the program still does reaches the disk."""


class Disk:
    """Counts the calls below some folder, and fails those from the n-th on.

    Parameters
    ----------
    folder : Path
        Calls on other files are neither counted nor failed.
    first : int
        The call that fails first, from 1; 0: none.
    how : {"full", "once", "torn", "power"}
        From the first on no room; an error once; the same after half of what is written has been;
        or the power is off: half is written, and nothing works any more, cleaning up neither.
    code : int
        The errno of a failure.
    """

    def __init__(self, folder, first=0, how="full", code=errno.ENOSPC):
        self.folder, self.first, self.how, self.code = str(folder), first, how, code
        self.calls, self.off = 0, False
        self.names = []

    def mine(self, path):
        return not isinstance(path, int) and os.fspath(path).startswith(self.folder)

    def fails(self, name, takes_room=True):
        """Count a call; return whether it fails."""
        self.calls += 1
        self.names.append(name)
        if self.off:
            return True
        if not self.first or self.calls < self.first:
            return False
        if self.how == "full":
            # taking something away needs no room
            return takes_room
        if self.calls == self.first:
            self.off = self.how == "power"
            return True
        return False

    def error(self):
        if self.off:
            return PowerLossError()
        return OSError(self.code, os.strerror(self.code))

    def call(self, name, real, takes_room=True):
        """Return a stand-in for a function of os whose first argument is a path."""

        def faulty(path, *arguments, **options):
            if self.mine(path) and self.fails(name, takes_room):
                raise self.error()
            return real(path, *arguments, **options)

        return faulty

    def open(self, real):
        """Return a stand-in for open()."""

        def faulty(path, mode="r", *arguments, **options):
            if not (self.mine(path) and set(mode) & set("wax+")):
                return real(path, mode, *arguments, **options)
            if self.fails("open"):
                raise self.error()
            return io.BufferedWriter(FaultyFile(self, path, mode.replace("b", "")))

        return faulty

    def fsync(self, real):
        def faulty(held):
            path = os.readlink(f"/proc/self/fd/{held}")
            if self.mine(path) and self.fails("fsync"):
                raise self.error()
            return real(held)

        return faulty


class FaultyFile(io.FileIO):
    """A file of a disk; a write that fails may have written half."""

    def __init__(self, disk, path, mode):
        super().__init__(path, mode)
        self.disk = disk

    def write(self, data):
        if self.disk.fails("write"):
            if self.disk.how in ("torn", "power"):
                super().write(bytes(data)[: len(data) // 2])
            raise self.disk.error()
        return super().write(data)


@contextmanager
def faulty_disk(folder, first=0, how="full", code=errno.ENOSPC):
    """Have the code inside see a disk that fails; yield the `Disk`."""
    disk = Disk(Path(folder), first, how, code)
    kept = {name: getattr(os, name) for name in ("replace", "link", "mkdir", "utime")}
    frees = {name: getattr(os, name) for name in ("unlink", "rmdir")}
    fsync, opened = os.fsync, io.open
    for name, real in kept.items():
        setattr(os, name, disk.call(name, real))
    for name, real in frees.items():
        setattr(os, name, disk.call(name, real, takes_room=False))
    os.fsync = disk.fsync(fsync)
    io.open = builtins.open = disk.open(opened)
    try:
        yield disk
    finally:
        for name, real in (kept | frees).items():
            setattr(os, name, real)
        os.fsync = fsync
        io.open = builtins.open = opened


@contextmanager
def jumping_clock(seed, most_s=1e8):
    """Have clocks jump: the time of day either way by years, the others ahead, as after a sleep."""
    rng, kept = random.Random(seed), {}
    ahead = [0.0]

    def jump(real, back):
        def now():
            if rng.random() < 0.2:
                ahead[0] += rng.random() * most_s
            return real() + ahead[0] - (rng.random() * most_s if back else 0.0)

        return now

    for name in ("time", "monotonic", "perf_counter"):
        kept[name] = getattr(time, name)
        setattr(time, name, jump(kept[name], name == "time"))
    try:
        yield
    finally:
        for name, real in kept.items():
            setattr(time, name, real)
