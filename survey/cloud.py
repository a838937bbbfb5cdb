"""A point cloud as a file has it, and what makes it one of the Moon's ground."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.survey.errors import SurveyError

MOST_POINTS = 2 * 10**8  # 4.8 GB of x, y, z
LOWEST_M, HIGHEST_M = -9200.0, 10900.0  # the Moon's relief is -9.1 to +10.8 km
_ALIKE = 3  # so many equal heights apart from all others are no measurement
_CODES = (0.0, 999.0, 9999.0, 32767.0)  # numbers in use for "no height", of either sign
_GAP_M = 20.0  # apart from all others by so much at least, and by their whole range
_COARSE_SHARE = 0.25  # of a cell: places stored no better than this are lost
_COARSE_HEIGHT_M = 0.05

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cloud:
    """Points as they were stored.

    Attributes
    ----------
    name : str
        What to call it in a message.
    points : ndarray, (N, 3) float64
        x, y, z in the units and the CRS of the file; east, north, up [m] without one.
    crs : pyproj.CRS or None
        None: a local frame.
    notes : tuple of str
        What was assumed, and what was left out, in sentences.
    step : (float, float)
        How finely x and y, and z, are stored, in their own units; 0 if that does not matter.
    """

    name: str
    points: Array
    crs: Any = None
    notes: tuple[str, ...] = field(default=())
    step: tuple[float, float] = (0.0, 0.0)


def finite_points(cloud: Cloud, nodata: float | None = None) -> tuple[Array, tuple[str, ...]]:
    """Return the points that are finite and not there twice, and what to say of the others.

    Parameters
    ----------
    cloud : Cloud
        As read.
    nodata : float, optional
        A stored height that stands for none.

    Returns
    -------
    points, notes
        (M, 3) in the order of the file; a sentence for each kind of point that was left out.

    Raises
    ------
    SurveyError
        If nothing is left.
    """
    points, total, notes = cloud.points, len(cloud.points), []
    if total == 0:
        raise SurveyError(f"{cloud.name}: holds 0 points; there is nothing to map")
    finite = np.isfinite(points).all(axis=1)
    if not finite.all():
        points = points[finite]
        if not len(points):
            raise SurveyError(f"{cloud.name}: no point is finite; there is nothing to map")
        notes.append(f"{total - len(points)} of {total} points are not finite and were left out.")
    if nodata is not None and np.isfinite(nodata):
        void = np.isclose(points[:, 2], nodata, rtol=1e-6, atol=0.0)
        if void.all():
            raise SurveyError(f"{cloud.name}: every height is {nodata:g}, which stands for none")
        if void.any():
            notes.append(
                f"{np.count_nonzero(void)} of {total} points have the height {nodata:g}, which "
                "stands for none, and were left out."
            )
            points = points[~void]
    first = _first_of_each(points)
    if len(first) < len(points):
        notes.append(
            f"{len(points) - len(first)} of {total} points are exact copies of others and were "
            "left out."
        )
        points = points[first]
    return np.ascontiguousarray(points), tuple(notes)


def check_heights_of_points(up: Array, name: str) -> None:
    """Refuse heights that no ground of the Moon has, and numbers that stand for none.

    Parameters
    ----------
    up : ndarray, (N,)
        Heights [m], finite.
    name : str
        What to call the cloud in a message.

    Raises
    ------
    SurveyError
        One line with the way out.
    """
    low, high = float(up.min()), float(up.max())
    if low < LOWEST_M or high > HIGHEST_M:
        worst = low if low < LOWEST_M and -low > high - HIGHEST_M else high
        count = int(np.count_nonzero(up == worst))
        raise SurveyError(
            f"{name}: holds a height of {worst:.5g} m ({count} of {len(up)} points), and the "
            "Moon's are -9.1 to 10.8 km: if it is in feet multiply it by 0.3048, if it is a radius "
            "take the reference off, and if the number stands for no height take those points out "
            "or put NaN"
        )
    for value in (low, high):
        others = up[up != value]
        count = len(up) - len(others)
        if not len(others) or (count < _ALIKE and abs(value) not in _CODES):
            continue
        least, most = float(others.min()), float(others.max())
        gap = least - value if value == low else value - most
        if gap > max(_GAP_M, most - least):
            raise SurveyError(
                f"{name}: {count} of {len(up)} points have the height {value:g} m, {gap:.4g} m "
                "from all others: if the number stands for no height take those points out or put "
                "NaN; if it is ground, move one of them by a millimetre"
            )


def check_steps(step_m: tuple[float, float], cell_m: float, name: str) -> None:
    """Refuse points stored so coarsely that their places or heights are lost.

    Parameters
    ----------
    step_m : (float, float)
        How finely places and heights are stored [m].
    cell_m : float
        Side of a cell.
    name : str
        What to call the cloud in a message.

    Raises
    ------
    SurveyError
        One line with the way out.
    """
    place, height = step_m
    if place > _COARSE_SHARE * cell_m:
        raise SurveyError(
            f"{name}: its places are stored to {place:.3g} m only, coarse for cells of {cell_m:g} "
            "m: take an offset off before they are stored, store doubles, or give a larger --cell"
        )
    if height > _COARSE_HEIGHT_M:
        raise SurveyError(
            f"{name}: its heights are stored to {height:.3g} m only: take an offset off before "
            "they are stored, or store doubles"
        )


def single_steps(points: NDArray[Any]) -> tuple[float, float]:
    """Return how finely (N, 3) numbers of single or half precision hold places and heights.

    Doubles and whole numbers give (0, 0): the first are fine enough, the second are what they are.
    """
    if points.dtype.kind != "f" or points.dtype.itemsize >= 8 or not len(points):
        return 0.0, 0.0
    largest = np.nanmax(np.abs(np.where(np.isfinite(points), points, 0)), axis=0)
    place, height = float(np.spacing(largest[:2].max())), float(np.spacing(largest[2]))
    return place, height


def _first_of_each(points: Array) -> NDArray[np.intp]:
    """Return the index of the first of each set of equal rows, ascending."""
    # + 0.0 makes one zero of two
    bits = np.ascontiguousarray(points + 0.0).view(np.uint64)
    mixed = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    for column in (1, 2):
        mixed ^= mixed >> np.uint64(29)
        mixed += bits[:, column] * np.uint64(0xBF58476D1CE4E5B9)
        mixed *= np.uint64(0x94D049BB133111EB)
    order = np.argsort(mixed, kind="stable")
    hashed = mixed[order]
    alike = hashed[1:] == hashed[:-1]
    if not alike.any():
        return np.arange(len(points))
    # equal rows have equal hashes; unequal rows with one hash are kept
    at = np.flatnonzero(alike)
    same = (points[order[at]] == points[order[at + 1]]).all(axis=1)
    keep = np.ones(len(points), np.bool_)
    keep[order[at[same] + 1]] = False
    return np.flatnonzero(keep)
