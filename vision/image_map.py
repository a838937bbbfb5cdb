"""The onboard image map: heights and albedo about the track, as an orbiter would have given them.

Levels hold the same ground at postings that differ by a factor of four, the finer the smaller. A
level is a grid in arcs u, v about the site (along the flight, and across: up x along), rows along
v, columns along u; heights are radial, above the datum's radius.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.mission.writing import cannot_write
from farside.vision.errors import VisionError

Array = NDArray[np.float64]

#: Of the file that `ImageMap.save` writes; another is refused.
VERSION: Final = 1
#: Cells of a level, and of all levels together.
MOST_SIDE, MOST_CELLS, MOST_LEVELS = 16384, 4 * 10**7, 8
LEAST_SIDE: Final = 32


@dataclass(frozen=True, eq=False)
class MapLevel:
    """One grid of an image map.

    Attributes
    ----------
    u0_m, v0_m : float
        Arcs [m] of the first node.
    cell_m : float
        Posting [m].
    resolution_m : float
        Finest detail [m] that the heights hold: not below the posting.
    height_sigma_m : float
        Error of the heights [m], 1 sigma, besides the map's common error.
    heights : ndarray, (rows, cols), float32
        Above the datum's radius [m].
    albedo : ndarray, (rows, cols), uint8
        1 to 255; 0 is unknown.
    """

    u0_m: float
    v0_m: float
    cell_m: float
    resolution_m: float
    height_sigma_m: float
    heights: NDArray[np.float32]
    albedo: NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Refuse a grid that is none."""
        rows, cols = self.heights.shape if self.heights.ndim == 2 else (0, 0)
        if not (LEAST_SIDE <= rows <= MOST_SIDE and LEAST_SIDE <= cols <= MOST_SIDE):
            raise VisionError(
                f"a level of a map of shape {self.heights.shape}; sides have {LEAST_SIDE} to "
                f"{MOST_SIDE} cells"
            )
        if self.heights.dtype != np.float32 or self.albedo.dtype != np.uint8:
            raise VisionError("a map's heights are float32, its albedo uint8; convert them")
        if self.albedo.shape != self.heights.shape:
            raise VisionError(
                f"albedo of shape {self.albedo.shape} on heights of {self.heights.shape}; give "
                "both on one grid"
            )
        numbers = (self.u0_m, self.v0_m, self.height_sigma_m, self.resolution_m)
        if not all(math.isfinite(number) for number in numbers):
            raise VisionError("a level's place, resolution and error are finite numbers")
        if not (0.0 < self.cell_m <= 10000.0 and self.cell_m <= self.resolution_m * 1.0001):
            raise VisionError(
                f"a posting of {self.cell_m:g} m with a resolution of {self.resolution_m:g} m; "
                "the posting is above 0 and not above the resolution"
            )
        if not self.height_sigma_m >= 0.0 or not np.isfinite(self.heights).all():
            raise VisionError("a map's heights are finite and their error not below 0; fill holes")

    @property
    def end_m(self) -> tuple[float, float]:
        """Arcs u, v [m] of the last node."""
        rows, cols = self.heights.shape
        return self.u0_m + (cols - 1) * self.cell_m, self.v0_m + (rows - 1) * self.cell_m

    def height_at(self, u_m: ArrayLike, v_m: ArrayLike) -> Array:
        """Interpolate heights [m] at arcs [m], bilinear; beyond the grid, those of its edge."""
        rows, cols = self.heights.shape
        x = np.clip((np.asarray(u_m, np.float64) - self.u0_m) / self.cell_m, 0.0, cols - 1.001)
        y = np.clip((np.asarray(v_m, np.float64) - self.v0_m) / self.cell_m, 0.0, rows - 1.001)
        j, i = x.astype(np.intp), y.astype(np.intp)
        x, y, z = x - j, y - i, self.heights
        low = z[i, j] * (1.0 - x) + z[i, j + 1] * x
        high = z[i + 1, j] * (1.0 - x) + z[i + 1, j + 1] * x
        return np.asarray(low * (1.0 - y) + high * y)

    def covers(self, u_m: Array, v_m: Array) -> NDArray[np.bool_]:
        """Return which arcs [m] lie on the grid."""
        u1, v1 = self.end_m
        return np.asarray((u_m >= self.u0_m) & (u_m <= u1) & (v_m >= self.v0_m) & (v_m <= v1))


@dataclass(frozen=True, eq=False)
class ImageMap:
    """Heights and albedo about a track, in levels of posting, the coarsest first.

    Attributes
    ----------
    radius_m : float
        Of the site's origin: heights are above it [m].
    arc_m : float
        Radius [m] that turns the angles of u and v into metres.
    along_site : tuple of float
        Unit vector, site frame (East-North-Up), along which u grows; level.
    registration_sigma_m : tuple of float
        What the whole map may be shifted by [m], 1 sigma: east, north, up.
    sun_site : tuple of float
        Unit vector to the Sun under which the albedo was derived, site frame.
    levels : tuple of MapLevel

    Examples
    --------
    >>> from farside.flight.image_map import LevelSpec, MapSpec, build_image_map
    >>> from farside.ground import Ground
    >>> from farside.mission import load_mission
    >>> ground = Ground(load_mission("chang-e-6"), seed=3)
    >>> spec = MapSpec(levels=(LevelSpec(7, (-2500.0, 2500.0), 2500.0),))  # 5 km, cells of 12.8 m
    >>> build_image_map(ground, spec, seed=3).image_map.save("site.map.npz")
    >>> ImageMap.load("site.map.npz").levels[0].cell_m
    12.8
    """

    radius_m: float
    arc_m: float
    along_site: tuple[float, float, float]
    registration_sigma_m: tuple[float, float, float]
    sun_site: tuple[float, float, float]
    levels: tuple[MapLevel, ...]

    def __post_init__(self) -> None:
        """Refuse a map that is none."""
        if not 1 <= len(self.levels) <= MOST_LEVELS:
            raise VisionError(f"a map of {len(self.levels)} levels; it has 1 to {MOST_LEVELS}")
        cells = sum(level.heights.size for level in self.levels)
        if cells > MOST_CELLS:
            raise VisionError(f"a map of {cells} cells; all its levels hold {MOST_CELLS} at most")
        if not (1e5 < self.radius_m < 1e8 and 1e5 < self.arc_m < 1e8):
            raise VisionError("a map's radii are those of a moon [m]")
        along = np.array(self.along_site)
        if not (abs(deterministic.dot(along, along) - 1.0) < 1e-6 and along[2] == 0.0):
            raise VisionError("a map's direction of u is a level unit vector")
        if not all(0.0 <= sigma < 1e5 for sigma in self.registration_sigma_m):
            raise VisionError("a map's registration error is 0 m or more on each axis")
        cells_m = [level.cell_m for level in self.levels]
        if cells_m != sorted(cells_m, reverse=True):
            raise VisionError("a map's levels stand with the coarsest first")

    @cached_property
    def axes(self) -> Array:
        """Rows along, across = up x along, and up, site frame, (3, 3)."""
        x, y, _ = self.along_site
        return np.array([[x, y, 0.0], [-y, x, 0.0], [0.0, 0.0, 1.0]])

    def arcs(self, p_site: ArrayLike) -> tuple[Array, Array, Array]:
        """Return arcs u, v [m] and radial heights [m] above the datum of points (n, 3) [m]."""
        points = np.asarray(p_site, np.float64) + np.array([0.0, 0.0, self.radius_m])
        along, across, up = np.moveaxis(deterministic.product(points, self.axes.T), -1, 0)
        level = deterministic.hypot(along, up)
        return (
            self.arc_m * deterministic.arctan2(along, up),
            self.arc_m * deterministic.arctan2(across, level),
            deterministic.hypot(level, across) - self.radius_m,
        )

    def points(self, u_m: ArrayLike, v_m: ArrayLike, height_m: ArrayLike) -> Array:
        """Return points (n, 3) of the site frame [m] at arcs [m] and heights [m]."""
        phi, theta = np.asarray(u_m, np.float64) / self.arc_m, np.asarray(v_m) / self.arc_m
        r = self.radius_m + np.asarray(height_m, np.float64)
        level = r * deterministic.cos(theta)
        parts = np.stack(
            [
                level * deterministic.sin(phi),
                r * deterministic.sin(theta),
                level * deterministic.cos(phi),
            ],
            axis=-1,
        )
        return np.asarray(
            deterministic.product(parts, self.axes) - np.array([0.0, 0.0, self.radius_m])
        )

    # ---- files -----------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the map to a file.

        Raises
        ------
        VisionError
            It cannot be written there.
        """
        arrays: dict[str, Any] = {
            "version": np.int64(VERSION),
            "radii_m": np.array([self.radius_m, self.arc_m]),
            "along_site": np.array(self.along_site),
            "registration_sigma_m": np.array(self.registration_sigma_m),
            "sun_site": np.array(self.sun_site),
            "levels": np.array([_numbers(level) for level in self.levels]),
        }
        for k, level in enumerate(self.levels):
            arrays[f"heights_{k}"], arrays[f"albedo_{k}"] = level.heights, level.albedo
        held = io.BytesIO()
        np.savez_compressed(held, **arrays)
        try:
            Path(path).write_bytes(held.getvalue())
        except OSError as why:
            raise VisionError(cannot_write(path, why)) from None

    @classmethod
    def load(cls, path: str | Path) -> ImageMap:
        """Read a map that `save` wrote; sizes are checked before anything is unpacked.

        Raises
        ------
        VisionError
            One line: not there, no map, of another version, damaged, or too large.
        """
        name = Path(path).name
        try:
            _check_sizes(path, name)
            with np.load(path, allow_pickle=False) as archive:
                return cls._of(archive, name)
        except FileNotFoundError:
            raise VisionError(f"{name}: there is no such map") from None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as why:
            raise VisionError(f"{name}: is no map, or damaged ({why}); build it again") from None

    @classmethod
    def _of(cls, archive: Mapping[str, NDArray[Any]], name: str) -> ImageMap:
        if int(archive["version"]) != VERSION:
            raise VisionError(
                f"{name}: a map of version {int(archive['version'])}, this reads {VERSION}; build "
                "it again"
            )
        radii = archive["radii_m"].astype(np.float64)
        rows = archive["levels"].astype(np.float64)
        if radii.shape != (2,) or rows.ndim != 2 or rows.shape[1] != 5:
            raise VisionError(f"{name}: is no map: its tables have other sizes")
        levels = tuple(
            MapLevel(*_five(row), archive[f"heights_{k}"], archive[f"albedo_{k}"])
            for k, row in enumerate(rows)
        )
        vectors = [
            _three(archive[key], name) for key in ("along_site", "registration_sigma_m", "sun_site")
        ]
        return cls(float(radii[0]), float(radii[1]), vectors[0], vectors[1], vectors[2], levels)


def _numbers(level: MapLevel) -> list[float]:
    return [level.u0_m, level.v0_m, level.cell_m, level.resolution_m, level.height_sigma_m]


def _five(row: Array) -> tuple[float, float, float, float, float]:
    u0_m, v0_m, cell_m, resolution_m, height_sigma_m = row.tolist()
    return u0_m, v0_m, cell_m, resolution_m, height_sigma_m


def _three(values: NDArray[Any], name: str) -> tuple[float, float, float]:
    if values.shape != (3,) or not np.isfinite(values).all():
        raise VisionError(f"{name}: is no map: a vector of it is not three finite numbers")
    x, y, z = values.astype(np.float64).tolist()
    return x, y, z


def _check_sizes(path: str | Path, name: str) -> None:
    """Refuse an archive whose arrays would take more memory than a map may."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > 6 + 2 * MOST_LEVELS:
            raise VisionError(f"{name}: is no map: it holds {len(entries)} arrays")
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > 5 * MOST_CELLS + 10**5:
            raise VisionError(f"{name}: unpacks to {unpacked} bytes, more than a map may hold")
