"""Pictures that a camera takes of the true ground: numbers of its detector, and the truth of them.

The picture is made of the light (`farside.sensors.scene`), smeared along the way that the scene
moves during the exposure, spread by the lens, counted by the detector with its noise
(ext/sensors/detector.pxi).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.common.threads import in_bands
from farside.ext.sensors.detector import detect, smear, spread
from farside.ground import Ground
from farside.mission.camera import Camera
from farside.mission.integers import seed_key, whole_number
from farside.sensors.exposure import choose_exposure, electrons_per_second
from farside.sensors.motion import Motion, motion_of
from farside.sensors.scene import Scene, Truth, Window, look
from farside.sensors.streams import CAMERA_MOUNTING, CAMERA_NOISE, CAMERA_RESPONSE, draw_normals
from farside.sensors.sunlight import SUN_RADIUS_RAD
from farside.sensors.view_plan import TILE
from farside.sensors.viewpoint import PERFECT, Mounting, Pose, ViewError

#: Point spreads are cut at so many sigma.
_SPREAD_SIGMA: Final = 4.0
#: Below the horizon by more than this the Sun lights no summit that is in view [rad]: 4 deg, that
#: of ground 4 km higher 120 km on.
_NIGHT_RAD: Final = math.radians(4.0)


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture, whole or in parts.

    Attributes
    ----------
    images : tuple of ndarray, uint16
        Numbers of the pixels of each window, (rows, columns).
    windows : tuple of (row, column, rows, columns)
        Of the whole frame, or the rectangles that were asked for.
    bits : int
        Full scale is 2^bits - 1.
    exposure_s : float
    scene : Scene
        What was before the camera.
    """

    images: tuple[NDArray[np.uint16], ...]
    windows: tuple[Window, ...]
    bits: int
    exposure_s: float
    scene: Scene

    @property
    def image(self) -> NDArray[np.uint16]:
        """The first image: the whole frame where no windows were asked for."""
        return self.images[0]

    def truth(self, part: int = 0) -> Truth:
        """Return what the middle of each pixel of an image looks at, in the middle of the exposure.

        Parameters
        ----------
        part : int
            Which of the images.
        """
        return self.scene.truth(self.windows[part])


def take_picture(
    ground: Ground,
    camera: Camera,
    pose: Pose,
    sun: ArrayLike,
    *,
    key: int | None,
    number: int = 0,
    photometry: str = "hapke",
    exposure_s: float | None = None,
    windows: Sequence[Window] | None = None,
) -> Picture:
    """Take a picture of the true ground.

    Parameters
    ----------
    ground : Ground
    camera : Camera
    pose : Pose
        Of the lens by design, in the middle of the exposure, and how it moves, for the blur.
    sun : array_like, (3,)
        Direction of the Sun, site frame: east, north, up.
    key : int or None
        Of the flight: it draws the camera's mounting and its pixels' response once, and the noise
        of each frame. None takes a camera that is mounted as designed and has no noise.
    number : int
        Of the frame in the flight, from 0 on.
    photometry : str
        Law of the light: `farside.sensors.photometry.law`.
    exposure_s : float, optional
        Chosen from the height of the Sun and the phase angle if not given, up to the camera's
        longest.
    windows : sequence of (row, column, rows, columns), optional
        Parts of the frame to be made alone, of the same bits as in the whole.

    Returns
    -------
    Picture

    Raises
    ------
    ViewError, PhotometryError
        One line: a camera under the ground; a window outside the frame; a Sun so far below the
        horizon that there is nothing to expose for, unless exposure_s asks for a dark frame.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> ground = Ground(load_mission("chang-e-6"))
    >>> pose = Pose((0.0, 0.0, 2400.0), (1.0, 0.0, 0.0, 0.0))
    >>> sun = (0.6, 0.5, 0.6)
    >>> picture = take_picture(ground, Camera(name="lcam"), pose, sun, key=7)
    >>> picture.image.shape, picture.image.dtype
    ((1024, 1024), dtype('uint16'))
    """
    mounting = PERFECT if key is None else draw_mounting(camera, key)
    scene = look(ground, camera, pose, sun, photometry=photometry, mounting=mounting)
    time_s = _exposure(camera, scene, exposure_s)
    parts = _parts(camera, windows)
    motion = motion_of(scene, pose, time_s)
    detector = _detector(camera, time_s, key, number)
    images = tuple(_expose(camera, scene, motion, time_s, detector, part) for part in parts)
    return Picture(images, parts, camera.bits, time_s, scene)


def draw_mounting(camera: Camera, key: int) -> Mounting:
    """Return how a flight's camera is truly mounted.

    Parameters
    ----------
    camera : Camera
    key : int
        Of the flight.
    """
    drawn = draw_normals(key, _stream(CAMERA_MOUNTING, camera), 6)
    lean = [math.radians(camera.misalignment_deg) * float(z) for z in drawn[:3]]
    off = [camera.position_error_m * float(z) for z in drawn[3:]]
    return Mounting((lean[0], lean[1], lean[2]), (off[0], off[1], off[2]))


def _stream(first: int, camera: Camera) -> int:
    """Return the stream of a camera, by its name."""
    return first + (zlib.crc32(camera.name.encode()) & 0x0FFFFFFF)


def _exposure(camera: Camera, scene: Scene, exposure_s: float | None) -> float:
    """Return the exposure that was asked for, or that the light asks for."""
    if exposure_s is None:
        elevation = deterministic.arcsin(scene.slant.up)
        if elevation + SUN_RADIUS_RAD < -_NIGHT_RAD:
            raise ViewError(
                f"the Sun is {-math.degrees(elevation):.1f} deg below the horizon; give exposure_s "
                "for a dark frame"
            )
        return choose_exposure(camera, scene)
    if not (math.isfinite(exposure_s) and 0.0 < exposure_s <= camera.exposure_s):
        raise ViewError(
            f"exposure_s {exposure_s}: above 0, and the camera's longest is {camera.exposure_s:g} s"
        )
    return exposure_s


def _parts(camera: Camera, windows: Sequence[Window] | None) -> tuple[Window, ...]:
    """Return the rectangles to be made."""
    columns, rows = camera.pixels
    if windows is None:
        return ((0, 0, rows, columns),)
    parts = []
    for window in windows:
        if len(window) != 4:
            raise ViewError(f"window {tuple(window)}: give row, column, rows and columns")
        row, col, high, wide = (whole_number("window", part) for part in window)
        if high < 1 or wide < 1 or row + high > rows or col + wide > columns:
            raise ViewError(
                f"window {tuple(window)} is not inside the frame of {rows} rows and {columns} "
                "columns"
            )
        parts.append((row, col, high, wide))
    if not parts:
        raise ViewError("windows is empty; give one, or None for the whole frame")
    return tuple(parts)


def _detector(camera: Camera, time_s: float, key: int | None, number: int) -> dict[str, Any] | None:
    """Return the struct `Detector` of ext/sensors/detector.pxi; None for one without noise."""
    frame = whole_number("number", number, 0, 2**32 - 1)
    if key is None:
        return None
    full_scale = float((1 << camera.bits) - 1)
    return {
        "dark": camera.dark_e_per_s * time_s,
        "prnu": camera.prnu,
        "full_well": camera.full_well_e,
        "read": camera.read_noise_e,
        "gain": full_scale / camera.full_well_e,
        "full_scale": full_scale,
        "seed": seed_key(key),
        "frame": frame,
        "noise": _stream(CAMERA_NOISE, camera),
        "response": _stream(CAMERA_RESPONSE, camera),
    }


def _expose(
    camera: Camera,
    scene: Scene,
    motion: Motion | None,
    time_s: float,
    detector: dict[str, Any] | None,
    part: Window,
) -> NDArray[np.uint16]:
    """Return the numbers of one rectangle."""
    row, col, rows, cols = part
    light = _light(camera, scene, motion, part)
    light *= np.float32(electrons_per_second(camera) * time_s)
    if detector is None:
        full_scale = (1 << camera.bits) - 1
        numbers = np.rint(light * np.float32(full_scale / camera.full_well_e))
        return np.asarray(np.clip(numbers, 0, full_scale), np.uint16)
    out = np.empty((rows, cols), np.uint16)

    def band(top: int, end: int) -> None:
        detect(light[top:end], detector, camera.pixels[0], row + top, col, out[top:end])

    in_bands(rows, band)
    return out


def _light(
    camera: Camera, scene: Scene, motion: Motion | None, part: Window
) -> NDArray[np.float32]:
    """Return I/F of a rectangle, smeared and spread: from as much around it as that takes."""
    row, col, rows, cols = part
    weights = _weights(camera.psf_px)
    reach = weights.size // 2
    margin = 0 if motion is None else motion.margin
    around = _grown(camera, part, reach + margin)
    light = scene.radiance_factor(around)
    # beyond the frame its edge is repeated
    light = _padded(light, around, _outer(part, reach + margin))
    if motion is not None:
        smeared = np.empty((rows + 2 * reach, cols + 2 * reach), np.float32)
        asked = light, motion.flow, TILE, motion.count, (row - reach, col - reach), margin, smeared
        in_bands(len(smeared), lambda *band: smear(*asked, band))
        light = smeared
    if reach:
        out = np.empty((rows, cols), np.float32)
        spread(light, weights, out)
        light = out
    return light


def _outer(part: Window, by: int) -> Window:
    return part[0] - by, part[1] - by, part[2] + 2 * by, part[3] + 2 * by


def _grown(camera: Camera, part: Window, by: int) -> Window:
    """Return a rectangle and what is about it, inside the frame."""
    columns, rows = camera.pixels
    row, col = max(part[0] - by, 0), max(part[1] - by, 0)
    return (
        row,
        col,
        min(part[0] + part[2] + by, rows) - row,
        min(part[1] + part[3] + by, columns) - col,
    )


def _padded(light: NDArray[np.float32], have: Window, want: Window) -> NDArray[np.float32]:
    """Return an image reaching as far as is wanted, its edges repeated."""
    before = [have[k] - want[k] for k in (0, 1)]
    after = [want[k] + want[k + 2] - have[k] - have[k + 2] for k in (0, 1)]
    if not any(before) and not any(after):
        return light
    return np.pad(light, list(zip(before, after, strict=True)), mode="edge")


def _weights(sigma_px: float) -> NDArray[np.float32]:
    """Return the weights of a point spread: the share of a Gaussian over each pixel."""
    if sigma_px == 0.0:
        return np.ones(1, np.float32)
    reach = math.ceil(_SPREAD_SIGMA * sigma_px)
    edges = np.asarray((np.arange(-reach, reach + 2) - 0.5) / sigma_px, np.float64)
    share = np.diff(deterministic.normal_share(edges))
    return (share / math.fsum(share.tolist())).astype(np.float32)
