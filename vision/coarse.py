"""The coarse stage: large patches of the image searched in a wide part of the predicted view.

The search starts where both are halved so often that it reaches a few tens of cells. There the
scores of all patches are added shift by shift, so that one shift must please them all; each patch
is then followed down the pyramid by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.vision.consensus import LEAST, voters
from farside.vision.patches import Contrast, Peaks, Places, Scores, correlate, peaks_of
from farside.vision.relief import Grey, contrast, halved

Array = NDArray[np.float64]

#: Cells that the search reaches at the top of the pyramid.
_TOP_REACH: Final = 40
#: Least side of the image there, and halves of its patches: at the top and below.
_TOP_SIDE, _TOP_HALF, _HALF = 44, 10, 24
#: Patches along a side.
_ACROSS: Final = 3
#: Half of the square of the local mean [cells].
_MEAN: Final = 16
#: Contrast below this share of the mean, and this grey, is noise.
SHARE, NOISE = 0.01, 1.0
_FOLLOW: Final = 3
#: Correlation below which a patch is not where it seems.
LEAST_SCORE: Final = 0.15
#: Scores are summed as whole numbers of this part.
_UNITS: Final = 4096


@dataclass(frozen=True, eq=False)
class Coarse:
    """What the coarse stage found.

    Attributes
    ----------
    at : ndarray, (n, 2)
        Rows and columns of the patches in the image.
    peaks : Peaks
        Their shifts into the predicted view [cells].
    height : float
        Of the joint peak above the mean of all shifts [their standard deviations].
    ratio : float
        Of the joint peak to the second one, both above the mean.
    """

    at: Array
    peaks: Peaks
    height: float
    ratio: float


def search(model: Grey, image: Grey, reach: tuple[int, int], slack: float) -> Coarse | None:
    """Find the image in the predicted view.

    Parameters
    ----------
    model, image : ndarray, uint16
        On one grid; 0 is unknown.
    reach : (rows, columns)
        Cells of the largest shift.
    slack : float
        Share by which the image may be larger or smaller than thought.

    Returns
    -------
    Coarse or None
        None where the image covers too little.
    """
    pairs = [(model, image)]
    side = _side(image)
    while max(reach) > _TOP_REACH * 2 ** (len(pairs) - 1) and side >= 2 * _TOP_SIDE:
        pairs.append((halved(pairs[-1][0]), halved(pairs[-1][1])))
        side //= 2
    if side < _TOP_SIDE:
        return None
    top = len(pairs) - 1
    views = [_contrasts(*pair) for pair in pairs]
    at = _places(views[top][1])
    if len(at) < 4:
        return None
    far = (-(-reach[0] // 2**top) + 1, -(-reach[1] // 2**top) + 1)
    scores = correlate(views[top][1], views[top][0], np.hstack([at, at]), _TOP_HALF, far, 0.6)
    loose = 1 + int(slack * 0.5 * side + 0.5)
    place, height, ratio = joint_peak(scores, loose)
    shift = np.rint(_near(scores, place, loose)).astype(np.int32)
    return Coarse(*_followed(views, at, shift, slack), height, ratio)


def _followed(
    views: list[tuple[Contrast, Contrast]], at: Places, shift: Places, slack: float
) -> tuple[Array, Peaks]:
    """Follow the patches down the pyramid, as far as four of them agree."""
    top = len(views) - 1
    best: tuple[Array, Peaks] | None = None
    for k in range(top, -1, -1):
        if k < top:
            at, shift = at * 2, shift * 2
        half = _TOP_HALF if k == top else _HALF
        window = correlate(
            views[k][1], views[k][0], np.hstack([at, at + shift]), half, (_FOLLOW, _FOLLOW), 0.6
        )
        found = peaks_of(window, half)
        moved = shift + found.shift
        good = found.good & (found.score > LEAST_SCORE)
        agreeing = voters(at.astype(np.float64), moved, good, 2.0 * slack)
        if best is not None and int(agreeing.sum()) < LEAST:
            break
        shift, wide = np.rint(moved).astype(np.int32), float(2**k)
        best = (
            np.asarray(at * wide, np.float64),
            Peaks(moved * wide, found.score, found.second, found.variance * wide * wide, good),
        )
    assert best is not None
    return best


def _contrasts(model: Grey, image: Grey) -> tuple[Contrast, Contrast]:
    return contrast(model, _MEAN, SHARE, NOISE), contrast(image, _MEAN, SHARE, NOISE)


def _side(image: Grey) -> int:
    """Return the side of a square of as many cells as the image knows."""
    return int(np.sqrt(float(np.count_nonzero(image))))


def _places(image: Contrast) -> Places:
    """Return the middles of patches that spread over what is known of an image."""
    known = (image != -128).astype(np.uint8)
    rows, cols = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    if len(rows) == 0:
        return np.empty((0, 2), np.int32)
    side = 2 * _TOP_HALF + 1
    share = cv2.boxFilter(
        known.astype(np.float64), cv2.CV_64F, (side, side), normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    full = share >= 0.8 * side * side
    places: list[tuple[int, int]] = []
    steps = (2 * np.arange(_ACROSS) + 1) / (2.0 * _ACROSS)
    for r in rows[0] + steps * (rows[-1] - rows[0]):
        for c in cols[0] + steps * (cols[-1] - cols[0]):
            near = _nearest(full, int(r), int(c), side)
            if near is not None and near not in places:
                places.append(near)
    return np.array(places, np.int32).reshape(-1, 2)


def _nearest(full: NDArray[np.bool_], row: int, col: int, reach: int) -> tuple[int, int] | None:
    """Return the full place nearest to another, within a reach; the first of equals."""
    r0, c0 = max(row - reach, 0), max(col - reach, 0)
    rows, cols = np.nonzero(full[r0 : row + reach + 1, c0 : col + reach + 1])
    if len(rows) == 0:
        return None
    k = int(np.argmin((rows + r0 - row) ** 2 + (cols + c0 - col) ** 2))
    return int(rows[k] + r0), int(cols[k] + c0)


def joint_peak(scores: Scores, loose: int) -> tuple[tuple[int, int], float, float]:
    """Return the best shift for all patches together, its height and its ratio to the second.

    Parameters
    ----------
    scores : ndarray, (n, rows, columns)
    loose : int
        Each patch may be off the common shift by so many cells.
    """
    kernel = np.ones((2 * loose + 1, 2 * loose + 1), np.uint8)
    _, rows, cols = scores.shape
    total = np.zeros((rows, cols), np.int64)
    for one in scores:
        best = cv2.dilate(np.maximum(one, np.float32(-0.5)), kernel)
        total += np.rint(best * np.float32(_UNITS)).astype(np.int64)
    row, col = divmod(int(total.argmax()), cols)
    top = int(total[row, col])
    away = np.ones((rows, cols), bool)
    gap = 2 * loose + 3
    away[max(row - gap, 0) : row + gap + 1, max(col - gap, 0) : col + gap + 1] = False
    rest = total[away]
    if rest.size < 16:
        return (row, col), 0.0, 1.0
    mean = int(rest.sum()) / rest.size
    spread = int((rest * rest).sum()) / rest.size - mean * mean
    sigma = float(np.sqrt(max(spread, 1.0)))
    second = float(rest.max()) - mean
    return (row, col), (top - mean) / sigma, (top - mean) / max(second, 1.0)


def _near(scores: Scores, place: tuple[int, int], loose: int) -> Array:
    """Return each patch's best shift within a few cells of the common one."""
    _, rows, cols = scores.shape
    r0, c0 = max(place[0] - loose, 0), max(place[1] - loose, 0)
    part = scores[:, r0 : place[0] + loose + 1, c0 : place[1] + loose + 1]
    best = part.reshape(len(part), -1).argmax(axis=1)
    row, col = best // part.shape[2] + r0, best % part.shape[2] + c0
    return np.stack([row - rows // 2, col - cols // 2], axis=-1).astype(np.float64)
