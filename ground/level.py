"""Whether a mission's own elevation of its site is that of the ground it is flown over."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

from farside.raster import MOON_RADIUS_M, POLE_DEG, Dem, whole_moon

FARTHEST_M = 300.0
"""Between the 3.8 km cells of the whole-Moon DEM and a place in one of them: a steep slope."""


class ElevationWarning(UserWarning):
    """The elevation in a mission file is not that of the ground."""


def compare_elevation(
    stated_m: float, arc_m: float, dems: Sequence[str | Path | Dem] = ()
) -> float:
    """Compare a mission's `site.elevation_m` with the measured ground, and warn in one line.

    Parameters
    ----------
    stated_m : float
        Above the 1737.4 km sphere [m].
    arc_m : float
        Radius of the measured surface at the site [m].
    dems : sequence of paths or Dem
        That were laid over the whole-Moon DEM, for the message.

    Returns
    -------
    float
        By how much the mission is above the ground [m].

    Warns
    -----
    ElevationWarning
        Beyond 300 m.
    """
    ground_m = arc_m - MOON_RADIUS_M
    off_m = stated_m - ground_m
    if abs(off_m) > FARTHEST_M:
        names = " and ".join(Path(os.fspath(dem)).name for dem in dems) or "the whole-Moon DEM"
        warnings.warn(
            f"site.elevation_m = {stated_m:g} is {abs(off_m):.0f} m "
            f"{'above' if off_m > 0 else 'below'} the ground of {names}: the flight uses the "
            f"ground's {ground_m:.0f} m; write that into [site], or give the right raster (--dem)",
            ElevationWarning,
            stacklevel=4,
        )
    return off_m


def warn_between_posts(latitude_deg: float) -> None:
    """Warn of a site at a pole whose height the whole-Moon DEM does not know, in one line.

    Parameters
    ----------
    latitude_deg : float
        Of the site, planetocentric; no finer raster holds it.

    Warns
    -----
    ElevationWarning
        Nearer to a pole than the DEM's innermost posts, 1.9 km.
    """
    if abs(latitude_deg) <= 90.0 - POLE_DEG:
        return
    ring = whole_moon().pole_ring(latitude_deg < 0.0)
    warnings.warn(
        f"site.latitude_deg = {latitude_deg:g} is nearer to the pole than any post of the "
        f"whole-Moon DEM: those about it, 1.9 km from the pole, are {ring.min():.0f} to "
        f"{ring.max():.0f} m high, and the ground between them is interpolated; give a finer "
        "raster (--dem)",
        ElevationWarning,
        stacklevel=4,
    )
