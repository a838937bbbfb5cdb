"""A campaign that was flown, read back from its folders."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.campaign.columns import columns
from farside.campaign.extras import CampaignError, extra
from farside.campaign.folder import (
    HISTORIES,
    MANIFEST,
    PARTS,
    check_same,
    missing_of,
    parts_in,
    read_manifest,
)
from farside.campaign.parts import read_part, schema_of
from farside.campaign.plan import Plan
from farside.mission import Mission
from farside.mission.writing import cannot_write

if TYPE_CHECKING:
    import pyarrow as pa
    import xarray


@dataclass(frozen=True)
class Campaign:
    """The rows of a campaign; `table` holds those that were flown so far, by run.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from farside.campaign import fly_campaign, plan_campaign, read_campaign
    >>> plan = plan_campaign("chang-e-6", runs=2, seed=3, imaging=False)
    >>> with ThreadPoolExecutor(1) as one:
    ...     progress = fly_campaign(plan, "campaign", one)
    >>> campaign = read_campaign("campaign")
    >>> campaign.table.num_rows, campaign.missing, campaign.row(1)["outcome"]
    (2, [], 'landed')
    """

    plan: Plan
    table: pa.Table = field(repr=False)
    folders: tuple[Path, ...]

    @property
    def mission(self) -> Mission:
        """The mission that was flown."""
        return self.plan.mission

    @property
    def manifest(self) -> Plan:
        """What `campaign.json` says: the plan."""
        return self.plan

    @property
    def missing(self) -> list[range]:
        """The runs that were not flown yet."""
        return missing_of(range(self.plan.runs), _ranges(self.table["run"].to_numpy()))

    def row(self, run: int) -> dict[str, Any]:
        """Return one run's row.

        Parameters
        ----------
        run : int
            Number of the run, from 0.

        Returns
        -------
        dict
            Values by column.

        Raises
        ------
        CampaignError
            It was not flown.
        """
        found = np.flatnonzero(self.table["run"].to_numpy() == run)
        if not len(found):
            raise CampaignError(
                f"run {run}: not flown in this campaign, which has "
                f"{self.table.num_rows:,} of {self.plan.runs:,} runs (from 0)"
            )
        row: dict[str, Any] = self.table.slice(int(found[0]), 1).to_pylist()[0]
        return row

    def to_xarray(self) -> xarray.Dataset:
        """Return the rows as an xarray Dataset, units and meanings as attributes.

        Returns
        -------
        xarray.Dataset
            Along `run`.

        Raises
        ------
        CampaignError
            xarray is not installed.
        """
        from farside.campaign.netcdf import dataset

        return dataset(self)


def read_campaign(*folders: str | Path) -> Campaign:
    """Read a campaign from its folder, or from the folders of its shards.

    Parameters
    ----------
    *folders : str or Path
        One or more, of the same campaign. Runs that are in several are there once.

    Returns
    -------
    Campaign

    Raises
    ------
    CampaignError
        No campaign, one of another mission, seed or sampling than the first, a part that is cut
        short or damaged, or a run that differs between two folders: one line.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from farside.campaign import fly_campaign, plan_campaign, read_campaign
    >>> plan = plan_campaign("chang-e-6", runs=2, seed=3, imaging=False)
    >>> with ThreadPoolExecutor(1) as one:
    ...     progress = fly_campaign(plan, "campaign", one)
    >>> campaign = read_campaign("campaign")
    >>> [f"{mass:.0f} kg" for mass in campaign.table["propellant_kg"].to_pylist()]
    ['1839 kg', '1838 kg']
    """
    if not folders:
        raise CampaignError("no folder was given to read a campaign from")
    pa = extra("pyarrow", "campaign")
    places = tuple(Path(folder) for folder in folders)
    plan = read_manifest(places[0])
    names = columns(plan.mission)
    tables = []
    for place in places:
        there = read_manifest(place)
        check_same(place, there, plan)
        plan = replace(plan, runs=max(plan.runs, there.runs))
        for runs, path in parts_in(place):
            if runs.stop > there.runs:
                raise CampaignError(
                    f"{path}: runs beyond the {there.runs:,} of its campaign; move it away"
                )
            tables.append(read_part(path, names))
    table = pa.concat_tables(tables) if tables else schema_of(names).empty_table()
    return Campaign(plan, _once(table).combine_chunks(), places)


def _once(table: Any) -> Any:
    """Sort by run, and drop rows that are there twice alike."""
    runs = table["run"].to_numpy()
    order = np.argsort(runs, kind="stable")
    table, runs = table.take(order), runs[order]
    again = np.flatnonzero(runs[1:] == runs[:-1]) + 1
    if not len(again):
        return table
    first, second = table.take(again - 1), table.take(again)
    for name in table.column_names:
        if differs(first[name], second[name]):
            raise CampaignError(
                f"two parts tell run {runs[again[0]]} or another differently ({name}): "
                "they are not of one campaign"
            )
    return table.take(np.delete(np.arange(len(runs)), again))


def differs(one: Any, other: Any) -> bool:
    """Return whether two columns of a table differ in a bit; NaN is NaN."""
    if str(one.type) == "double":
        return not np.array_equal(one.to_numpy().view(np.uint64), other.to_numpy().view(np.uint64))
    return not one.equals(other)


def _ranges(runs: Any) -> list[range]:
    """Return sorted runs as consecutive ones."""
    if not len(runs):
        return []
    breaks = np.flatnonzero(np.diff(runs) != 1)
    firsts = [runs[0], *runs[breaks + 1]]
    lasts = [*runs[breaks], runs[-1]]
    return [range(int(a), int(b) + 1) for a, b in zip(firsts, lasts, strict=True)]


def check_output(campaign: Campaign, path: str | Path) -> None:
    """Refuse to write over what a campaign is read from.

    Raises
    ------
    CampaignError
        The file is one of the campaign's own.
    """
    try:
        place = Path(path).resolve()
        for folder in campaign.folders:
            home = folder.resolve()
            if place == home / MANIFEST or place.parent in (home / PARTS, home / HISTORIES):
                raise CampaignError(f"{path}: holds the campaign itself; give another file")
    except (OSError, RuntimeError) as why:
        raise CampaignError(cannot_write(path, why)) from None
