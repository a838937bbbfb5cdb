"""The cameras of one flight: what they truly show, and where the estimate has them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_S
from farside.flight.assembly import site_frame
from farside.flight.camera_faults import CameraFaults
from farside.flight.checks import MissionWarning
from farside.flight.wiring import Flight
from farside.mission.attitude import rotation_matrix
from farside.mission.camera import Camera, nadir_cosine
from farside.mission.ephemeris import sun_direction
from farside.sensors.camera import take_picture
from farside.sensors.viewpoint import Pose, ViewError
from farside.vision.camera_check import CameraWatch
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: Sine of how far below the horizon the Sun stands where it is night: 4 deg.
NIGHT = 0.06976


@dataclass(frozen=True, eq=False)
class Frame:
    """An image, and the telemetry of the tick at which it was taken."""

    camera: Camera
    number: int
    """Of the camera among the mission's."""
    image: NDArray[np.uint16]
    row: np.void


class FlightCameras:
    """The cameras of a flight, on the true side and on that of the estimate.

    Parameters
    ----------
    flight : Flight
    """

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        self._faults = CameraFaults(flight.mission, flight.key, flight.happening)
        self._taken = 0
        self._dark = False
        self._frames: dict[Camera, Frame] = {}  # of the tick of the last
        self._held: dict[int, int] = {}  # clones of the pose: how many wait for each
        #: What the images of each camera say of it, by its number.
        self.watches = [CameraWatch() for _ in flight.mission.sensors.camera]

    @cached_property
    def sun_site(self) -> Array:
        """Unit vector to the Sun, site frame: an ephemeris that both sides have."""
        mission = self._flight.mission
        frame = site_frame(mission, self._flight.frame.radius_m)
        return sun_direction(mission.epoch.landing_utc, frame).unit_site

    def number_of(self, name: str) -> int:
        """Return the place of a camera among the mission's."""
        return [each.name for each in self._flight.mission.sensors.camera].index(name)

    def keep_pose(self) -> int:
        """Keep the estimate of the last tick for what is measured of its images; return the tick.

        -1 where no clone is free. Each call is answered by one of `drop_pose`.
        """
        tick = self._flight.loop.tick_count - 1
        if tick not in self._held:
            if self._flight.loop.clone_pose() != tick:
                return -1
            self._held[tick] = 0
        self._held[tick] += 1
        return tick

    def drop_pose(self, tick: int) -> None:
        """Give up a pose that was kept; it is forgotten when nothing waits for it any more."""
        self._held[tick] -= 1
        if self._held[tick] == 0:
            del self._held[tick]
            self._flight.loop.forget_clone(tick)

    def take(self, number: int, window_px: int | None = None) -> Frame:
        """Expose a camera at the last tick that was flown; one image serves all who ask then.

        Parameters
        ----------
        number : int
            Of the camera among the mission's.
        window_px : int, optional
            Read the middle of the image alone, so many pixels each way.
        """
        flight = self._flight
        camera = flight.mission.sensors.camera[number]
        camera = camera if window_px is None else camera.window(window_px)
        made = self._frames.get(camera)
        if made is not None and int(made.row["tick"]) == flight.loop.tick_count - 1:
            return made
        row, began = flight.flown[-1].copy(), flight.fault_ticks
        seen = self._faults.row_seen(camera, flight.flown, began)
        q = np.array(seen["q_site_body"], np.float64)
        arm = deterministic.product(
            rotation_matrix(q), self._arm(camera, float(seen["mass_kg"]), true=True)
        )
        pose = Pose(
            (np.array(seen["r_site"]) + arm).tolist(),
            self._faults.turned(camera, q, int(row["tick"]), began).tolist(),
            np.array(seen["v_site"], np.float64).tolist(),
            np.array(seen["omega_body"], np.float64).tolist(),
        )
        image = self._expose(camera, pose)
        image = self._faults.spoil(camera, image, int(row["tick"]), began, self._taken)
        self._taken += 1
        self._frames[camera] = Frame(camera, number, image, row)
        return self._frames[camera]

    def _expose(self, camera: Camera, pose: Pose) -> NDArray[np.uint16]:
        """Return the image of a pose; a dark one where none can be made, said once a flight."""
        flight = self._flight
        try:
            return take_picture(
                flight.ground,
                camera,
                pose,
                self.sun_site,
                key=None if flight.nominal else flight.key,
                number=self._taken,
                exposure_s=camera.exposure_s if self._is_night(pose.r_site) else None,
            ).image
        except ViewError as why:
            # a lander that has gone astray looks beyond all ground that there is for pictures
            if not self._dark:
                at_s = (flight.loop.tick_count - 1) * TICK_S
                warnings.warn(
                    f"camera {camera.name} has dark images from {at_s:.0f} s on: {why}",
                    MissionWarning,
                    stacklevel=2,
                )
            self._dark = True
            return np.zeros((camera.pixels[1], camera.pixels[0]), np.uint16)

    def _is_night(self, r_site: Sequence[float]) -> bool:
        """Whether the Sun stands so low that no hill of a place is lit: nothing to expose for."""
        x, y, z = r_site
        up = np.array([x, y, z + self._flight.frame.radius_m])
        return deterministic.dot(self.sun_site, up) < -NIGHT * deterministic.length(up)

    def known_view(self, number: int, row: np.void) -> CameraView:
        """Return where the estimate of a row of telemetry has a camera."""
        camera = self._flight.mission.sensors.camera[number]
        q = np.array(row["est_q_site_body"], np.float64)
        aboard = self._arm(camera, float(row["est_mass_kg"]), true=False)
        arm = deterministic.product(rotation_matrix(q), aboard)
        return CameraView.of(camera, np.array(row["nav_r_site"], np.float64) + arm, q)

    def nadir_cosine(self, number: int, row: np.void) -> float:
        """Return the cosine of the angle between a camera's boresight and straight down."""
        camera = self._flight.mission.sensors.camera[number]
        q, r = row["est_q_site_body"], row["nav_r_site"]
        return nadir_cosine(camera, q, r, self._flight.frame.radius_m)

    def _arm(self, camera: Camera, mass_kg: float, *, true: bool) -> Array:
        """Return the lens from the centre of mass [m], body axes, for a mass.

        Aboard the centre of mass stays as far off the axis as with full tanks; in truth it moves.
        What it is off by dispersion and slosh, 1 cm, is left out of what a camera sees.
        """
        if camera.position_base_m is None:
            return np.zeros(3)
        vehicle = self._flight.mission.vehicle
        body, across = vehicle.body, np.array(vehicle.body.com_offset_m)
        if true and body.com_offset_dry_m is not None:
            used = (vehicle.descent_mass_kg - mass_kg) / vehicle.usable_propellant_kg
            dry = np.array(body.com_offset_dry_m)
            across = across + min(max(used, 0.0), 1.0) * (dry - across)
        height = float(vehicle.com_height_m(mass_kg))
        com = np.array([float(across[0]), float(across[1]), height])
        return np.asarray(np.array(camera.position_base_m) - com)
