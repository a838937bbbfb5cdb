"""Terrain-relative navigation by craters: those of an image, and those of the catalogue.

The image is laid on the map's grid where the estimate has it, craters are found there with the
Sun's azimuth known, and paired with the catalogue's within the gate of the covariance. Neither
albedo nor the map's shading is used: a landmark of another kind than a patch of vision/trn.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.mission.camera import Camera
from farside.mission.pinhole import Pinhole
from farside.vision.crater_catalogue import CraterCatalogue
from farside.vision.crater_fit import CraterFit, Tried
from farside.vision.crater_pairs import Circles, shifts
from farside.vision.crater_places import CraterIndex
from farside.vision.crater_search import find_by_craters
from farside.vision.crater_view import SeenCraters, flat_grid, grid_for, see_craters
from farside.vision.footprint import Footprint, footprint, ground_sigma
from farside.vision.relief import Grey
from farside.vision.taken_by import TakenBy
from farside.vision.trn_result import MATCH, TrnCode, TrnResult
from farside.vision.verdict import (
    checked_covariance,
    received,
)
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: With fewer craters on either side there is no fix.
FEW: Final = 8
#: The surest craters of an image are used [count], and those of the catalogue in the gate.
_MOST_SEEN, _MOST_HELD = 250, 6000
#: Shifts that are tried.
_SHIFTS: Final = 3
#: Height known no better than this share of the range.
_LEAST_SLACK: Final = 0.01


@dataclass(eq=False)
class CraterMatcher(TakenBy):
    """Matches the craters of a camera's images with a catalogue.

    Parameters
    ----------
    catalogue : CraterCatalogue
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
    >>> matcher = CraterMatcher(CraterCatalogue.of_map(image_map), camera)
    >>> found = matcher.match(image, view, covariance, sun_site)
    >>> found.code.name, len(found.matches) > 40
    ('FIX', True)
    """

    catalogue: CraterCatalogue
    camera: Camera | Pinhole
    bits: int = 8

    def match(
        self, image: ArrayLike, estimate: CameraView, covariance: ArrayLike, sun_site: ArrayLike
    ) -> TrnResult:
        """Match the craters of an image.

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
            Its landmarks are the craters that could be paired, its `cell_m` that of their grid.

        Raises
        ------
        VisionError
            One line: an image of another size or type, a covariance or a Sun that is none.
        """
        code, images, sun = received(image, self.pinhole, self.bits, estimate, sun_site)
        spread = checked_covariance(covariance)
        if code is not TrnCode.FIX:
            return _refused(code, estimate, spread)
        ground = footprint(self.catalogue.image_map, estimate)
        seen = None if ground is None else self.see(images, estimate, sun, ground)
        if ground is None or seen is None:
            return _refused(TrnCode.OFF_MAP, estimate, spread)
        if seen.other_light:
            return _refused(TrnCode.LIGHT, estimate, spread, seen.cell_m, len(seen))
        return self.match_seen(seen, estimate, spread, ground)

    def find(
        self, image: ArrayLike, rough: CameraView, sun_site: ArrayLike, index: CraterIndex
    ) -> TrnResult:
        """Find the pose of an image from no place: `find_by_craters` of its craters.

        Parameters
        ----------
        image : array_like, (rows, columns), unsigned
            As the camera gives it.
        rough : CameraView
            Attitude and height, as wrong as the index allows.
        sun_site : array_like, (3,)
            Unit vector to the Sun.
        index : CraterIndex
            Of the catalogue.

        Raises
        ------
        VisionError
            One line: an image of another size or type, a pose or a Sun that is none.
        """
        code, images, sun = received(image, self.pinhole, self.bits, rough, sun_site)
        spread = index.spread(rough, index.map_m)
        if code is not TrnCode.FIX:
            return _refused(code, rough, spread)
        grid = flat_grid(self.catalogue.image_map, rough, index.ground_m)
        seen = None if grid is None else see_craters(grid, rough, images, sun)
        if seen is None:
            return _refused(TrnCode.OFF_MAP, rough, spread)
        if seen.other_light:
            return _refused(TrnCode.LIGHT, rough, spread, seen.cell_m, len(seen))
        return find_by_craters(seen.detections, index, rough)

    def see(
        self, images: list[Grey], estimate: CameraView, sun: Array, ground: Footprint
    ) -> SeenCraters | None:
        """Return the craters of an image; None where the map does not cover the view."""
        grid = grid_for(self.catalogue.image_map, ground)
        return None if grid is None else see_craters(grid, estimate, images, sun)

    def match_seen(
        self, seen: SeenCraters, estimate: CameraView, spread: Array, ground: Footprint
    ) -> TrnResult:
        """Match craters that were found.

        Parameters
        ----------
        seen : SeenCraters
        estimate : CameraView
            With which they were laid on the map.
        spread : ndarray, (6, 6)
            Its covariance.
        ground : Footprint
            In view.
        """
        sigma = ground_sigma(self.catalogue.image_map, estimate, ground, spread)
        job, reach = self._fit(seen, estimate, spread, ground, sigma)
        if min(len(job.circles), len(job.held)) < FEW:
            return _refused(TrnCode.FEW_LANDMARKS, estimate, spread, seen.cell_m)
        slack = _LEAST_SLACK + 3.0 * math.sqrt(spread[2, 2]) / ground.range_m
        half = 0.5 * max(ground.high[0] - ground.low[0], ground.high[1] - ground.low[1])
        bins = seen.cell_m, min(slack, 0.1) * half
        best: Tried | None = None
        for along, across, bin_m in shifts(job.circles, job.held, reach, bins, _SHIFTS).tolist():
            tried = job.tried(np.array([along, across]), 2.0 * bin_m)
            if tried is not None and (best is None or tried.count > best.count):
                best = tried
        if best is None:
            return _refused(TrnCode.DISAGREE, estimate, spread, seen.cell_m, len(job.circles))
        return job.judged(best)

    def _fit(
        self,
        seen: SeenCraters,
        estimate: CameraView,
        spread: Array,
        ground: Footprint,
        sigma: tuple[float, float],
    ) -> tuple[CraterFit, tuple[float, float]]:
        """Return the craters of both sides, and the gate [m]."""
        circles = Circles(np.column_stack([seen.u_m, seen.v_m]), seen.radius_m)
        circles = circles.take(np.arange(min(len(circles), _MOST_SEEN)))
        reach = 3.0 * sigma[0] + 6.0 * seen.cell_m, 3.0 * sigma[1] + 6.0 * seen.cell_m
        low = ground.low[0] - reach[0], ground.low[1] - reach[1]
        high = ground.high[0] + reach[0], ground.high[1] + reach[1]
        rows = self.catalogue.within(low, high, (seen.radii_m[0] / 1.2, seen.radii_m[1] * 1.2))
        shifts_m2 = 4.0 * reach[0] * reach[1] / (9.0 * seen.cell_m**2)
        fit = CraterFit(
            self.catalogue, estimate, spread, seen.detections["px"][: len(circles)], circles,
            rows[:_MOST_HELD], seen.cell_m, (high[0] - low[0]) * (high[1] - low[1]),
            float(deterministic.log10(max(shifts_m2, 1.0))),
        )  # fmt: skip
        return fit, reach


def _refused(
    code: TrnCode, estimate: CameraView, spread: Array, cell_m: float = math.nan, tried: int = 0
) -> TrnResult:
    return TrnResult(code, np.zeros(0, MATCH), estimate, spread, landmarks=tried, cell_m=cell_m)
