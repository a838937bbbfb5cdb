"""The cameras: where they look, what they resolve, and what their detector makes of light.

A camera's axes: z along its boresight; y, down the image, away from body x as far as the boresight
allows, so that the top of the image lies towards body x; x = y cross z, to the right. A roll turns
the image about the boresight.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.mission.attitude import rotation_matrix
from farside.mission.beams import DOWN
from farside.mission.bounds import Direction, Doc, NonNegative, Positive, Rate, Slug, Within
from farside.mission.mounting import ABSENT, Late, Lean, Place, PlaceError
from farside.mission.pinhole import Pinhole
from farside.mission.reader import Table

Side = Annotated[int, Within(least=16, most=8192)]
Width = Annotated[float, Within(least=0.1, most=170.0)]
Coefficient = Annotated[float, Within(least=-10.0, most=10.0)]
Seconds = Annotated[float, Within(least=1e-6, most=10.0)]
Share = Annotated[float, Within(above=0.0, most=1.0)]
Spread = Annotated[float, Within(least=0.0, most=0.5)]
Bits = Annotated[int, Within(least=8, most=16)]
Nanometres = Annotated[float, Within(least=100.0, most=5000.0)]
Blur = Annotated[float, Within(least=0.0, most=10.0)]
Roll = Annotated[float, Within(least=-180.0, most=180.0)]

#: Pixels of an image at most: 64 MiB of 16 bits.
PIXELS_MOST = 2**25


#: Classes of camera that `like` names. Sources: docs/sources.md.
PRESETS: Final[Mapping[str, Mapping[str, Any]]] = {
    # Chang'e's landing camera: the defaults
    "lcam": {},
    # Chang'e's navigation imager of the approach; published is 30 deg alone (eyes.md 1c)
    "gnc30": {"field_of_view_deg": 30.0},
    # Mars 2020's lander vision system: 1024 x 1024, 90 deg, f/2.7, 5.8 mm, 150 us, 8 bit
    "lvs": {
        "field_of_view_deg": 90.0,
        "distortion": [-0.2, 0.035, 0.0, 0.0, 0.0],
        "exposure_s": 1.5e-4,
        "f_number": 2.7,
        "pixel_um": 9.7,
        "full_well_e": 12800.0,
        "latency_s": 0.1,
        "rate_hz": 1.0,
    },
}


@dataclass(frozen=True, kw_only=True)
class Camera(Table):
    """A frame camera with a global shutter. `like` takes the keys of a class of camera.

    Its defaults are those of Chang'e's landing camera as far as they are known.
    """

    rules: ClassVar = ("size", "band", "lens")
    presets: ClassVar = PRESETS

    name: Annotated[Slug, Doc("of the camera, which other tables and faults call it by")]
    pixels: Annotated[
        tuple[Side, Side], Doc("columns and rows", "Chang'e's landing camera (BAI2025)")
    ] = (1024, 1024)
    field_of_view_deg: Annotated[
        Width, Doc("whole angle across the columns, without distortion", "BAI2025")
    ] = 45.0
    distortion: Annotated[
        tuple[Coefficient, Coefficient, Coefficient, Coefficient, Coefficient],
        Doc("Brown-Conrady, in OpenCV's order: k1, k2, p1, p2, k3", ABSENT),
    ] = (0.0, 0.0, 0.0, 0.0, 0.0)
    boresight_body: Annotated[Direction, Doc("line of sight", "straight down when upright")] = DOWN
    roll_deg: Annotated[
        Roll, Doc("of the image about the boresight, x towards y", "top of the image to body x")
    ] = 0.0
    position_base_m: (
        Annotated[Place, Doc("of the lens from the footpads' plane, body axes", ABSENT)] | None
    ) = None
    position_error_m: Annotated[PlaceError, Doc("of that place, each axis, 1 sigma", ABSENT)] = 0.0
    misalignment_deg: Annotated[
        Lean, Doc("mounting, about each axis, 1 sigma", "70 arcsec left by calibration")
    ] = 0.02
    psf_px: Annotated[
        Blur, Doc("point spread, 1 sigma of a Gaussian [px]", "a well sampled lens")
    ] = 0.5
    exposure_s: Annotated[
        Seconds, Doc("longest; as long as the scene asks for below it", "a guess")
    ] = 2e-3
    f_number: Annotated[Positive, Doc("focal length over aperture", "a guess")] = 4.0
    pixel_um: Annotated[Positive, Doc("width of a pixel [um]", "from memory")] = 6.7
    band_nm: Annotated[
        tuple[Nanometres, Nanometres], Doc("wavelengths that reach the detector [nm]", "silicon")
    ] = (450.0, 850.0)
    efficiency: Annotated[Share, Doc("electrons per photon, optics included", "a guess")] = 0.35
    full_well_e: Annotated[Positive, Doc("electrons that a pixel holds", "a guess")] = 20000.0
    read_noise_e: Annotated[NonNegative, Doc("1 sigma of a pixel, electrons", "a guess")] = 20.0
    dark_e_per_s: Annotated[NonNegative, Doc("dark current of a pixel, electrons", "a guess")] = (
        200.0
    )
    prnu: Annotated[
        Spread, Doc("spread of the pixels' response, 1 sigma", "left by a flat field")
    ] = 0.005
    bits: Annotated[Bits, Doc("of a pixel's number", "8 in the images that were published")] = 8
    rate_hz: Annotated[Rate, Doc("images at most", "10 of the landing camera, from memory")] = 10.0
    latency_s: Annotated[Late, Doc("middle of the exposure to the image aboard", "a guess")] = 0.1

    def size(self) -> Iterator[tuple[str, str]]:
        """Yield more pixels than can be held."""
        columns, rows = self.pixels
        if columns * rows > PIXELS_MOST:
            yield "pixels", f"{columns} x {rows} are more than {PIXELS_MOST}; lower them"

    def band(self) -> Iterator[tuple[str, str]]:
        """Yield wavelengths the wrong way round."""
        if not self.band_nm[0] < self.band_nm[1]:
            yield "band_nm", "a band's smaller wavelength comes first; swap them"

    def lens(self) -> Iterator[tuple[str, str]]:
        """Yield a distortion that leaves parts of the image without a ray."""
        if self.pinhole.folds:
            yield "distortion", "folds the image inside its corners; lower k1, k2, k3 or the angle"

    @property
    def focal_px(self) -> float:
        """Focal length over a pixel's width."""
        return float(
            0.5 * self.pixels[0] / deterministic.tan(math.radians(0.5 * self.field_of_view_deg))
        )

    @property
    def pinhole(self) -> Pinhole:
        """Its geometry."""
        columns, rows = self.pixels
        return Pinhole(
            columns,
            rows,
            (self.focal_px, self.focal_px),
            (0.5 * (columns - 1), 0.5 * (rows - 1)),
            self.distortion,
        )

    def window(self, side_px: int) -> Camera:
        """Return the camera of which only the middle is read out.

        Parameters
        ----------
        side_px : int
            Columns and rows that are read, an even number; all of them where there are fewer.

        Examples
        --------
        >>> Camera(name="c").window(512).pixels
        (512, 512)
        """
        columns, rows = (min(side, side_px) for side in self.pixels)
        half = 0.5 * columns / self.focal_px
        angle = 2.0 * math.degrees(deterministic.arctan(half))
        return replace(self, pixels=(columns, rows), field_of_view_deg=angle)

    def sample_m(self, range_m: float) -> float:
        """Return the width of a pixel [m] on ground across the boresight at a range [m]."""
        return range_m / self.focal_px


def camera_axes(camera: Camera) -> NDArray[np.float64]:
    """Return a camera's axes in body axes by design: rows of (3, 3) are its x, y and z.

    Parameters
    ----------
    camera : Camera

    Returns
    -------
    ndarray, (3, 3)
        Takes a vector's body components into camera components.

    Examples
    --------
    >>> camera_axes(Camera(name="down")).round(9) + 0.0
    array([[ 0., -1.,  0.],
           [-1.,  0.,  0.],
           [ 0.,  0., -1.]])
    """
    bx, by, bz = camera.boresight_body
    # up the image: body x less its part along the boresight
    up = [1.0 - bx * bx, -bx * by, -bx * bz]
    if deterministic.length(up) < 1e-6:
        up = [-bz * bx, -bz * by, 1.0 - bz * bz]
    size = deterministic.length(up)
    down = [-part / size for part in up]
    right = [
        down[1] * bz - down[2] * by,
        down[2] * bx - down[0] * bz,
        down[0] * by - down[1] * bx,
    ]
    roll = math.radians(camera.roll_deg)
    c, s = deterministic.cos(roll), deterministic.sin(roll)
    return np.array(
        [
            [c * a + s * b for a, b in zip(right, down, strict=True)],
            [c * b - s * a for a, b in zip(right, down, strict=True)],
            [bx, by, bz],
        ]
    )


def nadir_cosine(
    camera: Camera, q_site_body: ArrayLike, r_site: ArrayLike, radius_m: float
) -> float:
    """Return the cosine of the angle between a camera's boresight and straight down.

    Parameters
    ----------
    camera : Camera
    q_site_body : array_like, (4,)
        Attitude: Hamilton, scalar first.
    r_site : array_like, (3,)
        Place [m, site].
    radius_m : float
        Of the site, from the Moon's centre.

    Examples
    --------
    >>> nadir_cosine(Camera(name="down"), (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 100.0), 1737400.0)
    1.0
    """
    away = np.array(r_site, np.float64)
    away[2] += radius_m
    forward = deterministic.product(rotation_matrix(q_site_body), camera_axes(camera)[2])
    return -deterministic.dot(forward, away) / deterministic.length(away)
