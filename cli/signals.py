"""Being asked to end: Ctrl-C, a batch system's SIGTERM, a terminal that closes."""

from __future__ import annotations

import signal
from time import monotonic
from types import FrameType

#: Signals that ask a process to end, and that it may answer.
ASKING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
#: For so long after one of them others are not heard: cleaning up takes milliseconds [s].
GRACE_S = 2.0

_heard: signal.Signals | None = None
_since = 0.0


class Ended(KeyboardInterrupt):
    """The process was asked to end."""


def hear_signals() -> None:
    """Turn what asks this process to end into `Ended`, which lets everything clean up.

    A signal that the process was started deaf to, as by nohup, stays unheard.
    """
    for number in ASKING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _hear)


def leave_signals() -> None:
    """Have signals end the process as they do by themselves: nothing is left to clean up."""
    for number in ASKING:
        if signal.getsignal(number) == _hear:
            signal.signal(number, signal.SIG_DFL)


def note(number: int) -> None:
    """Keep in mind which signal came first: the exit status says it."""
    global _heard, _since
    if _heard is None:
        _heard = signal.Signals(number)
    _since = monotonic()


def was_heard() -> bool:
    """Return whether a signal asked this process to end.

    What leaves a command after that comes of the signal, whatever its type: Python 3.11 turns
    what is raised in `__set_name__`, while a class is made at import, into a RuntimeError.
    """
    return _heard is not None


def exit_status() -> int:
    """Return the status of a process that a signal ended: 128 and its number, 130 for Ctrl-C."""
    return 128 + (_heard or signal.SIGINT)


def _hear(number: int, _frame: FrameType | None) -> None:
    """End, once; soon after that, let the clean-up go on."""
    if _heard is not None and monotonic() - _since < GRACE_S:
        return
    note(number)
    raise Ended
