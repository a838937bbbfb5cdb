"""The onboard image map, derived from the true ground with the errors of an orbiter's product.

An orbiter's map has a resolution, a common shift (it is tied to the Moon by the orbiter's own
position), noise of its heights, and an albedo that is an image under another Sun divided by the
shading its heights explain: what they do not explain stays in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._deterministic import blur
from farside.ext.common._random import normals
from farside.ext.common.threads import mapped
from farside.ground import Ground
from farside.ground.lattice import Block, cell_of
from farside.mission.ephemeris import Direction
from farside.mission.pinhole import Pinhole
from farside.vision.image_map import ImageMap, MapLevel
from farside.vision.relief import Grid, Window, predict, shadows
from farside.vision.view import CameraView

Heights = NDArray[np.float32]

#: Sigma of the low-pass [resolutions]: detail of two resolutions keeps half its amplitude.
_BLUR = 0.375
#: Sigma of the low-pass of the heights' noise and of the albedo's [resolutions]: a stereo DTM errs
#: over its matching window, several postings wide; an image's noise is finer.
_HEIGHT_NOISE, _ALBEDO_NOISE = 6.0, 0.75
_STREAM = 0x6D6170  # "map": of the random numbers
_ABOVE_M = 100000.0  # the orbiter


@dataclass(frozen=True)
class LevelSpec:
    """The extent of one level.

    Attributes
    ----------
    lattice : int
        Level of the ground's lattice: the posting is 0.1 m 2^lattice.
    u_m : (first, last)
        Along the track [m], the site at 0.
    half_width_m : float
        Across the track [m].
    """

    lattice: int
    u_m: tuple[float, float]
    half_width_m: float


@dataclass(frozen=True)
class MapSpec:
    """What an orbiter gives of the ground.

    Attributes
    ----------
    levels : tuple of LevelSpec
        The coarsest first.
    resolution_m : float
        Finest detail [m]; a level of a larger posting has that one.
    registration_sigma_m : tuple of float
        Of the common shift east, north, up [m].
    height_sigma_m : float
        Noise of the heights [m], 1 sigma.
    albedo_sigma : float
        Noise of the albedo, as a share, 1 sigma.
    sun : Direction
        Under which the albedo's image was taken.
    """

    levels: tuple[LevelSpec, ...] = field(
        default=(
            LevelSpec(9, (-150000.0, 15000.0), 12000.0),
            LevelSpec(7, (-30000.0, 6000.0), 6000.0),
            LevelSpec(5, (-4500.0, 1500.0), 3000.0),
        )
    )
    resolution_m: float = 12.0
    registration_sigma_m: tuple[float, float, float] = (20.0, 20.0, 10.0)
    height_sigma_m: float = 4.0
    albedo_sigma: float = 0.01
    sun: Direction = field(default=Direction(90.0, 45.0))


@dataclass(frozen=True)
class BuiltMap:
    """A map, and what it was drawn to be wrong by.

    Attributes
    ----------
    image_map : ImageMap
    shift_m : ndarray, (3,)
        East, north, up [m]: the map shows the ground that is at p at p + shift.
    """

    image_map: ImageMap
    shift_m: NDArray[np.float64]


def build_image_map(ground: Ground, spec: MapSpec, seed: int) -> BuiltMap:
    """Derive an image map from a true ground.

    Parameters
    ----------
    ground : Ground
    spec : MapSpec
    seed : int
        Of the map's errors; the same seed gives the same map.

    Returns
    -------
    BuiltMap

    Examples
    --------
    >>> from farside.flight.image_map import LevelSpec, MapSpec, build_image_map
    >>> from farside.ground import Ground
    >>> from farside.mission import load_mission
    >>> ground = Ground(load_mission("chang-e-6"), seed=3)
    >>> spec = MapSpec(levels=(LevelSpec(7, (-2500.0, 2500.0), 2500.0),))  # 5 km, cells of 12.8 m
    >>> built = build_image_map(ground, spec, seed=3)
    >>> built.image_map.levels[0].heights.shape, built.shift_m.round(1).tolist()
    ((391, 391), [-6.2, -36.7, 14.1])
    >>> built.image_map.save("site.map.npz")
    """
    draws = np.empty(3)
    normals(seed, 0, _STREAM, draws)
    shift = draws * np.array(spec.registration_sigma_m)
    axes = ground.arcs.axes
    moved = deterministic.product(axes, shift)
    sun = deterministic.product(axes, spec.sun.unit_site)
    maker = _Maker(ground, spec, seed, moved, sun)
    east, north, _ = axes[0].tolist()
    x, y, z = spec.sun.unit_site.tolist()
    image_map = ImageMap(
        ground.radius_m,
        ground.arcs.arc_m,
        (east, north, 0.0),
        spec.registration_sigma_m,
        (x, y, z),
        # the finest is the largest: what begins last is the least
        tuple(reversed(mapped(maker.level, reversed(range(len(spec.levels)))))),
    )
    return BuiltMap(image_map, shift)


@dataclass(frozen=True, eq=False)
class _Maker:
    """What all levels of a map have in common."""

    ground: Ground
    spec: MapSpec
    seed: int
    moved: NDArray[np.float64]
    """The common shift along u, v and up [m]."""
    sun: NDArray[np.float64]
    """Unit vector along u, v and up."""

    def level(self, k: int) -> MapLevel:
        """Return one level."""
        spec, cell = self.spec.levels[k], cell_of(self.spec.levels[k].lattice)
        resolution = max(self.spec.resolution_m, cell)
        inside = Block(
            math.ceil(-spec.half_width_m / cell),
            math.floor(spec.half_width_m / cell) + 1,
            math.ceil(spec.u_m[0] / cell),
            math.floor(spec.u_m[1] / cell) + 1,
        )
        margin = 4 + math.ceil(3.0 * resolution / cell)
        block = Block(
            inside.row - margin, inside.row_end + margin, inside.col - margin,
            inside.col_end + margin,
        )  # fmt: skip
        true, albedo = self._shifted(spec.lattice, block)
        image = albedo * self._brightness(true, block, cell)
        sigma = _BLUR * resolution / cell
        heights = low_pass(true, sigma)
        heights += np.float32(self.moved[2])
        heights += self._noise(
            heights.shape, _HEIGHT_NOISE * resolution / cell, 2 * k, self.spec.height_sigma_m
        )
        image = low_pass(image, sigma)
        image *= np.float32(1.0) + self._noise(
            image.shape, _ALBEDO_NOISE * resolution / cell, 2 * k + 1, self.spec.albedo_sigma
        )
        inner = (slice(margin, -margin), slice(margin, -margin))
        explained = self._brightness(heights, block, cell)[inner]
        heights = np.ascontiguousarray(heights[inner])
        return MapLevel(
            inside.col * cell, inside.row * cell, cell, resolution, self.spec.height_sigma_m,
            heights, derived_albedo(image[inner], explained),
        )  # fmt: skip

    def _shifted(self, lattice: int, block: Block) -> tuple[Heights, Heights]:
        """Return true heights and albedo of a block moved by the common shift, bilinear."""
        cell = cell_of(lattice)
        away = self.moved[:2] / cell
        cols, rows = math.floor(-away[0]), math.floor(-away[1])
        x, y = np.float32(-away[0] - cols), np.float32(-away[1] - rows)
        wider = Block(
            block.row + rows, block.row_end + rows + 1, block.col + cols, block.col_end + cols + 1
        )
        fields = (self._heights(lattice, wider), self.ground.albedo(lattice, wider))
        parts = []
        for z in fields:
            across = z[:, :-1] + (z[:, 1:] - z[:, :-1]) * x
            parts.append(across[:-1] + (across[1:] - across[:-1]) * y)
        return parts[0], parts[1]

    def _heights(self, lattice: int, block: Block) -> Heights:
        """Return the true heights of a block above the site's radius [m]."""
        ground = self.ground
        above = np.float32(ground.arcs.arc_m - ground.radius_m)
        return np.asarray(ground.window(lattice, block).heights + above, np.float32)

    def _brightness(self, heights: Heights, block: Block, cell: float) -> Heights:
        """Return I/F of a ground of albedo 1 under the orbiter's Sun, seen from above."""
        ground = self.ground
        along = ground.arcs.axes[0].tolist()
        white = MapLevel(
            block.col * cell, block.row * cell, cell, cell, 0.0,
            np.ascontiguousarray(heights), np.full(heights.shape, 255, np.uint8),
        )  # fmt: skip
        image_map = ImageMap(
            ground.radius_m, ground.arcs.arc_m, (along[0], along[1], 0.0), (0.0, 0.0, 0.0),
            (0.0, 0.0, 1.0), (white,),
        )  # fmt: skip
        u, v = (block.col + block.col_end) * cell / 2.0, (block.row + block.row_end) * cell / 2.0
        above = image_map.points([u], [v], [_ABOVE_M])[0]
        pinhole = Pinhole(32, 32, (32.0, 32.0), (15.5, 15.5))
        down = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])
        sun = deterministic.product(self.sun, image_map.axes)
        rows, cols = heights.shape
        grid = Grid.of(image_map, white, Window(0, rows, 0, cols))
        grey = predict(grid, shadows(image_map, white, sun), CameraView(pinhole, above, down), sun)
        return grey.astype(np.float32)

    def _noise(self, shape: tuple[int, int], width: float, stream: int, sigma: float) -> Heights:
        """Return noise of a standard deviation, low-passed by a Gaussian of a width [cells]."""
        if sigma == 0.0:
            return np.zeros(shape, np.float32)
        white = np.empty(shape[0] * shape[1])
        normals(self.seed, 1 + stream, _STREAM, white)
        weights = gaussian(width).astype(np.float64)
        # the standard deviation that white noise keeps
        kept = math.fsum((weights * weights).tolist())
        smooth = low_pass(white.reshape(shape).astype(np.float32), width)
        return np.asarray(smooth * np.float32(sigma / kept), np.float32)


def gaussian(sigma: float) -> NDArray[np.float32]:
    """Return odd, symmetric weights of sum 1 of a Gaussian [cells]."""
    reach = max(1, math.ceil(3.0 * sigma))
    x = np.arange(-reach, reach + 1) / sigma
    weights = deterministic.exp(-0.5 * x * x)
    return np.asarray(weights / math.fsum(weights.tolist()), np.float32)


def low_pass(z: Heights, sigma: float) -> Heights:
    """Return an array blurred by a Gaussian [cells]; its edges are repeated beyond it."""
    weights = gaussian(sigma)
    reach = len(weights) // 2
    padded = np.pad(z, reach, mode="edge").astype(np.float32)
    work, out = np.empty_like(padded), np.empty_like(padded)
    blur(padded, weights, weights, work, out)
    return np.ascontiguousarray(out[reach:-reach, reach:-reach])


def derived_albedo(image: Heights, explained: Heights) -> NDArray[np.uint8]:
    """Return 8-bit albedo: an image over its explained brightness; the median is 128.

    Where the ground is in shadow, or a share of 0.1 of the median bright, it is the median's.
    """
    lit = explained > 0.1 * np.median(explained)
    ratio = np.where(lit, image / np.maximum(explained, np.float32(1.0)), np.float32(0.0))
    middle = np.median(ratio[lit])
    ratio = np.where(lit, ratio, middle)
    return np.asarray(np.clip(np.rint(ratio * (128.0 / middle)), 1, 255), np.uint8)
