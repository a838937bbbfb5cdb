"""Rocks counted on drawn ground beside published counts.

    python -m studies.rock_counts

prints a table of rocks per 100 m2 for every rock law that is shipped. The published side is worked
out from the fits as their papers write them, in millimetres or as an area, by formulas that the
ground does not use; that a law comes back from its own figures says that the drawing is right, not
that the law is. Exit status 1 where a count is off by more than 20 %.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.integrate import quad

from farside.ground.detail import Box, Detail
from farside.mission import load_mission
from farside.mission.ground_statistics import GroundStatistics

DIAMETERS_M = (0.2, 0.4, 0.7, 1.0)
ALLOWED = 0.2
HEAD = "| law | of | published | counted | difference | source |\n|---|---|---|---|---|---|"
#: Ground without measured detail below the whole-Moon DEM's pixels, and its region's level.
POSTING_M, REGION_LEVEL = 3790.0, 7
#: Squares in which rocks are counted: seeds, places [m] and half the side [m].
SEEDS = 60
PLACES = ((0.0, 0.0), (1500.0, 1500.0), (-1500.0, 1500.0), (1500.0, -1500.0), (-1500.0, -1500.0))
HALF_M = 60.0


@dataclass(frozen=True)
class PublishedLaw:
    """A rock law as it was published, and the keys of [ground] that name it."""

    name: str
    source: str
    keys: Mapping[str, Any]
    per_mm: tuple[float, float] | None = None  # N(>= y mm) per 100 m2 = c y^-b
    area: tuple[float, float] | None = None  # F(>= D) = k exp(-q D)

    @property
    def named(self) -> str:
        """The keys of [ground] that its figures are."""
        keys = [f"ground.{key}" for key in self.keys if key != "rock_law"]
        return ", ".join(keys)

    def per_100_m2(self, diameter_m: float) -> float:
        """Return the published count of rocks of a diameter [m] and more per 100 m2."""
        if self.per_mm is not None:
            count, exponent = self.per_mm
            return float(count * (1000.0 * diameter_m) ** -exponent)
        assert self.area is not None
        k, q = self.area
        # each ring of area k q e^(-q D) dD is made of rocks of pi D^2 / 4
        count, _ = quad(
            lambda d: k * q * np.exp(-q * d) / (0.25 * np.pi * d * d), diameter_m, np.inf
        )
        return 100.0 * float(count)


def _surveyor(name: str, count: float, exponent: float) -> PublishedLaw:
    per_m2 = count * 1000.0**-exponent / 100.0
    keys = {"rock_law": "power", "rock_count_per_m2": per_m2, "rock_exponent": exponent}
    return PublishedLaw(name, "SURV70, from memory", keys, per_mm=(count, exponent))


LAWS = (
    PublishedLaw(
        "Chang'e 3",
        "CE3ROCK, from memory",
        {"rock_law": "exponential", "rock_abundance": 0.0125, "rock_decay_per_m": 1.743},
        area=(0.0125, 1.743),
    ),
    _surveyor("Surveyor I", 5.0e5, 2.11),
    _surveyor("Surveyor III", 3.3e6, 2.56),
    _surveyor("Surveyor VI", 1.91e6, 2.51),
)


def statistics_of(law: PublishedLaw) -> GroundStatistics:
    """Return Chang'e 6's ground under another rock law, its largest rocks included."""
    ground = load_mission("chang-e-6").ground
    other = {
        "rock_law": None,
        "rock_abundance": None,
        "rock_decay_per_m": None,
        "rock_count_per_m2": None,
        "rock_exponent": None,
    }
    return GroundStatistics(**(vars(ground) | other | dict(law.keys)))


@cache
def counts(law_name: str, seeds: int = SEEDS) -> tuple[float, ...]:
    """Count rocks per 100 m2 at DIAMETERS_M and more, over all seeds and places.

    Parameters
    ----------
    law_name : str
        One of LAWS.
    seeds : int
        Grounds that are drawn.

    Returns
    -------
    tuple of float
        One count for each diameter.
    """
    statistics = statistics_of(next(law for law in LAWS if law.name == law_name))
    found = np.zeros(len(DIAMETERS_M))
    for seed in range(seeds):
        detail = Detail(statistics, seed, POSTING_M, REGION_LEVEL)
        for u, v in PLACES:
            for rows in detail.draw_rocks(Box(u, u, v, v).grown(HALF_M)):
                found += [np.sum(rows[:, 2] >= least) for least in DIAMETERS_M]
    squares = seeds * len(PLACES) * (2.0 * HALF_M) ** 2 / 100.0
    return tuple(float(each) for each in found / squares)


@dataclass(frozen=True)
class Counted:
    """Rocks of a diameter and more per 100 m2: published, and counted on drawn ground."""

    law: PublishedLaw
    diameter_m: float
    published: float
    counted: float

    @property
    def holds(self) -> bool:
        """Whether the count is within what is allowed."""
        return abs(self.counted - self.published) <= ALLOWED * self.published

    def line(self) -> str:
        """Return the row of the table."""
        off = f"{100.0 * (self.counted / self.published - 1.0):+.1f} %"
        numbers = f"{self.published:.3g} | {self.counted:.3g} | {off}"
        return f"| {self.law.name} | {self.diameter_m:g} m | {numbers} | {self.law.source} |"


def rows(seeds: int = SEEDS) -> list[Counted]:
    """Return a row for each law and diameter.

    Parameters
    ----------
    seeds : int
        Grounds that are drawn for a law.

    Returns
    -------
    list of Counted
    """
    return [
        Counted(law, diameter, law.per_100_m2(diameter), counted)
        for law in LAWS
        for diameter, counted in zip(DIAMETERS_M, counts(law.name, seeds), strict=True)
    ]


def table() -> tuple[str, list[str]]:
    """Return the title and the lines of the page of validation."""
    said = (
        "Rocks of a diameter and more per 100 m2. The keys of `[ground]` are the published fit's, "
        "so a row is reproduced: it says that the drawing is right. "
        f"{100.0 * ALLOWED:.0f} % are allowed."
    )
    return "Rocks by the laws that are shipped", [said, "", HEAD, *(r.line() for r in rows())]


def main() -> int:
    """Print the table; return 1 where a count is outside."""
    print("\n".join(table()[1]))
    return 0 if all(row.holds for row in rows()) else 1


if __name__ == "__main__":
    sys.exit(main())
