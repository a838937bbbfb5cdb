"""Small patches of one contrast image found in another: landmarks, scores, peaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common.threads import in_bands
from farside.ext.vision.match import correlate_patches

Array = NDArray[np.float64]
Contrast = NDArray[np.int8]
Places = NDArray[np.int32]
Scores = NDArray[np.float32]

UNKNOWN: Final = -128
#: Score of a shift for which too little is known.
NO_SCORE: Final = -1.5
#: A second peak lies farther than this from the first [cells].
APART: Final = 3
#: Candidates for landmarks stand this far apart [cells].
_STRIDE: Final = 4
#: Least mean square of a landmark's weakest gradient [levels^2 a cell]: noise of a flat ground.
_LEAST_SHARPNESS: Final = 9.0
#: Variance of a peak [cells^2]: _SPREAD (1 - c) / (curvature n) + _FLOOR (docs/trn.md).
_SPREAD, _FLOOR = 8.0, 0.01


@dataclass(frozen=True, eq=False)
class Peaks:
    """The best shift of each patch.

    Attributes
    ----------
    shift : ndarray, (n, 2)
        Rows and columns [cells], to a fraction.
    score, second : ndarray, (n,)
        Correlation there, and of the best shift elsewhere.
    variance : ndarray, (n,)
        Of the shift on each axis [cells^2], from score and sharpness.
    good : ndarray of bool, (n,)
        A maximum inside the window with all its neighbours.
    """

    shift: Array
    score: Array
    second: Array
    variance: Array
    good: NDArray[np.bool_]


def correlate(
    templates: Contrast, searched: Contrast, at: Places, half: int, reach: tuple[int, int],
    least_known: float = 0.8,
) -> Scores:  # fmt: skip
    """Return the scores (n, 2 reach + 1, 2 reach + 1) of patches over every shift.

    Parameters
    ----------
    templates, searched : ndarray, int8
        Contrast; -128 is unknown.
    at : ndarray, (n, 4), int32
        Row and column of a patch's middle, then of the middle of its search.
    half : int
        Patches have 2 half + 1 cells along a side.
    reach : (rows, columns)
    least_known : float
        Share of a patch and of its window.
    """
    scores = np.empty((len(at), 2 * reach[0] + 1, 2 * reach[1] + 1), np.float32)
    places = np.ascontiguousarray(at)

    def some(first: int, end: int) -> None:
        correlate_patches(
            templates, searched, places[first:end], half, least_known, scores[first:end]
        )

    in_bands(len(places), some)
    return scores


def peaks_of(scores: Scores, half: int) -> Peaks:
    """Return the peaks of scores (n, rows, columns), by a parabola on each axis."""
    n, rows, cols = scores.shape
    best = scores.reshape(n, -1).argmax(axis=1)
    row, col = best // cols, best % cols
    inside = (row > 0) & (row < rows - 1) & (col > 0) & (col < cols - 1)
    r, c, k = np.clip(row, 1, rows - 2), np.clip(col, 1, cols - 2), np.arange(n)
    middle = scores[k, r, c].astype(np.float64)
    shift, bent = np.zeros((n, 2)), np.ones((n, 2))
    whole = inside & (middle > NO_SCORE)
    for axis, (dr, dc) in enumerate(((1, 0), (0, 1))):
        before = scores[k, r - dr, c - dc].astype(np.float64)
        after = scores[k, r + dr, c + dc].astype(np.float64)
        curve = 2.0 * middle - before - after
        whole &= (before > NO_SCORE) & (after > NO_SCORE) & (curve > 1e-6)
        bent[:, axis] = np.maximum(curve, 1e-6)
        shift[:, axis] = np.clip(0.5 * (after - before) / bent[:, axis], -0.5, 0.5)
    shift[:, 0] += row - rows // 2
    shift[:, 1] += col - cols // 2
    away = (np.abs(np.arange(rows)[None, :, None] - row[:, None, None]) > APART) | (
        np.abs(np.arange(cols)[None, None, :] - col[:, None, None]) > APART
    )
    second = np.where(away, scores, np.float32(-1.0)).reshape(n, -1).max(axis=1)
    count = (2 * half + 1) ** 2
    sharp = np.minimum(bent[:, 0], bent[:, 1])
    variance = _FLOOR + _SPREAD * (1.0 - np.clip(middle, 0.0, 1.0)) / (sharp * count)
    return Peaks(shift, middle, np.maximum(second.astype(np.float64), -1.0), variance, whole)


def box_sums(values: NDArray[np.generic], half: int) -> Array:
    """Return the sums of whole numbers over squares of 2 half + 1, exact; 0 beyond the edges."""
    side = (2 * half + 1, 2 * half + 1)
    return np.asarray(
        cv2.boxFilter(
            values.astype(np.float64), cv2.CV_64F, side, normalize=False,
            borderType=cv2.BORDER_CONSTANT,
        )
    )  # fmt: skip


def landmarks(model: Contrast, image: Contrast, half: int, most: int) -> Places:
    """Return the middles (n, 2) of the most distinct patches, one in each square of the ground.

    A patch is distinct by the smaller eigenvalue of its structure tensor (Shi & Tomasi 1994): how
    fast its correlation with itself falls in the direction in which it falls least.

    Parameters
    ----------
    model, image : ndarray, int8
        Contrast predicted and seen, on one grid.
    half : int
        Patches have 2 half + 1 cells along a side.
    most : int
        About so many are returned.
    """
    known = (model != UNKNOWN).astype(np.uint8)
    seen = (image != UNKNOWN).astype(np.uint8)
    area = float((2 * half + 1) ** 2)
    grey = np.where(known, model, 0).astype(np.int32)
    gx, gy = np.zeros_like(grey), np.zeros_like(grey)
    gx[:, 1:-1], gy[1:-1] = grey[:, 2:] - grey[:, :-2], grey[2:] - grey[:-2]
    pick = (slice(0, None, _STRIDE), slice(0, None, _STRIDE))
    a, b, c = (box_sums(p, half)[pick] for p in (gx * gx, gx * gy, gy * gy))
    small = 0.5 * (a + c) - np.sqrt(0.25 * (a - c) * (a - c) + b * b)
    usable = (box_sums(known, half)[pick] >= 0.9 * area) & (
        box_sums(seen, half)[pick] >= 0.9 * area
    )
    small = np.where(usable & (small >= _LEAST_SHARPNESS * area), small, 0.0)
    covered = int(usable.sum())
    if covered == 0:
        return np.empty((0, 2), np.int32)
    side = max(int(np.sqrt(covered / most) + 0.5), (half + _STRIDE) // _STRIDE, 1)
    rows, cols = -(-small.shape[0] // side), -(-small.shape[1] // side)
    padded = np.zeros((rows * side, cols * side))
    padded[: small.shape[0], : small.shape[1]] = small
    blocks = padded.reshape(rows, side, cols, side).transpose(0, 2, 1, 3).reshape(-1, side * side)
    best = blocks.argmax(axis=1)
    held = np.flatnonzero(blocks[np.arange(len(blocks)), best] > 0.0)
    # the most distinct, in the order of the ground
    value = blocks[held, best[held]]
    held = np.sort(held[np.argsort(-value, kind="stable")[:most]])
    row = (held // cols) * side + best[held] // side
    col = (held % cols) * side + best[held] % side
    return np.stack([row, col], axis=-1).astype(np.int32) * _STRIDE
