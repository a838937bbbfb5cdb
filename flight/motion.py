"""Visual odometry of one flight: features followed from image to image, the way between given."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_S
from farside.flight.cameras import FlightCameras, Frame
from farside.flight.landmarks import CONTACT, SAYS
from farside.flight.late import LateTask
from farside.flight.looks import Look, Use, made_small
from farside.flight.wiring import Flight
from farside.navigation import FixStatus, Trust, motion_pairs
from farside.vision.feature_tracker import CameraState, FeatureTracker, TrackedPair
from farside.vision.tracks import TrackVerdict
from farside.vision.trn_result import SAYS as TRN_SAYS
from farside.vision.trn_result import TrnCode

#: Speed that is searched for, as deviations of the estimate's, at least [m/s].
SPEED_SIGMA_LEAST_MPS = 0.05
#: Columns of `trust` of the velocimeter's beams: `farside.flight.health.UNITS`.
BEAMS = slice(2, 5)
#: A height over ground that nothing has measured yet is unsure by this share.
HEIGHT_SHARE_LEAST = 0.01


@dataclass(frozen=True, eq=False)
class FollowedPair:
    """Two images and their pairs."""

    frame: Frame
    pair: TrackedPair


class MotionFixes(LateTask[FollowedPair]):
    """The images of one flight for visual odometry: a task of the loop.

    Parameters
    ----------
    flight : Flight
        Its mission's `[odometry]` names a camera.
    cameras : FlightCameras
    """

    def __init__(self, flight: Flight, cameras: FlightCameras) -> None:
        super().__init__(flight)
        self._cameras = cameras
        self._settings = flight.mission.odometry
        self._number = cameras.number_of(self._settings.camera or "")
        whole = flight.mission.sensors.camera[self._number]
        self._window = whole.window(self._settings.window_px)
        # a pixel of the window is so far from where the whole image has it
        sides = zip(whole.pixels, self._window.pixels, strict=True)
        self._off_px = np.array([0.5 * (all_px - read_px) for all_px, read_px in sides])
        self._tracker = FeatureTracker(self._window)
        self._kept_tick = -1
        self.looks: list[Look] = []

    def _begin(self) -> None:
        """Take an image and compare it with the one before, where one is of use."""
        if self._is_of_use(self._flight.flown[-1]):
            self._look()
        else:
            self._begin_anew()
        self._ask_after(self._settings.every_s)

    def _is_of_use(self, row: np.void) -> bool:
        settings, height_m = self._settings, self._height_m(row)
        if int(row["flags"]) & CONTACT:
            return False
        return settings.height_least_m <= height_m <= settings.height_most_m

    def _begin_anew(self) -> None:
        """Forget the image that is kept."""
        if self._kept_tick >= 0:
            self._cameras.drop_pose(self._kept_tick)
            self._kept_tick = -1
            self._tracker = FeatureTracker(self._window)

    def _look(self) -> None:
        tick = self._cameras.keep_pose()
        if tick < 0:
            return
        frame = self._cameras.take(self._number, self._settings.window_px)
        pair = self._tracker.take(frame.image, self._state(frame))
        if pair is None:
            if self._kept_tick < 0:
                self._kept_tick = tick
            else:
                self._cameras.drop_pose(tick)
            return
        late_s = frame.camera.latency_s + self._settings.computing_s
        self._hold(FollowedPair(frame, pair), late_s)

    def _state(self, frame: Frame) -> CameraState:
        """Return what the estimate says of the moment of an image."""
        row, view = frame.row, self._cameras.known_view(self._number, frame.row)
        height_m = max(self._height_m(row), 0.1)
        speed_variance = float(row["nav_v_cov"][0]) + float(row["nav_v_cov"][3])
        return CameraState(
            int(row["tick"]),
            view.r_site,
            np.array(row["est_q_site_body"], np.float64),
            height_m,
            max(float(row["nav_height_sigma_m"]), HEIGHT_SHARE_LEAST * height_m),
            max(math.sqrt(max(speed_variance, 0.0)), SPEED_SIGMA_LEAST_MPS),
        )

    def _use(self, followed: FollowedPair) -> None:
        """Give the pairs to the filter; the later image is the one that is kept."""
        loop, frame, pair = self._flight.loop, followed.frame, followed.pair
        tracks = pair.tracks
        verdict, taken = tracks.verdict.value, False
        if self._cameras.watches[frame.number].off and self._speed_is_heard():
            verdict = f"refused: {TRN_SAYS[TrnCode.CAMERA]}"
        elif tracks.verdict is TrackVerdict.TRACKED:
            found = tracks.pairs
            code = loop.take_motion(
                frame.number,
                (pair.tick_i, pair.tick_j),
                motion_pairs(
                    found["px_i"] + self._off_px, found["px_j"] + self._off_px, found["variance"]
                ),
            )
            taken = code == FixStatus.FIX_TAKEN
            verdict = f"{len(found)} of {tracks.features}: {SAYS[FixStatus(code)]}"
        self._cameras.drop_pose(pair.tick_i)
        self._kept_tick = pair.tick_j
        image, scale = made_small(frame.image, frame.camera.bits)
        self.looks.append(
            Look(
                time_s=TICK_S * int(frame.row["tick"]),
                camera=frame.camera.name,
                use=Use.MOTION,
                verdict=verdict,
                taken=taken,
                height_m=self._height_m(frame.row),
                image=image,
                scale=scale,
                found_px=np.array(tracks.pairs["px_j"]),
                used=np.full(len(tracks), taken),
            )
        )

    def _speed_is_heard(self) -> bool:
        """Whether all beams of the velocimeter are believed.

        By a camera that is turned by 1 deg the speed is off by 2 % of itself: where nothing else
        tells it, that is better than none.
        """
        beams = self._flight.flown[-1]["trust"][BEAMS]
        return bool((beams == Trust.TRUST_BELIEVED).all())

    def _height_m(self, row: np.void) -> float:
        """Return the estimated height of the centre of mass above the ground beneath [m]."""
        away, radius_m = np.array(row["nav_r_site"], np.float64), self._flight.frame.radius_m
        away[2] += radius_m
        ground_m = float(self._flight.loop.estimated["ground_m"])
        return deterministic.length(away) - radius_m - ground_m
