"""Lost in space: a pose from craters alone, with attitude and height roughly known.

Triads of the image are looked up among those of the catalogue. Each pair of triads puts the middle
of the view somewhere on the map; where most agree, the pose is solved, all craters are predicted
with it and paired again, and it is a fix only if chance would not give as many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.vision.crater_catalogue import CraterCatalogue
from farside.vision.crater_fit import LEAST_INLIERS, CraterFit, Tried
from farside.vision.crater_pairs import Circles, sigma_m
from farside.vision.crater_triads import TriadIndex, Triads, triads_of
from farside.vision.errors import VisionError
from farside.vision.footprint import Footprint, footprint
from farside.vision.pose import solve_pose
from farside.vision.trn_result import MATCH, TrnCode, TrnResult
from farside.vision.view import CameraView

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: The surest craters of an image whose triads are looked up, and all that are paired.
_MOST_SEEN, _MOST_PAIRED = 80, 250
#: Neighbours of a crater of the image, and of the catalogue: some of those are not seen.
_NEIGHBOURS_SEEN, _NEIGHBOURS_HELD = 6, 9
#: Craters of the catalogue whose triads are indexed at most.
_MOST_INDEXED: Final = 20000
#: Places at which most triads agree that are tried; a bin's share of half the view.
_PLACES, _BIN = 16, 0.12
#: What a place is expected to have by chance is told by so many bins on each side.
_AROUND: Final = 4
#: Pairs of two triads and more are used alone where there are so many.
_SURE: Final = 6
#: A fix has this many more craters than the best of another place.
_RATIO: Final = 1.5


@dataclass(frozen=True, eq=False)
class CraterIndex:
    """A catalogue and its triads, made once.

    Attributes
    ----------
    catalogue : CraterCatalogue
    rows : ndarray of intp, (n,)
        Of the catalogue's craters that are indexed.
    triads : TriadIndex
    turn_rad, height_share : float
        Greatest error of attitude and height that it serves.
    """

    catalogue: CraterCatalogue
    rows: Index
    triads: TriadIndex
    turn_rad: float
    height_share: float

    @classmethod
    def of(
        cls,
        catalogue: CraterCatalogue,
        turn_rad: float = math.radians(5.0),
        height_share: float = 0.2,
    ) -> CraterIndex:
        """Index the triads of the surest craters.

        Raises
        ------
        VisionError
            Fewer than 10 craters, or errors that are none.
        """
        if not (0.0 <= turn_rad <= 0.2 and 0.0 <= height_share <= 0.4):
            raise VisionError(
                f"an attitude to {turn_rad:g} rad and a height to {height_share:g} of it; 0.2 rad "
                "and 0.4 at most"
            )
        if len(catalogue) < 10:
            raise VisionError(f"a catalogue of {len(catalogue)} craters; 10 at least are needed")
        rows = np.argsort(-catalogue.craters["quality"], kind="stable")[:_MOST_INDEXED]
        rows = np.sort(rows)
        triads = triads_of(catalogue.circles.take(rows), _NEIGHBOURS_HELD, ordered=False)
        index = TriadIndex(triads, turn_rad, height_share)
        return cls(catalogue, rows, index, turn_rad, height_share)


@dataclass(frozen=True, eq=False)
class _Plane:
    """The craters of an image on a level plane beneath the camera."""

    circles: Circles
    middle: Array
    range_m: float
    half_m: float


def find_by_craters(
    detections: NDArray[np.void], index: CraterIndex, rough: CameraView
) -> TrnResult:
    """Find the pose of a camera from the craters of an image, somewhere over a map.

    Parameters
    ----------
    detections : ndarray of DETECTION, (n,)
        Craters of the image (farside.vision.crater_view), the surest first.
    index : CraterIndex
    rough : CameraView
        Attitude and height, each as wrong as the index allows; where it is over the map does not
        count.

    Returns
    -------
    TrnResult
        A fix with its covariance, or why there is none.

    Raises
    ------
    VisionError
        One line: detections of another kind, or a pose that is none.
    """
    seen = _checked(detections, rough)
    spread = _spread(index, rough, 1.0)
    if len(seen) < LEAST_INLIERS:
        return TrnResult(TrnCode.FEW_LANDMARKS, np.zeros(0, MATCH), rough, spread)
    plane = _plane(index, seen, rough)
    if plane is None:
        return TrnResult(TrnCode.OFF_MAP, np.zeros(0, MATCH), rough, spread)
    few = _surest(plane.circles.radius)
    triads = triads_of(plane.circles.take(few), _NEIGHBOURS_SEEN, ordered=True)
    triads = Triads(few[triads.rows], triads.shape)
    found, held = index.triads.candidates(triads)
    best, second = None, 0
    for at, voters in _places(index, plane, triads, found, held):
        pairs = _pairs(index, triads, found[voters], held[voters])
        tried = _verified(index, seen, rough, plane, pairs, at)
        if tried is None:
            continue
        fit, agreed = tried
        if best is None or agreed.count > best[1].count:
            if best is not None and not _near(best[1], agreed, plane):
                second = max(second, best[1].count)
            best = fit, agreed
        elif not _near(best[1], agreed, plane):
            second = max(second, agreed.count)
    if best is None:
        return TrnResult(TrnCode.INDISTINCT, np.zeros(0, MATCH), rough, spread, landmarks=len(seen))
    result = best[0].judged(best[1])
    if result.code is TrnCode.FIX and best[1].count < _RATIO * second:
        return TrnResult(TrnCode.INDISTINCT, np.zeros(0, MATCH), rough, spread, landmarks=len(seen))
    return result


def _checked(detections: NDArray[np.void], rough: CameraView) -> NDArray[np.void]:
    """Return the detections that may be used; refuse what is none."""
    names = ("px", "radius_px", "confidence")
    if detections.dtype.names is None or not set(names) <= set(detections.dtype.names):
        raise VisionError("detections are rows of DETECTION: px, radius_px, confidence")
    if not (np.isfinite(rough.r_site).all() and np.isfinite(rough.axes).all()):
        raise VisionError("a rough pose is a finite position [m] and finite axes")
    fine = np.isfinite(detections["px"]).all(axis=1) & (detections["radius_px"] > 0.0)
    fine &= np.isfinite(detections["radius_px"])
    kept = detections[fine]
    order = np.argsort(-kept["confidence"], kind="stable")
    return np.asarray(kept[order][:_MOST_PAIRED])


def _surest(radius: Array) -> Index:
    """Return the rows of the surest craters of each octave of sizes; the surest come first."""
    octave = np.floor(deterministic.log2(radius / radius.min())).astype(np.int64)
    parts = [np.flatnonzero(octave == k)[:_MOST_SEEN] for k in np.unique(octave).tolist()]
    return np.sort(np.concatenate(parts))


def _spread(index: CraterIndex, rough: CameraView, level_m: float) -> Array:
    """Return the covariance of a rough pose whose place is known to level_m; 2 sigma is greatest."""
    up = 0.5 * index.height_share * max(_above(index, rough), 1.0)
    turn = 0.5 * index.turn_rad + 1e-4
    return np.diag(np.array([level_m, level_m, up, turn, turn, turn]) ** 2)


def _above(index: CraterIndex, rough: CameraView) -> float:
    """Return the height [m] above the middle of the catalogue's craters."""
    _, _, high = index.catalogue.image_map.arcs(rough.r_site[None])
    return float(high[0]) - float(np.median(index.catalogue.craters["height_m"]))


def _plane(index: CraterIndex, seen: NDArray[np.void], rough: CameraView) -> _Plane | None:
    """Return the craters on a level plane at the rough height, u and v from beneath the camera."""
    above = _above(index, rough)
    rays = deterministic.product(rough.rays(seen["px"]), _level_axes(index).T)
    down = -rays[:, 2]
    if not above > 1.0 or not (down > 0.3).all():
        return None
    at = rays[:, :2] * (above / down)[:, None]
    far = above / down
    radius = seen["radius_px"] * far / rough.pinhole.focal_px[0]
    middle = np.array([math.fsum(at[:, k].tolist()) / len(at) for k in range(2)])
    half = 0.5 * float(np.maximum(np.ptp(at[:, 0]), np.ptp(at[:, 1])))
    return _Plane(Circles(at, radius), middle, float(np.median(far)), max(half, 1.0))


def _level_axes(index: CraterIndex) -> Array:
    """Rows along, across and up at the middle of the catalogue, site frame, (3, 3)."""
    image_map = index.catalogue.image_map
    u = float(np.median(index.catalogue.circles.at[:, 0])) / image_map.arc_m
    cosine, sine = float(deterministic.cos(u)), float(deterministic.sin(u))
    turned = np.array([[cosine, 0.0, -sine], [0.0, 1.0, 0.0], [sine, 0.0, cosine]])
    return deterministic.product(turned, image_map.axes)


def _places(
    index: CraterIndex, plane: _Plane, triads: Triads, found: Index, held: Index
) -> list[tuple[Array, Index]]:
    """Return where on the map the middle of the view is by most triads, and which say so."""
    if len(found) == 0:
        return []
    circles = index.catalogue.circles.take(index.rows)
    p = plane.circles.at[triads.rows[found]]
    q = circles.at[index.triads.triads.rows[held]]
    # w = q0 + (z - p0) (q2 - q0) / (p2 - p0) as complex numbers
    d, f, g = p[:, 2] - p[:, 0], q[:, 2] - q[:, 0], plane.middle - p[:, 0]
    square = d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]
    real = (f[:, 0] * d[:, 0] + f[:, 1] * d[:, 1]) / square
    imaginary = (f[:, 1] * d[:, 0] - f[:, 0] * d[:, 1]) / square
    at = q[:, 0] + np.column_stack(
        [g[:, 0] * real - g[:, 1] * imaginary, g[:, 0] * imaginary + g[:, 1] * real]
    )
    bin_m = _BIN * plane.half_m
    cells = np.floor(at / bin_m).astype(np.int64)
    cells -= cells.min(axis=0) - _AROUND
    cols = int(cells[:, 1].max()) + _AROUND + 1
    keys = cells[:, 0] * cols + cells[:, 1]
    held_keys, counts = np.unique(keys, return_counts=True)
    near_by, around = (_summed(held_keys, counts, cols, half) for half in (1, _AROUND))
    expected = around * (9.0 / (2 * _AROUND + 1) ** 2)
    total = (near_by - expected) / np.sqrt(expected + 1.0)
    out: list[tuple[Array, Index]] = []
    taken: set[tuple[int, int]] = set()
    for k in np.argsort(-total, kind="stable").tolist():
        row, col = divmod(int(held_keys[k]), cols)
        if len(out) == _PLACES:
            break
        if any((row + i, col + j) in taken for i in (-1, 0, 1) for j in (-1, 0, 1)):
            continue
        taken.add((row, col))
        near = (np.abs(cells[:, 0] - row) <= 1) & (np.abs(cells[:, 1] - col) <= 1)
        voters = np.flatnonzero(near)
        out.append((np.median(at[voters], axis=0), voters))
    return out


def _summed(keys: Index, counts: Index, cols: int, half: int) -> Index:
    """Return the counts of squares of bins of side 2 half + 1 about each bin."""
    total = np.zeros(len(keys), np.int64)
    for i in range(-half, half + 1):
        for j in range(-half, half + 1):
            other = keys + i * cols + j
            k = np.minimum(np.searchsorted(keys, other), len(keys) - 1)
            total += np.where(keys[k] == other, counts[k], 0)
    return total


def _pairs(
    index: CraterIndex, triads: Triads, found: Index, held: Index
) -> tuple[Index, Index, Index]:
    """Return craters of the image and of the catalogue that triads pair, and by how many votes."""
    i = triads.rows[found].ravel()
    j = index.rows[index.triads.triads.rows[held]].ravel()
    both, counts = np.unique(np.column_stack([i, j]), axis=0, return_counts=True)
    order = np.lexsort((both[:, 1], both[:, 0], -counts))
    taken_i, taken_j, kept = set(), set(), []
    for k in order.tolist():
        a, b = int(both[k, 0]), int(both[k, 1])
        if a not in taken_i and b not in taken_j:
            taken_i.add(a)
            taken_j.add(b)
            kept.append(k)
    rows = np.array(kept, np.intp)
    twice = rows[counts[rows] > 1]
    rows = twice if len(twice) >= _SURE else rows
    return both[rows, 0].astype(np.intp), both[rows, 1].astype(np.intp), counts[rows]


def _verified(
    index: CraterIndex,
    seen: NDArray[np.void],
    rough: CameraView,
    plane: _Plane,
    pairs: tuple[Index, Index, Index],
    at: Array,
) -> tuple[CraterFit, Tried] | None:
    """Return the pose at a place of the map and what agrees with it."""
    i, j, _ = pairs
    if len(i) < 4:
        return None
    catalogue, image_map = index.catalogue, index.catalogue.image_map
    level_m = plane.half_m
    ground = image_map.points(at[:1], at[1:], np.median(catalogue.craters["height_m"][j]))[0]
    # the middle of the view on the plane, seen from the camera
    away = np.array([plane.middle[0], plane.middle[1], -_above(index, rough)])
    start = ground - deterministic.product(away, _level_axes(index))
    guess = CameraView(rough.pinhole, start, rough.axes)
    spread = _spread(index, guess, level_m)
    px, places = seen["px"][i], catalogue.places[j]
    sigma_px = 0.1 * seen["radius_px"][i] + 1.0
    kept = np.ones(len(i), bool)
    solved = None
    for bound in (12.0, 6.0, 4.0, 4.0):
        if int(kept.sum()) < 4:
            return None
        solved = solve_pose(
            guess, px[kept], places[kept], sigma_px[kept] ** 2, spread,
            None if solved is None else solved.moved,
        )  # fmt: skip
        if solved is None:
            return None
        off = deterministic.lengths(px - solved.view.project(places))
        with np.errstate(invalid="ignore"):
            kept = off <= bound * np.maximum(sigma_px, 0.02 * sigma_px.max())
    assert solved is not None
    if int(kept.sum()) < 4:
        return None
    return _paired(index, seen, solved.view, level_m)


def _paired(
    index: CraterIndex, seen: NDArray[np.void], view: CameraView, level_m: float
) -> tuple[CraterFit, Tried] | None:
    """Return all craters paired with a pose's prediction, and what agrees."""
    image_map = index.catalogue.image_map
    ground = footprint(image_map, view)
    if ground is None:
        return None
    radius = seen["radius_px"] * ground.sample_m
    cell_m = float(radius.min()) / 4.0
    circles = Circles(np.tile(np.array(ground.middle), (len(seen), 1)), radius)
    fit = _fit(index, seen, view, level_m, ground, circles, cell_m)
    at = fit.placed(view)
    far = deterministic.lengths(
        image_map.points(at[:, 0], at[:, 1], ground.range_m * 0.0) - view.r_site
    )
    circles = Circles(at, seen["radius_px"] * far / view.pinhole.focal_px[0])
    fit = _fit(index, seen, view, level_m, ground, circles, cell_m)
    gate = 0.02 * ground.range_m + 3.0 * float(np.median(sigma_m(circles.radius, cell_m)))
    tried = fit.tried(np.zeros(2), gate)
    return None if tried is None else (fit, tried)


def _fit(
    index: CraterIndex,
    seen: NDArray[np.void],
    view: CameraView,
    level_m: float,
    ground: Footprint,
    circles: Circles,
    cell_m: float,
) -> CraterFit:
    """Return the craters of both sides about a pose."""
    margin = 0.1 * (ground.high[0] - ground.low[0])
    low = ground.low[0] - margin, ground.low[1] - margin
    high = ground.high[0] + margin, ground.high[1] + margin
    radius = circles.radius
    rows = index.catalogue.within(low, high, (radius.min() / 1.3, radius.max() * 1.3))
    # places of the map, turns and heights that could be told from each other
    at = index.catalogue.circles.at
    span = (np.ptp(at[:, 0]) + 1.0) * (np.ptp(at[:, 1]) + 1.0)
    count = max(float(span) / (9.0 * cell_m * cell_m), 1.0)
    return CraterFit(
        index.catalogue, view, _spread(index, view, level_m), seen["px"], circles, rows, cell_m,
        (high[0] - low[0]) * (high[1] - low[1]), float(deterministic.log10(count)) + 4.0,
    )  # fmt: skip


def _near(one: Tried, other: Tried, plane: _Plane) -> bool:
    """Return whether two poses are one place."""
    away = one.agreed.solved.view.r_site - other.agreed.solved.view.r_site
    return deterministic.length(away) < 0.2 * plane.range_m
