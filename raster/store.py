"""An open raster, checked once: its CRS, its scale, and whether its heights can be metres."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from farside.raster.bands import check_numbers, height_band
from farside.raster.heights import (
    limits_error,
    patch_starts,
    problem_of_most,
    step_note,
    step_of,
    unit_error,
    void_error,
)
from farside.raster.lunar import check_size, lunar_crs
from farside.raster.moon_crs import whole_moon
from farside.raster.paths import check_file, not_a_raster, partners
from farside.raster.projection import LunarProjection, apply
from farside.raster.raster import MOON_RADIUS_M, RasterError
from farside.raster.scale import HeightScale, are_radii, height_scale

_CACHE_MB = 128  # of GDAL's own; its default is a twentieth of the machine
_PATCH = 32  # pixels a side of the patches that are checked
_PATCHES = 7  # along either side
_MOON_CELL_M = 3790.0  # of the whole-Moon DEM
_WIDE_M = 40e3  # ten cells of the whole-Moon DEM: less says nothing of a scale
_RELIEF_M = 150.0  # 1-sigma of the whole-Moon DEM under the patches: less says nothing either
_FACTORS = {
    "km": 1e-3,
    "ft": 1.0 / 0.3048,
    "dm": 10.0,
    "cm": 100.0,
    "mm": 1000.0,
}
_SCALINGS = (0.25, 0.5, 2.0)


@dataclass(frozen=True, eq=False)
class RasterStore:
    """An open raster of lunar heights.

    Attributes
    ----------
    name : str
        What to call it in a message.
    source : rasterio.DatasetReader
        Open.
    projection : LunarProjection
        Of its CRS, which is the Moon's.
    scale : HeightScale
        From stored numbers to metres.
    sides_m : (down, across)
        Sides of a cell [m], at the equator where coordinates are angles.
    trusted : bool
        The user says what the unit is: nothing is guessed.
    band, alpha : int
        Of the heights, and (if not 0) of what is 0 where there are none; counted from 1.
    notes : tuple of str
        What was assumed, in sentences.
    """

    name: str
    source: rasterio.DatasetReader
    projection: LunarProjection
    scale: HeightScale
    sides_m: tuple[float, float]
    trusted: bool
    band: int = 1
    alpha: int = 0
    notes: tuple[str, ...] = ()

    def look_over(self) -> RasterStore:
        """Read patches all over the raster, and return the store with what they show.

        Raises
        ------
        RasterError
            A damaged file, or heights that cannot be metres on the Moon; one line that names the
            factor and the option.
        """
        source, scale = self.source, self.scale
        down, across = (
            patch_starts(size, _PATCH, _PATCHES) for size in (source.height, source.width)
        )
        places = [(r, c) for r in down for c in across]
        stored = [
            self.stored(Window(c, r, min(_PATCH, source.width), min(_PATCH, source.height)))
            for r, c in places
        ]
        metres = np.concatenate(
            [(part * scale.scale + scale.offset).ravel() * scale.metres for part in stored]
        )
        if np.isfinite(metres).any():
            scale = dataclasses.replace(scale, radii=are_radii(metres))
        store = dataclasses.replace(self, scale=scale)
        patches = [scale.heights(part) for part in stored]
        for part, numbers in zip(patches, stored, strict=True):
            store.check(part, numbers)
        if not self.trusted:
            _check_plausible(store, places, patches)
        step_m = step_of(stored, self._dtype) * abs(scale.scale * scale.metres)
        told = step_note(step_m, min(self.sides_m))
        return dataclasses.replace(store, notes=(*store.notes, *told))

    @property
    def _dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = np.dtype(self.source.dtypes[self.band - 1])
        return dtype

    def heights(self, window: Window) -> NDArray[np.float64]:
        """Read heights [m] above the sphere of 1737.4 km; NaN in holes.

        Raises
        ------
        RasterError
            A damaged file; a height that the Moon has not; a number for no height that nobody
            declared.
        """
        stored = self.stored(window)
        heights = self.scale.heights(stored)
        self.check(heights, stored)
        return heights

    def check(self, heights: NDArray[np.float64], stored: NDArray[np.float64]) -> None:
        """Refuse heights beyond the Moon's, and voids that nobody declared.

        Raises
        ------
        RasterError
            One line with the option that mends it.
        """
        problem = limits_error(heights, stored, "flags")
        if problem is None and not self.trusted:
            problem = void_error(heights, min(self.sides_m), stored, "flags")
        if problem is not None:
            raise RasterError(f"{self.name}: {problem}")

    def stored(self, window: Window) -> NDArray[np.float64]:
        """Read the numbers of a window, NaN where the file or its user says there is no height.

        Raises
        ------
        RasterError
            A damaged file.
        """
        try:
            part = self.source.read(self.band, window=window, masked=True)
            valid = self.source.read(self.alpha, window=window) if self.alpha else None
        except RasterioError as error:
            raise not_a_raster(self.name) from error
        with np.errstate(invalid="ignore"):  # of a damaged file: NaN that signals
            stored: NDArray[np.float64] = part.astype(np.float64).filled(np.nan)
        stored[~np.isfinite(stored)] = np.nan
        if valid is not None:
            stored[valid == 0] = np.nan
        nodata = self.scale.nodata
        if nodata is not None:
            # as good as single precision has it: -3.4e38 is no exact number
            stored[np.isclose(stored, nodata, rtol=1e-6, atol=0.0)] = np.nan
        return stored


@contextmanager
def open_store(
    path: str | Path, unit: str | None = None, nodata: float | None = None
) -> Iterator[RasterStore]:
    """Open a raster of heights in any lunar CRS; `RasterStore.look_over` is for the caller.

    Parameters
    ----------
    path : str or Path
        A GeoTIFF, PDS, PDS4 or ISIS raster, or any other that GDAL reads.
    unit : str, optional
        What its heights are in, whatever the file says; see `farside.raster.units.metres_per`.
        With it nothing is guessed: heights within the Moon's limits are taken as they are.
    nodata : float, optional
        A stored number that stands for no height, beside those that the file declares.

    Raises
    ------
    RasterError
        One line: not there, not a raster, damaged, without CRS, of another body, of absurd size,
        or of a unit that is not known.
    """
    with open_source(path) as source:
        yield _store_of(source, Path(path).name, unit, nodata)


@contextmanager
def open_source(path: str | Path) -> Iterator[rasterio.DatasetReader]:
    """Open whatever GDAL reads, heights or an image; nothing of it is checked.

    Raises
    ------
    RasterError
        One line: not there, or not a raster.
    """
    check_file(path)
    with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            source = _opened(path)
        except (RasterioError, UnicodeDecodeError) as error:  # texts of a damaged file
            raise not_a_raster(Path(path).name) from error
        with source:
            yield source


def _opened(path: str | Path) -> rasterio.DatasetReader:
    """Open a raster, or what the file beside it says of it: an image by its detached label."""
    try:
        return rasterio.open(path)
    except RasterioError:
        for other in partners(path):
            try:
                return rasterio.open(other)
            except RasterioError:
                continue
        raise


def _store_of(
    source: rasterio.DatasetReader, name: str, unit: str | None, nodata: float | None
) -> RasterStore:
    band, alpha, notes = height_band(source, name)
    whole = lunar_crs(source, name)
    projection = LunarProjection(whole, name)
    check_size(source, projection, name)
    ellipsoid = projection.crs.ellipsoid
    sphere_m = float(ellipsoid.semi_major_metre) if ellipsoid is not None else MOON_RADIUS_M
    scale = height_scale(source, whole, sphere_m, name, unit, nodata, band)
    check_numbers(source, band, scale.declared, name)
    if not scale.declared and not projection.geographic and projection.metres not in (1.0, 1000.0):
        notes += (
            f"{name}: its heights name no unit and were taken as metres, though x and y are in "
            f"units of {projection.metres:.9g} m; if heights are, too, declare it (--unit).",
        )
    a, b, _, d, e, _ = list(source.transform)[:6]
    sides = (math.hypot(b, e) * projection.metres, math.hypot(a, d) * projection.metres)
    return RasterStore(name, source, projection, scale, sides, unit is not None, band, alpha, notes)


def _check_plausible(
    store: RasterStore,
    places: list[tuple[int, int]],
    patches: list[NDArray[np.float64]],
) -> None:
    """Refuse heights whose spread cannot be metres on the Moon.

    Raises
    ------
    RasterError
        One line that names the factor and the option.
    """
    if not store.scale.declared:
        problems = [
            unit_error(part, _ground_m(store, row), "flags")
            for (row, _), part in zip(places, patches, strict=True)
        ]
        told = [p for p, part in zip(problems, patches, strict=True) if np.isfinite(part).any()]
        problem = problem_of_most(told)
        if problem is not None:
            raise RasterError(f"{store.name}: {problem}")
    _check_scale(store, places, patches)


def _ground_m(store: RasterStore, row: int) -> tuple[float, float]:
    """Sides of a cell [m] down and across at a row: degrees of longitude differ in width."""
    sides = store.sides_m
    if not store.projection.geographic:
        return sides
    _, y = apply(store.source.transform, 0.5 * store.source.width, row)
    _, latitude = store.projection.to_degrees(0.0, y)
    return sides[0], sides[1] * max(math.cos(math.radians(float(latitude))), 1e-3)


def _check_scale(
    store: RasterStore,
    places: list[tuple[int, int]],
    patches: list[NDArray[np.float64]],
) -> None:
    """Compare how heights vary over a wide raster with the whole-Moon DEM."""
    sides = store.sides_m
    if max(store.source.height * sides[0], store.source.width * sides[1]) < _WIDE_M:
        return
    known = [np.isfinite(part).mean() > 0.5 for part in patches]
    if sum(known) < 12:
        return
    rows = [r + 0.5 * p.shape[0] for (r, _), p, k in zip(places, patches, known, strict=True) if k]
    cols = [c + 0.5 * p.shape[1] for (_, c), p, k in zip(places, patches, known, strict=True) if k]
    try:
        longitude, latitude = store.projection.to_degrees(
            *apply(store.source.transform, cols, rows)
        )
    except ProjError:
        return
    here = np.isfinite(longitude) & np.isfinite(latitude) & (np.abs(latitude) <= 90.0)
    if np.count_nonzero(here) < 12:
        return
    # what one cell of the whole-Moon DEM is the mean of, or as much of it as a patch holds
    half = max(1, min(_PATCH, round(_MOON_CELL_M / max(sides))) // 2)
    middles = [
        part[n // 2 - half : n // 2 + half + 1, m // 2 - half : m // 2 + half + 1]
        for part, (n, m) in ((part, np.minimum(part.shape, _PATCH)) for part in patches)
    ]
    ours = np.array(
        [
            np.nanmean(m) if np.isfinite(m).any() else np.nan
            for m, k in zip(middles, known, strict=True)
            if k
        ]
    )
    here &= np.isfinite(ours)
    if np.count_nonzero(here) < 12:
        return
    ours = ours[here]
    moon = whole_moon().sample(latitude[here], longitude[here])
    if moon.std() < _RELIEF_M or ours.std() == 0.0:
        return
    if np.corrcoef(ours, moon)[0, 1] < 0.95:
        return
    ratio = float(ours.std() / moon.std())
    for unit, factor in _FACTORS.items():
        if abs(ratio / factor - 1.0) < 0.1:
            raise RasterError(
                f"{store.name}: its heights vary {ratio:.3g} times as much as the Moon's there: "
                f"they look like {unit}, a factor of {1.0 / factor:.4g}; declare the unit "
                f"(--unit {unit}, or --unit m if it is so)"
            )
    for factor in _SCALINGS:
        if abs(ratio / factor - 1.0) < 0.1:
            raise RasterError(
                f"{store.name}: its heights vary {ratio:.3g} times as much as the Moon's there: a "
                f"scale of {1.0 / factor:g} is missing; set it (gdal_edit.py -scale "
                f"{1.0 / factor:g}), or pass --unit m if it is so"
            )
