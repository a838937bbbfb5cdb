"""What a horizon is asked for, checked; the source and the ground within its reach."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.raster import MOON_RADIUS_M, Dem
from farside.survey.errors import SurveyError, check_place
from farside.survey.horizon_mosaic import Layer, Mosaic, Span, span_of
from farside.survey.horizon_planes import LocalPlane, RasterPlane, units_of
from farside.survey.horizon_sweep import Look
from farside.survey.sources import Source, array_source, open_source

EYE_M, REACH_M, AZIMUTHS, CELLS = 2.0, 200e3, 360, 1024
MOST_HELD = 1.6 * 2**30  # of a table, bytes
_MOST_REACH_M = 1000e3
_FEWEST, _MOST = 8, 3600
_CELL_M = (1e-3, 50e3)  # of heights without a CRS

Array = NDArray[np.float64]
Elevation = str | Path | Dem | NDArray[Any]


def look_of(
    azimuths: int, eye_m: float, reach_m: float, cells: int = CELLS, radius_m: float = MOON_RADIUS_M
) -> Look:
    """Check how a horizon is looked for.

    Raises
    ------
    SurveyError
        One line.
    """
    if not (isinstance(azimuths, int | np.integer) and _FEWEST <= azimuths <= _MOST):
        raise SurveyError(f"{azimuths} azimuths; give a whole number from {_FEWEST} to {_MOST}")
    if not 0.0 <= eye_m <= 200e3:
        raise SurveyError(f"an eye {eye_m:g} m above the ground; give 0 to 200000 m")
    if not 0.0 < reach_m <= _MOST_REACH_M:
        raise SurveyError(
            f"a reach of {reach_m / 1e3:g} km; give more than 0 and at most 1000 km (a 10 km "
            "mountain is hidden beyond 190 km from the datum)"
        )
    if not 16 <= cells <= 4096:
        raise SurveyError(f"{cells} cells of the finest level; give 16 to 4096")
    if not radius_m >= 1e3:
        raise SurveyError(f"a radius of {radius_m:g} m; give the sphere's, or numpy.inf")
    bearings = 360.0 / azimuths * np.arange(azimuths, dtype=np.float64)
    return Look(bearings, float(eye_m), float(reach_m), int(cells), float(radius_m))


@contextmanager
def opened(source: Elevation, cell_m: float | None) -> Iterator[tuple[Source, ExitStack]]:
    """Open a source, and a stack for the others that go with it.

    Raises
    ------
    SurveyError
        Heights in memory without a cell, or with one of no elevation data.
    """
    if cell_m is not None and not _CELL_M[0] <= cell_m <= _CELL_M[1]:
        raise SurveyError(
            f"cells of {cell_m:g} m; give metres, from {_CELL_M[0]:g} to {_CELL_M[1]:g}"
        )
    with ExitStack() as stack:
        if isinstance(source, str | Path | Dem):
            yield stack.enter_context(open_file(source, cell_m)), stack
            return
        if cell_m is None:
            raise SurveyError("heights in memory: give the side of a cell (cell_m)")
        yield array_source(source, cell_m), stack


def open_file(source: str | Path | Dem, cell_m: float | None = None) -> Any:
    """Open a file of heights, with what it does not say itself."""
    unit, nodata = (source.unit, source.nodata) if isinstance(source, Dem) else (None, None)
    return open_source(Path(source), cell_m, unit, nodata)


def block_of(
    source: Source,
    at: tuple[float, float] | None,
    window: tuple[int, int, int, int] | None,
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return place and shape of the block that is asked for."""
    rows, cols = source.geometry.shape
    if at is not None:
        return cell_at(source, *at), (1, 1)
    if window is None:
        return (0, 0), (rows, cols)
    top, bottom, left, right = window
    if not (0 <= top < bottom <= rows and 0 <= left < right <= cols):
        raise SurveyError(
            f"{source.name}: a window of rows {top} to {bottom} and columns {left} to {right}; it "
            f"has {rows} x {cols} cells"
        )
    return (top, left), (bottom - top, right - left)


def cell_at(source: Source, latitude_deg: float, longitude_deg: float) -> tuple[int, int]:
    """Return row and column of the cell at a place [deg].

    Raises
    ------
    SurveyError
        No CRS, no place on the Moon, or outside the source.
    """
    check_place(latitude_deg, longitude_deg, "place")
    if source.geometry.projection is None:
        raise SurveyError(f"{source.name}: has no CRS, so no latitude; give a window of cells")
    if not (abs(latitude_deg) <= 90.0 and math.isfinite(longitude_deg)):
        raise SurveyError(f"a place at {latitude_deg}, {longitude_deg}: give degrees N and E")
    col, row = RasterPlane(source.geometry).pixels(units_of(longitude_deg, latitude_deg))
    rows, cols = source.geometry.shape
    if not (-0.5 <= row < rows - 0.5 and -0.5 <= col < cols - 0.5):
        raise SurveyError(
            f"{source.name}: does not hold {latitude_deg:.4f}, {longitude_deg:.4f} deg; give a "
            "raster of the place, or another place"
        )
    return round(float(row)), round(float(col))


def check_table(shape: tuple[int, int], azimuths: int) -> None:
    """Refuse a table that memory would not hold.

    Raises
    ------
    SurveyError
        One line with the way out.
    """
    size = 4.0 * shape[0] * shape[1] * azimuths
    if size > MOST_HELD:
        raise SurveyError(
            f"a table of {shape[0]} x {shape[1]} cells and {azimuths} azimuths takes "
            f"{size / 2**30:.1f} GB; ask for a window or fewer azimuths, or for layers by "
            "`farside.survey.horizon_layers`, which hold one tile at a time"
        )


def ground_of(
    source: Source,
    far: Sequence[str | Path | Dem],
    moon: bool,
    look: Look,
    block: tuple[tuple[int, int], tuple[int, int]],
    stack: ExitStack,
) -> tuple[Mosaic, tuple[str, ...]]:
    """Return the ground within reach of a block, and what to say of it.

    Raises
    ------
    SurveyError, RasterError
        A plane with a CRS; far rasters for heights without one.
    """
    geometry = source.geometry
    rows, cols = geometry.shape
    notes = list(source.notes)
    if geometry.projection is None:
        if far:
            raise SurveyError(f"{source.name}: has no CRS, so far rasters have no place about it")
        plane = LocalPlane(geometry.middle.across_m, 1, not geometry.mirrored)
        layer = Layer(source, plane, Span(0, rows, 0, cols))
        mosaic = Mosaic(layer, source, (), False)
        notes.append("Beyond the edge of the heights nothing stands in the way.")
        return mosaic, (*notes, *_hole_notes(mosaic))
    if math.isinf(look.radius_m) or abs(look.radius_m - MOON_RADIUS_M) > 10e3:
        raise SurveyError(f"{source.name}: lies on the Moon's sphere; leave the radius out")
    base = RasterPlane(geometry)
    around = _around(base, block, look.reach_m)
    span = span_of(base, geometry.shape, around)
    assert span is not None  # the block itself is inside
    layers = []
    for path in far:
        held = stack.enter_context(open_file(path))
        if held.geometry.projection is None:
            raise SurveyError(f"{held.name}: has no CRS, so no place about {source.name}")
        other = RasterPlane(held.geometry)
        within = span_of(other, held.geometry.shape, around)
        if within is None:
            notes.append(f"{held.name} holds no ground within reach and was left out.")
            continue
        layer = Layer(held, other, within)
        if math.isinf(layer.highest_m):
            raise SurveyError(
                f"{held.name}: has no height within reach, holes alone; give another, or none"
            )
        layers.append(layer)
        notes += held.notes
    layers.sort(key=lambda layer: layer.post_m)
    mosaic = Mosaic(Layer(source, base, span), source, layers, moon)
    if not moon and not layers:
        notes.append(f"Beyond the edge of {source.name} nothing stands in the way.")
    return mosaic, (*notes, *_hole_notes(mosaic))


def _hole_notes(mosaic: Mosaic) -> tuple[str, ...]:
    count = mosaic.hole_count
    if not count:
        return ()
    return (
        f"{mosaic.base.name}: {count} cells within its ground have no height: what they may hide "
        "is counted as unsure.",
    )


def _around(
    base: RasterPlane, block: tuple[tuple[int, int], tuple[int, int]], reach_m: float
) -> Array:
    """Return places (N, 3) all over what is in reach of a block."""
    (top, left), (rows, cols) = block
    middle = base.units(left + 0.5 * (cols - 1), top + 0.5 * (rows - 1))
    ends = base.units(
        np.array([left, left + cols - 1] * 2), np.array([top, top, top + rows - 1, top + rows - 1])
    )
    half = float(np.arccos(np.clip(ends @ middle, -1.0, 1.0)).max())
    up = base.up(middle)
    right = np.cross(up, middle)
    t, b = np.meshgrid(
        np.linspace(0.0, half + 1.1 * reach_m / MOON_RADIUS_M, 48),
        np.linspace(0.0, 2.0 * np.pi, 96, endpoint=False),
    )
    t, b = t.reshape(-1, 1), b.reshape(-1, 1)
    return np.asarray(
        np.cos(t) * middle + np.sin(t) * (np.cos(b) * up + np.sin(b) * right), np.float64
    )
