"""Standard streams that cannot stop a flight: closed, full, or a pipe whose reader is gone."""

from __future__ import annotations

import errno
import io
import os
import select
import sys


class Sink(io.RawIOBase):
    """A descriptor that is written to until this fails; what comes after is dropped."""

    def __init__(self, descriptor: int) -> None:
        """Take an open descriptor."""
        self._descriptor = descriptor
        self.lost: OSError | None = None

    def writable(self) -> bool:
        """Report that it can be written to."""
        return True

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return os.isatty(self._descriptor)

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write, or drop; never raise."""
        while self.lost is None:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                # the terminal was set not to block: wait for room
                select.select([], [self._descriptor], [], 1.0)
            except OSError as why:
                self.lost = why
        return len(data)


class Streams:
    """Standard output and error of this process, once they cannot fail."""

    def __init__(self) -> None:
        """Take the place of `sys.stdout` and `sys.stderr`."""
        self._sinks: dict[str, Sink] = {}
        if os.name != "posix":
            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, io.TextIOWrapper):
                    stream.reconfigure(errors="replace")
            return
        _fill_holes()
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            before = getattr(sys, name)
            if before is None:
                # closed: another file may have the number by now
                descriptor = os.open(os.devnull, os.O_WRONLY)
            else:
                before.flush()
            sink = Sink(descriptor)
            self._sinks[name] = sink
            # a terminal that lacks a character gets a question mark
            stream = io.TextIOWrapper(
                io.BufferedWriter(sink),
                encoding=getattr(before, "encoding", None) or "utf-8",
                errors="replace",
                line_buffering=name == "stderr" or sink.isatty(),
            )
            setattr(sys, name, stream)

    def flush(self) -> None:
        """Write what is held back."""
        sys.stdout.flush()
        sys.stderr.flush()

    def output_lost(self) -> str:
        """Return why not everything printed has arrived; empty where it has or nobody reads."""
        self.flush()
        sink = self._sinks.get("stdout")
        if sink is None or sink.lost is None or sink.lost.errno == errno.EPIPE:
            return ""
        return f"standard output takes no more: {sink.lost.strerror}"


def _fill_holes() -> None:
    """Open what is closed of 0, 1 and 2, so that no file of ours is printed into."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # the lowest free number: this one
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
