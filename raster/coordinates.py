"""Coordinates that come with an array: which way its rows run, and how large its cells are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.errors import FarsideError
from farside.raster.units import metres_per

_METRES_PER_DEG = math.radians(1737400.0)
_ALIKE = 0.01  # steps of coordinates and the sides of cells that were given
_EVEN = 0.01  # steps may differ by so much of one: coordinates in single precision do
_ANGLES = ("lat", "latitude", "lon", "long", "longitude")
_NO_LENGTH = ("", "1", "pixel", "pixels", "px", "index")


@dataclass(frozen=True)
class Axis:
    """One axis of a map: a name, its coordinates (or none), and their unit ("" if none)."""

    name: str
    at: NDArray[Any]
    unit: str = ""

    @property
    def known(self) -> bool:
        """Whether there are coordinates that are numbers."""
        return self.at.ndim == 1 and self.at.size > 1 and self.at.dtype.kind in "iuf"

    @property
    def falls(self) -> bool:
        """Whether they run to lower numbers."""
        return self.known and bool(self.at[-1] < self.at[0])

    @property
    def angle(self) -> bool:
        """Whether they are a latitude or a longitude."""
        return self.unit.lower().startswith("deg") or (
            not self.unit and self.name.lower() in _ANGLES
        )

    def step(self) -> float | None:
        """Return their step in their own unit; None for none, or for the numbers of pixels.

        Raises
        ------
        ValueError
            Uneven coordinates.
        """
        if not self.known:
            return None
        steps = np.diff(self.at.astype(np.float64))
        mean = float(steps.mean())
        if not np.isfinite(mean) or not (np.abs(steps - mean) <= _EVEN * abs(mean)).all():
            raise FarsideError(
                f"the coordinates {self.name} are not evenly spaced; interpolate to a grid of "
                "square cells"
            )
        pixels = not self.angle and self.unit.lower() in _NO_LENGTH and abs(mean) == 1.0
        return None if pixels else abs(mean)


def runs_southwards(rows: Axis, columns: Axis) -> bool:
    """Return whether rows run to lower coordinates.

    Raises
    ------
    ValueError
        Columns do.
    """
    if columns.falls:
        raise FarsideError(f"columns run westwards ({columns.name} falls); flip them: [:, ::-1]")
    return rows.falls


def sides_of(rows: Axis, columns: Axis) -> tuple[float | None, float | None]:
    """Return the sides of a cell [m] down and across, None where coordinates do not say.

    Raises
    ------
    ValueError
        Uneven coordinates, or a unit that is neither a length nor degrees.
    """
    sides = []
    for axis in (rows, columns):
        step = axis.step()
        if step is not None and axis.angle:
            step *= _METRES_PER_DEG
            if axis is columns and rows.angle and rows.known:
                step *= max(math.cos(math.radians(float(rows.at.astype(float).mean()))), 0.0)
        elif step is not None and axis.unit.lower() not in _NO_LENGTH:
            try:
                step *= metres_per(axis.unit)
            except ValueError as why:
                raise FarsideError(f"the coordinates {axis.name}: {why}") from None
        sides.append(step)
    return sides[0], sides[1]


def check_sides(said: tuple[float | None, float | None], given_m: tuple[float, float]) -> None:
    """Refuse cells whose coordinates say another size.

    Parameters
    ----------
    said : (down, across)
        As `sides_of` gives them [m].
    given_m : (down, across)
        What the caller says [m].

    Raises
    ------
    ValueError
        One line with both and the way out.
    """
    wrong = [
        side is not None and abs(side / given - 1.0) > _ALIKE
        for side, given in zip(said, given_m, strict=True)
    ]
    if not any(wrong):
        return
    down, across = (
        given if side is None else side for side, given in zip(said, given_m, strict=True)
    )
    if abs(down / across - 1.0) > _ALIKE:
        way = "resample it to square cells, or save it as a GeoTIFF with its CRS"
    else:
        way = f"give that, or drop the coordinates if cells are {given_m[1]:g} m"
    raise FarsideError(
        f"by its coordinates a cell is {across:.4g} m across and {down:.4g} m down, and cells of "
        f"{given_m[1]:g} m were asked for: {way}"
    )
