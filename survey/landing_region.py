"""Regions of the Moon: by name, by limits of latitude and longitude, or about a centre."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray

from farside.raster import MOON_RADIUS_M
from farside.raster.projection import LunarProjection, apply
from farside.survey.errors import SurveyError
from farside.survey.geometry import Geometry, lunar_geometry
from farside.survey.horizon_planes import units_of

Array = NDArray[np.float64]

#: Name: title, latitude and east longitude of the centre [deg], radius [km]. Centres and diameters
#: are those of the IAU's gazetteer of lunar features, rounded, from memory.
REGIONS = {
    "spa": ("South Pole-Aitken basin", -53.0, -169.0, 1250.0),
    "apollo": ("Apollo basin", -36.1, -151.8, 269.0),
    "von-karman": ("Von Karman crater", -44.8, 175.9, 93.0),
    "schrodinger": ("Schrodinger basin", -75.0, 132.4, 158.0),
    "ingenii": ("Mare Ingenii", -33.7, 163.5, 159.0),
    "moscoviense": ("Mare Moscoviense", 27.3, 147.9, 139.0),
    "orientale": ("Mare Orientale", -19.4, -92.8, 465.0),
    "imbrium": ("Mare Imbrium", 32.8, -15.6, 573.0),
    "tranquillitatis": ("Mare Tranquillitatis", 8.5, 31.4, 437.0),
    "south-pole": ("South pole, to 80 S", -90.0, 0.0, 303.0),
    "north-pole": ("North pole, to 80 N", 90.0, 0.0, 303.0),
    "far-side": ("Far side, to 80 deg from its middle", 0.0, 180.0, 2425.0),
    "near-side": ("Near side, to 80 deg from its middle", 0.0, 0.0, 2425.0),
}
DEFAULT = "spa"
_WIDEST_DEG = 85.0  # from the centre: beyond, one plane has no use
_MARGIN = 10  # cells about a region: slopes at its edge have ground on both sides
_NUMBER = r"\s*([+-]?\d+(?:\.\d*)?)\s*([NSEWnsew]?)\s*"
_BOX = re.compile(rf"{_NUMBER}\.\.{_NUMBER},{_NUMBER}\.\.{_NUMBER}")
_DISC = re.compile(rf"{_NUMBER},{_NUMBER},\s*(\d+(?:\.\d*)?)\s*(?:km)?\s*")
_HOW = (
    "give a name ({names}), limits as 50S..40S,170E..160W, or a centre and a radius in km as "
    "41.6S,154W,100"
)


@dataclass(frozen=True)
class Region:
    """A part of the Moon.

    Attributes
    ----------
    name : str
        As a folder is called.
    title : str
        For people.
    latitude_deg, longitude_deg : float
        Of the middle of its plane, planetocentric, east.
    radius_m : float
        Along the sphere to the farthest place.
    box : tuple of four floats, or None
        Least and greatest latitude, western longitude and width to the east [deg].
    """

    name: str
    title: str
    latitude_deg: float
    longitude_deg: float
    radius_m: float
    box: tuple[float, float, float, float] | None = None

    @classmethod
    def of(cls, text: str | Region) -> Region:
        """Read a region.

        Parameters
        ----------
        text : str or Region
            A name of `REGIONS`; `LAT0..LAT1,LON0..LON1` [deg], eastwards from LON0 to LON1, across
            the 180th meridian too; or `LAT,LON,KM`. Degrees take N, S, E or W, or a sign.

        Returns
        -------
        Region

        Raises
        ------
        SurveyError
            One line: what it is not.
        """
        if isinstance(text, Region):
            return text
        key = text.strip().lower().replace(" ", "-").replace("_", "-")
        if key in REGIONS:
            title, latitude, longitude, radius_km = REGIONS[key]
            return cls(key, title, latitude, longitude, 1e3 * radius_km)
        if found := _BOX.fullmatch(text):
            return _box(text.strip(), *_degrees(found.groups(), text))
        if found := _DISC.fullmatch(text):
            parts = found.groups()
            latitude, longitude = _degrees(parts[:4], text)
            return _disc(text.strip(), latitude, longitude, 1e3 * float(parts[4]))
        how = _HOW.format(names=", ".join(REGIONS))
        raise SurveyError(f"{text!r}: no region that is known; {how}")

    def holds(self, latitude_deg: Array, longitude_deg: Array) -> NDArray[np.bool_]:
        """Return which places [deg] lie inside, ends included."""
        if self.box is not None:
            low, high, west, width = self.box
            east = np.mod(longitude_deg - west, 360.0)
            return np.asarray((latitude_deg >= low) & (latitude_deg <= high) & (east <= width))
        middle = units_of(self.longitude_deg, self.latitude_deg)
        apart = units_of(longitude_deg, latitude_deg) @ middle
        return np.asarray(apart >= math.cos(self.radius_m / MOON_RADIUS_M))


def _degrees(parts: tuple[str, ...], text: str) -> list[float]:
    """Return numbers with their signs from pairs of digits and a letter."""
    out = []
    for k in range(0, len(parts), 2):
        value, letter = float(parts[k]), parts[k + 1].upper()
        latitude = k < len(parts) // 2
        if letter and letter not in ("NS" if latitude else "EW"):
            raise SurveyError(
                f"{text!r}: {parts[k]}{letter}; latitudes come first, then longitudes"
            )
        if letter and value < 0.0:
            raise SurveyError(f"{text!r}: {parts[k]}{letter} has a sign and a letter; give one")
        out.append(-value if letter in ("S", "W") else value)
        if latitude and abs(value) > 90.0:
            raise SurveyError(f"{text!r}: a latitude of {value:g} deg; give -90 to 90")
        if not latitude and abs(value) > 360.0:
            raise SurveyError(f"{text!r}: a longitude of {value:g} deg; give -180 to 360")
    return out


def _disc(name: str, latitude: float, longitude: float, radius_m: float) -> Region:
    _check(name, radius_m)
    return Region(_slug(name), name, latitude, longitude, radius_m)


def _box(name: str, low: float, high: float, west: float, east: float) -> Region:
    """Return a box with the middle of its places as its plane's."""
    if low >= high:
        raise SurveyError(f"{name!r}: latitudes {low:g}..{high:g}; give the southern one first")
    width = (east - west) % 360.0 or (360.0 if east != west else 0.0)
    if width == 0.0:
        raise SurveyError(f"{name!r}: longitudes {west:g}..{east:g} hold no ground")
    parts = (np.arange(360) + 0.5) / 360.0
    latitude, longitude = np.meshgrid(low + (high - low) * parts, west + width * parts)
    weights = np.cos(np.radians(latitude)).ravel()
    middle = weights @ units_of(longitude, latitude).reshape(-1, 3)
    size = float(np.linalg.norm(middle)) / float(weights.sum())
    if size < 1e-3:
        raise SurveyError(f"{name!r}: goes all round the Moon and has no middle; cut it in two")
    middle /= np.linalg.norm(middle)
    latitude, longitude = np.meshgrid(np.linspace(low, high, 61), west + np.linspace(0, width, 361))
    places = units_of(longitude, latitude).reshape(-1, 3)
    radius_m = MOON_RADIUS_M * float(np.arccos(np.clip((places @ middle).min(), -1.0, 1.0)))
    _check(name, radius_m)
    centre = math.degrees(math.asin(np.clip(middle[2], -1.0, 1.0)))
    polar = math.hypot(middle[0], middle[1]) < 1e-6
    meridian = 0.0 if polar else math.degrees(math.atan2(middle[1], middle[0]))
    return Region(_slug(name), name, centre, meridian, radius_m, (low, high, west, width))


def _check(name: str, radius_m: float) -> None:
    if not radius_m > 0.0:
        raise SurveyError(f"{name!r}: a radius of {radius_m / 1e3:g} km; give more than 0")
    if radius_m > math.radians(_WIDEST_DEG) * MOON_RADIUS_M:
        raise SurveyError(
            f"{name!r}: reaches {math.degrees(radius_m / MOON_RADIUS_M):.0f} deg from its middle, "
            f"more than {_WIDEST_DEG:g}: no plane holds it; cut it in parts"
        )


def _slug(name: str) -> str:
    """Return a region's words as the name of a folder."""
    return re.sub(r"[^0-9A-Za-z.]+", "_", name.replace("-", "m")).strip("_")


@dataclass(frozen=True, eq=False)
class RegionGrid:
    """The plane of a region: square cells, stereographic about its middle, rows southwards.

    Attributes
    ----------
    region : Region
    cell_m : float
        Side of a cell in the plane: on the ground in the middle, less and less outwards.
    geometry : Geometry
        Of all cells.
    latitude_deg, longitude_deg : ndarray (rows, cols)
        Of the cells' middles.
    ground_m : ndarray (rows, cols)
        Side of a cell on the ground [m].
    inside : ndarray (rows, cols) bool
        Cells of the region.
    """

    region: Region
    cell_m: float
    geometry: Geometry
    latitude_deg: Array
    longitude_deg: Array
    ground_m: Array
    inside: NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.geometry.shape


def plane_of(region: Region, cell_m: float) -> RegionGrid:
    """Lay the plane of a region.

    Parameters
    ----------
    region : Region
    cell_m : float
        Side of a cell in the middle [m].

    Raises
    ------
    SurveyError
        A region smaller than a cell.
    """
    if 2.0 * region.radius_m < cell_m:
        raise SurveyError(
            f"{region.title}: {2e-3 * region.radius_m:.3g} km across, less than a cell of "
            f"{cell_m / 1e3:.3g} km; give smaller cells (--cell, with a finer --dem), or a larger "
            "region"
        )
    # rho = 2 R tan(c / 2), the plane of scale 1 in its middle
    half = 2.0 * MOON_RADIUS_M * math.tan(0.5 * region.radius_m / MOON_RADIUS_M)
    count = 2 * (math.ceil(half / cell_m) + _MARGIN)
    crs = pyproj.CRS.from_proj4(
        f"+proj=stere +lat_0={region.latitude_deg:.10g} +lon_0={region.longitude_deg:.10g} "
        f"+x_0=0 +y_0=0 +R={MOON_RADIUS_M:.0f} +units=m +no_defs"
    )
    edge = 0.5 * count * cell_m
    transform = rasterio.Affine(cell_m, 0.0, -edge, 0.0, -cell_m, edge)
    projection = LunarProjection(crs, region.name)
    geometry = lunar_geometry((count, count), projection, transform, region.title)
    col, row = np.meshgrid(np.arange(count) + 0.5, np.arange(count) + 0.5)
    x, y = apply(transform, col, row)
    longitude, latitude = projection.to_degrees(x, y)
    longitude = (longitude + 180.0) % 360.0 - 180.0
    # k = 1 + (rho / 2 R)^2 of the stereographic plane (Snyder, Map Projections, 1987, 21-4)
    scale = 1.0 + (x * x + y * y) / (4.0 * MOON_RADIUS_M**2)
    inside = region.holds(latitude, longitude)
    if not inside.any():
        raise SurveyError(
            f"{region.title}: holds no middle of a cell of {cell_m / 1e3:.3g} km; give smaller "
            "cells (--cell), or a larger region"
        )
    return RegionGrid(region, cell_m, geometry, latitude, longitude, cell_m / scale, inside)


def area_m2(region: Region) -> float:
    """Return a region's area on the sphere [m2]."""
    if region.box is not None:
        low, high, _, width = region.box
        band = math.sin(math.radians(high)) - math.sin(math.radians(low))
        return math.radians(width) * band * MOON_RADIUS_M**2
    return 2.0 * math.pi * MOON_RADIUS_M**2 * (1.0 - math.cos(region.radius_m / MOON_RADIUS_M))
