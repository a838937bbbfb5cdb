"""Craters as landmarks: those of the onboard map's own heights, or of a user's list."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.mission.frames import SiteFrame
from farside.vision.bowl_cover import RIM
from farside.vision.bowl_peaks import BY_SIZE, separate
from farside.vision.crater_bowls import bowls_of
from farside.vision.crater_files import read_craters, write_craters
from farside.vision.crater_pairs import Circles
from farside.vision.errors import VisionError
from farside.vision.image_map import ImageMap, MapLevel

Array = NDArray[np.float64]

#: A crater: arcs of its middle, height of its walls' middle above the datum's radius, rim radius,
#: depth from the rim to the middle (NaN if not known), how surely it is a bowl (0 to 1).
CRATER: Final = np.dtype(
    [
        ("u_m", "f8"), ("v_m", "f8"), ("height_m", "f8"), ("radius_m", "f8"), ("depth_m", "f8"),
        ("quality", "f8"),
    ]
)  # fmt: skip
#: Of the craters that a map's catalogue takes: correlation with a bowl at least.
LEAST_QUALITY: Final = 0.4
MOST_CRATERS: Final = 200_000
#: Where the walls' height is taken [rim radii], and at how many places.
_WALL, _RAYS = 0.7, 16


@dataclass(frozen=True, eq=False)
class CraterCatalogue:
    """The craters of a map, by quality, the surest first.

    Attributes
    ----------
    image_map : ImageMap
        Whose arcs and heights they have.
    craters : ndarray of CRATER, (n,)

    Examples
    --------
    >>> from farside.flight.image_map import LevelSpec, MapSpec, build_image_map
    >>> from farside.ground import Ground
    >>> from farside.mission import load_mission
    >>> ground = Ground(load_mission("chang-e-6"), seed=3)
    >>> spec = MapSpec(levels=(LevelSpec(7, (-2500.0, 2500.0), 2500.0),))  # 5 km, cells of 12.8 m
    >>> catalogue = CraterCatalogue.of_map(build_image_map(ground, spec, seed=3).image_map)
    >>> len(catalogue.craters), f"{catalogue.craters['radius_m'].min():.0f} m"
    (446, '50 m')
    """

    image_map: ImageMap
    craters: NDArray[np.void]

    def __post_init__(self) -> None:
        """Refuse craters that are none."""
        craters = self.craters
        if craters.dtype != CRATER or craters.ndim != 1:
            raise VisionError(f"craters are one row of CRATER, not {craters.dtype}; convert them")
        if len(craters) > MOST_CRATERS:
            raise VisionError(f"{len(craters)} craters; a catalogue has {MOST_CRATERS} at most")
        numbers = [craters[name] for name in ("u_m", "v_m", "height_m", "quality")]
        if not all(np.isfinite(each).all() for each in numbers):
            raise VisionError("a crater's place and quality are finite numbers; drop the others")
        radii = craters["radius_m"]
        if not ((radii > 0.0) & (radii < 1e6)).all():
            raise VisionError("a crater's radius is above 0 m and below 1000 km; check its unit")

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.craters)

    @cached_property
    def places(self) -> Array:
        """Middles [m], site frame, (n, 3)."""
        craters = self.craters
        return self.image_map.points(craters["u_m"], craters["v_m"], craters["height_m"])

    @cached_property
    def circles(self) -> Circles:
        """All of them on the map's plane."""
        craters = self.craters
        return Circles(np.column_stack([craters["u_m"], craters["v_m"]]), craters["radius_m"])

    def within(
        self, low: tuple[float, float], high: tuple[float, float], radii_m: tuple[float, float]
    ) -> NDArray[np.intp]:
        """Return the rows of craters of some sizes between arcs, the surest first.

        Parameters
        ----------
        low, high : (u, v)
            [m].
        radii_m : (smallest, greatest)
            Rims.
        """
        at, radius = self.circles.at, self.circles.radius
        inside = (radius > radii_m[0]) & (radius < radii_m[1])
        for k in range(2):
            inside &= (at[:, k] > low[k]) & (at[:, k] < high[k])
        return np.flatnonzero(inside)

    @classmethod
    def of_map(cls, image_map: ImageMap, least: float = LEAST_QUALITY) -> CraterCatalogue:
        """Find the craters of a map in its heights: a second for each million cells, once.

        Parameters
        ----------
        image_map : ImageMap
        least : float
            Least quality, 0.3 to 1.

        Raises
        ------
        VisionError
            A quality that is none.
        """
        if not 0.3 <= least <= 1.0:
            raise VisionError(f"a least quality of {least:g}; give one of 0.3 to 1")
        finest = image_map.levels[-1].cell_m
        rows = []
        for level in image_map.levels:
            x, y, turn, rank = bowls_of(level, least).T
            by_size = deterministic.power_of(level.cell_m / finest, BY_SIZE)
            u, v = level.u0_m + level.cell_m * x, level.v0_m + level.cell_m * y
            rows.append(np.column_stack([u, v, RIM * level.cell_m * turn, by_size * rank]))
        # a crater that two levels show is kept once
        found = separate(np.concatenate(rows))
        craters = np.zeros(len(found), CRATER)
        for k, name in enumerate(("u_m", "v_m", "radius_m")):
            craters[name] = found[:, k]
        craters["quality"] = np.minimum(found[:, 3], 1.0)
        craters["height_m"], craters["depth_m"] = _relief(image_map, found)
        order = np.argsort(-craters["quality"], kind="stable")
        return cls(image_map, craters[order][:MOST_CRATERS])

    @classmethod
    def of_lists(
        cls,
        image_map: ImageMap,
        site: tuple[float, float],
        latitude_deg: ArrayLike,
        longitude_deg: ArrayLike,
        diameter_m: ArrayLike,
    ) -> CraterCatalogue:
        """Return the craters of a list that lie on a map, with the map's heights.

        Parameters
        ----------
        image_map : ImageMap
        site : (latitude, longitude)
            Of the map's origin [deg], planetocentric.
        latitude_deg, longitude_deg, diameter_m : array_like, (n,)
            Middles, planetocentric, and rim diameters.

        Raises
        ------
        VisionError
            One line: lists of different lengths, places or sizes that are none, none on the map.
        """
        parts = [np.asarray(each, np.float64) for each in (latitude_deg, longitude_deg, diameter_m)]
        if len({part.shape for part in parts}) != 1 or parts[0].ndim != 1:
            raise VisionError("latitudes, longitudes and diameters are lists of one length")
        latitude, longitude, diameter = parts
        if not (np.isfinite(longitude).all() and (np.abs(latitude) <= 90.0).all()):
            raise VisionError("a crater's latitude is -90 to 90 deg, its longitude a finite number")
        frame = SiteFrame(site[0], site[1], image_map.radius_m)
        lat, lon = np.radians(latitude), np.radians(longitude)
        level = deterministic.cos(lat)
        towards = np.stack(
            [
                level * deterministic.cos(lon),
                level * deterministic.sin(lon),
                deterministic.sin(lat),
            ],
            axis=-1,
        )
        place = deterministic.product(image_map.radius_m * towards, frame.moon_to_site.T)
        u, v, _ = image_map.arcs(place - np.array([0.0, 0.0, image_map.radius_m]))
        held = image_map.levels[0].covers(u, v)
        for finer in image_map.levels[1:]:
            held |= finer.covers(u, v)
        if not held.any():
            raise VisionError("no crater of the list lies on the map; check the site's place")
        craters = np.zeros(int(held.sum()), CRATER)
        craters["u_m"], craters["v_m"] = u[held], v[held]
        craters["radius_m"], craters["quality"] = 0.5 * diameter[held], 1.0
        rows = np.column_stack([u[held], v[held], 0.5 * diameter[held]])
        craters["height_m"], craters["depth_m"] = _relief(image_map, rows)
        return cls(image_map, craters)

    # ---- files -----------------------------------------------------------------------------

    @classmethod
    def load(
        cls, path: str | Path, image_map: ImageMap, site: tuple[float, float]
    ) -> CraterCatalogue:
        """Read a list of craters, CSV or GeoJSON: latitude, longitude, diameter.

        Parameters
        ----------
        path : str or Path
            `.csv` with a header that names `latitude_deg`, `longitude_deg` and `diameter_m` (or
            `diameter_km`), or `.geojson` of points with those properties.
        image_map : ImageMap
        site : (latitude, longitude)
            Of the map's origin [deg].

        Raises
        ------
        VisionError
            One line: not there, no such file, too large, a row that is no crater.
        """
        latitude, longitude, diameter = read_craters(Path(path), MOST_CRATERS)
        return cls.of_lists(image_map, site, latitude, longitude, diameter)

    def save(self, path: str | Path, site: tuple[float, float]) -> None:
        """Write the craters as CSV: latitude, longitude, diameter, and what else is known.

        Parameters
        ----------
        path : str or Path
        site : (latitude, longitude)
            Of the map's origin [deg].

        Raises
        ------
        VisionError
            It cannot be written there.
        """
        frame = SiteFrame(site[0], site[1], self.image_map.radius_m)
        away = self.places + np.array([0.0, 0.0, self.image_map.radius_m])
        x, y, z = deterministic.product(away, frame.moon_to_site).T
        craters = self.craters
        columns = {
            "latitude_deg": np.degrees(deterministic.arctan2(z, deterministic.hypot(x, y))),
            "longitude_deg": np.degrees(deterministic.arctan2(y, x)),
            "diameter_m": 2.0 * craters["radius_m"],
            "depth_m": craters["depth_m"],
            "quality": craters["quality"],
        }
        write_craters(Path(path), columns)


def _relief(image_map: ImageMap, found: Array) -> tuple[Array, Array]:
    """Return heights of the walls' middles and depths [m] of craters.

    Parameters
    ----------
    image_map : ImageMap
    found : (n, 3 or more) array
        Rows of u, v, rim radius [m].
    """
    angle: Array = np.arange(_RAYS, dtype=np.float64) * (2.0 * math.pi / _RAYS)
    cosine, sine = deterministic.cos(angle), deterministic.sin(angle)
    u, v, radius = (found[:, k, None] for k in range(3))
    wall, depth = np.zeros(len(found)), np.full(len(found), math.nan)
    for level in image_map.levels:  # the finest that holds one has the word
        held = level.covers(found[:, 0], found[:, 1])
        walls = _ring(level, u + _WALL * radius * cosine, v + _WALL * radius * sine)
        rims = _ring(level, u + radius * cosine, v + radius * sine)
        deep = rims - level.height_at(found[:, 0], found[:, 1])
        wall, depth = np.where(held, walls, wall), np.where(held, deep, depth)
    return wall, depth


def _ring(level: MapLevel, u: Array, v: Array) -> Array:
    """Return the mean height [m] of rings of places (n, rays)."""
    heights = level.height_at(u, v)
    total = np.zeros(len(heights))
    for k in range(heights.shape[1]):
        total += heights[:, k]
    return np.asarray(total / heights.shape[1])
