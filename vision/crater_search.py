"""Lost in space: a pose from craters alone, with attitude and height roughly known.

Triads of the image are looked up among those of the catalogue. Each pair of triads puts the middle
of the view somewhere on the map; where most agree, the pose is solved, all craters are predicted
with it and paired again, and it is a fix only if chance would not give as many.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.vision.crater_fit import LEAST_INLIERS, CraterFit, Tried
from farside.vision.crater_pairs import CELLS, Circles, sigma_m
from farside.vision.crater_places import (
    CraterIndex,
    Plane,
    pairs_of,
    places_of,
    plane_of,
    surest_of,
)
from farside.vision.crater_triads import Triads, triads_of
from farside.vision.errors import VisionError
from farside.vision.footprint import Footprint, footprint
from farside.vision.pose import solve_pose
from farside.vision.trn_result import MATCH, TrnCode, TrnResult
from farside.vision.view import CameraView

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: The surest craters of an image are paired.
_MOST_PAIRED: Final = 250
#: Neighbours of a crater of the image.
_NEIGHBOURS: Final = 6
#: A fix has this many more craters than the best of another place.
_RATIO: Final = 1.5


def find_by_craters(
    detections: NDArray[np.void], index: CraterIndex, rough: CameraView, noise_px: float = 0.0
) -> TrnResult:
    """Find the pose of a camera from the craters of an image, somewhere over a map.

    Parameters
    ----------
    detections : ndarray of DETECTION, (n,)
        Craters of the image (farside.vision.crater_view), the surest first.
    index : CraterIndex
    rough : CameraView
        Attitude and height, each as wrong as the index allows; where it is over the map does not
        count, but for the vertical there: 30 km away it leans by a degree.
    noise_px : float
        Error of the middles on each axis [px], 1 sigma, where it is more than a twentieth of the
        radius.

    Returns
    -------
    TrnResult
        A fix with its covariance, or why there is none.

    Raises
    ------
    VisionError
        One line: detections of another kind, or a pose that is none.
    """
    if not 0.0 <= noise_px <= 50.0:
        raise VisionError(f"an error of {noise_px:g} px; give one of 0 to 50")
    seen = _checked(detections, rough)
    spread = index.spread(rough, index.map_m)
    if len(seen) < LEAST_INLIERS:
        return TrnResult(TrnCode.FEW_LANDMARKS, np.zeros(0, MATCH), rough, spread)
    plane = plane_of(index, seen, rough, noise_px)
    if plane is None:
        return TrnResult(TrnCode.OFF_MAP, np.zeros(0, MATCH), rough, spread)
    few = surest_of(plane.circles.radius)
    triads = triads_of(plane.circles.take(few), _NEIGHBOURS, ordered=True)
    triads = Triads(few[triads.rows], triads.shape)
    found, held = index.triads.candidates(triads, plane.widened(triads))
    best, second = None, 0
    for at, voters in places_of(index, plane, triads, found, held):
        pairs = pairs_of(index, triads, found[voters], held[voters])
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
    if result.code is TrnCode.FIX and not _allowed(index, rough, result.view):
        return TrnResult(TrnCode.IMPROBABLE, np.zeros(0, MATCH), rough, spread, landmarks=len(seen))
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


def _verified(
    index: CraterIndex,
    seen: NDArray[np.void],
    rough: CameraView,
    plane: Plane,
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
    away = np.array([plane.middle[0], plane.middle[1], -index.above_m(rough)])
    start = ground - deterministic.product(away, index.level_axes(rough))
    guess = CameraView(rough.pinhole, start, rough.axes)
    spread = index.spread(guess, level_m)
    px, places = seen["px"][i], catalogue.places[j]
    sigma_px = 0.1 * seen["radius_px"][i] + 1.0 + plane.noise_px
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
    return _paired(index, seen, solved.view, plane)


def _paired(
    index: CraterIndex, seen: NDArray[np.void], view: CameraView, plane: Plane
) -> tuple[CraterFit, Tried] | None:
    """Return all craters paired with a pose's prediction, and what agrees."""
    image_map = index.catalogue.image_map
    ground = footprint(image_map, view)
    if ground is None:
        return None
    radius = seen["radius_px"] * ground.sample_m
    # so that the middles have the error that is told
    cell_m = max(float(radius.min()) / 4.0, plane.noise_px * ground.sample_m / CELLS)
    level_m = plane.half_m
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
        index.catalogue, view, index.spread(view, level_m), seen["px"], circles, rows, cell_m,
        (high[0] - low[0]) * (high[1] - low[1]), float(deterministic.log10(count)) + 4.0,
    )  # fmt: skip


def _allowed(index: CraterIndex, rough: CameraView, view: CameraView) -> bool:
    """Return whether attitude and height are as near to the rough ones as they are known."""
    # trace of the turn from one to the other = 1 + 2 cos(angle)
    trace = math.fsum((rough.axes * view.axes).ravel().tolist())
    most = 1.5 * index.turn_rad + 0.01
    ratio = index.above_m(view) / index.above_m(rough)
    share = 1.5 * index.height_share + 0.02
    near = trace >= 1.0 + 2.0 * float(deterministic.cos(most))
    return near and abs(1.0 / max(ratio, 1e-3) - 1.0) <= share + share * share


def _near(one: Tried, other: Tried, plane: Plane) -> bool:
    """Return whether two poses are one place."""
    away = one.agreed.solved.view.r_site - other.agreed.solved.view.r_site
    return deterministic.length(away) < 0.2 * plane.range_m
