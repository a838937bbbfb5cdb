"""The rows of a campaign as arrays, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from farside.campaign.sampling import scrambles_of
from farside.campaign.statistics.basis import share_over
from farside.campaign.statistics.proportion import Share
from farside.ext.common.errors import FarsideError
from farside.mission import Mission

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class StatisticsError(FarsideError):
    """A campaign of which nothing can be said, in one line that tells why."""


class Manifest(Protocol):
    """What was asked of a campaign, as far as its statistics need it."""

    @property
    def seed(self) -> int:
        """Of the whole campaign."""

    @property
    def runs(self) -> int:
        """How many flights were asked for."""

    @property
    def sampling(self) -> str:
        """How the inputs were spread: "sobol" or "plain"."""

    @property
    def sampler(self) -> str:
        """What drew the points."""

    @property
    def imaging(self) -> bool:
        """Whether the landers scanned the ground and chose a site."""

    @property
    def cameras(self) -> bool:
        """Whether the landers' cameras were at work."""


class Campaign(Protocol):
    """Flights of a mission, one row each."""

    @property
    def table(self) -> pa.Table:
        """The rows, sorted by run."""

    @property
    def mission(self) -> Mission:
        """What was flown."""

    @property
    def manifest(self) -> Manifest:
        """What was asked for."""


@dataclass(frozen=True)
class Flights:
    """The columns of a campaign, read on demand; a column that is missing is all NaN or empty."""

    table: pa.Table
    scrambles: int = 0  # of a scrambled sequence that the inputs are points of; 0: plain draws

    def __len__(self) -> int:
        """Return the number of flights."""
        return int(self.table.num_rows)

    @property
    def run(self) -> NDArray[np.int64]:
        """Numbers of the runs, ascending."""
        found: NDArray[np.int64] = self.table["run"].to_numpy().astype(np.int64)
        return found

    def number(self, name: str) -> Floats:
        """Return a column of numbers."""
        if name not in self.table.column_names:
            return np.full(len(self), np.nan)
        found: Floats = self.table[name].to_numpy().astype(np.float64)
        return found

    def flag(self, name: str) -> Flags:
        """Return a column of truths; what is missing is false."""
        if name not in self.table.column_names:
            return np.zeros(len(self), bool)
        column = self.table[name].fill_null(False)
        found: Flags = column.to_numpy(zero_copy_only=False).astype(bool)
        return found

    def words(self, name: str) -> NDArray[np.str_]:
        """Return a column of words."""
        if name not in self.table.column_names:
            return np.full(len(self), "", dtype=str)
        return np.asarray(self.table[name].to_pylist(), dtype=str)

    def share(self, kept: Flags, among: Flags | None = None) -> Share:
        """Return the share of the first flights, with bounds that hold for their sampling.

        Parameters
        ----------
        kept : (N,) bool array
            Which of the first N flights are counted.
        among : (N,) bool array, optional
            Of which of them the share is taken: all where not given.
        """
        runs = self.run[: len(kept)]
        if among is not None:
            kept, runs = kept[among], runs[among]
        return share_over(kept, runs, self.scrambles)

    def unit(self, name: str) -> str:
        """Return the unit that a column says it has."""
        if name not in self.table.column_names:
            return ""
        about = self.table.schema.field(name).metadata or {}
        return str(about.get(b"unit", b"").decode("utf-8", "replace"))

    def names(self, prefix: str) -> tuple[str, ...]:
        """Return the names of the columns that begin so, in the order of the table."""
        return tuple(name for name in self.table.column_names if name.startswith(prefix))


def flights_of(campaign: Campaign) -> Flights:
    """Take a campaign's rows.

    Raises
    ------
    StatisticsError
        There is none, or the columns that every row has are not there.
    """
    missing = {"run", "outcome", "safe"} - set(campaign.table.column_names)
    if missing:
        raise StatisticsError(
            f"no column {', '.join(sorted(missing))}: these are not the rows of a campaign"
        )
    if campaign.table.num_rows == 0:
        raise StatisticsError("no flight has been flown yet; give the campaign a run at least")
    manifest = campaign.manifest
    return Flights(campaign.table, scrambles_of(manifest.sampling, manifest.sampler))
