"""What a loop by the clock asks of the operating system: fixed priority, memory that stays."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

LOCK_NOW_AND_LATER = 3  # MCL_CURRENT | MCL_FUTURE
#: Of the 99 of SCHED_FIFO: above everything usual, below the kernel's own threads.
PRIORITY = 50


def realtime_troubles() -> Iterator[str]:
    """Ask for SCHED_FIFO for this thread and for memory that stays; say what is not granted."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except (AttributeError, OSError) as why:
        yield f"SCHED_FIFO: {getattr(why, 'strerror', None) or why}"
    try:
        locked = ctypes.CDLL(None, use_errno=True).mlockall(LOCK_NOW_AND_LATER)
    except (AttributeError, OSError, TypeError) as why:
        yield f"mlockall: {why}"
    else:
        if locked != 0:
            yield f"mlockall: {os.strerror(ctypes.get_errno())}"


@contextmanager
def realtime_thread() -> Iterator[tuple[str, ...]]:
    """Ask for both for a while, and give them back; yields what is not granted, a line each."""
    troubles = tuple(realtime_troubles())
    try:
        yield troubles
    finally:
        if not any(line.startswith("SCHED_FIFO") for line in troubles):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        if not any(line.startswith("mlockall") for line in troubles):
            ctypes.CDLL(None).munlockall()
