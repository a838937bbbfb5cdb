"""From the numbers that a raster stores to heights in metres: scale, offset, unit and voids."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray

from farside.raster.raster import MOON_RADIUS_M, RasterError
from farside.raster.units import metres_per, upwards, vertical_factor

_NO_UNIT = ("", "none", "unknown", "n/a", "null", "unk")
_LABEL_BYTES = 2**20


@dataclass(frozen=True)
class HeightScale:
    """How stored numbers become heights.

    Attributes
    ----------
    scale, offset : float
        stored * scale + offset is in the unit.
    metres : float
        In one unit; negative where the numbers are depths.
    sphere_m : float
        Radius that heights, if they are no radii, count from.
    nodata : float or None
        A number that stands for no height beside those that the file declares.
    declared : bool
        Whether the file or its user says which unit it is.
    radii : bool or None
        Whether the numbers are radii from the Moon's centre; None to be found out.
    """

    scale: float
    offset: float
    metres: float
    sphere_m: float
    nodata: float | None
    declared: bool
    radii: bool | None = None

    def heights(self, stored: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return heights [m] above the 1737.4 km sphere; NaN stays.

        Values beyond 1000 km are radii from the Moon's centre, as LOLA's PDS labels have them;
        others are heights above the file's own sphere.
        """
        z: NDArray[np.float64] = stored * self.scale
        z += self.offset
        z *= self.metres
        radii = are_radii(z) if self.radii is None else self.radii
        z += (0.0 if radii else self.sphere_m) - MOON_RADIUS_M
        return z


def are_radii(metres: NDArray[np.float64]) -> bool:
    """Return whether most values are distances from the Moon's centre."""
    known = metres[np.isfinite(metres)]
    return bool(known.size) and float(np.median(known)) > 1e6


def height_scale(
    source: rasterio.DatasetReader,
    crs: pyproj.CRS,
    sphere_m: float,
    name: str,
    unit: str | None,
    nodata: float | None,
    band: int = 1,
) -> HeightScale:
    """Read how the numbers of a band become metres.

    The unit is, in this order: the one given; that of the band or of the PDS label, which has to
    agree with that of the CRS's vertical axis; metres, undeclared.

    Raises
    ------
    RasterError
        A unit that is no length, or two that disagree.
    """
    label = _label_of(source)
    scale, offset = float(source.scales[band - 1]), float(source.offsets[band - 1])
    if scale == 1.0 and offset == 0.0:
        scale, offset = _number(label, "SCALING_FACTOR", 1.0), _number(label, "OFFSET", 0.0)
    if not (np.isfinite(scale) and np.isfinite(offset) and scale != 0.0):
        raise RasterError(f"{name}: a scale of {scale:g} and an offset of {offset:g}; mend them")
    held = str(source.units[band - 1] or "").strip()
    said = held if held.lower() not in _NO_UNIT else str(label.get("UNIT", "")).strip()
    up = upwards(crs)
    if unit is not None:
        metres = up * _metres(unit, name, "--unit")
        return HeightScale(scale, offset, metres, sphere_m, nodata, True)
    above = vertical_factor(crs)
    if said.lower() in _NO_UNIT:
        # every 3-D CRS of PROJ has metres by default: other units only are a declaration
        declared = above is not None and above != 1.0
        return HeightScale(scale, offset, up * (above or 1.0), sphere_m, nodata, declared)
    metres = _metres(said, name, "its unit")
    if above is not None and abs(above / metres - 1.0) > 1e-9 and above != 1.0:
        raise RasterError(
            f"{name}: its band is in {said} and its CRS's heights in units of {above:g} m; "
            "say which it is with --unit"
        )
    return HeightScale(scale, offset, up * metres, sphere_m, nodata, True)


def _metres(unit: str, name: str, whose: str) -> float:
    try:
        return metres_per(unit)
    except ValueError as why:
        raise RasterError(f"{name}: {whose}: {why}; declare it with --unit") from None


def _label_of(source: rasterio.DatasetReader) -> dict[str, Any]:
    """Keys of the PDS3 label about the image: of the file itself, or beside a JPEG 2000."""
    if source.driver in ("PDS", "VICAR"):
        try:
            # GDAL's list of strings, which rasterio cuts in two at its first colon
            parts = source.tags(ns=f"json:{source.driver}").items()
            held = json.loads(":".join(next(iter(parts), ("{}",))))
        except (ValueError, rasterio.errors.RasterioError):
            return {}
        return _find(held)
    if not source.driver.startswith("JP2"):
        return {}
    image = Path(source.name)
    for suffix in (".lbl", ".LBL"):
        label = image.with_suffix(suffix)
        if label.is_file() and label.stat().st_size < _LABEL_BYTES:
            text = label.read_text("latin-1")
            if text.lstrip().startswith("PDS_VERSION_ID"):
                pairs = re.findall(r"^\s*(UNIT|SCALING_FACTOR|OFFSET)\s*=\s*(\S+)", text, re.M)
                return {key: value.strip("\"'") for key, value in pairs}
    return {}


def _find(held: Any) -> dict[str, Any]:
    """Collect UNIT, SCALING_FACTOR and OFFSET of the IMAGE object, at whatever depth it lies."""
    if not isinstance(held, dict):
        return {}
    image = held.get("IMAGE")
    if isinstance(image, dict):
        return {k: image[k] for k in ("UNIT", "SCALING_FACTOR", "OFFSET") if k in image}
    for part in held.values():
        found = _find(part)
        if found:
            return found
    return {}


def _number(label: dict[str, Any], key: str, otherwise: float) -> float:
    held = label.get(key, otherwise)
    if isinstance(held, dict):  # a value with a unit of its own
        held = held.get("value", otherwise)
    try:
        return float(held)
    except (TypeError, ValueError):
        return otherwise
