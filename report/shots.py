"""A picture of the ground as a folder: image, truth of each pixel, facts; whole or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from farside.ext.common.version import version
from farside.ground import Ground
from farside.mission.camera import Camera
from farside.mission.json_values import plain_values
from farside.mission.moon import MEAN_RADIUS_M
from farside.report.output import FolderKind, write_folder
from farside.report.shot_raster import write_image, write_truth
from farside.sensors.camera import Picture
from farside.sensors.viewpoint import Pose

IMAGE, TRUTH, FACTS = "image.png", "truth.npz", "picture.json"
IMAGE_TIFF, TRUTH_TIFF = "image.tif", "truth.tif"
FILES: Final = (FACTS, IMAGE, IMAGE_TIFF, TRUTH, TRUTH_TIFF)
FOLDER: Final = FolderKind("picture", FACTS, frozenset(FILES))

#: What picture.json says of the frames and units of everything.
FRAMES: Final = {
    "site": "East-North-Up [m] at the site, fixed to the Moon; the Moon's centre is at "
    "(0, 0, -site.radius_m)",
    "camera": "x right (columns), y down (rows), z forward; the centre of a pixel has whole "
    "coordinates, the first of them (0, 0)",
    "body": "of the lander, z along the thrust; q_site_body is a Hamilton quaternion, scalar "
    "first, that rotates body into site",
    "height": "above the sphere of 1737.4 km, along the radius",
    "depth_m": "along the camera's z axis; NaN in the sky",
    "range_m": "along the pixel's ray",
    "radiance_factor": "I/F: pi times radiance over the Sun's irradiance, shadows included",
    "lit": "share of the Sun's disc over the relief, 0 to 1",
}


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture and what it was taken with.

    Attributes
    ----------
    ground : Ground
    camera : Camera
    pose : Pose
        By design.
    sun_site : sequence of float, (3,)
        Unit vector to the Sun, site frame.
    picture : Picture
        Of the whole frame.
    """

    ground: Ground
    camera: Camera
    pose: Pose
    sun_site: Sequence[float]
    picture: Picture


def save_picture(shot: Shot, folder: str | Path, *, command: str = "") -> tuple[str, ...]:
    """Write a picture with its truth.

    Parameters
    ----------
    shot : Shot
    folder : str or Path
        Missing, empty, or an earlier one of these, which is replaced.
    command : str
        That makes it again.

    Returns
    -------
    tuple of str
        The names of the files.

    Raises
    ------
    ReportError
        One line; nothing is left half-written.
    """

    def fill(fresh: Path) -> tuple[str, ...]:
        (fresh / IMAGE).write_bytes(_png(shot.picture))
        planes = _planes(shot)
        with (fresh / TRUTH).open("wb") as file:
            np.savez(file, allow_pickle=False, **planes)
        write_image(fresh / IMAGE_TIFF, shot.picture.image, shot.picture.bits, planes)
        write_truth(fresh / TRUTH_TIFF, planes)
        facts = plain_values(_facts(shot, planes, command))
        (fresh / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        return FILES

    return write_folder(folder, FOLDER, fill)


def _png(picture: Picture) -> bytes:
    """Return the image in 8 bits, or in 16 with the numbers' highest bit first."""
    image = picture.image
    made = (
        image.astype(np.uint8)
        if picture.bits == 8
        else np.left_shift(image, np.uint16(16 - picture.bits))
    )
    return bytes(cv2.imencode(".png", made)[1])


def _planes(shot: Shot) -> dict[str, np.ndarray[Any, Any]]:
    """Return what each pixel looks at."""
    truth, arcs = shot.picture.truth(), shot.ground.arcs
    latitude, longitude = arcs.latlon(truth.u_m, truth.v_m)
    x, y, z = np.moveaxis(truth.points_site, -1, 0)
    radius = np.sqrt(x * x + y * y + (z + shot.ground.radius_m) ** 2)
    return {
        "depth_m": truth.depth_m.astype(np.float32),
        "range_m": truth.range_m.astype(np.float32),
        "points_site": truth.points_site,
        "latitude_deg": latitude,
        "longitude_deg": np.mod(longitude, 360.0),
        "height_m": (radius - MEAN_RADIUS_M).astype(np.float32),
        "radiance_factor": truth.radiance_factor,
        "lit": truth.lit,
    }


def _facts(shot: Shot, planes: dict[str, np.ndarray[Any, Any]], command: str) -> dict[str, Any]:
    """Return pose, camera, Sun, frames and units."""
    picture, arcs = shot.picture, shot.ground.arcs
    east, north, up = (float(part) for part in shot.sun_site)
    depth = planes["depth_m"]
    seen = np.isfinite(depth)
    pinhole = shot.camera.pinhole
    return {
        "farside": version(),
        "command": command,
        "camera": asdict(shot.camera),
        "pinhole": {
            "focal_px": list(pinhole.focal_px),
            "centre_px": list(pinhole.centre_px),
            "distortion": dict(
                zip(("k1", "k2", "p1", "p2", "k3"), pinhole.distortion, strict=True)
            ),
        },
        "site": {
            "latitude_deg": arcs.latitude_deg,
            "longitude_deg": arcs.longitude_deg,
            "radius_m": shot.ground.radius_m,
        },
        "pose": {
            "r_site": [float(part) for part in shot.pose.r_site],
            "q_site_body": [float(part) for part in shot.pose.q_site_body],
            "r_site_true": picture.scene.view.r_site.tolist(),
            "axes_site_true": picture.scene.view.axes_site.tolist(),
        },
        "sun": {
            "azimuth_deg": math.degrees(math.atan2(east, north)) % 360.0,
            "elevation_deg": math.degrees(math.asin(max(-1.0, min(1.0, up)))),
            "unit_site": [east, north, up],
        },
        "exposure_s": picture.exposure_s,
        "bits": picture.bits,
        "png": "the numbers themselves"
        if picture.bits == 8
        else f"numbers times {1 << (16 - picture.bits)}",
        "seen": float(seen.mean()),
        "depth_m": [float(np.min(depth[seen])), float(np.max(depth[seen]))] if seen.any() else None,
        "frames": FRAMES,
    }
