"""Coarse avoidance: steer the approach to the region with the least hazards of an image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from farside.avoidance.coarse_cost import approach_costs
from farside.avoidance.decision import Estimate, Place
from farside.avoidance.regions import Region, RegionLimits, best_region
from farside.mission import FlightConfig, Mission
from farside.mission.camera import Camera
from farside.vision.errors import VisionError
from farside.vision.ground_view import GroundGrid, sample_m
from farside.vision.hazards import ImageHazards, map_image_hazards
from farside.vision.shown import Sensed
from farside.vision.view import CameraView, rotation

#: Cells are this share of a pixel's width on the ground.
FINER = 0.75
#: Share of the full well that level ground is exposed to: of the noise that is assumed.
EXPOSED = 0.4
#: Places that an image must show before it is taken: the aim, and eight at the reach about it.
_ABOUT = (
    (0.0, 0.0),
    *((1.0, 0.0), (0.7, 0.7), (0.0, 1.0), (-0.7, 0.7)),
    *((-1.0, 0.0), (-0.7, -0.7), (0.0, -1.0), (0.7, -0.7)),
)
LEAST_PLACES = 7


class CoarseReason(IntEnum):
    """Why a decision is what it is."""

    MOVED = 0  # another region is better, and in reach
    GOOD = 1  # the aim's own region has less hazardous ground than is asked for
    NO_BETTER = 2  # no region in reach is better by enough
    OUT_OF_REACH = 3  # none lies within reach, propellant and image
    NO_IMAGE = 4  # the image tells nothing; `why` says what is wrong with it
    NO_COST = 5  # no way to the aim is known to count other ways from


@dataclass(frozen=True, kw_only=True)
class CoarseDecision:
    """Where to steer the approach.

    Attributes
    ----------
    reason : CoarseReason
    target_site : tuple of float
        The ground to steer to: east, north, up [m, site axes]; the aim where it stays.
    moved_m : float
        From the aim [m].
    share_here, share_there : float
        Hazardous share of the region about the aim, and about the target; NaN where no image tells.
    cost_kg : float
        Least propellant of the move [kg]: a lower bound of what is flown.
    why : str
        In a sentence.
    region : Region or None
        The best region that was found, taken or not.
    hazards : ImageHazards or None
    """

    reason: CoarseReason
    target_site: Place
    moved_m: float = 0.0
    share_here: float = math.nan
    share_there: float = math.nan
    cost_kg: float = 0.0
    why: str = ""
    region: Region | None = None
    hazards: ImageHazards | None = None

    @property
    def moves(self) -> bool:
        """Whether to steer to another target."""
        return self.reason == CoarseReason.MOVED


class CoarseAvoidance:
    """The coarse avoidance of one descent: from an image to a target of the approach.

    Take an image when `wants_image` says so, give it to `decide` with the pose of its exposure, and
    when its time of computing has passed call `Autopilot.retarget(decision.target_site,
    final=False)` if `decision.moves`: not final, for the hover is still to scan.

    Parameters
    ----------
    mission : FlightConfig or Mission
        `[avoidance.coarse]`, `[[sensors.camera]]`, vehicle and phases are read.

    Attributes
    ----------
    looks : int
        Images decided on.

    Examples
    --------
    >>> from farside.avoidance.coarse import CoarseAvoidance
    >>> from farside.mission import load_mission
    >>> from farside.avoidance import HoverEstimate
    >>> coarse = CoarseAvoidance(load_mission("apollo-11"))  # names no camera
    >>> high = HoverEstimate(r_site=(0.0, 0.0, 2000.0), v_site=(0.0, 0.0, -40.0), mass_kg=2030.0)
    >>> coarse.wants_image(high, (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    False
    """

    def __init__(self, mission: FlightConfig | Mission) -> None:
        self._config = FlightConfig.of(mission)
        self.settings = self._config.avoidance.coarse
        self.looks = 0
        named = self.settings.camera
        self.camera: Camera | None = (
            None if named is None else self._config.sensors.camera_named(named)
        )
        self._seen = -1

    def wants_image(self, estimate: Estimate, q_site_body: ArrayLike, aim: Place) -> bool:
        """Return whether an image is to be taken now.

        At the first moment below each of the two heights at which the camera shows the aim, and
        most of the ground within reach of it. Ask from the adjustment of the attitude before the
        approach on: there a camera that looks along the engine sees the target.

        Parameters
        ----------
        estimate : Estimate
            Now.
        q_site_body : array_like, (4,)
            The attitude as estimated: Hamilton, scalar first.
        aim : three floats
            The ground that the approach is steered to [m, site axes].
        """
        look = self._look(float(estimate.r_site[2]) - float(aim[2]))
        if self.camera is None or look <= self._seen:
            return False
        view = self._view(self.camera, estimate, q_site_body)
        reach = self._reach_m(look) + self.settings.radius_m
        places = [(aim[0] + reach * x, aim[1] + reach * y, aim[2]) for x, y in _ABOUT]
        px = view.project(places)
        size = np.array([view.pinhole.columns, view.pinhole.rows]) - 1.0
        with np.errstate(invalid="ignore"):
            inside = np.all((px >= 0.0) & (px <= size), axis=1).tolist()
        return bool(inside[0]) and sum(inside) >= LEAST_PLACES

    def _look(self, height_m: float) -> int:
        """Return which image is due at a height: 0 or 1; -1 where none is."""
        settings = self.settings
        if not settings.least_m <= height_m <= settings.height_m:
            return -1
        return 1 if height_m <= settings.again_m else 0

    def _reach_m(self, look: int) -> float:
        return self.settings.reach_again_m if look > 0 else self.settings.reach_m

    def decide(
        self,
        estimate: Estimate,
        q_site_body: ArrayLike,
        image: ArrayLike | ImageHazards,
        sun: ArrayLike,
        aim: Place,
        *,
        now: Estimate | None = None,
    ) -> CoarseDecision:
        """Return where to steer after an image.

        Parameters
        ----------
        estimate : Estimate
            At the middle of the exposure.
        q_site_body : array_like, (4,)
            Attitude then: Hamilton, scalar first.
        image : array_like or ImageHazards
            The camera's numbers, or hazards that were mapped before.
        sun : array_like, (3,)
            Direction of the Sun: east, north, up.
        aim : three floats
            The ground that the approach is steered to [m, site axes].
        now : Estimate, optional
            When the decision takes effect: the propellant is counted from there. `estimate` by
            default.

        Returns
        -------
        CoarseDecision
            Never raises for an image that tells nothing: the aim stays, and `why` says so.
        """
        aim = (float(aim[0]), float(aim[1]), float(aim[2]))
        self.looks += 1
        look = max(self._look(float(estimate.r_site[2]) - aim[2]), 0)
        self._seen = max(self._seen, look)
        reach_m = self._reach_m(look)
        try:
            hazards = (
                image
                if isinstance(image, ImageHazards)
                else self.map(estimate, q_site_body, image, sun, aim, reach_m=reach_m)
            )
        except VisionError as why:
            return CoarseDecision(
                reason=CoarseReason.NO_IMAGE, target_site=aim, why=f"{why}; the aim stays"
            )
        return self._choose(hazards, now or estimate, aim, reach_m)

    def map(
        self,
        estimate: Estimate,
        q_site_body: ArrayLike,
        image: ArrayLike,
        sun: ArrayLike,
        aim: Place,
        *,
        reach_m: float | None = None,
    ) -> ImageHazards:
        """Return the hazards of the ground about the aim.

        Parameters
        ----------
        estimate, q_site_body, image, sun, aim
            As of `decide`.
        reach_m : float, optional
            How far a region's middle may lie from the aim [m]; the first image's by default.

        Raises
        ------
        VisionError
            One line: no camera, or an image that tells nothing.
        """
        camera = self.camera
        if camera is None:
            raise VisionError("no camera is named in avoidance.coarse.camera")
        view = self._view(camera, estimate, q_site_body)
        reach = self.settings.reach_m if reach_m is None else reach_m
        pixel = sample_m(view, aim)
        if not math.isfinite(pixel):
            raise VisionError("the camera does not look towards the target")
        # discs about the outermost middles must lie on the map
        half_m = reach + self.settings.radius_m + 2.0 * pixel
        grid = GroundGrid.about(aim[:2], half_m, FINER * pixel, aim[2])
        return map_image_hazards(
            image,
            view,
            sun,
            grid,
            slope_deg=self._config.hazards.slope_deg,
            sensed=sensed_of(camera, self.settings.albedo_sigma),
        )

    def _view(self, camera: Camera, estimate: Estimate, q_site_body: ArrayLike) -> CameraView:
        """Return the view from the lens, where the estimate has the lander."""
        place = np.asarray(estimate.r_site, np.float64)
        if camera.position_base_m is not None:
            com_m = float(self._config.vehicle.com_height_m(float(estimate.mass_kg)))
            x, y, z = camera.position_base_m
            turn = rotation(q_site_body)
            place = place + turn[:, 0] * x + turn[:, 1] * y + turn[:, 2] * (z - com_m)
        return CameraView.of(camera, place, q_site_body)

    def _choose(
        self, hazards: ImageHazards, now: Estimate, aim: Place, reach_m: float
    ) -> CoarseDecision:
        """Choose a region, or keep the aim."""
        settings = self.settings
        costs = approach_costs(self._config, now, aim, hazards.grid, settings.cost_cell_m)
        if costs is None:
            why = "no way to the aim was found to count others from; the aim stays"
            return CoarseDecision(
                reason=CoarseReason.NO_COST, target_site=aim, why=why, hazards=hazards
            )
        limits = RegionLimits(
            settings.radius_m,
            reach_m,
            settings.spare_share * max(costs.spare_kg, 0.0),
            settings.share_per_kg,
        )
        here, best = best_region(hazards, (aim[0], aim[1]), limits, costs.extra_kg)
        reason, why = self._verdict(here, best)
        if reason != CoarseReason.MOVED or best is None:
            return CoarseDecision(
                reason=reason,
                target_site=aim,
                share_here=here.share,
                share_there=here.share,
                why=why,
                region=best,
                hazards=hazards,
            )
        return CoarseDecision(
            reason=reason,
            target_site=(best.east_m, best.north_m, aim[2]),
            moved_m=best.moved_m,
            share_here=here.share,
            share_there=best.share,
            cost_kg=max(best.extra_kg, 0.0),
            why=why,
            region=best,
            hazards=hazards,
        )

    def _verdict(self, here: Region, best: Region | None) -> tuple[CoarseReason, str]:
        """Return whether to move, and why."""
        settings = self.settings
        there = f"{100.0 * here.share:.1f} % of the ground about the aim is hazardous"
        if best is None:
            return CoarseReason.OUT_OF_REACH, f"{there}; no other region is in reach"
        if here.share <= settings.share_limit:
            return CoarseReason.GOOD, f"{there}: good enough"
        if best.share > here.share - settings.better_by:
            return (
                CoarseReason.NO_BETTER,
                f"{there}; the best region in reach has {100.0 * best.share:.1f} %",
            )
        return (
            CoarseReason.MOVED,
            f"{there}; {best.moved_m:.0f} m away it is {100.0 * best.share:.1f} %, for "
            f"{max(best.extra_kg, 0.0):.1f} kg",
        )


def sensed_of(camera: Camera, albedo_sigma: float) -> Sensed:
    """Return what is known of a camera's numbers: noise of level ground, as exposed."""
    full = float(2**camera.bits - 1)
    well = camera.full_well_e
    signal = EXPOSED * well
    square = signal + camera.read_noise_e * camera.read_noise_e
    square += (camera.prnu * signal) ** 2
    # a step's own error is 1/12 of its square
    noise = math.sqrt(square / (well * well) + 1.0 / (12.0 * full * full))
    return Sensed(full, noise, albedo_sigma)
