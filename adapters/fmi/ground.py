"""The surveyed ground that goes into a lander's FMU."""

from __future__ import annotations

from typing import Any

import numpy as np

from farside.flight.land import TICKS_MAX
from farside.flight.wiring import PATCH_HALF_M, Flight
from farside.ground import Ground
from farside.ground.lattice import FINEST_M

#: Half the side [m] of the square at 0.1 m, or more: what a flight of our own needs, and this
#: much for one that strays from it.
SQUARE_HALF_M = 64.0
STRAY_M = 25.0
#: And no more [m]: 23 MB.
SQUARE_HALF_MOST_M = 120.0


def places_asked(flight: Flight) -> list[tuple[float, float]]:
    """Fly to the nominal site without imaging; give the arcs [m] where ground was rasterised."""
    flight.autopilot.retarget((0.0, 0.0, 0.0))
    flight.turn(TICKS_MAX)
    return flight.patches


def terrain_snapshot(ground: Ground, asked: list[tuple[float, float]]) -> dict[str, Any]:
    """Return the grids of a ground, and a square at 0.1 m that holds the patches asked for.

    About the site where none was; about the last, of 240 m, where they lie too far apart.
    """
    places = np.array(asked or [(0.0, 0.0)])
    low, high = places.min(axis=0), places.max(axis=0)
    middle = 0.5 * (low + high)
    half_m = max(SQUARE_HALF_M, float(0.5 * (high - low).max()) + PATCH_HALF_M + STRAY_M)
    if half_m > SQUARE_HALF_MOST_M:
        middle, half_m = places[-1], SQUARE_HALF_MOST_M
    square = ground.patch(float(middle[0]), float(middle[1]), half_m)
    return {
        "grids": ground.grids,
        "square": square.heights,
        "row": round(square.v0 / FINEST_M),
        "col": round(square.u0 / FINEST_M),
    }
