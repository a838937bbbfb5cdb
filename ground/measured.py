"""What was measured of the ground: the whole-Moon DEM, and finer rasters on top of it.

It depends on the mission and its rasters alone, so that one copy serves every seed.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.ground._ground import GroundModel, heights_uv
from farside.ground.arcs import Arcs
from farside.ground.grid import Grid
from farside.ground.lattice import Block, Heights, cell_of, halve
from farside.raster import MOON_RADIUS_M, Dem, Raster, whole_moon
from farside.raster.paths import check_file

_BEHIND_M, _BEYOND_M, _ASIDE_M = 750e3, 50e3, 40e3  # the corridor, from the site
_FINEST_CORRIDOR_M, _COARSEST_CORRIDOR_M = 160.0, 950.0  # 2.5 million nodes at most
BLEND = 12.0  # pixels over which a raster takes over from what lies under it
REGION_LEVEL = 7  # 12.8 m
_REGION_NODES = 432  # either side of the site


@dataclass(frozen=True, eq=False)
class Measured:
    """The measured ground about a site.

    Attributes
    ----------
    arcs : Arcs
        Its arc_m is the radius of the Moon's measured surface at the site.
    rasters : tuple of Raster
        Finer than the whole-Moon DEM, the finest last.
    posting_m : float
        Of the finest raster at the site.
    corridor : Grid
        750 km before the site to 50 km beyond, 40 km to either side.
    region_level : int
        Level of the lattice of the region.
    region_block : Block
        Its nodes.
    region : ndarray, float32
        Heights [m] above arc_m on it; those of the corridor along its edge.
    """

    arcs: Arcs
    rasters: tuple[Raster, ...]
    posting_m: float
    corridor: Grid
    region_level: int
    region_block: Block
    region: Heights

    def heights(self, u: ArrayLike, v: ArrayLike) -> NDArray[np.float64]:
        """Return what was measured [m above arc_m] at arcs u, v [m], broadcast together."""
        return _heights(self.arcs, self.rasters, u, v)

    def coverage(self, number: int, u: ArrayLike, v: ArrayLike) -> NDArray[np.float64]:
        """Return the share that raster `number` of `rasters` has in the heights at arcs u, v [m].

        0 outside it, 1 from twelve pixels inside its edge and its holes; finer ones left aside.
        """
        return _share(self.rasters[number].inside(*self.arcs.latlon(u, v)))

    @property
    def base_level(self) -> int:
        """Level of the lattice on which the rasters are read about the site; finer ones halved."""
        level = self.region_level
        while cell_of(level + 1) < self.posting_m / 3.0:
            level += 1
        return level

    def block(self, level: int, block: Block) -> Heights:
        """Return what was measured [m above arc_m] at the nodes of a block anywhere.

        About the site, inside the blend of the region into the corridor, the same bits as `region`.
        """
        if level >= self.base_level:
            return _heights(self.arcs, self.rasters, *block.arcs(level)).astype(np.float32)
        coarse = block.coarser()
        return halve(self.block(level + 1, coarse), coarse, block)

    def raster_index(self, u: ArrayLike, v: ArrayLike) -> NDArray[np.int8]:
        """Return which raster is used at arcs u, v [m]: 0 the whole-Moon DEM, 1 the first finer."""
        latitude, longitude = self.arcs.latlon(u, v)
        index = np.zeros(latitude.shape, dtype=np.int8)
        for number, raster in enumerate(self.rasters, start=1):
            index[raster.inside(latitude, longitude) > 0.5 * BLEND] = number
        return index


def _heights(
    arcs: Arcs, rasters: Sequence[Raster], u: ArrayLike, v: ArrayLike
) -> NDArray[np.float64]:
    latitude, longitude = arcs.latlon(u, v)
    out = whole_moon().sample(latitude, longitude, cubic=True)
    for raster in rasters:
        inside = raster.inside(latitude, longitude)
        held = inside > 0.0
        if not held.any():
            continue
        weight = _share(inside[held])
        over = raster.sample(latitude[held], longitude[held], cubic=True)
        weight[np.isnan(over)] = 0.0
        out[held] += weight * (np.nan_to_num(over) - out[held])
    return out - (arcs.arc_m - MOON_RADIUS_M)


def _share(inside: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a raster's share so many pixels inside its edge.

    3 t^2 - 2 t^3: neither a step nor a crease where one raster takes over.
    """
    part = np.minimum(inside / BLEND, 1.0)
    return np.asarray(part * part * (3.0 - 2.0 * part))


def measure(
    latitude_deg: float,
    longitude_deg: float,
    azimuth_deg: float,
    radius_m: float,
    dems: Sequence[str | Path | Dem] = (),
) -> Measured:
    """Read and resample what a flight to a site needs; the last few are kept.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        The site, planetocentric mean-Earth.
    azimuth_deg : float
        Heading of the flight at the site, from north through east.
    radius_m : float
        How far [m] from the site synthetic detail reaches.
    dems : sequence of paths or Dem
        Rasters to lay on the whole-Moon DEM, in any order: finer ones come on top.

    Returns
    -------
    Measured

    Raises
    ------
    RasterError
        A raster that cannot be used, in one line.
    """
    files = []
    for dem in dems:
        told = dem if isinstance(dem, Dem) else Dem(os.fspath(dem))
        check_file(told.path)
        # the time of a file is part of the key: a raster made anew is read anew
        files.append((told, Path(told.path).stat().st_mtime_ns))
    return _measure(latitude_deg, longitude_deg, azimuth_deg, radius_m, tuple(files))


def whole_moon_radius(latitude_deg: float, longitude_deg: float) -> float:
    """Return the radius [m] of the whole-Moon DEM at a place, without reading a corridor.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        Planetocentric mean-Earth.
    """
    sphere = Arcs(latitude_deg, longitude_deg, 0.0, MOON_RADIUS_M)
    return MOON_RADIUS_M + float(_heights(sphere, [], 0.0, 0.0))


@lru_cache(maxsize=4)
def _measure(
    latitude_deg: float,
    longitude_deg: float,
    azimuth_deg: float,
    radius_m: float,
    files: tuple[tuple[Dem, int], ...],
) -> Measured:
    site = (latitude_deg, longitude_deg)
    sphere = Arcs(latitude_deg, longitude_deg, azimuth_deg, MOON_RADIUS_M)
    rasters = []
    if files:
        from farside.raster.read import open_raster  # GDAL and PROJ: only for a raster

        around = _places_to_read(sphere)
        rasters = [open_raster(dem.path, site, around, dem.unit, dem.nodata) for dem, _ in files]
    rasters.sort(key=lambda raster: -raster.posting_m(*site))
    here = float(_heights(sphere, rasters, 0.0, 0.0))
    arcs = Arcs(latitude_deg, longitude_deg, azimuth_deg, MOON_RADIUS_M + here)
    postings = [raster.posting_m(*site) for raster in (whole_moon(), *rasters)]
    corridor = _corridor(arcs, rasters, min(postings))
    level, block, region = _region(arcs, rasters, min(postings), radius_m, corridor)
    return Measured(arcs, tuple(rasters), min(postings), corridor, level, block, region)


def _places_to_read(arcs: Arcs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places over the corridor, denser and denser towards the site for small rasters."""
    u, v = np.meshgrid(
        np.linspace(-_BEHIND_M, _BEYOND_M, 401), np.linspace(-_ASIDE_M, _ASIDE_M, 41)
    )
    square = np.stack(np.meshgrid(*[np.linspace(-_ASIDE_M, _ASIDE_M, 81)] * 2))
    parts = [np.stack([u, v]), *(square * 0.5**halving for halving in range(11))]
    places = np.concatenate([part.reshape(2, -1) for part in parts], axis=1)
    return arcs.latlon(places[0], places[1])


def _corridor(arcs: Arcs, rasters: Sequence[Raster], posting_m: float) -> Grid:
    cell = float(np.clip(posting_m, _FINEST_CORRIDOR_M, _COARSEST_CORRIDOR_M))
    first, last, side = (int(np.ceil(x / cell)) for x in (_BEHIND_M, _BEYOND_M, _ASIDE_M))
    u = np.arange(-first, last + 1) * cell
    v = np.arange(-side, side + 1) * cell
    heights = _heights(arcs, rasters, u[None, :], v[:, None]).astype(np.float32)
    return Grid.of(heights, float(u[0]), float(v[0]), cell)


def _region(
    arcs: Arcs, rasters: Sequence[Raster], posting_m: float, radius_m: float, corridor: Grid
) -> tuple[int, Block, Heights]:
    level = REGION_LEVEL
    while _REGION_NODES * cell_of(level) < 1.1 * radius_m:
        level += 1
    block = Block(-_REGION_NODES, _REGION_NODES + 1, -_REGION_NODES, _REGION_NODES + 1)
    # pixels are smooth between themselves: a third of their spacing is read, the rest subdivided
    blocks = [block]
    while cell_of(level + len(blocks)) < posting_m / 3.0:
        blocks.append(blocks[-1].coarser())
    heights = _heights(arcs, rasters, *blocks[-1].arcs(level + len(blocks) - 1)).astype(np.float32)
    while len(blocks) > 1:
        have = blocks.pop()
        heights = halve(heights, have, blocks[-1])
    # the edge follows the corridor, so that no step surrounds the region
    u, v = block.arcs(level)
    half = _REGION_NODES * cell_of(level)
    part = np.clip((half - np.maximum(np.abs(u), np.abs(v))) / (0.08 * half), 0.0, 1.0)
    edge = np.nonzero(part < 1.0)
    model = GroundModel(arcs.arc_m, arcs.arc_m, arcs.axes[0], arcs.axes[1])
    corridor.set_in(model, "corridor")
    outside = np.empty(edge[0].size)
    heights_uv(model, u[0, edge[1]], v[edge[0], 0], outside)
    weight = part[edge] ** 2 * (3.0 - 2.0 * part[edge])
    heights[edge] = outside + weight * (heights[edge] - outside)
    return level, block, heights
