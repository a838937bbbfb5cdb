"""How far a campaign is, and the exception that ends one early."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Progress:
    """How far a campaign is.

    Attributes
    ----------
    wanted : int
        Runs to be there in the end: of the shard, where it is one.
    before : int
        That were there already.
    flown : int
        Since then.
    unsafe : int
        Of all.
    deaths : int
        Of workers, as far as seen.
    outcomes : Counter of str
        Runs of each outcome.
    given_up : list of int
        Runs that killed every worker.
    note : str
        On what flies, where that is not what was asked for.

    Examples
    --------
    >>> from farside.campaign import Progress
    >>> Progress(wanted=100, before=20, flown=5).done
    25
    """

    wanted: int
    before: int = 0
    flown: int = 0
    unsafe: int = 0
    deaths: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    given_up: list[int] = field(default_factory=list)
    note: str = ""

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
