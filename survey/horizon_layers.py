"""Light and links of a whole raster, written as a folder: whole or not at all.

The raster is worked through in tiles, each with the ground in its reach, so that it may be larger
than memory: a tile's table of horizons is held only until Sun, Earth and relay have been followed
over it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.raster import Dem
from farside.report.output import FolderKind, ReportError, check_output, write_folder
from farside.survey.errors import SurveyError
from farside.survey.facts import to_json
from farside.survey.geometry import Geometry
from farside.survey.horizon import Horizons, Progress, sweep_block
from farside.survey.horizon_axes import cell_axes
from farside.survey.horizon_bodies import Body
from farside.survey.horizon_facts import facts_of, slug, tags_of
from farside.survey.horizon_mosaic import Mosaic
from farside.survey.horizon_setup import (
    AZIMUTHS,
    EYE_M,
    REACH_M,
    ground_of,
    look_of,
    open_file,
)
from farside.survey.horizon_sweep import Look
from farside.survey.layers import Bands, TiffLayers, tiff_layers
from farside.survey.sources import Source

RASTER, PICTURE, PAGE, FACTS = "horizon.tif", "horizon.png", "horizon.html", "horizon.json"
HORIZON = FolderKind("horizon map", FACTS, frozenset((RASTER, PICTURE, PAGE, FACTS)))

_TABLE_BYTES = 500e6  # of one tile's table
_WIDEST = 1024  # columns of a tile
_SHARED = 256 * 10**6  # cells of a raster whose means are read once for all tiles
_DRAWN = 1000  # pixels along the longer side of a picture
_CLICKED = 2000  # cells of the page

Image = NDArray[np.float32]

_OF_BODY = {
    "share": ("1", "mean share of the disc that is visible, or share of the time without a disc"),
    "hours": ("h", "the same in hours"),
    "longest_gap_h": ("h", "longest time without any part of it"),
    "longest_seen_h": ("h", "longest time with some part of it"),
    "first_h": ("h", "first time with some part of it, after the start of the dates"),
    "last_h": ("h", "last time with some part of it, after the start of the dates"),
}
_OF_CELL = {
    "horizon_mean_deg": ("deg", "mean elevation of the horizon over all azimuths"),
    "horizon_highest_deg": ("deg", "highest elevation of the horizon"),
    "unsure_share": ("1", "share of the azimuths in which a hole may hide a higher horizon"),
}


@dataclass(frozen=True, eq=False)
class HorizonMap:
    """What was found over a raster.

    Attributes
    ----------
    name : str
        Of the raster.
    geometry : Geometry
        Its grid.
    look : Look
        Eye, reach and azimuths.
    bodies : tuple of Body
        That were followed.
    step : int
        Every how many rows and columns `maps` and `heights_m` hold.
    maps : dict of ndarray
        Bands by their names, every `step`-th cell.
    heights_m : ndarray
        Of the ground.
    clicked : ClickedCells
        Cells of the page with their horizons.
    means : dict of float
        Mean of every band over the cells with a height.
    unknown : int
        Cells without a height.
    notes : tuple of str
        What was assumed, in sentences.
    """

    name: str
    geometry: Geometry
    look: Look
    bodies: tuple[Body, ...]
    step: int
    maps: dict[str, Image]
    heights_m: Image
    clicked: ClickedCells
    means: dict[str, float]
    unknown: int
    notes: tuple[str, ...]


@dataclass(eq=False)
class ClickedCells:
    """Every so many cells with their horizons and axes, for a page.

    Attributes
    ----------
    step : int
        Every how many rows and columns.
    rows, cols : ndarray (N,)
        Of the raster.
    horizon_deg : ndarray (N, A) float32
        By bearing; NaN without a height.
    axes : ndarray (N, 10)
        See `farside.survey.horizon_axes.cell_axes`.
    turn_deg : ndarray (N,)
        Of the grid's up from true north.
    """

    step: int
    rows: NDArray[np.intp]
    cols: NDArray[np.intp]
    horizon_deg: Image
    axes: NDArray[np.float64]
    turn_deg: NDArray[np.float64]


def bands_of(bodies: Sequence[Body]) -> Bands:
    """Return the bands of some bodies' layers: unit and meaning by name."""
    bands = dict(_OF_CELL)
    for body in bodies:
        for key, (unit, meaning) in _OF_BODY.items():
            bands[f"{slug(body.name)}_{key}"] = unit, f"{body.name}: {meaning}"
    return bands


def map_horizons(
    path: str | Path | Dem,
    folder: str | Path,
    bodies: Sequence[Body],
    *,
    cell_m: float | None = None,
    site: tuple[float, float] | None = None,
    azimuths: int = AZIMUTHS,
    eye_m: float = EYE_M,
    reach_m: float = REACH_M,
    far: Sequence[str | Path | Dem] = (),
    moon: bool = True,
    progress: Progress | None = None,
) -> tuple[HorizonMap, tuple[str, ...]]:
    """Map light and links over a raster of any size, and write layers, picture and page.

    Parameters
    ----------
    path : str, Path or Dem
        See `farside.survey.horizon.horizons`.
    folder : str or Path
        Where to: missing, empty, or an earlier one of the same kind, which is replaced.
    bodies : sequence of Body
        Of one span of dates.
    cell_m : float, optional
        Side of a cell [m] of a `.npy`.
    site : (latitude, longitude), optional
        Of the middle of heights without a CRS [deg].
    azimuths, eye_m, reach_m, far, moon
        As `farside.survey.horizon.horizons` takes them.
    progress : callable, optional
        Called as progress(stage, done).

    Returns
    -------
    found, names
        Its maps at every so many cells; the names of all files.

    Raises
    ------
    SurveyError, RasterError, ReportError
        One line; nothing is left half-written.
    """
    look = look_of(azimuths, eye_m, reach_m)
    if not bodies:
        raise SurveyError("no body to follow; give the Sun, the Earth or a relay")
    place = check_output(folder, HORIZON)
    if Path(os.path.realpath(path)).is_relative_to(place):
        raise ReportError(f"{folder}: holds {Path(path).name}, the input; give another folder")
    found: list[HorizonMap] = []

    def fill(fresh: Path) -> tuple[str, ...]:
        with open_file(path, cell_m) as source:
            bands = bands_of(bodies)
            with tiff_layers(fresh / RASTER, source.geometry, {}, bands) as layers:
                work = _Work(source, look, tuple(bodies), site, bands, layers, progress)
                found.append(work.run(far, moon))
                layers.tag(tags_of(found[0]))
        if progress is not None:
            progress("writing", 0.5)
        from farside.survey.horizon_page import page
        from farside.survey.horizon_picture import picture

        png = picture(found[0])
        (fresh / PICTURE).write_bytes(png)
        (fresh / PAGE).write_text(page(found[0]), "utf-8")
        (fresh / FACTS).write_text(to_json(facts_of(found[0])), "utf-8")
        return RASTER, PICTURE, PAGE, FACTS

    names = write_folder(folder, HORIZON, fill)
    return found[0], names


class _Work:
    """The passage over a raster, tile by tile."""

    def __init__(
        self, source: Source, look: Look, bodies: tuple[Body, ...],
        site: tuple[float, float] | None, bands: Bands, layers: TiffLayers,
        progress: Progress | None,
    ) -> None:  # fmt: skip
        self.source, self.look, self.bodies, self.site = source, look, bodies, site
        self.layers, self.report = layers, progress or (lambda _stage, _done: None)
        rows, cols = source.geometry.shape
        self.step = max(1, -(-max(rows, cols) // _DRAWN))
        drawn = -(-rows // self.step), -(-cols // self.step)
        self.maps = {name: np.full(drawn, np.nan, np.float32) for name in bands}
        self.heights = np.full(drawn, np.nan, np.float32)
        self.sums = {name: [0.0, 0.0] for name in bands}
        self.unknown = 0
        self.click = max(1, math.ceil(math.sqrt(rows * cols / _CLICKED)))
        self.clicked: list[tuple[Any, ...]] = []

    def run(self, far: Sequence[str | Path | Dem], moon: bool) -> HorizonMap:
        """Work through all tiles."""
        geometry = self.source.geometry
        tiles = list(tiles_of(geometry.shape, len(self.look.bearings_deg)))
        notes: tuple[str, ...] = ()
        whole = (0, 0), geometry.shape
        with ExitStack() as stack:
            shared = None
            if geometry.shape[0] * geometry.shape[1] <= _SHARED:
                shared = ground_of(self.source, far, moon, self.look, whole, stack)
            for n, tile in enumerate(tiles):
                with ExitStack() as own:
                    mosaic, notes = shared or ground_of(
                        self.source, far, moon, self.look, tile, own
                    )
                    self._tile(mosaic, notes, tile, (n, len(tiles)))
        if self.unknown == geometry.shape[0] * geometry.shape[1]:
            raise SurveyError(f"{self.source.name}: holds no height at all")
        means = {k: (s / n if n else math.nan) for k, (s, n) in self.sums.items()}
        return HorizonMap(
            self.source.name, geometry, self.look, self.bodies, self.step, self.maps,
            self.heights, self._cells(), means, self.unknown, notes,
        )  # fmt: skip

    def _tile(
        self,
        mosaic: Mosaic,
        notes: tuple[str, ...],
        tile: tuple[tuple[int, int], tuple[int, int]],
        turn: tuple[int, int],
    ) -> None:
        """Work on one tile, if it holds a height."""
        place, shape = tile
        if not np.isfinite(mosaic.own(*place, *shape)).any():
            self.unknown += shape[0] * shape[1]
            return

        def report(_stage: str, done: float) -> None:
            self.report("horizons", (turn[0] + 0.7 * done) / turn[1])

        self._take(sweep_block(self.source, mosaic, self.look, place, shape, notes, report))
        self.report("horizons", (turn[0] + 1) / turn[1])

    def _take(self, found: Horizons) -> None:
        """Follow every body over a tile, and store what comes of it."""
        missing = ~np.isfinite(found.heights_m)
        self.unknown += int(np.count_nonzero(missing))
        table = found.elevation_deg
        self._put(found, "horizon_mean_deg", table.mean(axis=0, dtype=np.float64))
        self._put(found, "horizon_highest_deg", table.max(axis=0))
        self._put(found, "unsure_share", found.unsure_share)
        for body in self.bodies:
            seen = found.visible(body, self.site)
            for key in _OF_BODY:
                self._put(found, f"{slug(body.name)}_{key}", getattr(seen, key))
        self._drawn(self.heights, found, found.heights_m)
        self._click(found)

    def _put(self, found: Horizons, name: str, values: NDArray[Any]) -> None:
        layer = np.ascontiguousarray(values, np.float32)
        self.layers.put(name, *found.place, layer)
        self._drawn(self.maps[name], found, layer)
        held = layer[np.isfinite(layer)]
        self.sums[name][0] += float(held.sum(dtype=np.float64))
        self.sums[name][1] += held.size

    def _drawn(self, out: Image, found: Horizons, values: NDArray[Any]) -> None:
        """Keep every `step`-th cell."""
        top, left = (-p % self.step for p in found.place)
        part = values[top :: self.step, left :: self.step]
        i, j = ((p + self.step - 1) // self.step for p in found.place)
        out[i : i + part.shape[0], j : j + part.shape[1]] = part

    def _click(self, found: Horizons) -> None:
        """Keep horizons and axes of the page's cells."""
        first = [(self.click // 2 - p) % self.click for p in found.place]
        rows = np.arange(first[0], found.shape[0], self.click)
        cols = np.arange(first[1], found.shape[1], self.click)
        if not (rows.size and cols.size):
            return
        i, j = (x.ravel() for x in np.meshgrid(rows, cols, indexing="ij"))
        axes = cell_axes(found.geometry, found.place, found.heights_m, self.look, self.site)
        self.clicked.append(
            (
                i + found.place[0], j + found.place[1], found.elevation_deg[:, i, j].T.copy(),
                axes[:, i * found.shape[1] + j].T.copy(), found.turn_deg[i, j],
            )
        )  # fmt: skip

    def _cells(self) -> ClickedCells:
        parts = [np.concatenate(part) for part in zip(*self.clicked, strict=True)]
        return ClickedCells(self.click, *parts)


def tiles_of(
    shape: tuple[int, int], azimuths: int
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield place and shape of tiles, each with a table that memory holds."""
    rows, cols = shape
    wide = -(-cols // -(-cols // _WIDEST))
    most = max(1, int(_TABLE_BYTES / (4.0 * azimuths * wide)))
    high = -(-rows // -(-rows // most))
    for top in range(0, rows, high):
        for left in range(0, cols, wide):
            yield (top, left), (min(high, rows - top), min(wide, cols - left))
