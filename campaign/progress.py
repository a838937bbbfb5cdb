"""How far a campaign is, and the exception that ends one early."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Progress:
    """How far a campaign is.

    Examples
    --------
    >>> from farside.campaign import Progress
    >>> Progress(wanted=100, before=20, flown=5).done
    25
    """

    wanted: int  # runs to be there in the end: of the shard, where it is one
    before: int = 0  # that were there already
    flown: int = 0  # since
    unsafe: int = 0  # of all
    deaths: int = 0  # of workers, as far as seen
    outcomes: Counter[str] = field(default_factory=Counter)
    given_up: list[int] = field(default_factory=list)  # runs that killed every worker
    note: str = ""  # on what flies, where that is not what was asked for

    @property
    def done(self) -> int:
        """Runs that are there."""
        return self.before + self.flown


OnProgress = Callable[[Progress], None]


class Stopped(KeyboardInterrupt):
    """The campaign was interrupted; everything that was flown is kept."""

    def __init__(self, progress: Progress, number: int = signal.SIGINT) -> None:
        super().__init__("the campaign was interrupted")
        self.progress = progress
        self.number = number  # of the signal that asked for it
