"""Points in any lunar CRS, laid out in metres on a plane."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from farside.raster import MOON_RADIUS_M, RasterError
from farside.raster.lunar import check_moon
from farside.raster.projection import LunarProjection
from farside.raster.units import horizontal, linear_factor, upwards, vertical_factor
from farside.survey.cloud import Cloud
from farside.survey.errors import SurveyError

_WIDEST_DEG = 10.0  # on one stereographic plane: its scale changes by 0.2 % to the rim
_SHELL_M = 20e3  # of the Moon's sphere: geocentric points are as near

Array = NDArray[np.float64]


def in_metres(cloud: Cloud, z_m: float | None = None) -> Cloud:
    """Return a cloud in metres: of a projected lunar CRS, or of a local frame.

    Longitudes and latitudes, and geocentric x, y, z, are projected to a stereographic plane about
    their middle; feet, kilometres and other units become metres; heights stand above the sphere of
    1737.4 km.

    Parameters
    ----------
    cloud : Cloud
        Of finite points.
    z_m : float, optional
        Metres in one unit of z, whatever the CRS says.

    Returns
    -------
    Cloud
        Its CRS projected, with axes in metres, or None; its step in metres; notes say what was
        done.

    Raises
    ------
    SurveyError, RasterError
        Another body, axes without a known unit, latitudes beyond 90 deg, too wide for one plane,
        or geocentric points without a CRS.
    """
    crs, name = cloud.crs, cloud.name
    if crs is None:
        _refuse_geocentric(cloud.points, name)
        if z_m is None:
            return cloud
        step = (cloud.step[0], cloud.step[1] * z_m)
        return Cloud(name, cloud.points * (1.0, 1.0, z_m), None, cloud.notes, step)
    while crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.is_geocentric:
        if z_m is not None:
            raise SurveyError(
                f"{name}: its points are geocentric x, y, z, whose unit the CRS names; leave the "
                "unit of heights out"
            )
        return _from_geocentric(cloud, crs)
    flat = horizontal(crs)
    try:
        if flat.type_name == "Engineering CRS":
            return _scaled(cloud, crs, None, z_m)
        check_moon(flat, name)
        if flat.is_geographic:
            return _from_degrees(cloud, crs, flat, z_m)
        return _scaled(cloud, crs, flat, z_m)
    except RasterError:
        raise
    except ValueError as why:
        if isinstance(why, SurveyError):
            raise
        raise SurveyError(f"{name}: {why}") from None


def _scaled(cloud: Cloud, crs: CRS, flat: CRS | None, z_m: float | None) -> Cloud:
    """Take plane coordinates to metres."""
    across = linear_factor(crs)
    said = vertical_factor(crs) if z_m is None else z_m
    up = upwards(crs) * (across if said is None else said)
    notes = list(cloud.notes)
    if across != 1.0 or up != 1.0:
        unit = horizontal(crs).axis_info[0].unit_name
        assumed = ", z like x and y, for the CRS does not name its unit" if said is None else ""
        notes.append(
            f"{cloud.name}: x and y in units of {across:.9g} m ({unit}) and z of {up:.9g} m were "
            f"converted to metres{assumed}."
        )
    above = 0.0 if flat is None else _above(flat)
    points = cloud.points * (across, across, up) + (0.0, 0.0, above)
    metric = None if flat is None else flat if across == 1.0 else _metric(flat)
    step = (cloud.step[0] * across, cloud.step[1] * abs(up))
    return Cloud(cloud.name, points, metric, tuple(notes), step)


def _from_degrees(cloud: Cloud, crs: CRS, flat: CRS, z_m: float | None) -> Cloud:
    """Project longitudes and latitudes."""
    projection = LunarProjection(crs, cloud.name)
    longitude, latitude = projection.to_degrees(cloud.points[:, 0], cloud.points[:, 1])
    up = upwards(crs) * (z_m or vertical_factor(crs) or 1.0)
    height = cloud.points[:, 2] * up + _above(flat)
    step = (cloud.step[0] * projection.metres, cloud.step[1] * abs(up))
    return _projected(cloud, longitude, latitude, height, step, "longitudes and latitudes")


def _from_geocentric(cloud: Cloud, crs: CRS) -> Cloud:
    """Turn x, y, z from the Moon's centre into places and heights."""
    check_moon(crs, cloud.name)
    factors = [float(axis.unit_conversion_factor) for axis in crs.axis_info]
    if len(set(factors)) != 1 or not factors[0] > 0.0:
        raise SurveyError(f"{cloud.name}: its geocentric axes differ in unit; project its points")
    xyz = cloud.points * factors[0]
    radius = np.sqrt((xyz * xyz).sum(axis=1))
    if not (radius > 0.0).all():
        raise SurveyError(f"{cloud.name}: holds a point at the Moon's centre; take it out")
    longitude = np.degrees(np.arctan2(xyz[:, 1], xyz[:, 0]))
    latitude = np.degrees(np.arcsin(np.clip(xyz[:, 2] / radius, -1.0, 1.0)))
    step = max(cloud.step) * factors[0]
    return _projected(
        cloud, longitude, latitude, radius - MOON_RADIUS_M, (step, step), "geocentric x, y, z"
    )


def _projected(
    cloud: Cloud,
    longitude: Array,
    latitude: Array,
    height: Array,
    step: tuple[float, float],
    what: str,
) -> Cloud:
    """Lay places [deg] out on a stereographic plane about their middle."""
    name = cloud.name
    worst = float(np.abs(latitude).max())
    if worst > 90.0:
        raise SurveyError(
            f"{name}: has a latitude of {worst:.4g} degrees; give longitude as x and latitude as y"
        )
    if float(np.abs(longitude).max()) > 720.0:
        raise SurveyError(
            f"{name}: has a longitude of {float(np.abs(longitude).max()):.4g} degrees; "
            "check that x and y are in degrees"
        )
    lon, lat = np.radians(longitude), np.radians(latitude)
    across = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    middle = across.mean(axis=1)
    length = float(np.linalg.norm(middle))
    middle /= max(length, 1e-12)
    # of chords, which keep their digits where the points lie close together
    chord = float(np.sqrt(((across - middle[:, None]) ** 2).sum(axis=0)).max())
    widest = 4.0 * math.degrees(math.asin(min(0.5 * chord, 1.0)))
    if length < 0.5 or widest > _WIDEST_DEG:
        raise SurveyError(
            f"{name}: its points in degrees span {widest:.3g} degrees of the Moon, too wide for "
            f"one plane; cut it to {_WIDEST_DEG:g} degrees, or project it"
        )
    lat_0 = round(math.degrees(math.asin(min(max(float(middle[2]), -1.0), 1.0))), 6)
    lon_0 = round(math.degrees(math.atan2(float(middle[1]), float(middle[0]))), 6)
    text = f"+proj=stere +lat_0={lat_0:.6f} +lon_0={lon_0:.6f} +R={MOON_RADIUS_M:.0f} +units=m"
    plane = CRS.from_user_input(text)
    forth = Transformer.from_crs(plane.geodetic_crs, plane, always_xy=True)
    x, y = forth.transform(longitude, latitude)
    note = f"{name}: {what} were projected to {text}."
    points = np.column_stack([x, y, height])
    return Cloud(name, points, plane, (*cloud.notes, note), step)


def _refuse_geocentric(points: Array, name: str) -> None:
    """Refuse x, y, z from the Moon's centre, in metres or kilometres, that no CRS names."""
    radius = np.sqrt((points * points).sum(axis=1))
    for unit_m in (1.0, 1000.0):
        near = np.abs(radius * unit_m - MOON_RADIUS_M) < _SHELL_M
        relief, extent = np.ptp(radius), np.ptp(points, axis=0)
        # map coordinates as far from their origin change with the distance from it
        if near.all() and relief < 0.2 * extent.max() and np.ptp(points[:, 2]) > relief:
            unit = "m" if unit_m == 1.0 else "km"
            raise SurveyError(
                f"{name}: its points lie {radius.mean():.6g} {unit} from the origin, so they are "
                "geocentric x, y, z of the Moon; give longitude, latitude, height, or project them "
                "to east, north, up in metres"
            )


def _above(flat: CRS) -> float:
    """Return how far the sphere of a CRS lies above that of 1737.4 km [m]."""
    return 0.0 if flat.ellipsoid is None else float(flat.ellipsoid.semi_major_metre) - MOON_RADIUS_M


def _metric(flat: CRS) -> Any:
    """Return a projected CRS with its axes in metres."""
    held = flat.to_json_dict()
    held.pop("id", None)
    held["name"] = f"{held.get('name', 'unknown')} in metres"
    for axis in held["coordinate_system"]["axis"]:
        axis["unit"] = "metre"
    return CRS.from_json_dict(held)
