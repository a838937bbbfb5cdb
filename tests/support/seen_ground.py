"""What a camera sees of the ground on the way of `assumed_descent`: numpy and OpenCV alone.

Ground is a sphere at the height of the flight's own ground beneath, with hills drawn by the place.
The camera's mounting and the image map are off as the navigator assumes.
"""

import cv2
import numpy as np
from assumed_descent import CENTRE, COM_M, SETUP, path
from sample_navigation import RADIUS
from scipy.spatial.transform import Rotation

from farside.mission.camera import PRESETS, Camera, camera_axes
from farside.navigation import landmarks, motion_pairs
from farside.navigation.estimate import camera_setups

#: Between down when upright and down while braking.
BORESIGHT = (0.5, 0.0, -0.8660254037844386)
EYE = Camera(
    name="eye",
    field_of_view_deg=PRESETS["lvs"]["field_of_view_deg"],
    distortion=(-0.2, 0.035, 0.001, -0.0005, 0.0),
    boresight_body=BORESIGHT,
    position_base_m=(0.6, -0.3, 1.1),
    misalignment_deg=0.05,
)
EYE_SETUP = {**camera_setups([EYE]), "image": dict(SETUP["image"])}
LENS = EYE.pinhole
MATRIX = np.array(
    [
        [LENS.focal_px[0], 0.0, LENS.centre_px[0]],
        [0.0, LENS.focal_px[1], LENS.centre_px[1]],
        [0.0, 0.0, 1.0],
    ]
)
ARM = np.array(EYE.position_base_m) - [0.0, 0.0, COM_M]
SIGMA_PX = 0.3


def project(points_camera):
    """Pixels of points in camera axes, by OpenCV."""
    zero = np.zeros(3)
    found = cv2.projectPoints(
        np.asarray(points_camera, np.float64), zero, zero, MATRIX, np.array(LENS.distortion)
    )[0]
    return found.reshape(-1, 2)


def rays(pixels):
    """(X / Z, Y / Z, 1) of pixels, by OpenCV."""
    criteria = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 100, 1e-12)
    found = cv2.undistortPoints(
        np.asarray(pixels, np.float64).reshape(-1, 1, 2), MATRIX, np.array(LENS.distortion),
        criteria=criteria,
    )  # fmt: skip
    return np.column_stack([found.reshape(-1, 2), np.ones(len(pixels))])


def hills(places, size_m):
    """Heights of a smooth ground of this deviation, by the place."""
    x, y = places[:, 0] / 90.0, places[:, 1] / 70.0
    return size_m * (
        np.sin(x + 0.3 * y) + np.sin(1.7 * y - 0.4 * x + 1.0) + np.sin(0.4 * x + 0.6 * y + 2.0)
    ) / np.sqrt(1.5)  # fmt: skip


class Eyes:
    """One camera on one flight: images of ticks, with errors drawn from a seed."""

    def __init__(self, flight, seed, mounted=1.0, mapped=1.0, hills_m=0.0):
        self.flight, self.rng = flight, np.random.default_rng([811, seed])
        image = SETUP["image"]
        self.hills_m = hills_m
        self.tau = mounted * np.radians(EYE.misalignment_deg) * self.rng.normal(size=3)
        self.map_off = mapped * np.array(image["map_sigma_m"]) * self.rng.normal(size=3)
        turned = Rotation.from_rotvec(self.tau).as_matrix()
        self.axes = camera_axes(EYE) @ turned.T

    def level_m(self, tick):
        """Return the ground beneath at a tick, above the site's radius."""
        return self.flight.map_m + self.flight.relief["now"][tick]

    def lens_at(self, tick):
        p = path()
        return p.r[tick] + p.R[tick] @ ARM, p.R[tick] @ self.axes.T

    def ground_at(self, tick, pixels):
        """Places on the true ground that pixels look at, site; NaN for none."""
        start, out = self.lens_at(tick)
        w = rays(pixels) @ out.T
        w /= np.linalg.norm(w, axis=1)[:, None]
        s = start + CENTRE
        height = np.zeros(len(w))
        for _ in range(1 if self.hills_m == 0.0 else 12):
            b = w @ s
            root = b * b - s @ s + (RADIUS + self.level_m(tick) + height) ** 2
            places = start + (-b - np.sqrt(np.where(root > 0.0, root, np.nan)))[:, None] * w
            # beneath the lander it is what its altimeter sees
            height = hills(places, self.hills_m) - hills(path().r[tick][None], self.hills_m)
        return places

    def pixels_of(self, tick, places):
        start, out = self.lens_at(tick)
        return project((places - start) @ out)

    def anywhere(self, tick, count):
        """Draw pixels that look at ground, and not too flat."""
        pixels = self.rng.uniform(20.0, 1003.0, (6 * count, 2))
        w = rays(pixels) @ self.lens_at(tick)[1].T
        return pixels[w[:, 2] < -0.3 * np.linalg.norm(w, axis=1)][:count]

    def landmarks(self, tick, count=150, wrong=0.0, sigma_px=SIGMA_PX, height_m=3.0, shift_px=None,
                  moved=(0.0, 0.0, 0.0)):  # fmt: skip
        """Return matches with the map at a tick; a share is wrong, all are `moved`."""
        rng = self.rng
        shift_px = SETUP["image"]["shift_px"] if shift_px is None else shift_px
        places = self.ground_at(tick, self.anywhere(tick, count))
        pixels = self.pixels_of(tick, places) + shift_px * rng.normal(size=2)
        pixels += sigma_px * rng.normal(size=pixels.shape)
        bad = rng.random(count) < wrong
        pixels[bad] += rng.uniform(-40.0, 40.0, (bad.sum(), 2))
        places = places + self.map_off + np.array(moved)
        places[:, 2] += height_m * rng.normal(size=count)
        return landmarks(places, pixels, max(sigma_px, 0.01) ** 2, height_m**2)

    def pairs(self, first, second, count=150, wrong=0.0, sigma_px=SIGMA_PX, shift_px=0.0):
        """Ground seen at two ticks."""
        rng = self.rng
        seen = self.anywhere(first, count)
        again = self.pixels_of(second, self.ground_at(first, seen))
        again += shift_px * rng.normal(size=2) + sigma_px * rng.normal(size=again.shape)
        bad = rng.random(count) < wrong
        again[bad] += rng.uniform(-40.0, 40.0, (bad.sum(), 2))
        inside = np.all((again > 0.0) & (again < 1023.0), axis=1)
        return motion_pairs(seen[inside], again[inside], max(sigma_px, 0.01) ** 2)
