"""Features of one image found in the next: pairs of pixels with variances, or why none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.threads import in_bands
from farside.ext.vision.corners import best_corners
from farside.ext.vision.patch_match import match_patches
from farside.mission.camera import Camera
from farside.mission.pinhole import Pinhole
from farside.vision.camera_levels import CameraLevels, ImageVerdict, camera_levels
from farside.vision.grey import Levels
from farside.vision.predicted_motion import PredictedMotion
from farside.vision.track_consensus import consensus

Array = NDArray[np.float64]

#: A place of image i and of image j [px], and the variance of either coordinate of j [px^2].
TRACK_PAIRS = np.dtype([("px_i", "<f8", (2,)), ("px_j", "<f8", (2,)), ("variance", "<f8")])

#: Cells along the longer side, with one feature in each; half width of a corner's window [px].
CELLS, CORNER_HALF = 16, 3
#: Corners vary more than this many variances of the noise: 2 are what noise alone shows.
CORNER_NOISE = 4.0
#: Features stand so far from each other and from the edges [px].
APART_PX, EDGE_PX = 12.0, 12
#: The search about a predicted place: deviations, what is added, and the most of it [px].
SEARCH_SIGMAS, SEARCH_MORE_PX, MOST_SEARCH_PX = 3.0, 2.0, 224.0
#: Halvings at most, whole pixels searched in the smallest image, and in each larger one.
MOST_HALVINGS, COARSE_PX, FINE_PX = 4, 4.0, 2
LEAST_CORRELATION = 0.6
#: What is found in j is found again in i within this [px].
BACK_PX = 0.7
#: A match is no better than this [px], by the interpolation between pixels.
LEAST_SIGMA_PX = 0.03
#: Half the side of the figure by which the image's local scale is taken [px].
_LOCAL_PX = 4.0
#: Pairs at least: six unknowns of the motion and as many again to tell them from errors.
LEAST_PAIRS = 12


class TrackVerdict(Enum):
    """What came of two images."""

    TRACKED = "tracked"
    DARK = "dark"
    SATURATED = "saturated"
    BLANK = "blank"
    OUT_OF_VIEW = "out of view"
    BEYOND_SEARCH = "beyond search"
    FEW_MATCHES = "few matches"
    NO_CONSENSUS = "no consensus"


@dataclass(frozen=True, eq=False)
class Tracks:
    """Pairs of pixels that show the same ground, the strongest features first.

    Attributes
    ----------
    pairs : (n,) structured array, dtype `TRACK_PAIRS`
        Empty unless the verdict is TRACKED. The variance holds the match and the scatter of the
        ground's relief about a plane.
    verdict : TrackVerdict
    features, matches : int
        Corners of image i that are predicted inside image j; those found there and back.
    scatter_px : float
        Deviation of the pairs from a common motion, each axis [px].

    Examples
    --------
    >>> import numpy as np
    >>> from farside.vision import TRACK_PAIRS, Tracks, TrackVerdict
    >>> none = Tracks(np.zeros(0, TRACK_PAIRS), TrackVerdict.FEW_MATCHES, features=40, matches=3)
    >>> len(none), none.verdict.value
    (0, 'few matches')
    """

    pairs: NDArray[np.void]
    verdict: TrackVerdict
    features: int = 0
    matches: int = 0
    scatter_px: float = math.nan

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.pairs)


def track_features(
    image_i: ArrayLike | CameraLevels,
    image_j: ArrayLike | CameraLevels,
    camera: Camera,
    prediction: PredictedMotion,
) -> Tracks:
    """Find corners of one image of a camera in a later one.

    Parameters
    ----------
    image_i, image_j : (rows, cols) array of uint16 or uint8, or CameraLevels
        As the camera makes them; as `camera_levels` when an image is used twice.
    camera : Camera
        Geometry, bits and noise are read.
    prediction : PredictedMotion
        The estimate's: where to search, and how the ground's image turns and grows.

    Returns
    -------
    Tracks

    Raises
    ------
    VisionError
        An image that is not the camera's.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission.camera import Camera
    >>> from farside.vision import track_features
    >>> from farside.vision import predicted_motion
    >>> camera = Camera(name="small", pixels=(256, 256))
    >>> grey = np.random.default_rng(0).integers(40, 200, (33, 34))
    >>> ground = np.kron(grey, np.ones((8, 8), np.uint8)).astype(np.uint8)
    >>> upright = (1.0, 0.0, 0.0, 0.0)
    >>> motion = predicted_motion(  # east is up in the image
    ...     camera, (upright, upright), (0.0, 0.0, 0.0), 100.0,
    ...     displacement_sigma_m=1.0, height_sigma_m=1.0)
    >>> tracks = track_features(ground[:256, :256], ground[:256, 5:261], camera, motion)
    >>> tracks.verdict.value, (tracks.pairs["px_j"] - tracks.pairs["px_i"])[0].round(1).tolist()
    ('tracked', [-5.0, 0.0])
    """
    search_px = SEARCH_SIGMAS * (prediction.sigma_px + prediction.relief_px) + SEARCH_MORE_PX
    halvings = 0
    while halvings < MOST_HALVINGS and search_px / 2**halvings > COARSE_PX:
        halvings += 1
    i, j = (
        image if isinstance(image, CameraLevels) else camera_levels(image, camera, halvings)
        for image in (image_i, image_j)
    )
    for levels in (i, j):
        if levels.verdict is not ImageVerdict.FIT:
            return _none(TrackVerdict(levels.verdict.value))
    if not search_px <= MOST_SEARCH_PX:
        return _none(TrackVerdict.BEYOND_SEARCH)
    places = corners(i)
    if len(places) < LEAST_PAIRS:
        return _none(TrackVerdict.BLANK, len(places))
    places, predicted, local = _in_view(places, camera.pinhole, prediction)
    if len(places) < LEAST_PAIRS:
        return _none(TrackVerdict.OUT_OF_VIEW, len(places))
    features = len(places)
    found = _matched(i, j, (places, predicted, _inverse(local)), search_px, camera)
    held = found[:, 2] >= LEAST_CORRELATION
    places, predicted, local, found = (a[held] for a in (places, predicted, local, found))
    if len(places) >= LEAST_PAIRS:
        start = prediction.carry_back(camera.pinhole, found[:, :2])
        again = _matched(j, i, (found[:, :2], start, local), search_px, camera)
        off = again[:, :2] - places
        # not-a-number is not held
        held = off[:, 0] * off[:, 0] + off[:, 1] * off[:, 1] < BACK_PX * BACK_PX
        places, found = places[held], found[held]
    if len(places) < LEAST_PAIRS:
        return _none(TrackVerdict.FEW_MATCHES, features, len(places))
    gate_px = 1.0 + 3.0 * prediction.relief_px
    agreed = consensus(places, found[:, :2], camera.pinhole, prediction, gate_px, LEAST_SIGMA_PX)
    if agreed is None or int(agreed.agree.sum()) < max(LEAST_PAIRS, len(places) // 2):
        return _none(TrackVerdict.NO_CONSENSUS, features, len(places))
    pairs = np.zeros(int(agreed.agree.sum()), TRACK_PAIRS)
    pairs["px_i"], pairs["px_j"] = places[agreed.agree], found[agreed.agree, :2]
    least = agreed.scatter_px * agreed.scatter_px
    pairs["variance"] = np.maximum(found[agreed.agree, 3], least)
    return Tracks(pairs, TrackVerdict.TRACKED, features, len(places), agreed.scatter_px)


def corners(levels: CameraLevels) -> Array:
    """Return corners (n, 2) [px] of an image, one a cell at most, the strongest first."""
    image = levels.pyramid[0]
    cell = -(-max(image.shape) // CELLS)
    best = np.empty((-(-image.shape[0] // cell), -(-image.shape[1] // cell), 3))
    best_corners(image, CORNER_HALF, cell, EDGE_PX, best)
    rows = best.reshape(-1, 3)
    rows = rows[rows[:, 0] > CORNER_NOISE * levels.noise]
    rows = rows[np.lexsort((rows[:, 1], rows[:, 2], -rows[:, 0]))]
    kept = np.empty((len(rows), 2))
    count = 0
    for place in rows[:, 1:]:
        off = kept[:count] - place
        if (off[:, 0] * off[:, 0] + off[:, 1] * off[:, 1] >= APART_PX * APART_PX).all():
            kept[count] = place
            count += 1
    return kept[:count].copy()


def _none(verdict: TrackVerdict, features: int = 0, matches: int = 0) -> Tracks:
    return Tracks(np.zeros(0, TRACK_PAIRS), verdict, features, matches)


def _in_view(
    places: Array, pinhole: Pinhole, prediction: PredictedMotion
) -> tuple[Array, Array, Array]:
    """Return places of i that are predicted inside j, where, and d px_j / d px_i (n, 4)."""
    steps = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]) * _LOCAL_PX
    asked = (places[None] + steps[:, None]).reshape(-1, 2)
    at = prediction.carry(pinhole, asked).reshape(5, -1, 2)
    along, down = (at[1] - at[2]) / (2.0 * _LOCAL_PX), (at[3] - at[4]) / (2.0 * _LOCAL_PX)
    local = np.column_stack([along[:, 0], down[:, 0], along[:, 1], down[:, 1]])
    scale = local[:, 0] * local[:, 3] - local[:, 1] * local[:, 2]
    x, y = at[0].T
    held = (x >= EDGE_PX) & (x <= pinhole.columns - 1 - EDGE_PX)
    held &= (y >= EDGE_PX) & (y <= pinhole.rows - 1 - EDGE_PX) & (scale > 0.1) & (scale < 10.0)
    return places[held], at[0][held], local[held]


def _inverse(local: Array) -> Array:
    a, b, c, d = local.T
    scale = a * d - b * c
    return np.ascontiguousarray(np.column_stack([d, -b, -c, a]) / scale[:, None])


def _matched(
    i: CameraLevels,
    j: CameraLevels,
    asked: tuple[Array, Array, Array],
    search_px: float,
    camera: Camera,
) -> Array:
    """Return x, y, correlation and variance (n, 4) of patches of i in j, coarse to fine.

    `asked` holds places in i, where to search in j, and d px_i / d px_j.
    """
    places, start, turn = (np.ascontiguousarray(a, dtype=np.float64) for a in asked)
    step = 2.0 ** (12 - camera.bits)
    floor = max(step * step / 12.0, 1.0)
    deepest = min(len(i.pyramid), len(j.pyramid)) - 1
    while deepest > 0 and search_px / 2**deepest < COARSE_PX / 2.0:
        deepest -= 1
    found = np.empty((len(places), 4))
    radius = math.ceil(search_px / 2**deepest)
    for level in range(deepest, -1, -1):
        scale = 2.0**level
        off = 0.5 * (scale - 1.0) / scale  # the middle of the first pixel of a halved image
        asked = places / scale - off, start / scale - off, turn
        _match((i.pyramid[level], j.pyramid[level]), asked, radius, floor, found)
        # near an edge a halved image does not hold the patch: it has moved as most others have
        seen = found[:, 2] >= LEAST_CORRELATION
        if seen.any():
            at = (found[:, :2] + off) * scale
            start = np.where(seen[:, None], at, start + _median(at[seen] - start[seen]))
        radius = FINE_PX
    _match((i.pyramid[0], j.pyramid[0]), (places, start, turn), 0, floor, found)
    return found


def _match(
    images: tuple[Levels, Levels],
    asked: tuple[Array, Array, Array],
    radius: int,
    floor: float,
    found: Array,
) -> None:
    """Fill `found` by `match_patches`, some patches in each thread."""

    def some(first: int, end: int) -> None:
        places, start, turn = (each[first:end] for each in asked)
        match_patches(*images, places, start, turn, radius, floor, found[first:end])

    in_bands(len(found), some)


def _median(moves: Array) -> Array:
    """Return the upper median along each axis."""
    middle = len(moves) // 2
    return np.array([np.partition(moves[:, axis], middle)[middle] for axis in range(2)])
