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
from farside.vision.consensus import Agreed, agree
from farside.vision.crater_catalogue import CraterCatalogue
from farside.vision.crater_pairs import (
    Circles,
    assign,
    chance_of_pair,
    log_chance,
    shifts,
    sigma_m,
)
from farside.vision.crater_view import SeenCraters, grid_for, see_craters
from farside.vision.footprint import Footprint, footprint, ground_sigma
from farside.vision.pose import mahalanobis
from farside.vision.relief import Grey
from farside.vision.trn_result import MATCH, TrnCode, TrnResult
from farside.vision.verdict import (
    BIAS,
    biased,
    check_estimate,
    checked_covariance,
    checked_image,
    prepare,
    unit_sun,
)
from farside.vision.view import CameraView

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: With fewer craters on either side there is no fix, and with fewer that agree.
FEW, LEAST_INLIERS = 8, 8
#: Of the craters that could be paired, this share agrees at least; log10 of the chance.
LEAST_SHARE, CHANCE = 0.15, -9.0
#: x' P^-1 x of the change of the pose at most, as of vision/trn.py.
_MOST_SURPRISE: Final = 60.0
#: The surest craters of an image are used [count], and those of the catalogue in the gate.
_MOST_SEEN, _MOST_HELD = 250, 6000
#: A residual counts in these [sigma], as consensus counts in cells: 1.5 of them is the last bound.
_UNIT: Final = 1.8
#: Shifts that are tried.
_SHIFTS: Final = 3
#: Height known no better than this share of the range.
_LEAST_SLACK: Final = 0.01


@dataclass(frozen=True, eq=False)
class _Job:
    """One image on its way."""

    estimate: CameraView
    covariance: Array
    seen: SeenCraters
    places: Array
    """Of the catalogue's craters in the gate, site frame [m]."""
    circles: Circles
    held: Circles
    area_m2: float
    hypotheses: float
    """log10 of the shifts in the gate."""


@dataclass(eq=False)
class CraterMatcher:
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
    >>> matcher = CraterMatcher(CraterCatalogue.of_map(image_map), camera)  # doctest: +SKIP
    >>> view = CameraView.of(camera, r_site, q_site_body)  # doctest: +SKIP
    >>> matcher.match(image, view, covariance, sun_site).code  # doctest: +SKIP
    <TrnCode.FIX: 0>
    """

    catalogue: CraterCatalogue
    camera: Camera | Pinhole
    bits: int = 8

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
        grey = checked_image(image, self.pinhole, self.bits)
        check_estimate(estimate)
        sun, spread = unit_sun(sun_site), checked_covariance(covariance)
        if not sun[2] > 0.0:
            return _refused(TrnCode.NIGHT, estimate, spread)
        code, images = prepare(grey, self.bits)
        if code is not TrnCode.FIX:
            return _refused(code, estimate, spread)
        ground = footprint(self.catalogue.image_map, estimate)
        seen = None if ground is None else self.see(images, estimate, sun, ground)
        if ground is None or seen is None:
            return _refused(TrnCode.OFF_MAP, estimate, spread)
        return self.match_seen(seen, estimate, spread, ground)

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
        job, reach = self._job(seen, estimate, spread, ground, sigma)
        if min(len(job.circles), len(job.held)) < FEW:
            return _refused(TrnCode.FEW_LANDMARKS, estimate, spread, seen.cell_m)
        slack = _LEAST_SLACK + 3.0 * math.sqrt(spread[2, 2]) / ground.range_m
        half = 0.5 * max(ground.high[0] - ground.low[0], ground.high[1] - ground.low[1])
        bins = seen.cell_m, min(slack, 0.1) * half
        best: tuple[Agreed, NDArray[np.void], Index] | None = None
        for along, across, bin_m in shifts(job.circles, job.held, reach, bins, _SHIFTS).tolist():
            tried = self._tried(job, np.array([along, across]), 2.0 * bin_m)
            if tried is None:
                continue
            if best is None or int(tried[0].inliers.sum()) > int(best[0].inliers.sum()):
                best = tried
        if best is None:
            return _refused(TrnCode.DISAGREE, estimate, spread, seen.cell_m, len(job.circles))
        return self._judged(job, best[0], best[1], best[2])

    def _job(
        self,
        seen: SeenCraters,
        estimate: CameraView,
        spread: Array,
        ground: Footprint,
        sigma: tuple[float, float],
    ) -> tuple[_Job, tuple[float, float]]:
        """Return the craters of both sides, and the gate [m]."""
        craters, first = self.catalogue.craters, slice(0, _MOST_SEEN)
        circles = Circles(np.column_stack([seen.u_m, seen.v_m])[first], seen.radius_m[first])
        reach = 3.0 * sigma[0] + 6.0 * seen.cell_m, 3.0 * sigma[1] + 6.0 * seen.cell_m
        radius = craters["radius_m"]
        inside = (radius > seen.radii_m[0] / 1.2) & (radius < seen.radii_m[1] * 1.2)
        for k, name in enumerate(("u_m", "v_m")):
            at = craters[name]
            inside &= (at > ground.low[k] - reach[k]) & (at < ground.high[k] + reach[k])
        rows = np.flatnonzero(inside)[:_MOST_HELD]
        held = Circles(np.column_stack([craters["u_m"], craters["v_m"]])[rows], radius[rows])
        sides = [ground.high[k] - ground.low[k] + 2.0 * reach[k] for k in range(2)]
        places = 4.0 * reach[0] * reach[1] / (9.0 * seen.cell_m**2)
        job = _Job(
            estimate, spread, seen, self.catalogue.places[rows], circles, held,
            sides[0] * sides[1], float(deterministic.log10(max(places, 1.0))),
        )  # fmt: skip
        return job, reach

    def _tried(
        self, job: _Job, shift: Array, gate_m: float
    ) -> tuple[Agreed, NDArray[np.void], Index] | None:
        """Return what agrees about a shift, its matches, and which craters of the image they are.

        The pairs of the shift give a pose; that pose predicts the places, within less.
        """
        spread = sigma_m(job.circles.radius, job.seen.cell_m)
        moved = Circles(job.circles.at + shift, job.circles.radius)
        gate = np.maximum(gate_m, 3.0 * spread)
        start, agreed, matches, rows = None, None, None, np.zeros(0, np.intp)
        for _ in range(3):
            rows, other, _ = assign(moved, job.held, gate)
            if len(rows) < LEAST_INLIERS:
                return None
            matches, unit_px = self._matches(job, rows, other)
            agreed = agree(
                job.estimate, matches, unit_px, np.ones(len(rows), bool), job.covariance, start
            )
            if agreed is None:
                return None
            start = agreed.solved.moved
            at = self._placed(job, agreed.solved.view)
            moved, gate = Circles(at, job.circles.radius), 3.0 * spread
        assert agreed is not None and matches is not None
        return agreed, matches, rows

    def _placed(self, job: _Job, view: CameraView) -> Array:
        """Return the arcs (n, 2) [m] where a view puts the craters of the image."""
        image_map = self.catalogue.image_map
        rays = view.rays(job.seen.detections["px"][: len(job.circles)])
        at = job.circles.at
        level = image_map.levels[0]
        for _ in range(3):
            height = level.height_at(at[:, 0], at[:, 1])
            for finer in image_map.levels[1:]:
                inside = finer.covers(at[:, 0], at[:, 1])
                height = np.where(inside, finer.height_at(at[:, 0], at[:, 1]), height)
            centre = view.r_site + np.array([0.0, 0.0, image_map.radius_m])
            radius = image_map.radius_m + height
            b = deterministic.product(rays, centre)
            under = b * b - (deterministic.dot(centre, centre) - radius * radius)
            far = -b - np.sqrt(np.maximum(under, 0.0))
            u, v, _ = image_map.arcs(view.r_site + far[:, None] * rays)
            at = np.column_stack([u, v])
        return at

    def _matches(self, job: _Job, rows: Index, other: Index) -> tuple[NDArray[np.void], Array]:
        """Return the matches of pairs, and the unit of their residuals [px]."""
        out = np.zeros(len(rows), MATCH)
        out["px"] = job.seen.detections["px"][rows]
        out["p_site"] = job.places[other]
        far = deterministic.lengths(out["p_site"] - job.estimate.r_site)
        spread = sigma_m(job.circles.radius[rows], job.seen.cell_m)
        spread_px = spread * job.estimate.pinhole.focal_px[0] / far
        out["variance_px2"] = spread_px * spread_px
        return out, np.asarray(_UNIT * spread_px)

    def _judged(
        self, job: _Job, agreed: Agreed, matches: NDArray[np.void], rows: Index
    ) -> TrnResult:
        """Return the result of what agrees, a fix if chance would not give it."""
        image_map, cell_m = self.catalogue.image_map, job.seen.cell_m
        inliers, count = agreed.inliers, int(agreed.inliers.sum())
        bound = 1.5 * _UNIT * sigma_m(job.circles.radius, cell_m)
        p = chance_of_pair(job.circles, job.held, bound, job.area_m2)
        tried = len(job.circles)
        chance = log_chance(count, tried, p, job.hypotheses, 3)
        wide = job.covariance.copy()
        for k, sigma in enumerate(image_map.registration_sigma_m):
            wide[k, k] += sigma * sigma
        code = TrnCode.FIX
        if count < LEAST_INLIERS or count < LEAST_SHARE * tried or chance > CHANCE:
            code = TrnCode.DISAGREE
        elif mahalanobis(agreed.solved.moved, wide) > _MOST_SURPRISE:
            code = TrnCode.IMPROBABLE
        level = min(image_map.levels, key=lambda each: (abs(each.cell_m - cell_m), each.cell_m))
        fixed = code is TrnCode.FIX
        return TrnResult(
            code,
            matches[inliers],
            agreed.solved.view if fixed else job.estimate,
            biased(agreed.solved.covariance, level) if fixed else job.covariance,
            BIAS * level.resolution_m,
            tried,
            count,
            chance,
            cell_m=cell_m,
        )


def _refused(
    code: TrnCode, estimate: CameraView, spread: Array, cell_m: float = math.nan, tried: int = 0
) -> TrnResult:
    return TrnResult(
        code, np.zeros(0, MATCH), estimate, spread, landmarks=tried, cell_m=cell_m
    )
