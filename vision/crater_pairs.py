"""Which crater of an image is which of the catalogue: votes for one shift, then one to one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: Rims of one crater differ by this factor at most, and by this much, 1 sigma [log].
MOST_RATIO, RATIO_SIGMA = 1.35, 0.1
#: Of a pair that votes.
VOTE_RATIO: Final = 1.25
#: A bin is looked at that stands out by this much.
_LEAST_STANDING: Final = 3.0
#: Error of a middle on each axis, 1 sigma: cells of the grid, and rim radii.
CELLS, RADII = 0.25, 0.08
#: Bins of the vote along a side at most; pairs that vote at most.
_MOST_BINS, _MOST_PAIRS = 400, 4_000_000


@dataclass(frozen=True, eq=False)
class Circles:
    """Craters on the map's plane: arcs u, v (n, 2) and rim radii (n,), all [m]."""

    at: Array
    radius: Array

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.radius)

    def take(self, which: Index) -> Circles:
        """Return some of them."""
        return Circles(self.at[which], self.radius[which])


def sigma_m(radius: Array, cell_m: float) -> Array:
    """Return the error of the middle of a crater on each axis [m], 1 sigma."""
    return np.sqrt((CELLS * cell_m) ** 2 + (RADII * radius) ** 2)


def shifts(
    seen: Circles,
    held: Circles,
    reach_m: tuple[float, float],
    bins_m: tuple[float, float],
    most: int,
) -> Array:
    """Return the shifts [m] from seen to held on which most pairs of one size agree.

    Each pair within the gate votes for its shift. A square of 3 x 3 bins has n votes where its
    surroundings of 15 x 15 let expect m: it counts (n - m) / sqrt(m + 1). A shift that differs
    over the image, for the height is not known, stands out in larger bins.

    Parameters
    ----------
    seen, held : Circles
        Of the image, where the estimate has them; of the catalogue.
    reach_m : (along u, along v)
        Half of the gate.
    bins_m : (smallest, largest)
        Side of a bin; each size is twice the one before.
    most : int
        How many shifts of a size of bin.

    Returns
    -------
    ndarray, (k, 3)
        Shift [m] and bin [m], what stands out most first.
    """
    away = _pairs(seen, held, reach_m)
    bin_m = max(bins_m[0], 2.0 * max(reach_m) / _MOST_BINS)
    out: list[tuple[float, float, float, float]] = []
    while True:
        out += _standing_out(away, reach_m, bin_m, most)
        bin_m *= 2.0
        if bin_m > bins_m[1]:
            break
    out.sort(key=lambda each: -each[0])
    return np.array([each[1:] for each in out]).reshape(-1, 3)


def _pairs(seen: Circles, held: Circles, reach_m: tuple[float, float]) -> Array:
    """Return the shifts (k, 2) [m] of all pairs of one size within the gate."""
    out, step = [], max(1, _MOST_PAIRS // max(len(held), 1))
    low, high = 1.0 / VOTE_RATIO, VOTE_RATIO
    for first in range(0, len(seen), step):
        part = slice(first, first + step)
        away = held.at[None, :, :] - seen.at[part, None, :]
        ratio = held.radius[None, :] / seen.radius[part, None]
        fits = (ratio > low) & (ratio < high)
        fits &= (np.abs(away[..., 0]) <= reach_m[0]) & (np.abs(away[..., 1]) <= reach_m[1])
        out.append(away[fits])
    return np.concatenate(out) if out else np.zeros((0, 2))


def _standing_out(
    away: Array, reach_m: tuple[float, float], bin_m: float, most: int
) -> list[tuple[float, float, float, float]]:
    """Return how far a bin stands out, its shift [m] and side, of the most outstanding."""
    rows, cols = (2 * math.ceil(r / bin_m) + 1 for r in reach_m)
    cells = np.rint(away / bin_m).astype(np.int64) + np.array([rows // 2, cols // 2])
    votes = np.bincount(cells[:, 0] * cols + cells[:, 1], minlength=rows * cols)
    votes = votes.reshape(rows, cols)
    near, around = _box(votes, 1), _box(votes, 7)
    share = _box(np.ones_like(votes), 1) / _box(np.ones_like(votes), 7)
    expected = around * share
    stands = (near - expected) / np.sqrt(expected + 1.0)
    stands[near < 4] = 0.0
    out: list[tuple[float, float, float, float]] = []
    while len(out) < most and stands.max() > _LEAST_STANDING:
        i, j = (int(k) for k in np.unravel_index(int(stands.argmax()), stands.shape))
        shift = (i - rows // 2) * bin_m, (j - cols // 2) * bin_m
        out.append((float(stands[i, j]), *shift, bin_m))
        stands[max(i - 2, 0) : i + 3, max(j - 2, 0) : j + 3] = 0.0
    return out


def _box(counts: NDArray[np.int64], half: int) -> NDArray[np.int64]:
    """Return sums over squares of side 2 half + 1, cut at the edges."""
    rows, cols = counts.shape
    total = np.zeros((rows + 1, cols + 1), np.int64)
    total[1:, 1:] = counts.cumsum(axis=0).cumsum(axis=1)
    top, left = (np.maximum(np.arange(n) - half, 0) for n in (rows, cols))
    end, right = (np.minimum(np.arange(n) + half + 1, n) for n in (rows, cols))
    return np.asarray(
        total[end][:, right] - total[top][:, right] - total[end][:, left] + total[top][:, left]
    )


def assign(seen: Circles, held: Circles, gate_m: Array) -> tuple[Index, Index, Array]:
    """Pair craters one to one, the nearest in place and size first.

    Parameters
    ----------
    seen, held : Circles
    gate_m : ndarray, (n,)
        Distance [m] within which each of `seen` may be paired.

    Returns
    -------
    of_seen, of_held : ndarray of intp, (k,)
        In the order of `seen`.
    cost : ndarray, (k,)
        Squares of the distance [gates / 3] and of the ratio of sizes [sigma], added.
    """
    empty = np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0)
    if len(seen) == 0 or len(held) == 0:
        return empty
    # imported where craters are paired: most flights have none
    from scipy.spatial import cKDTree

    near = cKDTree(held.at).query_ball_point(seen.at, gate_m)
    counts = [len(each) for each in near]
    i = np.repeat(np.arange(len(seen)), counts)
    j = np.array([k for each in near for k in sorted(each)], np.intp)
    if len(j) == 0:
        return empty
    size = deterministic.log(held.radius[j] / seen.radius[i])
    off = deterministic.lengths(held.at[j] - seen.at[i])
    cost = 9.0 * (off / gate_m[i]) ** 2 + (size / RATIO_SIGMA) ** 2
    fits = np.flatnonzero(np.abs(size) <= math.log(MOST_RATIO))
    taken_i, taken_j = np.zeros(len(seen), bool), np.zeros(len(held), bool)
    kept = []
    for k in fits[np.lexsort((j[fits], i[fits], cost[fits]))].tolist():
        if not (taken_i[i[k]] or taken_j[j[k]]):
            taken_i[i[k]] = taken_j[j[k]] = True
            kept.append(k)
    kept.sort()
    rows = np.array(kept, np.intp)
    return i[rows], j[rows], cost[rows]


def chance_of_pair(seen: Circles, held: Circles, gate_m: Array, area_m2: float) -> float:
    """Return the mean chance that a crater of `seen` has one of `held` in its gate by accident.

    Parameters
    ----------
    seen, held : Circles
        `held` are all those of an area.
    gate_m : ndarray, (n,)
    area_m2 : float
    """
    if len(seen) == 0 or len(held) == 0:
        return 0.0
    sizes = np.sort(held.radius)
    low = np.searchsorted(sizes, seen.radius / MOST_RATIO)
    high = np.searchsorted(sizes, seen.radius * MOST_RATIO)
    expected = (high - low) * (math.pi / area_m2) * gate_m * gate_m
    return math.fsum(np.minimum(expected, 1.0).tolist()) / len(seen)


def log_chance(count: int, tried: int, chance: float, log_hypotheses: float, free: int) -> float:
    """Return log10 of the chance that so many pairs fit one of the poses tried by accident.

    A binomial tail's upper bound (Arratia & Gordon 1989): with q = (count - free) / tried,
    n (q ln(p/q) + (1 - q) ln((1-p)/(1-q))), and the logarithm of how many poses could be chosen.

    Parameters
    ----------
    count, tried : int
        Pairs that fit, and craters that could be in one.
    chance : float
        Of one: `chance_of_pair`.
    log_hypotheses : float
        log10 of the number of poses that could have been chosen.
    free : int
        Pairs that fit any pose, for they choose it.
    """
    p = min(max(chance, 1e-6), 0.5)
    q = max(count - free, 0) / max(tried, 1)
    if q <= p:
        return 0.0
    tail = q * deterministic.log(p / q)
    if q < 1.0:
        tail += (1.0 - q) * deterministic.log((1.0 - p) / (1.0 - q))
    return min(tried * tail / 2.302585092994046 + log_hypotheses, 0.0)
