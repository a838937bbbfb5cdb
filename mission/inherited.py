"""Keys that hold for one place of the Moon, and that a mission has from another of elsewhere.

A mission that is `like` another takes every key that it does not give. Most belong to the lander
and go wherever it goes. Those here belong to a site: the ground's statistics, the day, the way in,
who looks on from its orbit, what was published of one flight.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from farside.ext.common import deterministic
from farside.mission.files import Name, mission_levels
from farside.mission.ground_statistics import GroundStatistics
from farside.mission.like import Level
from farside.mission.moon import MEAN_RADIUS_M

#: Tables that count as a whole.
WHOLE: Final = ("observers", "links", "gates", "redesignations", "failure")
#: Of [ground] what is counted or measured of a place; the shapes of rocks and craters are alike.
GROUND: Final = (
    *("deviation_474_m", "hurst_regional", "slope_5m_deg", "rock_law", "rock_abundance"),
    *("rock_decay_per_m", "rock_count_per_m2", "rock_exponent", "crater_age_ga"),
    "albedo_mean",
)
#: Keys of tables.
KEYS: Final = (
    "site.elevation_m",
    "epoch.pdi_utc",
    "epoch.landing_utc",
    "orbit.arrival_azimuth_deg",
    *(f"ground.{key}" for key in GROUND),
)


@dataclass(frozen=True)
class Inherited:
    """Keys of a place that a mission has from one of another site.

    Attributes
    ----------
    keys : tuple of str
        As `Mission.replace` takes them; tables that count as a whole by their name.
    source : str
        The mission's file that holds them.
    apart_m : float
        From its site to this mission's, along the sphere.
    latitude_deg, longitude_deg : float
        Of its site.
    """

    keys: tuple[str, ...]
    source: str
    apart_m: float
    latitude_deg: float
    longitude_deg: float


def inherited(name_or_path: Name) -> tuple[Inherited, ...]:
    r"""Return the keys of a place that a mission's file has from missions of other sites.

    A site is another one if it lies farther away than `ground.radius_m` of that mission, within
    which its file says what the ground is.

    Parameters
    ----------
    name_or_path : str or Path
        As `farside.mission.load_mission` takes it.

    Returns
    -------
    tuple of Inherited
        One for each mission that such keys come from; none of a file that is whole.

    Raises
    ------
    MissionError
        A file that does not read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from farside.mission.inherited import inherited
    >>> inherited("chang-e-6")
    ()
    >>> with TemporaryDirectory() as folder:
    ...     place = Path(folder, "north.toml")
    ...     text = 'name = "north"\nlike = "chang-e-6"\n[site]\nlatitude_deg = -40.0'
    ...     _ = place.write_text(text)
    ...     (found,) = inherited(place)
    >>> found.source, round(found.apart_m), found.keys[:2]
    ('chang-e-6.toml', 49685, ('site.elevation_m', 'epoch.pdi_utc'))
    """
    levels = mission_levels(name_or_path)
    here = _site(levels[0].resolved)
    if here is None:
        return ()
    return tuple(_elsewhere(levels, here))


def _elsewhere(levels: list[Level], here: tuple[float, float]) -> Iterator[Inherited]:
    held = [key for key in (*KEYS, *WHOLE) if _has(levels[0].resolved, key)]
    origins = {key: next(i for i, each in enumerate(levels) if _has(each.own, key)) for key in held}
    for number, level in enumerate(levels[1:], start=1):
        keys = tuple(key for key in held if origins[key] == number)
        there = _site(level.resolved)
        if not keys or there is None:
            continue
        apart_m = _apart_m(here, there)
        if apart_m > _radius_m(level.resolved):
            yield Inherited(keys, level.file, apart_m, *there)


def _has(table: Mapping[str, Any], key: str) -> bool:
    head, _, last = key.partition(".")
    inner = table.get(head)
    return head in table if not last else isinstance(inner, dict) and last in inner


def _site(table: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return latitude and longitude [deg] of a table that may break any rule."""
    site = table.get("site")
    if not isinstance(site, dict):
        return None
    found = site.get("latitude_deg"), site.get("longitude_deg")
    if any(not isinstance(each, int | float) or abs(each) > 360.0 for each in found):
        return None
    return float(found[0] or 0.0), float(found[1] or 0.0)


def _radius_m(table: Mapping[str, Any]) -> float:
    ground = table.get("ground")
    radius_m = ground.get("radius_m") if isinstance(ground, dict) else None
    return float(radius_m) if isinstance(radius_m, int | float) else GroundStatistics.radius_m


def _apart_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the arc between two places [deg] by the haversine [m]."""
    (phi_1, lam_1), (phi_2, lam_2) = (
        (math.radians(lat), math.radians(lon)) for lat, lon in (one, other)
    )
    sin, cos = deterministic.sin, deterministic.cos
    # h = sin^2(dphi/2) + cos phi_1 cos phi_2 sin^2(dlam/2), d = 2 R asin sqrt h
    half, side = sin(0.5 * (phi_2 - phi_1)), sin(0.5 * (lam_2 - lam_1))
    h = half * half + cos(phi_1) * cos(phi_2) * side * side
    root = math.sqrt(min(h, 1.0)), math.sqrt(1.0 - min(h, 1.0))
    return 2.0 * MEAN_RADIUS_M * deterministic.angle_of(*root)
