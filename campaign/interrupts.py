"""Requests to end a campaign: Ctrl-C, SIGTERM, SIGHUP."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Self

#: Signals that ask a process to end.
STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Interrupts:
    """Notes requests to end, and raises them between two tasks.

    An exception that comes in the middle of handing a task out may end in a library that swallows
    it, and the campaign would fly on. A second request before the first one was answered raises at
    once.
    """

    def __init__(self) -> None:
        self._asked = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Handle the signals, in the main thread only."""
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                handler = signal.getsignal(number)
                # a signal that was ignored from the start, as under nohup, stays ignored
                if handler not in (None, signal.SIG_IGN):
                    self._before[number] = handler
                    signal.signal(number, self._note)
        return self

    def __exit__(self, *_why: object) -> None:
        """Put the handlers back that were there before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        """Keep the request for `check`; raise the second one."""
        again, self._asked = self._asked, self._asked or number
        if again:
            raise KeyboardInterrupt

    @property
    def number(self) -> int:
        """The signal that asked first; SIGINT where an exception came without one."""
        return self._asked or signal.SIGINT

    def check(self) -> None:
        """Interrupt here if that was asked for.

        Raises
        ------
        KeyboardInterrupt
            It was.
        """
        if self._asked:
            raise KeyboardInterrupt
