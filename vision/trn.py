"""Terrain-relative navigation: a camera's image matched with the onboard image map.

The image is laid on the map's grid where the estimate has it; the map is shaded for the Sun of the
hour. A coarse stage finds the shift where the estimate is off by many cells, a fine one matches
landmarks. What agrees with one pose is a fix only if chance would not give it (docs/trn.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.common.threads import Begin, beside
from farside.mission.camera import Camera
from farside.mission.pinhole import Pinhole
from farside.vision.camera_check import CameraCheck, camera_check, heights_variance
from farside.vision.coarse import search
from farside.vision.consensus import agree, voters
from farside.vision.footprint import MOST_CELLS, Footprint, footprint, ground_sigma, window_of
from farside.vision.image_map import ImageMap, MapLevel
from farside.vision.other_light import HALF, MEAN, contrast_of, contrast_under, is_other_light
from farside.vision.patches import correlate, landmarks, peaks_of
from farside.vision.pose import Solved
from farside.vision.relief import Grey, Grid, Lit, lay, predict, shadows
from farside.vision.taken_by import TakenBy
from farside.vision.trn_result import MATCH, TrnCode, TrnResult
from farside.vision.verdict import (
    BIAS,
    biased,
    checked_covariance,
    log_chance,
    received,
    unit_sun,
    verdict,
)
from farside.vision.view import CameraView

Array = NDArray[np.float64]

__all__ = ["MATCH", "TrnCode", "TrnMatcher", "TrnResult"]

#: So many landmarks are tried.
_LANDMARKS: Final = 150
#: With fewer there is no fix.
_FEW: Final = 10
#: The coarse stage searches so many cells at least, to know what chance gives.
_LEAST_SEARCH: Final = 40
#: A search wider than this [cells] has a coarse stage first; the fine one reaches this far at most.
_WIDE, _MOST_REACH = 20, 24
#: A level is used where its posting is at least this share of a pixel on the ground.
_FINEST: Final = 0.4
#: Least side of the footprint on a level [cells], and on a coarse one.
_LEAST_SIDE, _COARSE_SIDE = 84, 110
#: Least half of the search on a coarse level [cells].
_COARSE_REACH: Final = 12
#: Height of the joint peak of the coarse stage, and its ratio to the second.
_LEAST_HEIGHT, _LEAST_RATIO = 4.5, 1.12
#: Height of the guess known no better than this share of the range, for the coarse stage.
_LEAST_SLACK: Final = 0.01


@dataclass(eq=False)
class _Job:
    """One image on its way through the stages."""

    images: list[Grey]
    view: CameraView
    covariance: Array
    sun_site: Array
    moved: Array = field(default_factory=lambda: np.zeros(6))
    """Of the view, from the estimate."""
    height: float = math.nan
    ratio: float = math.nan


@dataclass(eq=False)
class TrnMatcher(TakenBy):
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
    >>> import numpy as np
    >>> from farside.flight.image_map import LevelSpec, MapSpec, build_image_map
    >>> from farside.ground import Ground
    >>> from farside.mission import load_mission
    >>> from farside.mission.camera import Camera
    >>> from farside.sensors.camera import take_picture
    >>> from farside.sensors.viewpoint import Pose
    >>> from farside.vision.view import CameraView
    >>> ground = Ground(load_mission("chang-e-6"), seed=3)
    >>> spec = MapSpec(levels=(LevelSpec(7, (-2500.0, 2500.0), 2500.0),))  # 5 km, cells of 12.8 m
    >>> image_map = build_image_map(ground, spec, seed=3).image_map
    >>> camera = Camera(name="lcam", pixels=(384, 384))
    >>> sun_site = np.array([0.6, 0.5, 0.62]) / np.linalg.norm([0.6, 0.5, 0.62])
    >>> q_site_body = (1.0, 0.0, 0.0, 0.0)  # upright
    >>> true = Pose((0.0, 0.0, 2990.0), q_site_body)
    >>> image = take_picture(ground, camera, true, sun_site, key=None).image

    The estimate is 36 m off across:

    >>> view = CameraView.of(camera, (30.0, -20.0, 3000.0), q_site_body)
    >>> covariance = np.diag([100.0, 100.0, 30.0, 1e-3, 1e-3, 1e-3]) ** 2  # [m^2, rad^2]
    >>> found = TrnMatcher(image_map, camera).match(image, view, covariance, sun_site)
    >>> found.code.name, len(found.matches) > 100
    ('FIX', True)
    """

    image_map: ImageMap
    camera: Camera | Pinhole
    bits: int = 8
    _lit: dict[tuple[int, tuple[float, ...]], Lit] = field(default_factory=dict, repr=False)

    @property
    def mounting_rad(self) -> float:
        """Of a camera's mounting about each axis, 1 sigma; 0 of a geometry alone."""
        if isinstance(self.camera, Camera):
            return math.radians(self.camera.misalignment_deg)
        return 0.0

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
        code, prepared, sun = received(image, self.pinhole, self.bits, estimate, sun_site)
        spread = checked_covariance(covariance)
        if code is not TrnCode.FIX:
            return _refused(code, estimate, spread)
        job = _Job(prepared, estimate, spread, sun)
        code = self._coarse(job)
        if code is not TrnCode.FIX:
            refused = _refused(code, estimate, spread)
            return _with_coarse(refused, job)
        return self._fine(job, estimate, spread)

    # ---- levels ----------------------------------------------------------------------------

    def lit(self, level: MapLevel, sun_site: Array) -> Lit:
        """Return a level's shadows, swept once for a Sun (to 1e-4 rad)."""
        near = tuple(np.rint(sun_site * 1e4).tolist())
        key = (self.image_map.levels.index(level), near)
        if key not in self._lit:
            if len(self._lit) >= 2 * len(self.image_map.levels):
                self._lit.clear()
            self._lit[key] = shadows(self.image_map, level, unit_sun(np.array(near)))
        return self._lit[key]

    def _views(
        self, job: _Job, level: MapLevel, seen: Footprint, margin: tuple[float, float]
    ) -> tuple[Grid, Grey, Grey] | None:
        """Return the grid about a footprint, the predicted view and the image on it."""
        held = window_of(level, seen, margin)
        if held is None:
            return None
        grid = Grid.of(self.image_map, level, held[0])
        lit = self.lit(level, job.sun_site)
        with beside() as begin:
            image = begin(lay, grid, job.view, job.images)
            model = predict(grid, lit, job.view, job.sun_site)
            return grid, model, image()

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
        first = voters(found.at, found.peaks.shift, found.peaks.good, 2.0 * slack)
        on_map = found.at + found.peaks.shift
        matches = self._matches(grid, job.view, found.at, on_map, found.peaks.variance + 1.0)
        agreed = agree(
            job.view, matches, 3.0 * _cell_px(grid, job.view, matches), first, job.covariance
        )
        if agreed is None:
            return TrnCode.DISAGREE
        job.view, job.moved = agreed.solved.view, agreed.solved.moved
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
        margin = (reach + HALF + MEAN) * level.cell_m
        views = self._views(job, level, seen, (margin, margin))
        if views is None:
            return _with_coarse(_refused(TrnCode.OFF_MAP, estimate, spread), job)
        # most images need the other light's contrast: it is made while landmarks are matched
        with beside() as begin:
            return self._judged(job, (estimate, spread), views, reach, begin)

    def _judged(
        self,
        job: _Job,
        before: tuple[CameraView, Array],
        views: tuple[Grid, Grey, Grey],
        reach: int,
        begin: Begin,
    ) -> TrnResult:
        """Match landmarks of the views, and judge; `before`: the estimate and its covariance."""
        (estimate, spread), level = before, views[0].level
        grid, model, image = views
        of_image = begin(contrast_of, image)
        model_contrast = contrast_of(model)
        image_contrast = of_image()
        # swept here: a matcher keeps its levels' shadows, and is not for two threads
        away = job.sun_site * [-1.0, -1.0, 1.0]
        other = begin(contrast_under, grid, self.lit(grid.level, away), job.view, away)
        at = landmarks(model_contrast, image_contrast, HALF, _LANDMARKS)
        if len(at) < _FEW:
            return _with_coarse(_refused(TrnCode.FEW_LANDMARKS, estimate, spread), job)
        scores = correlate(
            model_contrast, image_contrast, np.hstack([at, at]), HALF, (reach, reach)
        )
        peaks = peaks_of(scores, HALF)
        matches = self._matches(
            grid, job.view, at + peaks.shift, at.astype(np.float64), peaks.variance
        )
        usable = peaks.good & (peaks.score > 0.2) & np.isfinite(matches["px"]).all(axis=1)
        first = voters(at.astype(np.float64), peaks.shift, usable) & usable
        cell_px = _cell_px(grid, job.view, matches)
        agreed = agree(estimate, matches, cell_px, first, spread, job.moved)
        if agreed is None:
            refused = _refused(TrnCode.DISAGREE, estimate, spread)
            return _with_coarse(refused, job, landmarks=len(at), cell_m=level.cell_m)
        inliers = agreed.inliers & usable
        tried = len(at)
        chance = log_chance(int(inliers.sum()), tried, reach)
        code = verdict(self.image_map, agreed.solved, int(inliers.sum()), tried, chance, spread)
        if code is TrnCode.FIX and is_other_light(
            (model_contrast, other()), image_contrast, at[inliers], peaks.shift[inliers]
        ):
            code = TrnCode.LIGHT
        height_m2 = heights_variance(matches["p_site"][inliers], level)
        check = self._check(agreed.solved, matches[inliers], spread, height_m2)
        if code is TrnCode.FIX and check is not None and check.off:
            code = TrnCode.CAMERA
        return TrnResult(
            code,
            matches[inliers],
            agreed.solved.view if code is TrnCode.FIX else estimate,
            biased(agreed.solved.covariance, level) if code is TrnCode.FIX else spread,
            BIAS * level.resolution_m,
            tried,
            int(inliers.sum()),
            chance,
            job.height,
            job.ratio,
            level.cell_m,
            height_m2,
            check,
        )

    def _check(
        self, solved: Solved, matches: NDArray[np.void], spread: Array, height_m2: float
    ) -> CameraCheck | None:
        """Return what matches that agree say of their camera, None where they cannot."""
        pointing = spread[3:, 3:].copy()
        pointing[np.diag_indices(3)] += self.mounting_rad * self.mounting_rad
        return camera_check(solved, matches, pointing, height_m2)

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


def _cell_px(grid: Grid, view: CameraView, matches: NDArray[np.void]) -> Array:
    """Return the pixels across a cell of the map at each match."""
    far = deterministic.lengths(matches["p_site"] - view.r_site)
    return np.asarray(grid.level.cell_m * view.pinhole.focal_px[0] / far)


def _refused(code: TrnCode, estimate: CameraView, spread: Array) -> TrnResult:
    return TrnResult(code, np.zeros(0, MATCH), estimate, spread)


def _with_coarse(
    result: TrnResult, job: _Job, landmarks: int = 0, cell_m: float = math.nan
) -> TrnResult:
    return TrnResult(
        result.code, result.matches, result.view, result.covariance, math.nan, landmarks, 0, 0.0,
        job.height, job.ratio, cell_m,
    )  # fmt: skip
