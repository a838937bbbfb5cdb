"""How a loop kept to the clock: what was late, what took how long, what missed its deadline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]

#: Shares of the ticks at which a time is told [%]; the last is the worst.
SHARES = (50.0, 99.0, 99.9, 100.0)


@dataclass(frozen=True, eq=False)
class Deadlines:
    """The ticks of a loop with a period, each due at its own time.

    Parameters
    ----------
    period_ns : int
        Of a tick; the deadline is a period behind the due time.
    late_ns : ndarray (N,)
        How late each tick began.
    took_ns : ndarray (N,)
        How long its work took.

    Examples
    --------
    >>> kept = Deadlines(1_000_000, np.array([1000, 400_000]), np.array([5000, 700_000]))
    >>> kept.missed, kept.shares(kept.jitter_ns)[100.0]
    (1, 399000)
    """

    period_ns: int
    late_ns: Times
    took_ns: Times

    @cached_property
    def done_ns(self) -> Times:
        """How long after its due time each tick was done (N,)."""
        return self.late_ns + self.took_ns

    @property
    def missed(self) -> int:
        """Ticks that were done after their deadline."""
        return int(np.count_nonzero(self.done_ns > self.period_ns))

    @property
    def overran(self) -> int:
        """Ticks whose own work took longer than the period: the others that missed began late."""
        return int(np.count_nonzero(self.took_ns > self.period_ns))

    @property
    def jitter_ns(self) -> Times:
        """How far the time between two ticks' beginnings was off the period (N - 1,).

        woke_k - woke_(k-1) - period = late_k - late_(k-1)
        """
        return np.abs(np.diff(self.late_ns))

    @staticmethod
    def shares(times_ns: Times) -> dict[float, int]:
        """Return the time, one of those given, that each of SHARES of the ticks does not exceed."""
        if not len(times_ns):
            return dict.fromkeys(SHARES, 0)
        ordered, count = np.sort(times_ns), len(times_ns)
        # the least k with k / count at or above the share, in whole thousandths
        return {share: int(ordered[-(-count * round(10 * share) // 1000) - 1]) for share in SHARES}

    def to_dict(self) -> dict[str, Any]:
        """Return period, ticks, misses, those by a tick's own work, and times [us] by SHARES."""
        times = {
            "late_us": self.late_ns,
            "took_us": self.took_ns,
            "done_us": self.done_ns,
            "jitter_us": self.jitter_ns,
        }
        told = {
            name: {f"{share:g}": 1e-3 * ns for share, ns in self.shares(of).items()}
            for name, of in times.items()
        }
        return {
            "period_us": 1e-3 * self.period_ns,
            "ticks": len(self.late_ns),
            "missed": self.missed,
            "overran": self.overran,
            **told,
        }
