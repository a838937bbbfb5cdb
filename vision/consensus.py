"""Which matches agree: pairwise votes, then the pose they ask for, with ever narrower bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.vision.pose import Solved, solve_pose
from farside.vision.view import CameraView

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Bounds of a residual [cells], round by round.
_BOUNDS: Final = (4.0, 2.5, 1.5, 1.5)
#: Two matches agree within this [cells], and this share of their distance.
_AGREE, _SLACK = 1.5, 0.02
LEAST: Final = 4
#: Neighbours share errors of the map and of the light: an image is worth so many free matches.
WORTH: Final = 12.0


@dataclass(frozen=True, eq=False)
class Agreed:
    """The matches that agree and their pose."""

    inliers: Mask
    solved: Solved


def voters(at: Array, shift: Array, usable: Mask, slack: float = _SLACK) -> Mask:
    """Return the matches that agree with the one that most agree with; the first of equals.

    Parameters
    ----------
    at, shift : ndarray, (n, 2)
        Places and shifts [cells].
    usable : ndarray of bool, (n,)
    slack : float
        Share of the distance between two by which their shifts may differ more.
    """
    apart = deterministic.lengths(at[:, None, :] - at[None, :, :])
    differ = deterministic.lengths(shift[:, None, :] - shift[None, :, :])
    agree = (differ <= _AGREE + slack * apart) & usable[:, None] & usable[None, :]
    votes = agree.sum(axis=1)
    return np.asarray(agree[int(votes.argmax())])


def agree(
    view: CameraView,
    matches: NDArray[np.void],
    cell_px: Array,
    first: Mask,
    prior: Array | None,
    start: Array | None = None,
) -> Agreed | None:
    """Return the matches within 1.5 cells of one pose, and that pose.

    Parameters
    ----------
    view : CameraView
        The first guess.
    matches : ndarray of MATCH, (n,)
    cell_px : ndarray, (n,)
        Pixels to a cell of the map, at each match.
    first : ndarray of bool, (n,)
        To start from: `voters`.
    prior, start : ndarray, optional
        As `solve_pose` takes them.
    """
    px, p_site, variance_px = (matches[name] for name in ("px", "p_site", "variance_px2"))
    inliers, solved = first & np.isfinite(px).all(axis=1), None
    usable = np.isfinite(px).all(axis=1)
    for bound in _BOUNDS:
        if int(inliers.sum()) < LEAST:
            return None
        held = (px[inliers], p_site[inliers], variance_px[inliers])
        solved = solve_pose(view, *held, prior, start)
        if solved is None:
            return None
        start = solved.moved
        off = deterministic.lengths(px - solved.view.project(p_site))
        inliers = usable & np.isfinite(off) & (off <= bound * cell_px)
    count = int(inliers.sum())
    if count < LEAST:
        return None
    spread = variance_px[inliers] * max(1.0, count / WORTH)
    solved = solve_pose(view, px[inliers], p_site[inliers], spread, prior, start)
    return None if solved is None else Agreed(inliers, solved)
