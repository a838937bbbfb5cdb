"""The pose of a camera from one image and a user's own map, written as a folder."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common.version import version
from farside.mission.ephemeris import Direction
from farside.mission.pinhole import Pinhole
from farside.raster.image import open_image
from farside.report.output import FolderKind, check_output, write_folder
from farside.survey.errors import SurveyError, check_place
from farside.survey.facts import to_json
from farside.survey.locate_map import map_of_rasters
from farside.vision.image_map import ImageMap
from farside.vision.trn import TrnCode, TrnMatcher, TrnResult
from farside.vision.view import CameraView

Array = NDArray[np.float64]

PICTURE, FACTS, TABLE = "matches.png", "pose.json", "matches.csv"
FOLDER = FolderKind("pose", FACTS, frozenset((PICTURE, FACTS, TABLE)))


@dataclass(frozen=True)
class Guess:
    """Where a camera is thought to be.

    Attributes
    ----------
    latitude_deg, longitude_deg, above_m : float
        Planetocentric, and height above the ground there [m].
    heading_deg : float
        Of the image's top, from north through east.
    lean_deg : (azimuth, angle)
        Where the camera leans from straight down, and by how much.
    sigma_m, sigma_deg : float
        1 sigma of the place on each axis, and of the attitude about each.
    """

    latitude_deg: float
    longitude_deg: float
    above_m: float
    heading_deg: float = 0.0
    lean_deg: tuple[float, float] = (0.0, 0.0)
    sigma_m: float = 300.0
    sigma_deg: float = 0.3


@dataclass(frozen=True, eq=False)
class Located:
    """An image and what it says of its camera."""

    name: str
    grey: NDArray[np.uint16]
    image_map: ImageMap
    guess: Guess
    estimate: CameraView
    result: TrnResult

    @property
    def fixed(self) -> bool:
        """Whether there is a pose."""
        return self.result.code is TrnCode.FIX


def locate(
    image: str | Path,
    dem: str | Path,
    ortho: str | Path | None,
    camera: str | Path,
    guess: Guess,
    sun_deg: tuple[float, float],
) -> Located:
    """Find the pose of a camera from an image.

    Parameters
    ----------
    image : str or Path
        Grey, 8 bit or deeper.
    dem, ortho : str or Path
        The map: `map_of_rasters`.
    camera : str or Path
        A TOML file: `read_camera`.
    guess : Guess
    sun_deg : (azimuth, elevation)
        Of the Sun at the guess [deg], from north through east.

    Returns
    -------
    Located

    Raises
    ------
    SurveyError, RasterError, VisionError
        One line of bad input. An image that cannot be matched is no error: its code tells.
    """
    _check(guess, sun_deg)
    pinhole, bits = read_camera(camera)
    grey, bits = _grey(image, pinhole, bits)
    lean = math.radians(guess.lean_deg[1])
    # the rays to the farthest corner
    corner = math.atan(
        math.hypot(pinhole.columns / pinhole.focal_px[0], pinhole.rows / pinhole.focal_px[1]) / 2.0
    )
    reach = guess.above_m * math.tan(min(lean + corner, math.radians(75.0)))
    slack = 3.0 * (guess.sigma_m + guess.above_m * math.radians(guess.sigma_deg))
    sample = guess.above_m / pinhole.focal_px[0]
    half = max(reach, 100.0 * sample) + slack + 60.0 * sample
    image_map = map_of_rasters(dem, ortho, (guess.latitude_deg, guess.longitude_deg), half, sample)
    estimate = _view(pinhole, guess)
    sigma = np.repeat([guess.sigma_m, math.radians(guess.sigma_deg)], 3)
    result = TrnMatcher(image_map, pinhole, bits).match(
        grey, estimate, np.diag(sigma * sigma), Direction(*sun_deg).unit_site
    )
    return Located(Path(image).name, grey, image_map, guess, estimate, result)


def _check(guess: Guess, sun_deg: tuple[float, float]) -> None:
    numbers = (
        guess.latitude_deg, guess.longitude_deg, guess.above_m, guess.heading_deg,
        *guess.lean_deg, guess.sigma_m, guess.sigma_deg, *sun_deg,
    )  # fmt: skip
    if not all(math.isfinite(number) for number in numbers):
        raise SurveyError("guess and Sun are finite numbers")
    if not 0.0 < sun_deg[1] <= 90.0:
        raise SurveyError(
            f"a Sun at {sun_deg[1]:g} deg of elevation lights nothing; give 0 to 90 deg"
        )
    check_place(guess.latitude_deg, guess.longitude_deg, "guess")
    if not 1.0 <= guess.above_m <= 500000.0:
        raise SurveyError(f"{guess.above_m:g} m above the ground; give 1 m to 500 km")
    if not 0.0 <= guess.lean_deg[1] <= 60.0:
        raise SurveyError(f"a lean of {guess.lean_deg[1]:g} deg; give 0 to 60 deg from down")
    if not (0.1 <= guess.sigma_m <= 20000.0 and 0.001 <= guess.sigma_deg <= 5.0):
        raise SurveyError("the guess is known to 0.1 m to 20 km and to 0.001 to 5 deg, 1 sigma")


def read_camera(path: str | Path) -> tuple[Pinhole, int | None]:
    """Read a camera's geometry from a TOML file.

    Keys: pixels = [columns, rows]; field_of_view_deg (across the columns, without distortion) or
    focal_px = [fx, fy]; centre_px = [cx, cy], the middle if not given; distortion = [k1, k2, p1,
    p2, k3] in OpenCV's convention, 0 if not given; bits, those of the image if not given.

    Returns
    -------
    pinhole, bits
        None for bits that the file does not give.

    Raises
    ------
    SurveyError
        One line: not there, not TOML, no geometry, absurd numbers.
    """
    name = Path(path).name
    try:
        held = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as why:
        raise SurveyError(f"{name}: cannot be read ({why.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise SurveyError(f"{name}: is no TOML ({why})") from None
    unknown = set(held) - {
        "pixels", "field_of_view_deg", "focal_px", "centre_px", "distortion", "bits"
    }  # fmt: skip
    if unknown:
        raise SurveyError(f"{name}: has no key {min(unknown)}; see farside locate --help")
    if "pixels" not in held or ("focal_px" in held) == ("field_of_view_deg" in held):
        raise SurveyError(
            f"{name}: gives no geometry: pixels = [columns, rows] and either field_of_view_deg or "
            "focal_px = [fx, fy] are needed"
        )
    columns, rows = _numbers(held, "pixels", 2, (16, 16384), name)
    if "focal_px" in held:
        fx, fy = _numbers(held, "focal_px", 2, (1.0, 1e7), name)
    else:
        (angle,) = _numbers({"field_of_view_deg": [held["field_of_view_deg"]]},
                            "field_of_view_deg", 1, (0.1, 170.0), name)  # fmt: skip
        fx = fy = 0.5 * columns / deterministic.tan(math.radians(0.5 * angle))
    held.setdefault("centre_px", [0.5 * (columns - 1), 0.5 * (rows - 1)])
    held.setdefault("distortion", [0.0] * 5)
    cx, cy = _numbers(held, "centre_px", 2, (-1e5, 1e5), name)
    k1, k2, p1, p2, k3 = _numbers(held, "distortion", 5, (-10.0, 10.0), name)
    pinhole = Pinhole(int(columns), int(rows), (fx, fy), (cx, cy), (k1, k2, p1, p2, k3))
    if pinhole.folds:
        raise SurveyError(f"{name}: its distortion folds the image inside its corners; lower it")
    if "bits" not in held:
        return pinhole, None
    (bits,) = _numbers({"bits": [held["bits"]]}, "bits", 1, (8, 16), name)
    return pinhole, int(bits)


def _numbers(
    held: dict[str, Any], key: str, count: int, within: tuple[float, float], name: str
) -> list[float]:
    values = held[key]
    good = (
        isinstance(values, list)
        and len(values) == count
        and all(type(x) in (int, float) and within[0] <= x <= within[1] for x in values)
    )
    if not good:
        raise SurveyError(
            f"{name}: {key} is {count} number{'s' if count > 1 else ''} from {within[0]:g} to "
            f"{within[1]:g}, not {values}"
        )
    return [float(x) for x in values]


def _grey(path: str | Path, pinhole: Pinhole, bits: int | None) -> tuple[NDArray[np.uint16], int]:
    """Return an image as its camera gives it, and its depth."""
    image = open_image(path)
    grey = np.asarray(image.grey)
    if grey.dtype not in (np.uint8, np.uint16):
        raise SurveyError(
            f"{image.name}: holds {grey.dtype}; give the grey values of the detector, 8 to 16 bit"
        )
    if grey.shape != (pinhole.rows, pinhole.columns):
        raise SurveyError(
            f"{image.name}: {grey.shape[1]} x {grey.shape[0]} pixels of a camera of "
            f"{pinhole.columns} x {pinhole.rows}; give the camera that took it"
        )
    top = int(grey.max())
    depth = bits or (8 if grey.dtype == np.uint8 else max(8, top.bit_length()))
    if top >= 2**depth:
        raise SurveyError(f"{image.name}: a pixel of {top} in {depth} bits; give its own bits")
    return grey.astype(np.uint16), depth


def _view(pinhole: Pinhole, guess: Guess) -> CameraView:
    """Return the view of a guess; the site frame stands on the ground under it."""
    azimuth, lean, top = np.radians([*guess.lean_deg, guess.heading_deg]).tolist()
    s, c = deterministic.sin, deterministic.cos
    z = np.array([s(lean) * s(azimuth), s(lean) * c(azimuth), -c(lean)])
    up = np.array([s(top), c(top), 0.0])
    y = z * deterministic.dot(up, z) - up
    y = y / deterministic.length(y)
    return CameraView(
        pinhole, np.array([0.0, 0.0, guess.above_m]), np.stack([np.cross(y, z), y, z])
    )


def write_located(found: Located, folder: str | Path) -> tuple[str, ...]:
    """Write pose, matches and their picture to a folder; whole or not at all.

    Raises
    ------
    ReportError
        One line.
    """

    def fill(fresh: Path) -> tuple[str, ...]:
        from farside.survey.locate_picture import picture

        (fresh / FACTS).write_text(to_json(facts_of(found)), encoding="utf-8")
        (fresh / TABLE).write_text(table_of(found), encoding="utf-8")
        (fresh / PICTURE).write_bytes(picture(found))
        return FACTS, TABLE, PICTURE

    check_output(folder, FOLDER)
    return write_folder(folder, FOLDER, fill)


def place_of(found: Located) -> tuple[float, float, float]:
    """Return latitude, longitude [deg] and height above the 1737.4 km sphere [m] of the pose."""
    from farside.ground.arcs import Arcs
    from farside.raster.raster import MOON_RADIUS_M

    image_map, guess = found.image_map, found.guess
    u, v, height = image_map.arcs(found.result.view.r_site[None, :])
    arcs = Arcs(guess.latitude_deg, guess.longitude_deg, 90.0, image_map.arc_m)
    latitude, longitude = arcs.latlon(u, v)
    above = image_map.radius_m + float(height[0]) - MOON_RADIUS_M
    return float(latitude[0]), float(longitude[0]) % 360.0, above


def facts_of(found: Located) -> dict[str, Any]:
    """Return the pose and how it came about."""
    result = found.result
    latitude, longitude, height = place_of(found)
    return {
        "farside": version(),
        "input": found.name,
        "code": result.code.name,
        "says": result.says,
        "latitude_deg": latitude,
        "longitude_deg": longitude,
        "height_m": height,
        "r_site_m": result.view.r_site.tolist(),
        "axes_site": result.view.axes.tolist(),
        "covariance": result.covariance.tolist(),
        "frames": "site: east, north, up at the guess's place on the map; rows of axes_site are "
        "the camera's x (right), y (down), z (forward); covariance: position [m], then rotation "
        "vector [rad]",
        "landmarks": result.landmarks,
        "inliers": result.inliers,
        "log10_chance": result.chance,
        "cell_m": result.cell_m,
        "guess": {
            "latitude_deg": found.guess.latitude_deg,
            "longitude_deg": found.guess.longitude_deg,
            "above_m": found.guess.above_m,
        },
    }


def table_of(found: Located) -> str:
    """Write the matches: place in the image, place in the site frame, sigma."""
    lines = ["x_px,y_px,east_m,north_m,up_m,sigma_px"]
    for match in found.result.matches:
        x, y = match["px"].tolist()
        east, north, up = match["p_site"].tolist()
        sigma = math.sqrt(float(match["variance_px2"]))
        lines.append(f"{x:.3f},{y:.3f},{east:.2f},{north:.2f},{up:.2f},{sigma:.3f}")
    return "\n".join(lines) + "\n"
