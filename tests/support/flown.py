"""Landings that several tests look at: each is flown once while tests ask for it."""

import dataclasses
from functools import lru_cache
from pathlib import Path

from farside.flight import Landing, land
from farside.flight.imaging import Scanner
from farside.flight.land import fly
from farside.flight.wiring import Flight, wire
from farside.mission import Mission, load_mission

ROOT = Path(__file__).parents[2]
#: Stereo heights about Apollo basin, 256 pixels a degree, where the shared data is at hand.
APOLLO_DEM = ROOT.parent / "shared" / "data" / "ce6_apollo_gld100_256ppd.tif"


#: A landing is 50 to 100 MB. The tests of a file follow each other and share few.
@lru_cache(maxsize=12)
def landing(
    mission="chang-e-6", seed=0, nominal=False, imaging=True, dems=(), cameras=False
) -> Landing:
    """Fly a mission by name, as `land` does for everyone."""
    return land(
        load_mission(mission),
        seed=seed, nominal=nominal, imaging=imaging, dems=dems, cameras=cameras,
    )  # fmt: skip


#: CPU-s of a landing with cameras. Tests of one such landing say so: they then follow each other.
SEEING_CPU_S = 28


def flight(
    mission="chang-e-6", seed=0, nominal=False, imaging=True, timed=True, **wiring
) -> Flight:
    """Fly a mission and keep the machinery behind it."""
    wired = wire(
        load_mission(mission), seed=seed, nominal=nominal, dems=(), imaging=imaging, **wiring
    )
    wired.loop.timed = timed
    fly(wired, Scanner(wired))
    return wired


def changed(mission: Mission, table: str, **values) -> Mission:
    """Return a mission with other numbers in one of its tables."""
    return dataclasses.replace(
        mission, **{table: dataclasses.replace(getattr(mission, table), **values)}
    )


def phases(landed: Landing):
    """Return where each phase began, by name."""
    return {phase.name: phase for phase in landed.phases}
