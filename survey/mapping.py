"""The maps of a grid, window by window: the same bits however the grid is cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.report.reasons import REASONS
from farside.survey.clearance import Unsafe, clearances
from farside.survey.coarse import coarse_reasons, coarse_slope
from farside.survey.errors import SurveyError
from farside.survey.geometry import Band, Geometry
from farside.survey.layers import Layers
from farside.survey.query import Query
from farside.survey.sources import Source
from farside.survey.tiles import Tile, tiles
from farside.survey.view import View
from farside.terrain import Assessment, ElevationMap, FootprintError, Reason, assess
from farside.terrain.assessment import LegCells, Workspace
from farside.terrain.conditions import Sensing, TouchdownDispersion
from farside.terrain.footprint import Datum, datum_of, half_widths
from farside.terrain.kernels import extremes
from farside.terrain.legs import LegContact
from farside.terrain.returns import lost_m

_WINDOW = 2048  # cells a side of the windows that are read for their heights

Image = NDArray[np.float32]
Progress = Callable[[str, float], None]


@dataclass
class Maps:
    """What came out beside the layers."""

    coarse: bool
    datum: Datum
    unsafe: Unsafe
    view: View
    known: int
    """Cells that have a height."""
    legs_fit: bool
    """Whether the cells are fine enough for the lander to be stood on its legs."""
    tally: dict[Reason, int] = field(default_factory=dict)
    """Cells that each reason speaks against."""
    gravest: dict[Reason, int] = field(default_factory=dict)
    """Cells that each reason is the gravest against."""


def is_coarse(geometry: Geometry, query: Query) -> bool:
    """Whether a footprint spans fewer than two cells, or returns miss hazards: none can be seen."""
    return query.lander.footprint_m < 2.0 * geometry.coarsest_m or misses_hazards(geometry, query)


def misses_hazards(geometry: Geometry, query: Query) -> bool:
    """Whether a hazard can stand between the returns that were gridded."""
    if query.spacing_m == 0.0:
        return False
    return lost_m(geometry.coarsest_m, query.spacing_m) >= query.limits.roughness_m


def map_hazards_of(
    source: Source, query: Query, layers: Layers, side: int, progress: Progress
) -> Maps:
    """Fill the layers.

    Parameters
    ----------
    source : Source
        The heights.
    query : Query
        The lander and the uncertainties.
    layers : Layers
        Where the maps go.
    side : int
        Cells along a window's side, a multiple of 8.
    progress : callable
        Told of the stages "looking", "mapping" and "clearance", from 0 to 1.

    Raises
    ------
    SurveyError, RasterError
        Nothing to map, or damaged data, found on the way.
    """
    geometry = source.geometry
    coarse = is_coarse(geometry, query)
    datum, known = look_over(source, query, progress)
    workspaces = Workspaces(query, geometry, datum)
    unsafe, view = Unsafe(geometry.shape), View(geometry)
    maps = Maps(coarse, datum, unsafe, view, known, workspaces.legs_fit)
    done, total = 0, geometry.shape[0] * geometry.shape[1]
    for tile in tiles(geometry, query, side, coarse):
        heights = source.read(tile.outer_top, tile.outer_bottom, tile.outer_left, tile.outer_right)
        made = _coarse(tile, heights, query, geometry) if coarse else None
        made = made or _assessed(tile, heights, query, geometry, workspaces)
        for name, values in made.items():
            layers.put(name, tile.top, tile.left, values)
        reasons = made["reason"].astype(np.uint16)
        maps.unsafe.mark(tile.top, tile.left, reasons != 0)
        _count(maps, reasons)
        maps.view.add(tile.top, tile.left, tile.core(heights), made)
        done += tile.cells
        progress("mapping", done / total)
    for top, distance_m in () if coarse else clearances(maps.unsafe, geometry):
        layers.put("clearance_m", top, 0, distance_m)
        progress("clearance", (top + len(distance_m)) / geometry.shape[0])
    return maps


def look_over(source: Source, query: Query, progress: Progress) -> tuple[Datum, int]:
    """Read everything once: what the fixed-point heights hang on, and how many cells have one.

    Raises
    ------
    SurveyError
        If none has.
    """
    geometry = source.geometry
    rows, cols = geometry.shape
    # no footprint is wider than a square, in any band
    widest = query.lander.footprint_m / geometry.finest_m
    square = min(max(int(widest) + 4, 16), _WINDOW)
    step = _WINDOW // square * square
    lowest = np.full((-(-rows // square), -(-cols // square)), 3e38, np.float32)
    highest = -lowest
    known = 0
    for top in range(0, rows, step):
        for left in range(0, cols, step):
            heights = source.read(top, min(top + step, rows), left, min(left + step, cols))
            seen = np.isfinite(heights).view(np.uint8)
            known += int(np.count_nonzero(seen))
            i, j = top // square, left // square
            low = np.empty((-(-len(heights) // square), -(-heights.shape[1] // square)), np.float32)
            high = np.empty_like(low)
            extremes(heights, seen, square, low, high)
            lowest[i : i + low.shape[0], j : j + low.shape[1]] = low
            highest[i : i + low.shape[0], j : j + low.shape[1]] = high
        progress("looking", min(top + step, rows) / rows)
    if known == 0:
        raise SurveyError(
            f"{source.name}: not one cell has a height; check its nodata value and its band"
        )
    return datum_of(lowest, highest), known


class Workspaces:
    """Workspaces for windows of a grid, kept by shape."""

    def __init__(self, query: Query, geometry: Geometry, datum: Datum) -> None:
        """Begin with none, and find out whether the cells are fine enough for legs."""
        self._query = query
        self._geometry = geometry
        self._datum = datum
        self.legs_fit = _legs_fit(query, geometry)
        self._held: dict[tuple[tuple[int, int], Band], Workspace] = {}

    def of(self, shape: tuple[int, int], band: Band) -> Workspace:
        """Return the workspace for a window in a band."""
        key = (shape, band)
        if key not in self._held:
            # a grid has windows of few shapes, and a new band has windows of its own
            if len(self._held) >= 2:
                self._held.pop(next(iter(self._held)))
            cell_m = (band.across_m, band.down_m)
            self._held[key] = Workspace(shape, cell_m, self._query.lander, self._datum)
        return self._held[key]

    def assess(
        self, heights: Image, band: Band, top: int, left: int, leg_cells: LegCells = "survivors"
    ) -> Assessment:
        """Assess a window whose rows run as the file has them; the answer's run northwards.

        `top` and `left` are its first row and column in the grid.
        """
        geometry, query = self._geometry, self._query
        upright = heights[::-1] if geometry.mirrored else heights
        # a source has checked what it reads, or its user has said that nothing is a void
        elevation = ElevationMap.from_array(
            upright, band.across_m, cell_north_m=band.down_m, trusted=True
        )
        dispersion_m, correlation = query.on_grid(geometry.turn_deg)
        turn_deg = None
        if geometry.turning and dispersion_m[0] != dispersion_m[1]:
            # about a pole east and north are others in every cell
            dispersion_m, correlation = query.dispersion_m, 0.0
            turns = geometry.turns(top, top + len(heights), left, left + heights.shape[1])
            turn_deg = turns[::-1] if geometry.mirrored else turns
        return assess(
            elevation,
            query.lander,
            query.limits,
            sensing=Sensing(query.sigma_m, query.spacing_m),
            dispersion=TouchdownDispersion(*dispersion_m, correlation, turn_deg),
            leg_cells=leg_cells if self.legs_fit else "none",
            workspace=self.of(elevation.shape, band),
        )


def _legs_fit(query: Query, geometry: Geometry) -> bool:
    """Whether the cells of every band tell the pads apart."""
    try:
        for band in geometry.bands:
            LegContact((1, 1), (band.across_m, band.down_m), query.lander)
    except FootprintError:
        return False
    return True


def _assessed(
    tile: Tile, heights: Image, query: Query, geometry: Geometry, workspaces: Workspaces
) -> dict[str, Image]:
    """Assess a window; without a height in it there is nothing to assess."""
    if not np.isfinite(heights).any():
        return _unknown(tile, query, geometry)
    found = workspaces.assess(heights, tile.band, tile.outer_top, tile.outer_left)
    flip = slice(None, None, -1) if geometry.mirrored else slice(None)
    values: dict[str, NDArray[Any]] = {
        "slope_deg": found.slope_deg,
        "roughness_m": found.roughness_m,
        "probability": found.probability,
        "bound": found.bound,
        "reason": found.reasons,
    }
    return {
        name: np.ascontiguousarray(tile.core(array[flip].astype(np.float32)))
        for name, array in values.items()
    }


def _unknown(tile: Tile, query: Query, geometry: Geometry) -> dict[str, Image]:
    """Layers of a window without heights: unseen, or at the edge where the footprint leaves."""
    band, width_m = tile.band, query.lander.footprint_m
    across, down = 0.5 * width_m / band.across_m, 0.5 * width_m / band.down_m
    widths = half_widths(across, None if band.across_m == band.down_m else down)
    edge = _border(tile, geometry.shape, len(widths) - 1, int(widths[0]))
    nothing = np.full(edge.shape, np.nan, np.float32)
    zero = np.zeros(edge.shape, np.float32)
    reason = np.where(edge, np.float32(Reason.EDGE), np.float32(Reason.UNSEEN))
    return {
        "slope_deg": nothing,
        "roughness_m": nothing,
        "probability": zero,
        "bound": zero,
        "reason": reason,
    }


def _coarse(tile: Tile, heights: Image, query: Query, geometry: Geometry) -> dict[str, Image]:
    """Layers of a window that no hazard can be seen in."""
    sizes = geometry.sizes_m(tile.outer_top, tile.outer_bottom, tile.outer_left, tile.outer_right)
    slope = tile.core(coarse_slope(heights, *sizes))
    edge = _border(tile, geometry.shape, 1, 1)
    nothing = np.full(slope.shape, np.nan, np.float32)
    return {
        "slope_deg": slope,
        "roughness_m": nothing,
        "clearance_m": nothing,
        "probability": nothing,
        "bound": nothing,
        "reason": coarse_reasons(slope, edge, query.limits),
    }


def _border(tile: Tile, shape: tuple[int, int], rows: int, cols: int) -> NDArray[np.bool_]:
    """Cells of a tile that are nearer to the grid's edge than so many rows or columns."""
    row, col = np.arange(tile.top, tile.bottom), np.arange(tile.left, tile.right)
    in_rows = (row < rows) | (row >= shape[0] - rows)
    in_cols = (col < cols) | (col >= shape[1] - cols)
    return in_rows[:, None] | in_cols


def _count(maps: Maps, reasons: NDArray[np.uint16]) -> None:
    held = np.bincount(reasons.ravel(), minlength=1)
    for value in np.flatnonzero(held):
        count = int(held[value])
        for bit in _bits(int(value)):
            maps.tally[bit] = maps.tally.get(bit, 0) + count
        # the last that holds is the one it is painted for
        for bit in [bit for bit, *_ in REASONS if value & bit][-1:]:
            maps.gravest[bit] = maps.gravest.get(bit, 0) + count


def _bits(value: int) -> Iterator[Reason]:
    return (bit for bit in Reason if value & bit)
