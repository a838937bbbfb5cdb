"""A picture and the truth of its pixels as GeoTIFFs, placed by ground control points."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.errors import NotGeoreferencedWarning

from farside.mission.moon import MEAN_RADIUS_M

Planes = Mapping[str, NDArray[Any]]

#: Bands of the truth, in order, with their units.
BANDS: Final = (
    ("longitude_deg", "deg"),
    ("latitude_deg", "deg"),
    ("height_m", "m"),
    ("depth_m", "m"),
    ("range_m", "m"),
    ("radiance_factor", ""),
    ("lit", ""),
)
#: The CRS of the control points: degrees on the mean sphere.
LONLAT: Final = f"+proj=longlat +R={MEAN_RADIUS_M:.0f} +no_defs"
#: Control points along each side.
POINTS: Final = 13


def control_points(planes: Planes) -> list[GroundControlPoint]:
    """Return control points on a lattice of pixels that look at ground.

    Rows and columns of a GeoTIFF count from the corner of the first pixel,
    so that its middle is (0.5, 0.5).
    Longitudes go on beyond 180 or 360 deg rather than jump there.
    """
    rows, columns = planes["latitude_deg"].shape
    i, j = (
        np.unique(np.linspace(0, count - 1, min(POINTS, count)).round().astype(int))
        for count in (rows, columns)
    )
    row, column = (each.ravel() for each in np.meshgrid(i, j, indexing="ij"))
    longitude, latitude, height = (
        planes[name][row, column].astype(float)
        for name in ("longitude_deg", "latitude_deg", "height_m")
    )
    seen = np.isfinite(height)
    if seen.any():
        first = longitude[seen][0]
        longitude = first + np.mod(longitude - first + 180.0, 360.0) - 180.0
    return [
        GroundControlPoint(row=r + 0.5, col=c + 0.5, x=x, y=y, z=z, id=str(k))
        for k, (r, c, x, y, z) in enumerate(
            zip(row[seen], column[seen], longitude[seen], latitude[seen], height[seen], strict=True)
        )
    ]


def write_image(path: Path, image: NDArray[Any], bits: int, planes: Planes) -> None:
    """Write the numbers of the detector."""
    held = image.astype(np.uint8 if bits == 8 else np.uint16)
    _write(path, held[None], planes, ["dn"], [""])


def write_truth(path: Path, planes: Planes) -> None:
    """Write a band for each of BANDS; NaN in the sky."""
    held = np.stack([planes[name].astype(np.float64) for name, _ in BANDS])
    _write(path, held, planes, *map(list, zip(*BANDS, strict=True)), nodata=np.nan, predictor=3)


def _write(
    path: Path,
    held: NDArray[Any],
    planes: Planes,
    names: list[str],
    units: list[str],
    **more: Any,
) -> None:
    """Write bands with their names, placed where any ground is seen."""
    points = control_points(planes)
    placed = {"gcps": points, "crs": LONLAT} if len(points) > 3 else {}
    count, height, width = held.shape
    profile = {"driver": "GTiff", "compress": "deflate", "zlevel": 1, **more}
    with warnings.catch_warnings():
        # a picture of the sky alone has no place
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", count=count, height=height, width=width, dtype=held.dtype, **profile
        ) as file:
            if placed:
                file.gcps = (points, placed["crs"])
            file.write(held)
            file.descriptions = names
            file.units = units
