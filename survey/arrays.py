"""What an array is: a map of heights, or a point cloud."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.survey.cloud import Cloud, single_steps
from farside.survey.errors import SurveyError

_NARROW = 8  # cells: a map no wider is more likely points with more columns
_AXES = (("x", "y", "z"), ("east", "north", "up"), ("X", "Y", "Z"))


def cloud_of(held: NDArray[Any], name: str) -> Cloud | None:
    """Return the point cloud that an array holds; None for a map of heights.

    Parameters
    ----------
    held : ndarray
        (N, 3) numbers, or a structured array with the fields x, y, z (or east, north, up):
        points [m]. Any other two-dimensional array: heights.
    name : str
        What to call it in a message.

    Returns
    -------
    Cloud or None

    Raises
    ------
    SurveyError
        A shape that is neither for certain: (N, 2), (N, 4), (3, N) and their like.
    """
    if held.dtype.names:
        return _of_fields(held, name)
    if np.ma.isMaskedArray(held):
        # asarray would drop the mask
        held = np.ma.filled(held.astype(np.result_type(held.dtype, np.float32)), np.nan)
    if held.ndim != 2 or held.dtype.kind not in "iuf":
        return None
    rows, cols = held.shape
    if cols == 3:
        points = np.ascontiguousarray(held, np.float64)
        return Cloud(name, points, None, _notes(held, name), single_steps(held))
    _refuse_narrow(rows, cols, name)
    return None


def _of_fields(held: NDArray[Any], name: str) -> Cloud:
    fields = held.dtype.names or ()
    for axes in _AXES:
        if set(axes) <= set(fields):
            break
    else:
        raise SurveyError(
            f"{name}: holds records of {', '.join(fields[:12])}, without x, y, z; give (rows, "
            "columns) of heights, or points with the fields x, y, z in metres"
        )
    kinds = [held.dtype[axis] for axis in axes]
    if held.ndim != 1 or any(kind.kind not in "iuf" or kind.shape for kind in kinds):
        raise SurveyError(
            f"{name}: records of shape {held.shape} with x, y, z of {kinds[0]}, {kinds[1]}, "
            f"{kinds[2]}; give a one-dimensional array with a number in each"
        )
    stored = np.column_stack([held[axis] for axis in axes])
    notes = _notes(held[axes[2]], name)
    return Cloud(name, stored.astype(np.float64), None, notes, single_steps(stored))


def _notes(held: NDArray[Any], name: str) -> tuple[str, ...]:
    if held.dtype.kind == "f":
        return ()
    return (f"{name}: heights are whole numbers: what is lower than half of one is not seen.",)


def _refuse_narrow(rows: int, cols: int, name: str) -> None:
    """Refuse what may be points that lie the other way, or have more than three columns."""
    few, many = min(rows, cols), max(rows, cols)
    if few < 2 or few > _NARROW or many < (2 if few <= 4 else 4) * few:
        return
    if few == 2:
        way = "points need three numbers each: east, north, up"
    elif rows == 3:
        way = "if these are points, give its transpose, array.T"
    elif rows < cols:
        way = "if these are points, give the first three rows as columns, array[:3].T"
    else:
        way = "if these are points, give their first three columns, array[:, :3]"
    raise SurveyError(
        f"{name}: of shape ({rows}, {cols}), a map {few} cells wide, or points? {way}; a map needs "
        f"more than {_NARROW} cells each way"
    )
