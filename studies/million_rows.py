"""Makes campaigns of any number of rows of flown ones, to see what reading them takes.

The rows are drawn with replacement from flown ones; each of their numbers is moved by a normal
draw of a hundredth of its column's deviation. They are no flights, and nothing about landers is
ever said from them: they have the size, the words and the gaps of rows, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from farside.campaign import read_campaign
from farside.campaign.columns import columns
from farside.campaign.folder import HISTORIES, PARTS, write_manifest
from farside.campaign.parts import encode, part_name

#: Of a column's deviation: far above a rounding error, far below what tells a failure.
MOVED = 0.01


def make(flown: Path, folder: Path, rows: int, of_a_part: int = 64, seed: int = 0) -> None:
    """Write a folder that reads as a campaign.

    Parameters
    ----------
    flown : Path
        Folder of the campaign whose rows are drawn from.
    folder : Path
        Where to; must not be there.
    rows : int
        How many.
    of_a_part : int
        Rows of a part file; a campaign writes up to 64.
    seed : int
        Of the draws.
    """
    from_them = read_campaign(flown)
    plan = replace(from_them.plan, runs=rows)
    names = columns(plan.mission)
    held = {name: from_them.table[name].to_numpy() for name in from_them.table.column_names}
    folder.mkdir(parents=True)
    for each in (PARTS, HISTORIES):
        (folder / each).mkdir()
    write_manifest(folder, plan)
    rng = np.random.default_rng(seed)
    for first in range(0, rows, of_a_part):
        runs = range(first, min(first + of_a_part, rows))
        part = encode(names, dict(_drawn(held, runs, rng)))
        (folder / PARTS / part_name(runs)).write_bytes(part)


def _drawn(
    held: dict[str, Any], runs: range, rng: np.random.Generator
) -> Iterator[tuple[str, Any]]:
    """Yield columns of drawn rows."""
    which = rng.integers(0, len(held["run"]), len(runs))
    for name, values in held.items():
        drawn = values[which]
        if name == "run":
            drawn = np.arange(runs.start, runs.stop)
        elif values.dtype == np.float64 and np.isfinite(values).any():
            spread = MOVED * float(np.nanstd(values[np.isfinite(values)]))
            drawn = drawn + spread * rng.standard_normal(len(runs))
        yield name, drawn
