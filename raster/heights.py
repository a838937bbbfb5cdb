"""What heights can be on the Moon: their limits, undeclared voids, and units that cannot be.

Three kinds of evidence are taken for proof, and nothing weaker refuses a map:

- the level: no height is below -9.1 km or above 10.8 km;
- a code: a number of practice for "no height" with a wall about it that no ground has;
- the slope from cell to cell: a map that is a thousand times too flat is in kilometres, and one
  whose typical slope over many cells is beyond 63 deg is in centimetres or millimetres.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

LOWEST_M, HIGHEST_M = -9300.0, 10_900.0  # -9.1 to 10.8 km, and what a datum may differ
_NEAR_CODES = (
    *(0.0, 9999.0, 8888.0, 999.0, -999.0, -8888.0),
    *(-9000.0, -1.0, 1.0, 255.0, -99.0, 99.0),
)
_FAR_CODES = (*(-9999.0, -10000.0, -32767.0, -32768.0), *(32767.0, 65535.0, 99999.0, -99999.0))
CODES = (*_NEAR_CODES, *_FAR_CODES)
"""Stored numbers that stand for no height in practice.

A height on the Moon may be some of them, and all of them with a scale, an offset or in feet.
"""

_RADIUS_KM = (1728.0, 1749.0)
_WALL = 10.0  # 84 deg from one cell to the next
_WALL_M = 25.0
_CLIFF_M = 500.0  # where cells are too large for a wall
_LOW_WALL = 3.0  # 72 deg, about a block of a code on ground that is nowhere level
_LOW_WALL_M = 2.0
_RARER = 10.0
_RAREST = 3.0  # times nearly all of the steps that are elsewhere
_FLATTEST = (1e-5, 8e-4)  # slopes of 0.6 to 39 deg, if the heights are in kilometres
_FLATTEST_USUAL = 3e-4  # a median of 17 deg, in kilometres; metres have 0.017 deg on no ground
_FLATTEST_ROCK = 1e-2  # the sides of rocks over a cell: 84 deg, in kilometres
_ROCKY_M = 5.0  # larger cells show no side of a rock
_STEEPEST = 2.0  # 63 deg
_SHORTEST_M = 2.0  # over less, one rock makes a slope
_WALLS = 20.0  # 87 deg, typically, from one cell to the next: no rocks and no noise make it
_OR_CELLS = ", or its cells look like km"

#: Cells a side of what is looked over of an array; and how many of them along a side.
PATCH, PATCHES = 64, 4

_LEAST_STEP_M = 0.05  # finer ones are below every lander's limits
_STEP_SHARE = 0.01  # of a cell: 0.6 deg from cell to cell

Heights = NDArray[Any]
Ways = Literal["flags", "arguments", "none"]


def limits_error(
    heights: Heights, stored: Heights | None = None, ways: Ways = "arguments"
) -> str | None:
    """Return what is wrong with heights beyond the Moon's; None where they are within.

    Parameters
    ----------
    heights : ndarray
        [m] above the sphere of 1737.4 km; NaN where unknown.
    stored : ndarray of the same shape, optional
        The numbers that they were made from, which is what a nodata value is compared with.
    ways : {"flags", "arguments", "none"}
        How the way out is said: by options of the command line, by arguments of a call, or by
        what to do with the numbers.

    Returns
    -------
    str or None
        The height, the Moon's limits, what it looks like and the way out.
    """
    low = float(np.fmin.reduce(heights, axis=None, initial=np.inf))
    high = float(np.fmax.reduce(heights, axis=None, initial=-np.inf))
    if (low >= LOWEST_M and high <= HIGHEST_M) or low > high:
        return None
    worst = low if low < LOWEST_M else high
    said = f"holds a height of {worst:.7g} m, and the Moon's are -9.1 to 10.8 km"
    number = worst
    if stored is not None and stored is not heights:
        number = float(stored.flat[int(np.flatnonzero(heights == worst)[0])])
    if 1.5e6 < worst < 2.0e6:
        return f"{said}: it looks like a radius from the Moon's centre; take 1737400 m off"
    void = f"declare it ({_nodata(number, ways)})" if ways != "none" else "put NaN there"
    if number in _FAR_CODES or abs(number) > 1e7:
        return f"{said}: it looks like a number that stands for no height; {void}"
    feet = "multiply by 0.3048" if ways == "none" else f"say so ({_unit('ft', ways)}; 0.3048 m)"
    return f"{said}: if it is in feet, {feet}; if the number stands for no height, {void}"


def void_error(
    heights: Heights, cell_m: float, stored: Heights | None = None, ways: Ways = "arguments"
) -> str | None:
    """Return which number stands for no height undeclared; None where none does.

    A candidate is a code of practice, or the lowest or highest number where a block of cells has
    exactly it. It is a void if the step to the ground about it is a wall: typically more than
    25 m and 84 deg, or 500 m where cells are large, and three times 99 % of those elsewhere. About
    a block of a code on ground that is nowhere level, 2 m and 72 deg do if they are ten times
    those elsewhere. A block on exactly level ground is a void only if it is the smaller part
    and a code.

    Parameters
    ----------
    heights : ndarray, (rows, cols)
        [m]; NaN where unknown.
    cell_m : float
        Shortest side of a cell.
    stored, ways
        As `limits_error` takes them.
    """
    numbers = heights if stored is None else stored
    if heights.size == 0:
        return None
    low = float(np.fmin.reduce(numbers, axis=None, initial=np.inf))
    high = float(np.fmax.reduce(numbers, axis=None, initial=-np.inf))
    if not low < high:
        return None
    for code in dict.fromkeys((*CODES, low, high)):
        if not low <= code <= high:
            continue
        held = numbers == numbers.dtype.type(code)
        count = int(np.count_nonzero(held))
        coded = code in CODES
        if count == 0 or not (coded or (ways != "none" and _has_block(held))):
            continue
        ground = heights[~held & np.isfinite(heights)]
        # a tower on a level plain is somebody's model, not a map with a void
        level = bool((ground == ground[:1]).all())
        if level and (not coded or count > ground.size or ground[:1] == 0.0):
            continue
        step = _typical_step(heights, held, cell_m, coded and _has_block(held))
        if step is not None:
            void = "put NaN there" if ways == "none" else f"declare it ({_nodata(code, ways)})"
            said = "trusted=True" if ways == "none" else _unit("m", ways)
            real = f"; if it is a height, say so ({said})"
            return (
                f"has {count} cells of exactly {code:g} among the {heights.size} looked at, with a "
                f"step of {step:.4g} m to the ground about them: if the number stands for no "
                f"height, {void}{real}"
            )
    return None


def _nodata(number: float, ways: Ways) -> str:
    plain = f"{number:.9g}"
    return f"--nodata {plain}, or gdal_edit.py -a_nodata" if ways == "flags" else f"nodata={plain}"


def _unit(name: str, ways: Ways) -> str:
    word = f"'{name}'" if " " in name else name
    return f"--unit {word}" if ways == "flags" else f"unit='{name}'"


def _has_block(held: NDArray[np.bool_]) -> bool:
    return bool((held[1:, 1:] & held[:-1, 1:] & held[1:, :-1] & held[:-1, :-1]).any())


def _typical_step(
    heights: Heights, held: NDArray[np.bool_], cell_m: float, low: bool
) -> float | None:
    """Median step [m] from the cells held to the ground about them, if it is a wall.

    With `low` a wall may be lower where the ground is rough everywhere and yet ten times smoother:
    heights near 0 leave a fill of 0 only little below them.
    """
    rim, elsewhere = [], []
    for a, b in (((slice(1, None),), (slice(-1),)), ((..., slice(1, None)), (..., slice(-1)))):
        step = np.abs(heights[a].astype(np.float64) - heights[b])
        finite = np.isfinite(step)
        rim.append(step[finite & (held[a] ^ held[b])])
        elsewhere.append(step[finite & ~(held[a] | held[b])])
    steps, others = np.concatenate(rim), np.concatenate(elsewhere)
    if not steps.size or not others.size:
        return None
    typical, usual = float(np.median(steps)), float(np.percentile(others, 99.0))
    least = min(max(_WALL_M, _WALL * cell_m), _CLIFF_M)
    if low and np.median(others) > 0.0 and typical > _RARER * usual:
        least = min(least, max(_LOW_WALL_M, _LOW_WALL * cell_m))
    return typical if typical > least and typical > _RAREST * usual else None


def unit_error(
    heights: Heights, cell_m: tuple[float, float], ways: Ways = "arguments"
) -> str | None:
    """Return why heights without a unit cannot be metres; None where they can.

    Parameters
    ----------
    heights : ndarray, (rows, cols)
        Taken as [m]; NaN where unknown.
    cell_m : (down, across)
        Sides of a cell [m].
    ways : {"flags", "arguments", "none"}
        As `limits_error` takes it.

    Notes
    -----
    Exactly level ground says nothing and passes, as does relief of a few roundings. A patch that
    is flatter than any on the Moon, all of it within 0.05 deg and none of it level, is refused:
    declared as metres it passes.
    """
    z = np.asarray(heights, np.float64)
    known = z[np.isfinite(z)]
    if known.size < 16 or min(cell_m) <= 0.0:
        return None
    relief, level = float(np.ptp(known)), float(np.median(known))
    rounding = float(np.spacing(np.float32(max(abs(level), relief))))
    if relief <= 16.0 * rounding:
        return None
    slopes = np.concatenate(
        [
            np.abs(np.diff(z, axis=axis)).ravel() / side
            for axis, side in enumerate(cell_m)
            if z.shape[axis] > 1
        ]
    )
    slopes = slopes[np.isfinite(slopes)]
    if not slopes.size:
        return None
    steep = float(np.percentile(slopes, 99.0))
    usual = float(np.median(slopes))
    rocky = (
        max(cell_m) <= _ROCKY_M
        and _FLATTEST[0] <= usual <= _FLATTEST_USUAL
        and steep <= _FLATTEST_ROCK
    )
    if (_FLATTEST[0] <= steep <= _FLATTEST[1] or rocky) and relief < 20.0:
        what = "radii in km" if _RADIUS_KM[0] < level < _RADIUS_KM[1] else "km"
        return (
            f"is flatter than any ground of the Moon ({math.degrees(math.atan(usual)):.2g} deg "
            f"from cell to cell in the median, {relief:.3g} m of relief): its heights look like "
            f"{what}, a factor of 1000; {_in_metres('km', 'multiply them by 1000', ways)}"
        )
    lag = [max(1, n // 2) for n in z.shape]
    far = np.concatenate(
        [
            np.abs(z[lag[0] :] - z[: -lag[0]]).ravel() / (lag[0] * cell_m[0]),
            np.abs(z[:, lag[1] :] - z[:, : -lag[1]]).ravel() / (lag[1] * cell_m[1]),
        ]
    )
    far = far[np.isfinite(far)]
    long_enough = min(n * side for n, side in zip(lag, cell_m, strict=True)) >= _SHORTEST_M
    if far.size and long_enough and np.median(far) > _STEEPEST:
        slope = math.degrees(math.atan(float(np.median(far))))
        unit, factor = ("mm", 1000) if np.median(far) > 20.0 else ("cm", 100)
        return (
            f"is steeper than any ground of the Moon ({slope:.3g} deg over half of a patch): its "
            f"heights look like {unit}, a factor of {factor}{_OR_CELLS if ways == 'none' else ''}; "
            f"{_in_metres(unit, 'give both in metres', ways)}"
        )
    if ways == "none" and usual > _WALLS:
        return (
            f"is a wall from cell to cell, {math.degrees(math.atan(usual)):.4g} deg in the median"
            f"{_OR_CELLS.replace(', or', ':')}; {_in_metres('km', 'give both in metres', ways)}"
        )
    return None


def array_unit_error(heights: Heights, cell_m: tuple[float, float]) -> str | None:
    """Return why an array cannot be metres, by patches of it; None where it can.

    Parameters
    ----------
    heights : ndarray, (rows, cols)
        Taken as [m]; NaN where unknown.
    cell_m : (down, across)
        Sides of a cell [m].

    Notes
    -----
    The way out is that of a call without a unit.
    """
    told = []
    for top in patch_starts(heights.shape[0]):
        for left in patch_starts(heights.shape[1]):
            part = heights[top : top + PATCH, left : left + PATCH]
            if np.isfinite(part).any():
                told.append(unit_error(part, cell_m, "none"))
    return problem_of_most(told)


def problem_of_most(told: Sequence[str | None]) -> str | None:
    """Return what is wrong with a map of whose patches more than four of five say so, or None.

    All of a map is in one unit: a level lake in it is no proof.

    Parameters
    ----------
    told : sequence of str or None
        What `unit_error` says of each patch with any height.
    """
    wrong = [problem for problem in told if problem is not None]
    return wrong[len(wrong) // 2] if len(wrong) > 0.8 * len(told) else None


def patch_starts(size: int, side: int = PATCH, count: int = PATCHES) -> list[int]:
    """Return the first rows or columns of patches that are looked over: at the ends and between.

    Parameters
    ----------
    size, side : int
        Cells of the whole and of a patch.
    count : int
        Patches along a side, at most.
    """
    last = max(size - side, 0)
    return sorted({round(last * k / (count - 1)) for k in range(count)})


def _in_metres(unit: str, factor: str, ways: Ways) -> str:
    """Say how heights in another unit are given."""
    if ways == "none":
        return f"{factor}, or say trusted=True if it is so"
    return f"declare the unit ({_unit(unit, ways)}, or {_unit('m', ways)} if it is so)"


def step_of(patches: list[Heights], dtype: np.dtype[Any]) -> float:
    """Return the step in which numbers are stored, in their own unit; 0 where all are equal.

    Parameters
    ----------
    patches : list of ndarray
        Some of the numbers; NaN where there is none.
    dtype : numpy.dtype
        That they are stored as. Numbers of a floating type that are all whole count as whole.
    """
    known = [part[np.isfinite(part)] for part in patches]
    held = np.concatenate([part.ravel() for part in known]) if known else np.zeros(0)
    if not held.size or held.min() == held.max():
        return 0.0
    if dtype.kind in "iu" or bool((held == np.floor(held)).all()):
        return 1.0
    largest = np.abs(held).max()
    return float(np.spacing(largest.astype(dtype))) if dtype.itemsize < 8 else 0.0


def step_note(step_m: float, cell_m: float) -> tuple[str, ...]:
    """Return what to say of heights that are stored in coarse steps [m]: one sentence, or none."""
    if step_m < _LEAST_STEP_M or step_m < _STEP_SHARE * cell_m:
        return ()
    return (
        f"Heights are stored in steps of {step_m:.3g} m: what is lower is not seen, and level "
        f"ground may be {math.degrees(math.atan(step_m / cell_m)):.2g} deg from cell to cell.",
    )
