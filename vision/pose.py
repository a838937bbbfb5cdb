"""The pose of a camera from matches of pixels and places: weighted least squares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.vision.view import CameraView, rotation_of_vector

Array = NDArray[np.float64]

#: Steps of the numerical derivatives: metres per metre of range, and radians.
_STEP: Final = 1e-5
_ROUNDS: Final = 6


@dataclass(frozen=True, eq=False)
class Solved:
    """A pose and its covariance.

    Attributes
    ----------
    view : CameraView
    covariance : ndarray, (6, 6)
        Of position [m] and rotation vector [rad], site frame.
    residuals_px : ndarray, (n, 2)
        Seen less predicted.
    moved : ndarray, (6,)
        From the first guess: position [m], rotation vector [rad].
    """

    view: CameraView
    covariance: Array
    residuals_px: Array
    moved: Array


def solve_pose(
    view: CameraView,
    px: Array,
    p_site: Array,
    variance_px: Array,
    prior: Array | None = None,
    start: Array | None = None,
) -> Solved | None:
    """Return the pose that matches ask for: Gauss-Newton on pixels.

    minimise sum |px - project(p)|^2 / variance + x' prior^-1 x over x, the change of the pose

    Parameters
    ----------
    view : CameraView
        The first guess.
    px, p_site : ndarray, (n, 2), (n, 3)
        Places in the image [px] and on the ground [m].
    variance_px : ndarray, (n,)
        Of a match on each axis [px^2].
    prior : ndarray, (6, 6), optional
        Covariance of the first guess: position [m] and rotation vector [rad], site frame; without
        it the matches alone decide, four of them at least.
    start : ndarray, (6,), optional
        Change of the pose to start from, where the guess is far off.

    Returns
    -------
    Solved or None
        None where the matches do not tell the pose.
    """
    information = np.zeros((6, 6)) if prior is None else inverse(prior)
    if information is None or (prior is None and len(px) < 4):
        return None
    moved = np.zeros(6) if start is None else start
    now = view.moved(moved[:3], moved[3:])
    weights = np.repeat(1.0 / variance_px, 2)
    normal: Array | None = None
    for _ in range(_ROUNDS):
        H = slopes(now, p_site)
        residuals = (px - now.project(p_site)).ravel()
        if not (np.isfinite(H).all() and np.isfinite(residuals).all()):
            return None
        weighted = (H * weights[:, None]).T
        system = deterministic.product(weighted, H) + information
        pull = deterministic.product(weighted, residuals)
        pull = pull - deterministic.product(information, moved)
        normal = inverse(system)
        if normal is None:
            return None
        step = deterministic.product(normal, pull)
        moved = moved + step
        now = view.moved(moved[:3], moved[3:])
        if deterministic.length(step[:3]) < 1e-3 and deterministic.length(step[3:]) < 1e-7:
            break
    assert normal is not None
    return Solved(now, normal, px - now.project(p_site), moved)


def slopes(view: CameraView, p_site: Array) -> Array:
    """Return the derivatives (2 n, 6) of pixels by position [px/m] and rotation [px/rad].

    Central differences, the twelve views projected at once: first those shifted along each axis
    ahead and behind, then those turned about each.
    """
    n = len(p_site)
    reach = max(deterministic.length(p_site[0] - view.r_site), 1.0)
    steps = np.repeat([_STEP * reach, _STEP], 3)
    ahead = np.diag(steps)[:3, :3]
    still, *turned = (deterministic.product(view.axes, turn.T) for turn in _turns())
    shifted = (p_site - (view.r_site + np.vstack([ahead, -ahead]))[:, None]).reshape(-1, 3)
    # the columns of the six turned views' axes, side by side
    columns = np.hstack([axes.T for axes in turned])
    seen = deterministic.product(p_site - view.r_site, columns).reshape(n, 6, 3)
    points = [deterministic.product(shifted, still.T), seen.transpose(1, 0, 2).reshape(-1, 3)]
    px = view.pinhole.project(np.concatenate(points)).reshape(2, 2, 3, n, 2)
    moved = (px[:, 0] - px[:, 1]).reshape(6, 2 * n)
    return np.ascontiguousarray((moved / (2.0 * steps)[:, None]).T)


@lru_cache(maxsize=1)
def _turns() -> tuple[Array, ...]:
    """Return the rotations of `slopes`: none, a step about x, y and z, and as much back."""
    turns = np.vstack([np.zeros(3), _STEP * np.eye(3), -_STEP * np.eye(3)])
    return tuple(rotation_of_vector(turn) for turn in turns)


def inverse(matrix: Array) -> Array | None:
    """Return the inverse of a symmetric positive definite matrix, by Cholesky, or None.

    It is scaled to a unit diagonal first, for metres and radians stand side by side.
    """
    n = len(matrix)
    diagonal = [float(matrix[k, k]) for k in range(n)]
    if not all(d > 0.0 and math.isfinite(d) for d in diagonal):
        return None
    scale = [1.0 / math.sqrt(d) for d in diagonal]
    low = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = float(matrix[i, j]) * scale[i] * scale[j]
            for k in range(j):
                rest -= low[i][k] * low[j][k]
            if i == j:
                if not rest > 1e-13:
                    return None
                low[i][i] = math.sqrt(rest)
            else:
                low[i][j] = rest / low[j][j]
    columns = []
    for c in range(n):
        y = [0.0] * n
        for i in range(n):
            rest = 1.0 if i == c else 0.0
            for k in range(i):
                rest -= low[i][k] * y[k]
            y[i] = rest / low[i][i]
        for i in reversed(range(n)):
            rest = y[i]
            for k in range(i + 1, n):
                rest -= low[k][i] * y[k]
            y[i] = rest / low[i][i]
        columns.append(y)
    out = np.array(columns)
    out = 0.5 * (out + out.T)
    return np.asarray(out * np.array(scale)[:, None] * np.array(scale)[None, :])


def mahalanobis(moved: Array, covariance: Array) -> float:
    """Return x' C^-1 x; infinity where C has no inverse."""
    inverted = inverse(covariance)
    if inverted is None:
        return math.inf
    return deterministic.dot(moved, deterministic.product(inverted, moved))
