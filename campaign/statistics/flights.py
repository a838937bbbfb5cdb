"""The rows of a campaign as arrays, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

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
    """The columns of a campaign, read on demand; a column that is missing is all NaN or empty.

    No column is kept: of a table that lies on the disk (`farside.campaign.store.StoredRows`) no
    more is in memory than is being worked on.
    """

    table: pa.Table
    scrambles: int = 0  # of a scrambled sequence that the inputs are points of; 0: plain draws
    chosen: NDArray[np.int64] | None = None  # rows of the table that count; None: all

    def __len__(self) -> int:
        """Return the number of flights."""
        return int(self.table.num_rows) if self.chosen is None else len(self.chosen)

    def _taken(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the rows that count."""
        return values if self.chosen is None else values[self.chosen]

    @property
    def run(self) -> NDArray[np.int64]:
        """Numbers of the runs, ascending."""
        found: NDArray[np.int64] = self._taken(self.table["run"].to_numpy().astype(np.int64))
        return found

    def number(self, name: str) -> Floats:
        """Return a column of numbers."""
        if name not in self.table.column_names:
            return np.full(len(self), np.nan)
        found: Floats = self._taken(self.table[name].to_numpy().astype(np.float64, copy=False))
        return found

    def flag(self, name: str) -> Flags:
        """Return a column of truths; what is missing is false."""
        if name not in self.table.column_names:
            return np.zeros(len(self), bool)
        column = self.table[name].fill_null(False)
        found: Flags = self._taken(column.to_numpy(zero_copy_only=False).astype(bool))
        return found

    def words(self, name: str) -> NDArray[np.str_]:
        """Return a column of words."""
        if name not in self.table.column_names:
            return np.full(len(self), "", dtype=str)
        return np.asarray(self.words_where(name, np.ones(len(self), bool)), dtype=str)

    def words_where(self, name: str, which: Flags) -> list[str]:
        """Return a column of words in some flights; empty words where it is missing."""
        count = int(np.count_nonzero(which))
        if name not in self.table.column_names or not count:
            return [""] * count
        rows = np.flatnonzero(which) if self.chosen is None else self.chosen[which]
        found: list[str] = self.table[name].take(rows).to_pylist()
        return found

    def kinds(self, name: str) -> tuple[list[str], NDArray[np.int64]]:
        """Return the different words of a column, sorted, and which of them each flight has."""
        if name not in self.table.column_names:
            return [""], np.zeros(len(self), np.int64)
        column = self.table[name].dictionary_encode().unify_dictionaries()
        chunks = [chunk for chunk in column.chunks if len(chunk)]
        words = chunks[0].dictionary.to_pylist() if chunks else []
        none = [np.zeros(0, np.int64)]
        place = np.concatenate([np.asarray(chunk.indices) for chunk in chunks] or none)
        order = np.argsort(np.asarray(words, dtype=str), kind="stable")
        there = np.empty(len(words), np.int64)
        there[order] = np.arange(len(words))
        return [words[i] for i in order], self._taken(there[place.astype(np.int64)])

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
