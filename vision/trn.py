"""Terrain-relative navigation: a camera's image matched with the onboard image map.

The image is laid on the map's grid where the estimate has it; the map is shaded for the Sun of the
hour. A coarse stage finds the shift where the estimate is off by many cells, a fine one matches
landmarks. What agrees with one pose is a fix only if chance would not give it (docs/trn.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.mission.camera import Camera
from farside.mission.pinhole import Pinhole
from farside.vision.coarse import NOISE, SHARE, search
from farside.vision.consensus import agree, voters
from farside.vision.errors import VisionError
from farside.vision.footprint import MOST_CELLS, Footprint, footprint, ground_sigma, window_of
from farside.vision.image_map import ImageMap, MapLevel
from farside.vision.patches import Contrast, Places, correlate, landmarks, peaks_of
from farside.vision.pose import Solved, mahalanobis
from farside.vision.relief import Grey, Grid, Lit, contrast, halved, lay, predict, shadows
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: A match: place in the image, place on the map, variance on each axis of the image.
MATCH: Final = np.dtype([("px", "f8", 2), ("p_site", "f8", 3), ("variance_px2", "f8")])


class TrnCode(IntEnum):
    """How a match ended."""

    FIX = 0
    DARK = 1
    BLANK = 2
    SATURATED = 3
    OFF_MAP = 4
    FEW_LANDMARKS = 5
    INDISTINCT = 6
    DISAGREE = 7
    IMPROBABLE = 8
    NIGHT = 9
    LIGHT = 10


#: What a code says, and the way out.
SAYS: Final = {
    TrnCode.FIX: "a fix",
    TrnCode.DARK: "the image is dark; expose longer or check the Sun",
    TrnCode.BLANK: "the image shows no contrast; check the lens and the exposure",
    TrnCode.SATURATED: "most of the image is saturated; expose shorter",
    TrnCode.OFF_MAP: "the map does not cover what the camera sees; give a larger map or a better "
    "guess",
    TrnCode.FEW_LANDMARKS: "too few landmarks are lit and in view; give a finer map or another Sun",
    TrnCode.INDISTINCT: "no place of the map stands out; check site, Sun and guess",
    TrnCode.DISAGREE: "the matches do not agree on one pose; check site, Sun, camera and guess",
    TrnCode.IMPROBABLE: "the matches ask for a pose far outside the guess; widen its sigma",
    TrnCode.LIGHT: "the image is lit from the other side than the Sun given; check time and Sun",
    TrnCode.NIGHT: "the Sun is below the horizon; nothing is lit",
}

#: Half of a landmark's patch [cells], and how many are tried.
_HALF, _LANDMARKS = 10, 150
#: The coarse stage searches so many cells at least, to know what chance gives.
_LEAST_SEARCH: Final = 40
#: Half of the square of the local mean [cells].
_MEAN: Final = 16
#: A search wider than this [cells] has a coarse stage first; the fine one reaches this far at most.
_WIDE, _MOST_REACH = 20, 24
#: A level is used where its posting is at least this share of a pixel on the ground.
_FINEST: Final = 0.4
#: Least side of the footprint on a level [cells], and on a coarse one.
_LEAST_SIDE, _COARSE_SIDE = 84, 110
#: Least half of the search on a coarse level [cells].
_COARSE_REACH: Final = 12
#: The verdict (docs/trn.md): inliers, their share of the landmarks, log10 of the chance of so many.
_LEAST_INLIERS, _LEAST_SHARE, _CHANCE = 10, 0.25, -9.0
#: Height of the joint peak of the coarse stage, and its ratio to the second.
_LEAST_HEIGHT, _LEAST_RATIO = 4.5, 1.12
#: x' P^-1 x of the change of the pose: 6 degrees of freedom, 5 sigma and the map's own error.
_MOST_SURPRISE: Final = 60.0
#: Bias that all matches of an image share [resolutions], 1 sigma: other light moves edges one way.
_BIAS, _BIAS_UP = 0.15, 0.1
#: Mean score by which the other side of the sky may be the better one.
_OTHER_LIGHT: Final = 0.02
#: Cells about a match in which the other light is tried: it is displaced by so much.
_LIGHT_REACH: Final = (5, 5)
#: Height of the guess known no better than this share of the range, for the coarse stage.
_LEAST_SLACK: Final = 0.01


@dataclass(frozen=True, eq=False)
class TrnResult:
    """What an image says of the pose.

    Attributes
    ----------
    code : TrnCode
        FIX, or why there is none: then nothing else may be used.
    matches : ndarray of MATCH, (n,)
        Those that agree: px (2), p_site (3) [m], variance_px2 on each axis.
    view : CameraView
        The pose the matches and the estimate give together; the estimate itself without a fix.
    covariance : ndarray, (6, 6)
        Of it, position [m] and rotation vector [rad], site frame; the map's registration excluded.
    bias_m : float
        Horizontal error that all matches share [m], 1 sigma, for the light is not the map's.
    landmarks, inliers : int
        Tried, and those that agree.
    chance : float
        log10 of the chance that so many agree by accident.
    coarse_height, coarse_ratio : float
        Of the joint peak of the coarse stage; NaN where there was none.
    cell_m : float
        Posting of the level that was matched [m].
    """

    code: TrnCode
    matches: NDArray[np.void]
    view: CameraView
    covariance: Array
    bias_m: float = math.nan
    landmarks: int = 0
    inliers: int = 0
    chance: float = 0.0
    coarse_height: float = math.nan
    coarse_ratio: float = math.nan
    cell_m: float = math.nan

    @property
    def says(self) -> str:
        """One line: a fix, or why there is none, and the way out."""
        return SAYS[self.code]


@dataclass(eq=False)
class _Job:
    """One image on its way through the stages."""

    images: list[Grey]
    view: CameraView
    covariance: Array
    sun_site: Array
    height: float = math.nan
    ratio: float = math.nan


@dataclass(eq=False)
class TrnMatcher:
    """Matches a camera's images with an image map.

    Parameters
    ----------
    image_map : ImageMap
    camera : Camera or Pinhole
        The vehicle's camera, or a geometry alone.
    bits : int
        Of a pixel; taken from a Camera.

    Examples
    --------
    >>> matcher = TrnMatcher(image_map, camera)  # doctest: +SKIP
    >>> view = CameraView.of(camera, r_site, q_site_body)  # doctest: +SKIP
    >>> matcher.match(image, view, covariance, sun_site).code  # doctest: +SKIP
    <TrnCode.FIX: 0>
    """

    image_map: ImageMap
    camera: Camera | Pinhole
    bits: int = 8
    _lit: dict[tuple[int, tuple[float, ...]], Lit] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Take the depth of a camera's pixels."""
        if isinstance(self.camera, Camera):
            self.bits = self.camera.bits

    @property
    def pinhole(self) -> Pinhole:
        """The geometry of its images."""
        return self.camera.pinhole if isinstance(self.camera, Camera) else self.camera

    def match(
        self, image: ArrayLike, estimate: CameraView, covariance: ArrayLike, sun_site: ArrayLike
    ) -> TrnResult:
        """Match an image.

        Parameters
        ----------
        image : array_like, (rows, columns), unsigned
            As the camera gives it.
        estimate : CameraView
            Where the camera is thought to be at the middle of the exposure.
        covariance : array_like, (6, 6)
            Of that: position [m] and rotation vector [rad], site frame.
        sun_site : array_like, (3,)
            Unit vector to the Sun.

        Returns
        -------
        TrnResult

        Raises
        ------
        VisionError
            One line: an image of another size or type, a covariance or a Sun that is none.
        """
        grey = self._checked(image)
        sun, spread = _unit(sun_site), _covariance(covariance)
        if not sun[2] > 0.0:
            return _refused(TrnCode.NIGHT, estimate, spread)
        code, prepared = prepare(grey, self.bits)
        if code is not TrnCode.FIX:
            return _refused(code, estimate, spread)
        job = _Job(prepared, estimate, spread, sun)
        code = self._coarse(job)
        if code is not TrnCode.FIX:
            refused = _refused(code, estimate, spread)
            return _with_coarse(refused, job)
        return self._fine(job, estimate, spread)

    def _checked(self, image: ArrayLike) -> Grey:
        grey, pinhole = np.asarray(image), self.pinhole
        if grey.ndim != 2 or grey.dtype.kind != "u":
            raise VisionError(
                f"an image is rows and columns of whole grey values, not {grey.dtype} of shape "
                f"{grey.shape}"
            )
        if grey.shape != (pinhole.rows, pinhole.columns):
            raise VisionError(
                f"an image of {grey.shape[1]} x {grey.shape[0]} pixels of a camera of "
                f"{pinhole.columns} x {pinhole.rows}; give the camera that took it"
            )
        if int(grey.max()) >= 2**self.bits:
            raise VisionError(
                f"a pixel of {int(grey.max())} in an image of {self.bits} bits; give its depth"
            )
        return np.ascontiguousarray(grey, np.uint16)

    # ---- levels ----------------------------------------------------------------------------

    def lit(self, level: MapLevel, sun_site: Array) -> Lit:
        """Return a level's shadows, swept once for a Sun (to 1e-4 rad)."""
        near = tuple(np.rint(sun_site * 1e4).tolist())
        key = (self.image_map.levels.index(level), near)
        if key not in self._lit:
            if len(self._lit) >= 2 * len(self.image_map.levels):
                self._lit.clear()
            self._lit[key] = shadows(self.image_map, level, _unit(np.array(near)))
        return self._lit[key]

    def _views(
        self, job: _Job, level: MapLevel, seen: Footprint, margin: tuple[float, float]
    ) -> tuple[Grid, Grey, Grey] | None:
        """Return the grid about a footprint, the predicted view and the image on it."""
        held = window_of(level, seen, margin)
        if held is None:
            return None
        grid = Grid.of(self.image_map, level, held[0])
        model = predict(grid, self.lit(level, job.sun_site), job.view, job.sun_site)
        return grid, model, lay(grid, job.view, job.images)

    def _fine_level(self, seen: Footprint) -> MapLevel | None:
        """Return the finest level that suits the ground sample and holds the view's middle."""
        chosen = None
        for level in reversed(self.image_map.levels):
            if chosen is not None and chosen.cell_m >= _FINEST * chosen.resolution_m:
                break
            held = window_of(level, seen, (0.0, 0.0))
            if held is None or level.cell_m < _FINEST * seen.sample_m:
                continue
            window, share = held
            cells = (window.row_end - window.row) * (window.col_end - window.col)
            # a posting far below the resolution is for a view that is small on a coarser one
            least = _LEAST_SIDE if chosen is None else 2 * _LEAST_SIDE
            if least * least <= cells <= MOST_CELLS and (share > 0.5 or level.cell_m == self._top):
                chosen = level
        return chosen

    @property
    def _top(self) -> float:
        return self.image_map.levels[0].cell_m

    def _coarse_levels(self, seen: Footprint, fine: MapLevel, far_m: float) -> list[MapLevel]:
        """Return the coarsest level on which view and search have enough cells, and the fine one.

        The second is for a view whose large features have no contrast.
        """
        side = math.sqrt((seen.high[0] - seen.low[0]) * (seen.high[1] - seen.low[1]))
        for level in self.image_map.levels:
            held = window_of(level, seen, (0.0, 0.0))
            if (
                held is not None
                and held[1] > 0.5
                and side >= _COARSE_SIDE * level.cell_m
                and far_m >= _COARSE_REACH * level.cell_m
                and level.cell_m > fine.cell_m
            ):
                return [level, fine]
        return [fine]

    # ---- stages ----------------------------------------------------------------------------

    def _coarse(self, job: _Job) -> TrnCode:
        """Bring the view within reach of the fine stage, if it is not."""
        seen = footprint(self.image_map, job.view)
        fine = None if seen is None else self._fine_level(seen)
        if seen is None or fine is None:
            return TrnCode.OFF_MAP
        sigma = ground_sigma(self.image_map, job.view, seen, job.covariance)
        if 3.0 * max(sigma) <= _WIDE * fine.cell_m:
            return TrnCode.FIX
        code = TrnCode.INDISTINCT
        for level in self._coarse_levels(seen, fine, 3.0 * max(sigma)):
            code = self._coarse_on(job, level, seen, sigma)
            if code is TrnCode.FIX:
                break
        return code

    def _coarse_on(
        self, job: _Job, level: MapLevel, seen: Footprint, sigma: tuple[float, float]
    ) -> TrnCode:
        """Bring the view nearer on one level."""
        # the peak is judged by what surrounds it
        least = _LEAST_SEARCH * level.cell_m
        margin = (max(3.0 * sigma[0], least), max(3.0 * sigma[1], least))
        views = self._views(job, level, seen, margin)
        if views is None:
            return TrnCode.OFF_MAP
        grid, model, image = views
        slack = _LEAST_SLACK + 3.0 * math.sqrt(job.covariance[2, 2]) / seen.range_m
        reach = (math.ceil(margin[1] / level.cell_m), math.ceil(margin[0] / level.cell_m))
        found = search(model, image, reach, min(slack, 0.1))
        if found is None:
            return TrnCode.FEW_LANDMARKS
        job.height, job.ratio = found.height, found.ratio
        if found.height < _LEAST_HEIGHT or found.ratio < _LEAST_RATIO:
            return TrnCode.INDISTINCT
        usable = found.peaks.good & (found.peaks.score > 0.15)
        first = voters(found.at, found.peaks.shift, usable, 2.0 * slack)
        on_map = found.at + found.peaks.shift
        matches = self._matches(grid, job.view, found.at, on_map, found.peaks.variance + 1.0)
        agreed = agree(
            job.view, matches, 3.0 * _cell_px(grid, job.view, matches), first, job.covariance
        )
        if agreed is None:
            return TrnCode.DISAGREE
        job.view = agreed.solved.view
        job.covariance = agreed.solved.covariance
        return TrnCode.FIX

    def _fine(self, job: _Job, estimate: CameraView, spread: Array) -> TrnResult:
        """Match landmarks, and judge."""
        seen = footprint(self.image_map, job.view)
        level = None if seen is None else self._fine_level(seen)
        if seen is None or level is None:
            return _with_coarse(_refused(TrnCode.OFF_MAP, estimate, spread), job)
        sigma = ground_sigma(self.image_map, job.view, seen, job.covariance)
        need = math.ceil(3.0 * max(sigma) / level.cell_m) + 3
        reach = min(max(need, 6), _MOST_REACH)
        margin = (reach + _HALF + _MEAN) * level.cell_m
        views = self._views(job, level, seen, (margin, margin))
        if views is None:
            return _with_coarse(_refused(TrnCode.OFF_MAP, estimate, spread), job)
        grid, model, image = views
        model_contrast = contrast(model, _MEAN, SHARE, NOISE)
        image_contrast = contrast(image, _MEAN, SHARE, NOISE)
        at = landmarks(model_contrast, image_contrast, _HALF, _LANDMARKS)
        if len(at) < _LEAST_INLIERS:
            return _with_coarse(_refused(TrnCode.FEW_LANDMARKS, estimate, spread), job)
        scores = correlate(
            model_contrast, image_contrast, np.hstack([at, at]), _HALF, (reach, reach)
        )
        peaks = peaks_of(scores, _HALF)
        matches = self._matches(
            grid, job.view, at + peaks.shift, at.astype(np.float64), peaks.variance
        )
        usable = peaks.good & (peaks.score > 0.2) & np.isfinite(matches["px"]).all(axis=1)
        first = voters(at.astype(np.float64), peaks.shift, usable)
        cell_px = _cell_px(grid, job.view, matches)
        agreed = agree(job.view, matches, cell_px, first & usable, spread)
        if agreed is None:
            refused = _refused(TrnCode.DISAGREE, estimate, spread)
            return _with_coarse(refused, job, landmarks=len(at), cell_m=level.cell_m)
        inliers = agreed.inliers & usable
        tried = len(at)
        chance = log_chance(int(inliers.sum()), tried, reach)
        code = self._verdict(agreed.solved, int(inliers.sum()), tried, chance, spread)
        if code is TrnCode.FIX and self._other_light(
            job, grid, image_contrast, at[inliers], peaks.shift[inliers]
        ):
            code = TrnCode.LIGHT
        return TrnResult(
            code,
            matches[inliers],
            agreed.solved.view if code is TrnCode.FIX else estimate,
            _biased(agreed.solved.covariance, level) if code is TrnCode.FIX else spread,
            _BIAS * level.resolution_m,
            tried,
            int(inliers.sum()),
            chance,
            job.height,
            job.ratio,
            level.cell_m,
        )

    def _verdict(
        self, solved: Solved, inliers: int, tried: int, chance: float, spread: Array
    ) -> TrnCode:
        if inliers < _LEAST_INLIERS or inliers < _LEAST_SHARE * tried or chance > _CHANCE:
            return TrnCode.DISAGREE
        wide = spread.copy()
        for k, sigma in enumerate(self.image_map.registration_sigma_m):
            wide[k, k] += sigma * sigma
        if mahalanobis(solved.moved, wide) > _MOST_SURPRISE:
            return TrnCode.IMPROBABLE
        return TrnCode.FIX

    def _other_light(
        self, job: _Job, grid: Grid, image: Contrast, at: Places, shift: Array
    ) -> bool:
        """Return whether the image is likelier lit from the other side of the sky.

        The places that agree are scored again with the map lit from there. Albedo alone can give a
        place for a wrong Sun; with relief it is displaced.
        """
        moved = np.rint(shift).astype(np.int32)
        places = np.hstack([at, at + moved])
        total = []
        for side in (1.0, -1.0):
            sun = job.sun_site * [side, side, 1.0]
            model = predict(grid, self.lit(grid.level, sun), job.view, sun)
            lit = contrast(model, _MEAN, SHARE, NOISE)
            scores = correlate(lit, image, places, _HALF, _LIGHT_REACH)
            best = scores.reshape(len(at), -1).max(axis=1)
            total.append(int(np.rint(np.maximum(best, -1.0) * 4096.0).astype(np.int64).sum()))
        return total[1] > total[0] + _OTHER_LIGHT * 4096.0 * len(at)

    def _matches(
        self, grid: Grid, view: CameraView, seen: Array, on_map: Array, variance_cells: Array
    ) -> NDArray[np.void]:
        """Return matches of cells where the image shows what the map has at others."""
        out = np.zeros(len(seen), MATCH)
        u, v = grid.arcs(seen[:, 0], seen[:, 1])
        out["px"] = view.project(self.image_map.points(u, v, grid.level.height_at(u, v)))
        u, v = grid.arcs(on_map[:, 0], on_map[:, 1])
        out["p_site"] = self.image_map.points(u, v, grid.level.height_at(u, v))
        cell_px = _cell_px(grid, view, out)
        out["variance_px2"] = variance_cells * cell_px * cell_px
        return out


def _biased(covariance: Array, level: MapLevel) -> Array:
    """Return a covariance with the errors that all matches of an image share."""
    spread, shared = covariance.copy(), _BIAS * level.resolution_m
    up = _BIAS_UP * level.resolution_m
    spread[0, 0] += shared * shared
    spread[1, 1] += shared * shared
    spread[2, 2] += up * up + 0.25 * level.height_sigma_m * level.height_sigma_m
    return spread


def _cell_px(grid: Grid, view: CameraView, matches: NDArray[np.void]) -> Array:
    """Return the pixels across a cell of the map at each match."""
    far = deterministic.lengths(matches["p_site"] - view.r_site)
    return np.asarray(grid.level.cell_m * view.pinhole.focal_px[0] / far)


def prepare(grey: Grey, bits: int) -> tuple[TrnCode, list[Grey]]:
    """Return an image and its halves with 0 for what is saturated, or why it is of no use.

    Parameters
    ----------
    grey : ndarray, uint16
    bits : int
        Of a pixel.
    """
    full = 2**bits - 1
    saturated = grey >= full
    if int(np.count_nonzero(saturated)) > 0.5 * grey.size:
        return TrnCode.SATURATED, []
    low, high = np.percentile(grey[~saturated], (1.0, 99.0), method="nearest").tolist()
    if high < 0.01 * full + 2.0:
        return TrnCode.DARK, []
    if high - low < 0.005 * full + 2.0:
        return TrnCode.BLANK, []
    clean = np.where(saturated, np.uint16(0), np.maximum(grey, np.uint16(1)))
    images = [np.ascontiguousarray(clean)]
    while min(images[-1].shape) >= 128:
        images.append(halved(images[-1]))
    return TrnCode.FIX, images


def log_chance(inliers: int, tried: int, reach: int) -> float:
    """Return log10 of the chance that so many of the landmarks agree by accident.

    A false peak falls anywhere in its window of side 2 reach + 1, within 1.5 cells of a given place
    with p = pi 1.5^2 / side^2. Three of them fix the shift, so that (the upper bound of a binomial
    tail, Arratia & Gordon 1989) n (p/q)^q ((1 - p)/(1 - q))^(1 - q) counts with one for each pair.
    """
    p = min(math.pi * 2.25 / (2 * reach + 1) ** 2, 0.5)
    count = max(inliers - 3, 0)
    q = count / tried
    if q <= p:
        return 0.0
    tail = q * deterministic.log(p / q)
    if q < 1.0:
        tail += (1.0 - q) * deterministic.log((1.0 - p) / (1.0 - q))
    return (tried * tail + 2.0 * deterministic.log(float(tried))) / 2.302585092994046


def _refused(code: TrnCode, estimate: CameraView, spread: Array) -> TrnResult:
    return TrnResult(code, np.zeros(0, MATCH), estimate, spread)


def _with_coarse(
    result: TrnResult, job: _Job, landmarks: int = 0, cell_m: float = math.nan
) -> TrnResult:
    return TrnResult(
        result.code, result.matches, result.view, result.covariance, math.nan, landmarks, 0, 0.0,
        job.height, job.ratio, cell_m,
    )  # fmt: skip


def _unit(vector: ArrayLike) -> Array:
    sun = np.asarray(vector, np.float64)
    size = deterministic.length(sun) if sun.shape == (3,) else 0.0
    if not (math.isfinite(size) and size > 1e-9):
        raise VisionError("a Sun is the unit vector towards it, three finite numbers")
    return np.asarray(sun / size)


def _covariance(covariance: ArrayLike) -> Array:
    spread = np.asarray(covariance, np.float64)
    if spread.shape != (6, 6) or not np.isfinite(spread).all():
        raise VisionError("a covariance is 6 x 6 finite numbers: position, then rotation vector")
    if not (np.diag(spread) > 0.0).all() or np.abs(spread - spread.T).max() > 1e-6 * spread.max():
        raise VisionError("a covariance is symmetric, its variances above 0")
    return spread
