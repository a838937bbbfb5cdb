"""Moves of a flight's target before its site was chosen: by an image, by people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TargetMove:
    """One move of the target.

    Attributes
    ----------
    time_s : float
        When it was made [s since initiation].
    by : str
        "coarse avoidance": an image from above showed hazards at the aim; "redesignation": people.
    moved_m, east_m, north_m : float
        From the aim before [m, site axes].
    share_here, share_there : float
        Hazardous share about the aim before and about the new one; NaN where no image was judged.

    Examples
    --------
    >>> from farside.flight.moves import TargetMove
    >>> print(TargetMove(640.0, "coarse avoidance", 270.0, -190.0, 192.0, 0.3, 0.1))
    Coarse avoidance moved the target 270 m at 640 s: 190 m west, 192 m north; 30 % of the ground
    about it looked hazardous, 10 % there.
    """

    time_s: float
    by: Literal["coarse avoidance", "redesignation"]
    moved_m: float
    east_m: float
    north_m: float
    share_here: float = math.nan
    share_there: float = math.nan

    def __str__(self) -> str:
        """Describe it in a sentence."""
        across = f"{abs(self.east_m):.0f} m {'east' if self.east_m >= 0.0 else 'west'}"
        along = f"{abs(self.north_m):.0f} m {'north' if self.north_m >= 0.0 else 'south'}"
        who = "A redesignation" if self.by == "redesignation" else "Coarse avoidance"
        said = f"{who} moved the target {self.moved_m:.0f} m at {self.time_s:.0f} s"
        said += f": {across}, {along}"
        if math.isfinite(self.share_here) and math.isfinite(self.share_there):
            said += (
                f"; {100.0 * self.share_here:.0f} % of the ground about it looked hazardous, "
                f"{100.0 * self.share_there:.0f} % there"
            )
        return f"{said}."


def move_of(
    time_s: float,
    by: Literal["coarse avoidance", "redesignation"],
    ends: tuple[tuple[float, float, float], tuple[float, float, float]],
    shares: tuple[float, float] = (math.nan, math.nan),
) -> TargetMove:
    """Return a move from one target to another.

    Parameters
    ----------
    time_s : float
    by : str
    ends : tuple of two places
        Before and after: east, north, up [m, site axes].
    shares : (here, there)
        Hazardous shares.
    """
    (east, north, _), (to_east, to_north, _) = ends
    east_m, north_m = to_east - east, to_north - north
    moved_m = math.sqrt(east_m * east_m + north_m * north_m)
    return TargetMove(time_s, by, moved_m, east_m, north_m, *shares)
