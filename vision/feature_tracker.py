"""Tracking from image to image: which image is kept, and when the next is compared with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.mission.camera import Camera
from farside.vision.camera_levels import CameraLevels, camera_levels
from farside.vision.errors import VisionError
from farside.vision.predicted_motion import PredictedMotion, predicted_motion
from farside.vision.tracks import MOST_HALVINGS, Tracks, track_features

Array = NDArray[np.float64]

_TICK_S = 0.01


@dataclass(frozen=True)
class TrackerLimits:
    """When an image is compared with the one that is kept.

    Attributes
    ----------
    flow_px : float
        The image is expected to have moved so far [px], or
    growth : float
        to have grown or shrunk by this ratio [-], or
    longest_s : float
        so long ago the kept image was taken [s].

    Examples
    --------
    >>> from farside.vision import TrackerLimits
    >>> TrackerLimits(flow_px=25.0)
    TrackerLimits(flow_px=25.0, growth=1.1, longest_s=1.0)
    """

    flow_px: float = 40.0
    growth: float = 1.1
    longest_s: float = 1.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not (
            1.0 <= self.flow_px < math.inf
            and 1.0 < self.growth <= 3.0
            and 0.0 < self.longest_s < math.inf
        ):
            raise VisionError("flow_px is 1 or more, growth above 1 to 3, longest_s above 0")


@dataclass(frozen=True, eq=False)
class CameraState:
    """The estimate when an image was taken.

    Attributes
    ----------
    tick : int
        Of 10 ms.
    r_site : (3,) array
        Of the camera [m].
    q_site_body : (4,) array
        Hamilton, scalar first [-].
    height_m, height_sigma_m : float
        Above the ground beneath, and its deviation [m].
    velocity_sigma_mps : float
        Deviation of the velocity, each axis [m/s]: that of the displacement is it times the time.

    Examples
    --------
    >>> from farside.vision import CameraState
    >>> state = CameraState(
    ...     tick=4000, r_site=(0.0, 0.0, 500.0), q_site_body=(1.0, 0.0, 0.0, 0.0),
    ...     height_m=500.0, height_sigma_m=5.0, velocity_sigma_mps=0.3)
    >>> state.height_m
    500.0
    """

    tick: int
    r_site: Array
    q_site_body: Array
    height_m: float
    height_sigma_m: float
    velocity_sigma_mps: float


@dataclass(frozen=True, eq=False)
class TrackedPair:
    """Two images that were compared.

    Attributes
    ----------
    tick_i, tick_j : int
        When they were taken.
    tracks : Tracks
    motion : PredictedMotion
        That the search started from.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission.camera import Camera
    >>> from farside.vision import TrackedPair, Tracks, TrackVerdict, TRACK_PAIRS, predicted_motion
    >>> camera, upright = Camera(name="lcam"), (1.0, 0.0, 0.0, 0.0)
    >>> motion = predicted_motion(
    ...     camera, (upright, upright), (30.0, 0.0, 0.0), 2000.0,
    ...     displacement_sigma_m=1.0, height_sigma_m=20.0)
    >>> pair = TrackedPair(3900, 4000, Tracks(np.zeros(0, TRACK_PAIRS), TrackVerdict.DARK), motion)
    >>> f"{0.01 * (pair.tick_j - pair.tick_i)} s apart: {pair.tracks.verdict.value}"
    '1.0 s apart: dark'
    """

    tick_i: int
    tick_j: int
    tracks: Tracks
    motion: PredictedMotion


class FeatureTracker:
    """Compares images of a camera in flight; holds one.

    Parameters
    ----------
    camera : Camera
    limits : TrackerLimits, optional
    relief_share : float, optional
        Deviation of the ground from level over an image, as a share of the height.
    turn_sigma_rad : float, optional
        Deviation of the turn between two images [rad].

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission.camera import Camera
    >>> from farside.vision import CameraState, FeatureTracker
    >>> grey = np.random.default_rng(0).integers(40, 200, (33, 40))
    >>> ground = np.kron(grey, np.ones((8, 8), np.uint8)).astype(np.uint8)
    >>> camera = Camera(name="small", pixels=(256, 256))
    >>> def state(tick, east_m):
    ...     return CameraState(tick, (east_m, 0.0, 100.0), (1.0, 0.0, 0.0, 0.0), 100.0, 1.0, 0.5)
    >>> tracker = FeatureTracker(camera)
    >>> tracker.take(ground[:256, :256], state(0, 0.0)) is None  # the first image is kept
    True
    >>> pair = tracker.take(ground[:256, 45:301], state(50, 0.0))  # not expected to have moved
    >>> pair is None
    True
    """

    def __init__(
        self,
        camera: Camera,
        limits: TrackerLimits | None = None,
        relief_share: float = 0.02,
        turn_sigma_rad: float = 2e-4,
    ) -> None:
        self.camera = camera
        self.limits = limits or TrackerLimits()
        self._relief_share, self._turn_sigma_rad = relief_share, turn_sigma_rad
        self._kept: tuple[CameraState, CameraLevels] | None = None

    def take(self, image: ArrayLike, state: CameraState) -> TrackedPair | None:
        """Take an image: compare it with the one kept, and keep it instead, if that is due.

        Parameters
        ----------
        image : (rows, cols) array
            As the camera makes it.
        state : CameraState
            The estimate of that time.

        Returns
        -------
        TrackedPair or None
            None for the first image, and where the image has moved too little as yet.

        Raises
        ------
        VisionError
            Not the camera's image, an earlier one than that kept, or no height above ground.
        """
        if not state.height_m > 0.0:
            raise VisionError(f"a camera {state.height_m:g} m above the ground; stop tracking")
        if self._kept is None:
            self._kept = state, camera_levels(image, self.camera, MOST_HALVINGS)
            return None
        before, levels_i = self._kept
        if state.tick <= before.tick:
            raise VisionError(f"an image of tick {state.tick}, after one of {before.tick}")
        if not self._is_due(before, state):
            return None
        motion = self._motion(before, state)
        levels_j = camera_levels(image, self.camera, MOST_HALVINGS)
        tracks = track_features(levels_i, levels_j, self.camera, motion)
        self._kept = state, levels_j
        return TrackedPair(before.tick, state.tick, tracks, motion)

    def _is_due(self, before: CameraState, now: CameraState) -> bool:
        moved = deterministic.length(np.asarray(now.r_site) - before.r_site)
        lower, higher = sorted((before.height_m, now.height_m))
        return (
            self.camera.focal_px * moved / lower >= self.limits.flow_px
            or higher / lower >= self.limits.growth
            or (now.tick - before.tick) * _TICK_S >= self.limits.longest_s
        )

    def _motion(self, before: CameraState, now: CameraState) -> PredictedMotion:
        moved = np.asarray(now.r_site, np.float64) - before.r_site
        # over level ground: the height that is measured now stands for both
        height_m = max(now.height_m - float(moved[2]), 0.1)
        return predicted_motion(
            self.camera,
            (before.q_site_body, now.q_site_body),
            moved,
            height_m,
            displacement_sigma_m=now.velocity_sigma_mps * (now.tick - before.tick) * _TICK_S,
            height_sigma_m=now.height_sigma_m,
            turn_sigma_rad=self._turn_sigma_rad,
            relief_m=self._relief_share * height_m,
        )
