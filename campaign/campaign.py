"""A campaign that was flown, read back from its folders."""

from __future__ import annotations

from collections.abc import Sequence
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
from farside.campaign.parts import schema_of
from farside.campaign.plan import Plan
from farside.campaign.store import StoredRows, rows_in_order
from farside.mission import Mission
from farside.mission.writing import cannot_write

if TYPE_CHECKING:
    import pyarrow as pa
    import xarray


@dataclass(frozen=True)
class Campaign:
    """The rows of a campaign; `table` holds those that were flown so far, by run.

    Attributes
    ----------
    plan : Plan
        What was to be flown.
    table : pyarrow.Table
        A row for each run flown so far, by run; units are in the names of the columns.
    folders : tuple of Path
        Where its files are.

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
    plan, parts, places = _find(folders)
    return _whole(plan, parts, places)


def open_campaign(*folders: str | Path) -> Campaign:
    """Open a campaign whose rows stay on the disk: its columns are read one at a time.

    Every part is read and checked once, as by `read_campaign`, and its rows are laid down in a
    scratch file (in the folder that TMPDIR names, 1.2 kB a row; in memory for small campaigns),
    which is gone with the object. Its statistics, page, comparison and worst runs are those of
    `read_campaign`, and take some 300 MB for a million rows where whole tables take 4 GB.

    Parameters
    ----------
    *folders : str or Path
        One or more, of the same campaign.

    Returns
    -------
    Campaign
        Whose `table` is a `farside.campaign.store.StoredRows`: `table[name]` reads a column.

    Raises
    ------
    CampaignError
        As of `read_campaign`, or there is no room for the scratch file.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from farside.campaign import fly_campaign, open_campaign, plan_campaign
    >>> plan = plan_campaign("chang-e-6", runs=2, seed=3, imaging=False)
    >>> with ThreadPoolExecutor(1) as one:
    ...     progress = fly_campaign(plan, "campaign", one)
    >>> campaign = open_campaign("campaign")
    >>> [f"{mass:.0f} kg" for mass in campaign.table["propellant_kg"].to_pylist()]
    ['1839 kg', '1838 kg']
    """
    plan, parts, places = _find(folders)
    names = columns(plan.mission)
    return Campaign(plan, StoredRows(schema_of(names), rows_in_order(parts, names)), places)


def read_around(folder: str | Path, run: int) -> Campaign:
    """Read of a campaign the parts that hold a run; all of them where none does.

    Parameters
    ----------
    folder : str or Path
        Of a campaign.
    run : int
        Number of the run.

    Raises
    ------
    CampaignError
        As of `read_campaign`.
    """
    plan, parts, places = _find((folder,))
    around = [(runs, path) for runs, path in parts if run in runs]
    return _whole(plan, around or parts, places)


def _whole(plan: Plan, parts: list[tuple[range, Path]], places: tuple[Path, ...]) -> Campaign:
    """Read some parts of a campaign into one table."""
    pa = extra("pyarrow", "campaign")
    names = columns(plan.mission)
    tables = list(rows_in_order(parts, names))
    table = pa.concat_tables(tables) if tables else schema_of(names).empty_table()
    return Campaign(plan, table.combine_chunks(), places)


def _find(
    folders: Sequence[str | Path],
) -> tuple[Plan, list[tuple[range, Path]], tuple[Path, ...]]:
    """Find the plan of a campaign and its parts, of folders that hold the same one."""
    extra("pyarrow", "campaign")
    if not folders:
        raise CampaignError("no folder was given to read a campaign from")
    places = tuple(Path(folder) for folder in folders)
    plan = read_manifest(places[0])
    parts = []
    for place in places:
        there = read_manifest(place)
        check_same(place, there, plan)
        plan = replace(plan, runs=max(plan.runs, there.runs))
        for runs, path in parts_in(place):
            if runs.stop > there.runs:
                raise CampaignError(
                    f"{path}: runs beyond the {there.runs:,} of its campaign; move it away"
                )
            parts.append((runs, path))
    return plan, parts, places


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
