"""A point cloud as a file has it, and what makes it one of the Moon's ground."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.raster.heights import CODES, Ways, limits_error
from farside.survey.errors import SurveyError

MOST_POINTS = 2 * 10**8  # 4.8 GB of x, y, z
_ALIKE = 3  # so many equal heights apart from all others are no measurement
_GAP_M = 25.0  # apart from all others by so much at least, and by their whole range
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


def check_heights_of_points(up: Array, stored: Array, name: str, ways: Ways, trusted: bool) -> None:
    """Refuse heights that no ground of the Moon has, and numbers that stand for none.

    A number stands for none if it is a code of practice, or the height of three points and more,
    and lies further from all other heights than they lie from each other, and 25 m at least.

    Parameters
    ----------
    up : ndarray, (N,)
        Heights [m], finite.
    stored : ndarray, (N,)
        The numbers that they were made from.
    name : str
        What to call the cloud in a message.
    ways : {"flags", "arguments", "none"}
        How the way out is said.
    trusted : bool
        The unit of the heights was given: within the Moon's limits they are heights.

    Raises
    ------
    SurveyError
        One line with the way out.
    """
    problem = limits_error(up, stored, ways)
    if problem is not None:
        raise SurveyError(f"{name}: {_of_points(problem)}")
    if trusted:
        return
    for value, number in ((up.min(), stored[up.argmin()]), (up.max(), stored[up.argmax()])):
        others = up[up != value]
        count = len(up) - len(others)
        if not len(others) or (count < _ALIKE and number not in CODES):
            continue
        gap = float(np.abs(others - value).min())
        if gap > max(_GAP_M, np.ptp(others)):
            void, real = (
                (f"--nodata {number:g}", "--unit m")
                if ways == "flags"
                else (f"nodata={number:g}", "unit='m'")
            )
            raise SurveyError(
                f"{name}: {count} of {len(up)} points have the height {number:g}, {gap:.4g} m from "
                f"all others: if the number stands for no height, declare it ({void}); if it is a "
                f"height, say so ({real})"
            )


def _of_points(problem: str) -> str:
    """Leave out of a way out what is for rasters alone."""
    return problem.replace(", or gdal_edit.py -a_nodata", "")


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
